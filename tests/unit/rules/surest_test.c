/* The surest conversations first, against sorting all of them. WW_SEED repeats the random cases. */
#include "rules/finding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TALKS = 500, ROUNDS = 300 };

static struct talk talk[TALKS];
static struct ruling ruling[CONFIDENCE_COUNT];
static uint32_t ruled[TALKS], listed[TALKS];
static struct audit_run run = {.talks = {.talk = talk, .ruled = ruled, .ruling = ruling, .listed = listed}};

static bool is_before(uint32_t a, uint32_t b) {
  const struct ruling *x = listed_ruling(&run, a), *y = listed_ruling(&run, b);
  if (x->confidence != y->confidence) return x->confidence > y->confidence;
  return listed_talk(&run, a)->packet_first < listed_talk(&run, b)->packet_first;
}

/* Sorts those that are to be in order, and leaves the others as they are. */
static void reference(uint32_t *of, size_t n) {
  for (size_t i = 0; i < n && i < SUREST_MAX; i++) {
    size_t best = i;
    for (size_t k = i + 1; k < n; k++)
      if (is_before(of[k], of[best])) best = k;
    const uint32_t taken = of[best];
    memmove(of + i + 1, of + i, (best - i) * sizeof *of);
    of[i] = taken;
  }
}

static void compare(size_t n) {
  uint32_t got[TALKS], expected[TALKS];
  for (size_t i = 0; i < n; i++) got[i] = expected[i] = (uint32_t)i;
  struct surest surest = {.n = 0};
  for (size_t i = 0; i < n; i++) surest_offer(&surest, listed_talk(&run, got[i]), listed_ruling(&run, got[i]), i);
  surest_first(&surest, got, n);
  reference(expected, n);
  if (n) assert_memory_equal(got, expected, n * sizeof *got);
}

static void fill(unsigned packets, int slope) {
  for (uint32_t i = 0; i < TALKS; i++) {
    listed[i] = (i * 7 + 3) % TALKS;
    ruled[i] = (uint32_t)rand() % CONFIDENCE_COUNT;
    talk[i].packet_first = (uint32_t)rand() % packets;
  }
  for (uint32_t i = 0; i < TALKS && slope; i++)
    talk[listed[i]].packet_first = slope > 0 ? i : TALKS - i, ruled[listed[i]] = 0;
}

static void test_random(void **state) {
  (void)state;
  const char *given = getenv("WW_SEED");
  const unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20261125;
  printf("WW_SEED=%u\n", seed);
  srand(seed);
  for (unsigned round = 0; round < ROUNDS; round++) {
    fill(round % 3 ? 20 : 100000, 0);
    compare((size_t)rand() % TALKS);
  }
}

/* In order already, the other way round, and all alike. */
static void test_orders(void **state) {
  (void)state;
  for (int slope = -1; slope <= 1; slope++) {
    fill(1, slope);
    for (size_t n = 0; n <= 2 * SUREST_MAX + 1; n++) compare(n);
    compare(TALKS);
  }
}

int main(void) {
  for (unsigned i = 0; i < CONFIDENCE_COUNT; i++) ruling[i].confidence = (uint8_t)i;
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_random), cmocka_unit_test(test_orders)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
