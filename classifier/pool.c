/* Chunks come straight from the system, so that untouched ones cost nothing and touched ones need no clearing. Large
 * ones ask for huge pages: a table of millions of flows is otherwise bound by address translation. */
#include "classifier/pool.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "util/array.h"

enum { HUGE_PAGE = 2 << 20 };

void *pages_new(size_t size) {
  void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return NULL;
  if (size > HUGE_PAGE) (void)madvise(pages, size, MADV_HUGEPAGE); /* a hint: failure changes nothing */
  return pages;
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

void *pool_add(struct pool *p) {
  if (p->n >> p->shift == p->n_chunks) {
    if (!array_reserve((void **)&p->chunk, &p->capacity, p->n_chunks + 1, sizeof *p->chunk)) return NULL;
    char *chunk = pages_new(chunk_size(p));
    if (!chunk) return NULL;
    p->chunk[p->n_chunks++] = chunk;
  }
  return pool_at(p, p->n++);
}
