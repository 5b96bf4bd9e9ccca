/* Digits as printf writes them; runs of plain text as looking at every byte finds them. */
#include "util/digits.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/json.h"
#include "util/text.h"

static void seed_set(void) {
  const char *seed = getenv("WW_SEED");
  const unsigned s = seed ? (unsigned)strtoul(seed, NULL, 10) : 20261125;
  print_message("seed %u\n", s);
  srandom(s);
}

static void number_check(uint64_t value) {
  char expected[DIGITS_MAX + 1], text[DIGITS_MAX], *end = text + sizeof text;
  snprintf(expected, sizeof expected, "%" PRIu64, value);
  const char *at = digits_before(end, value);
  assert_int_equal(end - at, strlen(expected));
  assert_memory_equal(at, expected, strlen(expected));
}

static void test_numbers(void **state) {
  (void)state;
  seed_set();
  for (uint64_t power = 1, i = 0; i < 20; i++, power *= 10)
    number_check(power - 1), number_check(power), number_check(power + 1);
  number_check(UINT64_MAX);
  for (int i = 0; i < 100000; i++)
    number_check(((uint64_t)random() << 33 ^ (uint64_t)random() << 11 ^ (uint64_t)random()) >> random() % 64);
}

static void test_nine(void **state) {
  static const uint32_t values[] = {0, 1, 9, 10, 99, 100, 12345, 1000000, 99999999, 100000000, 123456789, 999999999};
  (void)state;
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    char expected[10], text[9];
    snprintf(expected, sizeof expected, "%09" PRIu32, values[i]);
    assert_ptr_equal(digits_nine_before(text + sizeof text, values[i]), text);
    assert_memory_equal(text, expected, sizeof text);
  }
}

/* A plain text with one other byte in it somewhere: the run must end before that byte, within a word of it. */
static void test_plain_runs(void **state) {
  (void)state;
  seed_set();
  for (int i = 0; i < 100000; i++) {
    char text[64];
    const size_t len = (size_t)random() % sizeof text, odd = len ? (size_t)random() % len : 0;
    for (size_t k = 0; k < len; k++) text[k] = (char)(0x20 + random() % 0x5f);
    if (len && random() % 2) text[odd] = (char)random();
    size_t plain = 0;
    while (plain < len && text[plain] >= 0x20 && text[plain] < 0x7f) plain++;
    const size_t run = text_plain_length(text, len);
    assert_int_equal(run, plain);
  }
}

/* A JSON string, one byte at a time: what RFC 8259 section 7 allows as it is, and this writer's escapes. */
static void quoted_slowly(const char *s, char *to) {
  *to++ = '"';
  for (; *s; s++) {
    const char *pair = strchr("\"\"\\\\\nn\tt\rr\bb\ff", *s);
    if (*s == '"' || *s == '\\')
      *to++ = '\\', *to++ = *s;
    else if ((unsigned char)*s < 0x20 && pair)
      *to++ = '\\', *to++ = pair[1];
    else if ((unsigned char)*s < 0x20)
      to += sprintf(to, "\\u%04x", (unsigned)*s);
    else
      *to++ = *s;
  }
  *to++ = '"', *to = '\0';
}

static void test_json_texts(void **state) {
  (void)state;
  seed_set();
  for (int i = 0; i < 100000; i++) {
    char text[40], expected[300];
    const size_t len = (size_t)random() % (sizeof text - 1);
    for (size_t k = 0; k < len; k++) text[k] = (char)(random() % 8 ? 0x20 + random() % 0x5f : 1 + random() % 0x7e);
    text[len] = '\0';
    struct out o;
    struct json j;
    out_init(&o, NULL);
    json_init(&j, &o);
    json_text(&j, text);
    quoted_slowly(text, expected);
    assert_string_equal(out_str(&o), expected);
    out_close(&o);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers), cmocka_unit_test(test_nine),
                                     cmocka_unit_test(test_plain_runs), cmocka_unit_test(test_json_texts)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
