/* Base64 (RFC 4648 4) as it stands in header lines. */
#ifndef WW_UTIL_BASE64_H
#define WW_UTIL_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "util/bytes.h"

/* Decodes the front of text up to its padding, its end or the first character that is none of the alphabet, as far as
 * size goes. Returns the octets written. */
size_t base64_decode(struct bytes text, uint8_t *to, size_t size);

#endif
