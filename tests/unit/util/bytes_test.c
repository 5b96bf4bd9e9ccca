/* bytes_find says what memmem says. WW_SEED repeats the random texts. */
#include "util/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TEXTS = 100000, TEXT_MOST = 40, WHAT_MOST = 6 };

static void any_text(uint8_t *to, size_t n) {
  for (size_t i = 0; i < n; i++) to[i] = (uint8_t)('a' + rand() % 3);
}

static void finds_what_memmem_finds(void **state) {
  unsigned found = 0;
  (void)state;
  for (unsigned i = 0; i < TEXTS; i++) {
    uint8_t what[WHAT_MOST];
    const size_t len = (size_t)rand() % TEXT_MOST, n = 1 + (size_t)rand() % WHAT_MOST;
    uint8_t *text = malloc(len + 1); /* of its own: a sanitizer sees what is read behind it */
    assert_non_null(text);
    any_text(text, len), any_text(what, n);
    const struct bytes b = {text, text + len};
    const uint8_t *at = bytes_find(&b, what, n);
    assert_ptr_equal(at, memmem(text, len, what, n));
    found += at != NULL;
    free(text);
  }
  assert_in_range(found, TEXTS / 10, TEXTS - TEXTS / 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(finds_what_memmem_finds)};
  const char *given = getenv("WW_SEED");
  const unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20261125;
  printf("WW_SEED=%u\n", seed);
  srand(seed);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
