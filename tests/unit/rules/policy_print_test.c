/* Printing a policy or site and loading it again is the identity: for what ships, and for random documents. The random
 * ones print their seed; WW_SEED=N runs one seed again. Equality is looked at member by member, not in print only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "rules/address_text.h"
#include "rules/catalogue.h"
#include "rules/site_load_internal.h"
#include "util/hash.h"
#include "util/out.h"

/* Equality */

static bool same_text(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }
static bool same_numbers(const int *a, size_t n, const int *b, size_t m) {
  return n == m && (n == 0 || memcmp(a, b, n * sizeof *a) == 0);
}
static bool same_ports(const struct port_range *a, size_t n, const struct port_range *b, size_t m) {
  return n == m && (n == 0 || memcmp(a, b, n * sizeof *a) == 0);
}

static bool same_service(const struct policy_service *a, const struct policy_service *b) {
  bool same = same_text(a->name, b->name) && same_text(a->title, b->title) && a->transport == b->transport &&
              a->learned == b->learned && a->one_way == b->one_way && a->silence_ok == b->silence_ok &&
              memcmp(&a->accepts, &b->accepts, sizeof a->accepts) == 0 && a->n_ports == b->n_ports &&
              memcmp(&a->learned_services, &b->learned_services, sizeof a->accepts) == 0 &&
              a->n_interfaces == b->n_interfaces && memcmp(a->interface, b->interface, sizeof a->interface) == 0;
  for (size_t i = 0; same && i < a->n_ports; i++)
    same =
        a->ports[i].parameter == b->ports[i].parameter && same_ports(&a->ports[i].literal, 1, &b->ports[i].literal, 1);
  return same;
}

static bool same_rule(const struct policy_rule *a, const struct policy_rule *b) {
  return same_text(a->id, b->id) && same_text(a->title, b->title) && a->feature == b->feature &&
         same_numbers(a->from, a->n_from, b->from, b->n_from) && same_numbers(a->to, a->n_to, b->to, b->n_to) &&
         a->service == b->service && a->group == b->group && a->both == b->both && a->need == b->need &&
         same_text(a->one_of, b->one_of) && a->fallback_for == b->fallback_for && same_text(a->when, b->when) &&
         same_text(a->unless, b->unless) && a->manual == b->manual && a->window_s == b->window_s &&
         same_text(a->ref, b->ref) && same_text(a->note, b->note) && same_text(a->fix, b->fix) &&
         same_text(a->fix_command, b->fix_command);
}

static bool same_group(const struct policy_group *a, const struct policy_group *b) {
  return same_text(a->name, b->name) && same_text(a->title, b->title) && same_text(a->ref, b->ref) &&
         same_numbers(a->service, a->n_services, b->service, b->n_services) &&
         memcmp(a->optional, b->optional, a->n_services) == 0;
}

static bool same_method(const struct policy_method *a, const struct policy_method *b) {
  bool same = same_text(a->name, b->name) && same_text(a->title, b->title) && same_text(a->ref, b->ref) &&
              a->n_steps == b->n_steps;
  for (size_t i = 0; same && i < a->n_steps; i++)
    same = same_numbers(a->step[i].rule, a->step[i].n_rules, b->step[i].rule, b->step[i].n_rules);
  return same;
}

static bool same_stage(const struct policy_stage *a, const struct policy_stage *b) {
  return same_text(a->name, b->name) && same_text(a->title, b->title) &&
         same_numbers(a->rule, a->n_rules, b->rule, b->n_rules) && a->bytes_min == b->bytes_min &&
         memcmp(&a->services, &b->services, sizeof a->services) == 0;
}

#define ALL_SAME(count, condition)                                \
  do {                                                            \
    assert_int_equal(a->count, b->count);                         \
    for (size_t i = 0; i < a->count; i++) assert_true(condition); \
  } while (0)

