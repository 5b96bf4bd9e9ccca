#include "util/stamp.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/digits.h"

enum { NS = 1000000000 };

stamp_t stamp_since(stamp_t earlier, stamp_t later) {
  int64_t span;
  if (__builtin_sub_overflow(later.ns, earlier.ns, &span)) span = later.ns > earlier.ns ? INT64_MAX : INT64_MIN + 1;
  return (stamp_t){span};
}

stamp_t stamp_make(uint64_t seconds, uint64_t fraction, uint64_t per_second) {
  const uint64_t most = INT64_MAX / NS - 1;
  if (fraction >= per_second) {
    uint64_t carried = fraction / per_second;
    if (__builtin_add_overflow(seconds, carried, &seconds)) seconds = most;
    fraction %= per_second;
  }
  if (seconds > most) seconds = most;
  uint64_t ns = (uint64_t)((unsigned __int128)fraction * NS / per_second);
  return (stamp_t){(int64_t)(seconds * NS + ns)};
}

/* Splits into whole seconds (rounded down) and 0..999999999 nanoseconds. */
static int64_t split(stamp_t t, int64_t *ns_out) {
  int64_t s = t.ns / NS, ns = t.ns % NS;
  if (ns < 0) ns += NS, s--;
  *ns_out = ns;
  return s;
}

char *stamp_print_seconds(char to[STAMP_TEXT_SIZE], stamp_t t) {
  const uint64_t magnitude = t.ns < 0 ? 0 - (uint64_t)t.ns : (uint64_t)t.ns;
  char text[STAMP_TEXT_SIZE], *end = text + sizeof text, *at = end;
  *--at = '\0';
  at = digits_nine_before(at, (uint32_t)(magnitude % NS));
  *--at = '.';
  at = digits_before(at, magnitude / NS);
  if (t.ns < 0) *--at = '-';
  return memcpy(to, at, (size_t)(end - at));
}

char *stamp_print_utc(char to[STAMP_TEXT_SIZE], stamp_t t, int digits) {
  int64_t ns, s = split(t, &ns), days = s / 86400, rest = s % 86400;
  if (rest < 0) rest += 86400, days--;
  /* Gregorian date from a day count: eras of 400 years, years that begin on 1 March. */
  int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
  int64_t doe = z - era * 146097, yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
  int day = (int)(doy - (153 * mp + 2) / 5 + 1), month = (int)(mp < 10 ? mp + 3 : mp - 9);
  int64_t year = yoe + era * 400 + (month <= 2);
  int n = snprintf(to, STAMP_TEXT_SIZE, "%04d-%02d-%02d %02d:%02d:%02d", (int)year, month, day, (int)(rest / 3600),
                   (int)(rest / 60 % 60), (int)(rest % 60));
  if (digits > 0) {
    char fraction[10];
    snprintf(fraction, sizeof fraction, "%09d", (int)ns);
    n += snprintf(to + n, STAMP_TEXT_SIZE - (size_t)n, ".%.*s", digits > 9 ? 9 : digits, fraction);
  }
  snprintf(to + n, STAMP_TEXT_SIZE - (size_t)n, " UTC");
  return to;
}

/* Exactly width digits at *at, past which it moves; at most most. */
static bool digits_take(const char **at, int width, int64_t most, int64_t *value_out) {
  int64_t value = 0;
  for (int i = 0; i < width; i++) {
    if (!isdigit((unsigned char)(*at)[i])) return false;
    value = value * 10 + ((*at)[i] - '0');
  }
  if (value > most) return false;
  *at += width;
  *value_out = value;
  return true;
}

static bool char_take(const char **at, const char *any_of) {
  if (!**at || !strchr(any_of, **at)) return false;
  (*at)++;
  return true;
}

/* ".595" and the like, as nanoseconds; nothing is zero. */
static bool fraction_take(const char **at, int64_t *ns_out) {
  int64_t ns = 0, unit = NS;
  if (char_take(at, ".")) {
    if (!isdigit((unsigned char)**at)) return false;
    for (; isdigit((unsigned char)**at); (*at)++) {
      if (unit == 1) return false;
      unit /= 10;
      ns += (**at - '0') * unit;
    }
  }
  *ns_out = ns;
  return true;
}

static int64_t days_in_month(int64_t year, int64_t month) {
  static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[month - 1] + (month == 2 && leap);
}

/* The inverse of the calculation in stamp_print_utc. */
static int64_t days_since_1970(int64_t year, int64_t month, int64_t day) {
  int64_t y = year - (month <= 2), era = y / 400, yoe = y - era * 400;
  int64_t doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static bool parse_date(const char *at, stamp_t *out) {
  int64_t year, month, day, hour = 0, minute = 0, second = 0, ns = 0;
  if (!digits_take(&at, 4, 2261, &year) || year < 1678 || !char_take(&at, "-")) return false;
  if (!digits_take(&at, 2, 12, &month) || month < 1 || !char_take(&at, "-")) return false;
  if (!digits_take(&at, 2, days_in_month(year, month), &day) || day < 1) return false;
  if (char_take(&at, "T ")) {
    if (!digits_take(&at, 2, 23, &hour) || !char_take(&at, ":") || !digits_take(&at, 2, 59, &minute)) return false;
    if (char_take(&at, ":") && (!digits_take(&at, 2, 59, &second) || !fraction_take(&at, &ns))) return false;
  }
  char_take(&at, "Z");
  if (*at) return false;
  int64_t s = days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  *out = (stamp_t){s * NS + ns};
  return true;
}

bool stamp_parse(const char *text, stamp_t *out) {
  if (parse_date(text, out)) return true;
  const int64_t most = INT64_MAX / NS - 1;
  int64_t s = 0, ns;
  const char *at = text;
  if (!isdigit((unsigned char)*at)) return false;
  for (; isdigit((unsigned char)*at); at++) {
    s = s * 10 + (*at - '0');
    if (s > most) return false;
  }
  if (!fraction_take(&at, &ns) || *at) return false;
  *out = (stamp_t){s * NS + ns};
  return true;
}

char *stamp_print_span(char to[STAMP_TEXT_SIZE], stamp_t span) {
  const char *sign = span.ns < 0 ? "-" : "";
  double s = stamp_s(span);
  if (s < 0) s = -s;
  int64_t whole = (int64_t)(s + 0.5);
  if (s < 1e-3)
    snprintf(to, STAMP_TEXT_SIZE, "%s%.0f us", sign, s * 1e6);
  else if (s < 1)
    snprintf(to, STAMP_TEXT_SIZE, "%s%.1f ms", sign, s * 1e3);
  else if (whole < 100)
    snprintf(to, STAMP_TEXT_SIZE, "%s%.1f s", sign, s);
  else if (whole < 7200)
    snprintf(to, STAMP_TEXT_SIZE, "%s%" PRId64 " min %" PRId64 " s", sign, whole / 60, whole % 60);
  else
    snprintf(to, STAMP_TEXT_SIZE, "%s%" PRId64 " h %" PRId64 " min", sign, whole / 3600, whole / 60 % 60);
  return to;
}
