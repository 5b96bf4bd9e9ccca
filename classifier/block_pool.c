/* A free block holds the link to the next free one of its size. */
#include "classifier/block_pool.h"

#include <stdlib.h>

struct block {
  struct block *next;
};

static unsigned class_of(size_t size) {
  unsigned k = 0;
  for (size_t s = BLOCK_SIZE_MIN; s < size; s *= 2) k++;
  return k;
}

uint8_t *block_get(struct block_pool *p, size_t size, size_t *size_out) {
  if (size > BLOCK_SIZE_MAX) return NULL;
  unsigned k = class_of(size);
  size_t whole = (size_t)BLOCK_SIZE_MIN << k;
  struct block *b = p->free[k];
  if (b) {
    p->free[k] = b->next;
  } else if (!(b = malloc(whole))) {
    p->failed++;
    return NULL;
  }
  p->in_use += whole;
  *size_out = whole;
  return (uint8_t *)b;
}

void block_put(struct block_pool *p, uint8_t *block, size_t size) {
  if (!block) return;
  struct block *b = (struct block *)(void *)block;
  unsigned k = class_of(size);
  b->next = p->free[k];
  p->free[k] = b;
  p->in_use -= size;
}

void block_pool_rest(struct block_pool *p) {
  for (unsigned k = 0; k < BLOCK_SIZES; k++)
    while (p->free[k]) {
      struct block *b = p->free[k];
      p->free[k] = b->next;
      free(b);
    }
}

void block_pool_fini(struct block_pool *p) {
  block_pool_rest(p);
  *p = (struct block_pool){0};
}
