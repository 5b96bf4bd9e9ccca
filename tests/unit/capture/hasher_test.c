/* With a thread or without, the digest is that of the bytes in the order they were handed over. */
#include "capture/hasher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PIECES = 40, PIECE = 30000 };

static void hash_pieces(bool threaded, char *to) {
  struct block_pool *p = block_pool_new(PIECE);
  struct hasher *h = hasher_new(threaded);
  assert_non_null(h);
  for (int i = 0; i < PIECES; i++) {
    struct block *b = block_new(p, PIECE);
    assert_non_null(b);
    memset(b->bytes, i, b->size);
    hasher_add(h, b, 0, 100);
    hasher_add(h, b, 100, b->size - 100);
    block_drop(b); /* the thread still holds it */
  }
  hasher_finish(to, h);
  hasher_free(h);
  block_pool_free(p);
}

static void gives_the_same_digest(void **state) {
  (void)state;
  char at_once[DIGEST_TEXT_SIZE], beside[DIGEST_TEXT_SIZE], expected[DIGEST_TEXT_SIZE];
  struct digest *d = digest_new();
  for (int i = 0; i < PIECES; i++) {
    char piece[PIECE];
    memset(piece, i, sizeof piece);
    digest_add(d, piece, sizeof piece);
  }
  digest_print(expected, d);
  digest_free(d);
  hash_pieces(false, at_once);
  hash_pieces(true, beside);
  assert_string_equal(at_once, expected);
  assert_string_equal(beside, expected);
}

static void may_be_given_up(void **state) {
  (void)state;
  struct block_pool *p = block_pool_new(PIECE);
  struct hasher *h = hasher_new(true);
  for (int i = 0; i < PIECES; i++) {
    struct block *b = block_new(p, PIECE);
    memset(b->bytes, i, b->size);
    hasher_add(h, b, 0, b->size);
    block_drop(b);
  }
  hasher_free(h);
  hasher_free(NULL);
  block_pool_free(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(gives_the_same_digest), cmocka_unit_test(may_be_given_up)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
