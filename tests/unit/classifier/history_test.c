/* Histories: each letter of each side once, in order; joined and printed. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "classifier/history.h"

static history_t handshake(void) {
  history_t h = 0;
  history_add(&h, HISTORY_SYN, SIDE_A);
  history_add(&h, HISTORY_SYN, SIDE_A); /* a repeat adds nothing */
  history_add(&h, HISTORY_SYN_ACK, SIDE_B);
  history_add(&h, HISTORY_ACK, SIDE_A);
  return h;
}

static void prints_the_client_in_capitals(void **state) {
  char text[HISTORY_MAX + 1];
  (void)state;
  history_print(text, handshake(), SIDE_A);
  assert_string_equal(text, "ShA");
  history_print(text, handshake(), SIDE_B);
  assert_string_equal(text, "sHa");
  history_print(text, 0, SIDE_A);
  assert_string_equal(text, "");
}

static void joins_parts(void **state) {
  char text[HISTORY_MAX + 1];
  history_t later = 0;
  (void)state;
  history_add(&later, HISTORY_ACK, SIDE_A);
  history_add(&later, HISTORY_DATA, SIDE_A);
  history_add(&later, HISTORY_DATA, SIDE_B);
  history_print(text, history_join(handshake(), later, false), SIDE_A);
  assert_string_equal(text, "ShADd");
  history_print(text, history_join(handshake(), later, true), SIDE_A);
  assert_string_equal(text, "ShAadD");
}

static void keeps_to_its_room(void **state) {
  char text[HISTORY_MAX + 1];
  history_t h = 0;
  (void)state;
  for (unsigned letter = HISTORY_SYN; letter < HISTORY_LETTER_COUNT; letter++)
    for (unsigned side = SIDE_A; side <= SIDE_B; side++) history_add(&h, (enum history_letter)letter, side);
  history_print(text, h, SIDE_A);
  assert_string_equal(text, "SsHhAaDdFfRr");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(prints_the_client_in_capitals), cmocka_unit_test(joins_parts),
                                     cmocka_unit_test(keeps_to_its_room)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
