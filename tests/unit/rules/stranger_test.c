/* Hosts that the site file forgot are noticed; others that merely look a little like them are not. */
#include "rules/stranger.h"

#include "tests/unit/rules/world.h"

static const char server[] = "10.0.0.5", client[] = "10.1.0.1", point[] = "10.0.0.6", stranger[] = "10.9.0.1";

static void expect(struct world *w, const char *first, const char *second) {
  run(w);
  const char *const expected[] = {first, second};
  size_t n = 0;
  while (n < 2 && expected[n]) n++;
  if (w->a->n_warnings != n) fail_msg("%zu warnings: %s", w->a->n_warnings, w->a->n_warnings ? w->a->warning[0] : "");
  for (size_t i = 0; i < n; i++) contains(w->a->warning[i], expected[i]);
}

static void push(struct world *w, const char *to) {
  add(w, server, to, 445, OUTCOME_ESTABLISHED);
  add(w, server, to, 135, OUTCOME_NO_ANSWER);
}

static void test_pushed_to(void **state) {
  struct world *w = *state;
  push(w, client);
  push(w, stranger);
  push(w, "10.9.0.2");
  expect(w,
         "2 hosts in no role did what a host of the role Client computer does (first: SMB from 10.0.0.5 (cm01) to "
         "10.9.0.1): not judged",
         NULL);
}

static void test_pinged_and_pushed_to_over_ipv6(void **state) {
  struct world *w = *state;
  push(w, client);
  add_flow(w, "2001:db8::5", "2001:db8:9::1", ICMPV6, 0, OUTCOME_ANSWERED);
  add(w, "2001:db8::5", "2001:db8:9::1", 445, OUTCOME_NO_ANSWER);
  expect(w, "1 host in no role did what a host of the role Client computer does (first: ICMP echo from", NULL);
}

static void test_asks_the_management_point(void **state) {
  struct world *w = *state;
  push(w, client);
  add(w, stranger, point, 80, OUTCOME_ESTABLISHED);
  add(w, stranger, point, 10123, OUTCOME_ESTABLISHED);
  expect(w, "(first: HTTP from 10.9.0.1 to 10.0.0.6)", NULL);
}

static void test_nobody_listed_was_seen(void **state) {
  struct world *w = *state;
  add(w, server, stranger, 445, OUTCOME_NO_ANSWER);
  expect(w, "No host of the role Client computer was seen in this capture", "1 host in no role did what");
}

/* One service is what anybody asks; a domain controller is asked more; announced and optional ports tell nothing. */
static void test_others(void **state) {
  struct world *w = *state;
  push(w, client);
  add(w, server, stranger, 445, OUTCOME_ESTABLISHED);
  add(w, server, stranger, 445, OUTCOME_ESTABLISHED);
  add(w, server, stranger, 139, OUTCOME_ESTABLISHED);
  add(w, server, stranger, 50000, OUTCOME_ESTABLISHED);
  push(w, "10.9.0.2");
  add(w, server, "10.9.0.2", 88, OUTCOME_ESTABLISHED);
  push(w, "10.0.0.7"); /* plays a role of its own */
  add(w, stranger, "10.9.0.3", 445, OUTCOME_ESTABLISHED);
  add(w, stranger, "10.9.0.3", 135, OUTCOME_ESTABLISHED);
  add_flow(w, server, "255.255.255.255", UDP, 135, OUTCOME_ONE_WAY);
  expect(w, NULL, NULL);
}

static void test_proposed_roles(void **state) {
  struct world *w = *state;
  push(w, client);
  push(w, stranger);
  w->s->proposed = true;
  expect(w, "No site file was given", NULL);
}

/* What the site does not ask for tells nothing of anybody. */
static void test_not_asked_for(void **state) {
  struct world *w = *state;
  site_features_only(w->s, w->p, "remote-control");
  push(w, client);
  push(w, stranger);
  expect(w, NULL, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(test_pushed_to),
      CASE(test_pinged_and_pushed_to_over_ipv6),
      CASE(test_asks_the_management_point),
      CASE(test_nobody_listed_was_seen),
      CASE(test_others),
      CASE(test_proposed_roles),
      CASE(test_not_asked_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
