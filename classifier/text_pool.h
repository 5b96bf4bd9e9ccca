/* Texts kept once: many flows say the same thing of themselves. Numbers are small and stay good; 0 is "no text". */
#ifndef WW_CLASSIFIER_TEXT_POOL_H
#define WW_CLASSIFIER_TEXT_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"

enum { TEXT_POOL_MAX = 1 << 20 };

struct text_pool { /* starts as {0} */
  struct arena arena;
  const char **text;
  size_t n, size;
  uint32_t *slot; /* number of a text; 0 = free */
  size_t n_slots;
};

/* The number of text (clean, NUL-terminated); 0 for "", when the pool is full, or when memory is out. */
uint32_t text_pool_add(struct text_pool *p, const char *text);

/* NULL for 0. */
const char *text_pool_at(const struct text_pool *p, uint32_t number);

void text_pool_fini(struct text_pool *p);

#endif
