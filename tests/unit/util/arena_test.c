/* What was handed out stays as it was, also when arenas become one; sanitizers see to it that all goes back. */
#include "util/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { TEXTS = 3000 };

static void texts_make(struct arena *a, const char *word, char *text[TEXTS]) {
  char line[64];
  for (int i = 0; i < TEXTS; i++) {
    const int n = snprintf(line, sizeof line, "%s %d", word, i);
    text[i] = arena_text(a, line, (size_t)n);
    assert_non_null(text[i]);
  }
}

static void texts_check(const char *word, char *const text[TEXTS]) {
  char line[64];
  for (int i = 0; i < TEXTS; i++) {
    snprintf(line, sizeof line, "%s %d", word, i);
    assert_string_equal(text[i], line);
  }
}

static void joined_arenas_keep_everything(void **state) {
  static char *first[TEXTS], *second[TEXTS], *third[TEXTS];
  struct arena a = {0}, b = {0};
  (void)state;
  texts_make(&a, "first", first);
  texts_make(&b, "second", second);
  const size_t total = a.total + b.total;
  uint8_t *large = arena_get(&b, 100000);
  assert_non_null(large);
  for (size_t i = 0; i < 100000; i++) assert_int_equal(large[i], 0);
  arena_join(&a, &b);
  assert_true(!b.chunk && !b.total && a.total > total);
  texts_make(&a, "third", third); /* goes on in a chunk that is not full */
  texts_check("first", first);
  texts_check("second", second);
  texts_check("third", third);
  arena_fini(&a);
}

static void nothing_joins_anything(void **state) {
  struct arena a = {0}, b = {0};
  (void)state;
  arena_join(&a, &b);
  assert_true(!a.chunk && !a.total);
  assert_string_equal(arena_text(&b, "text", 4), "text");
  arena_join(&a, &b);
  char *text = arena_text(&a, "more", 4);
  arena_join(&a, &b);
  b.failed = 2;
  arena_join(&a, &b);
  assert_int_equal(a.failed, 2);
  assert_string_equal(text, "more");
  arena_fini(&a);
  arena_fini(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(joined_arenas_keep_everything),
      cmocka_unit_test(nothing_joins_anything),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
