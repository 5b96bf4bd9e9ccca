/* TCP (RFC 9293) and UDP (RFC 768). */
#include "capture/decode_internal.h"
#include "util/hash.h"

enum {
  TCP_HEADER = 20,
  TCP_PORTS_TO_FLAGS = 14, /* a header cut behind its flags still tells what happened */
  UDP_HEADER = HEADER_8,
  UDP_PORTS = 4,
  UDP_SIGNED_PAYLOAD = 64, /* offloaded or absent checksums tell nothing: the signature takes in this much payload */
};

static const uint64_t SALT_1 = 0x9e3779b97f4a7c15u, SALT_2 = 0xe7037ed1a0b428dbu;

static uint32_t load32(const uint8_t *p) {
  uint32_t v;
  memcpy(&v, p, sizeof v);
  return v;
}

static uint64_t load64(const uint8_t *p) {
  uint64_t v;
  memcpy(&v, p, sizeof v);
  return v;
}

static uint32_t fold(uint64_t h) { return (uint32_t)(h ^ h >> 32); }

uint32_t signature_of(uint64_t seed, const uint8_t *p, size_t len) {
  uint64_t h = seed ^ len * SALT_1, first = 0, last = 0;
  for (; len > 16; p += 16, len -= 16) h = hash_mix(load64(p) ^ h, load64(p + 8) ^ SALT_2);
  if (len >= 8) { /* both ends, which may overlap: no byte is left out and none is copied */
    first = load64(p);
    last = load64(p + len - 8);
  } else if (len >= 4) {
    first = load32(p);
    last = load32(p + len - 4);
  } else if (len) {
    first = (uint64_t)p[0] << 16 | (uint64_t)p[len / 2] << 8 | p[len - 1];
  }
  return fold(hash_mix(first ^ h, last ^ SALT_2));
}

/* The whole header with its options: ports, numbers, flags, window, checksum, timestamps. */
uint32_t signature_of_tcp(const uint8_t *p, size_t header, uint32_t payload_len) {
  uint64_t h = hash_mix(load64(p) ^ SALT_1, load64(p + 8) ^ SALT_2);
  uint64_t options = 0;
  for (size_t at = TCP_HEADER; at + 4 <= header; at += 4)
    options = (options << 13 | options >> 51) + load32(p + at) * SALT_1;
  return fold(hash_mix(h ^ options, (uint64_t)payload_len << 32 ^ load32(p + 16) ^ SALT_2));
}

uint32_t signature_of_udp(const uint8_t *p, const uint8_t *payload, size_t len, uint32_t payload_len) {
  return signature_of(load64(p) ^ payload_len, payload, len < UDP_SIGNED_PAYLOAD ? len : UDP_SIGNED_PAYLOAD);
}

static void check(const struct walk *w, struct packet *packet, struct bytes segment) {
  if (w->missing || !checksum_is_sampled(w->frame)) return;
  packet->flags |= PACKET_CHECKED;
  if (checksum_is_wrong(packet, segment)) packet->flags |= PACKET_BAD_CHECKSUM;
}

/* Cut by the snap length between flags and the end of the header. */
static void decode_tcp_cut(struct walk *w, struct bytes b) {
  struct packet *packet = walk_packet(w);
  uint32_t wire = walk_wire_left(w, &b);
  const uint8_t *p = b.at;
  size_t left = bytes_left(&b);
  uint32_t header = (p[12] >> 4) * 4u;
  if (header < TCP_HEADER || header > wire) {
    walk_count(w, DECODE_MALFORMED);
    return;
  }
  packet->window = left >= 16 ? be16_at(p + 14) : 0;
  packet->signature = signature_of(wire, p, left);
  bytes_skip(&b, left);
  walk_emit(w, b, wire - header);
}

void decode_tcp(struct walk *w, struct bytes b) {
  struct packet *packet = walk_packet(w);
  const uint8_t *p = b.at;
  size_t left = bytes_left(&b);
  if (left < TCP_PORTS_TO_FLAGS) {
    walk_short(w);
    return;
  }
  packet->src_port = be16_at(p);
  packet->dst_port = be16_at(p + 2);
  packet->seq = be32_at(p + 4);
  packet->ack = be32_at(p + 8);
  packet->tcp_flags = p[13];
  size_t header = (p[12] >> 4) * 4u;
  if (left < header || left < TCP_HEADER) {
    if (w->missing)
      decode_tcp_cut(w, b);
    else
      walk_count(w, DECODE_MALFORMED);
    return;
  }
  if (header < TCP_HEADER) {
    walk_count(w, DECODE_MALFORMED);
    return;
  }
  packet->window = be16_at(p + 14);
  bytes_skip(&b, header);
  uint32_t payload_len = walk_wire_left(w, &b);
  packet->signature = signature_of_tcp(p, header, payload_len);
  check(w, packet, (struct bytes){p, b.end});
  walk_emit(w, b, payload_len);
}

/* The payload length UDP states; 0 (jumbograms, RFC 2675, and offload) and what cannot be take the IP length. */
static uint32_t udp_payload(const struct walk *w, const uint8_t *p, const struct bytes *b) {
  uint32_t left = walk_wire_left(w, b), len = be16_at(p + 4);
  if (len < UDP_HEADER) return left;
  len -= UDP_HEADER;
  return len <= left || w->first_piece ? len : left;
}

void decode_udp(struct walk *w, struct bytes b) {
  struct packet *packet = walk_packet(w);
  uint8_t scratch[HEADER_8];
  const uint8_t *p = walk_header_8(w, &b, UDP_PORTS, scratch);
  if (!p) return;
  packet->src_port = be16_at(p);
  packet->dst_port = be16_at(p + 2);
  packet->seq = packet->ack = 0;
  packet->window = 0;
  packet->tcp_flags = 0;
  uint32_t payload_len = udp_payload(w, p, &b);
  walk_narrow(w, &b, payload_len);
  packet->signature = signature_of_udp(p, b.at, bytes_left(&b), payload_len);
  bool has_checksum = p != scratch && be16_at(p + 6); /* 0: the sender did not compute one */
  if (has_checksum) check(w, packet, (struct bytes){p, b.end});
  walk_emit(w, b, payload_len);
  walk_layer *tunnel = udp_tunnel_layer(packet->src_port, packet->dst_port);
  if (tunnel) decode_udp_tunnel(w, tunnel, b);
}
