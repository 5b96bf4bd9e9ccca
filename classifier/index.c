/* Growth of the index: doubled when three quarters full. */
#include "classifier/index.h"

#include <errno.h>
#include <stddef.h>

#include "util/pages.h"

enum { SLOTS_FIRST = 1 << 10 };

static size_t slots_size(uint32_t mask) { return ((size_t)mask + 1) * sizeof(struct index_slot); }

void index_fini(struct index *x) {
  if (x->slot) pages_free(x->slot, slots_size(x->mask));
  *x = (struct index){0};
}

static void put(struct index_slot *slot, uint32_t mask, struct index_slot s) {
  uint32_t pos = s.tag & mask;
  while (slot[pos].at) pos = (pos + 1) & mask;
  slot[pos] = s;
}

static int grow(struct index *x) {
  const uint32_t mask = x->slot ? x->mask * 2 + 1 : SLOTS_FIRST - 1;
  struct index_slot *slot = pages_new(slots_size(mask));
  if (!slot) return -ENOMEM;
  pages_populate(slot, slots_size(mask)); /* all of them are touched before long */
  for (size_t i = 0; x->slot && i <= x->mask; i++)
    if (x->slot[i].at) put(slot, mask, x->slot[i]);
  if (x->slot) pages_free(x->slot, slots_size(x->mask));
  x->slot = slot;
  x->mask = mask;
  return 0;
}

int index_add(struct index *x, uint32_t hash, uint32_t at) {
  if (!x->slot || x->n >= (x->mask >> 2) * 3) {
    const int r = grow(x);
    if (r < 0) return r;
  }
  put(x->slot, x->mask, (struct index_slot){hash, at});
  x->n++;
  return 0;
}
