/* UTF-16 to clean text, and the arena that keeps such texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/arena.h"
#include "util/utf16.h"

static void text_is_converted(void **state) {
  (void)state;
  static const struct {
    const char *name;
    uint8_t len, bytes[16];
    const char *expected;
  } cases[] = {
      {"nothing", 0, {0}, ""},
      {"letters", 4, {'a', 0, 'B', 0}, "aB"},
      {"an odd octet", 3, {'a', 0, 'B'}, "a"},
      {"ends at NUL", 6, {'a', 0, 0, 0, 'b', 0}, "a"},
      {"two and three octets", 4, {0xe9, 0, 0xac, 0x20}, "\xc3\xa9\xe2\x82\xac"},
      {"a pair", 4, {0x3d, 0xd8, 0x00, 0xde}, "\xf0\x9f\x98\x80"},
      {"half a pair", 4, {0x3d, 0xd8, 'x', 0}, "\xef\xbf\xbdx"},
      {"the other half", 4, {0x00, 0xde, 'x', 0}, "\xef\xbf\xbdx"},
      {"half a pair at the end", 2, {0x3d, 0xd8}, "\xef\xbf\xbd"},
      {"control", 4, {0x1b, 0, 'x', 0}, "?x"},
      {"direction override", 4, {0x2e, 0x20, 'x', 0}, "\xef\xbf\xbdx"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char to[32];
    size_t n = utf16_clean(to, sizeof to, bytes_of(cases[i].bytes, cases[i].len));
    if (n != strlen(to) || strcmp(to, cases[i].expected) != 0) fail_msg("%s: %s", cases[i].name, to);
  }
}

static void characters_are_not_split(void **state) {
  (void)state;
  static const uint8_t euros[] = {0xac, 0x20, 0xac, 0x20, 0xac, 0x20};
  char to[8];
  assert_int_equal(utf16_clean(to, sizeof to, bytes_of(euros, sizeof euros)), 6);
  assert_int_equal(utf16_clean(to, 3, bytes_of(euros, sizeof euros)), 0);
  assert_int_equal(utf16_clean(to, 1, bytes_of(euros, sizeof euros)), 0);
  assert_string_equal(to, "");
}

static void an_arena_keeps_what_it_gave(void **state) {
  (void)state;
  struct arena a = {0};
  char *text[3000];
  static const char digits[] = "0123456789";
  char *large = arena_get(&a, 100000); /* a chunk of its own, first of all */
  assert_non_null(large);
  memset(large, 'x', 100000);
  for (size_t i = 0; i < 3000; i++) {
    text[i] = arena_text(&a, digits, i % 11);
    assert_non_null(text[i]);
    assert_int_equal((uintptr_t)text[i] % _Alignof(max_align_t), 0);
    if (i == 1500) assert_non_null(arena_get(&a, 50000));
  }
  for (size_t i = 0; i < 3000; i++) {
    assert_int_equal(strlen(text[i]), i % 11);
    assert_memory_equal(text[i], digits, i % 11);
  }
  for (size_t i = 0; i < 100000; i++) assert_int_equal(large[i], 'x');
  assert_null(arena_get(&a, SIZE_MAX - 5));
  assert_null(arena_text(&a, digits, SIZE_MAX));
  arena_fini(&a);
  arena_fini(&a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_is_converted),
      cmocka_unit_test(characters_are_not_split),
      cmocka_unit_test(an_arena_keeps_what_it_gave),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
