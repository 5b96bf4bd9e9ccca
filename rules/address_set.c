/* Addresses to sets of groups.
 *
 * All ranges are cut at each other's ends into elementary intervals, inside which the set of groups does not change:
 *
 *     role 0   |---------------|
 *     role 1           |------------|
 *     interval 0  1       2      3     4      (0 and 4: no group)
 *
 * A sweep over the sorted ends keeps a count per group and the bit set of groups that are open; equal sets share one
 * class. A look-up is one binary search over interval starts. The hash of the open set is kept incrementally (each
 * group has its own random word, sets are their exclusive or), so that compiling costs what the ends cost to sort. */
#include "rules/address_set.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/hash.h"

/* 256 MiB of sets: far beyond any real site, reached only by files made to exhaust memory. */
#define BITS_MAX (UINT64_C(256) << 23)

struct edge {
  struct address at;
  uint32_t group;
  bool opens;
};

struct interval {
  struct address start;
  uint32_t class_id;
};

struct address_set {
  struct interval *interval; /* by start; what lies before the first has no group */
  size_t n_intervals, intervals_capacity;
  uint64_t *bits; /* [class][words] */
  size_t bits_capacity;
  uint64_t *hash; /* [class] */
  size_t hash_capacity;
  uint32_t n_classes, n_groups;
  size_t words;
};

/* State of the sweep. */
struct sweep {
  uint32_t *open;   /* [group]: ranges open now */
  uint64_t *bits;   /* groups open now */
  uint64_t hash;    /* of bits */
  uint32_t *bucket; /* class + 1 by hash, open addressing */
  size_t buckets;   /* a power of two */
};

static int edge_compare(const void *a, const void *b) {
  const struct edge *x = a, *y = b;
  return address_compare(&x->at, &y->at);
}

/* Where a range stops: the address behind it. The end of IPv4 is the start of IPv6; nothing lies behind IPv6. */
static bool edge_behind(const struct address *last, struct address *behind_out) {
  struct address next = *last;
  if (!address_next(&next)) {
    if (last->family != 4) return false;
    next = (struct address){.family = 6};
  }
  *behind_out = next;
  return true;
}

static size_t edges_make(const struct address_member *member, size_t n, struct edge *edge) {
  size_t count = 0;
  for (size_t i = 0; i < n; i++) {
    edge[count++] = (struct edge){.at = member[i].first, .group = member[i].group, .opens = true};
    struct address behind;
    if (edge_behind(&member[i].last, &behind)) edge[count++] = (struct edge){.at = behind, .group = member[i].group};
  }
  qsort(edge, count, sizeof *edge, edge_compare);
  return count;
}

static bool class_add(struct address_set *s, const struct sweep *w) {
  size_t need;
  if (!size_multiply(s->n_classes + (size_t)1, s->words, &need) || need > BITS_MAX / 64) return false;
  if (!array_reserve((void **)&s->bits, &s->bits_capacity, need, sizeof *s->bits)) return false;
  if (!array_reserve((void **)&s->hash, &s->hash_capacity, s->n_classes + (size_t)1, sizeof *s->hash)) return false;
  memcpy(s->bits + s->n_classes * s->words, w->bits, s->words * sizeof *s->bits);
  s->hash[s->n_classes++] = w->hash;
  return true;
}

static void bucket_put(struct sweep *w, const struct address_set *s, uint32_t class_id) {
  size_t i = s->hash[class_id] & (w->buckets - 1);
  while (w->bucket[i]) i = (i + 1) & (w->buckets - 1);
  w->bucket[i] = class_id + 1;
}

/* Makes the newest class findable; keeps the table at most half full. */
static bool bucket_enter(struct sweep *w, const struct address_set *s) {
  if (w->buckets > s->n_classes * (size_t)2) {
    bucket_put(w, s, s->n_classes - 1);
    return true;
  }
  uint32_t *bucket = array_new(w->buckets * 2, sizeof *bucket);
  if (!bucket) return false;
  free(w->bucket);
  w->bucket = bucket;
  w->buckets *= 2;
  for (uint32_t i = 0; i < s->n_classes; i++) bucket_put(w, s, i);
  return true;
}

