/* The ordinary frame, read in one go: Ethernet, IPv4 without options and whole, TCP or UDP, all of it captured.
 *
 * Whatever is not exactly so is left to the walk through the layers, which knows everything; a test holds both against
 * each other. */
#include "capture/decode_internal.h"
#include "capture/link.h"

enum {
  ETHERNET = 14,
  IPV4 = 20,
  TCP = 20,
  UDP = 8,
  HEAD = ETHERNET + IPV4, /* of frames looked at here */
  TYPE_AND_VERSION = 0x080045,
  FRAGMENT = 0x3fff, /* more to come, or an offset */
};

/* What the headers up to the transport's say; p: the frame. */
static void head_read(const struct frame *f, const uint8_t *p, uint16_t flags, struct packet *out) {
  out->time = f->time;
  out->src = p + 26;
  out->dst = p + 30;
  out->src_id = be32_at(p + 26);
  out->dst_id = be32_at(p + 30);
  out->number = f->packet;
  out->flags = (uint16_t)(flags | (p[0] & 1 ? PACKET_LINK_BROADCAST : 0));
  out->src_port = be16_at(p + 34);
  out->dst_port = be16_at(p + 36);
  out->ip_id = be16_at(p + 18);
  out->src_mac = link_address_hash(p + 6);
  out->family = 4;
  out->proto = p[23];
  out->ttl = p[22];
  out->n_encap = 0;
}

static void payload_set(struct packet *out, const uint8_t *from, uint32_t len) {
  out->payload = bytes_of(from, len);
  out->payload_len = len;
}

/* p: the segment, of len octets, at least a header without options. */
static bool tcp_read(const struct frame *f, const uint8_t *frame, uint32_t len, uint16_t flags, struct packet *out) {
  const uint8_t *p = frame + HEAD;
  const uint32_t header = (p[12] >> 4) * 4u;
  if (header < TCP || header > len) return false;
  const uint32_t payload_len = len - header;
  head_read(f, frame, flags | (payload_len ? PACKET_PAYLOAD : 0), out);
  out->seq = be32_at(p + 4);
  out->ack = be32_at(p + 8);
  out->window = be16_at(p + 14);
  out->tcp_flags = p[13];
  out->signature = signature_of_tcp(p, header, payload_len);
  payload_set(out, p + header, payload_len);
  return true;
}

/* p: the datagram, of len octets, at least a header. */
static bool udp_read(const struct frame *f, const uint8_t *frame, uint32_t len, uint16_t flags, struct packet *out) {
  const uint8_t *p = frame + HEAD;
  const uint32_t stated = be16_at(p + 4);
  if (stated < UDP || stated > len || udp_tunnel_layer(be16_at(p), be16_at(p + 2))) return false;
  const uint32_t payload_len = stated - UDP;
  head_read(f, frame, flags | (payload_len ? PACKET_PAYLOAD : 0), out);
  out->seq = out->ack = 0;
  out->window = 0;
  out->tcp_flags = 0;
  out->signature = signature_of_udp(p, p + UDP, payload_len, payload_len);
  payload_set(out, p + UDP, payload_len);
  return true;
}

bool decode_plain(const struct frame *f, struct packet *out) {
  struct bytes b = bytes_of(f->data, f->cap_len);
  const uint8_t *p = bytes_get(&b, HEAD + UDP);
  if (!p || f->link != LINK_ETHERNET || checksum_is_sampled(f)) return false;
  const uint32_t len = be16_at(p + 16);
  if ((be32_at(p + 11) & 0xffffff) != TYPE_AND_VERSION || be16_at(p + 20) & FRAGMENT) return false;
  if (len > f->cap_len - ETHERNET) return false;
  const uint16_t flags = len > ETHERNET_IP_MAX ? PACKET_OVERSIZE : 0;
  if (p[23] == PROTO_TCP) return len >= IPV4 + TCP && tcp_read(f, p, len - IPV4, flags, out);
  return p[23] == PROTO_UDP && len >= IPV4 + UDP && udp_read(f, p, len - IPV4, flags, out);
}
