/* Prefix-preserving addresses, after Xu, Fan, Ammar and Moon, "Prefix-Preserving IP Address Anonymization" (2002): bit
 * i of the result is bit i of the address, flipped or not by a keyed function of the bits before it. Two addresses
 * share as many leading bits afterwards as before, and no more can be learned.
 *
 * Ours differs in two ways. The leading bits that say what kind of address it is stay (the old classes of IPv4, the
 * first octet of IPv6), so that a host never becomes a group. And an ordinary address that would become a special one
 * is replaced again until it is ordinary. */
#include <string.h>

#include "report/anonymise_internal.h"

enum { V6_KEPT_BITS = 8, LINK_LOCAL_BITS = 64, SOLICITED_BITS = 104 };

/* The bits that tell an IPv4 address's class: 0, 10, 110; groups do not come here. */
static unsigned class_bits(uint8_t first) { return first < 128 ? 1 : first < 192 ? 2 : 3; }

static bool is_link_local(const struct address *a) {
  if (a->family == 6) return a->octet[0] == 0xfe && (a->octet[1] & 0xc0) == 0x80;
  return a->octet[0] == 169 && a->octet[1] == 254;
}

/* ff02::1:ffXX:XXXX, the group made of the last bits of a host's address (RFC 4291 2.7.1). */
static bool is_solicited(const struct address *a) {
  static const uint8_t prefix[13] = {0xff, 0x02, [11] = 1, [12] = 0xff};
  return a->family == 6 && memcmp(a->octet, prefix, sizeof prefix) == 0;
}

static unsigned kept_bits(const struct address *a) {
  if (is_solicited(a)) return SOLICITED_BITS;
  if (is_link_local(a)) return a->family == 6 ? LINK_LOCAL_BITS : 16;
  return a->family == 6 ? V6_KEPT_BITS : class_bits(a->octet[0]);
}

/* The keyed bit for the first n bits of the address: those bits, filled up with the pad, encrypted. */
static unsigned flip(const struct anonymiser *a, const struct address *address, unsigned n) {
  uint8_t block[CIPHER_BLOCK];
  for (unsigned i = 0; i < CIPHER_BLOCK; i++) {
    unsigned known = n > 8 * i ? n - 8 * i : 0;
    uint8_t mask = known >= 8 ? 0xff : (uint8_t) ~(0xff >> known);
    block[i] = (uint8_t)((address->octet[i] & mask) | (a->pad[i] & (uint8_t)~mask));
  }
  cipher_block(a->cipher, block, block);
  return block[0] >> 7;
}

static struct address replace(const struct anonymiser *a, const struct address *address, unsigned kept) {
  struct address to = *address;
  unsigned bits = address->family == 6 ? 128 : 32;
  for (unsigned i = kept; i < bits; i++) to.octet[i / 8] ^= (uint8_t)(flip(a, address, i) << (7 - i % 8));
  return to;
}

struct address anonymise_address(const struct anonymiser *a, const struct address *address) {
  bool group = address_is_multicast(address) && !is_solicited(address);
  bool special = address_is_special(address) && !is_link_local(address);
  if (!address_known(address) || group || special) return *address;
  /* With as many bits kept each time: one that became link-local and kept the bits of such would stay so for ever. */
  const unsigned kept = kept_bits(address);
  struct address to = replace(a, address, kept);
  while (!is_solicited(address) && (address_is_multicast(&to) || address_is_special(&to) != is_link_local(address)))
    to = replace(a, &to, kept);
  return to;
}
