/* Pieces of text behind each other, in room of any size, as snprintf would put them. */
#include "util/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_as_printed(void **state) {
  (void)state;
  static const char *const pieces[][3] = {{"", "", ""},
                                          {"SMB 3.1.1", ", encrypted", ""},
                                          {"", "a", "bc"},
                                          {"TLS 1.3", ", name ", "\xc3\xa9t\xc3\xa9.example"}};
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
    for (size_t size = 1; size <= 40; size++) {
      char wanted[40], got[40];
      memset(wanted, 0x55, sizeof wanted);
      memset(got, 0x55, sizeof got);
      snprintf(wanted, size, "%s%s%s", pieces[i][0], pieces[i][1], pieces[i][2]);
      size_t at = 0;
      for (size_t k = 0; k < 3; k++) at = text_put(got, size, at, pieces[i][k]);
      assert_string_equal(got, wanted);
      assert_int_equal(at, strlen(wanted));
      for (size_t k = size; k < sizeof got; k++) assert_int_equal(got[k], 0x55);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_as_printed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
