/* Chunks come straight from the system, so that untouched ones cost nothing and touched ones need no clearing. Large
 * ones ask for huge pages: a table of millions of flows is otherwise bound by address translation. Of the others, the
 * pages are made in slices that grow with the pool: a page fault for every one costs half as much again. */
#include "classifier/pool.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "util/array.h"

enum { PAGE = 4 << 10, SLICE_MAX = 256 << 10, HUGE_PAGE = 2 << 20 };

void *pages_new(size_t size) {
  void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return NULL;
  if (size > HUGE_PAGE) (void)madvise(pages, size, MADV_HUGEPAGE); /* a hint: failure changes nothing */
  return pages;
}

void pages_populate(void *from, size_t size) {
  const uintptr_t begin = (uintptr_t)from & ~(uintptr_t)(PAGE - 1);
  (void)madvise((void *)begin, (uintptr_t)from + size - begin, MADV_POPULATE_WRITE); /* older systems: as usual */
}

void pages_free(void *pages, size_t size) {
  if (pages) munmap(pages, size);
}

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

/* The next slice of the chunk: an eighth of what there is, from a page to SLICE_MAX. */
static void slice_add(struct pool *p) {
  const uint32_t left = (1u << p->shift) - (p->n & ((1u << p->shift) - 1));
  uint32_t slice = p->n / 8;
  if (slice > SLICE_MAX / p->element_size) slice = SLICE_MAX / p->element_size;
  if (slice < PAGE / p->element_size) slice = PAGE / p->element_size;
  if (slice > left || slice == 0) slice = left;
  const size_t size = (size_t)slice * p->element_size;
  if (size > PAGE) pages_populate(pool_at(p, p->n), size);
  p->ready = p->n + slice;
}

void *pool_add(struct pool *p) {
  if (p->n == p->ready) {
    if (p->n >> p->shift == p->n_chunks && !chunk_add(p)) return NULL;
    slice_add(p);
  }
  return pool_at(p, p->n++);
}
