/* Byte by byte from the lowest, counting where each value's items begin; bytes that are the same everywhere cost
 * nothing. Few items are sorted in place by insertion. */
#include "util/radix.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

enum { BYTES = 12, VALUES = 256, FEW = 48 };

static unsigned byte_of(const struct radix_item *item, unsigned byte) {
  return byte < 4 ? item->low >> byte * 8 & 0xff : (unsigned)(item->high >> (byte - 4) * 8 & 0xff);
}

static bool is_after(const struct radix_item *a, const struct radix_item *b) {
  return a->high != b->high ? a->high > b->high : a->low > b->low;
}

static void insert_sort(struct radix_item *item, size_t n) {
  for (size_t i = 1; i < n; i++) {
    const struct radix_item one = item[i];
    size_t at = i;
    for (; at > 0 && is_after(&item[at - 1], &one); at--) item[at] = item[at - 1];
    item[at] = one;
  }
}

/* The bytes that differ somewhere, as a bit set. */
static unsigned bytes_differing(const struct radix_item *item, size_t n) {
  struct radix_item differs = {0};
  for (size_t i = 1; i < n; i++) differs.high |= item[i].high ^ item[0].high, differs.low |= item[i].low ^ item[0].low;
  unsigned set = 0;
  for (unsigned byte = 0; byte < BYTES; byte++)
    if (byte_of(&differs, byte)) set |= 1u << byte;
  return set;
}

static void pass(const struct radix_item *from, struct radix_item *to, size_t n, unsigned byte) {
  size_t start[VALUES + 1] = {0};
  for (size_t i = 0; i < n; i++) start[byte_of(&from[i], byte) + 1]++;
  for (size_t v = 0; v < VALUES; v++) start[v + 1] += start[v];
  for (size_t i = 0; i < n; i++) to[start[byte_of(&from[i], byte)]++] = from[i];
}

int radix_sort(struct radix_item *item, size_t n) {
  if (n <= FEW) {
    insert_sort(item, n);
    return 0;
  }
  const unsigned differing = bytes_differing(item, n);
  if (!differing) return 0;
  size_t size;
  struct radix_item *other = size_multiply(n, sizeof *other, &size) ? malloc(size) : NULL, *from = item, *to = other;
  if (!other) return -ENOMEM;
  for (unsigned byte = 0; byte < BYTES; byte++) {
    if (!(differing >> byte & 1)) continue;
    pass(from, to, n, byte);
    struct radix_item *sorted = to;
    to = from, from = sorted;
  }
  if (from != item) memcpy(item, from, n * sizeof *item);
  free(other);
  return 0;
}
