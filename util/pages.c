#include "util/pages.h"

#include <stdint.h>
#include <sys/mman.h>

enum { PAGE = 4 << 10 };

void pages_populate(void *from, size_t size) {
  const uintptr_t begin = (uintptr_t)from & ~(uintptr_t)(PAGE - 1);
  (void)madvise((void *)begin, (uintptr_t)from + size - begin, MADV_POPULATE_WRITE); /* older systems: as usual */
}
