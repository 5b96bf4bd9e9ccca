/* util/out: what is written in pieces of any size comes out whole, in memory and in a file, and a line in memory does
 * not take a page. */
#include "util/out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TOTAL = 300000 };

static char letter(size_t i) { return (char)('a' + i * 7 % 26); }

/* Writes TOTAL letters, piece at a time. */
static void write_pieces(struct out *o, size_t piece) {
  char text[4096];
  for (size_t at = 0; at < TOTAL;) {
    size_t n = piece < TOTAL - at ? piece : TOTAL - at;
    for (size_t i = 0; i < n; i++) text[i] = letter(at + i);
    text[n] = '\0';
    if (n == 1)
      out_char(o, text[0]);
    else if (piece % 2)
      out_printf(o, "%s", text);
    else
      out_bytes(o, text, n);
    at += n;
  }
}

static void check_letters(const char *text, size_t len) {
  assert_int_equal(len, TOTAL);
  for (size_t i = 0; i < len; i++)
    if (text[i] != letter(i)) fail_msg("octet %zu is %d", i, text[i]);
}

static const size_t pieces[] = {1, 2, 3, 255, 256, 257, 1000, 4095};

static void memory_keeps_all(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
    struct out o;
    out_init(&o, NULL);
    write_pieces(&o, pieces[i]);
    assert_non_null(out_str(&o));
    check_letters(o.text, o.len);
    assert_true(o.size <= 2 * (size_t)TOTAL);
    assert_int_equal(out_close(&o), 0);
  }
}

static void file_keeps_all(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
    char *text = NULL;
    size_t len = 0;
    struct out o;
    FILE *file = open_memstream(&text, &len);
    assert_non_null(file);
    out_init(&o, file);
    write_pieces(&o, pieces[i]);
    assert_int_equal(out_close(&o), 0);
    fclose(file);
    check_letters(text, len);
    free(text);
  }
}

/* A report makes thousands of such texts. */
static void line_is_small(void **state) {
  (void)state;
  struct out o;
  out_init(&o, NULL);
  out_text(&o, "not granted by any rule");
  assert_true(o.size <= 1024);
  out_close(&o);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(memory_keeps_all), cmocka_unit_test(file_keeps_all),
                                     cmocka_unit_test(line_is_small)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
