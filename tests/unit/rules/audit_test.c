/* What must hold of every audit, over random traffic; the seed is printed. */
#include "rules/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/rules/conversation_at.h"
#include "tests/unit/rules/fake_traffic.h"
#include "tests/unit/rules/site_maker.h"

enum { FLOWS = 400 };

static unsigned seed_given(unsigned otherwise) {
  const char *given = getenv("WW_SEED");
  unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : otherwise;
  print_message("seed %u\n", seed);
  return seed;
}

static unsigned cases_given(unsigned otherwise) {
  const char *given = getenv("WW_CASES");
  return given ? (unsigned)strtoul(given, NULL, 10) : otherwise;
}

static struct site *site_make(const struct policy *p) {
  struct site *s = site_new(p);
  site_role_add(s, policy_role_find(p, "site_server"), "10.0.0.5", NULL, "cm01");
  site_role_add(s, policy_role_find(p, "management_point"), "10.0.0.6", "10.0.0.7", NULL);
  site_role_add(s, policy_role_find(p, "console"), "10.0.0.7", NULL, NULL);
  site_role_add(s, policy_role_find(p, "client"), "10.1.0.0", "10.1.0.9", NULL);
  site_role_add(s, policy_role_find(p, "client"), "2001:db8:1::", "2001:db8:1::9", NULL);
  site_role_add(s, policy_role_find(p, "client"), "10.1.0.1", NULL, "pc1");
  site_role_add(s, policy_role_find(p, "client"), "2001:db8:1::1", NULL, "pc1");
  site_role_add(s, policy_role_find(p, "site_server"), "2001:db8::5", NULL, "cm01");
  return s;
}

static const char *const hosts[] = {"10.0.0.5", "10.0.0.6", "10.0.0.7", "10.1.0.1",  "10.1.0.2",  "10.1.0.3",
                                    "10.1.0.4", "10.1.0.5", "10.1.0.6", "192.0.2.1", "192.0.2.2", "255.255.255.255"};
static const char *const hosts6[] = {"2001:db8::5", "2001:db8:1::1", "2001:db8:1::2", "2001:db8:9::1"};
static const uint16_t ports[] = {445, 135, 139, 80, 443, 10123, 2701, 3389, 137, 9, 25536, 50001, 50002, 22, 8081, 21};
static const enum outcome outcomes[] = {OUTCOME_UNDETERMINED, OUTCOME_ESTABLISHED, OUTCOME_HALF_OPEN, OUTCOME_NO_ANSWER,
                                        OUTCOME_REFUSED,      OUTCOME_REJECTED,    OUTCOME_STALLED,   OUTCOME_CUT,
                                        OUTCOME_ABORTED,      OUTCOME_ONE_SIDED,   OUTCOME_ANSWERED,  OUTCOME_ONE_WAY};
static const struct learned announced[] = {
    {.name = "svcctl", .service = SERVICE_RPC, .proto = 6, .port = 50001, .by = LEARNED_BY_EPM, .packet = 3},
    {.service = SERVICE_WMI, .proto = 6, .port = 50002, .by = LEARNED_BY_OXID, .packet = 5}};

#define PICK(list) list[(size_t)random() % (sizeof(list) / sizeof *(list))]

static void flow_random(struct traffic *t) {
  static const uint8_t protos[] = {6, 6, 6, 6, 17, 1}, protos6[] = {6, 6, 6, 6, 17, 58};
  bool v6 = random() % 4 == 0;
  struct address client = fake_address(v6 ? PICK(hosts6) : PICK(hosts)),
                 server = fake_address(v6 ? PICK(hosts6) : PICK(hosts));
  struct flow_view *v = fake_flow(t, client, server, v6 ? PICK(protos6) : PICK(protos), PICK(ports), PICK(outcomes));
  if (random() % 4 == 0) v->icmp.type = 3, v->icmp.code = (uint8_t)(random() % 14); /* what a router may say */
  v->confidence = (enum confidence)(random() % CONFIDENCE_COUNT);
  v->reset_by = (enum reset_by)(random() % RESET_BY_COUNT);
  v->reasons = (uint32_t)random() & ((1u << REASON_COUNT) - 1);
  if (random() % 4 == 0) v->flags ^= 1u << random() % 8;
  if (random() % 3 == 0) v->app.service = (enum service)(random() % SERVICE_COUNT);
  v->app.service_by = (enum service_by)(random() % SERVICE_BY_COUNT);
  if (v->server_port == 50001 || v->server_port == 50002) v->app.origin = &announced[v->server_port - 50001];
  v->stall_by = (enum stall_by)(random() % STALL_BY_COUNT);
  v->bytes[TO_SERVER] = (uint64_t)random() % 1000;
}

