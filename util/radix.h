/* Sorts many small records by number, in linear time. */
#ifndef WW_UTIL_RADIX_H
#define WW_UTIL_RADIX_H

#include <stddef.h>
#include <stdint.h>

struct radix_item {
  uint64_t high;
  uint32_t low;
  uint32_t value; /* the caller's; not looked at */
};

/* Sorts by high, then low; equal ones keep their order. Needs as much memory again meanwhile. 0, or -ENOMEM and nothing
 * has changed. */
int radix_sort(struct radix_item *item, size_t n);

/* The same on so many threads at most; the order is the same for any number. */
int radix_sort_shared(struct radix_item *item, size_t n, unsigned threads);

/* The same; *spare_out: the memory needed meanwhile, room for n items, for the caller to use and free. NULL: none was.
 */
int radix_sort_spare(struct radix_item *item, size_t n, unsigned threads, void **spare_out);

#endif
