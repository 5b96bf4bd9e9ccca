/* Numbers of kinds: one for each kind, until there is no room, on several threads as on one. */
#include "rules/flow_kinds.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { THREADS = 4, KINDS = 400 };

static uint64_t kind_at(unsigned i) { return UINT64_C(0x0102030405060708) * (i + 1); }

static void test_one_number_for_one_kind(void **state) {
  (void)state;
  struct flow_kinds *k = calloc(1, sizeof *k);
  uint16_t number[KINDS];
  assert_non_null(k);
  for (unsigned i = 0; i < KINDS; i++)
    assert_int_not_equal(number[i] = flow_kind_number(k, kind_at(i)), FLOW_KIND_NONE);
  for (unsigned i = 0; i < KINDS; i++) {
    assert_int_equal(flow_kind_number(k, kind_at(i)), number[i]);
    for (unsigned other = 0; other < i; other++) assert_int_not_equal(number[other], number[i]);
  }
  free(k);
}

/* Nothing can be told of kind 0: a free place looks like it. */
static void test_no_number_for_nothing(void **state) {
  (void)state;
  struct flow_kinds *k = calloc(1, sizeof *k);
  assert_non_null(k);
  assert_int_equal(flow_kind_number(k, 0), FLOW_KIND_NONE);
  free(k);
}

static void test_a_full_table(void **state) {
  (void)state;
  struct flow_kinds *k = calloc(1, sizeof *k);
  uint16_t *number = calloc(2 * FLOW_KINDS_MAX, sizeof *number);
  unsigned given = 0;
  assert_true(k && number);
  for (unsigned i = 0; i < 2 * FLOW_KINDS_MAX; i++) given += (number[i] = flow_kind_number(k, kind_at(i))) != 0;
  assert_true(given > FLOW_KINDS_MAX / 2 && given <= FLOW_KINDS_MAX);
  for (unsigned i = 0; i < 2 * FLOW_KINDS_MAX; i++)
    if (number[i]) assert_int_equal(flow_kind_number(k, kind_at(i)), number[i]);
  free(number);
  free(k);
}

struct asker {
  pthread_t thread;
  struct flow_kinds *kinds;
  unsigned first;
  uint16_t number[KINDS];
};

static void *ask(void *of) {
  struct asker *a = of;
  for (unsigned i = 0; i < KINDS; i++) {
    const unsigned which = (i + a->first) % KINDS;
    a->number[which] = flow_kind_number(a->kinds, kind_at(which));
  }
  return NULL;
}

static void test_several_threads(void **state) {
  (void)state;
  struct asker asker[THREADS];
  struct flow_kinds *k = calloc(1, sizeof *k);
  assert_non_null(k);
  for (unsigned t = 0; t < THREADS; t++) {
    asker[t].kinds = k, asker[t].first = t * KINDS / THREADS;
    assert_int_equal(pthread_create(&asker[t].thread, NULL, ask, &asker[t]), 0);
  }
  for (unsigned t = 0; t < THREADS; t++) assert_int_equal(pthread_join(asker[t].thread, NULL), 0);
  for (unsigned i = 0; i < KINDS; i++) {
    assert_int_not_equal(asker[0].number[i], FLOW_KIND_NONE);
    for (unsigned t = 1; t < THREADS; t++) assert_int_equal(asker[t].number[i], asker[0].number[i]);
  }
  free(k);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_number_for_one_kind),
      cmocka_unit_test(test_no_number_for_nothing),
      cmocka_unit_test(test_a_full_table),
      cmocka_unit_test(test_several_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