/* The class of the groups open now. */
static bool class_intern(struct address_set *s, struct sweep *w, uint32_t *class_out) {
  for (size_t i = w->hash & (w->buckets - 1); w->bucket[i]; i = (i + 1) & (w->buckets - 1)) {
    uint32_t c = w->bucket[i] - 1;
    if (s->hash[c] != w->hash || memcmp(s->bits + c * s->words, w->bits, s->words * sizeof *w->bits) != 0) continue;
    *class_out = c;
    return true;
  }
  if (!class_add(s, w) || !bucket_enter(w, s)) return false;
  *class_out = s->n_classes - 1;
  return true;
}

static void sweep_edge(struct sweep *w, const struct edge *e) {
  bool was = w->open[e->group] > 0;
  if (e->opens)
    w->open[e->group]++;
  else
    w->open[e->group]--;
  if (was == (w->open[e->group] > 0)) return;
  w->bits[e->group / 64] ^= UINT64_C(1) << (e->group % 64);
  w->hash ^= hash_two(e->group, 0x5eed);
}

static bool sweep_run(struct address_set *s, struct sweep *w, const struct edge *edge, size_t n) {
  uint32_t now;
  if (!class_intern(s, w, &now)) return false; /* the empty set is class 0 */
  for (size_t i = 0; i < n;) {
    struct address at = edge[i].at;
    for (; i < n && address_equal(&edge[i].at, &at); i++) sweep_edge(w, &edge[i]);
    uint32_t next;
    if (!class_intern(s, w, &next)) return false;
    if (next == now) continue;
    struct interval *v = ARRAY_PUSH(s->interval, s->n_intervals, s->intervals_capacity);
    if (!v) return false;
    *v = (struct interval){.start = at, .class_id = next};
    now = next;
  }
  return true;
}

struct address_set *address_set_new(const struct address_member *member, size_t n, uint32_t n_groups) {
  struct address_set *s = array_new(1, sizeof *s);
  struct edge *edge = array_new(n ? n : 1, 2 * sizeof *edge);
  struct sweep w = {.buckets = 64};
  bool ok = false;
  if (!s || !edge) goto out;
  s->n_groups = n_groups;
  s->words = n_groups / 64 + 1;
  w.open = array_new(n_groups + (size_t)1, sizeof *w.open);
  w.bits = array_new(s->words, sizeof *w.bits);
  w.bucket = array_new(w.buckets, sizeof *w.bucket);
  if (!w.open || !w.bits || !w.bucket) goto out;
  ok = sweep_run(s, &w, edge, edges_make(member, n, edge));
out:
  free(edge);
  free(w.open);
  free(w.bits);
  free(w.bucket);
  if (ok) return s;
  address_set_free(s);
  return NULL;
}

void address_set_free(struct address_set *s) {
  if (!s) return;
  free(s->interval);
  free(s->bits);
  free(s->hash);
  free(s);
}

uint32_t address_set_class(const struct address_set *s, const struct address *a) {
  size_t low = 0, high = s->n_intervals; /* intervals before low start at or before a */
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (address_compare(&s->interval[middle].start, a) <= 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low ? s->interval[low - 1].class_id : 0;
}

uint32_t address_set_classes(const struct address_set *s) { return s->n_classes; }

uint32_t address_set_groups(const struct address_set *s) { return s->n_groups; }

bool address_class_has(const struct address_set *s, uint32_t class_id, uint32_t group) {
  if (class_id >= s->n_classes || group >= s->n_groups) return false;
  return s->bits[class_id * s->words + group / 64] >> (group % 64) & 1;
}

uint64_t address_class_low(const struct address_set *s, uint32_t class_id) {
  return class_id < s->n_classes ? s->bits[class_id * s->words] : 0;
}

bool address_class_meets(const struct address_set *s, uint32_t class_id, const uint64_t *groups) {
  if (class_id >= s->n_classes) return false;
  for (size_t i = 0; i < s->words; i++)
    if (s->bits[class_id * s->words + i] & groups[i]) return true;
  return false;
}

int32_t address_class_first(const struct address_set *s, uint32_t class_id) {
  if (class_id >= s->n_classes) return -1;
  for (size_t i = 0; i < s->words; i++) {
    uint64_t word = s->bits[class_id * s->words + i];
    if (word) return (int32_t)(i * 64) + __builtin_ctzll(word);
  }
  return -1;
}

bool address_class_has_below(const struct address_set *s, uint32_t class_id, uint32_t n) {
  int32_t first = address_class_first(s, class_id);
  return first >= 0 && (uint32_t)first < n;
}
