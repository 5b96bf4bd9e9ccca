/* first_come_end: as many of those added lie before it as there are places. */
#include "rules/first_come.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_places(void **state) {
  (void)state;
  struct first_come f;
  assert_int_equal(first_come_init(&f, 1000), 0);
  for (uint32_t i = 5; i < 1000; i += 7) first_come_add(&f, i);
  for (size_t places = 0; places < 142; places++) {
    const uint32_t end = first_come_end(&f, places);
    size_t before = 0;
    for (uint32_t i = 5; i < end; i += 7) before++;
    assert_int_equal(before, places);
  }
  first_come_fini(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_places)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
