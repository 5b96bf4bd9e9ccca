/* IPv4 (RFC 791) and IPv6 (RFC 8200) with their extension headers, and what the protocol number leads to.
 *
 * Fragments go to the reassembler; the datagram goes on from the frame that completes it. Lengths are as on the wire:
 * a frame cut by the snap length still tells the whole payload length; Ethernet padding is left behind. */
#include <stddef.h>

#include "capture/decode_internal.h"
#include "capture/link.h"
#include "util/hash.h"

enum {
  IPV4_HEADER = 20,
  IPV6_HEADER = 40,
  FRAGMENT_MORE = 0x2000,
  FRAGMENT_OFFSET = 0x1fff,
  FRAGMENT_UNIT = 8,
  FRAGMENT_HEADER = 8,
  PROTO_FRAGMENT = 44, /* IPv6 fragment header */
  PROTO_AH = 51,
};

static void ip_payload(struct walk *w, uint8_t proto, struct bytes b);

static const struct {
  uint8_t proto;
  walk_layer *decode;
} protocols[] = {
    {PROTO_ICMP, decode_icmp},       {PROTO_ICMPV6, decode_icmpv6}, {PROTO_GRE, decode_gre}, {PROTO_IPIP, decode_ipip},
    {PROTO_IPV6, decode_ipv6_in_ip}, {97, decode_etherip},          {137, decode_mpls}, /* MPLS in IP (RFC 4023) */
};

/* Headers between IPv6 (AH: also IPv4) and the transport: next header, then a length in units. */
static const struct {
  uint8_t proto, unit, add; /* size = (length octet + add) * unit */
} extensions[] = {
    {0, 8, 1},        /* hop-by-hop options */
    {43, 8, 1},       /* routing */
    {60, 8, 1},       /* destination options */
    {PROTO_AH, 4, 2}, /* authentication (RFC 4302) */
    {135, 8, 1},      /* mobility (RFC 6275) */
    {139, 8, 1},      /* host identity (RFC 7401) */
    {140, 8, 1},      /* shim6 (RFC 5533) */
};

static bool extension_size(uint8_t proto, unsigned len_octet, size_t *size_out) {
  for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
    if (extensions[i].proto != proto) continue;
    *size_out = (len_octet + extensions[i].add) * (size_t)extensions[i].unit;
    return true;
  }
  return false;
}

uint8_t ipv6_skip_extensions(uint8_t proto, struct bytes *b, bool *start_out) {
  size_t size;
  *start_out = true;
  while (proto == PROTO_FRAGMENT || extension_size(proto, (unsigned)bytes_peek(b, 1), &size)) {
    if (proto == PROTO_FRAGMENT) size = FRAGMENT_HEADER;
    const uint8_t *p = bytes_left(b) < 2 ? NULL : bytes_get(b, size);
    bool later = p && proto == PROTO_FRAGMENT && be16_at(p + 2) >= FRAGMENT_UNIT;
    if (p) proto = p[0];
    if (!p || later) {
      *start_out = false;
      break;
    }
  }
  return proto;
}

/* A fragment: kept, or with the last one the whole datagram. One that the snap length cut can never be put together;
 * if it is the first it still shows its ports and stands for the datagram. */
static void ip_fragment(struct walk *w, struct fragment *f, struct bytes b) {
  w->fragmented = true;
  if (w->missing) {
    w->d->cut_fragments++;
    if (f->offset) return;
    w->first_piece = true;
    ip_payload(w, f->proto, b);
    return;
  }
  f->data = b;
  f->time = w->frame->time;
  struct bytes whole;
  uint8_t proto;
  int done = defrag_add(w->d->defrag, f, &whole, &proto);
  if (done != 1) return;
  w->d->borrowed = true;
  ip_payload(w, proto, whole);
}

/* RFC 8200 4.5. False: the chain of headers ends here. */
static bool ipv6_fragment(struct walk *w, uint8_t *proto, struct bytes *b) {
  const uint8_t *p = bytes_get(b, FRAGMENT_HEADER);
  if (!p) {
    walk_short(w);
    return false;
  }
  struct packet *packet = walk_packet(w);
  struct fragment f = {.src = packet->src,
                       .dst = packet->dst,
                       .id = be32_at(p + 4),
                       .family = 6,
                       .proto = p[0],
                       .offset = be16_at(p + 2) & 0xfff8u,
                       .more = p[3] & 1};
  packet->ip_id = (uint16_t)f.id;
  packet->flags &= (uint16_t)~PACKET_NO_IP_ID;
  if (f.offset || f.more) {
    ip_fragment(w, &f, *b);
    return false;
  }
  *proto = p[0]; /* an atomic fragment (RFC 6946) is whole */
  return true;
}

