/* The vectors of RFC 4648 10, and text that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/base64.h"

static void text_is_decoded(void **state) {
  (void)state;
  static const struct {
    const char *text, *expected;
    size_t size; /* of the place */
  } cases[] = {{"", "", 9},
               {"Zg==", "f", 9},
               {"Zm8=", "fo", 9},
               {"Zm9v", "foo", 9},
               {"Zm9vYg==", "foob", 9},
               {"Zm9vYmE=", "fooba", 9},
               {"Zm9vYmFy", "foobar", 9},
               {"Zm9vYmFy", "foo", 3},  /* no room for more */
               {"Zm9v YmFy", "foo", 9}, /* ends at the space */
               {"Zm9vYmFy\r\n", "foobar", 9},
               {"Z", "", 9},
               {"Zm9", "fo", 9}, /* padding left out */
               {"++//", "\xfb\xef\xff", 9},
               {"-_", "", 9}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    uint8_t to[10] = {0};
    size_t n = base64_decode(bytes_of(cases[i].text, strlen(cases[i].text)), to, cases[i].size);
    if (n != strlen(cases[i].expected) || memcmp(to, cases[i].expected, n) != 0) fail_msg("%s", cases[i].text);
    assert_int_equal(to[n], 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(text_is_decoded)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
