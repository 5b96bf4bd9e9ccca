/* A hash table of borrowed names, half full at most. */
#include "rules/name_index.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/hash.h"
#include "util/text.h"

enum { FIRST_SLOTS = 32, NEAREST_LOOKED_AT = 1000 };

void name_index_free(struct name_index *x) {
  free(x->name);
  free(x->slot);
  *x = (struct name_index){0};
}

/* The slot that holds the name, or the free one where it belongs. */
static size_t slot_of(const struct name_index *x, const char *name) {
  size_t at = (size_t)hash_bytes(0, name, strlen(name)) & (x->n_slots - 1);
  while (x->slot[at] && strcmp(x->name[x->slot[at] - 1], name) != 0) at = (at + 1) & (x->n_slots - 1);
  return at;
}

static bool grow(struct name_index *x) {
  struct name_index wider = *x;
  wider.n_slots = x->n_slots ? 2 * x->n_slots : FIRST_SLOTS;
  wider.slot = array_new(wider.n_slots, sizeof *wider.slot);
  if (!wider.slot) return false;
  for (size_t i = 0; i < x->n; i++) wider.slot[slot_of(&wider, x->name[i])] = (uint32_t)i + 1;
  free(x->slot);
  *x = wider;
  return true;
}

int name_index_add(struct name_index *x, const char *name) {
  if (2 * (x->n + 1) > x->n_slots && !grow(x)) return -ENOMEM;
  size_t at = slot_of(x, name);
  if (x->slot[at]) return -EEXIST; // NOLINT: grow leaves the new slots in x
  const char **fresh = ARRAY_PUSH(x->name, x->n, x->capacity);
  if (!fresh) return -ENOMEM;
  *fresh = name;
  x->slot[at] = (uint32_t)x->n;
  return (int)x->n - 1;
}

int name_index_find(const struct name_index *x, const char *name) {
  return x->n ? (int)x->slot[slot_of(x, name)] - 1 : -1;
}

const char *name_index_nearest(const struct name_index *x, const char *name) {
  struct text_nearest nearest = {.wanted = name};
  for (size_t i = 0; i < x->n && i < NEAREST_LOOKED_AT; i++) text_nearest_offer(&nearest, x->name[i]);
  return nearest.best;
}