static struct audit *audit_of(const struct policy *p, const struct site *s, const struct traffic *t) {
  struct audit *a = NULL;
  assert_int_equal(audit_run(p, s, t, NULL, &a, NULL), 0);
  return a;
}

static int conversation_order(const struct conversation *x, const struct conversation *y) {
  if (x->verdict != y->verdict) return x->verdict < y->verdict ? -1 : 1;
  int by = address_compare(&x->client, &y->client);
  if (!by) by = address_compare(&x->server, &y->server);
  if (!by) by = x->proto - y->proto;
  return by ? by : x->port - y->port;
}

/* Groups hold all conversations. */
static void groups_check(const struct audit *a, const uint64_t count[VERDICT_COUNT]) {
  uint64_t in_groups[VERDICT_COUNT] = {0};
  for (size_t i = 0; i < audit_group_count(a); i++) {
    struct conversation common;
    const uint32_t n = audit_group(a, i, &common);
    in_groups[common.verdict] += n;
  }
  assert_memory_equal(in_groups, count, sizeof in_groups);
}

static void conversations_check(const struct audit *a) {
  uint64_t count[VERDICT_COUNT] = {0};
  for (size_t i = 0; i < a->n_conversations; i++) {
    const struct conversation here = conversation_at(a, i), before = i ? conversation_at(a, i - 1) : here, *c = &here;
    count[c->verdict]++;
    assert_true(i >= a->listed_at[c->verdict] && i < a->listed_at[c->verdict + 1]);
    assert_memory_equal(&c->first, &(stamp_t){audit_conversation_first(a, i).ns}, sizeof c->first);
    if (i) assert_true(conversation_order(&before, c) < 0);
    assert_in_range(c->n_samples, 1, CONVERSATION_SAMPLES);
    assert_true(c->attempts >= c->n_samples && c->successes <= c->attempts);
    if (c->verdict == VERDICT_BLOCKED || c->verdict == VERDICT_DEGRADED) {
      assert_true(c->confidence > CONFIDENCE_LOW);
      assert_true(c->rule >= 0 && a->rule[c->rule].in_force);
      assert_int_equal(c->successes, 0);
    }
    if (c->verdict == VERDICT_UNEXPECTED_OPEN) assert_true(c->rule < 0);
    if (c->verdict == VERDICT_REVIEW || c->verdict == VERDICT_NOT_ASSESSABLE) assert_true(c->why != WHY_NONE);
  }
  assert_int_equal(count[VERDICT_OUT_OF_SCOPE], 0);
  for (size_t v = 0; v < VERDICT_COUNT; v++)
    if (v != VERDICT_OUT_OF_SCOPE) assert_int_equal(count[v], a->verdicts[v]);
  groups_check(a, count);
}

/* Each conversation that says something bad is in exactly one finding; no two findings have one fingerprint. */
static void findings_check(const struct audit *a) {
  unsigned *found = array_new(a->n_conversations, sizeof *found);
  for (size_t i = 0; i < a->n_findings; i++) {
    const struct finding *f = &a->finding[i];
    for (size_t k = 0; k < i; k++)
      if (strcmp(f->fingerprint, a->finding[k].fingerprint) == 0)
        fail_msg("one fingerprint:\n%s\n%s", f->title, a->finding[k].title);
    assert_true(f->title && f->happened && f->fix && f->display_filter && *f->title && *f->display_filter);
    assert_null(strstr(f->happened, ".."));
    assert_null(strstr(f->fix, "{"));
    assert_in_range(f->n_citations, 1, FINDING_CITATIONS_MAX);
    for (size_t k = 0; k < f->n_conversations; k++) found[f->conversation[k]]++;
    for (size_t k = 1; k < f->n_citations; k++) assert_true(f->citation[k - 1].first <= f->citation[k].first);
  }
  for (size_t i = 0; i < a->n_conversations; i++) {
    enum verdict v = conversation_at(a, i).verdict;
    bool bad = v == VERDICT_BLOCKED || v == VERDICT_DEGRADED || v == VERDICT_WRONG_PROTOCOL ||
               v == VERDICT_UNEXPECTED_OPEN || v == VERDICT_REVIEW;
    if (v != VERDICT_NOT_ASSESSABLE) assert_int_equal(found[i], bad);
  }
  free(found);
}

