/* Headers that carry a whole packet or frame of another kind, other than over UDP: MPLS, PPP, PPPoE, GRE, ERSPAN,
 * 802.1ah, IP in IP, EtherIP.
 *
 * Only the innermost packet counts: the outer IP header of a GRE or IP-in-IP tunnel leaves no packet of its own, as
 * there is no service at its end that a rule could speak of. */
#include <stddef.h>

#include "capture/decode_internal.h"

enum {
  GRE_CHECKSUM = 0x8000,
  GRE_ROUTING = 0x4000,
  GRE_KEY = 0x2000,
  GRE_SEQUENCE = 0x1000,
  GRE_ACK = 0x0080, /* version 1 only */
  GRE_VERSION = 0x0007,
  GRE_PPP = 0x880b,
  GRE_ERSPAN = 0x88be, /* I and II */
  GRE_ERSPAN_III = 0x22eb,
  GRE_WCCP = 0x883e,
  PPP_IPV4 = 0x0021,
  PPP_IPV6 = 0x0057,
  PPP_MPLS = 0x0281,
};

/* Whether an Ethernet header is at hand whose type we know: what MPLS carries names itself nowhere. */
static bool looks_like_ethernet(const struct bytes *b) {
  const uint8_t *p = b->at;
  return bytes_left(b) >= 14 && !(p[6] & 1) && ethertype_known(be16_at(p + 12));
}

/* Whether IPv4 or IPv6 is at hand, with lengths that fit. */
static bool looks_like_ip(const struct walk *w, const struct bytes *b) {
  const uint8_t *p = b->at;
  uint32_t wire = walk_wire_left(w, b);
  if (bytes_left(b) >= 40 && p[0] >> 4 == 6) return be16_at(p + 4) + 40u <= wire;
  return bytes_left(b) >= 20 && p[0] >> 4 == 4 && (p[0] & 15) >= 5 && be16_at(p + 2) >= 20 && be16_at(p + 2) <= wire;
}

/* What stands behind the label stack. An Ethernet pseudowire (RFC 4448) may start with a control word of which the
 * first four bits are 0; without it the first octets are a MAC address, which can look like an IP version. */
static void mpls_payload(struct walk *w, struct bytes b) {
  struct bytes behind_word = b;
  bool has_word = bytes_left(&b) >= 4 && b.at[0] >> 4 == 0 && bytes_skip(&behind_word, 4);
  if (looks_like_ip(w, &b))
    decode_ip_any(w, b);
  else if (has_word && looks_like_ethernet(&behind_word))
    decode_ethernet(w, behind_word);
  else if (looks_like_ethernet(&b))
    decode_ethernet(w, b);
  else
    decode_ip_any(w, b);
}

/* RFC 3032: label 20 bits, traffic class 3, bottom of stack 1, time to live 8. */
void decode_mpls(struct walk *w, struct bytes b) {
  uint32_t entry;
  do {
    if (!bytes_be32(&b, &entry)) {
      walk_short(w);
      return;
    }
    if (!walk_push(w, ENCAP_MPLS, entry >> 12)) return;
  } while (!(entry & 0x100));
  mpls_payload(w, b);
}

/* RFC 1661 with the optional address and control octets and protocol field compression (the low bit ends the field). */
void decode_ppp(struct walk *w, struct bytes b) {
  if (bytes_peek(&b, 0) == 0xff && bytes_peek(&b, 1) == 0x03) bytes_skip(&b, 2);
  uint8_t high, low = 0;
  if (!bytes_u8(&b, &high) || (!(high & 1) && !bytes_u8(&b, &low))) {
    walk_short(w);
    return;
  }
  switch (high & 1 ? high : high << 8 | low) {
    case PPP_IPV4:
      decode_ipv4(w, b);
      break;
    case PPP_IPV6:
      decode_ipv6(w, b);
      break;
    case PPP_MPLS:
      decode_mpls(w, b);
      break;
    default:
      walk_count(w, DECODE_NOT_IP);
  }
}

/* Cisco HDLC: address, control 0, EtherType. */
void decode_chdlc(struct walk *w, struct bytes b) {
  const uint8_t *p = bytes_get(&b, 4);
  if (p)
    decode_ethertype(w, be16_at(p + 2), b);
  else
    walk_short(w);
}

/* A serial line: PPP, or Cisco HDLC with its address octet for unicast or broadcast. */
void decode_serial(struct walk *w, struct bytes b) {
  int address = bytes_peek(&b, 0);
  if ((address == 0x0f || address == 0x8f) && bytes_peek(&b, 1) == 0)
    decode_chdlc(w, b);
  else
    decode_ppp(w, b);
}

/* RFC 2516 4: version and type 1, code 0 = session data, session, length. */
void decode_pppoe(struct walk *w, struct bytes b) {
  const uint8_t *p = bytes_get(&b, 6);
  if (!p) {
    walk_short(w);
    return;
  }
  if (p[0] != 0x11 || p[1] != 0) {
    walk_count(w, DECODE_NOT_IP);
    return;
  }
  walk_narrow(w, &b, be16_at(p + 4));
  if (walk_push(w, ENCAP_PPPOE, be16_at(p + 2))) decode_ppp(w, b);
}

/* IEEE 802.1Q 9.7: flags and service identifier, then the customer's frame. */
void decode_pbb(struct walk *w, struct bytes b) {
  uint32_t tag;
  if (!bytes_be32(&b, &tag))
    walk_short(w);
  else if (walk_push(w, ENCAP_PBB, tag & 0xffffff))
    decode_ethernet(w, b);
}

