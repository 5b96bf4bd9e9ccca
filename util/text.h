/* Text from strangers, made harmless: host names, file names, comments, policy texts.
 *
 * Clean text is valid UTF-8 without control characters (C0, C1, DEL), line and paragraph separators and
 * bidirectional controls; each offending byte or character becomes U+FFFD or '?'. Clean text can go to a
 * terminal or into any report format, which still applies its own escaping. */
#ifndef WW_UTIL_TEXT_H
#define WW_UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the clean form of from[0..len) into to[size], always ends it with NUL, never splits a character.
 * Returns the length written, without the NUL; size must be at least 1. */
size_t text_clean(char *to, size_t size, const char *from, size_t len);

/* Puts more behind the text of length at in to[size], as much of it as fits, and a NUL; the new length. At less than
 * size. */
size_t text_put(char *to, size_t size, size_t at, const char *more);

/* How many bytes s begins with that are printable ASCII: quickly. */
size_t text_plain_length(const char *s, size_t len);

/* Bytes of the UTF-8 character that s starts with (RFC 3629); 0: none, or cut off. */
size_t text_utf8_length(const char *s, size_t len);

/* Columns that valid UTF-8 takes on a terminal: combining marks none, East Asian wide characters and emoji two. */
size_t text_width(const char *s, size_t len);

/* True when the whole string is already clean. */
bool text_is_clean(const char *s, size_t len);

/* Smallest number of single-character edits (Damerau) between two names; used to suggest the nearest known one. */
size_t text_distance(const char *a, const char *b);

/* The nearest of the names offered so far, for "did you mean". Start with {.wanted = what was written}; best stays NULL
 * while nothing is near enough to be a slip of the pen. Borrows the names. */
struct text_nearest {
  const char *wanted, *best;
  size_t distance;
};
void text_nearest_offer(struct text_nearest *n, const char *candidate);

#endif
