/* The catalogue row by row (catalogue_rows.h): for each row traffic that passes, is dropped, is rejected, runs another
 * protocol, is absent; in both address families, with the ports as shipped and with every parameter changed. The other
 * services that a group needs get through meanwhile, so that the row alone decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "classifier/rpc_interface.h"
#include "rules/audit.h"
#include "tests/unit/rules/catalogue_rows.h"
#include "tests/unit/rules/fake_traffic.h"
#include "tests/unit/rules/site_maker.h"

enum kind { PASSES, DROPPED, REJECTED, OTHER_PROTOCOL, ABSENT, KINDS };
static const char *const kinds[] = {"passes", "dropped", "rejected", "other protocol", "absent"};

struct world {
  const struct policy *p;
  struct site *s;
  bool v6, changed, back;
  struct learned learned[8];
  size_t n_learned;
};

/* Role r plays 10.0.r.1 and .2, or the like in IPv6. */
static struct address role_host(const struct world *w, int role, int host) {
  char text[ADDRESS_TEXT_SIZE];
  snprintf(text, sizeof text, w->v6 ? "2001:db8:%d::%d" : "10.0.%d.%d", role, host);
  return fake_address(text);
}

static void site_make(struct world *w, const struct row *row) {
  w->s = site_new(w->p);
  assert_non_null(w->s);
  for (size_t i = 0; i < w->p->n_roles; i++)
    for (int host = 1; host <= 2; host++) {
      char text[ADDRESS_TEXT_SIZE];
      struct address a = role_host(w, (int)i, host);
      site_role_add(w->s, (int)i, address_print(text, &a), NULL, NULL);
    }
  site_features_only(w->s, w->p, row->feature);
  const struct policy_rule *rule = &w->p->rule[policy_rule_find(w->p, row->rule)];
  if (rule->when) site_switch_set(w->s, w->p, rule->when, true);
  for (size_t i = 0; w->changed && i < w->p->n_parameters; i++) {
    struct port_range *r = &w->s->parameter[i];
    uint16_t width = (uint16_t)(r->last - r->first);
    r->first = (uint16_t)(20000 + i * 100), r->last = (uint16_t)(r->first + (width > 99 ? 99 : width));
    w->s->parameter_given[i] = true;
  }
}

static uint16_t row_port(const struct world *w, const struct row *row) {
  if (row->announced) return row->announced->port;
  if (!row->parameter) return row->port;
  int i = policy_parameter_find(w->p, row->parameter);
  assert_true(i >= 0);
  if (!w->changed) assert_int_equal(w->p->parameter[i].value.first, row->port);
  return w->s->parameter[i].first;
}

/* What belongs on the row's port. */
static enum service row_service(const struct row *row) {
  if (row->proto == ECHO) return SERVICE_ICMP_ECHO;
  if (row->announced) return row->announced->bound;
  if (row->port == 49152) return SERVICE_RPC;
  enum service s = service_of_port(row->proto, row->port);
  return s == SERVICE_UNKNOWN && row->port == 8530 ? SERVICE_HTTP : s;
}

/* The announcement of a row's port, kept by the world as long as the traffic. */
static const struct learned *announce(struct world *w, const struct announced *from) {
  assert_true(w->n_learned < sizeof w->learned / sizeof *w->learned);
  struct learned *l = &w->learned[w->n_learned++];
  *l = (struct learned){.name = from->interface ? "interface" : NULL,
                        .service = from->announced,
                        .proto = TCP,
                        .port = from->port,
                        .by = from->by,
                        .packet = 7};
  if (from->interface) assert_true(uuid_parse(from->interface, &l->uuid));
  return l;
}

static void flow_make(struct world *w, const struct row *row, enum kind kind, struct traffic *t) {
  static const enum outcome tcp[] = {OUTCOME_ESTABLISHED, OUTCOME_NO_ANSWER, OUTCOME_REJECTED, OUTCOME_ESTABLISHED};
  static const enum outcome other[] = {OUTCOME_ANSWERED, OUTCOME_NO_ANSWER, OUTCOME_REJECTED, OUTCOME_ANSWERED};
  int from = policy_role_find(w->p, row->from), to = policy_role_find(w->p, row->to);
  struct address client = role_host(w, w->back ? to : from, 1), server = role_host(w, w->back ? from : to, 2);
  if (kind == ABSENT) {
    fake_host(t, &client, true);
    return;
  }
  uint8_t proto = row->proto == ECHO && w->v6 ? 58 : row->proto;
  enum outcome outcome = proto == TCP ? tcp[kind] : other[kind];
  struct flow_view *v = fake_flow(t, client, server, proto, row_port(w, row), outcome);
  v->app.service = row_service(row);
  if (kind == PASSES && v->app.service) v->app.service_by = row->announced ? SERVICE_BY_RPC_BIND : SERVICE_BY_DPI;
  if (kind == OTHER_PROTOCOL) v->app.service = SERVICE_SSH, v->app.service_by = SERVICE_BY_DPI;
  if (row->announced) v->app.origin = announce(w, row->announced);
}