static void assert_same_policy(const struct policy *a, const struct policy *b) {
  assert_true(same_text(a->name, b->name) && same_text(a->title, b->title) &&
              same_text(a->source_title, b->source_title) && same_text(a->source_cite, b->source_cite) &&
              same_text(a->source_retrieved, b->source_retrieved) && same_text(a->source_sha256, b->source_sha256));
  assert_int_equal(a->audited_role, b->audited_role);
  ALL_SAME(n_parameters, same_text(a->parameter[i].name, b->parameter[i].name) &&
                             same_text(a->parameter[i].title, b->parameter[i].title) &&
                             a->parameter[i].is_range == b->parameter[i].is_range &&
                             same_ports(&a->parameter[i].value, 1, &b->parameter[i].value, 1));
  ALL_SAME(n_roles, same_text(a->role[i].name, b->role[i].name) && same_text(a->role[i].title, b->role[i].title));
  ALL_SAME(n_services, same_service(&a->service[i], &b->service[i]));
  ALL_SAME(n_groups, same_group(&a->group[i], &b->group[i]));
  ALL_SAME(n_features, same_text(a->feature[i].name, b->feature[i].name) &&
                           same_text(a->feature[i].title, b->feature[i].title) &&
                           same_text(a->feature[i].ref, b->feature[i].ref) &&
                           same_numbers(a->feature[i].implied_by, a->feature[i].n_implied_by, b->feature[i].implied_by,
                                        b->feature[i].n_implied_by));
  ALL_SAME(n_rules, same_rule(&a->rule[i], &b->rule[i]));
  ALL_SAME(n_methods, same_method(&a->method[i], &b->method[i]));
  ALL_SAME(n_stages, same_stage(&a->stage[i], &b->stage[i]));
  ALL_SAME(n_switches, same_text(a->switches[i], b->switches[i]));
  ALL_SAME(n_constraints, a->constraint[i].http == b->constraint[i].http &&
                              a->constraint[i].https == b->constraint[i].https &&
                              same_text(a->constraint[i].ref, b->constraint[i].ref));
}

static bool same_ranges(const struct address_range *a, size_t n, const struct address_range *b, size_t m) {
  bool same = n == m;
  for (size_t i = 0; same && i < n; i++)
    same = address_equal(&a[i].first, &b[i].first) && address_equal(&a[i].last, &b[i].last) &&
           same_text(a[i].name, b[i].name);
  return same;
}

static bool same_allow(const struct site_allow *a, const struct site_allow *b) {
  return same_text(a->id, b->id) && same_text(a->why, b->why) && a->from.role == b->from.role &&
         a->to.role == b->to.role && same_ranges(a->from.range, a->from.n_ranges, b->from.range, b->from.n_ranges) &&
         same_ranges(a->to.range, a->to.n_ranges, b->to.range, b->to.n_ranges) &&
         same_ports(a->tcp, a->n_tcp, b->tcp, b->n_tcp) && same_ports(a->udp, a->n_udp, b->udp, b->n_udp) &&
         a->icmp_echo == b->icmp_echo;
}

static bool same_waiver(const struct site_waiver *a, const struct site_waiver *b) {
  return same_text(a->rule, b->rule) && same_text(a->reason, b->reason) && same_text(a->ticket, b->ticket) &&
         same_ranges(a->hosts, a->n_hosts, b->hosts, b->n_hosts) &&
         same_ports(a->ports, a->n_ports, b->ports, b->n_ports) && a->expires.ns == b->expires.ns;
}

static bool same_up(const struct site_up *a, const struct site_up *b) {
  return a->roles == b->roles && same_text(a->reason, b->reason) &&
         same_ranges(a->range, a->n_ranges, b->range, b->n_ranges);
}

