/* A table of recent packets: 4 places a bucket, a bucket a cache line. A packet that is no copy replaces the oldest
 * place of its bucket. Times are microseconds modulo 2^32 since some moment: only differences within the window
 * matter, and an entry older than 71 minutes is as good as gone. */
#include "capture/dedup.h"

#include <stdlib.h>

#include "util/array.h"
#include "util/hash.h"

enum { BUCKETS = 4096, PLACES = 4 };

struct seen {
  uint64_t print; /* hash of all that copies share; 0 = free */
  uint32_t time_us;
  uint8_t ttl;
};

struct dedup {
  struct seen seen[BUCKETS][PLACES];
};

struct dedup *dedup_new(void) {
  return array_new(1, sizeof(struct dedup));
}
void dedup_free(struct dedup *d) { free(d); }

static uint64_t word(const uint8_t *p) {
  uint64_t v;
  memcpy(&v, p, sizeof v);
  return v;
}

static uint64_t addresses_hash(const struct packet *p) {
  if (p->family == 4) {
    uint32_t src, dst;
    memcpy(&src, p->src, sizeof src);
    memcpy(&dst, p->dst, sizeof dst);
    return (uint64_t)src << 32 | dst;
  }
  uint64_t src = hash_mix(word(p->src) ^ 0xa0761d6478bd642fu, word(p->src + 8) ^ 0xe7037ed1a0b428dbu);
  return src ^ hash_mix(word(p->dst) ^ 0x8ebc6af09c88c6e3u, word(p->dst + 8) ^ 0x589965cc75374cc3u);
}

bool dedup_is_copy(struct dedup *d, const struct packet *p) {
  uint64_t id = (uint64_t)p->ip_id << 8 | p->proto;
  uint64_t print = hash_mix(addresses_hash(p) ^ 0x9e3779b97f4a7c15u, p->signature ^ id << 32 ^ 0xe7037ed1a0b428dbu) | 1;
  struct seen *bucket = d->seen[print >> 52];
  uint32_t now = (uint32_t)(p->frame->time.ns / 1000);
  bool has_id = p->ip_id && !(p->flags & PACKET_NO_IP_ID);
  uint32_t window = has_id ? DEDUP_WINDOW_US : DEDUP_WINDOW_NO_ID_US;
  struct seen *victim = bucket;
  for (unsigned i = 0; i < PLACES; i++) {
    struct seen *s = &bucket[i];
    bool near = now - s->time_us + window <= 2 * window; /* merged captures may be slightly out of order */
    if (s->print == print && near && (uint8_t)(s->ttl - p->ttl) <= DEDUP_TTL_STEPS) return true;
    if (now - s->time_us > now - victim->time_us) victim = s;
  }
  *victim = (struct seen){.print = print, .time_us = now, .ttl = p->ttl};
  return false;
}
