/* Names to numbers: what a document defines (roles, rules, ...) so that references to it are found at once. */
#ifndef WW_RULES_NAME_INDEX_H
#define WW_RULES_NAME_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct name_index {
  const char **name; /* by number, in the order added; borrowed */
  size_t n, capacity;
  uint32_t *slot; /* open addressing: number + 1, 0 = free */
  size_t n_slots;
};

void name_index_free(struct name_index *x);

/* Adds a name that must outlive the index: its number, -EEXIST when it is there already, -ENOMEM. */
int name_index_add(struct name_index *x, const char *name);

/* The number of a name; -1 when it is not there. */
int name_index_find(const struct name_index *x, const char *name);

/* The known name most like this one, if any is near enough to be a slip of the pen; NULL otherwise. Looks at no more
 * than 1000 names. */
const char *name_index_nearest(const struct name_index *x, const char *name);

#endif
