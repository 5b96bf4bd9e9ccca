/* Every mistake that a person can make in a policy or site file, with the whole message it gets.
 *
 * bad_input/NAME.json is read; bad_input/NAME.expected holds the lines, with the folder left out. WW_UPDATE=1 writes
 * the expected files anew: read the difference before committing it. Documents that are no text are in the table below.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "rules/catalogue.h"
#include "rules/site.h"
#include "util/out.h"

/* Loads and writes the problems, one a line; the document must not load. */
static void problems_of(const char *path, struct out *to) {
  struct policy *p = (struct policy *)-1;
  struct site *s = (struct site *)-1;
  struct problem_list problems = {0};
  int r = site_or_policy_load(path, &p, &s, &problems);
  assert_true(r < 0);
  assert_ptr_equal(p, (struct policy *)-1); /* nothing half-applied */
  assert_ptr_equal(s, (struct site *)-1);
  assert_true(problems.n > 0);
  for (size_t i = 0; i < problems.n; i++) out_printf(to, "%s\n", problems.line[i]);
  if (problems.more) out_printf(to, "and %zu more\n", problems.more);
  problem_list_free(&problems);
}

static char *read_text(const char *path) {
  FILE *f = fopen(path, "rb");
  if (!f) return NULL;
  char *text = calloc(1, 65536);
  assert_non_null(text);
  size_t n = fread(text, 1, 65535, f);
  text[n] = '\0';
  fclose(f);
  return text;
}

