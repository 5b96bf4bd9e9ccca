/* Joining and printing histories. */
#include "classifier/history.h"

#include <ctype.h>

static const char letters[HISTORY_LETTER_COUNT] = {
    [HISTORY_END] = '\0', [HISTORY_SYN] = 's', [HISTORY_SYN_ACK] = 'h', [HISTORY_ACK] = 'a', [HISTORY_DATA] = 'd',
    [HISTORY_FIN] = 'f',  [HISTORY_RST] = 'r', [HISTORY_REPEAT] = 't',  [HISTORY_GAP] = 'g', [HISTORY_WINDOW] = 'w',
};
_Static_assert(HISTORY_LETTER_COUNT <= 16, "four bits a letter");

history_t history_join(history_t h, history_t later, bool swapped) {
  for (; later; later >>= HISTORY_BITS) {
    const unsigned code = later & 31;
    history_add(&h, (enum history_letter)(code >> 1), (code & 1) ^ (unsigned)swapped);
  }
  return h;
}

bool history_before(history_t h, enum history_letter first, unsigned first_side, enum history_letter second,
                    unsigned second_side) {
  const unsigned one = (unsigned)first << 1 | first_side, other = (unsigned)second << 1 | second_side;
  bool met = false;
  for (; h; h >>= HISTORY_BITS) {
    if ((h & 31) == other) return met;
    met |= (h & 31) == one;
  }
  return false;
}

void history_print(char *to, history_t h, unsigned client) {
  for (; h; h >>= HISTORY_BITS) {
    const unsigned code = h & 31;
    const char letter = letters[(code >> 1) < HISTORY_LETTER_COUNT ? code >> 1 : 0];
    *to++ = (code & 1) == client ? (char)toupper(letter) : letter;
  }
  *to = '\0';
}
