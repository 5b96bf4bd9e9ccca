/* Memory runs out at every single allocation of loading a site file with its policy, one after the other: each time the
 * load fails with a problem, nothing is applied and nothing is lost. */
#include "tests/unit/fail_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rules/site.h"

/* One load with the n-th allocation failing. True when there were fewer. */
static bool load_failing_at(const char *path, long n) {
  struct policy *p = NULL;
  struct site *s = NULL;
  struct problem_list problems = {0};
  long before = fail_alloc_in_use();
  fail_alloc_arm(n);
  int r = site_or_policy_load(path, &p, &s, &problems);
  bool failed = fail_alloc_disarm();
  if (r < 0 && (p || s || problems.n == 0)) fail_msg("allocation %ld: %zu problems", n, problems.n);
  if (r < 0 && !failed) fail_msg("%s", problems.line[0]);
  policy_free(p);
  site_free(s);
  problem_list_free(&problems);
  if (fail_alloc_in_use() != before) fail_msg("allocation %ld: %ld blocks lost", n, fail_alloc_in_use() - before);
  return !failed;
}

static void test_site_and_policy(void **state) {
  (void)state;
  static const char *const files[] = {"samples/webshop.site.json", "tests/fuzz/corpus/site/full.json"};
  char path[4096];
  struct policy *p = NULL;
  struct problem_list problems = {0};
  assert_int_equal(policy_load("configmgr-client", &p, &problems), 0); /* libraries set themselves up once */
  policy_free(p);
  fail_alloc_everywhere = true;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    long n = 0;
    snprintf(path, sizeof path, "%s/%s", getenv("WW_SOURCE"), files[i]);
    while (!load_failing_at(path, n)) n++;
    print_message("%s: %ld allocations failed in turn\n", files[i], n);
    assert_true(n > 500);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_site_and_policy)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