static void write_text(const char *path, const char *text) {
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

/* One document; false when its messages differ from what is expected. */
static bool check_file(const char *name) {
  char expected_path[512];
  struct out got;
  out_init(&got, NULL);
  problems_of(name, &got);
  snprintf(expected_path, sizeof expected_path, "%.*s.expected", (int)(strlen(name) - strlen(".json")), name);
  if (getenv("WW_UPDATE")) write_text(expected_path, out_str(&got));
  char *expected = read_text(expected_path);
  bool same = expected && strcmp(expected, out_str(&got)) == 0;
  if (!same) print_error("%s: got\n%s\nexpected\n%s\n", name, out_str(&got), expected ? expected : "(no file)");
  free(expected);
  out_close(&got);
  return same;
}

static void test_files(void **state) {
  (void)state;
  const char *root = getenv("WW_SOURCE");
  assert_non_null(root);
  char folder[4096];
  snprintf(folder, sizeof folder, "%s/tests/unit/rules/bad_input", root);
  assert_int_equal(chdir(folder), 0);
  struct dirent **entry;
  int n = scandir(".", &entry, NULL, alphasort), files = 0, bad = 0;
  assert_true(n > 0);
  for (int i = 0; i < n; i++) {
    size_t len = strlen(entry[i]->d_name);
    if (len > 5 && strcmp(entry[i]->d_name + len - 5, ".json") == 0) {
      files++;
      bad += !check_file(entry[i]->d_name);
    }
    free(entry[i]);
  }
  free(entry);
  assert_true(files >= 15);
  assert_int_equal(bad, 0);
}

#define TEXT(literal) literal, sizeof literal - 1
static const struct {
  const char *name, *bytes;
  size_t len;
  const char *message;
} document[] = {
    {"only space", TEXT(" \n\n"), "f:1:1: the file holds no JSON value"},
    {"only a comment", TEXT("// nothing"), "f:1:1: the file holds no JSON value"},
    {"NUL byte", TEXT("{\"a\":\0}"), "f:1:6: a NUL byte: not a text file, or UTF-16; save it as UTF-8"},
    {"UTF-16", TEXT("\xff\xfe{\0}\0"), "f:1:1: the file is UTF-16; save it as UTF-8"},
    {"Latin-1", TEXT("{\n \"caf\xe9\": 1}"), "f:2:6: bytes that are not UTF-8; save the file as UTF-8"},
    {"comma too many in a list", TEXT("{\"a\": [1, 2,]}"), "f:1:13: a comma before the closing ]: remove the comma"},
    {"comma too many in an object", TEXT("{\"a\": 1,\n}"), "f:2:1: a comma before the closing }: remove the comma"},
    {"comma missing", TEXT("{\"a\": 1\n \"b\": 2}"), "f:2:2: expected a comma or }, found '\"'"},
    {"colon missing", TEXT("{\"a\" 1}"), "f:1:6: expected a colon, found '1'"},
    {"name without quotes", TEXT("{a: 1}"), "f:1:2: expected a name in double quotes, found 'a'"},
    {"single quotes", TEXT("{\"a\": 'b'}"), "f:1:7: texts are written in double quotes (\")"},
    {"block comment", TEXT("/* a */ {}"), "f:1:1: expected a value, found '/' (a comment starts with //)"},
    {"cut in an object", TEXT("{\"a\": [1, {\"b\": 2"),
     "f:1:11: the file ends inside an object: a } is missing; expected a comma or }"},
    {"cut in a text", TEXT("{\"a\": \"b}"), "f:1:7: a text without its closing quote (\")"},
    {"two documents", TEXT("{} {}"), "f:1:4: expected nothing more after the document, found '{'"},
    {"leading zero", TEXT("{\"a\": 080}"), "f:1:7: a number must not start with 0; write it without leading zeros"},
    {"no digit", TEXT("[-]"), "f:1:3: expected a digit, found ']'"},
    {"True", TEXT("[True]"), "f:1:2: expected true, false or null (texts are written in double quotes), found 'T'"},
    {"escape", TEXT("[\"C:\\Windows\"]"), "f:1:5: an unknown escape; a backslash itself is written \\\\"},
    {"escaped NUL", TEXT("[\"\\u0000\"]"), "f:1:3: \\u0000 must not stand in a text"},
    {"half a pair", TEXT("[\"\\ud800x\"]"), "f:1:3: a first half of a surrogate pair without its second"},
    {"other half", TEXT("[\"\\udc00\"]"), "f:1:3: a second half of a surrogate pair without its first"},
    {"control character", TEXT("[\"a\tb\"]"),
     "f:1:4: a control character in a text; write it as an escape such as \\t"},
    {"column in characters", TEXT("[\"\xc3\xa9\xc3\xa9\", x]"), "f:1:8: expected a value, found 'x'"},
    {"comment in a text stays", TEXT("[\"http://x\", y]"), "f:1:14: expected a value, found 'y'"},
};

static void test_bytes(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof document / sizeof *document; i++) {
    struct problem_list problems = {0};
    struct json_doc *doc = NULL;
    int r = json_doc_parse("f", document[i].bytes, document[i].len, &doc, &problems);
    if (r >= 0 || problems.n != 1 || strcmp(problems.line[0], document[i].message) != 0)
      fail_msg("%s: %d, \"%s\", expected \"%s\"", document[i].name, r, problems.n ? problems.line[0] : "",
               document[i].message);
    assert_null(doc);
    problem_list_free(&problems);
  }
}

static void expect_refused(const char *what, const char *bytes, size_t len, const char *message) {
  struct problem_list problems = {0};
  struct json_doc *doc = NULL;
  assert_true(json_doc_parse("f", bytes, len, &doc, &problems) < 0);
  assert_int_equal(problems.n, 1);
  if (strcmp(problems.line[0], message) != 0) fail_msg("%s: %s", what, problems.line[0]);
  problem_list_free(&problems);
}

/* Nothing of this may cost the stack, minutes or gigabytes. */
static void test_enormous(void **state) {
  (void)state;
  enum { NESTING = 10 << 20, TOO_LONG = (16 << 20) + 1 };
  char *bytes = malloc(TOO_LONG);
  assert_non_null(bytes);
  memset(bytes, '[', NESTING);
  expect_refused("10 MB of nesting", bytes, NESTING, "f:1:65: nested deeper than 64 levels");
  for (size_t i = 0; i < NESTING; i += 5) memcpy(bytes + i, "{\"\":[", i + 5 <= NESTING ? 5 : NESTING - i);
  expect_refused("10 MB of objects", bytes, NESTING, "f:1:161: nested deeper than 64 levels");
  memset(bytes, ' ', TOO_LONG);
  expect_refused("16 MiB and one", bytes, TOO_LONG,
                 "f: larger than 16 MiB; split it or write prefixes instead of addresses");
  memset(bytes, ',', TOO_LONG);
  bytes[0] = '[';
  for (size_t i = 1; i < 3000000; i += 2) bytes[i] = '0';
  expect_refused("too many values", bytes, 3000000, "f:1:2000000: the document has more than 1000000 values");
  free(bytes);
}

