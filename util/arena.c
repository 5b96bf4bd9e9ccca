/* Chunks of ARENA_CHUNK bytes, handed out from the front; a larger wish gets a chunk of its own. */
#include "util/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_CHUNK = 16384 };

struct arena_chunk {
  struct arena_chunk *older;
  alignas(max_align_t) uint8_t data[];
};

static void *chunk_new(struct arena *a, size_t size) {
  if (size > SIZE_MAX / 2) return NULL;
  struct arena_chunk *c = calloc(1, sizeof *c + size);
  if (!c) {
    a->failed++;
    return NULL;
  }
  a->total += sizeof *c + size;
  if (a->chunk && size > ARENA_CHUNK) { /* keep filling the newest ordinary chunk */
    c->older = a->chunk->older;
    a->chunk->older = c;
    return c->data;
  }
  c->older = a->chunk;
  a->chunk = c;
  a->size = size;
  a->used = size > ARENA_CHUNK ? size : 0; /* a chunk of its own is full at once */
  return c->data;
}

void *arena_get(struct arena *a, size_t size) {
  size_t step = alignof(max_align_t);
  if (size > SIZE_MAX / 2) return NULL;
  size = (size + step - 1) / step * step;
  if (size > ARENA_CHUNK) return chunk_new(a, size);
  if ((!a->chunk || a->size - a->used < size) && !chunk_new(a, ARENA_CHUNK)) return NULL;
  void *p = a->chunk->data + a->used;
  a->used += size;
  return p;
}

char *arena_text(struct arena *a, const char *s, size_t len) {
  if (len == SIZE_MAX) return NULL;
  char *p = arena_get(a, len + 1);
  if (p) memcpy(p, s, len);
  return p;
}

void arena_join(struct arena *a, struct arena *from) {
  struct arena_chunk **end = &from->chunk;
  while (*end) end = &(*end)->older;
  *end = a->chunk;
  const struct arena both = {.chunk = from->chunk ? from->chunk : a->chunk,
                             .used = from->chunk ? from->used : a->used,
                             .size = from->chunk ? from->size : a->size,
                             .total = a->total + from->total,
                             .failed = a->failed + from->failed};
  *a = both;
  *from = (struct arena){0};
}

void arena_fini(struct arena *a) {
  while (a->chunk) {
    struct arena_chunk *c = a->chunk;
    a->chunk = c->older;
    free(c);
  }
  *a = (struct arena){0};
}