/* Passes the extension headers and hands the transport on. */
static void ip_payload(struct walk *w, uint8_t proto, struct bytes b) {
  size_t size;
  while (proto != PROTO_TCP && proto != PROTO_UDP) {
    if (proto == PROTO_FRAGMENT && walk_packet(w)->family == 6) {
      if (!ipv6_fragment(w, &proto, &b)) return;
      continue;
    }
    if (!extension_size(proto, (unsigned)bytes_peek(&b, 1), &size)) break;
    const uint8_t *p = bytes_left(&b) < 2 ? NULL : bytes_get(&b, size);
    if (!p) {
      walk_short(w);
      return;
    }
    proto = p[0];
  }
  walk_packet(w)->proto = proto;
  if (proto == PROTO_TCP) { /* these two are nearly all there is */
    decode_tcp(w, b);
    return;
  }
  if (proto == PROTO_UDP) {
    decode_udp(w, b);
    return;
  }
  for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
    if (protocols[i].proto == proto) {
      protocols[i].decode(w, b);
      return;
    }
  }
  walk_count(w, DECODE_PROTOCOL);
}

/* The slot for the next packet, with the flags its IP header begins with; NULL (counted) when a frame nests more. */
static struct packet *ip_slot(struct walk *w) {
  if (w->n == PACKETS_PER_FRAME_MAX) {
    walk_count(w, DECODE_DEPTH);
    return NULL;
  }
  struct packet *packet = walk_packet(w);
  packet->flags = w->flags;
  return packet;
}

/* Narrows to the length the IP header states for the whole packet (counted from header). */
static void ip_length(struct walk *w, struct packet *packet, struct bytes *b, uint32_t len) {
  walk_narrow(w, b, len);
  if (w->missing) packet->flags |= PACKET_TRUNCATED;
  if (len > ETHERNET_IP_MAX && w->frame->link == LINK_ETHERNET) packet->flags |= PACKET_OVERSIZE;
}

void decode_ipv4(struct walk *w, struct bytes b) {
  struct packet *packet = ip_slot(w);
  if (!packet) return;
  const uint8_t *p = b.at;
  size_t left = bytes_left(&b), header = left ? (p[0] & 15u) * 4 : 0;
  if (left < IPV4_HEADER || left < header) {
    walk_short(w);
    return;
  }
  uint32_t len = be16_at(p + 2);
  if (len == 0) {
    len = walk_wire_left(w, &b);
    if (len > FRAME_LEN_MAX) len = FRAME_LEN_MAX;
    packet->flags |= PACKET_ZERO_LENGTH;
  }
  if (p[0] >> 4 != 4 || header < IPV4_HEADER || len < header) {
    walk_count(w, DECODE_MALFORMED);
    return;
  }
  ip_length(w, packet, &b, len);
  bytes_skip(&b, header);
  packet->family = 4;
  packet->ttl = p[8];
  packet->ip_id = be16_at(p + 4);
  packet->src = p + 12;
  packet->dst = p + 16;
  packet->src_id = be32_at(p + 12);
  packet->dst_id = be32_at(p + 16);
  unsigned fragment = be16_at(p + 6);
  if (fragment & (FRAGMENT_MORE | FRAGMENT_OFFSET)) {
    struct fragment f = {.src = packet->src,
                         .dst = packet->dst,
                         .id = packet->ip_id,
                         .family = 4,
                         .proto = p[9],
                         .offset = (fragment & FRAGMENT_OFFSET) * FRAGMENT_UNIT,
                         .more = fragment & FRAGMENT_MORE};
    ip_fragment(w, &f, b);
    return;
  }
  ip_payload(w, p[9], b);
}

void decode_ipv6(struct walk *w, struct bytes b) {
  struct packet *packet = ip_slot(w);
  if (!packet) return;
  const uint8_t *p = bytes_get(&b, IPV6_HEADER);
  if (!p) {
    walk_short(w);
    return;
  }
  if (p[0] >> 4 != 6) {
    walk_count(w, DECODE_MALFORMED);
    return;
  }
  uint32_t len = be16_at(p + 4);
  if (len == 0) { /* a jumbogram (RFC 2675) or segmentation offload; without payload the two are the same */
    len = walk_wire_left(w, &b);
    if (len > FRAME_LEN_MAX) len = FRAME_LEN_MAX;
    packet->flags |= PACKET_ZERO_LENGTH;
  }
  ip_length(w, packet, &b, len);
  packet->flags |= PACKET_NO_IP_ID;
  packet->family = 6;
  packet->ttl = p[7];
  packet->ip_id = 0;
  packet->src = p + 8;
  packet->dst = p + 24;
  packet->src_id = hash_octets(p + 8);
  packet->dst_id = hash_octets(p + 24);
  ip_payload(w, p[6], b);
}

void decode_ip_any(struct walk *w, struct bytes b) {
  int version = bytes_peek(&b, 0) >> 4;
  if (version == 4)
    decode_ipv4(w, b);
  else if (version == 6)
    decode_ipv6(w, b);
  else
    walk_count(w, DECODE_NOT_IP);
}
