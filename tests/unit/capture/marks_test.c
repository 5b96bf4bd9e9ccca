/* Marks stand where records begin, however the capture comes in pieces; what is damaged ends them.
 *
 * WW_SEED repeats the random captures. */
#include "capture/marks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CAPTURES = 200, RECORDS = 300, RECORD_MOST = 700, BLOCK = 1 << 14 };

/* A record is its length in two bytes, and more. */
static uint64_t length_of(struct marks *m, const uint8_t head[MARK_HEAD]) {
  (void)m;
  return (uint64_t)head[0] << 8 | head[1];
}

struct capture {
  uint8_t bytes[RECORDS * RECORD_MOST];
  size_t begin[RECORDS], n, len;
};

static void capture_make(struct capture *c) {
  memset(c, 0, sizeof *c);
  while (c->n < RECORDS) {
    const size_t len = MARK_HEAD + (size_t)rand() % (rand() % 4 ? 60 : RECORD_MOST - MARK_HEAD);
    c->begin[c->n++] = c->len;
    c->bytes[c->len] = (uint8_t)(len >> 8), c->bytes[c->len + 1] = (uint8_t)len;
    c->len += len;
  }
}

/* The capture in pieces of the size given, or of any size; each comes somewhere into a block of its own. A record whose
 * head begins in an earlier piece has no mark. */
static void pieces_mark(const struct capture *c, size_t most) {
  struct block_pool *pool = block_pool_new(BLOCK);
  struct marks m = {.length = length_of};
  size_t record = 0;
  assert_non_null(pool);
  for (size_t at = 0; at < c->len;) {
    const size_t left = c->len - at, len = 1 + (size_t)rand() % most, n = len < left ? len : left;
    const size_t into = (size_t)rand() % (BLOCK - n);
    struct block *b = block_new(pool, BLOCK);
    assert_non_null(b);
    memcpy(b->bytes + into, c->bytes + at, n);
    marks_add(&m, b, into, n);
    for (uint32_t i = 0; i < b->n_marks; i++) {
      while (record < c->n && c->begin[record] < at) record++;
      assert_true(record < c->n);
      assert_int_equal(b->mark[i] - into + at, c->begin[record]);
      record++;
    }
    while (record < c->n && c->begin[record] + MARK_HEAD <= at + n) {
      assert_true(c->begin[record] < at); /* its head is in two pieces */
      record++;
    }
    at += n;
    block_drop(b);
  }
  assert_true(m.length && m.next == c->len && m.read == c->len);
  block_pool_free(pool);
}

static void records_are_marked(void **state) {
  static struct capture c;
  (void)state;
  for (unsigned i = 0; i < CAPTURES; i++) {
    capture_make(&c);
    pieces_mark(&c, (size_t[]){3, 20, 300, 10000}[i % 4]);
  }
}

static void damage_ends_them(void **state) {
  struct block_pool *pool = block_pool_new(BLOCK);
  struct block *b = block_new(pool, BLOCK);
  struct marks m = {.length = length_of};
  (void)state;
  assert_non_null(b);
  memset(b->bytes, 0, BLOCK);
  b->bytes[1] = 40; /* the record behind it has no length */
  marks_add(&m, b, 0, 400);
  assert_int_equal(b->n_marks, 2);
  assert_null(m.length);
  marks_add(&m, b, 400, 400);
  assert_int_equal(b->n_marks, 2);
  block_drop(b);
  block_pool_free(pool);
}

/* Very short records: as many marks as there is room for. */
static void marks_have_their_limit(void **state) {
  struct block_pool *pool = block_pool_new(BLOCK);
  struct block *b = block_new(pool, BLOCK);
  struct marks m = {.length = length_of};
  (void)state;
  assert_non_null(b);
  for (size_t i = 0; i < BLOCK; i += 16) b->bytes[i] = 0, b->bytes[i + 1] = 16;
  marks_add(&m, b, 0, BLOCK);
  assert_true(b->n_marks > 0 && b->n_marks < BLOCK / 16);
  assert_int_equal(m.next, BLOCK);
  struct marks_walk w = marks_walk_of(b);
  for (size_t i = 0; i < BLOCK; i += 16) marks_look_ahead(&w, b, b->bytes + i);
  assert_ptr_equal(w.next, w.end);
  block_drop(b);
  block_pool_free(pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(records_are_marked),
      cmocka_unit_test(damage_ends_them),
      cmocka_unit_test(marks_have_their_limit),
  };
  const char *given = getenv("WW_SEED");
  const unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20261125;
  printf("WW_SEED=%u\n", seed);
  srand(seed);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
