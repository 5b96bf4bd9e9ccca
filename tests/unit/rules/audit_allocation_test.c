/* Memory runs out at every single allocation of an audit, and of a proposal of roles, one after the other: each time it
 * says so and loses nothing. */
#include "tests/unit/fail_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "rules/audit.h"
#include "rules/propose.h"
#include "tests/unit/rules/fake_traffic.h"
#include "tests/unit/rules/site_maker.h"

enum { TCP = 6 };

static const struct learned announced = {
    .name = "svcctl", .service = SERVICE_RPC, .proto = TCP, .port = 50115, .by = LEARNED_BY_EPM, .packet = 3};

struct world {
  struct policy *p;
  struct site *s;
  struct traffic *t;
};

static void flow(struct world *w, const char *from, const char *to, uint16_t port, enum outcome o) {
  struct flow_view *v = fake_flow(w->t, fake_address(from), fake_address(to), TCP, port, o);
  if (port == 50115) v->app.origin = &announced;
}

/* Something of everything that an audit describes. */
static void world_make(struct world *w) {
  w->p = policy_of("configmgr-client");
  w->s = site_new(w->p);
  w->t = fake_new();
  site_role_add(w->s, policy_role_find(w->p, "site_server"), "10.0.0.5", NULL, "cm01");
  site_role_add(w->s, policy_role_find(w->p, "management_point"), "10.0.0.6", NULL, NULL);
  site_role_add(w->s, policy_role_find(w->p, "client"), "10.1.0.0", "10.1.0.255", NULL);
  site_role_add(w->s, policy_role_find(w->p, "client"), "10.1.0.4", NULL, "pc4");
  site_role_add(w->s, policy_role_find(w->p, "client"), "2001:db8:1::4", NULL, "pc4");
  site_role_add(w->s, policy_role_find(w->p, "site_server"), "2001:db8::5", NULL, "cm01");
  site_up_add(w->s, -1, "10.1.0.5", "seen");
  w->s->waiver = array_new(1, sizeof *w->s->waiver);
  w->s->n_waivers = 1;
  w->s->waiver[0] = (struct site_waiver){.rule = strdup("push-smb"), .expires = stamp_from_s(1)};
  flow(w, "10.0.0.5", "10.1.0.1", 445, OUTCOME_NO_ANSWER);
  flow(w, "10.0.0.5", "10.1.0.2", 445, OUTCOME_REJECTED);
  flow(w, "10.0.0.5", "10.1.0.3", 445, OUTCOME_REFUSED);
  flow(w, "10.0.0.5", "10.1.0.1", 135, OUTCOME_ESTABLISHED);
  flow(w, "10.0.0.5", "10.1.0.1", 50115, OUTCOME_NO_ANSWER);
  flow(w, "10.1.0.1", "10.0.0.6", 10123, OUTCOME_NO_ANSWER);
  flow(w, "10.1.0.1", "10.0.0.6", 80, OUTCOME_ESTABLISHED);
  flow(w, "10.1.0.2", "10.0.0.6", 80, OUTCOME_STALLED);
  flow(w, "192.0.2.1", "10.1.0.1", 3389, OUTCOME_ESTABLISHED);
  flow(w, "10.0.0.5", "10.1.0.4", 445, OUTCOME_ESTABLISHED);
  flow(w, "2001:db8::5", "2001:db8:1::4", 445, OUTCOME_NO_ANSWER); /* its like gets through over IPv4 */
  flow(w, "10.0.0.5", "10.1.0.5", 135, OUTCOME_NO_ANSWER);         /* up by the site file's word */
  w->t->flow[w->t->n_flows - 1].flags = 0;
  fake_host(w->t, &w->t->flow[0].client, false); /* hears others */
}

/* One run with the n-th allocation failing. True when there were fewer. */
static bool audit_failing_at(const struct world *w, long n) {
  struct audit *a = NULL;
  struct err e = {{0}};
  long before = fail_alloc_in_use();
  fail_alloc_arm(n);
  int r = audit_run(w->p, w->s, w->t, NULL, &a, &e);
  bool failed = fail_alloc_disarm();
  if (r < 0 && (a || !*e.text)) fail_msg("allocation %ld: no word of it", n);
  if (r < 0 && !failed) fail_msg("%s", e.text);
  audit_free(a);
  if (fail_alloc_in_use() != before) fail_msg("allocation %ld: %ld blocks lost", n, fail_alloc_in_use() - before);
  return !failed;
}

static bool proposal_failing_at(const struct world *w, long n) {
  long before = fail_alloc_in_use();
  fail_alloc_arm(n);
  struct site *s = site_propose(w->p, w->t, 1);
  bool failed = fail_alloc_disarm();
  if (!s && !failed) fail_msg("no proposal");
  site_free(s);
  if (fail_alloc_in_use() != before) fail_msg("allocation %ld: %ld blocks lost", n, fail_alloc_in_use() - before);
  return !failed;
}

static void test_every_allocation(void **state) {
  (void)state;
  struct world w;
  world_make(&w);
  assert_true(audit_failing_at(&w, 1000000000)); /* libraries set themselves up once */
  fail_alloc_everywhere = true;
  long n = 0;
  while (!audit_failing_at(&w, n)) n++;
  print_message("%ld allocations failed in turn\n", n);
  assert_true(n > 100);
  for (n = 0; !proposal_failing_at(&w, n);) n++;
  assert_true(n > 5);
  fail_alloc_everywhere = false;
  fake_free(w.t);
  site_free(w.s);
  policy_free(w.p);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
