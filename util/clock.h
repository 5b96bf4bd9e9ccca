/* The machine's clocks. Nothing read here may reach a result: same input, same bytes. */
#ifndef WW_UTIL_CLOCK_H
#define WW_UTIL_CLOCK_H

#include <stdint.h>

#include "util/stamp.h"

/* Milliseconds by a clock that nobody sets; only differences mean anything. Never fails. */
int64_t clock_ms(void);

/* The moment by the wall clock, which may be set at any time. Never fails. */
stamp_t clock_wall(void);

#endif
