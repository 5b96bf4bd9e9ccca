/* An index from hash to record number, for tables whose records live elsewhere: open addressing with linear probing,
 * eight bytes a slot, kept at most three quarters full, nothing is ever removed. Records stand about in the order of
 * their hashes, so that a larger table is filled from front to back.
 *
 *   for (uint32_t pos = index_start(x, hash), at; (at = index_next(x, hash, &pos));)
 *     if (record[at - 1] is the one) ...
 */
#ifndef WW_CLASSIFIER_INDEX_H
#define WW_CLASSIFIER_INDEX_H

#include <stdint.h>

struct index_slot {
  uint32_t tag; /* the hash */
  uint32_t at;  /* record number + 1; 0 = free */
};
struct index {
  struct index_slot *slot; /* NULL: empty */
  uint32_t mask, shift;    /* a hash belongs where its highest bits say */
  uint32_t n;
};

void index_fini(struct index *x);

static inline uint32_t index_start(const struct index *x, uint32_t hash) { return hash >> x->shift; }

/* The next record number + 1 with this hash, 0 = no more. Afterwards *pos - 1 is its slot. */
static inline uint32_t index_next(const struct index *x, uint32_t hash, uint32_t *pos) {
  if (!x->slot) return 0;
  for (;;) {
    const struct index_slot *s = &x->slot[*pos & x->mask];
    if (!s->at) return 0;
    ++*pos;
    if (s->tag == hash) return s->at;
  }
}

/* Lets a later index_next find its slot in the cache. */
static inline void index_prefetch(const struct index *x, uint32_t hash) {
  if (x->slot) __builtin_prefetch(&x->slot[index_start(x, hash)]);
}

/* Where index_next stopped that found no more: the slot that a new record with this hash would get. */
struct index_spot {
  uint32_t pos;
  uint32_t mask; /* of the index at that time: a larger one begins anew */
};
static inline struct index_spot index_spot_of(const struct index *x, uint32_t pos) {
  return (struct index_spot){.pos = pos & x->mask, .mask = x->mask};
}

/* Adds record number + 1 = at. spot: of an earlier look-up of this hash; NULL = none. Negative: memory is out. */
int index_add(struct index *x, uint32_t hash, uint32_t at, const struct index_spot *spot);

/* Lets the slot that index_next left at pos name another record with the same hash. */
static inline void index_replace(struct index *x, uint32_t pos, uint32_t at) { x->slot[(pos - 1) & x->mask].at = at; }

#endif
