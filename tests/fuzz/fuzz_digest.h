/* What the last input came to, for targets that keep something from one input to the next: the same input must come to
 * the same whatever was before it. replay.c asks. */
#ifndef WW_TESTS_FUZZ_DIGEST_H
#define WW_TESTS_FUZZ_DIGEST_H

#include <stdint.h>

extern uint64_t fuzz_digest;

#endif