/* What else the rule needs gets through; true when there is such a thing. */
static bool companions_make(struct world *w, const struct row *row, struct traffic *t) {
  size_t n = 0;
  for (size_t i = 0; i < ROWS; i++) {
    const struct row *other = &rows[i];
    if (other == row || !other->part || other->optional || strcmp(other->rule, row->rule) != 0) continue;
    flow_make(w, other, PASSES, t);
    n++;
  }
  return n > 0;
}

static bool silence_is_nothing(const struct row *row) { return row->one_way || row->silent; }

/* The rule of the same feature that needs the row's service by itself, this way round. */
static const char *filed(const struct world *w, const struct row *row) {
  for (size_t i = 0; row->filed && i < ROWS; i++)
    if (strcmp(rows[i].rule, row->filed) == 0) return w->back && !rows[i].back ? NULL : row->filed;
  return NULL;
}

/* What the traffic itself deserves: the verdict of its finding; VERDICT_PASS = no finding. */
static enum verdict expected_finding(const struct world *w, const struct row *row, enum kind kind) {
  if (kind == OTHER_PROTOCOL && !row->any_protocol) return VERDICT_WRONG_PROTOCOL;
  if (kind == REJECTED || (kind == DROPPED && !silence_is_nothing(row)))
    return row->optional && !filed(w, row) ? VERDICT_REVIEW : VERDICT_BLOCKED;
  return VERDICT_PASS;
}

static enum rule_status expected(const struct world *w, const struct row *row, enum kind kind) {
  enum verdict v = expected_finding(w, row, kind);
  if (v == VERDICT_WRONG_PROTOCOL) return RULE_FAIL;
  if (row->optional) return RULE_PASS;
  if (v != VERDICT_PASS) return RULE_FAIL;
  return kind == PASSES || kind == OTHER_PROTOCOL || (kind == DROPPED && row->one_way) ? RULE_PASS
                                                                                       : RULE_NOT_ASSESSABLE;
}

static void finding_check(const struct world *w, const struct row *row, enum kind kind, const struct audit *a) {
  const struct finding *f = &a->finding[0];
  assert_int_equal(f->verdict, expected_finding(w, row, kind));
  assert_string_equal(a->rule[f->rule].feature, row->feature);
  if (filed(w, row) && f->verdict != VERDICT_WRONG_PROTOCOL) assert_string_equal(a->rule[f->rule].id, row->filed);
  assert_true(f->confidence > CONFIDENCE_LOW);
  assert_non_null(f->fix);
  if (kind == DROPPED) assert_non_null(f->fix_command);
  if (kind == REJECTED) assert_non_null(strstr(f->fix, w->v6 ? "2001:db8:ffff::1" : "10.255.0.1"));
}

static void case_check(struct world *w, const struct row *row, enum kind kind) {
  site_make(w, row);
  w->n_learned = 0;
  struct traffic *t = fake_new();
  bool company = companions_make(w, row, t);
  flow_make(w, row, kind, t);
  struct audit *a = NULL;
  struct err e = {{0}};
  assert_int_equal(audit_run(w->p, w->s, t, NULL, &a, &e), 0);
  const struct rule_result *r = &a->rule[policy_rule_find(w->p, row->rule)];
  if (r->status != expected(w, row, kind) || strcmp(r->ref, row->ref) != 0)
    fail_msg("%s %s %u, %s, ports %s%s: %s (%s), ref %s", row->rule, kinds[kind], row->port, w->v6 ? "IPv6" : "IPv4",
             w->changed ? "changed" : "as shipped", w->back ? ", backwards" : "", rule_status_name(r->status),
             why_name(r->why), r->ref);
  assert_true(r->in_force);
  if (r->status == RULE_NOT_ASSESSABLE) assert_int_not_equal(r->why, WHY_NONE);
  enum verdict v = expected_finding(w, row, kind);
  if (a->n_findings != (v != VERDICT_PASS))
    fail_msg("%s %s %u: %zu findings", row->rule, kinds[kind], row->port, a->n_findings);
  bool fails = v == VERDICT_BLOCKED || v == VERDICT_WRONG_PROTOCOL, passes = r->status == RULE_PASS || company;
  if (audit_compliance(a) != (fails ? NOT_COMPLIANT : passes ? COMPLIANT : NOT_ASSESSED))
    fail_msg("%s %s %u: compliance is %d", row->rule, kinds[kind], row->port, audit_compliance(a));
  if (v != VERDICT_PASS) finding_check(w, row, kind, a);
  audit_free(a);
  fake_free(t);
  site_free(w->s);
}

