/* Roles from behaviour. */
#include "rules/propose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/rules/fake_traffic.h"
#include "tests/unit/rules/site_maker.h"

struct world {
  struct policy *p;
  struct traffic *t;
  struct site *s;
};

static int setup(void **state) {
  struct world *w = array_new(1, sizeof *w);
  w->p = policy_of("configmgr-client");
  w->t = fake_new();
  *state = w;
  return 0;
}

static int teardown(void **state) {
  struct world *w = *state;
  site_free(w->s);
  fake_free(w->t);
  policy_free(w->p);
  free(w);
  return 0;
}

static void flow(struct world *w, const char *client, const char *server, uint16_t port, enum outcome o) {
  fake_flow(w->t, fake_address(client), fake_address(server), 6, port, o);
}

static void propose(struct world *w) {
  w->s = site_propose(w->p, w->t, 2);
  assert_non_null(w->s);
  assert_true(w->s->proposed);
}

static size_t members(const struct world *w, const char *role) {
  return w->s->n_role_ranges[policy_role_find(w->p, role)];
}

static bool plays(const struct world *w, const char *address, const char *role) {
  struct address a = fake_address(address);
  int r = policy_role_find(w->p, role);
  for (size_t i = 0; i < w->s->n_role_ranges[r]; i++)
    if (address_equal(&w->s->role[r][i].first, &a)) return true;
  return false;
}

static void test_nothing(void **state) {
  struct world *w = *state;
  flow(w, "10.1.0.1", "192.0.2.1", 443, OUTCOME_ESTABLISHED);
  propose(w);
  for (size_t i = 0; i < w->p->n_roles; i++) assert_int_equal(w->s->n_role_ranges[i], 0);
}

/* One push among clients that all use the domain controller. */
static void test_push(void **state) {
  struct world *w = *state;
  for (int i = 1; i <= 9; i++) {
    char client[32];
    snprintf(client, sizeof client, "10.1.0.%d", i);
    flow(w, client, "10.0.0.2", 88, OUTCOME_ESTABLISHED);
    flow(w, client, "10.0.0.2", 135, OUTCOME_ESTABLISHED);
    flow(w, client, "10.0.0.2", 445, OUTCOME_ESTABLISHED);
    flow(w, client, "10.0.0.6", 80, OUTCOME_ESTABLISHED);
    flow(w, client, "203.0.113.9", 80, OUTCOME_ESTABLISHED);
  }
  flow(w, "10.0.0.5", "10.1.0.1", 445, OUTCOME_NO_ANSWER);
  flow(w, "10.0.0.5", "10.1.0.1", 135, OUTCOME_ESTABLISHED);
  flow(w, "10.0.0.5", "10.1.0.2", 445, OUTCOME_ESTABLISHED);
  flow(w, "10.0.0.5", "10.1.0.2", 135, OUTCOME_NO_ANSWER);
  flow(w, "10.1.0.1", "10.0.0.6", 10123, OUTCOME_ESTABLISHED);
  propose(w);
  assert_int_equal(members(w, "site_server"), 1);
  assert_true(plays(w, "10.0.0.5", "site_server"));
  assert_int_equal(members(w, "client"), 2);
  assert_true(plays(w, "10.1.0.1", "client") && plays(w, "10.1.0.2", "client"));
  assert_true(plays(w, "10.0.0.6", "management_point"));
  assert_false(plays(w, "203.0.113.9", "management_point"));
  assert_false(plays(w, "10.0.0.2", "management_point"));
}

/* SMB alone to many is a push, too: a firewall may stop everything behind it. */
static void test_shares_only(void **state) {
  struct world *w = *state;
  flow(w, "10.0.0.5", "10.1.0.1", 445, OUTCOME_NO_ANSWER);
  flow(w, "10.0.0.5", "10.1.0.2", 445, OUTCOME_NO_ANSWER);
  flow(w, "10.0.0.5", "10.1.0.3", 445, OUTCOME_NO_ANSWER);
  flow(w, "10.1.0.1", "10.0.0.9", 445, OUTCOME_ESTABLISHED);
  propose(w);
  assert_int_equal(members(w, "site_server"), 1);
  assert_true(plays(w, "10.0.0.5", "site_server"));
  assert_int_equal(members(w, "client"), 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
      cmocka_unit_test_setup_teardown(test_push, setup, teardown),
      cmocka_unit_test_setup_teardown(test_shares_only, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
