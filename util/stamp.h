/* Moments and spans of capture time, in nanoseconds; wrapped so that units cannot mix. */
#ifndef WW_UTIL_STAMP_H
#define WW_UTIL_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A moment: nanoseconds since 1970-01-01 00:00:00 UTC, as the capture states it; or a span between two. */
typedef struct {
  int64_t ns;
} stamp_t;

#define STAMP_NONE ((stamp_t){INT64_MIN})
enum { STAMP_TEXT_SIZE = 40 }; /* room for any printed form below */

static inline bool stamp_known(stamp_t t) { return t.ns != INT64_MIN; }
static inline stamp_t stamp_from_s(int64_t s) { return (stamp_t){s * 1000000000}; }
static inline stamp_t stamp_from_ms(int64_t ms) { return (stamp_t){ms * 1000000}; }
static inline int64_t stamp_ms(stamp_t t) { return t.ns / 1000000; }
static inline double stamp_s(stamp_t t) { return (double)t.ns / 1e9; }
static inline bool stamp_before(stamp_t a, stamp_t b) { return a.ns < b.ns; }
static inline stamp_t stamp_min(stamp_t a, stamp_t b) { return a.ns < b.ns ? a : b; }
static inline stamp_t stamp_max(stamp_t a, stamp_t b) { return a.ns > b.ns ? a : b; }

/* later - earlier, clamped instead of overflowing (hostile files state any time). */
stamp_t stamp_since(stamp_t earlier, stamp_t later);

/* seconds + fraction/per_second, clamped to +-292 years around 1970; per_second > 0. */
stamp_t stamp_make(uint64_t seconds, uint64_t fraction, uint64_t per_second);

/* "1596691224.595086000": UTC seconds with nine decimals. Returns to, which has STAMP_TEXT_SIZE bytes. */
char *stamp_print_seconds(char to[STAMP_TEXT_SIZE], stamp_t t);

/* "2020-08-06 05:20:24.595086 UTC"; digits: how many decimals, 0-9. Years outside 0-9999 print as seconds. */
char *stamp_print_utc(char to[STAMP_TEXT_SIZE], stamp_t t, int digits);

/* A moment as a person writes it: "2020-08-06", "2020-08-06T05:20", "2020-08-06 05:20:24.595Z" (UTC, ISO 8601; the zone
 * letter may be left out) or seconds since 1970 with up to nine decimals. False for anything else, other zones too. */
bool stamp_parse(const char *text, stamp_t *out);

/* A span in words: "850 us", "12.3 ms", "15.0 s", "4 min 12 s", "3 h 5 min". */
char *stamp_print_span(char to[STAMP_TEXT_SIZE], stamp_t span);

#endif