static void test_rows(void **state) {
  struct world w = *(struct world *)*state;
  for (size_t i = 0; i < ROWS; i++) {
    if (policy_rule_find(w.p, rows[i].rule) < 0) fail_msg("%s is missing", rows[i].rule);
    for (enum kind k = PASSES; k < KINDS; k++) {
      if (rows[i].proto == ECHO && k == OTHER_PROTOCOL) continue; /* an echo carries nothing else */
      w.back = false;
      case_check(&w, &rows[i], k);
      w.back = rows[i].back;
      if (w.back) case_check(&w, &rows[i], k);
    }
  }
}

static bool has_row(const char *rule, const char *part) {
  for (size_t i = 0; i < ROWS; i++)
    if (strcmp(rows[i].rule, rule) == 0 && (!part || (rows[i].part && strcmp(rows[i].part, part) == 0))) return true;
  return false;
}

/* Every rule of the policy has its row, and every service of a rule that is a group, with nothing else optional; but
 * for program exceptions, which no packet shows. */
static void test_no_rule_without_row(void **state) {
  const struct world *w = *state;
  for (size_t i = 0; i < w->p->n_rules; i++) {
    const struct policy_rule *rule = &w->p->rule[i];
    if (!rule->manual && !has_row(rule->id, NULL)) fail_msg("%s has no row", rule->id);
    const struct policy_group *group = rule->group >= 0 ? &w->p->group[rule->group] : NULL;
    for (size_t k = 0; group && k < group->n_services; k++) {
      const char *part = w->p->service[group->service[k]].name;
      if (!has_row(rule->id, part)) fail_msg("%s: %s has no row", rule->id, part);
    }
  }
}

/* Program exceptions stay not assessable whatever the traffic. */
static void test_manual(void **state) {
  struct world w = *(struct world *)*state;
  for (size_t i = 0; i < w.p->n_rules; i++) {
    if (!w.p->rule[i].manual) continue;
    struct row row = {.rule = w.p->rule[i].id, .feature = w.p->feature[w.p->rule[i].feature].name};
    site_make(&w, &row);
    struct traffic *t = fake_new();
    fake_flow(t, role_host(&w, 0, 1), role_host(&w, 1, 1), TCP, 445, OUTCOME_ESTABLISHED);
    struct audit *a = NULL;
    assert_int_equal(audit_run(w.p, w.s, t, NULL, &a, NULL), 0);
    assert_int_equal(a->rule[i].status, RULE_NOT_ASSESSABLE);
    assert_int_equal(a->rule[i].why, WHY_MANUAL);
    audit_free(a);
    fake_free(t);
    site_free(w.s);
  }
}

int main(void) {
  struct policy *p = policy_of("configmgr-client");
  struct world v4 = {.p = p}, v6 = {.p = p, .v6 = true}, v4_changed = {.p = p, .changed = true},
               v6_changed = {.p = p, .v6 = true, .changed = true};
  const struct CMUnitTest tests[] = {
      {"rows, IPv4", test_rows, NULL, NULL, &v4},
      {"rows, IPv6", test_rows, NULL, NULL, &v6},
      {"rows, IPv4, every port changed", test_rows, NULL, NULL, &v4_changed},
      {"rows, IPv6, every port changed", test_rows, NULL, NULL, &v6_changed},
      {"every rule has a row", test_no_rule_without_row, NULL, NULL, &v4},
      {"program exceptions", test_manual, NULL, NULL, &v4},
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  policy_free(p);
  return failed;
}
