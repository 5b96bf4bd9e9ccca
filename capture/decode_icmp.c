/* ICMP (RFC 792), ICMPv6 (RFC 4443) and the header that their errors quote. */
#include "capture/decode_internal.h"

enum {
  ICMP_TYPE_AND_CODE = 2,
  ICMP_ECHO_REPLY = 0,
  ICMP_ECHO_REQUEST = 8,
  ICMPV6_ECHO_REQUEST = 128,
  ICMPV6_ECHO_REPLY = 129,
  ICMP_SIGNED_PAYLOAD = 64,
};

static bool icmp_is_error(uint8_t type) { return type == 3 || type == 4 || type == 5 || type == 11 || type == 12; }
static bool icmpv6_is_error(uint8_t type) { return type >= 1 && type <= 4; }

/* Ports and sequence number of the quoted transport; RFC 792 guarantees the first eight octets only. */
static void quote_transport(struct packet_quote *q, struct bytes b) {
  const uint8_t *p = bytes_get(&b, 4);
  switch (q->proto) {
    case PROTO_TCP:
    case PROTO_UDP:
      if (!p) return;
      q->src_port = be16_at(p);
      q->dst_port = be16_at(p + 2);
      q->depth = 1;
      if (q->proto == PROTO_TCP && bytes_be32(&b, &q->seq)) q->depth = 2;
      return;
    case PROTO_ICMP:
    case PROTO_ICMPV6: {
      uint16_t id;
      bool echo = p && (p[0] == ICMP_ECHO_REQUEST || p[0] == ICMP_ECHO_REPLY || p[0] == ICMPV6_ECHO_REQUEST ||
                        p[0] == ICMPV6_ECHO_REPLY);
      if (!echo || !bytes_be16(&b, &id)) return;
      q->src_port = id;
      q->depth = 1;
      return;
    }
    default:
      return;
  }
}

static bool quote_ipv4(struct packet_quote *q, struct bytes b) {
  enum { FRAGMENT_OFFSET = 0x1fff };
  const uint8_t *p = b.at;
  if (bytes_left(&b) < 20 || p[0] >> 4 != 4 || (p[0] & 15) < 5) return false;
  q->src = p + 12;
  q->dst = p + 16;
  q->proto = p[9];
  q->ip_id = be16_at(p + 4);
  if (!(be16_at(p + 6) & FRAGMENT_OFFSET) && bytes_skip(&b, (p[0] & 15u) * 4)) quote_transport(q, b);
  return true;
}

static bool quote_ipv6(struct packet_quote *q, struct bytes b) {
  const uint8_t *p = bytes_get(&b, 40);
  if (!p || p[0] >> 4 != 6) return false;
  q->src = p + 8;
  q->dst = p + 24;
  bool whole;
  q->proto = ipv6_skip_extensions(p[6], &b, &whole);
  if (whole) quote_transport(q, b);
  return true;
}

static void icmp_emit(struct walk *w, const uint8_t *p, struct bytes b) {
  struct packet *packet = walk_packet(w);
  uint32_t payload_len = walk_wire_left(w, &b);
  size_t take = bytes_left(&b) < ICMP_SIGNED_PAYLOAD ? bytes_left(&b) : ICMP_SIGNED_PAYLOAD;
  packet->signature = signature_of(be64_at(p) ^ payload_len, b.at, take);
  packet->icmp_type = p[0];
  packet->icmp_code = p[1];
  packet->src_port = packet->dst_port = 0;
  packet->seq = packet->ack = 0;
  packet->window = 0;
  packet->tcp_flags = 0;
  walk_emit(w, b, payload_len);
}

void decode_icmp(struct walk *w, struct bytes b) {
  struct packet *packet = walk_packet(w);
  uint8_t scratch[HEADER_8];
  const uint8_t *p = walk_header_8(w, &b, ICMP_TYPE_AND_CODE, scratch);
  if (!p) return;
  packet->echo_id = p[0] == ICMP_ECHO_REQUEST || p[0] == ICMP_ECHO_REPLY ? be16_at(p + 4) : 0;
  if (icmp_is_error(p[0])) {
    packet->quote = (struct packet_quote){0};
    if (packet->family == 4 && quote_ipv4(&packet->quote, b)) packet->flags |= PACKET_QUOTE;
  }
  icmp_emit(w, p, b);
}

void decode_icmpv6(struct walk *w, struct bytes b) {
  struct packet *packet = walk_packet(w);
  uint8_t scratch[HEADER_8];
  const uint8_t *p = walk_header_8(w, &b, ICMP_TYPE_AND_CODE, scratch);
  if (!p) return;
  packet->echo_id = p[0] == ICMPV6_ECHO_REQUEST || p[0] == ICMPV6_ECHO_REPLY ? be16_at(p + 4) : 0;
  if (icmpv6_is_error(p[0])) {
    packet->quote = (struct packet_quote){0};
    if (packet->family == 6 && quote_ipv6(&packet->quote, b)) packet->flags |= PACKET_QUOTE;
  }
  neighbour_icmpv6(w, p[0], b);
  icmp_emit(w, p, b);
}
