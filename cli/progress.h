/* How far the reading is: one line on standard error that redraws, and only when that is a terminal. */
#ifndef WW_CLI_PROGRESS_H
#define WW_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* From here on progress_show draws, unless quiet or standard error is no terminal. */
void progress_start(bool quiet);

/* share: 0..1, negative = unknown. Draws at most five times a second, and not in the first half second. */
void progress_show(double share, uint64_t packets);

/* Removes the line, if there is one. */
void progress_clear(void);

#endif
