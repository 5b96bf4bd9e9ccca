/* Sizes that --max-memory takes and refuses, and that what it grants grows with it. */
#include "cli/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

static void test_sizes(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool good;
  } cases[] = {{NULL, true},   {"256M", true}, {"256m", true},  {"4G", true},     {"96M", true},
               {"95M", false}, {"", false},    {"256", false},  {"M", false},     {"-4G", false},
               {"4GB", false}, {"4 G", false}, {"1e3M", false}, {"0x40M", false}, {"99999999999999999999G", false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct memory_split split;
    struct err e = {0};
    const int r = memory_split(cases[i].text, &split, &e);
    if ((r == 0) != cases[i].good) fail_msg("\"%s\": %d", cases[i].text ? cases[i].text : "(none)", r);
    if (r) assert_int_equal(r, -EINVAL);
    if (r) assert_non_null(strstr(e.text, "--max-memory"));
  }
}

static void test_shares(void **state) {
  (void)state;
  struct memory_split small, large, none;
  struct err e = {0};
  assert_int_equal(memory_split("256M", &small, &e), 0);
  assert_int_equal(memory_split("1G", &large, &e), 0);
  assert_int_equal(memory_split(NULL, &none, &e), 0);
  assert_true(small.flows_max > 100000 && large.flows_max > 4 * small.flows_max);
  assert_true(small.talks_max && large.talks_max > 4 * small.talks_max);
  assert_true(small.hosts_max && large.hosts_max > 4 * small.hosts_max);
  assert_true(small.streams_max && large.streams_max > 4 * small.streams_max);
  assert_true(!none.flows_max && !none.talks_max && !none.hosts_max && !none.streams_max);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_sizes), cmocka_unit_test(test_shares)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
