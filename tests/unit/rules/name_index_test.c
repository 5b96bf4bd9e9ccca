#include "rules/name_index.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NAMES = 5000 };

static void test_thousands(void **state) {
  (void)state;
  static char name[NAMES][16];
  struct name_index x = {0};
  assert_int_equal(name_index_find(&x, "n1"), -1);
  for (int i = 0; i < NAMES; i++) {
    snprintf(name[i], sizeof name[i], "n%d", i);
    assert_int_equal(name_index_add(&x, name[i]), i);
  }
  for (int i = 0; i < NAMES; i++) {
    assert_int_equal(name_index_find(&x, name[i]), i);
    assert_int_equal(name_index_add(&x, name[i]), -EEXIST);
  }
  assert_int_equal(x.n, NAMES);
  assert_int_equal(name_index_find(&x, "n5000"), -1);
  assert_int_equal(name_index_find(&x, ""), -1);
  name_index_free(&x);
  assert_int_equal(x.n, 0);
}

static void test_nearest(void **state) {
  (void)state;
  struct name_index x = {0};
  name_index_add(&x, "client-push");
  name_index_add(&x, "client-requests");
  assert_string_equal(name_index_nearest(&x, "client-pus"), "client-push");
  assert_string_equal(name_index_nearest(&x, "client-request"), "client-requests");
  assert_null(name_index_nearest(&x, "zebra"));
  name_index_free(&x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_thousands),
      cmocka_unit_test(test_nearest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
