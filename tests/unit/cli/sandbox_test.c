/* Which files a command line lets the program touch. */
#include "cli/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/cli/confined.h"

static void collects(void **state) {
  (void)state;
  struct sandbox s = {0};
  const struct option_list reports = {.item = {"-", "plain.html", "/a/b/c.json", "d/e.csv", "/top.txt"}, .n = 5};
  assert_true(sandbox_read(&s, NULL) && sandbox_read(&s, "in.pcap") && sandbox_read(&s, "other.pcap"));
  assert_true(sandbox_write(&s, NULL) && sandbox_write(&s, "-") && sandbox_folder(&s, NULL));
  assert_true(sandbox_write_all(&s, &reports) && sandbox_folder(&s, "records"));
  static const char *const folders[] = {".", "/a/b", "d", "/", "records"};
  assert_int_equal(s.n_readable, 2);
  assert_string_equal(s.readable[1], "other.pcap");
  assert_int_equal(s.n_folders, 5);
  for (size_t i = 0; i < 5; i++) assert_string_equal(s.folder[i], folders[i]);
  sandbox_release(&s);
  assert_int_equal(s.n_readable + s.n_folders, 0);
  sandbox_release(&s);
}

static char folder[] = "/tmp/sandbox-XXXXXX", input[64], output[64], secret[64];

/* A verb with an operand and a report: those are within reach, the file beside the operand is not. */
static int try_call(const void *unused) {
  (void)unused;
  static const char *const operand[] = {input};
  const bool landlock = kernel_has_landlock();
  struct call c = {.operand = operand, .n_operands = 1};
  int faults = expect(sandbox_call(&c, &(struct sandbox_paths){.output = output}) == STATUS_OK, "confined");
  faults += expect_open(input, O_RDONLY, 0);
  faults += expect_open(output, O_WRONLY | O_CREAT, 0);
  /* Without Landlock there is no such limit. */
  return faults + expect_open(secret, O_RDONLY, landlock ? EACCES : 0);
}

static void confines(void **state) {
  (void)state;
  assert_non_null(mkdtemp(folder));
  char out[48];
  snprintf(out, sizeof out, "%s/out", folder);
  snprintf(input, sizeof input, "%s/input", folder);
  snprintf(secret, sizeof secret, "%s/secret", folder);
  snprintf(output, sizeof output, "%s/report", out);
  assert_int_equal(mkdir(out, 0755), 0);
  assert_int_equal(expect_open(input, O_WRONLY | O_CREAT, 0) + expect_open(secret, O_WRONLY | O_CREAT, 0), 0);
  assert_int_equal(in_child(try_call, NULL), 0);
  unlink(input), unlink(secret), unlink(output), rmdir(out);
  assert_int_equal(rmdir(folder), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(collects), cmocka_unit_test(confines)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
