/* A frame is made anew, so that nothing can be in it that was not put there: no link header, no options, no tunnels, no
 * payload. Lengths are those of the packet; the bytes after the headers are counted and left out. */
#include <string.h>

#include "capture/packet.h"
#include "report/anonymise_internal.h"

enum { V4_HEADER = 20, V6_HEADER = 40, TCP_HEADER = 20, UDP_HEADER = 8, ICMP_HEADER = 8, QUOTED = 8 };

static void put16(uint8_t *to, uint32_t v) {
  to[0] = (uint8_t)(v >> 8);
  to[1] = (uint8_t)v;
}

static void put32(uint8_t *to, uint32_t v) {
  put16(to, v >> 16);
  put16(to + 2, v);
}

/* The Internet checksum (RFC 1071), continued from sum. */
static uint32_t add_sum(uint32_t sum, const uint8_t *bytes, size_t len) {
  for (size_t i = 0; i + 1 < len; i += 2) sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
  if (len % 2) sum += (uint32_t)bytes[len - 1] << 8;
  return sum;
}

static uint16_t fold(uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

struct ends {
  struct address src, dst;
};

/* The IP header for payload_len bytes of proto; returns its length. */
static size_t put_ip(uint8_t *to, const struct ends *e, uint8_t proto, uint8_t ttl, uint16_t id, uint32_t payload_len) {
  if (e->src.family == 6) {
    memset(to, 0, V6_HEADER);
    to[0] = 0x60;
    put16(to + 4, payload_len < 0xffff ? payload_len : 0xffff);
    to[6] = proto;
    to[7] = ttl;
    memcpy(to + 8, e->src.octet, 16);
    memcpy(to + 24, e->dst.octet, 16);
    return V6_HEADER;
  }
  uint32_t total = payload_len + V4_HEADER;
  memset(to, 0, V4_HEADER);
  to[0] = 0x45;
  put16(to + 2, total < 0xffff ? total : 0xffff);
  put16(to + 4, id);
  to[8] = ttl;
  to[9] = proto;
  memcpy(to + 12, e->src.octet, 4);
  memcpy(to + 16, e->dst.octet, 4);
  put16(to + 10, fold(add_sum(0, to, V4_HEADER)));
  return V4_HEADER;
}

/* The sum of the pseudo-header (RFC 9293 3.1, RFC 8200 8.1) for len bytes of proto. */
static uint32_t pseudo(const struct ends *e, uint8_t proto, uint32_t len) {
  size_t width = e->src.family == 6 ? 16 : 4;
  uint32_t sum = add_sum(add_sum(0, e->src.octet, width), e->dst.octet, width);
  return sum + proto + (len >> 16) + (len & 0xffff);
}

static size_t put_tcp(uint8_t *to, const struct ends *e, const struct packet *p) {
  put16(to, p->src_port);
  put16(to + 2, p->dst_port);
  put32(to + 4, p->seq);
  put32(to + 8, p->ack);
  to[12] = TCP_HEADER / 4 << 4;
  to[13] = p->tcp_flags;
  put16(to + 14, p->window);
  put32(to + 16, 0);
  put16(to + 16, fold(add_sum(pseudo(e, PROTO_TCP, TCP_HEADER + p->payload_len), to, TCP_HEADER)));
  return TCP_HEADER;
}

static size_t put_udp(uint8_t *to, const struct ends *e, const struct packet *p) {
  put16(to, p->src_port);
  put16(to + 2, p->dst_port);
  put16(to + 4, UDP_HEADER + p->payload_len);
  put16(to + 6, 0);
  uint16_t sum = fold(add_sum(pseudo(e, PROTO_UDP, UDP_HEADER + p->payload_len), to, UDP_HEADER));
  put16(to + 6, sum ? sum : 0xffff);
  return UDP_HEADER;
}

/* The quoted header, as far as it was quoted; addresses replaced like all others. */
static size_t put_quote(uint8_t *to, const struct anonymiser *a, const struct packet *p) {
  const struct packet_quote *q = &p->quote;
  struct address src = address_make(p->family, q->src), dst = address_make(p->family, q->dst);
  struct ends e = {anonymise_address(a, &src), anonymise_address(a, &dst)};
  size_t len = put_ip(to, &e, q->proto, 1, q->ip_id, QUOTED);
  memset(to + len, 0, QUOTED);
  if (q->depth >= 1) {
    put16(to + len, q->src_port);
    put16(to + len + 2, q->dst_port);
  }
  if (q->depth >= 2) put32(to + len + 4, q->seq);
  return len + QUOTED;
}

static size_t put_icmp(uint8_t *to, const struct anonymiser *a, const struct ends *e, const struct packet *p) {
  size_t len = ICMP_HEADER;
  memset(to, 0, ICMP_HEADER);
  to[0] = p->icmp_type;
  to[1] = p->icmp_code;
  bool quote = (p->flags & PACKET_QUOTE) && p->quote.src && p->quote.dst;
  if (quote)
    len += put_quote(to + ICMP_HEADER, a, p);
  else
    put16(to + 4, p->echo_id);
  uint32_t whole = quote ? (uint32_t)len : ICMP_HEADER + p->payload_len;
  uint32_t sum = p->proto == PROTO_ICMPV6 ? pseudo(e, PROTO_ICMPV6, whole) : 0;
  put16(to + 2, fold(add_sum(sum, to, len)));
  return len;
}

size_t anonymise_frame(const struct anonymiser *a, const struct packet *p, uint8_t to[ANONYMISED_FRAME_MAX],
                       uint32_t *wire_len_out) {
  struct address src = packet_src(p), dst = packet_dst(p);
  struct ends e = {anonymise_address(a, &src), anonymise_address(a, &dst)};
  size_t ip = p->family == 6 ? V6_HEADER : V4_HEADER, transport = 0;
  uint32_t payload = p->payload_len;
  switch (p->proto) {
    case PROTO_TCP:
      transport = put_tcp(to + ip, &e, p);
      break;
    case PROTO_UDP:
      transport = put_udp(to + ip, &e, p);
      break;
    case PROTO_ICMP:
    case PROTO_ICMPV6:
      transport = put_icmp(to + ip, a, &e, p);
      if (p->flags & PACKET_QUOTE) payload = 0;
      break;
    default:
      break;
  }
  put_ip(to, &e, p->proto, p->ttl, p->ip_id, (uint32_t)transport + payload);
  *wire_len_out = (uint32_t)(ip + transport) + payload;
  return ip + transport;
}
