/* Text of Windows protocols: UTF-16 in little-endian order, made clean UTF-8 (util/text.h). */
#ifndef WW_UTIL_UTF16_H
#define WW_UTIL_UTF16_H

#include <stddef.h>

#include "util/bytes.h"

/* Writes the clean form of all of from to to[size], always ends it with NUL, never splits a character; a NUL in the text
 * ends it, half surrogates become U+FFFD, an odd last octet is left out. Returns the length; size is at least 1. */
size_t utf16_clean(char *to, size_t size, struct bytes from);

#endif
