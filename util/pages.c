#include "util/pages.h"

#include <stdint.h>
#include <sys/mman.h>

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

void pages_populate(void *from, size_t size) {
  const uintptr_t begin = (uintptr_t)from & ~(uintptr_t)(PAGE_SIZE - 1);
  (void)madvise((void *)begin, (uintptr_t)from + size - begin, MADV_POPULATE_WRITE); /* older systems: as usual */
}

void pages_drop(void *from, size_t size) {
  const uintptr_t page = PAGE_SIZE, begin = ((uintptr_t)from + page - 1) & ~(page - 1);
  const uintptr_t end = ((uintptr_t)from + size) & ~(page - 1);
  if (begin < end) (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
}
