/* Where results go: what is refused before any work, and when colours are used. */
#include "cli/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/output-XXXXXX", there[64];

static int setup(void **state) {
  (void)state;
  if (!mkdtemp(folder)) return -1;
  snprintf(there, sizeof there, "%s/there", folder);
  FILE *f = fopen(there, "w");
  return f ? fclose(f) : -1;
}

static int teardown(void **state) {
  (void)state;
  unlink(there);
  return rmdir(folder);
}

static void test_check(void **state) {
  (void)state;
  struct err e = {""};
  const char *const input[] = {there};
  char fresh[64], deep[64];
  snprintf(fresh, sizeof fresh, "%s/fresh", folder);
  snprintf(deep, sizeof deep, "%s/no/fresh", folder);
  assert_int_equal(output_check(fresh, input, 1, &e), 0);
  assert_int_equal(output_check("-", input, 1, &e), 0);
  assert_int_equal(output_check(there, NULL, 0, &e), 0);
  assert_true(output_check(there, input, 1, &e) < 0);
  assert_non_null(strstr(e.text, "is an input too"));
  assert_true(output_check(deep, NULL, 0, &e) < 0);
  assert_non_null(strstr(e.text, "No such file or directory"));
  assert_true(output_check(folder, NULL, 0, &e) < 0);
  assert_non_null(strstr(e.text, "is not a file"));
}

static int write_little(const void *what, struct out *to) {
  out_text(to, what);
  return 0;
}

static int write_nothing(const void *what, struct out *to) {
  (void)what;
  (void)to;
  return -1;
}

static void test_write(void **state) {
  (void)state;
  struct err e = {""};
  char path[64], text[16] = "";
  snprintf(path, sizeof path, "%s/written", folder);
  assert_int_equal(output_write(path, write_nothing, NULL, &e), STATUS_USAGE);
  assert_int_equal(access(path, F_OK), -1);
  assert_int_equal(output_write(path, write_little, "little", &e), STATUS_OK);
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  assert_non_null(fgets(text, sizeof text, f));
  fclose(f);
  unlink(path);
  assert_string_equal(text, "little");
}

static void test_colour(void **state) {
  (void)state;
  unsetenv("NO_COLOR");
  assert_true(output_colour(OUTPUT_COLOUR_ALWAYS));
  assert_false(output_colour(OUTPUT_COLOUR_NEVER));
  setenv("NO_COLOR", "1", 1);
  assert_false(output_colour(OUTPUT_COLOUR_AUTO));
  assert_true(output_colour(OUTPUT_COLOUR_ALWAYS));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_check), cmocka_unit_test(test_write),
                                     cmocka_unit_test(test_colour)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
