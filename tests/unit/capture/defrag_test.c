/* Datagrams cut up, shuffled, repeated and overlapped, against a plain model: an array in which the first byte wins. */
#include "capture/defrag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t SRC[16] = {10, 0, 0, 1}, DST[16] = {10, 0, 0, 2};

static struct fragment piece(uint32_t id, const uint8_t *data, uint32_t from, uint32_t to, bool more) {
  return (struct fragment){.src = SRC,
                           .dst = DST,
                           .id = id,
                           .offset = from,
                           .family = 4,
                           .proto = 17,
                           .more = more,
                           .data = bytes_of(data + from, to - from),
                           .time = stamp_from_s(100)};
}

static int add(struct defrag *d, struct fragment f, struct bytes *whole_out) {
  uint8_t proto;
  return defrag_add(d, &f, whole_out, &proto);
}

static void fill(uint8_t *data, size_t n, unsigned salt) {
  for (size_t i = 0; i < n; i++) data[i] = (uint8_t)(i * 7 + i / 251 + salt);
}

static void test_in_order_and_backwards(void **state) {
  (void)state;
  uint8_t data[3000];
  struct bytes whole = {0};
  fill(data, sizeof data, 0);
  struct defrag *d = defrag_new();
  assert_int_equal(add(d, piece(1, data, 0, 1480, true), &whole), 0);
  assert_int_equal(add(d, piece(1, data, 1480, 2960, true), &whole), 0);
  assert_int_equal(defrag_lost(d), 2);
  assert_int_equal(add(d, piece(1, data, 2960, 3000, false), &whole), 1);
  assert_int_equal(bytes_left(&whole), 3000);
  assert_memory_equal(whole.at, data, 3000);
  defrag_settle(d);
  assert_int_equal(add(d, piece(2, data, 1480, 3000, false), &whole), 0);
  assert_int_equal(add(d, piece(2, data, 0, 1480, true), &whole), 1);
  assert_memory_equal(whole.at, data, 3000);
  assert_int_equal(defrag_lost(d), 0);
  assert_int_equal(defrag_overlaps(d), 0);
  defrag_free(d);
}

/* Fragments of a SPAN port come twice: one datagram, nothing lost. */
static void test_copies_of_fragments(void **state) {
  (void)state;
  uint8_t data[2000];
  struct bytes whole;
  fill(data, sizeof data, 0);
  for (int interleaved = 0; interleaved < 2; interleaved++) {
    struct defrag *d = defrag_new();
    struct fragment a = piece(1, data, 0, 1480, true), b = piece(1, data, 1480, 2000, false);
    assert_int_equal(add(d, a, &whole), 0);
    assert_int_equal(add(d, interleaved ? b : a, &whole), interleaved);
    defrag_settle(d);
    assert_int_equal(add(d, interleaved ? a : b, &whole), !interleaved);
    defrag_settle(d);
    assert_int_equal(add(d, b, &whole), 0);
    assert_int_equal(defrag_lost(d), 0);
    defrag_free(d);
  }
}

static void test_identification_used_again(void **state) {
  (void)state;
  uint8_t data[2000], other[2000];
  struct bytes whole;
  fill(data, sizeof data, 0);
  fill(other, sizeof other, 1);
  struct defrag *d = defrag_new();
  assert_int_equal(add(d, piece(1, data, 0, 1480, true), &whole), 0);
  assert_int_equal(add(d, piece(1, data, 1480, 2000, false), &whole), 1);
  defrag_settle(d);
  assert_int_equal(add(d, piece(1, other, 0, 1480, true), &whole), 0); /* other bytes: another datagram */
  assert_int_equal(add(d, piece(1, other, 1480, 2000, false), &whole), 1);
  assert_memory_equal(whole.at, other, 2000);
  defrag_settle(d);
  struct fragment late = piece(1, other, 0, 1480, true); /* the same bytes, long after */
  late.time = stamp_from_s(101);
  assert_int_equal(add(d, late, &whole), 0);
  assert_int_equal(defrag_lost(d), 1);
  defrag_free(d);
}

static void test_what_tells_datagrams_apart(void **state) {
  (void)state;
  uint8_t data[2000];
  struct bytes whole;
  fill(data, sizeof data, 0);
  struct defrag *d = defrag_new();
  struct fragment last = piece(1, data, 1480, 2000, false), f;
  assert_int_equal(add(d, piece(1, data, 0, 1480, true), &whole), 0);
  f = last, f.id = 2;
  assert_int_equal(add(d, f, &whole), 0);
  f = last, f.proto = 6;
  assert_int_equal(add(d, f, &whole), 0);
  f = last, f.src = DST;
  assert_int_equal(add(d, f, &whole), 0);
  f = last, f.family = 6;
  assert_int_equal(add(d, f, &whole), 0);
  f = last, f.time = stamp_from_s(131); /* too late */
  assert_int_equal(add(d, f, &whole), 0);
  assert_int_equal(defrag_lost(d), 6);
  defrag_free(d);
}

