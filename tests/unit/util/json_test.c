/* util/json: separators, layouts, escaping; every result is read again by cJSON as an independent reader. */
#include "util/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

static void test_layout(void **state) {
  (void)state;
  struct out o;
  struct json j;
  out_init(&o, NULL);
  json_init(&j, &o);
  json_object(&j, true);
  json_key(&j, "a"), json_u64(&j, 18446744073709551615u);
  json_key(&j, "b");
  json_array(&j, true);
  json_i64(&j, -9223372036854775807 - 1);
  json_object(&j, false);
  json_key(&j, "c"), json_bool(&j, true);
  json_key(&j, "d"), json_null(&j);
  json_end(&j);
  json_end(&j);
  json_key(&j, "e"), json_array(&j, true), json_end(&j);
  json_end(&j);
  assert_string_equal(out_str(&o),
                      "{\n \"a\": 18446744073709551615,\n \"b\": [\n  -9223372036854775808,\n"
                      "  {\"c\":true,\"d\":null}\n ],\n \"e\": []\n}");
  out_close(&o);
}

static void test_text(void **state) {
  (void)state;
  static const struct {
    const char *name, *text, *json;
  } cases[] = {
      {"plain", "plain", "\"plain\""},
      {"null", NULL, "null"},
      {"quotes", "a\"b\\c", "\"a\\\"b\\\\c\""},
      {"controls", "\b\f\n\r\t\x01\x1f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\""},
      {"utf-8", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\xa5", "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\xa5\""},
      {"invalid",
       "a\xff"
       "b",
       "\"a\xef\xbf\xbd"
       "b\""},
      {"cut off", "\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
      {"surrogate", "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
      {"overlong", "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct out o;
    struct json j;
    out_init(&o, NULL);
    json_init(&j, &o);
    json_text(&j, cases[i].text);
    assert_string_equal(out_str(&o), cases[i].json);
    out_close(&o);
  }
}

/* Any bytes at all give a document that another program reads. */
static void test_random_bytes(void **state) {
  (void)state;
  const char *given = getenv("WW_SEED");
  unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 1;
  print_message("seed %u\n", seed);
  for (int round = 0; round < 300; round++) {
    char bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(1 + rand_r(&seed) % 255);
    struct out o;
    struct json j;
    out_init(&o, NULL);
    json_init(&j, &o);
    json_object(&j, false);
    json_key(&j, "k"), json_text_n(&j, bytes, sizeof bytes);
    json_end(&j);
    cJSON *read = cJSON_Parse(out_str(&o));
    assert_non_null(read);
    assert_true(cJSON_IsString(cJSON_GetObjectItem(read, "k")));
    cJSON_Delete(read);
    out_close(&o);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_layout),
      cmocka_unit_test(test_text),
      cmocka_unit_test(test_random_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
