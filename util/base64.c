/* Six bits a character, collected until there are eight. */
#include "util/base64.h"

static int value_of(uint8_t c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

size_t base64_decode(struct bytes text, uint8_t *to, size_t size) {
  size_t n = 0;
  uint32_t bits = 0;
  unsigned have = 0;
  uint8_t c;
  int value;
  while (n < size && bytes_u8(&text, &c) && (value = value_of(c)) >= 0) {
    bits = (bits << 6 | (uint32_t)value) & 0xfff;
    have += 6;
    if (have < 8) continue;
    have -= 8;
    to[n++] = (uint8_t)(bits >> have);
  }
  return n;
}
