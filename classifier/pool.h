/* Records of one size in chunks that never move: zeroed, page-aligned, counted, never freed one by one. */
#ifndef WW_CLASSIFIER_POOL_H
#define WW_CLASSIFIER_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/pages.h"

struct pool {
  char **chunk;
  size_t n_chunks, capacity;
  uint32_t n;     /* records */
  uint32_t ready; /* records whose pages are there, or have been asked for */
  uint32_t next;  /* records in the slice behind them; 0 = not asked for */
  uint32_t element_size;
  uint8_t shift; /* a chunk holds 1 << shift records */
  bool aside;    /* somebody calls pool_soon and sees to the pages */
  struct pages soon;
};

static inline void pool_init(struct pool *p, uint32_t element_size, uint8_t shift) {
  *p = (struct pool){.element_size = element_size, .shift = shift};
}
void pool_fini(struct pool *p);

/* Record at, which must be below n. */
static inline void *pool_at(const struct pool *p, uint32_t at) {
  return p->chunk[at >> p->shift] + (size_t)(at & ((1u << p->shift) - 1)) * p->element_size;
}

/* The same where the compiler knows what was given to pool_init. */
static inline void *pool_at_of(const struct pool *p, uint32_t at, uint32_t element_size, uint8_t shift) {
  return p->chunk[at >> shift] + (size_t)(at & ((1u << shift) - 1)) * element_size;
}

/* A new zeroed record, number n - 1; NULL when memory is out. */
void *pool_add(struct pool *p);

/* True and *pages_out once for each slice of pages that records will need before long: whoever asks lets them be made
 * with pages_populate, in whatever thread, or not at all. Begins to count when asked for the first time. */
bool pool_soon(struct pool *p, struct pages *pages_out);

#endif
