/* Compiled matching against a plain reading of policy and site. */
#include "classifier/rpc_interface.h"
#include "rules/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "rules/site_text.h"
#include "tests/unit/rules/site_maker.h"

struct world {
  struct policy *p;
  struct site *s;
};

static void world_make(struct world *w) {
  w->p = policy_of("configmgr-client");
  w->s = site_new(w->p);
  site_role_add(w->s, policy_role_find(w->p, "site_server"), "10.0.0.5", NULL, "cm01");
  site_role_add(w->s, policy_role_find(w->p, "management_point"), "10.0.0.5", "10.0.0.9", NULL);
  site_role_add(w->s, policy_role_find(w->p, "client"), "10.1.0.0", "10.1.255.255", NULL);
  site_role_add(w->s, policy_role_find(w->p, "console"), "10.1.0.200", NULL, "adm01");
}

static void world_free(struct world *w) {
  site_free(w->s);
  policy_free(w->p);
}

static uint32_t class_of(const struct matcher *m, const char *text) {
  struct address a;
  assert_true(address_parse(text, strlen(text), &a));
  return address_set_class(m->addresses, &a);
}

static struct match_query query(const struct matcher *m, const char *client, const char *server, uint16_t port) {
  return (struct match_query){.client_class = class_of(m, client), .server_class = class_of(m, server), .port = port};
}

static bool meets(struct match_memo *memo, const struct matcher *m, const struct match_query *q, const char *rule) {
  uint32_t set;
  size_t n;
  assert_true(match_find(memo, q, &set));
  const uint32_t *entry = match_set(memo, set, &n);
  for (size_t i = 0; i < n; i++)
    if (strcmp(m->policy->rule[m->entry[entry[i]].rule].id, rule) == 0) return true;
  return false;
}

static void test_catalogue(void **state) {
  (void)state;
  struct world w;
  world_make(&w);
  struct matcher *m = matcher_new(w.p, w.s);
  struct match_memo *memo = match_memo_new(m);
  struct match_query smb = query(m, "10.0.0.5", "10.1.0.1", 445);
  assert_true(meets(memo, m, &smb, "push-smb") && meets(memo, m, &smb, "push-file-sharing"));
  struct match_query back = query(m, "10.1.0.1", "10.0.0.5", 445);
  assert_true(meets(memo, m, &back, "push-smb"));
  struct match_query http = query(m, "10.1.0.1", "10.0.0.5", 80);
  assert_true(meets(memo, m, &http, "client-requests-http"));
  struct match_query not_back = query(m, "10.0.0.5", "10.1.0.1", 80);
  assert_false(meets(memo, m, &not_back, "client-requests-http"));
  struct match_query stranger = query(m, "192.0.2.1", "10.1.0.1", 445);
  assert_false(meets(memo, m, &stranger, "push-smb"));
  struct match_query low = query(m, "10.0.0.5", "10.1.0.1", 2222);
  assert_false(meets(memo, m, &low, "push-rpc-dynamic"));
  low.learned = true, low.announced = SERVICE_WMI;
  assert_true(meets(memo, m, &low, "push-rpc-dynamic") && meets(memo, m, &low, "push-wmi"));
  low.announced = SERVICE_RPC;
  assert_true(meets(memo, m, &low, "push-rpc-dynamic"));
  assert_false(meets(memo, m, &low, "push-wmi"));
  /* Service control is no part of File and Printer Sharing, the print spooler is. */
  struct uuid spooler, svcctl;
  assert_true(uuid_parse("12345678-1234-abcd-ef00-0123456789ab", &spooler));
  assert_true(uuid_parse("367abb81-9844-35f1-ad32-98f038001003", &svcctl));
  low.interface = (uint16_t)rpc_interface_number(&svcctl);
  assert_true(meets(memo, m, &low, "push-rpc-dynamic"));
  assert_false(meets(memo, m, &low, "push-file-sharing"));
  low.interface = (uint16_t)rpc_interface_number(&spooler);
  assert_true(meets(memo, m, &low, "push-file-sharing"));
  struct match_query high = query(m, "10.0.0.5", "10.1.0.1", 50000);
  assert_true(meets(memo, m, &high, "push-rpc-dynamic"));
  assert_false(meets(memo, m, &high, "push-wmi"));
  struct match_query console = query(m, "10.1.0.200", "10.1.0.1", 2701);
  assert_true(meets(memo, m, &console, "remote-control"));
  match_memo_free(memo);
  matcher_free(m);
  world_free(&w);
}

