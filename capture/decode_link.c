/* Link layers: what a frame starts with, by LINKTYPE_ value, and what an EtherType leads to.
 *
 * Both are tables: a new link type or EtherType is a row and a function. Lengths that a link header states are
 * applied at once, so that padding never reaches the layers above. */
#include <stddef.h>

#include "capture/decode_internal.h"
#include "capture/link.h"

enum {
  ETHERTYPE_IPV4 = 0x0800,
  ETHERTYPE_IPV6 = 0x86dd,
  ETHERTYPE_VLAN = 0x8100,
  ETHERTYPE_LENGTH_MAX = 1500, /* up to here it is a length (IEEE 802.3 3.2.6) */
  VLAN_ID_MASK = 0x0fff,
  LLC_SNAP_SIZE = 8,
  ETHERTYPES_MAX = 24, /* in one frame: tags that leave no trace in encap must not nest without end */
};

/* IEEE 802.1Q 9.6: priority and identifier, then the type of what is tagged. */
static void decode_vlan(struct walk *w, struct bytes b) {
  const uint8_t *p = bytes_get(&b, 4);
  if (!p) {
    walk_short(w);
    return;
  }
  if (walk_push(w, ENCAP_VLAN, be16_at(p) & VLAN_ID_MASK)) decode_ethertype(w, be16_at(p + 2), b);
}

static void decode_arp(struct walk *w, struct bytes b) {
  walk_count(w, DECODE_NOT_IP);
  neighbour_arp(w, b);
}

/* Tags that switches put in front of the real type and that say nothing about the packet. */
static void skip_tag(struct walk *w, struct bytes b, size_t size) {
  const uint8_t *p = bytes_get(&b, size);
  if (p)
    decode_ethertype(w, be16_at(p + size - 2), b);
  else
    walk_short(w);
}
static void decode_vntag(struct walk *w, struct bytes b) { skip_tag(w, b, 6); }          /* Cisco VN-Tag */
static void decode_etag(struct walk *w, struct bytes b) { skip_tag(w, b, 8); }           /* IEEE 802.1BR */
static void decode_cisco_metadata(struct walk *w, struct bytes b) { skip_tag(w, b, 8); } /* Cisco MetaData */

static const struct {
  uint16_t type;
  walk_layer *decode;
} ethertypes[] = {
    {ETHERTYPE_IPV4, decode_ipv4},   {ETHERTYPE_IPV6, decode_ipv6},
    {ETHERTYPE_VLAN, decode_vlan},   {0x88a8, decode_vlan}, /* 802.1ad service tag */
    {0x9100, decode_vlan},                                  /* QinQ before 802.1ad */
    {0x9200, decode_vlan},           {0x0806, decode_arp},
    {0x6558, decode_ethernet}, /* transparent Ethernet bridging */
    {0x8847, decode_mpls},     /* unicast */
    {0x8848, decode_mpls},     /* multicast, or upstream-assigned label (RFC 5332) */
    {0x8864, decode_pppoe},          {0x88e7, decode_pbb},
    {0x8926, decode_vntag},          {0x893f, decode_etag},
    {0x8909, decode_cisco_metadata},
};

bool ethertype_known(uint16_t type) {
  for (size_t i = 0; i < sizeof ethertypes / sizeof *ethertypes; i++)
    if (ethertypes[i].type == type) return true;
  return false;
}

void decode_ethertype(struct walk *w, uint16_t type, struct bytes b) {
  if (w->n_types == ETHERTYPES_MAX) {
    walk_count(w, DECODE_DEPTH);
    return;
  }
  w->n_types++;
  if (type <= ETHERTYPE_LENGTH_MAX) {
    walk_narrow(w, &b, type);
    decode_llc(w, b);
    return;
  }
  for (size_t i = 0; i < sizeof ethertypes / sizeof *ethertypes; i++) {
    if (ethertypes[i].type == type) {
      ethertypes[i].decode(w, b);
      return;
    }
  }
  walk_count(w, DECODE_NOT_IP);
}

/* IEEE 802.2 with SNAP (RFC 1042) in front of an EtherType, or IP straight on its own service access point. */
void decode_llc(struct walk *w, struct bytes b) {
  static const uint8_t snap[] = {0xaa, 0xaa, 0x03, 0, 0, 0}, snap_bridge[] = {0xaa, 0xaa, 0x03, 0, 0, 0xf8};
  static const uint8_t ip_sap[] = {0x06, 0x06, 0x03};
  if (bytes_left(&b) >= LLC_SNAP_SIZE &&
      (memcmp(b.at, snap, sizeof snap) == 0 || memcmp(b.at, snap_bridge, sizeof snap_bridge) == 0)) {
    const uint8_t *p = bytes_get(&b, LLC_SNAP_SIZE);
    uint16_t type = be16_at(p + 6);
    if (type > ETHERTYPE_LENGTH_MAX) {
      decode_ethertype(w, type, b);
      return;
    }
  } else if (bytes_left(&b) >= sizeof ip_sap && memcmp(b.at, ip_sap, sizeof ip_sap) == 0) {
    bytes_skip(&b, sizeof ip_sap);
    decode_ipv4(w, b);
    return;
  }
  walk_count(w, DECODE_NOT_IP);
}

void decode_ethernet(struct walk *w, struct bytes b) {
  const uint8_t *p = bytes_get(&b, 14);
  if (!p) {
    walk_short(w);
    return;
  }
  w->src_mac = p + 6;
  w->flags = (uint16_t)((w->flags & ~PACKET_LINK_BROADCAST) | (p[0] & 1 ? PACKET_LINK_BROADCAST : 0));
  decode_ethertype(w, be16_at(p + 12), b);
}

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

static const struct {
  uint16_t link;
  walk_layer *decode;
} links[] = {
    {LINK_ETHERNET, decode_ethernet},  {LINK_NULL, decode_loopback},
    {LINK_LOOP, decode_loopback},      {LINK_RAW_BSD, decode_ip_any},
    {LINK_RAW_OPENBSD, decode_ip_any}, {LINK_RAW, decode_ip_any},
    {LINK_IPV4, decode_ipv4},          {LINK_IPV6, decode_ipv6},
    {LINK_LINUX_SLL, decode_sll},      {LINK_LINUX_SLL2, decode_sll2},
    {LINK_PPP, decode_serial},         {LINK_PPP_HDLC, decode_serial},
    {LINK_PPP_ETHER, decode_pppoe},    {LINK_C_HDLC, decode_chdlc},
    {LINK_MPLS, decode_mpls},          {LINK_IEEE802_11, decode_wlan},
    {LINK_RADIOTAP, decode_radiotap},  {LINK_PRISM, decode_prism},
    {LINK_AVS, decode_prism},          {LINK_PPI, decode_ppi},
    {LINK_PFLOG, decode_pflog},        {LINK_NFLOG, decode_nflog},
};

walk_layer *link_layer(uint16_t link) {
  for (size_t i = 0; i < sizeof links / sizeof *links; i++)
    if (links[i].link == link) return links[i].decode;
  return NULL;
}