/* ERSPAN I has no header of its own and no GRE sequence number; II has 8 octets:
 * version 4, VLAN 12 | class 3, encapsulation 2, truncated 1, session 10 | reserved 12, index 20. */
static void decode_erspan(struct walk *w, bool sequenced, struct bytes b) {
  const uint8_t *p = sequenced ? bytes_get(&b, 8) : NULL;
  if (sequenced && !p)
    walk_short(w);
  else if (walk_push(w, ENCAP_ERSPAN, p ? be16_at(p + 2) & 0x3ff : 0))
    decode_ethernet(w, b);
}

/* ERSPAN III: 12 octets that begin as II does; the last two are P 1, frame type 5, hardware 6, D 1, Gra 2, O 1.
 * O announces 8 octets more; frame type 0 is Ethernet, 2 is IP. */
static void decode_erspan_iii(struct walk *w, struct bytes b) {
  const uint8_t *p = bytes_get(&b, 12);
  if (!p || ((p[11] & 1) && !bytes_skip(&b, 8))) {
    walk_short(w);
    return;
  }
  if (!walk_push(w, ENCAP_ERSPAN, be16_at(p + 2) & 0x3ff)) return;
  switch (be16_at(p + 10) >> 10 & 0x1f) {
    case 0:
      decode_ethernet(w, b);
      break;
    case 2:
      decode_ip_any(w, b);
      break;
    default:
      walk_count(w, DECODE_NOT_IP);
  }
}

/* Source routes (RFC 1701): entries of family 2, offset 1, length 1, and that many octets; length 0 ends them. */
static bool skip_source_routes(struct bytes *b) {
  const uint8_t *entry;
  do {
    entry = bytes_get(b, 4);
    if (!entry || !bytes_skip(b, entry[3])) return false;
  } while (entry[3]);
  return true;
}

/* The fields that the flags announce; false when they do not fit. *key_out: the key, 0 without one. */
static bool gre_fields(struct bytes *b, unsigned flags, uint32_t *key_out) {
  *key_out = 0;
  if (flags & (GRE_CHECKSUM | GRE_ROUTING) && !bytes_skip(b, 4)) return false;
  if (flags & GRE_KEY && !bytes_be32(b, key_out)) return false;
  if (flags & GRE_SEQUENCE && !bytes_skip(b, 4)) return false;
  if (flags & GRE_VERSION && flags & GRE_ACK && !bytes_skip(b, 4)) return false;
  return !(flags & GRE_ROUTING) || skip_source_routes(b);
}

/* WCCPv2 puts 4 octets in front of the redirected IPv4 packet, version 1 did not. */
static void decode_wccp(struct walk *w, struct bytes b) {
  if (bytes_peek(&b, 0) >> 4 != 4) bytes_skip(&b, 4);
  decode_ipv4(w, b);
}

/* RFC 2784 with the key and sequence number of RFC 2890; version 1 is PPTP's (RFC 2637), whose key is the payload
 * length and the call. */
void decode_gre(struct walk *w, struct bytes b) {
  const uint8_t *p = bytes_get(&b, 4);
  uint32_t key;
  if (!p || !gre_fields(&b, be16_at(p), &key)) {
    walk_short(w);
    return;
  }
  unsigned flags = be16_at(p), type = be16_at(p + 2), version = flags & GRE_VERSION;
  if (version > 1) {
    walk_count(w, DECODE_MALFORMED);
    return;
  }
  if (version == 1) {
    walk_narrow(w, &b, key >> 16);
    key &= 0xffff;
  }
  if (version == 1 && !(flags & GRE_SEQUENCE)) { /* an acknowledgement alone */
    walk_count(w, DECODE_PROTOCOL);
    return;
  }
  if (!walk_push(w, ENCAP_GRE, key)) return;
  switch (type) {
    case GRE_PPP:
      if (walk_push(w, ENCAP_PPP, 0)) decode_ppp(w, b);
      break;
    case GRE_ERSPAN:
      decode_erspan(w, flags & GRE_SEQUENCE, b);
      break;
    case GRE_ERSPAN_III:
      decode_erspan_iii(w, b);
      break;
    case GRE_WCCP:
      decode_wccp(w, b);
      break;
    default:
      decode_ethertype(w, (uint16_t)type, b);
  }
}

/* RFC 2003 (protocol 4), RFC 2473 in IPv6. */
void decode_ipip(struct walk *w, struct bytes b) {
  if (walk_push(w, ENCAP_IPIP, 0)) decode_ipv4(w, b);
}

/* RFC 4213 in IPv4 ("6in4"), RFC 2473 in IPv6 (protocol 41). */
void decode_ipv6_in_ip(struct walk *w, struct bytes b) {
  bool in_ipv4 = walk_packet(w)->family == 4;
  if (walk_push(w, in_ipv4 ? ENCAP_6IN4 : ENCAP_IPIP, 0)) decode_ipv6(w, b);
}

/* RFC 3378: version 3 and reserved bits, then an Ethernet frame. */
void decode_etherip(struct walk *w, struct bytes b) {
  const uint8_t *p = bytes_get(&b, 2);
  if (!p)
    walk_short(w);
  else if (p[0] >> 4 != 3)
    walk_count(w, DECODE_MALFORMED);
  else if (walk_push(w, ENCAP_ETHERIP, 0))
    decode_ethernet(w, b);
}
