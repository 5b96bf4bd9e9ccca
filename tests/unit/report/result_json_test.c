/* Writing and reading back: the same bytes, whatever the result holds; damaged documents are refused with a clear line.
 */
#include "report/result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "random_result.h"
#include "report/diff_internal.h"
#include "report/result_internal.h"
#include "report/writer.h"

static char path[] = "/tmp/ww-result-XXXXXX";

static void save(const char *text, size_t len) {
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(text, 1, len, f), len);
  assert_int_equal(fclose(f), 0);
}

static int setup(void **state) {
  (void)state;
  int fd = mkstemp(path);
  return fd < 0 || close(fd) != 0;
}

static int teardown(void **state) {
  (void)state;
  return unlink(path);
}

/* Every format of the loaded result is the same bytes as of the first one. */
static void test_round_trip(void **state) {
  (void)state;
  unsigned seed = test_seed(7);
  for (unsigned round = 0; round < 60; round++) {
    struct random_options o = {seed + round, round % 5, hostile_texts, n_hostile_texts, 0, 0};
    struct result *first = random_result(&o), *again = NULL;
    struct err e = {""};
    char *json = render(first, "json");
    assert_non_null(json);
    save(json, strlen(json));
    int rc = result_load(path, &again, &e);
    assert_string_equal(e.text, "");
    assert_int_equal(rc, 0);
    for (const struct report_format *f = report_formats(); f->name; f++) {
      char *a = render(first, f->name), *b = render(again, f->name);
      assert_non_null(a);
      assert_string_equal(a, b);
      free(a), free(b);
    }
    free(json);
    result_free(first);
    result_free(again);
  }
}

/* Long lists are made by several threads: nobody can tell. */
static void test_threads(void **state) {
  (void)state;
  struct random_options o = {test_seed(9), 3, hostile_texts, n_hostile_texts, 700, 1300};
  struct result *r = random_result(&o);
  char *alone = render(r, "json");
  assert_non_null(alone);
  for (unsigned threads = 1; threads <= 4; threads++) {
    struct out to;
    out_init(&to, NULL);
    assert_int_equal(report_format_of_name("json")->write(r, &(struct report_options){.threads = threads}, &to), 0);
    assert_string_equal(out_str(&to), alone);
    out_close(&to);
  }
  free(alone);
  result_free(r);
}

static void test_refused(void **state) {
  (void)state;
  static const struct {
    const char *name, *text, *says;
  } cases[] = {
      {"empty", "", "is not JSON"},
      {"not JSON", "<html>", "is not JSON"},
      {"list", "[]", "not a wallwitness-result"},
      {"other document", "{\"policy\":\"x\"}", "not a wallwitness-result"},
      {"other version", "{\"schema\":\"wallwitness-result\",\"schema_version\":99}", "version 99"},
      {"cut", "{\"schema\":\"wallwitness-result\",\"schema_version\":1}", "tool: is missing"},
      {"type", "{\"schema\":\"wallwitness-result\",\"schema_version\":1,\"tool\":7}", "tool: is not an object"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct result *r = NULL;
    struct err e = {""};
    save(cases[i].text, strlen(cases[i].text));
    assert_true(result_load(path, &r, &e) < 0);
    if (!strstr(e.text, cases[i].says)) fail_msg("%s: %s", cases[i].name, e.text);
    assert_null(r);
  }
  struct result *r = NULL;
  struct err e;
  assert_true(result_load("/nonexistent/x.json", &r, &e) < 0);
  assert_non_null(strstr(e.text, "No such file"));
}

/* A whole document with a few bytes put in. at 0: behind the first brace; -1: at the end. */
static void test_put_in(void **state) {
  (void)state;
  static const struct {
    const char *name, *bytes;
    size_t len;
    int at;
    bool good;
  } cases[] = {
      {"white space", " \t\r\n", 4, 0, true},
      {"white space behind", "\n \n", 3, -1, true},
      {"NUL", "\0", 1, 0, false},
      {"NUL behind", "\0", 1, -1, false},
      {"vertical tab", "\v", 1, 0, false},
      {"escape", "\033", 1, 0, false},
      {"NUL and what hides behind it", "\0\"x\":1,", 7, 0, false},
      {"words behind", "x", 1, -1, false},
      {"a second document", "{}", 2, -1, false},
  };
  struct random_options o = {3, 1, hostile_texts, n_hostile_texts, 0, 0};
  struct result *first = random_result(&o);
  char *json = render(first, "json");
  const size_t len = strlen(json);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const size_t at = cases[i].at < 0 ? len : 1;
    char *text = malloc(len + cases[i].len);
    assert_non_null(text);
    memcpy(text, json, at);
    memcpy(text + at, cases[i].bytes, cases[i].len);
    memcpy(text + at + cases[i].len, json + at, len - at);
    struct result *r = NULL;
    struct err e = {""};
    save(text, len + cases[i].len);
    const bool good = result_load(path, &r, &e) == 0;
    if (good != cases[i].good || (!good && !strstr(e.text, "is not JSON"))) fail_msg("%s: %s", cases[i].name, e.text);
    result_free(r);
    free(text);
  }
  free(json);
  result_free(first);
}

/* Any byte changed, any cut: an error or a result, never a crash (run under the sanitizers). */
static void test_damaged(void **state) {
  (void)state;
  unsigned seed = test_seed(11);
  struct random_options o = {seed, 2, hostile_texts, n_hostile_texts, 0, 0};
  struct result *first = random_result(&o);
  char *json = render(first, "json");
  size_t len = strlen(json);
  for (unsigned round = 0; round < 200; round++) {
    char *copy = strdup(json);
    copy[(size_t)rand_r(&seed) % len] = (char)rand_r(&seed);
    struct result *r = NULL;
    struct err e;
    save(copy, round % 4 ? len : (size_t)rand_r(&seed) % len);
    if (result_load(path, &r, &e) == 0)
      for (const struct report_format *f = report_formats(); f->name; f++) free(render(r, f->name));
    result_free(r);
    free(copy);
  }
  free(json);
  result_free(first);
}

/* What is written as it stands must be what the slow way would write: keys, and words without anything to escape. */
static void check_ready(const struct record *r) {
  for (size_t i = 0; i < r->n_fields; i++) {
    const struct field *f = &r->field[i];
    char key[JSON_KEY_SIZE + 8];
    assert_int_equal(snprintf(key, sizeof key, "\"%s\":", f->name), f->key_len);
    assert_memory_equal(f->key, key, f->key_len);
    for (int k = 0; f->names && k < f->names->count; k++) {
      const char *word = f->names->name(k);
      assert_int_equal(json_plain_length(word, strlen(word)), strlen(word));
    }
    if (f->record) check_ready(f->record);
  }
}

static void test_ready(void **state) {
  (void)state;
  check_ready(&result_record);
  check_ready(&diff_record);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_threads),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_put_in),
      cmocka_unit_test(test_damaged),
      cmocka_unit_test(test_ready),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
