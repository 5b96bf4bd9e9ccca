/* Tunnels over UDP: the datagram is a packet of its own (its port is a service a rule can speak of) and brings an
 * inner one. A port number proves nothing, so each header is checked as strictly as its specification allows; what does
 * not decode down to an inner packet is an ordinary datagram, and what went wrong inside it is not counted. */
#include <stddef.h>

#include "capture/decode_internal.h"

/* A narrowing that must fit: a length that reaches past the datagram says it is something else. */
static bool narrow_exactly(struct walk *w, struct bytes *b, uint32_t len) {
  if (len > walk_wire_left(w, b)) return false;
  walk_narrow(w, b, len);
  return true;
}

/* RFC 7348 5: flags, reserved 24, network identifier 24, reserved 8. The group policy extension uses flag 0x80, bits
 * 0x48 of the second octet and the next two. */
static void decode_vxlan(struct walk *w, struct bytes b) {
  enum { FLAG_IDENTIFIER = 0x08, FLAG_POLICY = 0x80, POLICY_BITS = 0x48 };
  const uint8_t *p = bytes_get(&b, 8);
  if (!p || (p[0] & ~FLAG_POLICY) != FLAG_IDENTIFIER || p[7] != 0) return;
  bool policy = p[0] & FLAG_POLICY;
  if (policy ? p[1] & ~POLICY_BITS : p[1] | p[2] | p[3]) return;
  if (walk_push(w, ENCAP_VXLAN, be32_at(p + 4) >> 8)) decode_ethernet(w, b);
}

/* Generic protocol extension (draft-ietf-nvo3-vxlan-gpe): flag 0x04 announces the next protocol in the fourth octet. */
static void decode_vxlan_gpe(struct walk *w, struct bytes b) {
  enum { FLAGS = 0x0c, GPE_IPV4 = 1, GPE_IPV6 = 2, GPE_ETHERNET = 3, GPE_NSH = 4 };
  const uint8_t *p = bytes_get(&b, 8);
  if (!p || p[0] != FLAGS || p[1] | p[2] | p[7] || !walk_push(w, ENCAP_VXLAN, be32_at(p + 4) >> 8)) return;
  switch (p[3]) {
    case GPE_IPV4:
      decode_ipv4(w, b);
      break;
    case GPE_IPV6:
      decode_ipv6(w, b);
      break;
    case GPE_ETHERNET:
      decode_ethernet(w, b);
      break;
    default:
      break;
  }
}

/* RFC 8926 3.4: version 2 bits, option words 6 | O, C, reserved 6 | protocol 16 | identifier 24, reserved 8. */
static void decode_geneve(struct walk *w, struct bytes b) {
  const uint8_t *p = bytes_get(&b, 8);
  if (!p || p[0] >> 6 || p[1] & 0x3f || p[7] || !bytes_skip(&b, (p[0] & 0x3fu) * 4)) return;
  if (walk_push(w, ENCAP_GENEVE, be32_at(p + 4) >> 8)) decode_ethertype(w, be16_at(p + 2), b);
}

/* RFC 4380 5.1.1: an authentication header (0x0001), an origin (0x0000), both optional, then IPv6. */
static void decode_teredo(struct walk *w, struct bytes b) {
  if (bytes_peek(&b, 0) == 0 && bytes_peek(&b, 1) == 1) {
    const uint8_t *p = bytes_get(&b, 4);
    if (!p || !bytes_skip(&b, p[2] + (size_t)p[3] + 9)) return; /* client, authentication value, nonce, confirmation */
  }
  if (bytes_peek(&b, 0) == 0 && bytes_peek(&b, 1) == 0 && !bytes_skip(&b, 8)) return;
  const uint8_t *p = b.at;
  if (bytes_left(&b) < 40 || p[0] >> 4 != 6 || !narrow_exactly(w, &b, be16_at(p + 4) + 40u)) return;
  if (walk_push(w, ENCAP_TEREDO, 0)) decode_ipv6(w, b);
}

/* 3GPP TS 29.281 5: version 1, protocol type 1, flags E S PN | type | length | tunnel endpoint. Any flag brings 4
 * octets more; E a chain of extensions whose first octet is their length in words and last the next type. */
