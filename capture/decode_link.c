/* Link layers: what a frame starts with, by LINKTYPE_ value. A table: a new link type is a row and a function. */
#include <stddef.h>

#include "capture/decode_internal.h"
#include "capture/link.h"

/* LINKTYPE_NULL: the capturing host's address family in its byte order; LINKTYPE_LOOP: in network order. The number
 * for IPv6 differs between systems (Linux 10, NetBSD 24, FreeBSD 28, Darwin 30). Some programs put PPP or an EtherType
 * there instead. */
static void decode_loopback(struct walk *w, struct bytes b) {
  const uint8_t *p = b.at;
  if (!bytes_skip(&b, 4)) {
    walk_short(w);
    return;
  }
  uint32_t network = be32_at(p), host = le32_at(p);
  uint32_t family = network > 0xffff && host <= 0xffff ? host : network & 0xffff;
  switch (family) {
    case 2:
      decode_ipv4(w, b);
      break;
    case 10:
    case 24:
    case 28:
    case 30:
      decode_ipv6(w, b);
      break;
    default:
      if (network >> 16 == 0xff03)
        decode_ppp(w, (struct bytes){p, b.end});
      else if (family > ETHERTYPE_LENGTH_MAX)
        decode_ethertype(w, (uint16_t)family, b);
      else
        walk_count(w, DECODE_NOT_IP);
  }
}

/* The protocol field of Linux cooked headers: an EtherType, or below it a Linux ETH_P_ number of its own. */
static void decode_cooked_protocol(struct walk *w, uint16_t protocol, struct bytes b) {
  enum { ETH_P_802_2 = 4, ETH_P_MIN = 1536 };
  if (protocol == ETH_P_802_2)
    decode_llc(w, b);
  else if (protocol >= ETH_P_MIN)
    decode_ethertype(w, protocol, b);
  else
    walk_count(w, DECODE_NOT_IP);
}

/* The packet type of Linux cooked headers: 1 broadcast, 2 multicast. */
static void cooked_sender(struct walk *w, unsigned packet_type, unsigned address_len, const uint8_t *address) {
  if (packet_type == 1 || packet_type == 2) w->flags |= PACKET_LINK_BROADCAST;
  if (address_len == 6) w->src_mac = address;
}

/* LINKTYPE_LINUX_SLL: type, ARPHRD_, address length, address[8], protocol. */
static void decode_sll(struct walk *w, struct bytes b) {
  const uint8_t *p = bytes_get(&b, 16);
  if (!p) {
    walk_short(w);
    return;
  }
  cooked_sender(w, be16_at(p), be16_at(p + 4), p + 6);
  decode_cooked_protocol(w, be16_at(p + 14), b);
}

/* LINKTYPE_LINUX_SLL2: protocol, reserved, interface index, ARPHRD_, type, address length, address[8]. */
static void decode_sll2(struct walk *w, struct bytes b) {
  const uint8_t *p = bytes_get(&b, 20);
  if (!p) {
    walk_short(w);
    return;
  }
  cooked_sender(w, p[10], p[11], p + 12);
  decode_cooked_protocol(w, be16_at(p), b);
}

/* LINKTYPE_PFLOG: length (padded to 4 behind), address family of the logging system, action, ...; then IP. */
static void decode_pflog(struct walk *w, struct bytes b) {
  int len = bytes_peek(&b, 0);
  if (len > 0 && bytes_skip(&b, ((size_t)len + 3) / 4 * 4))
    decode_ip_any(w, b);
  else
    walk_short(w);
}

/* LINKTYPE_NFLOG: family, version, resource, then type-length-values in the capturing host's order, which is
 * little-endian here; the packet is one of them. */
static void decode_nflog(struct walk *w, struct bytes b) {
  enum { NFLOG_PAYLOAD = 9, TLV_HEADER = 4 };
  uint16_t len, type;
  if (!bytes_skip(&b, 4)) {
    walk_short(w);
    return;
  }
  while (bytes_le16(&b, &len) && bytes_le16(&b, &type) && len >= TLV_HEADER) {
    if (type == NFLOG_PAYLOAD) {
      walk_narrow(w, &b, len - TLV_HEADER);
      decode_ip_any(w, b);
      return;
    }
    if (!bytes_skip(&b, (len + 3u) / 4 * 4 - TLV_HEADER)) break;
  }
  walk_short(w);
}

/* Address of one to four octets of which the last has its low bit set; then a control octet and a protocol (RFC 2427),
 * or Cisco's EtherType. */
