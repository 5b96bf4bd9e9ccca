#include "util/text.h"

#include <stdint.h>
#include <string.h>

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Length of the valid UTF-8 character at s (RFC 3629 section 4), 0 if none; the code point in *code_out. */
static size_t utf8_char(const unsigned char *s, size_t left, uint32_t *code_out) {
  static const struct {
    unsigned char mask, lead;
    uint32_t least;
  } form[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
  for (size_t n = 0; n < 4; n++) {
    if ((s[0] & form[n].mask) != form[n].lead) continue;
    if (n + 1 > left) return 0;
    uint32_t code = s[0] & (unsigned char)~form[n].mask;
    for (size_t i = 1; i <= n; i++) {
      if ((s[i] & 0xc0) != 0x80) return 0;
      code = code << 6 | (s[i] & 0x3f);
    }
    if (code < form[n].least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return 0;
    *code_out = code;
    return n + 1;
  }
  return 0;
}

size_t text_utf8_length(const char *s, size_t len) {
  uint32_t code;
  return len ? utf8_char((const unsigned char *)s, len, &code) : 0;
}

static size_t code_width(uint32_t c) {
  static const struct {
    uint32_t first, last;
    size_t width;
  } ranges[] = {{0x0300, 0x036f, 0}, {0x1100, 0x115f, 2},   {0x2e80, 0xa4cf, 2},  {0xac00, 0xd7a3, 2},
                {0xf900, 0xfaff, 2}, {0xfe00, 0xfe0f, 0},   {0xfe30, 0xfe6f, 2},  {0xff00, 0xff60, 2},
                {0xffe0, 0xffe6, 2}, {0x1f300, 0x1faff, 2}, {0x20000, 0x3fffd, 2}};
  for (size_t i = 0; c >= 0x300 && i < sizeof ranges / sizeof *ranges; i++)
    if (c >= ranges[i].first && c <= ranges[i].last) return ranges[i].width;
  return 1;
}

size_t text_width(const char *s, size_t len) {
  size_t width = 0;
  for (size_t i = 0; i < len;) {
    uint32_t code = ' ';
    size_t n = utf8_char((const unsigned char *)s + i, len - i, &code);
    width += code_width(code);
    i += n ? n : 1;
  }
  return width;
}

static bool harmful(uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) /* C0, DEL, C1 */
         || (c >= 0x200b && c <= 0x200f)      /* zero width, LRM, RLM */
         || (c >= 0x2028 && c <= 0x202e)      /* separators, embeddings and overrides */
         || (c >= 0x2060 && c <= 0x206f)      /* invisible operators, isolates */
         || c == 0x061c || c == 0xfeff || (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef) ||
         (c >= 0xe0000 && c <= 0xe007f); /* tags */
}

size_t text_put(char *to, size_t size, size_t at, const char *more) {
  const size_t len = strlen(more), room = size - 1 - at, fits = len < room ? len : room;
  memcpy(to + at, more, fits);
  to[at + fits] = '\0';
  return at + fits;
}

size_t text_plain_length(const char *s, size_t len) {
  const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
  size_t at = 0;
  for (uint64_t w; len - at >= sizeof w; at += sizeof w) {
    memcpy(&w, s + at, sizeof w);
    /* A top bit: not ASCII. Above 0x7e a sum of 1 sets it; below 0x20 a difference of 0x20 does (or a borrow, which
     * only such a byte starts). */
    if ((w | (w + ones) | (w - ones * 0x20)) & tops) break;
  }
  while (at < len && s[at] >= 0x20 && s[at] < 0x7f) at++;
  return at;
}

size_t text_clean(char *to, size_t size, const char *from, size_t len) {
  const unsigned char *s = (const unsigned char *)from;
  size_t at = text_plain_length(from, least(len, size - 1));
  memcpy(to, from, at);
  for (size_t i = at; i < len;) {
    uint32_t code = 0;
    size_t n = utf8_char(s + i, len - i, &code);
    bool bad = n == 0 || harmful(code);
    const char *piece = bad ? (n == 1 ? "?" : "\xef\xbf\xbd") : from + i;
    size_t piece_len = bad ? strlen(piece) : n;
    if (at + piece_len + 1 > size) break;
    memcpy(to + at, piece, piece_len);
    at += piece_len;
    i += n ? n : 1;
  }
  to[at] = '\0';
  return at;
}

bool text_is_clean(const char *str, size_t len) {
  const unsigned char *s = (const unsigned char *)str;
  for (size_t i = 0; i < len;) {
    uint32_t code = 0;
    size_t n = utf8_char(s + i, len - i, &code);
    if (!n || harmful(code)) return false;
    i += n;
  }
  return true;
}

size_t text_distance(const char *a, const char *b) {
  enum { LONGEST = 63 };
  size_t rows[3][LONGEST + 1], na = least(strlen(a), LONGEST), nb = least(strlen(b), LONGEST);
  for (size_t j = 0; j <= nb; j++) rows[0][j] = j;
  for (size_t i = 1; i <= na; i++) {
    size_t *row = rows[i % 3], *up = rows[(i - 1) % 3], *up2 = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= nb; j++) {
      size_t cost = a[i - 1] != b[j - 1];
      row[j] = least(least(row[j - 1], up[j]) + 1, up[j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = least(row[j], up2[j - 2] + 1);
    }
  }
  return rows[na % 3][nb];
}

void text_nearest_offer(struct text_nearest *n, const char *candidate) {
  size_t distance = text_distance(n->wanted, candidate), len = strlen(n->wanted);
  if (distance > 1 + len / 4 || distance >= len) return;
  if (n->best && distance >= n->distance) return;
  n->best = candidate;
  n->distance = distance;
}