static void assert_same_site(const struct policy *p, const struct site *a, const struct site *b) {
  assert_true(same_text(a->name, b->name) && same_text(a->policy_name, b->policy_name));
  ALL_SAME(n_roles, same_ranges(a->role[i], a->n_role_ranges[i], b->role[i], b->n_role_ranges[i]));
  assert_memory_equal(a->feature, b->feature, p->n_features);
  assert_memory_equal(a->parameter_given, b->parameter_given, p->n_parameters);
  assert_true(same_ports(a->parameter, p->n_parameters, b->parameter, p->n_parameters));
  assert_memory_equal(a->switch_on, b->switch_on, p->n_switches);
  ALL_SAME(n_allows, same_allow(&a->allow[i], &b->allow[i]));
  ALL_SAME(n_waivers, same_waiver(&a->waiver[i], &b->waiver[i]));
  ALL_SAME(n_ups, same_up(&a->up[i], &b->up[i]));
}

/* Round trips */

static struct policy *policy_of_text(const char *text, size_t len) {
  struct problem_list problems = {0};
  struct json_doc *doc = NULL;
  struct policy *p = NULL;
  int r = json_doc_parse("random", text, len, &doc, &problems);
  if (r == 0) r = policy_load_doc(doc, &p, &problems);
  if (r < 0) fail_msg("%s\n%.*s", problems.n ? problems.line[0] : "", (int)len, text);
  json_doc_free(doc);
  return p;
}

static void assert_policy_round_trip(const struct policy *p) {
  struct out first, second;
  out_init(&first, NULL);
  out_init(&second, NULL);
  policy_print(p, &first);
  struct policy *again = policy_of_text(out_str(&first), first.len);
  assert_same_policy(p, again);
  policy_print(again, &second);
  assert_string_equal(out_str(&first), out_str(&second));
  policy_free(again);
  out_close(&first);
  out_close(&second);
}

static void assert_site_round_trip(const struct policy *p, const struct site *s, const char *file) {
  struct out first, second;
  out_init(&first, NULL);
  out_init(&second, NULL);
  site_print(s, p, &first);
  struct problem_list problems = {0};
  struct json_doc *doc = NULL;
  struct policy *p2 = NULL;
  struct site *s2 = NULL;
  int r = json_doc_parse(file, out_str(&first), first.len, &doc, &problems);
  if (r == 0) r = site_load_doc(doc, &p2, &s2, &problems);
  if (r < 0) fail_msg("%s\n%s", problems.n ? problems.line[0] : "", out_str(&first));
  assert_same_site(p, s, s2);
  site_print(s2, p2, &second);
  assert_string_equal(out_str(&first), out_str(&second));
  json_doc_free(doc);
  policy_free(p2);
  site_free(s2);
  out_close(&first);
  out_close(&second);
}

static void test_shipped(void **state) {
  (void)state;
  static const char *const shipped[] = {"configmgr-client", "samples/webshop.policy.json", "samples/webshop.site.json",
                                        "samples/site.json", "tests/fuzz/corpus/site/full.json"};
  assert_int_equal(chdir(getenv("WW_SOURCE")), 0);
  for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++) {
    struct policy *p = NULL;
    struct site *s = NULL;
    struct problem_list problems = {0};
    int r = site_or_policy_load(shipped[i], &p, &s, &problems);
    if (r < 0) fail_msg("%s", problems.line[0]);
    assert_policy_round_trip(p);
    /* a policy is named as seen from here, a site file's policy as seen from the site file */
    assert_site_round_trip(p, s, strstr(shipped[i], "site") ? shipped[i] : "here.json");
    policy_free(p);
    site_free(s);
  }
}

/* Random documents */

struct dice {
  uint64_t state;
};
static unsigned roll(struct dice *d, unsigned sides) {
  d->state = hash_two(d->state, 1);
  return (unsigned)(d->state >> 33) % sides;
}

static void put_names(struct out *o, struct dice *d, const char *prefix, unsigned known) {
  unsigned n = 1 + roll(d, known < 3 ? known : 3), from = roll(d, known);
  out_char(o, '[');
  for (unsigned i = 0; i < n; i++) out_printf(o, "%s\"%s%u\"", i ? "," : "", prefix, (from + i) % known);
  out_char(o, ']');
}

static void put_port(struct out *o, struct dice *d) {
  unsigned first = 1 + roll(d, 65000);
  if (roll(d, 3))
    out_printf(o, "%u", first);
  else
    out_printf(o, "\"%u-%u\"", first, first + 1 + roll(d, 500));
}