static void decode_frame_relay(struct walk *w, struct bytes b) {
  enum { CONTROL_UI = 0x03, NLPID_IPV4 = 0xcc, NLPID_IPV6 = 0x8e, NLPID_SNAP = 0x80 };
  uint8_t octet, protocol = 0;
  unsigned n = 0;
  do {
    if (!bytes_u8(&b, &octet)) {
      walk_short(w);
      return;
    }
  } while (!(octet & 1) && ++n < 4);
  if (bytes_peek(&b, 0) != CONTROL_UI) {
    uint16_t type;
    if (bytes_be16(&b, &type))
      decode_ethertype(w, type, b);
    else
      walk_short(w);
    return;
  }
  bytes_skip(&b, 1);
  while (bytes_u8(&b, &protocol) && protocol == 0) continue; /* padding */
  const uint8_t *p;
  switch (protocol) {
    case NLPID_IPV4:
      decode_ipv4(w, b);
      break;
    case NLPID_IPV6:
      decode_ipv6(w, b);
      break;
    case NLPID_SNAP:
      if ((p = bytes_get(&b, 5)))
        decode_ethertype(w, be16_at(p + 3), b);
      else
        walk_short(w);
      break;
    default:
      walk_count(w, DECODE_NOT_IP);
  }
}

/* IEEE 802.5: access and frame control, destination, source, routing information when the source's top bit is set. */
static void decode_token_ring(struct walk *w, struct bytes b) {
  enum { HEADER = 14, SOURCE = 8, ROUTED = 0x80 };
  const uint8_t *p = bytes_get(&b, HEADER);
  size_t route = p && p[SOURCE] & ROUTED && bytes_left(&b) ? b.at[0] & 0x1fu : 0;
  if (p && bytes_skip(&b, route))
    decode_llc(w, b);
  else
    walk_short(w);
}

/* Darwin's packet tap: its length, type and link type in little-endian words; any of ours may follow, but no such
 * wrapper again. */
static void decode_pktap(struct walk *w, struct bytes b) {
  const uint8_t *p = b.at;
  if (bytes_left(&b) < 12 || le32_at(p) < 12 || !bytes_skip(&b, le32_at(p)))
    walk_short(w);
  else
    decode_wrapped(w, le32_at(p + 8), b);
}

void decode_wrapped(struct walk *w, uint32_t link, struct bytes b) {
  bool wrapper = link > UINT16_MAX || link == LINK_PPI || link == LINK_PKTAP;
  walk_layer *layer = wrapper ? NULL : link_layer((uint16_t)link);
  if (layer)
    layer(w, b);
  else
    walk_count(w, DECODE_LINK);
}

/* Link types that are a header of fixed size before something known. */
static void skip_to(struct walk *w, struct bytes b, size_t size, walk_layer *next) {
  if (bytes_skip(&b, size))
    next(w, b);
  else
    walk_short(w);
}
static void decode_fddi(struct walk *w, struct bytes b) { skip_to(w, b, 13, decode_llc); }
static void decode_ip_over_fc(struct walk *w, struct bytes b) { skip_to(w, b, 16, decode_llc); }
static void decode_enc(struct walk *w, struct bytes b) { skip_to(w, b, 12, decode_ip_any); }
static void decode_ipnet(struct walk *w, struct bytes b) { skip_to(w, b, 24, decode_ip_any); }
static void decode_firewire(struct walk *w, struct bytes b) { skip_to(w, b, 14, decode_chdlc); } /* type at 16 */

static const struct {
  uint16_t link;
  walk_layer *decode;
} links[] = {
    {LINK_ETHERNET, decode_ethernet},
    {LINK_NULL, decode_loopback},
    {LINK_LOOP, decode_loopback},
    {LINK_RAW_BSD, decode_ip_any},
    {LINK_RAW_OPENBSD, decode_ip_any},
    {LINK_RAW, decode_ip_any},
    {LINK_IPV4, decode_ipv4},
    {LINK_IPV6, decode_ipv6},
    {LINK_LINUX_SLL, decode_sll},
    {LINK_LINUX_SLL2, decode_sll2},
    {LINK_PPP, decode_serial},
    {LINK_PPP_HDLC, decode_serial},
    {LINK_PPP_ETHER, decode_pppoe},
    {LINK_C_HDLC, decode_chdlc},
    {LINK_MPLS, decode_mpls},
    {LINK_IEEE802_11, decode_wlan},
    {LINK_RADIOTAP, decode_radiotap},
    {LINK_PRISM, decode_prism},
    {LINK_AVS, decode_prism},
    {LINK_PPI, decode_ppi},
    {LINK_PFLOG, decode_pflog},
    {LINK_NFLOG, decode_nflog},
    {LINK_PKTAP, decode_pktap},
    {LINK_ENC, decode_enc},
    {LINK_IPNET, decode_ipnet},
    {LINK_FRELAY, decode_frame_relay},
    {LINK_TOKEN_RING, decode_token_ring},
    {LINK_FDDI, decode_fddi},
    {LINK_ATM_RFC1483, decode_llc},
    {LINK_IP_OVER_FC, decode_ip_over_fc},
    {LINK_FIREWIRE, decode_firewire},
};

walk_layer *link_layer(uint16_t link) {
  for (size_t i = 0; i < sizeof links / sizeof *links; i++)
    if (links[i].link == link) return links[i].decode;
  return NULL;
}
