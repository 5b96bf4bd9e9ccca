/* Chunks come straight from the system, so that untouched ones cost nothing and touched ones need no clearing. Large
 * ones ask for huge pages: a table of millions of flows is otherwise bound by address translation. Of the others, the
 * pages are made in slices that grow with the pool: a page fault for every one costs half as much again. */
#include "classifier/pool.h"

#include <stdlib.h>

#include "util/array.h"

enum { SLICE_MAX = 256 << 10 };

static size_t chunk_size(const struct pool *p) { return (size_t)p->element_size << p->shift; }

void pool_fini(struct pool *p) {
  for (size_t i = 0; i < p->n_chunks; i++) pages_free(p->chunk[i], chunk_size(p));
  free(p->chunk);
  *p = (struct pool){0};
}

static bool chunk_add(struct pool *p) {
  if (!array_reserve((void **)&p->chunk, &p->capacity, p->n_chunks + 1, sizeof *p->chunk)) return false;
  char *chunk = pages_new(chunk_size(p));
  if (!chunk) return false;
  p->chunk[p->n_chunks++] = chunk;
  return true;
}

/* Records in the slice that begins with record from: an eighth of what there is, from a page to SLICE_MAX, within its
 * chunk. */
static uint32_t slice_of(const struct pool *p, uint32_t from) {
  const uint32_t left = (1u << p->shift) - (from & ((1u << p->shift) - 1));
  uint32_t slice = from / 8;
  if (slice > SLICE_MAX / p->element_size) slice = SLICE_MAX / p->element_size;
  if (slice < PAGE_SIZE / p->element_size) slice = PAGE_SIZE / p->element_size;
  return slice > left || slice == 0 ? left : slice;
}

static struct pages pages_of(const struct pool *p, uint32_t from, uint32_t n) {
  return (struct pages){pool_at(p, from), (size_t)n * p->element_size};
}

/* A slice begins: its pages are made, unless that is done aside: then they were asked for, and the next one's are. */
static void slice_begin(struct pool *p) {
  const uint32_t slice = p->next ? p->next : slice_of(p, p->n);
  const struct pages pages = pages_of(p, p->n, slice);
  if (!p->next && pages.size > PAGE_SIZE) pages_populate(pages.from, pages.size);
  p->ready = p->n + slice;
  p->next = 0;
  if (!p->aside || (p->ready >> p->shift == p->n_chunks && !chunk_add(p))) return;
  p->next = slice_of(p, p->ready);
  p->soon = pages_of(p, p->ready, p->next);
}

bool pool_soon(struct pool *p, struct pages *pages_out) {
  p->aside = true;
  if (!p->soon.size) return false;
  *pages_out = p->soon;
  p->soon.size = 0;
  return true;
}

void *pool_add(struct pool *p) {
  if (p->n == p->ready) {
    if (p->n >> p->shift == p->n_chunks && !chunk_add(p)) return NULL;
    slice_begin(p);
  }
  return pool_at(p, p->n++);
}
