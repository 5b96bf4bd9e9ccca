/* Large arrays come straight from the system, page by page as they are touched: huge pages make that a hundred times
 * fewer steps. */
#include "util/array.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20, HUGE_LEAST = 2 * HUGE_PAGE };

/* Asks for huge pages where whole ones fit. A hint: failure changes nothing. */
static void advise_huge(void *items, size_t bytes) {
  if (!items || bytes < HUGE_LEAST) return;
  char *first = (char *)items + -(uintptr_t)items % HUGE_PAGE;
  const size_t whole = (bytes - (size_t)(first - (char *)items)) / HUGE_PAGE * HUGE_PAGE;
  (void)madvise(first, whole, MADV_HUGEPAGE);
}

void *array_new(size_t count, size_t element_size) {
  void *items = calloc(count ? count : 1, element_size);
  if (items) advise_huge(items, count * element_size);
  return items;
}

bool array_reserve(void **items, size_t *capacity, size_t need, size_t element_size) {
  if (need <= *capacity) return true;
  size_t room = *capacity + *capacity / 2;
  if (room < need) room = need;
  if (room < 8) room = 8;
  size_t bytes;
  if (!size_multiply(room, element_size, &bytes)) return false;
  void *grown = realloc(*items, bytes);
  if (!grown) return false;
  advise_huge(grown, bytes);
  *items = grown;
  *capacity = room;
  return true;
}

void *array_push_(void **items, size_t *n, size_t *capacity, size_t element_size) {
  if (!array_reserve(items, capacity, *n + 1, element_size)) return NULL;
  void *fresh = (char *)*items + *n * element_size;
  memset(fresh, 0, element_size);
  ++*n;
  return fresh;
}
