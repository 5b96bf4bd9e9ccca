/* The index finds whatever was added, also where a look-up had ended before other records came or the index grew. */
#include "classifier/index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RECORDS = 20000, RUN = 32 };

static bool found(const struct index *x, uint32_t hash, uint32_t at) {
  uint32_t pos = index_start(x, hash), got;
  while ((got = index_next(x, hash, &pos)))
    if (got == at) return true;
  return false;
}

/* Hashes as they come, or nearly all in one place: at the end, so that slots go on at the front. */
static uint32_t any_hash(bool crowded) {
  const uint32_t r = (uint32_t)rand() ^ (uint32_t)rand() << 16;
  return crowded && rand() % 16 ? UINT32_MAX - r % 64 : r;
}

/* Look-ups of a run end before any record of the run is added. */
static void run_add(struct index *x, const uint32_t *hash, uint32_t first, unsigned n) {
  struct index_spot spot[RUN];
  for (unsigned i = 0; i < n; i++) {
    uint32_t pos = index_start(x, hash[first + i]);
    while (index_next(x, hash[first + i], &pos)) continue;
    spot[i] = index_spot_of(x, pos);
  }
  for (unsigned i = 0; i < n; i++)
    assert_int_equal(index_add(x, hash[first + i], first + i + 1, rand() % 4 ? &spot[i] : NULL), 0);
}

static void records_are_found(bool crowded, uint32_t n_records) {
  struct index x = {0};
  uint32_t *hash = calloc(n_records, sizeof *hash);
  assert_non_null(hash);
  for (uint32_t i = 0; i < n_records; i++) hash[i] = any_hash(crowded);
  for (uint32_t i = 0; i < n_records; i += RUN) run_add(&x, hash, i, n_records - i < RUN ? n_records - i : RUN);
  for (uint32_t i = 0; i < n_records; i++) assert_true(found(&x, hash[i], i + 1));
  assert_false(found(&x, hash[0], n_records + 1));
  index_fini(&x);
  free(hash);
}

static void hashes_as_they_come(void **state) {
  (void)state;
  records_are_found(false, RECORDS);
}

static void hashes_in_one_place(void **state) {
  (void)state;
  records_are_found(true, 2000);
}

static void an_empty_index(void **state) {
  (void)state;
  struct index x = {0};
  assert_false(found(&x, 7, 1));
  index_fini(&x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hashes_as_they_come),
      cmocka_unit_test(hashes_in_one_place),
      cmocka_unit_test(an_empty_index),
  };
  const char *given = getenv("WW_SEED");
  const unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20261125;
  printf("WW_SEED=%u\n", seed);
  srand(seed);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
