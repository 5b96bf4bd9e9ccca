/* A table of recent packets: 8 places a bucket, a bucket a cache line. Places are taken in turn, so that the oldest
 * falls out.
 *
 * A place holds 32 bits of a hash over all that copies share (the bucket's index is another 11 bits of it) and when and
 * with which time to live the packet came. Times are units of 4 microseconds modulo 2^24 (67 s): only differences
 * within the window matter.
 *
 * The table is larger than the nearest cache and every packet goes to another line of it. So packets are looked up in
 * runs: the lines of a whole run are asked for before the first is looked at. */
#include "capture/dedup.h"

#include <stdlib.h>

#include "util/hash.h"

enum {
  BUCKET_BITS = 11,
  PLACES = 8,
  LINE = 64,
  RUN = 16,
  UNIT_NS = 4000,
  TIME_BITS = 24,
  UNITS_PER_MS = 250,
};

struct bucket {
  uint32_t print[PLACES];
  uint32_t when[PLACES]; /* time << 8 | time to live */
};
_Static_assert(sizeof(struct bucket) == LINE, "one line");

struct dedup {
  struct bucket bucket[1 << BUCKET_BITS];
  uint8_t next[1 << BUCKET_BITS]; /* place of each bucket to take next */
};
_Static_assert(sizeof(struct dedup) % LINE == 0, "as aligned_alloc wants it");

struct dedup *dedup_new(void) {
  struct dedup *d = aligned_alloc(LINE, sizeof *d);
  if (d) memset(d, 0, sizeof *d);
  return d;
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

/* Whether a packet like this came at the time and with the time to live of entry. Merged captures may be slightly out
 * of order, so a copy may be the earlier one by its time. */
static bool is_recent(const struct packet *p, uint32_t entry, uint32_t now) {
  bool has_id = p->ip_id && !(p->flags & PACKET_NO_IP_ID);
  uint8_t steps = (uint8_t)(entry - p->ttl);
  if (steps > DEDUP_TTL_STEPS) return false;
  uint32_t window = (has_id || steps ? DEDUP_WINDOW_MS : DEDUP_WINDOW_NO_ID_MS) * UNITS_PER_MS;
  uint32_t later = (now - (entry >> 8) + window) & ((1u << TIME_BITS) - 1);
  return later <= 2 * window;
}

static uint64_t hash_of(const struct packet *p) {
  const uint64_t rest = (uint64_t)p->signature << 32 | (uint32_t)p->ip_id << 8 | p->proto;
  return hash_mix(addresses_hash(p) ^ 0x9e3779b97f4a7c15u, rest ^ 0xe7037ed1a0b428dbu);
}

static size_t bucket_of(uint64_t hash) { return hash >> (64 - BUCKET_BITS); }

/* The flags for p when the bucket knows its like, the newest first; 0 = it does not. */
static uint16_t copy_flags(const struct bucket *b, unsigned next, const struct packet *p, uint32_t print,
                           uint32_t now) {
  for (unsigned i = 1; i <= PLACES; i++) {
    const unsigned place = (next - i) % PLACES;
    if (b->print[place] == print && is_recent(p, b->when[place], now))
      return PACKET_DUPLICATE | ((uint8_t)b->when[place] != p->ttl ? PACKET_ROUTED_COPY : 0);
  }
  return 0;
}

/* Whether any place holds the print: all are looked at in two vectors, for hardly any packet finds its like. */
static bool holds(const struct bucket *b, uint32_t print) {
  typedef uint32_t four __attribute__((vector_size(16)));
  const four wanted = {print, print, print, print};
  four low, high;
  memcpy(&low, b->print, sizeof low);
  memcpy(&high, b->print + 4, sizeof high);
  const four same = (four)(low == wanted) | (four)(high == wanted);
  uint64_t half[2];
  memcpy(half, &same, sizeof half);
  return half[0] | half[1];
}

static uint16_t look_up(struct dedup *d, const struct packet *p, uint64_t hash) {
  struct bucket *b = &d->bucket[bucket_of(hash)];
  uint8_t *next = &d->next[bucket_of(hash)];
  const uint32_t print = (uint32_t)hash | 1; /* 0 is an empty place */
  const uint32_t now = (uint32_t)(p->time.ns / UNIT_NS) & ((1u << TIME_BITS) - 1);
  const uint16_t flags = holds(b, print) ? copy_flags(b, *next, p, print, now) : 0;
  if (flags) return flags;
  b->print[*next] = print;
  b->when[*next] = now << 8 | p->ttl;
  *next = (uint8_t)((*next + 1) % PLACES);
  return 0;
}

void dedup_mark(struct dedup *d, struct packet *p, unsigned n) {
  uint64_t hash[RUN];
  while (n) {
    const unsigned run = n < RUN ? n : RUN;
    for (unsigned i = 0; i < run; i++) {
      hash[i] = hash_of(&p[i]);
      __builtin_prefetch(&d->bucket[bucket_of(hash[i])], 1);
    }
    for (unsigned i = 0; i < run; i++) p[i].flags |= look_up(d, &p[i], hash[i]);
    p += run;
    n -= run;
  }
}
