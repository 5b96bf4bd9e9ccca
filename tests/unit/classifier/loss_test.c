/* Loss over time: buckets against a plain list of entries, any order of times, any grouping of merges. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifier/loss.h"
#include "random_talks.h"

static void empty_has_no_loss(void **state) {
  struct loss l = {0};
  (void)state;
  assert_true(loss_share(&l, stamp_from_s(0), stamp_from_s(100)) == 0);
  loss_fini(&l);
}

static void shares_by_interval(void **state) {
  struct loss l = {0};
  (void)state;
  assert_int_equal(loss_add(&l, stamp_from_s(100), 0, 1000), 0);
  assert_int_equal(loss_add(&l, stamp_from_s(110), 50, 1000), 0);
  assert_true(loss_share(&l, stamp_from_s(100), stamp_from_s(105)) == 0);
  assert_true(loss_share(&l, stamp_from_s(110), stamp_from_s(110)) == 0.05);
  assert_true(loss_share(&l, stamp_from_s(90), stamp_from_s(200)) == 0.025);
  assert_true(loss_share(&l, stamp_from_s(111), stamp_from_s(200)) == 0);
  assert_int_equal(loss_add(&l, stamp_from_s(110), -50, 0), 0); /* it turned up after all */
  assert_true(loss_share(&l, stamp_from_s(90), stamp_from_s(200)) == 0);
  loss_fini(&l);
}

/* Whatever the times, hostile ones too, nothing is lost in the totals. */
static void takes_any_time(void **state) {
  const int64_t times[] = {
      0, -1, 1, INT64_MAX, INT64_MIN + 1, 1700000000000000000, -1700000000000000000, INT64_MAX - 1};
  struct loss l = {0};
  (void)state;
  for (size_t i = 0; i < sizeof times / sizeof *times; i++)
    assert_int_equal(loss_add(&l, (stamp_t){times[i]}, 1, 10), 0);
  assert_int_equal(l.lost, 8);
  assert_true(l.n <= LOSS_BUCKETS);
  assert_true(loss_share(&l, (stamp_t){INT64_MIN + 1}, (stamp_t){INT64_MAX}) == 0.1);
  loss_fini(&l);
}

static void same_buckets(const struct loss *a, const struct loss *b) {
  assert_int_equal(a->width, b->width);
  assert_int_equal(a->lost, b->lost);
  assert_int_equal(a->acked, b->acked);
  for (int64_t k = 0; k < 5000; k += 7) {
    const stamp_t from = stamp_from_s(k), to = stamp_from_s(k + 40);
    assert_true(loss_share(a, from, to) == loss_share(b, from, to));
  }
}

static void merging_gives_the_whole(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 40; seed++) {
    struct dice d = {seed};
    struct loss whole = {0}, part[3] = {{0}};
    const uint32_t span = seed % 2 ? 3000 : 20000;
    for (int i = 0; i < 300; i++) {
      const stamp_t t = stamp_from_ms((int64_t)roll(&d, span) * 1000 + roll(&d, 1000));
      const int64_t lost = roll(&d, 20);
      const uint64_t acked = 100 + roll(&d, 1000);
      assert_int_equal(loss_add(&whole, t, lost, acked), 0);
      assert_int_equal(loss_add(&part[roll(&d, 3)], t, lost, acked), 0);
    }
    if (seed % 3) {
      assert_int_equal(loss_merge(&part[0], &part[1]), 0);
      assert_int_equal(loss_merge(&part[0], &part[2]), 0);
    } else {
      assert_int_equal(loss_merge(&part[1], &part[2]), 0);
      assert_int_equal(loss_merge(&part[0], &part[1]), 0);
    }
    same_buckets(&whole, &part[0]);
    loss_fini(&whole);
    for (int i = 0; i < 3; i++) loss_fini(&part[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(empty_has_no_loss), cmocka_unit_test(shares_by_interval),
                                     cmocka_unit_test(takes_any_time), cmocka_unit_test(merging_gives_the_whole)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
