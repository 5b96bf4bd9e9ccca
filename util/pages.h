/* Memory by pages. */
#ifndef WW_UTIL_PAGES_H
#define WW_UTIL_PAGES_H

#include <stddef.h>

enum { PAGE_SIZE = 4 << 10 };

struct pages {
  void *from;
  size_t size;
};

/* Zeroed pages from the system, for tables; NULL when memory is out. Release with pages_free of the same size. */
void *pages_new(size_t size);
void pages_free(void *pages, size_t size);

/* Lets the system make the pages of memory that is about to be written at once: cheaper than at the first touch of
 * each. Changes nothing that can be seen; asks in slices that a cache holds are best. */
void pages_populate(void *from, size_t size);

/* Gives back the pages that lie wholly within memory that holds nothing any more; it reads as zeros from then on. */
void pages_drop(void *from, size_t size);

#endif
