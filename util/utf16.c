#include "util/utf16.h"

#include "util/text.h"

enum { REPLACEMENT = 0xfffd };

/* The next code point (RFC 2781 2.2). False at the end of the text. */
static bool next_code(struct bytes *b, uint32_t *code_out) {
  uint16_t unit, low;
  if (!bytes_le16(b, &unit) || unit == 0) return false;
  uint32_t code = unit;
  if (unit >= 0xd800 && unit <= 0xdfff) {
    struct bytes ahead = *b;
    bool pair = unit <= 0xdbff && bytes_le16(&ahead, &low) && low >= 0xdc00 && low <= 0xdfff;
    code = pair ? 0x10000u + ((uint32_t)(unit & 0x3ff) << 10) + (low & 0x3ff) : REPLACEMENT;
    if (pair) *b = ahead;
  }
  *code_out = code;
  return true;
}

static size_t utf8_put(char to[4], uint32_t c) {
  if (c < 0x80) {
    to[0] = (char)c;
    return 1;
  }
  size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
  for (size_t i = n - 1; i > 0; i--, c >>= 6) to[i] = (char)(0x80 | (c & 0x3f));
  to[0] = (char)(lead[n] | c);
  return n;
}

size_t utf16_clean(char *to, size_t size, struct bytes from) {
  size_t at = 0;
  uint32_t code;
  to[0] = 0;
  while (next_code(&from, &code)) {
    char raw[4], clean[8];
    size_t n = text_clean(clean, sizeof clean, raw, utf8_put(raw, code));
    if (at + n + 1 > size) break;
    memcpy(to + at, clean, n + 1);
    at += n;
  }
  return at;
}
