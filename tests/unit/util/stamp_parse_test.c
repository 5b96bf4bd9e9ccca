/* stamp_parse against known moments, against stamp_print_utc on random ones, and on what is no moment. */
#include "util/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_known(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t ns;
  } cases[] = {
      {"1970-01-01", 0},
      {"2000-02-29T12:00", 951825600000000000},
      {"2020-08-06 01:20:24.595086", 1596676824595086000},
      {"2020-08-06T01:20:24.5Z", 1596676824500000000},
      {"1969-12-31T23:59:59Z", -1000000000},
      {"1596676824.595086000", 1596676824595086000},
      {"0", 0},
      {"12.000000001", 12000000001},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    stamp_t t;
    assert_true(stamp_parse(cases[i].text, &t));
    assert_int_equal(t.ns, cases[i].ns);
  }
}

static void test_refused(void **state) {
  (void)state;
  static const char *const words[] = {"",
                                      "now",
                                      "-5",
                                      "2020-13-01",
                                      "2021-02-29",
                                      "1900-02-29",
                                      "2020-8-6",
                                      "2020-08-06T24:00",
                                      "2020-08-06T01",
                                      "1.",
                                      "1.1234567890",
                                      "2020-08-06T01:20:24+02:00",
                                      "99999999999",
                                      "2020-00-10",
                                      "2020-01-00",
                                      "2020-01-01T00:00:60",
                                      "1e9",
                                      " 1",
                                      "1 ",
                                      "9999-01-01",
                                      "0001-01-01"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    stamp_t t = {42};
    if (stamp_parse(words[i], &t)) fail_msg("accepted \"%s\"", words[i]);
    assert_int_equal(t.ns, 42);
  }
}

static void test_round_trip(void **state) {
  (void)state;
  const char *given = getenv("WW_SEED");
  unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20200806;
  printf("seed %u\n", seed);
  srandom(seed);
  for (int i = 0; i < 20000; i++) {
    stamp_t t = {(int64_t)((uint64_t)random() << 31 ^ (uint64_t)random()) - (INT64_C(1) << 61)}, back;
    char text[STAMP_TEXT_SIZE];
    stamp_print_utc(text, t, 9);
    text[strlen(text) - 4] = '\0'; /* " UTC" */
    assert_true(stamp_parse(text, &back));
    assert_int_equal(back.ns, t.ns);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_known), cmocka_unit_test(test_refused),
                                     cmocka_unit_test(test_round_trip)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