static void test_files_that_are_none(void **state) {
  (void)state;
  static const struct {
    const char *path, *message;
  } file[] = {
      {"/", "/: a directory; name the JSON file in it"},
      {"/nowhere/site.json", "/nowhere/site.json: No such file or directory"},
      {"/dev/null", "/dev/null: not a file"},
      {"configmgr-cleint",
       "configmgr-cleint: neither a built-in policy nor a readable file; did you mean \"configmgr-client\"?"},
      {"x", "x: neither a built-in policy nor a readable file; built in is \"configmgr-client\""},
  };
  for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
    struct out got;
    out_init(&got, NULL);
    problems_of(file[i].path, &got);
    got.len--; /* the line's end */
    assert_string_equal(out_str(&got), file[i].message);
    out_close(&got);
  }
  char path[] = "/tmp/ww-empty-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  struct out got;
  out_init(&got, NULL);
  problems_of(path, &got);
  assert_non_null(strstr(out_str(&got), "neither a built-in") ? NULL : strstr(out_str(&got), ": the file is empty"));
  out_close(&got);
  unlink(path);
}

/* More than we keep is counted. */
static void test_many_problems(void **state) {
  (void)state;
  struct out text;
  out_init(&text, NULL);
  out_text(&text, "{\"policy\":\"configmgr-client\",\"roles\":{\"client\":[");
  for (int i = 0; i < 1000; i++) out_printf(&text, "%s\"10.0.0.%d/33\"", i ? ",\n" : "", i % 256);
  out_text(&text, "]}}");
  char path[] = "/tmp/ww-many-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, out_str(&text), text.len), (ssize_t)text.len);
  close(fd);
  struct policy *p;
  struct site *s;
  struct problem_list problems = {0};
  assert_true(site_load(path, &p, &s, &problems) < 0);
  assert_int_equal(problems.n, PROBLEMS_MAX);
  assert_int_equal(problems.more, 1000 - PROBLEMS_MAX);
  problem_list_free(&problems);
  out_close(&text);
  unlink(path);
}

/* A section with one entry too many is named with its limit; the rest is not taken for missing in silence. */
static void test_too_many_services(void **state) {
  (void)state;
  struct out text;
  struct json_doc *doc = NULL;
  struct policy *p = NULL;
  struct problem_list problems = {0};
  out_init(&text, NULL);
  out_text(&text,
           "{\"name\":\"big\",\"roles\":{\"r\":\"R\"},\"features\":{\"f\":{}},\n\"services\":{\"s0\":{\"transport\":"
           "\"icmp-echo\"}");
  for (int i = 1; i <= 4096; i++) out_printf(&text, ",\"s%d\":{\"transport\":\"icmp-echo\"}", i);
  out_text(&text, "},\n\"rules\":[{\"id\":\"a\",\"feature\":\"f\",\"from\":\"r\",\"to\":\"r\",\"service\":\"s0\"}]}");
  assert_int_equal(json_doc_parse("f", out_str(&text), text.len, &doc, &problems), 0);
  assert_true(policy_load_doc(doc, &p, &problems) < 0);
  assert_null(p);
  assert_string_equal(problems.line[0], "f:2:12: services: 4097 entries; at most 4096");
  json_doc_free(doc);
  problem_list_free(&problems);
  out_close(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bytes),
      cmocka_unit_test(test_enormous),
      cmocka_unit_test(test_files_that_are_none),
      cmocka_unit_test(test_many_problems),
      cmocka_unit_test(test_too_many_services),
      cmocka_unit_test(test_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
