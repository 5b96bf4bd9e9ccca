/* text_nearest_offer: a slip of the pen finds its name, another word finds none. */
#include "util/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *nearest(const char *wanted) {
  static const char *const name[] = {"audit", "flows", "policy", "explain", "report", "diff", "no-hash"};
  struct text_nearest n = {.wanted = wanted};
  for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) text_nearest_offer(&n, name[i]);
  return n.best;
}

static void test_slips(void **state) {
  (void)state;
  static const struct {
    const char *wanted, *expected;
  } cases[] = {{"audti", "audit"}, {"flow", "flows"},      {"polciy", "policy"}, {"repport", "report"},
               {"dif", "diff"},    {"explane", "explain"}, {"nohash", "no-hash"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_string_equal(nearest(cases[i].wanted), cases[i].expected);
}

static void test_strangers(void **state) {
  (void)state;
  static const char *const words[] = {"", "x", "scan", "capture.pcap", "help-me-please"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) assert_null(nearest(words[i]));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_slips), cmocka_unit_test(test_strangers)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
