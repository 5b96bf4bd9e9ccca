/* Streams: order, holes, bounds; and a random walk against a model, in which the byte at sequence number n always has
 * the value pattern(n). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifier/stream.h"

static uint8_t pattern(uint32_t seq) { return (uint8_t)(seq * 2654435761u >> 24); }

struct run {
  struct stream s;
  struct block_pool pool;
  uint32_t read;  /* next sequence number the parser expects */
  uint32_t total; /* bytes it was given and took */
  unsigned gaps;
};

static void begin(struct run *r, uint32_t base) { *r = (struct run){.read = base}; }

static void end(struct run *r) {
  stream_end(&r->s, &r->pool);
  assert_int_equal(r->pool.in_use, 0);
  block_pool_fini(&r->pool);
}

/* Reads all there is, in units of unit bytes: a unit is taken only when it is whole. */
static void drain(struct run *r, size_t unit) {
  struct bytes data;
  bool gap;
  while (stream_get(&r->s, &r->pool, &data, &gap)) {
    uint32_t at = r->s.next - (uint32_t)bytes_left(&data);
    if (gap) r->gaps++, r->read = at;
    assert_int_equal(at, r->read);
    for (size_t i = 0; i < bytes_left(&data); i++) assert_int_equal(data.at[i], pattern(at + (uint32_t)i));
    size_t n = bytes_left(&data) / unit * unit;
    stream_took(&r->s, &r->pool, n);
    r->read += (uint32_t)n;
    r->total += (uint32_t)n;
  }
}

static void put(struct run *r, uint32_t seq, uint32_t len, size_t unit) {
  uint8_t *bytes = malloc(len + 1);
  assert_non_null(bytes);
  for (uint32_t i = 0; i < len; i++) bytes[i] = pattern(seq + i);
  stream_put(&r->s, &r->pool, seq, bytes_of(bytes, len));
  drain(r, unit);
  stream_rest(&r->s, &r->pool);
  memset(bytes, 0xee, len); /* the packet is gone: nothing may still point into it */
  free(bytes);
}

static void units_split_anywhere_are_put_together(void **state) {
  (void)state;
  for (uint32_t cut = 1; cut < 100; cut++) {
    struct run r;
    begin(&r, 0xffffffd0); /* the numbers wrap on the way */
    put(&r, r.read, cut, 100);
    assert_int_equal(r.total, 0);
    put(&r, 0xffffffd0 + cut, 100 - cut, 100);
    assert_int_equal(r.total, 100);
    assert_int_equal(r.gaps, 0);
    end(&r);
  }
}

static void segments_out_of_order_wait(void **state) {
  (void)state;
  struct run r;
  begin(&r, 1000);
  put(&r, 1000, 10, 1);
  put(&r, 1020, 10, 1);
  put(&r, 1030, 10, 1);
  assert_int_equal(r.total, 10);
  put(&r, 1005, 15, 1); /* overlaps what was read */
  assert_int_equal(r.total, 40);
  put(&r, 1000, 40, 1); /* all of it again */
  assert_int_equal(r.total, 40);
  assert_int_equal(r.gaps, 0);
  end(&r);
}

static void the_first_segment_may_come_second(void **state) {
  (void)state;
  struct run r;
  begin(&r, 1000);
  r.read = 1010;
  put(&r, 1010, 20, 40); /* half a unit: not dealt with */
  r.read = 1000;
  put(&r, 1000, 10, 10);
  assert_int_equal(r.total, 30);
  end(&r);
  begin(&r, 3000);
  r.read = 3009;
  put(&r, 3009, 20, 40);
  r.read = 3000;
  put(&r, 3000, 8, 40);
  put(&r, 3008, 1, 40); /* one octet, between them */
  put(&r, 3029, 11, 40);
  assert_int_equal(r.total, 40);
  assert_int_equal(r.gaps, 0);
  end(&r);
}

/* What the other side waits for is where this side begins. */
static void the_beginning_may_be_known(void **state) {
  (void)state;
  struct run r;
  begin(&r, 2000);
  stream_acknowledged(&r.s, &r.pool, 2000);
  put(&r, 1999, 1, 40); /* a keep-alive is no first segment */
  put(&r, 2020, 20, 40);
  assert_int_equal(r.total, 0);
  put(&r, 2000, 20, 40);
  assert_int_equal(r.total, 40);
  assert_int_equal(r.gaps, 0);
  end(&r);
}

static void an_acknowledged_hole_is_a_gap(void **state) {
  (void)state;
  struct run r;
  begin(&r, 1000);
  put(&r, 1000, 10, 1);
  put(&r, 1020, 10, 1);
  stream_acknowledged(&r.s, &r.pool, 1010); /* nothing beyond the hole */
  drain(&r, 1);
  assert_int_equal(r.gaps, 0);
  stream_acknowledged(&r.s, &r.pool, 1030);
  drain(&r, 1);
  assert_int_equal(r.gaps, 1);
  assert_int_equal(r.total, 20);
  end(&r);
}

static void too_many_held_segments_are_a_gap(void **state) {
  (void)state;
  struct run r;
  begin(&r, 0);
  put(&r, 0, 10, 1);
  for (uint32_t i = 0; i <= STREAM_HELD_MAX; i++) put(&r, 100 + 20 * i, 10, 1);
  assert_int_not_equal(r.gaps, 0);
  assert_true(r.s.n_held <= STREAM_HELD_MAX);
  end(&r);
}

static void flushing_reads_what_is_held(void **state) {
  (void)state;
  struct run r;
  begin(&r, 0);
  put(&r, 0, 10, 1);
  put(&r, 30, 10, 1);
  put(&r, 60, 10, 1);
  int rounds = 0;
  while (stream_flush(&r.s, &r.pool)) drain(&r, 1), rounds++;
  assert_int_equal(rounds, 2);
  assert_int_equal(r.gaps, 2);
  assert_int_equal(r.total, 30);
  end(&r);
}

