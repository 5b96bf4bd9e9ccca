/* Values and where they stand. What is refused is in bad_input_test; agreement with another parser in the oracle suite.
 */
#include "rules/json_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char text[] =
    "\xef\xbb\xbf// one\r\n"
    "{ \"a\": [1, -2.5e1, \"\xc3\xa9\", \"\\ud83d\\ude00 // no comment\"],\n"
    "\n"
    "  \"b\" : { \"c\": true, \"\": null }, // two\n"
    "  \"a\": {} }";

static struct json_doc *parse(const char *bytes) {
  struct problem_list problems = {0};
  struct json_doc *doc = NULL;
  if (json_doc_parse("f", bytes, strlen(bytes), &doc, &problems) < 0) fail_msg("%s", problems.line[0]);
  return doc;
}

static void expect_place(const struct json_doc *d, size_t at, size_t line, size_t column) {
  struct json_place place = json_doc_place(d, at);
  assert_int_equal(place.line, line);
  assert_int_equal(place.column, column);
}

static void test_values(void **state) {
  (void)state;
  struct json_doc *d = parse(text);
  const struct json_value *root = json_doc_root(d), *a = json_value_member(root, "a"),
                          *b = json_value_member(root, "b");
  assert_int_equal(root->kind, JSON_OBJECT);
  assert_int_equal(root->n_children, 3);
  assert_int_equal(a->kind, JSON_ARRAY); /* the first of two */
  assert_int_equal(a->n_children, 4);
  const struct json_value *item = a->first;
  assert_true(item->number == 1 && item->index == 0 && item->parent == a);
  item = item->next;
  assert_true(item->number == -25);
  item = item->next;
  assert_string_equal(item->text, "\xc3\xa9");
  item = item->next;
  assert_string_equal(item->text, "\xf0\x9f\x98\x80 // no comment");
  assert_int_equal(item->index, 3);
  assert_null(item->next);
  assert_true(json_value_member(b, "c")->truth);
  assert_int_equal(json_value_member(b, "")->kind, JSON_NULL);
  assert_null(json_value_member(b, "d"));
  assert_null(json_value_member(a, "d"));
  assert_int_equal(strlen(json_doc_sha256(d)), 64);
  json_doc_free(d);
}

static void test_places(void **state) {
  (void)state;
  struct json_doc *d = parse(text);
  const struct json_value *root = json_doc_root(d), *a = root->first, *b = a->next;
  expect_place(d, root->at, 2, 1);
  expect_place(d, a->key_at, 2, 3);
  expect_place(d, a->at, 2, 8);
  expect_place(d, a->first->next->at, 2, 12);
  expect_place(d, a->first->next->next->next->at, 2, 25); /* columns count characters, not bytes */
  expect_place(d, b->key_at, 4, 3);
  expect_place(d, b->at, 4, 9);
  expect_place(d, b->first->next->key_at, 4, 22);
  expect_place(d, b->next->at, 5, 8);
  json_doc_free(d);
}

static void test_scalars_and_depth(void **state) {
  (void)state;
  struct json_doc *d = parse(" 7 ");
  assert_true(json_doc_root(d)->number == 7 && json_doc_root(d)->parent == NULL);
  json_doc_free(d);
  char deep[2 * JSON_DOC_LEVELS_MAX + 1] = {0};
  memset(deep, '[', JSON_DOC_LEVELS_MAX);
  memset(deep + JSON_DOC_LEVELS_MAX, ']', JSON_DOC_LEVELS_MAX);
  d = parse(deep);
  size_t levels = 0;
  for (const struct json_value *v = json_doc_root(d); v; v = v->first) levels++;
  assert_int_equal(levels, JSON_DOC_LEVELS_MAX);
  json_doc_free(d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_places),
      cmocka_unit_test(test_scalars_and_depth),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
