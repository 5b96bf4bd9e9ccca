/* The ordinary frame, read in one go: Ethernet, perhaps one VLAN tag, IPv4 without options and whole or IPv6 without
 * extension headers, TCP or UDP, all of it captured.
 *
 * Whatever is not exactly so is left to the walk through the layers, which knows everything; a test holds both against
 * each other. */
#include "capture/decode_internal.h"
#include "capture/link.h"
#include "util/hash.h"

enum {
  ETHERNET = 14,
  TAG = 4,
  IPV4 = 20,
  IPV6 = 40,
  TCP = 20,
  UDP = 8,
  LEAST = ETHERNET + IPV4 + UDP, /* of frames looked at here */
  TYPE_IPV4 = 0x0800,
  TYPE_IPV6 = 0x86dd,
  TYPE_VLAN = 0x8100,
  VLAN_MASK = 0x0fff,
  IPV4_PLAIN = 0x45, /* version, and a header without options */
  FRAGMENT = 0x3fff, /* more to come, or an offset */
};

/* One copy for each version of IP, without asking which it is, and nothing of the parts in memory. */
#define INLINED static inline __attribute__((always_inline))

/* Where the parts of a frame begin. */
struct parts {
  const uint8_t *link, *ip, *segment;
  uint32_t len; /* of the segment, transport header and payload */
  uint16_t flags;
  uint8_t family, proto;
};

INLINED void link_read(const struct frame *f, const struct parts *of, struct packet *out) {
  const bool tagged = of->ip != of->link + ETHERNET;
  const unsigned broadcast = of->link[0] & 1 ? PACKET_LINK_BROADCAST : 0;
  out->time = f->time;
  out->number = f->packet;
  out->src_mac = link_address_hash(of->link + 6);
  out->flags = (uint16_t)(of->flags | broadcast | (tagged ? PACKET_WRAPPED : 0));
  out->n_encap = tagged;
  if (tagged) out->encap[0] = (struct encap){.kind = ENCAP_VLAN, .value = be16_at(of->link + ETHERNET) & VLAN_MASK};
}

INLINED void ip_read(const struct parts *of, struct packet *out) {
  const uint8_t *p = of->ip;
  out->family = of->family;
  out->proto = of->proto;
  out->ttl = of->family == 4 ? p[8] : p[7];
  out->ip_id = of->family == 4 ? be16_at(p + 4) : 0;
  out->src = of->family == 4 ? p + 12 : p + 8;
  out->dst = of->family == 4 ? p + 16 : p + 24;
  out->src_id = of->family == 4 ? be32_at(p + 12) : hash_octets(p + 8);
  out->dst_id = of->family == 4 ? be32_at(p + 16) : hash_octets(p + 24);
}

/* All but what TCP and UDP differ in. */
INLINED void plain_read(const struct frame *f, const struct parts *of, uint32_t header, uint32_t payload_len,
                        struct packet *out) {
  struct parts parts = *of;
  if (payload_len) parts.flags |= PACKET_PAYLOAD;
  link_read(f, &parts, out);
  ip_read(of, out);
  out->src_port = be16_at(of->segment);
  out->dst_port = be16_at(of->segment + 2);
  out->payload = bytes_of(of->segment + header, payload_len);
  out->payload_len = payload_len;
}

INLINED bool tcp_read(const struct frame *f, const struct parts *of, struct packet *out) {
  const uint8_t *p = of->segment;
  if (of->len < TCP) return false;
  const uint32_t header = (p[12] >> 4) * 4u;
  if (header < TCP || header > of->len) return false;
  plain_read(f, of, header, of->len - header, out);
  out->seq = be32_at(p + 4);
  out->ack = be32_at(p + 8);
  out->window = be16_at(p + 14);
  out->tcp_flags = p[13];
  out->signature = signature_of_tcp(p, header, of->len - header);
  return true;
}

INLINED bool udp_read(const struct frame *f, const struct parts *of, struct packet *out) {
  const uint8_t *p = of->segment;
  if (of->len < UDP) return false;
  const uint32_t stated = be16_at(p + 4), payload_len = stated - UDP;
  if (stated < UDP || stated > of->len || udp_tunnel_layer(be16_at(p), be16_at(p + 2))) return false;
  plain_read(f, of, UDP, payload_len, out);
  out->seq = out->ack = 0;
  out->window = 0;
  out->tcp_flags = 0;
  out->signature = signature_of_udp(p, p + UDP, payload_len, payload_len);
  return true;
}

INLINED bool segment_read(const struct frame *f, const struct parts *of, struct packet *out) {
  if (of->proto == PROTO_TCP) return tcp_read(f, of, out);
  return of->proto == PROTO_UDP && udp_read(f, of, out);
}

/* left: what is there of the frame from ip on. */
static bool ipv4_read(const struct frame *f, const uint8_t *link, const uint8_t *ip, size_t left, struct packet *out) {
  const uint32_t len = be16_at(ip + 2);
  if (ip[0] != IPV4_PLAIN || be16_at(ip + 6) & FRAGMENT || len > left || len < IPV4) return false;
  const struct parts of = {.link = link,
                           .ip = ip,
                           .segment = ip + IPV4,
                           .len = len - IPV4,
                           .flags = len > ETHERNET_IP_MAX ? PACKET_OVERSIZE : 0,
                           .family = 4,
                           .proto = ip[9]};
  return segment_read(f, &of, out);
}

static bool ipv6_read(const struct frame *f, const uint8_t *link, const uint8_t *ip, size_t left, struct packet *out) {
  if (left < IPV6 || ip[0] >> 4 != 6) return false;
  const uint32_t len = be16_at(ip + 4);
  if (len > left - IPV6) return false; /* length 0 leaves no room for a segment: a jumbogram, or offload */
  const struct parts of = {.link = link,
                           .ip = ip,
                           .segment = ip + IPV6,
                           .len = len,
                           .flags = PACKET_NO_IP_ID | (len > ETHERNET_IP_MAX ? PACKET_OVERSIZE : 0),
                           .family = 6,
                           .proto = ip[6]};
  return segment_read(f, &of, out);
}

bool decode_plain(const struct frame *f, struct packet *out) {
  struct bytes b = bytes_of(f->data, f->cap_len);
  const uint8_t *p = bytes_get(&b, LEAST);
  if (!p || f->link != LINK_ETHERNET || checksum_is_sampled(f)) return false;
  const uint8_t *ip = p + ETHERNET;
  if (be16_at(p + 12) == TYPE_VLAN) {
    if (!bytes_skip(&b, TAG)) return false;
    ip += TAG;
  }
  const uint16_t type = be16_at(ip - 2);
  const size_t left = (size_t)(b.end - ip);
  if (type == TYPE_IPV4) return ipv4_read(f, p, ip, left, out);
  return type == TYPE_IPV6 && ipv6_read(f, p, ip, left, out);
}