static void rules_check(const struct audit *a) {
  for (size_t i = 0; i < a->n_rules; i++) {
    const struct rule_result *r = &a->rule[i];
    if (r->status == RULE_PASS) assert_true(r->passed > 0);
    if (r->status == RULE_FAIL) assert_true(r->blocked > 0 && r->confidence > CONFIDENCE_LOW);
    if (r->status == RULE_NOT_ASSESSABLE) assert_true(r->why != WHY_NONE);
    if (r->status != RULE_PASS && r->status != RULE_FAIL && !(r->note && *r->note))
      fail_msg("%s: %s without a word", r->id, rule_status_name(r->status));
    if (!r->in_force) assert_int_equal(r->status, RULE_NOT_ASSESSABLE);
  }
  for (size_t i = 0; i < a->n_methods; i++) assert_non_null(a->method[i].note);
}

static void same_findings(const struct audit *a, const struct audit *b) {
  assert_int_equal(a->n_findings, b->n_findings);
  for (size_t i = 0; i < a->n_findings; i++) {
    assert_string_equal(a->finding[i].fingerprint, b->finding[i].fingerprint);
    assert_string_equal(a->finding[i].title, b->finding[i].title);
    assert_string_equal(a->finding[i].happened, b->finding[i].happened);
  }
  for (size_t i = 0; i < a->n_rules; i++) assert_int_equal(a->rule[i].status, b->rule[i].status);
}

static void test_random(void **state) {
  (void)state;
  unsigned seed = seed_given(1), cases = cases_given(60);
  struct policy *p = policy_of("configmgr-client");
  for (unsigned i = 0; i < cases; i++) {
    srandom(seed + i);
    struct site *s = site_make(p);
    if (random() % 2) site_features_only(s, p, random() % 2 ? "client-push" : "client-notification");
    if (random() % 2) site_up_add(s, -1, PICK(hosts), random() % 2 ? "seen" : NULL);
    if (random() % 4 == 0) site_up_add(s, policy_role_find(p, "client"), NULL, NULL);
    struct traffic *t = fake_new();
    for (int k = 0; k < FLOWS; k++) flow_random(t);
    struct audit *a = audit_of(p, s, t), *again = audit_of(p, s, t);
    conversations_check(a);
    findings_check(a);
    rules_check(a);
    same_findings(a, again);
    audit_free(again);
    /* Traffic of strangers changes nothing. */
    for (int k = 0; k < 50; k++)
      fake_flow(t, fake_address("198.51.100.1"), fake_address("198.51.100.2"), 6, PICK(ports), PICK(outcomes));
    again = audit_of(p, s, t);
    same_findings(a, again);
    assert_int_equal(again->flows_out_of_scope, a->flows_out_of_scope + 50);
    audit_free(again);
    audit_free(a);
    fake_free(t);
    site_free(s);
  }
  policy_free(p);
}

/* Nothing at all is not compliant: it is not assessed. */
static void test_empty(void **state) {
  (void)state;
  struct policy *p = policy_of("configmgr-client");
  struct site *s = site_make(p);
  struct traffic *t = fake_new();
  struct audit *a = audit_of(p, s, t);
  assert_int_equal(audit_compliance(a), NOT_ASSESSED);
  assert_int_equal(a->n_findings + a->n_conversations + a->n_clients, 0);
  for (size_t i = 0; i < a->n_rules; i++) assert_int_equal(a->rule[i].status, RULE_NOT_ASSESSABLE);
  audit_free(a);
  fake_free(t);
  site_free(s);
  policy_free(p);
}

/* A capture shorter than a rule's window cannot say that the rule was not used. */
static void test_window(void **state) {
  (void)state;
  struct policy *p = policy_of("configmgr-client");
  struct site *s = site_make(p);
  struct traffic *t = fake_new();
  struct address client = fake_address("10.1.0.1");
  int rule = policy_rule_find(p, "client-notification");
  fake_host(t, &client, true);
  struct audit *a = audit_of(p, s, t);
  assert_int_equal(a->rule[rule].why, WHY_OPPORTUNITY_UNUSED);
  audit_free(a);
  t->timeline.last = stamp_from_s(1000 + 899);
  a = audit_of(p, s, t);
  assert_int_equal(a->rule[rule].why, WHY_WINDOW_TOO_SHORT);
  audit_free(a);
  fake_free(t);
  site_free(s);
  policy_free(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_random),
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_window),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
