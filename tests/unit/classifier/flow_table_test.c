/* The flow table: finds what was added, keeps older flows of a key, stops at its cap. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "classifier/flow_table.h"

static struct flow_key key_of(uint32_t n) {
  return (struct flow_key){
      .a = n * 2654435761u, .b = ~n, .port_a = (uint16_t)n, .port_b = 443, .proto = 6, .family = 4};
}

static void finds_what_was_added(void **state) {
  enum { N = 100000 };
  struct flow_table t;
  (void)state;
  flow_table_init(&t, 0);
  for (uint32_t i = 0; i < N; i++) {
    const struct flow_key k = key_of(i);
    uint32_t at = 0;
    assert_int_equal(flow_table_find(&t, &k, flow_key_hash(&k)), 0);
    assert_int_equal(flow_table_add(&t, &k, flow_key_hash(&k), &at), 0);
    assert_int_equal(at, i + 1);
  }
  for (uint32_t i = 0; i < N; i++) {
    const struct flow_key k = key_of(i);
    assert_int_equal(flow_table_find(&t, &k, flow_key_hash(&k)), i + 1);
    assert_false(stamp_known(flow_record(&t, i)->first));
  }
  flow_table_fini(&t);
}

static void newest_flow_of_a_key_hides_older_ones(void **state) {
  struct flow_table t;
  const struct flow_key k = key_of(7);
  uint32_t one = 0, two = 0;
  (void)state;
  flow_table_init(&t, 0);
  assert_int_equal(flow_table_add(&t, &k, flow_key_hash(&k), &one), 0);
  assert_int_equal(flow_table_add(&t, &k, flow_key_hash(&k), &two), 0);
  assert_int_equal(flow_table_find(&t, &k, flow_key_hash(&k)), two);
  const struct flow_extra *x = flow_extra_of(&t, flow_record(&t, two - 1));
  assert_non_null(x);
  assert_int_equal(x->previous, one);
  assert_null(flow_extra_of(&t, flow_record(&t, one - 1)));
  flow_table_fini(&t);
}

/* All hashes alike: slow, but right. */
static void survives_colliding_hashes(void **state) {
  struct flow_table t;
  uint32_t at;
  (void)state;
  flow_table_init(&t, 0);
  for (uint32_t i = 0; i < 2000; i++) {
    const struct flow_key k = key_of(i);
    assert_int_equal(flow_table_add(&t, &k, 42, &at), 0);
  }
  for (uint32_t i = 0; i < 2000; i += 97) {
    const struct flow_key k = key_of(i);
    assert_int_equal(flow_table_find(&t, &k, 42), i + 1);
  }
  flow_table_fini(&t);
}

static void stops_at_its_cap(void **state) {
  struct flow_table t;
  uint32_t at = 0;
  (void)state;
  flow_table_init(&t, 3);
  for (uint32_t i = 0; i < 5; i++) {
    const struct flow_key k = key_of(i);
    assert_int_equal(flow_table_add(&t, &k, flow_key_hash(&k), &at), i < 3 ? 0 : 1);
  }
  assert_int_equal(t.refused, 2);
  assert_int_equal(flow_table_count(&t), 3);
  flow_table_fini(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(finds_what_was_added),
                                     cmocka_unit_test(newest_flow_of_a_key_hides_older_ones),
                                     cmocka_unit_test(survives_colliding_hashes), cmocka_unit_test(stops_at_its_cap)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
