/* new_file: the name holds the old contents or the whole new ones, never a part, and nothing else stays behind. */
#include "util/new_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/new-file-XXXXXX";
static char path[64];

static int setup(void **state) {
  (void)state;
  if (!mkdtemp(folder)) return -1;
  snprintf(path, sizeof path, "%s/result", folder);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  unlink(path);
  return rmdir(folder);
}

static size_t files_in_folder(void) {
  DIR *d = opendir(folder);
  size_t n = 0;
  for (struct dirent *entry; (entry = readdir(d));) n += entry->d_name[0] != '.';
  closedir(d);
  return n;
}

static size_t contents(char *to, size_t size) {
  FILE *file = fopen(path, "r");
  size_t n = file ? fread(to, 1, size - 1, file) : 0;
  if (file) fclose(file);
  to[n] = '\0';
  return n;
}

static void test_kept(void **state) {
  (void)state;
  char text[64];
  struct new_file f = {0};
  assert_int_equal(new_file_open(&f, path, NULL), 0);
  out_text(&f.to, "one");
  assert_int_equal(access(path, F_OK), -1);
  assert_int_equal(new_file_keep(&f, NULL), 0);
  contents(text, sizeof text);
  assert_string_equal(text, "one");
  assert_int_equal(files_in_folder(), 1);
}

static void test_dropped(void **state) {
  (void)state;
  char text[64];
  struct new_file f = {0};
  new_file_drop(&f);
  assert_int_equal(new_file_open(&f, path, NULL), 0);
  out_text(&f.to, "two");
  new_file_drop(&f);
  contents(text, sizeof text);
  assert_string_equal(text, "one");
  assert_int_equal(files_in_folder(), 1);
}

/* A disk that is full: the file size limit stands for it. */
static void test_full(void **state) {
  (void)state;
  struct rlimit before, small = {.rlim_cur = 4096, .rlim_max = RLIM_INFINITY};
  getrlimit(RLIMIT_FSIZE, &before);
  small.rlim_max = before.rlim_max;
  struct new_file f = {0};
  struct err e = {""};
  char text[64];
  assert_int_equal(new_file_open(&f, path, &e), 0);
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  for (int i = 0; i < 100000; i++) out_text(&f.to, "three");
  assert_true(new_file_keep(&f, &e) < 0);
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, handler);
  assert_non_null(strstr(e.text, path));
  contents(text, sizeof text);
  assert_string_equal(text, "one");
  assert_int_equal(files_in_folder(), 1);
}

static void test_no_folder(void **state) {
  (void)state;
  struct new_file f = {0};
  struct err e = {""};
  assert_true(new_file_open(&f, "/nowhere/at/all", &e) < 0);
  assert_string_equal(e.text, "/nowhere/at/all: cannot be written: No such file or directory");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_kept), cmocka_unit_test(test_dropped),
                                     cmocka_unit_test(test_full), cmocka_unit_test(test_no_folder)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
