/* Ethernet and what an EtherType leads to, LLC and SNAP, and the headers that switches put around or in front of a
 * frame.
 *
 * A table: a new EtherType is a row and a function. Lengths that a header states are applied at once, so that padding
 * never reaches the layers above. */
#include <stddef.h>

#include "capture/decode_internal.h"

enum {
  ETHERTYPE_IPV4 = 0x0800,
  ETHERTYPE_IPV6 = 0x86dd,
  ETHERTYPE_VLAN = 0x8100,
  ETHERTYPE_BRIDGED = 0x6558, /* transparent Ethernet bridging: a whole frame */
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

/* What is in front of a whole frame inside a switched fabric, and leaves no trace either. */
static void skip_outer(struct walk *w, struct bytes b, size_t size) {
  if (bytes_skip(&b, size))
    decode_ethertype(w, ETHERTYPE_BRIDGED, b);
  else
    walk_short(w);
}

/* RFC 6325 3: version 2, reserved 2, multicast 1, option words 5, hops 6, then both ends of the way. */
static void decode_trill(struct walk *w, struct bytes b) {
  uint16_t flags;
  if (bytes_be16(&b, &flags))
    skip_outer(w, b, 4 + (flags >> 6 & 0x1fu) * 4);
  else
    walk_short(w);
}

/* RFC 8300 2.2: the length in words is six bits of the second octet, the next protocol the fourth octet. */
void decode_nsh(struct walk *w, struct bytes b) {
  enum { NSH_IPV4 = 1, NSH_IPV6 = 2, NSH_ETHERNET = 3, NSH_MPLS = 5 };
  const uint8_t *p = b.at;
  if (bytes_left(&b) < 8 || (p[1] & 0x3f) < 2 || !bytes_skip(&b, (p[1] & 0x3fu) * 4)) {
    walk_short(w);
    return;
  }
  switch (p[3]) {
    case NSH_IPV4:
      decode_ethertype(w, ETHERTYPE_IPV4, b);
      break;
    case NSH_IPV6:
      decode_ethertype(w, ETHERTYPE_IPV6, b);
      break;
    case NSH_ETHERNET:
      decode_ethertype(w, ETHERTYPE_BRIDGED, b);
      break;
    case NSH_MPLS:
      decode_mpls(w, b);
      break;
    default:
      walk_count(w, DECODE_NOT_IP);
  }
}

static void decode_fabric_path(struct walk *w, struct bytes b) { skip_outer(w, b, 2); }  /* Cisco FabricPath */
static void decode_hsr(struct walk *w, struct bytes b) { skip_tag(w, b, 6); }            /* IEC 62439-3 5 */
static void decode_vntag(struct walk *w, struct bytes b) { skip_tag(w, b, 6); }          /* Cisco VN-Tag */
static void decode_etag(struct walk *w, struct bytes b) { skip_tag(w, b, 8); }           /* IEEE 802.1BR */
static void decode_cisco_metadata(struct walk *w, struct bytes b) { skip_tag(w, b, 8); } /* Cisco MetaData */

static const struct {
  uint16_t type;
  walk_layer *decode;
} ethertypes[] = {
    {ETHERTYPE_IPV4, decode_ipv4},
    {ETHERTYPE_IPV6, decode_ipv6},
    {ETHERTYPE_VLAN, decode_vlan},
    {0x88a8, decode_vlan}, /* 802.1ad service tag */
    {0x9100, decode_vlan}, /* QinQ before 802.1ad */
    {0x9200, decode_vlan},
    {0x0806, decode_arp},
    {ETHERTYPE_BRIDGED, decode_ethernet},
    {0x8847, decode_mpls}, /* unicast */
    {0x8848, decode_mpls}, /* multicast, or upstream-assigned label (RFC 5332) */
    {0x8864, decode_pppoe},
    {0x88e7, decode_pbb},
    {0x8926, decode_vntag},
    {0x893f, decode_etag},
    {0x8909, decode_cisco_metadata},
    {0x892f, decode_hsr},
    {0x8903, decode_fabric_path},
    {0x22f3, decode_trill},
    {0x894f, decode_nsh},
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
  if (type == ETHERTYPE_IPV4) { /* nearly all there is */
    decode_ipv4(w, b);
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
