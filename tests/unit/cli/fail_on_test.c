/* --fail-on: which words are taken, and what exit status findings make. */
#include "cli/fail_on.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/status.h"

#define BIT(v) (1u << VERDICT_##v)

static void words(void **state) {
  (void)state;
  static const struct {
    const char *list;
    uint32_t set;
  } cases[] = {
      {FAIL_ON_DEFAULT, BIT(BLOCKED) | BIT(UNEXPECTED_OPEN) | BIT(WRONG_PROTOCOL)},
      {"none", 0},
      {"", 0},
      {"review", BIT(REVIEW)},
      {"degraded,review", BIT(DEGRADED) | BIT(REVIEW)},
      {"blocked,none,blocked,", BIT(BLOCKED)},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct err e = {""};
    uint32_t set = 12345;
    assert_int_equal(fail_on_parse(cases[i].list, &set, &e), 0);
    assert_int_equal(set, cases[i].set);
  }
}

static void faults(void **state) {
  (void)state;
  static const char *const cases[] = {"block",
                                      "Blocked",
                                      "blocked review",
                                      "pass",
                                      ",",
                                      "blocked,,review",
                                      "a-word-that-is-far-longer-than-any-of-them-could-ever-be"};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct err e = {""};
    uint32_t set = 12345;
    assert_true(fail_on_parse(cases[i], &set, &e) < 0);
    assert_int_equal(set, 12345);
    assert_non_null(strstr(e.text, "is none of blocked, unexpected-open"));
  }
}

/* An audit with one finding and one rule. */
static int status_of(uint32_t set, enum verdict v, int32_t waiver, enum rule_status rule, size_t n_unread) {
  struct finding finding = {.verdict = v, .waiver = waiver};
  struct rule_result result = {.in_force = true, .required = true, .status = rule};
  const struct audit a = {.finding = &finding, .n_findings = v == VERDICT_PASS ? 0 : 1, .rule = &result, .n_rules = 1};
  return fail_on_status(set, &a, n_unread);
}

static void statuses(void **state) {
  (void)state;
  const uint32_t blocked = BIT(BLOCKED);
  assert_int_equal(status_of(blocked, VERDICT_PASS, -1, RULE_PASS, 0), STATUS_OK);
  assert_int_equal(status_of(blocked, VERDICT_BLOCKED, -1, RULE_FAIL, 0), STATUS_FINDINGS);
  assert_int_equal(status_of(blocked, VERDICT_BLOCKED, -1, RULE_FAIL, 1), STATUS_FINDINGS);
  assert_int_equal(status_of(blocked, VERDICT_BLOCKED, 0, RULE_FAIL, 0), STATUS_OK); /* waived */
  assert_int_equal(status_of(blocked, VERDICT_REVIEW, -1, RULE_PASS, 0), STATUS_OK);
  assert_int_equal(status_of(blocked, VERDICT_PASS, -1, RULE_PASS, 1), STATUS_INPUT);
  assert_int_equal(status_of(blocked, VERDICT_PASS, -1, RULE_NOT_ASSESSABLE, 0), STATUS_NOTHING);
  assert_int_equal(status_of(blocked, VERDICT_PASS, -1, RULE_NOT_ASSESSABLE, 2), STATUS_INPUT);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(words), cmocka_unit_test(faults), cmocka_unit_test(statuses)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
