/* A policy that has nothing to do with Configuration Manager is judged the same way: three tiers of a web shop. */
#include "tests/unit/rules/world.h"

static const char balancer[] = "192.0.2.10", web[] = "10.20.1.1", app[] = "10.20.2.10", database[] = "10.20.3.5",
                  cache[] = "10.20.3.9", admin[] = "10.20.9.2";

static int setup(void **state) {
  struct world *w = array_new(1, sizeof *w);
  struct problem_list problems = {0};
  const char *source = getenv("WW_SOURCE");
  char path[1024];
  snprintf(path, sizeof path, "%s/samples/webshop.site.json", source ? source : ".");
  int rc = site_load(path, &w->p, &w->s, &problems);
  for (size_t i = 0; i < problems.n; i++) print_error("%s\n", problems.line[i]);
  problem_list_free(&problems);
  w->t = fake_new();
  *state = w;
  return rc;
}

/* As add; what gets through is recognised by its payload. */
static struct flow_view *add_known(struct world *w, const char *from, const char *to, uint16_t port, enum outcome o) {
  struct flow_view *v = add(w, from, to, port, o);
  if (o == OUTCOME_ESTABLISHED && v->app.service) v->app.service_by = SERVICE_BY_DPI;
  return v;
}

static void test_works(void **state) {
  struct world *w = *state;
  add_known(w, balancer, web, 443, OUTCOME_ESTABLISHED);
  add_known(w, web, app, 9443, OUTCOME_ESTABLISHED)->app.service = SERVICE_TLS;
  add_known(w, app, database, 5432, OUTCOME_ESTABLISHED);
  add_known(w, app, cache, 6379, OUTCOME_ESTABLISHED);
  run(w);
  assert_int_equal(audit_compliance(w->a), COMPLIANT);
  assert_int_equal(w->a->n_findings, 0);
  assert_int_equal(w->a->method[0].state, METHOD_WORKS);
  assert_string_equal(rule(w, "web-app")->ref, "3.1.2");
}

/* Every tier is audited: skipping one is an open port nobody documents, and the documents' own words say what to do. */
static void test_skipped_tier(void **state) {
  struct world *w = *state;
  add_known(w, web, database, 5432, OUTCOME_ESTABLISHED);
  run(w);
  assert_int_equal(w->a->n_findings, 1);
  assert_int_equal(w->a->finding[0].verdict, VERDICT_UNEXPECTED_OPEN);
  assert_int_equal(w->a->finding[0].severity, SEVERITY_HIGH);
  assert_non_null(strstr(w->a->finding[0].happened, "documented for Application server only"));
  assert_null(w->a->finding[0].fix_command); /* nothing says that these are Windows hosts */
}

/* The cache is blocked; sessions go to the database, which is another server of another role. */
static void test_fallback_elsewhere(void **state) {
  struct world *w = *state;
  add_known(w, app, cache, 6379, OUTCOME_NO_ANSWER);
  add_known(w, app, database, 5432, OUTCOME_ESTABLISHED);
  run(w);
  assert_int_equal(w->a->n_findings, 1);
  assert_int_equal(w->a->finding[0].verdict, VERDICT_DEGRADED);
  assert_int_equal(rule(w, "app-cache")->status, RULE_FAIL);
  assert_int_equal(audit_compliance(w->a), COMPLIANT);
}

static void test_wrong_protocol(void **state) {
  struct world *w = *state;
  struct flow_view *v = add_known(w, balancer, web, 443, OUTCOME_ESTABLISHED);
  v->app.service = SERVICE_SSH, v->app.service_by = SERVICE_BY_DPI;
  run(w);
  assert_int_equal(w->a->finding[0].verdict, VERDICT_WRONG_PROTOCOL);
  assert_non_null(strstr(w->a->finding[0].title, "HTTPS (TCP 443) carries ssh"));
}

/* The site's waiver covers one open port of one host, and no other. */
static void test_waiver(void **state) {
  struct world *w = *state;
  add_known(w, "198.51.100.7", database, 5433, OUTCOME_ESTABLISHED);
  add_known(w, "198.51.100.7", "10.20.3.6", 5433, OUTCOME_ESTABLISHED)->server_port = 5434;
  run(w);
  assert_int_equal(w->a->n_findings, 2);
  int waived = (w->a->finding[0].waiver >= 0) + (w->a->finding[1].waiver >= 0);
  assert_int_equal(waived, 1);
  assert_int_equal(audit_compliance(w->a), NOT_COMPLIANT);
}

/* Logs are one-way, and only to be sent because the site turned the switch on. */
static void test_logs(void **state) {
  struct world *w = *state;
  fake_flow(w->t, fake_address(web), fake_address(admin), UDP, 514, OUTCOME_NO_ANSWER);
  run(w);
  assert_int_equal(rule(w, "logs")->status, RULE_PASS);
}

int main(void) {
#define SHOP(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
  const struct CMUnitTest tests[] = {SHOP(test_works),          SHOP(test_skipped_tier), SHOP(test_fallback_elsewhere),
                                     SHOP(test_wrong_protocol), SHOP(test_waiver),       SHOP(test_logs)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
