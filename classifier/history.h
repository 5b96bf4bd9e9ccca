/* A flow's history: what each side did first, in order, as letters (A's in the low half of the code space).
 *
 * Five bits a letter: four for the letter, one for the side; the first stands in the lowest bits. Each letter of
 * each side is kept once, at most HISTORY_MAX in all. */
#ifndef WW_CLASSIFIER_HISTORY_H
#define WW_CLASSIFIER_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "classifier/facts.h"

enum history_letter {
  HISTORY_END,
  HISTORY_SYN,     /* s */
  HISTORY_SYN_ACK, /* h */
  HISTORY_ACK,     /* a: without payload */
  HISTORY_DATA,    /* d */
  HISTORY_FIN,     /* f */
  HISTORY_RST,     /* r */
  HISTORY_REPEAT,  /* t: payload sent again */
  HISTORY_GAP,     /* g: payload missing in the capture */
  HISTORY_WINDOW,  /* w: window closed */
  HISTORY_LETTER_COUNT
};
enum { HISTORY_MAX = 12, HISTORY_BITS = 5 };

/* The same five bits in every place. */
#define HISTORY_EACH(code) ((code)*UINT64_C(0x084210842108421))
_Static_assert(HISTORY_EACH(UINT64_C(31)) == (UINT64_C(1) << HISTORY_MAX * HISTORY_BITS) - 1, "every place, no more");

/* Nobody can foretell which letters are there already, so all places are looked at in one go: a place that holds the
 * letter becomes zero, and taking one from each place borrows into the highest bit of the lowest place that is. */
static inline void history_add(history_t *h, enum history_letter letter, unsigned side) {
  const uint64_t code = (uint64_t)letter << 1 | side, differ = *h ^ HISTORY_EACH(code);
  if ((differ - HISTORY_EACH(UINT64_C(1))) & ~differ & HISTORY_EACH(UINT64_C(16))) return;
  const unsigned used = *h ? (63 - (unsigned)__builtin_clzll(*h)) / HISTORY_BITS + 1 : 0;
  if (used < HISTORY_MAX) *h |= code << used * HISTORY_BITS;
}

/* Appends what later adds to h; both of one flow, swapped: later has A and B the other way round. */
history_t history_join(history_t h, history_t later, bool swapped);

/* True when h holds both letters, and the first came before the second. */
bool history_before(history_t h, enum history_letter first, unsigned first_side, enum history_letter second,
                    unsigned second_side);

/* Letters with client upper case into to[HISTORY_MAX + 1]. */
void history_print(char *to, history_t h, unsigned client);

#endif
