/* What address resolution says about hosts: ARP (RFC 826) and IPv6 neighbour discovery (RFC 4861). A host that
 * answers is up, whatever its firewall does; a question that gets no answer is a sign of a missing host. */
#include "capture/decode_internal.h"

enum {
  ARP_SIZE = 28, /* Ethernet and IPv4 */
  ARP_REQUEST = 1,
  ARP_REPLY = 2,
  ND_SOLICITATION = 135,
  ND_ADVERTISEMENT = 136,
};

void neighbour_arp(struct walk *w, struct bytes b) {
  static const uint8_t ipv4_over_48_bits[] = {0x08, 0x00, 6, 4}; /* protocol type, address lengths */
  const uint8_t *p = bytes_get(&b, ARP_SIZE);
  if (!p || memcmp(p + 2, ipv4_over_48_bits, sizeof ipv4_over_48_bits) != 0) return;
  uint16_t operation = be16_at(p + 6);
  if (operation != ARP_REQUEST && operation != ARP_REPLY) return;
  const uint8_t *sender = p + 14, *asked = p + 24;
  bool announced = memcmp(sender, asked, 4) == 0; /* gratuitous ARP: a request about oneself (RFC 5227 3) */
  bool answer = operation == ARP_REPLY || announced;
  *w->neighbour =
      (struct neighbour){.family = 4, .answer = answer, .sender = sender, .target = answer ? sender : asked};
}

void neighbour_icmpv6(struct walk *w, uint8_t type, struct bytes body) {
  if (type != ND_SOLICITATION && type != ND_ADVERTISEMENT) return;
  const uint8_t *target = bytes_get(&body, 16);
  if (!target) return;
  *w->neighbour = (struct neighbour){
      .family = 6, .answer = type == ND_ADVERTISEMENT, .sender = walk_packet(w)->src, .target = target};
}
