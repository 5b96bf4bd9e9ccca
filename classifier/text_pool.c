/* An open hash of numbers into an array of texts; never more than half full. */
#include "classifier/text_pool.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/hash.h"

static size_t slot_of(const struct text_pool *p, const char *text, size_t len) {
  size_t i = hash_bytes(0, text, len) & (p->n_slots - 1);
  while (p->slot[i] && strcmp(p->text[p->slot[i] - 1], text) != 0) i = (i + 1) & (p->n_slots - 1);
  return i;
}

static bool grow(struct text_pool *p) {
  if (p->n * 2 < p->n_slots) return true;
  size_t larger = p->n_slots ? p->n_slots * 2 : 256;
  uint32_t *slot = array_new(larger, sizeof *slot);
  if (!slot) return false;
  free(p->slot);
  p->slot = slot;
  p->n_slots = larger;
  for (size_t i = 0; i < p->n; i++) slot[slot_of(p, p->text[i], strlen(p->text[i]))] = (uint32_t)i + 1;
  return true;
}

uint32_t text_pool_add(struct text_pool *p, const char *text) {
  size_t len = strlen(text);
  if (!len || !grow(p)) return 0;
  size_t i = slot_of(p, text, len);
  if (p->slot[i]) return p->slot[i];
  if (p->n >= TEXT_POOL_MAX) return 0;
  const char *copy = arena_text(&p->arena, text, len);
  const char **place = copy ? ARRAY_PUSH(p->text, p->n, p->size) : NULL;
  if (!place) return 0;
  *place = copy;
  p->slot[i] = (uint32_t)p->n;
  return p->slot[i];
}

const char *text_pool_at(const struct text_pool *p, uint32_t number) {
  return number && number <= p->n ? p->text[number - 1] : NULL;
}

void text_pool_fini(struct text_pool *p) {
  arena_fini(&p->arena);
  free(p->text);
  free(p->slot);
  *p = (struct text_pool){0};
}
