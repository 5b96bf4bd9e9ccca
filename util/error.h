/* One error, as a person will read it: what went wrong, where, and what to do.
 *
 * The function that fails fills it; only cli/ prints it or ends the process. A malformed packet is not an
 * error: it is data and is counted. */
#ifndef WW_UTIL_ERROR_H
#define WW_UTIL_ERROR_H

#include <stdarg.h>

struct err {
  char text[512]; /* one line, no newline; empty = no error; bytes of strangers are escaped */
};

/* Fills *e (may be NULL) with a printf-formatted line; too long a line is cut and ends in "...".
 * Control characters and invalid UTF-8 in the result are replaced, so it is safe on a terminal. */
void err_set(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " in front of the text already in *e (may be NULL). */
void err_prefix(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
