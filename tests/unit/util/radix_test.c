/* Sorted by both numbers, equal ones in the order they had: against qsort with the place as last key. */
#include "util/radix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int in_order(const void *a, const void *b) {
  const struct radix_item *x = a, *y = b;
  if (x->high != y->high) return x->high < y->high ? -1 : 1;
  if (x->low != y->low) return x->low < y->low ? -1 : 1;
  return (x->value > y->value) - (x->value < y->value);
}

static uint64_t some(unsigned bits) {
  const uint64_t word = (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ (uint64_t)random();
  return bits ? word >> (64 - bits) : 0;
}

static void test_random(void **state) {
  (void)state;
  const char *seed = getenv("WW_SEED");
  const unsigned s = seed ? (unsigned)strtoul(seed, NULL, 10) : 20261125;
  print_message("seed %u\n", s);
  srandom(s);
  static struct radix_item item[5000], expected[5000];
  for (int round = 0; round < 200; round++) {
    const size_t n = round < 60 ? (size_t)round : (size_t)random() % 5000;
    const unsigned high = (unsigned)random() % 65, low = (unsigned)random() % 33;
    for (size_t i = 0; i < n; i++)
      item[i] = (struct radix_item){.high = some(high), .low = (uint32_t)some(low), .value = (uint32_t)i};
    memcpy(expected, item, n * sizeof *item);
    qsort(expected, n, sizeof *expected, in_order);
    assert_int_equal(radix_sort(item, n), 0);
    assert_memory_equal(item, expected, n * sizeof *item);
  }
}

/* Enough for several threads: the heaps are as uneven as they come. */
static void test_shared(void **state) {
  enum { N = 60000 };
  (void)state;
  struct radix_item *item = malloc(N * sizeof *item), *expected = malloc(N * sizeof *expected);
  assert_true(item && expected);
  for (int round = 0; round < 60; round++) {
    const size_t n = round % 4 ? N : (size_t)random() % N;
    const unsigned high = round ? (unsigned)random() % 65 : 0, low = (unsigned)random() % 33;
    const uint64_t base = round % 2 ? some(64) : 0;
    for (size_t i = 0; i < n; i++)
      item[i] = (struct radix_item){
          .high = base ^ some(random() % 3 ? high : high / 2), .low = (uint32_t)some(low), .value = (uint32_t)i};
    memcpy(expected, item, n * sizeof *item);
    qsort(expected, n, sizeof *expected, in_order);
    assert_int_equal(radix_sort_shared(item, n, 1 + (unsigned)round % 4), 0);
    assert_memory_equal(item, expected, n * sizeof *item);
  }
  free(item);
  free(expected);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_random), cmocka_unit_test(test_shared)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
