/* Blocks are shared, recycled and outlive their pool. */
#include "capture/block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void recycles_the_usual_size(void **state) {
  (void)state;
  struct block_pool *p = block_pool_new(1000);
  struct block *a = block_new(p, 10);
  assert_int_equal(a->size, 1000);
  block_drop(a);
  assert_ptr_equal(block_new(p, 1000), a);
  struct block *big = block_new(p, 5000);
  assert_int_equal(big->size, 5000);
  block_drop(big);
  struct block *next = block_new(p, 10);
  assert_int_equal(next->size, 1000);
  block_drop(next);
  block_drop(a);
  block_pool_free(p);
}

static void is_kept_while_held(void **state) {
  (void)state;
  struct block_pool *p = block_pool_new(64);
  struct block *a = block_new(p, 64);
  assert_ptr_equal(block_hold(a), a);
  block_drop(a);
  struct block *b = block_new(p, 64);
  assert_ptr_not_equal(a, b);
  memset(a->bytes, 1, a->size);
  block_pool_free(p); /* a and b live on */
  memset(b->bytes, 2, b->size);
  assert_int_equal(a->bytes[63], 1);
  block_drop(a);
  block_drop(b);
}

static void refuses_impossible_sizes(void **state) {
  (void)state;
  struct block_pool *p = block_pool_new(64);
  assert_null(block_new(p, SIZE_MAX));
  block_drop(NULL);
  block_pool_free(NULL);
  block_pool_free(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(recycles_the_usual_size),
      cmocka_unit_test(is_kept_while_held),
      cmocka_unit_test(refuses_impossible_sizes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