static void put_applications(struct out *o, struct dice *d, const char *key) {
  out_printf(o, ",\"%s\":[", key);
  for (unsigned i = 0, n = 1 + roll(d, 3); i < n; i++)
    out_printf(o, "%s\"%s\"", i ? "," : "", service_name((enum service)(1 + roll(d, SERVICE_COUNT - 1))));
  out_char(o, ']');
}

static void put_service(struct out *o, struct dice *d, unsigned i, unsigned parameters) {
  unsigned transport = roll(d, TRANSPORT_COUNT);
  out_printf(o, "%s\"s%u\":{\"transport\":\"%s\"", i ? "," : "", i,
             policy_transport_name((enum policy_transport)transport));
  if (transport != TRANSPORT_ICMP_ECHO) {
    out_text(o, ",\"ports\":[");
    for (unsigned k = 0, n = 1 + roll(d, 3); k < n; k++) {
      if (k) out_char(o, ',');
      if (roll(d, 2))
        out_printf(o, "\"p%u\"", roll(d, parameters));
      else
        put_port(o, d);
    }
    out_char(o, ']');
    if (roll(d, 3) == 0)
      out_text(o, roll(d, 2) ? ",\"learned\":true" : ",\"learned\":true,\"interfaces\":[\"spoolss\",\"svcctl\"]");
    else if (roll(d, 3) == 0)
      put_applications(o, d, "learned");
  }
  if (roll(d, 2)) put_applications(o, d, "accepts");
  if (roll(d, 4) == 0) out_text(o, ",\"one_way\":true");
  if (roll(d, 4) == 0) out_text(o, ",\"silence_ok\":true");
  if (roll(d, 2)) out_printf(o, ",\"title\":\"Service \\\"%u\\\" \\u00e9\\\\ \xe2\x82\xac\"", i);
  out_char(o, '}');
}

static void put_rule(struct out *o, struct dice *d, unsigned i, unsigned n, unsigned roles, unsigned services) {
  out_printf(o, "%s{\"id\":\"r%u\",\"feature\":\"f%u\",\"from\":", i ? ",\n" : "", i, roll(d, 2));
  put_names(o, d, "role", roles);
  out_text(o, ",\"to\":");
  put_names(o, d, "role", roles);
  unsigned what = roll(d, 5);
  if (what == 0)
    out_text(o, ",\"manual\":true");
  else if (what == 1)
    out_text(o, ",\"group\":\"g0\"");
  else
    out_printf(o, ",\"service\":\"s%u\"", roll(d, services));
  if (roll(d, 2)) out_text(o, ",\"direction\":\"both\"");
  unsigned need = roll(d, NEED_COUNT);
  if (need == NEED_ONE_OF)
    out_printf(o, ",\"need\":{\"one_of\":\"set%u\"}", roll(d, 3));
  else if (need == NEED_FALLBACK_FOR && i + 1 < n)
    out_printf(o, ",\"need\":{\"fallback_for\":\"r%u\"}", i + 1 + roll(d, n - i - 1));
  else if (need == NEED_OPTIONAL)
    out_text(o, ",\"need\":\"optional\"");
  if (roll(d, 3) == 0) out_printf(o, ",\"when\":\"switch%u\"", roll(d, 4));
  if (roll(d, 3) == 0) out_printf(o, ",\"unless\":\"switch%u\"", roll(d, 4));
  if (roll(d, 3) == 0) out_printf(o, ",\"window_s\":%u", roll(d, 100000));
  if (roll(d, 2)) out_printf(o, ",\"ref\":\"heading-%u\",\"note\":\"A note.\"", i);
  if (roll(d, 2)) out_text(o, ",\"fix\":\"Open {p0}\",\"fix_command\":\"echo { $_ } {p1}\"");
  out_char(o, '}');
}

