#include "util/array.h"

#include <stdlib.h>
#include <string.h>

void *array_new(size_t count, size_t element_size) { return calloc(count ? count : 1, element_size); }

bool array_reserve(void **items, size_t *capacity, size_t need, size_t element_size) {
  if (need <= *capacity) return true;
  size_t room = *capacity + *capacity / 2;
  if (room < need) room = need;
  if (room < 8) room = 8;
  size_t bytes;
  if (!size_multiply(room, element_size, &bytes)) return false;
  void *grown = realloc(*items, bytes);
  if (!grown) return false;
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
