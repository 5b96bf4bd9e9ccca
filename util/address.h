/* An IPv4 or IPv6 address as a small value; the inside is touched only here. */
#ifndef WW_UTIL_ADDRESS_H
#define WW_UTIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct address {
  uint8_t octet[16]; /* network order; IPv4 uses the first four, the rest is zero */
  uint8_t family;    /* 4, 6, or 0 = no address */
};
_Static_assert(sizeof(struct address) == 17, "addresses are compared and copied as 17 bytes");

enum { ADDRESS_TEXT_SIZE = 46 };

/* From raw octets of a packet: 4 or 16 of them by family. */
static inline struct address address_make(uint8_t family, const uint8_t *octets) {
  struct address a = {.family = family};
  memcpy(a.octet, octets, family == 6 ? 16 : 4);
  return a;
}
static inline struct address address_from_v4(uint32_t host_order) {
  struct address a = {.octet = {(uint8_t)(host_order >> 24), (uint8_t)(host_order >> 16), (uint8_t)(host_order >> 8),
                                (uint8_t)host_order},
                      .family = 4};
  return a;
}

static inline bool address_known(const struct address *a) { return a->family != 0; }
static inline bool address_equal(const struct address *a, const struct address *b) {
  return memcmp(a, b, sizeof *a) == 0;
}

/* Order: IPv4 before IPv6, then numeric. <0, 0, >0. */
int address_compare(const struct address *a, const struct address *b);

/* The same for qsort and bsearch, over addresses or things that begin with one. */
int address_order(const void *a, const void *b);

/* The next higher address of the family; false (and *a unchanged) at the end of the family. */
bool address_next(struct address *a);

/* IPv4 and IPv6 numeric text only (RFC 4291 2.2); no names, no zone. */
bool address_parse(const char *text, size_t len, struct address *out);

/* Canonical text (RFC 5952). Returns to. No address prints as "-". */
char *address_print(char to[ADDRESS_TEXT_SIZE], const struct address *a);

/* Multicast, or the IPv4 limited broadcast 255.255.255.255. */
bool address_is_multicast(const struct address *a);

/* 0.0.0.0, ::, loopback, link-local: never a host that a site file should list. */
bool address_is_special(const struct address *a);

#endif
