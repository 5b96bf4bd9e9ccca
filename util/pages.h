/* Memory by pages. */
#ifndef WW_UTIL_PAGES_H
#define WW_UTIL_PAGES_H

#include <stddef.h>

/* Lets the system make the pages of memory that is about to be written at once: cheaper than at the first touch of
 * each. Changes nothing that can be seen; asks in slices that a cache holds are best. */
void pages_populate(void *from, size_t size);

#endif