static void decode_gtpu(struct walk *w, struct bytes b) {
  enum { VERSION_1 = 0x30, VERSION_MASK = 0xf8, ANY_FLAG = 0x07, FLAG_EXTENSION = 0x04, G_PDU = 0xff };
  const uint8_t *p = bytes_get(&b, 8);
  if (!p || (p[0] & VERSION_MASK) != VERSION_1 || p[1] != G_PDU || !narrow_exactly(w, &b, be16_at(p + 2))) return;
  if (p[0] & ANY_FLAG) {
    const uint8_t *more = bytes_get(&b, 4);
    if (!more) return;
    uint8_t next = p[0] & FLAG_EXTENSION ? more[3] : 0;
    while (next) {
      int words = bytes_peek(&b, 0);
      const uint8_t *extension = words > 0 ? bytes_get(&b, (size_t)words * 4) : NULL;
      if (!extension) return;
      next = extension[words * 4 - 1];
    }
  }
  if (walk_push(w, ENCAP_GTPU, be32_at(p + 4))) decode_ip_any(w, b);
}

/* RFC 2661 3.1, data messages: flags and version | length, with L | tunnel | session | Ns, Nr, with S | offset, with O;
 * then PPP. */
static void decode_l2tp(struct walk *w, struct bytes b) {
  enum {
    TYPE_CONTROL = 0x8000,
    LENGTH = 0x4000,
    SEQUENCE = 0x0800,
    OFFSET = 0x0200,
    RESERVED = 0x34f0,
    VERSION = 0x000f
  };
  uint16_t flags, len = 0, tunnel, session, offset = 0;
  uint32_t wire = walk_wire_left(w, &b);
  if (!bytes_be16(&b, &flags) || flags & (TYPE_CONTROL | RESERVED) || (flags & VERSION) != 2) return;
  if (flags & LENGTH && (!bytes_be16(&b, &len) || len < 8 || len > wire)) return;
  if (!bytes_be16(&b, &tunnel) || !bytes_be16(&b, &session)) return;
  if (flags & SEQUENCE && !bytes_skip(&b, 4)) return;
  if (flags & OFFSET && (!bytes_be16(&b, &offset) || !bytes_skip(&b, offset))) return;
  if (walk_push(w, ENCAP_L2TP, session) && walk_push(w, ENCAP_PPP, 0)) decode_ppp(w, b);
}

/* RFC 5415 4.3, data channel without DTLS: version and type 0 | length in words 5, radio 5, binding 5, T 1 | F, L, W,
 * M, K, reserved 3 | fragment 16, offset 13, reserved 3. T: an 802.11 frame (RFC 5416), else an Ethernet one. */
static void decode_capwap(struct walk *w, struct bytes b) {
  enum { BINDING_802_11 = 1, FRAGMENT_OR_KEEP_ALIVE = 0x88, RESERVED = 0x07 };
  const uint8_t *p = b.at;
  if (bytes_left(&b) < 8 || p[0] || p[3] & (FRAGMENT_OR_KEEP_ALIVE | RESERVED) || p[4] | p[5] | p[6] | p[7]) return;
  size_t header = (size_t)(p[1] >> 3) * 4;
  bool native = p[2] & 1;
  if (header < 8 || (native && (p[2] >> 1 & 0x1f) != BINDING_802_11) || !bytes_skip(&b, header)) return;
  if (!walk_push(w, ENCAP_CAPWAP, 0)) return;
  if (native)
    decode_wlan_swapped(w, b);
  else
    decode_ethernet(w, b);
}

static const struct {
  uint16_t port;
  bool both_ways; /* answers come from the port */
  walk_layer *decode;
} tunnels[] = {
    {1701, true, decode_l2tp},    {2152, true, decode_gtpu},   {3544, true, decode_teredo},
    {5247, true, decode_capwap},  {4789, false, decode_vxlan}, {4790, false, decode_vxlan_gpe},
    {6081, false, decode_geneve}, {8472, false, decode_vxlan}, /* Linux's first default */
};

walk_layer *udp_tunnel_layer(uint16_t src_port, uint16_t dst_port) {
  for (size_t i = 0; i < sizeof tunnels / sizeof *tunnels; i++)
    if (dst_port == tunnels[i].port || (tunnels[i].both_ways && src_port == tunnels[i].port)) return tunnels[i].decode;
  return NULL;
}

void decode_udp_tunnel(struct walk *w, walk_layer *layer, struct bytes b) {
  uint64_t count[DECODE_COUNT];
  memcpy(count, w->d->count, sizeof count);
  uint8_t carrier = (uint8_t)(w->n - 1);
  layer(w, b);
  if (w->n > carrier + 1)
    w->out[carrier].flags |= PACKET_CARRIER;
  else
    memcpy(w->d->count, count, sizeof count);
}
