/* The table holds datagrams whose fragments are arriving and, for a short while, finished ones, so that copies of
 * their fragments are recognised instead of starting a datagram that never ends.
 *
 * What has arrived is a sorted list of byte ranges; new bytes fill the gaps between them, bytes already there stay
 * (first one wins) and are compared with what came later. Complete: one range from 0 to the end that the fragment
 * without the more-fragments flag gave. */
#include "capture/defrag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/hash.h"

struct range {
  uint32_t start, end;
};

struct datagram {
  uint64_t round; /* the loan it was finished in; only with done */
  stamp_t since;  /* time of its first fragment; with done: of its last */
  uint8_t *data;  /* owned */
  size_t capacity;
  uint32_t end; /* its length; 0 = the last fragment has not come */
  uint32_t id;
  uint32_t n_fragments;
  uint8_t src[16], dst[16];
  uint8_t family, proto;
  uint8_t first_proto; /* as the fragment at offset 0 states */
  bool done, overlaps;
  unsigned n_ranges;
  struct range range[DEFRAG_RANGES_MAX + 1]; /* room to insert before merging */
};

struct defrag {
  uint64_t key[DEFRAG_DATAGRAMS_MAX];    /* by slot: hash over what identifies its datagram; 0 = free */
  uint64_t serial[DEFRAG_DATAGRAMS_MAX]; /* by slot: order of arrival */
  struct datagram datagram[DEFRAG_DATAGRAMS_MAX];
  size_t bytes; /* sum of capacities */
  uint64_t arrivals, round;
  uint64_t lost, overlaps;
};

struct defrag *defrag_new(void) {
  struct defrag *d = array_new(1, sizeof *d);
  if (d) d->round = 1;
  return d;
}

void defrag_free(struct defrag *d) {
  if (!d) return;
  for (size_t i = 0; i < DEFRAG_DATAGRAMS_MAX; i++) free(d->datagram[i].data);
  free(d);
}

void defrag_settle(struct defrag *d) { d->round++; }
uint64_t defrag_lost(const struct defrag *d) { return d->lost; }
uint64_t defrag_overlaps(const struct defrag *d) { return d->overlaps; }

static size_t address_size(uint8_t family) { return family == 6 ? 16 : 4; }

static uint64_t fragment_key(const struct fragment *f) {
  size_t size = address_size(f->family);
  uint64_t tail = (uint64_t)f->id << 8 | (f->family == 4 ? f->proto : 0);
  return hash_two(hash_bytes(hash_bytes(f->family, f->src, size), f->dst, size), tail) | 1;
}

static bool same_datagram(const struct datagram *g, const struct fragment *f) {
  size_t size = address_size(f->family);
  return g->family == f->family && g->id == f->id && (f->family == 6 || g->proto == f->proto) &&
         memcmp(g->src, f->src, size) == 0 && memcmp(g->dst, f->dst, size) == 0;
}

/* Lent to the caller until defrag_settle. */
static bool is_lent(const struct defrag *d, const struct datagram *g) { return g->done && g->round == d->round; }

static void datagram_drop(struct defrag *d, size_t slot) {
  struct datagram *g = &d->datagram[slot];
  free(g->data);
  d->bytes -= g->capacity;
  g->data = NULL;
  g->capacity = 0;
  d->key[slot] = 0;
}

/* The slot of the oldest datagram that may go, other than keep; DEFRAG_DATAGRAMS_MAX when there is none. */
static size_t oldest(const struct defrag *d, const struct datagram *keep) {
  size_t found = DEFRAG_DATAGRAMS_MAX;
  for (size_t i = 0; i < DEFRAG_DATAGRAMS_MAX; i++) {
    if (!d->key[i] || (found < DEFRAG_DATAGRAMS_MAX && d->serial[i] >= d->serial[found])) continue;
    if (&d->datagram[i] != keep && !is_lent(d, &d->datagram[i])) found = i;
  }
  return found;
}

static bool is_expired(const struct datagram *g, stamp_t now) {
  int64_t age = stamp_since(g->since, now).ns, limit = stamp_from_s(DEFRAG_TIMEOUT_S).ns;
  return age > limit || age < -limit;
}

/* A finished datagram whose identification now means another one: its copies come soon after it and say the same. */
static bool is_reused(const struct datagram *g, const struct fragment *f) {
  size_t len = bytes_left(&f->data);
  return stamp_since(g->since, f->time).ns > stamp_from_ms(DEFRAG_COPY_MS).ns || f->offset + len > g->end ||
         memcmp(g->data + f->offset, f->data.at, len) != 0;
}

static struct datagram *datagram_begin(struct defrag *d, const struct fragment *f, uint64_t key) {
  size_t slot = 0;
  while (slot < DEFRAG_DATAGRAMS_MAX && d->key[slot]) slot++;
  if (slot == DEFRAG_DATAGRAMS_MAX) {
    slot = oldest(d, NULL);
    if (slot == DEFRAG_DATAGRAMS_MAX) return NULL;
    datagram_drop(d, slot);
  }
  struct datagram *g = &d->datagram[slot];
  memset(g, 0, offsetof(struct datagram, range));
  memcpy(g->src, f->src, address_size(f->family));
  memcpy(g->dst, f->dst, address_size(f->family));
  d->key[slot] = key;
  d->serial[slot] = ++d->arrivals;
  g->since = f->time;
  g->id = f->id;
  g->family = f->family;
  g->proto = f->proto;
  return g;
}