static void put_policy(struct out *o, struct dice *d) {
  unsigned parameters = 2 + roll(d, 4), roles = 1 + roll(d, 6), services = 1 + roll(d, 8), rules = 1 + roll(d, 20);
  out_text(o, "// random\n{\"name\":\"own\",\"source\":{\"cite\":\"me\"},\"parameters\":{");
  for (unsigned i = 0; i < parameters; i++) {
    out_printf(o, "%s\"p%u\":{\"type\":\"port-range\",\"default\":", i ? "," : "", i);
    put_port(o, d);
    out_char(o, '}');
  }
  out_text(o, "},\"roles\":{");
  for (unsigned i = 0; i < roles; i++) out_printf(o, "%s\"role%u\":\"Role %u\"", i ? "," : "", i, i);
  out_text(o, "},\"services\":{");
  for (unsigned i = 0; i < services; i++) put_service(o, d, i, parameters);
  out_text(o,
           "},\"features\":{\"f0\":{\"ref\":\"x\"},\"f1\":{\"implied_by\":\"f0\"}},\"groups\":{\"g0\":{\"services\":["
           "\"s0\"");
  for (unsigned i = 1; i < services; i++)
    out_printf(o, ",{\"service\":\"s%u\",\"optional\":%s}", i, roll(d, 2) ? "true" : "false");
  out_text(o, "]}},\"rules\":[");
  for (unsigned i = 0; i < rules; i++) put_rule(o, d, i, rules, roles, services);
  out_text(o, "],\"methods\":{\"m\":{\"steps\":[");
  put_names(o, d, "r", rules);
  out_text(o, "]}},\"stages\":[{\"name\":\"st\",\"bytes_min\":7,\"rules\":");
  put_names(o, d, "r", rules);
  out_printf(o, "},{\"name\":\"look\",\"services\":\"dns\"}]%s}", roll(d, 2) ? ",\"audited_role\":\"role0\"" : "");
}

static uint64_t first_seed(void) {
  const char *text = getenv("WW_SEED");
  return text ? strtoull(text, NULL, 10) : 20260501;
}

static void test_random_policies(void **state) {
  (void)state;
  unsigned rounds = getenv("WW_SEED") ? 1 : 300;
  print_message("seeds %llu and %u after it\n", (unsigned long long)first_seed(), rounds - 1);
  for (unsigned i = 0; i < rounds; i++) {
    struct dice d = {first_seed() + i};
    struct out o;
    out_init(&o, NULL);
    put_policy(&o, &d);
    struct policy *p = policy_of_text(out_str(&o), o.len);
    assert_policy_round_trip(p);
    policy_free(p);
    out_close(&o);
  }
}

/* Any range prints in a form that reads back as the same range. */
static void test_random_ranges(void **state) {
  (void)state;
  struct dice d = {first_seed()};
  for (unsigned i = 0; i < 20000; i++) {
    struct address_range r = {.first.family = roll(&d, 2) ? 6 : 4}, again = {.name = NULL};
    unsigned octets = r.first.family == 6 ? 16 : 4, same = roll(&d, octets + 1);
    for (unsigned k = 0; k < octets; k++) r.first.octet[k] = (uint8_t)(roll(&d, 3) ? roll(&d, 256) : 0);
    r.last = r.first;
    for (unsigned k = same; k < octets; k++) {
      if (roll(&d, 2)) r.first.octet[k] = 0;
      r.last.octet[k] = (uint8_t)(roll(&d, 2) ? 255 : roll(&d, 256));
    }
    if (address_compare(&r.first, &r.last) > 0) r.last = r.first;
    char text[ADDRESS_RANGE_TEXT_SIZE];
    struct err e;
    address_range_print(text, &r);
    bool mapped = strncmp(text, "::ffff:", 7) == 0 || strstr(text, "-::ffff:");
    if (address_range_parse(text, &again, &e) < 0) {
      if (!mapped) fail_msg("round %u: %s", i, e.text);
      continue;
    }
    if (!same_ranges(&r, 1, &again, 1)) fail_msg("round %u: %s", i, text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shipped),
      cmocka_unit_test(test_random_policies),
      cmocka_unit_test(test_random_ranges),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
