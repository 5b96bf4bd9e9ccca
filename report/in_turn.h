/* Long lists printed by several threads and written in order. */
#ifndef WW_REPORT_IN_TURN_H
#define WW_REPORT_IN_TURN_H

#include <stddef.h>

#include "util/out.h"

struct in_turn {
  size_t n, part; /* items, and how many of them make a part; a part should stay in the cache until it is written */
  const void *of;
  /* Prints items from..end-1; may give up when to has failed. Threads call it at the same time. */
  void (*print)(const void *of, size_t from, size_t end, struct out *to);
};

/* Prints all items by so many threads; 0 is 1. What is written does not depend on how many, and there is never more
 * than one part a thread in memory. to says whether it could be. */
void in_turn_print(const struct in_turn *list, unsigned threads, struct out *to);

#endif