/* The datagram f belongs to, begun if need be. NULL: memory or slots are out, or it is lent. */
static struct datagram *datagram_find(struct defrag *d, const struct fragment *f) {
  uint64_t key = fragment_key(f);
  for (size_t i = 0; i < DEFRAG_DATAGRAMS_MAX; i++) {
    struct datagram *g = &d->datagram[i];
    if (d->key[i] != key || !same_datagram(g, f)) continue;
    if (is_lent(d, g)) return NULL;
    if (g->done ? !is_reused(g, f) : !is_expired(g, f->time)) return g;
    datagram_drop(d, i);
    break;
  }
  return datagram_begin(d, f, key);
}

static bool make_room(struct defrag *d, struct datagram *g, size_t need) {
  size_t before = g->capacity;
  if (!array_reserve((void **)&g->data, &g->capacity, need, 1)) return false;
  d->bytes += g->capacity - before;
  size_t victim;
  while (d->bytes > DEFRAG_BYTES_MAX && (victim = oldest(d, g)) < DEFRAG_DATAGRAMS_MAX) datagram_drop(d, victim);
  return true;
}

/* Adds [start, end) to the sorted ranges and merges what touches. */
static void ranges_add(struct datagram *g, uint32_t start, uint32_t end) {
  unsigned first = 0, last;
  while (first < g->n_ranges && g->range[first].end < start) first++;
  for (last = first; last < g->n_ranges && g->range[last].start <= end; last++) {
    if (g->range[last].start < start) start = g->range[last].start;
    if (g->range[last].end > end) end = g->range[last].end;
  }
  memmove(&g->range[first + 1], &g->range[last], (g->n_ranges - last) * sizeof g->range[0]);
  g->n_ranges = g->n_ranges - (last - first) + 1;
  g->range[first] = (struct range){start, end};
}

/* Copies the bytes not there yet; false: f brought none. Sets g->overlaps where those there differ. */
static bool fill(struct datagram *g, uint32_t start, uint32_t end, const uint8_t *from) {
  bool fresh = false;
  uint32_t at = start;
  for (unsigned i = 0; i < g->n_ranges && at < end; i++) {
    struct range r = g->range[i];
    if (r.end <= at) continue;
    if (r.start >= end) break;
    if (at < r.start) {
      memcpy(g->data + at, from + (at - start), r.start - at);
      fresh = true;
      at = r.start;
    }
    uint32_t stop = r.end < end ? r.end : end;
    if (memcmp(g->data + at, from + (at - start), stop - at) != 0) g->overlaps = true;
    at = stop;
  }
  if (at < end) {
    memcpy(g->data + at, from + (at - start), end - at);
    fresh = true;
  }
  return fresh;
}

/* A length and place that a fragment of g can have. */
static bool fits(const struct datagram *g, const struct fragment *f, uint32_t end) {
  uint32_t seen = g->n_ranges ? g->range[g->n_ranges - 1].end : 0;
  if (!f->more) return end >= seen && (!g->end || g->end == end);
  return end % 8 == 0 && (!g->end || end <= g->end) && g->n_ranges < DEFRAG_RANGES_MAX;
}

static int add_to(struct defrag *d, struct datagram *g, const struct fragment *f, uint32_t end) {
  if (!fits(g, f, end)) return -EINVAL;
  if (!make_room(d, g, end)) return -ENOMEM;
  bool overlapped = g->overlaps;
  bool fresh = fill(g, f->offset, end, f->data.at);
  if (g->overlaps && !overlapped) d->overlaps++;
  if (!f->more) g->end = end;
  if (!fresh) return 0;
  if (f->offset == 0) g->first_proto = f->proto;
  ranges_add(g, f->offset, end);
  g->n_fragments++;
  d->lost++;
  return g->n_ranges == 1 && g->range[0].start == 0 && g->range[0].end == g->end;
}

int defrag_add(struct defrag *d, const struct fragment *f, struct bytes *whole_out, uint8_t *proto_out) {
  size_t len = bytes_left(&f->data);
  struct datagram *g = NULL;
  int result = -EINVAL;
  if (len && f->offset + len <= DEFRAG_DATAGRAM_LEN_MAX) g = datagram_find(d, f);
  if (g && g->done) return 0; /* a copy of a fragment that came before */
  if (g) result = add_to(d, g, f, f->offset + (uint32_t)len);
  if (result < 0) d->lost++;
  if (result != 1) return result;
  g->done = true;
  g->round = d->round;
  g->since = f->time;
  d->lost -= g->n_fragments;
  *whole_out = bytes_of(g->data, g->end);
  *proto_out = g->first_proto;
  return 1;
}
