/* Random scripts for property tests: many conversations of known kinds, interleaved. */
#ifndef WW_TESTS_RANDOM_TALKS_H
#define WW_TESTS_RANDOM_TALKS_H

#include "packet_builder.h"

enum { TALKS_MOST = 24 };

struct dice {
  uint64_t state;
};
uint32_t roll(struct dice *d, uint32_t sides); /* 0 .. sides - 1 */

struct talks {
  struct talk talk[TALKS_MOST];
  unsigned kind[TALKS_MOST]; /* index of its kind */
  unsigned n;
};
const char *talk_kind_name(unsigned kind);
bool talk_kind_delayed(unsigned kind); /* answered only after a silence that looks like a block while it lasts */

/* The same seed gives the same script in either family. Host numbers begin at base. */
void random_script(struct script *s, struct talks *talks_out, uint64_t seed, uint8_t family, uint8_t base);

#endif
