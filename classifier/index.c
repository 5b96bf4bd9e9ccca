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

static void put(struct index *x, uint32_t pos, struct index_slot s) {
  while (x->slot[pos].at) pos = (pos + 1) & x->mask;
  x->slot[pos] = s;
}

static int grow(struct index *x) {
  const struct index old = *x;
  const uint32_t mask = old.slot ? old.mask * 2 + 1 : SLOTS_FIRST - 1;
  struct index_slot *slot = pages_new(slots_size(mask));
  if (!slot) return -ENOMEM;
  pages_populate(slot, slots_size(mask)); /* all of them are touched before long */
  *x = (struct index){.slot = slot, .mask = mask, .shift = (uint32_t)__builtin_clz(mask), .n = old.n};
  for (size_t i = 0; old.slot && i <= old.mask; i++)
    if (old.slot[i].at) put(x, index_start(x, old.slot[i].tag), old.slot[i]);
  if (old.slot) pages_free(old.slot, slots_size(old.mask));
  return 0;
}

int index_add(struct index *x, uint32_t hash, uint32_t at, const struct index_spot *spot) {
  if (!x->slot || x->n >= (x->mask >> 2) * 3) {
    const int r = grow(x);
    if (r < 0) return r;
  }
  put(x, spot && spot->mask == x->mask ? spot->pos : index_start(x, hash), (struct index_slot){hash, at});
  x->n++;
  return 0;
}
