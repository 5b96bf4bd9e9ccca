/* The same parts for any number of threads, each done once; the first failure in order is told. */
#include "util/parallel.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct work {
  unsigned done[PARALLEL_PARTS_MAX];
  size_t failing; /* from this part on */
};

static int job(void *of, size_t part) {
  struct work *w = of;
  w->done[part]++;
  return part >= w->failing ? -(int)part : 0;
}

static void test_division(void **state) {
  (void)state;
  static const size_t sizes[] = {0, 1, 4095, 8192, 8193, 65535, 65536, 1000001};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    const size_t n = sizes[i], n_parts = parallel_parts(n);
    assert_in_range(n_parts, 1, PARALLEL_PARTS_MAX);
    assert_int_equal(parallel_start(n, n_parts, 0), 0);
    assert_int_equal(parallel_start(n, n_parts, n_parts), n);
    for (size_t part = 0; part < n_parts; part++) {
      const size_t len = parallel_start(n, n_parts, part + 1) - parallel_start(n, n_parts, part);
      assert_in_range(len, n / n_parts, n / n_parts + 1);
    }
  }
  assert_int_equal(parallel_parts(8191), 1);
  assert_int_equal(parallel_parts(1000000), PARALLEL_PARTS_MAX);
}

static void test_run(void **state) {
  (void)state;
  for (unsigned threads = 0; threads <= 20; threads++)
    for (size_t n_parts = 1; n_parts <= PARALLEL_PARTS_MAX; n_parts += 5) {
      struct work w = {.failing = PARALLEL_PARTS_MAX};
      assert_int_equal(parallel_run(threads, n_parts, job, &w), 0);
      for (size_t part = 0; part < PARALLEL_PARTS_MAX; part++) assert_int_equal(w.done[part], part < n_parts);
    }
}

static void test_failure(void **state) {
  (void)state;
  for (unsigned threads = 1; threads <= 4; threads++) {
    struct work w = {.failing = 3};
    assert_int_equal(parallel_run(threads, 8, job, &w), -3);
    for (size_t part = 0; part < 8; part++) assert_int_equal(w.done[part], 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_division), cmocka_unit_test(test_run),
                                     cmocka_unit_test(test_failure)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