/* Ranges that overlap, touch or repeat are merged; the port is found by halving. */
static void test_ranges(void **state) {
  (void)state;
  struct world w;
  world_make(&w);
  w.s->allow = array_new(1, sizeof *w.s->allow);
  w.s->n_allows = 1;
  w.s->allow[0] = (struct site_allow){.id = strdup("x"), .from = {.role = SITE_END_ANY}, .to = {.role = SITE_END_ANY}};
  w.s->allow[0].tcp = array_new(5, sizeof *w.s->allow[0].tcp);
  w.s->allow[0].n_tcp = 5;
  const struct port_range ranges[] = {{7000, 7002}, {6000, 6000}, {7003, 7010}, {7001, 7005}, {65535, 65535}};
  memcpy(w.s->allow[0].tcp, ranges, sizeof ranges);
  struct matcher *m = matcher_new(w.p, w.s);
  struct match_memo *memo = match_memo_new(m);
  for (uint32_t port = 1; port <= 65535; port++) {
    struct match_query q = query(m, "192.0.2.1", "192.0.2.2", (uint16_t)port);
    uint32_t set;
    assert_true(match_find(memo, &q, &set));
    assert_int_equal(set != 0, port == 6000 || (port >= 7000 && port <= 7010) || port == 65535);
  }
  for (size_t i = 0; i < m->n_entries; i++)
    if (m->entry[i].service < 0) assert_int_equal(m->entry[i].n_ranges, 3);
  match_memo_free(memo);
  matcher_free(m);
  world_free(&w);
}

static void test_names(void **state) {
  (void)state;
  struct world w;
  world_make(&w);
  struct matcher *m = matcher_new(w.p, w.s);
  struct address a = address_from_v4(0x0a000005), b = address_from_v4(0x0a000006);
  assert_string_equal(match_name_find(m, &a), "cm01");
  assert_null(match_name_find(m, &b));
  assert_true(match_audited(m, class_of(m, "10.1.0.200")));
  assert_false(match_audited(m, class_of(m, "10.0.0.5")));
  assert_false(match_audited(m, MATCH_CLASS_GROUP));
  matcher_free(m);
  world_free(&w);
}

/* Rules of features that the site does not ask for stand behind the others; rules whose condition fails are gone. */
static void test_in_force(void **state) {
  (void)state;
  struct world w;
  world_make(&w);
  site_features_only(w.s, w.p, "remote-control");
  struct matcher *m = matcher_new(w.p, w.s);
  bool behind = false;
  for (size_t i = 0; i < m->n_entries; i++) {
    const struct match_rule *r = &m->rule[m->entry[i].rule];
    assert_true(r->applies);
    assert_false(r->in_force && behind);
    behind |= !r->in_force;
    const char *when = m->policy->rule[r->policy_rule].when;
    assert_true(!when || r->policy_rule < 0);
  }
  assert_true(behind);
  matcher_free(m);
  world_free(&w);
}

/* What the compiled tables must agree with: every rule, every role, every port, one after the other. */
static bool plain_meets(const struct matcher *m, const struct match_query *q, const struct policy_rule *r, int service,
                        bool back) {
  const struct policy *p = m->policy;
  const struct policy_service *s = &p->service[service];
  bool from = false, to = false, port = s->transport == TRANSPORT_ICMP_ECHO;
  const int *starts = back ? r->to : r->from, *ends = back ? r->from : r->to;
  for (size_t i = 0; i < (back ? r->n_to : r->n_from); i++)
    from |= address_class_has(m->addresses, q->client_class, (uint32_t)starts[i]);
  for (size_t i = 0; i < (back ? r->n_from : r->n_to); i++)
    to |= address_class_has(m->addresses, q->server_class, (uint32_t)ends[i]);
  for (size_t i = 0; i < s->n_ports; i++) {
    struct port_range range = site_service_ports(p, m->site, service, i);
    port |= q->port >= range.first && q->port <= range.last;
  }
  return s->transport == q->transport && from && to && port;
}

static bool plain_rule_meets(const struct matcher *m, const struct match_query *q, size_t rule) {
  const struct policy_rule *r = &m->policy->rule[rule];
  if (r->manual || !m->rule[rule].applies) return false;
  size_t n = r->group >= 0 ? m->policy->group[r->group].n_services : 1;
  for (size_t i = 0; i < n; i++) {
    int service = r->group >= 0 ? m->policy->group[r->group].service[i] : r->service;
    if (plain_meets(m, q, r, service, false) || (r->both && plain_meets(m, q, r, service, true))) return true;
  }
  return false;
}

static void test_random(void **state) {
  (void)state;
  const char *given = getenv("WW_SEED");
  unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 4;
  print_message("seed %u\n", seed);
  srandom(seed);
  static const char *const hosts[] = {"10.0.0.5", "10.0.0.7", "10.1.0.1", "10.1.0.200", "192.0.2.1"};
  static const uint16_t ports[] = {445, 135, 80, 443, 10123, 2701, 3389, 25536, 9, 137, 8530, 49152, 65535, 50000, 1};
  struct world w;
  world_make(&w);
  struct matcher *m = matcher_new(w.p, w.s);
  struct match_memo *memo = match_memo_new(m);
  for (int i = 0; i < 3000; i++) {
    struct match_query q = query(m, hosts[random() % 5], hosts[random() % 5], ports[random() % 15]);
    q.transport = (enum policy_transport)(random() % TRANSPORT_COUNT);
    for (size_t rule = 0; rule < w.p->n_rules; rule++)
      if (meets(memo, m, &q, w.p->rule[rule].id) != plain_rule_meets(m, &q, rule))
        fail_msg("%s, %s port %u", w.p->rule[rule].id, policy_transport_name(q.transport), q.port);
  }
  match_memo_free(memo);
  matcher_free(m);
  world_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_catalogue), cmocka_unit_test(test_ranges), cmocka_unit_test(test_names),
      cmocka_unit_test(test_in_force),  cmocka_unit_test(test_random),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
