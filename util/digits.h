/* Numbers as decimal digits, two at a time: large lists are mostly numbers. */
#ifndef WW_UTIL_DIGITS_H
#define WW_UTIL_DIGITS_H

#include <stdint.h>
#include <string.h>

enum { DIGITS_MAX = 20 }; /* of a uint64_t */

extern const char digits_pairs[201]; /* "00" to "99" */

/* Writes the digits of value so that they end before end; returns where they begin, at most DIGITS_MAX before it. */
static inline char *digits_before(char *end, uint64_t value) {
  for (; value >= 100; value /= 100) memcpy(end -= 2, digits_pairs + value % 100 * 2, 2);
  if (value < 10)
    *--end = (char)('0' + value);
  else
    memcpy(end -= 2, digits_pairs + value * 2, 2);
  return end;
}

/* The same with leading zeros, nine digits in all; value < 1000000000. */
static inline char *digits_nine_before(char *end, uint32_t value) {
  for (int i = 0; i < 4; i++, value /= 100) memcpy(end -= 2, digits_pairs + value % 100 * 2, 2);
  *--end = (char)('0' + value);
  return end;
}

#endif
