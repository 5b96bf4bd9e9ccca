/* Byte by byte from the lowest, counting where each value's items begin; bytes that are the same everywhere cost
 * nothing. Few items are sorted in place by insertion.
 *
 * On several threads, and where there are many: parts of the items are first dealt out into heaps by the highest bits
 * that differ, then each heap is sorted for itself, in the cache. */
#include "util/radix.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/pages.h"
#include "util/parallel.h"

enum { BYTES = 12, VALUES = 256, FEW = 48, HEAP_BITS = 9, HEAPS = 1 << HEAP_BITS, MANY = 1 << 14 };

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

/* The bits in which some items differ. */
static struct radix_item items_differing(const struct radix_item *item, size_t n) {
  struct radix_item differs = {0};
  for (size_t i = 1; i < n; i++) differs.high |= item[i].high ^ item[0].high, differs.low |= item[i].low ^ item[0].low;
  return differs;
}

/* The bytes that differ somewhere, as a bit set. */
static unsigned bytes_differing(const struct radix_item *item, size_t n) {
  const struct radix_item differs = items_differing(item, n);
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

/* Sorts what item holds into into, which is one of the two; what the other one holds is lost. */
static void bytes_sort(struct radix_item *item, struct radix_item *other, struct radix_item *into, size_t n,
                       unsigned differing) {
  struct radix_item *from = item, *to = other;
  for (unsigned byte = 0; byte < BYTES; byte++) {
    if (!(differing >> byte & 1)) continue;
    pass(from, to, n, byte);
    struct radix_item *sorted = to;
    to = from, from = sorted;
  }
  if (from != into) memcpy(into, from, n * sizeof *item);
}

static struct radix_item *items_new(size_t n) {
  size_t size;
  return size_multiply(n, sizeof(struct radix_item), &size) ? malloc(size) : NULL;
}

int radix_sort(struct radix_item *item, size_t n) {
  if (n <= FEW) {
    insert_sort(item, n);
    return 0;
  }
  const unsigned differing = bytes_differing(item, n);
  if (!differing) return 0;
  struct radix_item *other = items_new(n);
  if (!other) return -ENOMEM;
  bytes_sort(item, other, item, n, differing);
  free(other);
  return 0;
}

/* Neighbouring bits that differ between some of the items. */
struct run {
  bool low; /* of low, else of high */
  unsigned shift, mask, bits;
};

struct deal {
  struct radix_item *item, *other;
  size_t n, n_parts;
  struct run run[HEAP_BITS]; /* from the highest: HEAP_BITS bits that name the heap, or all there are */
  size_t n_runs;
  size_t (*at)[HEAPS];     /* [part]: items for each heap; then where the next one goes */
  size_t begin[HEAPS + 1]; /* of each heap */
};

static size_t heap_of(const struct deal *d, const struct radix_item *item) {
  size_t heap = 0;
  for (size_t i = 0; i < d->n_runs; i++) {
    const struct run *r = &d->run[i];
    heap = heap << r->bits | ((r->low ? item->low : item->high) >> r->shift & r->mask);
  }
  return heap;
}

/* Adds the highest runs of bits set, as long as more bits are wanted; how many are wanted then. */
static unsigned runs_find(struct deal *d, uint64_t set, bool low, unsigned wanted) {
  while (set && wanted) {
    const unsigned top = 63 - (unsigned)__builtin_clzll(set);
    struct run r = {.low = low, .shift = top, .bits = 1};
    while (r.bits < wanted && r.shift > 0 && set >> (r.shift - 1) & 1) r.shift--, r.bits++;
    r.mask = (1u << r.bits) - 1;
    d->run[d->n_runs++] = r;
    set &= (UINT64_C(1) << r.shift) - 1;
    wanted -= r.bits;
  }
  return wanted;
}

static int part_heaps_count(void *of, size_t part) {
  const struct deal *d = of;
  const size_t first = parallel_start(d->n, d->n_parts, part), end = parallel_start(d->n, d->n_parts, part + 1);
  pages_populate(d->other + first, (end - first) * sizeof *d->other);
  for (size_t i = first; i < end; i++) d->at[part][heap_of(d, &d->item[i])]++;
  return 0;
}

static int part_deal(void *of, size_t part) {
  const struct deal *d = of;
  const size_t end = parallel_start(d->n, d->n_parts, part + 1);
  for (size_t i = parallel_start(d->n, d->n_parts, part); i < end; i++)
    d->other[d->at[part][heap_of(d, &d->item[i])]++] = d->item[i];
  return 0;
}

/* Heaps that begin within the part. */
static int part_heaps_sort(void *of, size_t part) {
  const struct deal *d = of;
  const size_t first = parallel_start(d->n, d->n_parts, part), end = parallel_start(d->n, d->n_parts, part + 1);
  for (size_t heap = 0; heap < HEAPS; heap++) {
    const size_t begin = d->begin[heap], n = d->begin[heap + 1] - begin;
    if (n == 0 || begin < first || begin >= end) continue;
    struct radix_item *from = d->other + begin, *to = d->item + begin;
    if (n > FEW) {
      bytes_sort(from, to, to, n, bytes_differing(from, n));
    } else {
      memcpy(to, from, n * sizeof *to);
      insert_sort(to, n);
    }
  }
  return 0;
}

static void heaps_place(struct deal *d) {
  size_t at = 0;
  for (size_t heap = 0; heap < HEAPS; heap++) {
    d->begin[heap] = at;
    for (size_t part = 0; part < d->n_parts; part++) {
      const size_t n = d->at[part][heap];
      d->at[part][heap] = at;
      at += n;
    }
  }
  d->begin[HEAPS] = at;
}

int radix_sort_spare(struct radix_item *item, size_t n, unsigned threads, void **spare_out) {
  *spare_out = NULL;
  if (n < MANY) return radix_sort(item, n);
  struct deal d = {.item = item, .n = n, .n_parts = parallel_parts(n)};
  const struct radix_item differs = items_differing(item, n);
  runs_find(&d, differs.low, true, runs_find(&d, differs.high, false, HEAP_BITS));
  if (d.n_runs == 0) return 0;
  d.other = items_new(n);
  d.at = array_new(d.n_parts, sizeof *d.at);
  const int rc = d.other && d.at ? 0 : -ENOMEM;
  if (rc == 0) {
    parallel_run(threads, d.n_parts, part_heaps_count, &d);
    heaps_place(&d);
    parallel_run(threads, d.n_parts, part_deal, &d);
    parallel_run(threads, d.n_parts, part_heaps_sort, &d);
  }
  free(d.at);
  if (rc)
    free(d.other);
  else
    *spare_out = d.other;
  return rc;
}

int radix_sort_shared(struct radix_item *item, size_t n, unsigned threads) {
  void *spare;
  const int rc = radix_sort_spare(item, n, threads, &spare);
  if (rc == 0) free(spare);
  return rc;
}
