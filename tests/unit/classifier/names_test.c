/* Every outcome, confidence and reason has a name of its own, and every reason a sentence. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "classifier/traffic.h"

#define DISTINCT(name_of, type, count)                                                            \
  for (unsigned i = 0; i < (count); i++) {                                                        \
    assert_non_null(name_of((type)i));                                                            \
    assert_string_not_equal(name_of((type)i), "?");                                               \
    for (unsigned k = 0; k < i; k++) assert_string_not_equal(name_of((type)i), name_of((type)k)); \
  }                                                                                               \
  assert_string_equal(name_of((type)(count)), "?")

static void names_are_distinct(void **state) {
  (void)state;
  DISTINCT(outcome_name, enum outcome, OUTCOME_COUNT);
  DISTINCT(confidence_name, enum confidence, CONFIDENCE_COUNT);
  DISTINCT(client_by_name, enum client_by, CLIENT_BY_COUNT);
  DISTINCT(reset_by_name, enum reset_by, RESET_BY_COUNT);
  DISTINCT(stall_by_name, enum stall_by, STALL_BY_COUNT);
  DISTINCT(reason_name, enum reason, REASON_COUNT);
}

static void reasons_have_sentences(void **state) {
  const struct flow_view v = {.n_syn = 5,
                              .proto = PROTO_TCP,
                              .syn_first = stamp_from_s(0),
                              .syn_last = stamp_from_s(15),
                              .reset_hops = -1,
                              .server_hops = -1};
  char text[REASON_TEXT_SIZE];
  (void)state;
  for (unsigned r = 0; r < REASON_COUNT; r++) assert_true(strlen(flow_reason_print(text, &v, (enum reason)r)) > 10);
  assert_string_equal(flow_reason_print(text, &v, REASON_SYN_ONLY), "5 SYNs over 15.0 s, no packet back");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_distinct), cmocka_unit_test(reasons_have_sentences)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
