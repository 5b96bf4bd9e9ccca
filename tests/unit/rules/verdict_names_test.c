/* Every value has a name of its own; machines read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rules/audit.h"

typedef const char *namer(int value);

#define NAMER(name, type) \
  static const char *name##_of(int value) { return name((enum type)value); }
NAMER(verdict_name, verdict)
NAMER(rule_status_name, rule_status)
NAMER(why_name, why)
NAMER(severity_name, severity)
NAMER(method_state_name, method_state)
NAMER(stage_state_name, stage_state)

static void distinct(namer *name, int count) {
  for (int i = 0; i < count; i++) {
    assert_non_null(name(i));
    assert_true(*name(i) != '\0');
    for (int k = 0; k < i; k++) assert_string_not_equal(name(i), name(k));
  }
}

static void test_distinct(void **state) {
  (void)state;
  distinct(verdict_name_of, VERDICT_COUNT);
  distinct(rule_status_name_of, RULE_STATUS_COUNT);
  distinct(why_name_of, WHY_COUNT);
  distinct(severity_name_of, SEVERITY_COUNT);
  distinct(method_state_name_of, METHOD_STATE_COUNT);
  distinct(stage_state_name_of, STAGE_STATE_COUNT);
}

/* Those that the dictionary writes down. */
static void test_dictionary(void **state) {
  (void)state;
  assert_string_equal(verdict_name(VERDICT_UNEXPECTED_OPEN), "unexpected-open");
  assert_string_equal(verdict_name(VERDICT_DENIED_AS_DOCUMENTED), "denied-as-documented");
  assert_string_equal(rule_status_name(RULE_NOT_ASSESSABLE), "not-assessable");
  assert_string_equal(why_name(WHY_TARGET_DOWN), "target_down");
  assert_string_equal(why_name(WHY_AMBIGUOUS_UDP), "ambiguous_udp");
  assert_string_equal(stage_state_name(STAGE_PASSED_BY_FALLBACK), "passed by fallback");
}

/* A reason is a sentence. */
static void test_sentences(void **state) {
  (void)state;
  for (enum why w = WHY_NONE + 1; w < WHY_COUNT; w++) {
    const char *text = why_text(w);
    assert_true(text[0] >= 'A' && text[0] <= 'Z');
    assert_int_equal(text[strlen(text) - 1], '.');
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_distinct),
      cmocka_unit_test(test_dictionary),
      cmocka_unit_test(test_sentences),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
