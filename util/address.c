#include "util/address.h"

#include <arpa/inet.h>
#include <stdio.h>

static size_t width(const struct address *a) { return a->family == 6 ? 16 : 4; }

int address_compare(const struct address *a, const struct address *b) {
  if (a->family != b->family) return a->family < b->family ? -1 : 1;
  return memcmp(a->octet, b->octet, sizeof a->octet);
}

int address_order(const void *a, const void *b) { return address_compare(a, b); }

bool address_next(struct address *a) {
  struct address up = *a;
  for (size_t i = width(a); i-- > 0;) {
    if (++up.octet[i] == 0) continue;
    *a = up;
    return true;
  }
  return false;
}

bool address_parse(const char *text, size_t len, struct address *out) {
  char copy[ADDRESS_TEXT_SIZE];
  if (len == 0 || len >= sizeof copy || memchr(text, '\0', len)) return false;
  memcpy(copy, text, len);
  copy[len] = '\0';
  struct address a = {.family = memchr(text, ':', len) ? 6 : 4};
  if (inet_pton(a.family == 6 ? AF_INET6 : AF_INET, copy, a.octet) != 1) return false;
  *out = a;
  return true;
}

/* The longest run of at least two zero groups (the first of equals), as [start, start + length). */
static int zero_run(const uint16_t group[8], int *length_out) {
  int best = -1, best_len = 1;
  for (int i = 0; i < 8;) {
    int j = i;
    while (j < 8 && group[j] == 0) j++;
    if (j - i > best_len) best = i, best_len = j - i;
    i = j > i ? j : i + 1;
  }
  *length_out = best < 0 ? 0 : best_len;
  return best;
}

static char *put_decimal(char *at, unsigned v) {
  if (v >= 100) *at++ = (char)('0' + v / 100);
  if (v >= 10) *at++ = (char)('0' + v / 10 % 10);
  *at++ = (char)('0' + v % 10);
  return at;
}

static char *put_dotted(char *at, const uint8_t *o) {
  for (int i = 0; i < 4; i++) {
    if (i) *at++ = '.';
    at = put_decimal(at, o[i]);
  }
  return at;
}

static void print_v6(char *to, const uint8_t *o) {
  static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
  if (memcmp(o, mapped, sizeof mapped) == 0) {
    char *at = to + sprintf(to, "::ffff:");
    *put_dotted(at, o + 12) = '\0';
    return;
  }
  uint16_t group[8];
  for (int i = 0; i < 8; i++) group[i] = (uint16_t)(o[2 * i] << 8 | o[2 * i + 1]);
  int run_len, run = zero_run(group, &run_len);
  char *at = to;
  for (int i = 0; i < 8;) {
    if (i == run) {
      at += sprintf(at, "::");
      i += run_len;
      continue;
    }
    if (i && i != run + run_len)
      *at++ = ':';
    else if (i && run < 0)
      *at++ = ':';
    at += sprintf(at, "%x", group[i++]);
  }
  *at = '\0';
}

char *address_print(char to[ADDRESS_TEXT_SIZE], const struct address *a) {
  if (a->family == 4)
    *put_dotted(to, a->octet) = '\0';
  else if (a->family == 6)
    print_v6(to, a->octet);
  else
    memcpy(to, "-", 2);
  return to;
}

bool address_is_multicast(const struct address *a) {
  static const uint8_t everyone[4] = {255, 255, 255, 255};
  if (a->family == 6) return a->octet[0] == 0xff;
  return a->family == 4 && ((a->octet[0] & 0xf0) == 0xe0 || memcmp(a->octet, everyone, 4) == 0);
}

bool address_is_special(const struct address *a) {
  static const uint8_t zero[16];
  static const uint8_t loopback[16] = {[15] = 1};
  const uint8_t *o = a->octet;
  if (a->family == 6)
    return memcmp(o, zero, 16) == 0 || memcmp(o, loopback, 16) == 0 || (o[0] == 0xfe && (o[1] & 0xc0) == 0x80);
  return a->family != 4 || o[0] == 0 || o[0] == 127 || (o[0] == 169 && o[1] == 254);
}