static void test_contradictions(void **state) {
  (void)state;
  uint8_t data[70000];
  struct bytes whole;
  fill(data, sizeof data, 0);
  struct defrag *d = defrag_new();
  assert_true(add(d, piece(1, data, 65528, 65536, false), &whole) < 0); /* longer than a datagram can be */
  assert_true(add(d, piece(1, data, 0, 0, true), &whole) < 0);          /* empty */
  assert_true(add(d, piece(1, data, 0, 1001, true), &whole) < 0);       /* not the last, not whole units */
  assert_int_equal(add(d, piece(1, data, 1000, 1100, false), &whole), 0);
  assert_true(add(d, piece(1, data, 1000, 1200, false), &whole) < 0); /* another end */
  assert_true(add(d, piece(1, data, 1096, 1104, true), &whole) < 0);  /* beyond the end */
  assert_int_equal(add(d, piece(1, data, 0, 1000, true), &whole), 1);
  assert_int_equal(bytes_left(&whole), 1100);
  defrag_free(d);
}

/* Bounds: as many datagrams and bytes as stated, the oldest goes first, and everything dropped is counted. */
static void test_bounds(void **state) {
  (void)state;
  static uint8_t data[65528];
  struct bytes whole;
  fill(data, sizeof data, 0);
  struct defrag *d = defrag_new();
  for (uint32_t id = 0; id <= DEFRAG_DATAGRAMS_MAX; id++)
    assert_int_equal(add(d, piece(id, data, 0, 1480, true), &whole), 0);
  assert_int_equal(add(d, piece(0, data, 1480, 2000, false), &whole), 0); /* was the oldest: gone */
  assert_int_equal(add(d, piece(2, data, 1480, 2000, false), &whole), 1);
  assert_int_equal(defrag_lost(d), DEFRAG_DATAGRAMS_MAX + 1);
  defrag_free(d);
  d = defrag_new();
  enum { FIT = DEFRAG_BYTES_MAX / 65528 };
  for (uint32_t id = 0; id < 2 * FIT; id++) assert_int_equal(add(d, piece(id, data, 65520, 65528, false), &whole), 0);
  assert_int_equal(add(d, piece(0, data, 0, 65520, true), &whole), 0);
  assert_int_equal(add(d, piece(2 * FIT - 1, data, 0, 65520, true), &whole), 1);
  assert_memory_equal(whole.at, data, 65528);
  defrag_free(d);
}

/* A finished datagram is lent until defrag_settle, whatever else arrives. */
static void test_loan(void **state) {
  (void)state;
  static uint8_t data[65528];
  struct bytes whole, other;
  fill(data, sizeof data, 0);
  struct defrag *d = defrag_new();
  assert_int_equal(add(d, piece(1, data, 0, 1480, true), &whole), 0);
  assert_int_equal(add(d, piece(1, data, 1480, 2000, false), &whole), 1);
  for (uint32_t id = 10; id < 1000; id++) assert_int_equal(add(d, piece(id, data, 65520, 65528, false), &other), 0);
  assert_true(add(d, piece(1, data, 0, 1480, true), &other) < 0);
  assert_memory_equal(whole.at, data, 2000);
  defrag_free(d);
}

static uint32_t next_random(uint32_t *seed) {
  *seed = *seed * 1664525 + 1013904223;
  return *seed >> 8;
}

/* One datagram from random, overlapping, partly lying fragments. */
static void random_datagram(struct defrag *d, uint32_t id, uint32_t *seed) {
  enum { LEN_MAX = 400 };
  uint8_t truth[2][LEN_MAX], model[LEN_MAX];
  bool there[LEN_MAX] = {false}, contradicted = false;
  uint32_t len = 8 + next_random(seed) % (LEN_MAX - 8), have = 0;
  uint64_t overlaps = defrag_overlaps(d);
  for (unsigned t = 0; t < 2; t++) fill(truth[t], LEN_MAX, t ? next_random(seed) : 0);
  for (int got = 0; got != 1;) {
    uint32_t from = next_random(seed) % (len + 7) / 8 * 8, to = from + 8 + next_random(seed) % 5 * 8;
    if (from >= len) from = 0;
    if (to > len) to = len;
    if (to < len && to % 8) to -= to % 8;
    const uint8_t *bytes = truth[next_random(seed) % 4 == 0];
    for (uint32_t i = from; i < to; i++) {
      if (there[i])
        contradicted |= model[i] != bytes[i];
      else
        model[i] = bytes[i], there[i] = true, have++;
    }
    struct bytes whole;
    got = add(d, piece(id, bytes, from, to, to != len), &whole);
    bool last_seen = there[len - 1];
    assert_int_equal(got, have == len && last_seen);
    if (got == 1) {
      assert_int_equal(bytes_left(&whole), len);
      assert_memory_equal(whole.at, model, len);
    }
  }
  defrag_settle(d);
  assert_int_equal(defrag_overlaps(d) - overlaps, contradicted);
  assert_int_equal(defrag_lost(d), 0);
}

static void test_random(void **state) {
  (void)state;
  const char *given = getenv("WW_SEED");
  uint32_t seed = given ? (uint32_t)strtoul(given, NULL, 0) : 20240611;
  print_message("WW_SEED=%u\n", seed);
  struct defrag *d = defrag_new();
  for (uint32_t id = 0; id < 3000; id++) random_datagram(d, id, &seed);
  defrag_free(d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_in_order_and_backwards),
      cmocka_unit_test(test_copies_of_fragments),
      cmocka_unit_test(test_identification_used_again),
      cmocka_unit_test(test_what_tells_datagrams_apart),
      cmocka_unit_test(test_contradictions),
      cmocka_unit_test(test_bounds),
      cmocka_unit_test(test_loan),
      cmocka_unit_test(test_random),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
