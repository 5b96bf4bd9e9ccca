/* Headers are built back to front in one buffer; the checksum is the plain one of RFC 1071. */
#include "tests/bench/trace.h"

#include <string.h>

enum { ROOM = 64 * 1024, HEAD = 128, TCP = 6, ICMP = 1, ICMP6 = 58, WINDOW = 64240 };

static uint8_t *put16(uint8_t *at, uint32_t v) {
  at[0] = (uint8_t)(v >> 8), at[1] = (uint8_t)v;
  return at + 2;
}
static uint8_t *put32(uint8_t *at, uint32_t v) { return put16(put16(at, v >> 16), v); }

static uint32_t sum_of(uint32_t sum, const uint8_t *p, size_t n) {
  for (size_t i = 0; i + 1 < n; i += 2) sum += (uint32_t)(p[i] << 8 | p[i + 1]);
  return n & 1 ? sum + (uint32_t)(p[n - 1] << 8) : sum;
}
static uint32_t folded(uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

bool trace_open(struct trace *t, const char *path) {
  const uint32_t head[6] = {0xa1b23c4d, 2 | 4 << 16, 0, 0, 262144, 1};
  *t = (struct trace){.to = fopen(path, "wb")};
  if (!t->to) return false;
  t->failed = fwrite(head, sizeof head, 1, t->to) != 1;
  return true;
}

bool trace_close(struct trace *t) { return fclose(t->to) == 0 && !t->failed; }

/* The transport header; returns its length, and where its checksum belongs. */
static size_t transport_put(const struct segment *s, uint8_t *at, uint8_t **sum_out) {
  if (s->proto == ICMP || s->proto == ICMP6) {
    at[0] = s->flags, at[1] = (uint8_t)s->seq;
    *sum_out = at + 2;
    put32(at + 2, 0);
    put16(at + 4, s->from->port);
    put16(at + 6, s->seq >> 16);
    return 8;
  }
  uint8_t *p = put16(put16(at, s->from->port), s->to->port);
  if (s->proto == TCP) {
    p = put32(put32(p, s->seq), s->ack);
    *p++ = 0x50;
    *p++ = s->flags;
    *sum_out = p + 2;
    put32(put16(p, WINDOW), 0);
    return 20;
  }
  *sum_out = p + 2;
  put16(put16(p, (uint32_t)s->len + 8), 0);
  return 8;
}

static size_t network_put(const struct segment *s, uint8_t *at, size_t inner) {
  uint8_t *p = at;
  if (s->family == 6) {
    p = put16(put32(p, 0x60000000), (uint32_t)inner);
    *p++ = s->proto;
    *p++ = s->from->ttl;
    memcpy(p, s->from->octet, 16);
    memcpy(p + 16, s->to->octet, 16);
    return 40;
  }
  p = put16(put16(p, 0x4500), (uint32_t)inner + 20);
  p = put16(put16(p, s->ip_id), 0x4000);
  *p++ = s->from->ttl;
  *p++ = s->proto;
  put16(p, 0);
  memcpy(p + 2, s->from->octet, 4);
  memcpy(p + 6, s->to->octet, 4);
  put16(p, folded(sum_of(0, at, 20)));
  return 20;
}

static uint32_t pseudo_sum(const struct segment *s, size_t inner) {
  const size_t n = s->family == 6 ? 16 : 4;
  if (s->proto == ICMP) return 0;
  return sum_of(sum_of((uint32_t)inner + s->proto, s->from->octet, n), s->to->octet, n);
}

void trace_add(struct trace *t, const struct segment *s) {
  uint8_t frame[ROOM], *sum;
  const size_t link = 14, network = s->family == 6 ? 40 : 20;
  memset(frame, 2, 12);
  put16(frame + 12, s->family == 6 ? 0x86dd : 0x0800);
  uint8_t *transport = frame + link + network;
  const size_t head = transport_put(s, transport, &sum);
  const size_t len = s->len < ROOM - HEAD ? s->len : ROOM - HEAD;
  if (len) memcpy(transport + head, s->payload, len);
  network_put(s, frame + link, head + len);
  put16(sum, folded(sum_of(pseudo_sum(s, head + len), transport, head + len)));
  const uint32_t whole = (uint32_t)(link + network + head + len);
  const uint32_t record[4] = {(uint32_t)(s->time_ns / 1000000000), (uint32_t)(s->time_ns % 1000000000), whole, whole};
  t->failed |= fwrite(record, sizeof record, 1, t->to) != 1 || fwrite(frame, whole, 1, t->to) != 1;
  t->packets++;
  t->bytes += whole;
}