/* Bytes of no interest are passed over without being there, holes among them included. */
static void skipping_needs_no_bytes(void **state) {
  (void)state;
  struct run r;
  struct bytes data;
  bool gap;
  uint8_t head[10];
  begin(&r, 5000);
  for (uint32_t i = 0; i < 10; i++) head[i] = pattern(5000 + i);
  stream_put(&r.s, &r.pool, 5000, bytes_of(head, 10));
  assert_true(stream_get(&r.s, &r.pool, &data, &gap));
  stream_took(&r.s, &r.pool, 1000010);
  stream_rest(&r.s, &r.pool);
  assert_int_equal(r.pool.in_use, 0);
  r.read = 5000 + 1000010;
  for (uint32_t at = 5010; at < 5000 + 1000000; at += 20000) put(&r, at, 5000, 1);
  assert_int_equal(r.pool.in_use, 0);
  assert_int_equal(r.total, 0);
  put(&r, 5000 + 1000005, 15, 1);
  assert_int_equal(r.total, 10);
  assert_int_equal(r.gaps, 0);
  end(&r);
}

/* Feeds a segment of zeros to a stream whose reader passes over 3000 octets at a time behind a head of 10. */
static void pass_or_put(struct run *r, uint32_t seq, uint32_t len, bool may_pass, unsigned *passed) {
  static const uint8_t zeros[2000];
  struct bytes data;
  bool gap;
  if (may_pass && stream_pass(&r->s, seq, len)) {
    ++*passed;
    return;
  }
  stream_put(&r->s, &r->pool, seq, bytes_of(zeros, len));
  while (stream_get(&r->s, &r->pool, &data, &gap)) {
    const size_t n = bytes_left(&data) >= 10 ? 3010 : 0;
    r->gaps += gap;
    r->total += (uint32_t)n;
    stream_took(&r->s, &r->pool, n);
  }
  stream_rest(&r->s, &r->pool);
}

/* Passing over a segment at once is the same as putting it. */
static void passing_is_putting(void **state) {
  (void)state;
  struct run one, other;
  unsigned passed = 0;
  srand(7);
  for (int round = 0; round < 300; round++) {
    begin(&one, 0);
    begin(&other, 0);
    uint32_t at = (uint32_t)rand() * 4u;
    for (int i = 0; i < 60; i++) {
      const uint32_t len = 1 + (uint32_t)rand() % 1500, seq = at + (rand() % 8 ? 0 : (uint32_t)(rand() % 3000) - 1500);
      if (seq == at) at += len;
      pass_or_put(&one, seq, len, true, &passed);
      pass_or_put(&other, seq, len, false, &passed);
      assert_int_equal(one.s.next, other.s.next);
      assert_int_equal(one.s.skip, other.s.skip);
      assert_int_equal(one.s.len, other.s.len);
      assert_int_equal(one.s.n_held, other.s.n_held);
      assert_int_equal(one.total, other.total);
      assert_int_equal(one.gaps, other.gaps);
    }
    end(&one);
    end(&other);
  }
  assert_true(passed > 1000);
}

static void a_unit_that_never_ends_is_bounded(void **state) {
  (void)state;
  struct run r;
  begin(&r, 0);
  for (uint32_t i = 0; i < 100; i++) {
    put(&r, 1000 * i, 1000, 1u << 30);
    assert_true(r.pool.in_use <= 2 * STREAM_BUFFER_MAX);
  }
  assert_true(r.gaps > 0);
  end(&r);
}

static void random_order_gives_the_same_bytes(void **state) {
  (void)state;
  const char *given = getenv("WW_SEED");
  unsigned seed = given ? (unsigned)strtoul(given, NULL, 0) : 20261124;
  print_message("WW_SEED=%u\n", seed);
  srand(seed);
  for (int round = 0; round < 500; round++) {
    struct run r;
    uint32_t base = (uint32_t)rand() * 4u, n = 0;
    struct {
      uint32_t at, len;
    } seg[64];
    uint32_t at = base;
    for (n = 0; n < 40; n++) seg[n].at = at, seg[n].len = 1 + (uint32_t)rand() % 700, at += seg[n].len;
    for (uint32_t i = 1; i + 3 < n; i += 3) { /* swap near neighbours, repeat some; the first stays first */
      uint32_t j = i + (uint32_t)rand() % 3;
      uint32_t a = seg[i].at, l = seg[i].len;
      seg[i] = seg[j];
      seg[j].at = a, seg[j].len = l;
    }
    begin(&r, base);
    size_t unit = 1 + (size_t)rand() % 50;
    for (uint32_t i = 0; i < n; i++) {
      put(&r, seg[i].at, seg[i].len, unit);
      if (rand() % 4 == 0) put(&r, seg[i].at, seg[i].len, unit);
    }
    assert_int_equal(r.gaps, 0);
    assert_int_equal(r.total, (at - base) / unit * unit);
    end(&r);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(units_split_anywhere_are_put_together),
      cmocka_unit_test(segments_out_of_order_wait),
      cmocka_unit_test(the_first_segment_may_come_second),
      cmocka_unit_test(the_beginning_may_be_known),
      cmocka_unit_test(an_acknowledged_hole_is_a_gap),
      cmocka_unit_test(too_many_held_segments_are_a_gap),
      cmocka_unit_test(flushing_reads_what_is_held),
      cmocka_unit_test(skipping_needs_no_bytes),
      cmocka_unit_test(passing_is_putting),
      cmocka_unit_test(a_unit_that_never_ends_is_bounded),
      cmocka_unit_test(random_order_gives_the_same_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
