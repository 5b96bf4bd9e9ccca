/* Chunks come straight from the system, so that untouched ones cost nothing and touched ones need no clearing. Large
 * ones ask for huge pages: a table of millions of flows is otherwise bound by page faults and address translation. The
 * first chunk of a pool does not, so that a small capture needs little memory. */
#include "classifier/pool.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/array.h"

enum { HUGE_PAGE = 2 << 20 };

static char *map(size_t size) {
  void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? NULL : pages;
}

/* Huge pages need an address that is a multiple of their size: some more is mapped, and what is over given back. */
static void *map_huge(size_t size) {
  if (size > SIZE_MAX - HUGE_PAGE) return NULL;
  char *pages = map(size + HUGE_PAGE);
  if (!pages) return NULL;
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (size + page - 1) / page * page;
  const size_t before = -(uintptr_t)pages % HUGE_PAGE, after = HUGE_PAGE - before;
  if (before) munmap(pages, before);
  munmap(pages + before + whole, after);
  (void)madvise(pages + before, whole, MADV_HUGEPAGE); /* a hint: failure changes nothing */
  return pages + before;
}

void *pages_new(size_t size) { return size >= HUGE_PAGE ? map_huge(size) : map(size); }

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
    char *chunk = p->n_chunks ? pages_new(chunk_size(p)) : map(chunk_size(p));
    if (!chunk) return NULL;
    p->chunk[p->n_chunks++] = chunk;
  }
  return pool_at(p, p->n++);
}
