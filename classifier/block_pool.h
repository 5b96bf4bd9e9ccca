/* Buffers for flows under analysis: a few sizes, given back to free lists and used again. What is handed out is
 * counted in bytes, so that a test can see that everything came back. */
#ifndef WW_CLASSIFIER_BLOCK_POOL_H
#define WW_CLASSIFIER_BLOCK_POOL_H

#include <stddef.h>
#include <stdint.h>

enum { BLOCK_SIZES = 7, BLOCK_SIZE_MIN = 1024, BLOCK_SIZE_MAX = 65536 }; /* 1, 2, 4 ... 64 KiB */

struct block;
struct block_pool { /* starts as {0} */
  struct block *free[BLOCK_SIZES];
  size_t in_use;   /* bytes handed out */
  uint64_t failed; /* blocks that could not be had, because memory was out */
};

/* At least size bytes; *size_out is what it holds. NULL: more than BLOCK_SIZE_MAX, or memory is out. */
uint8_t *block_get(struct block_pool *p, size_t size, size_t *size_out);

/* Gives back a block of that size (as *size_out said); NULL is accepted. */
void block_put(struct block_pool *p, uint8_t *block, size_t size);

/* Frees what is not handed out. */
void block_pool_rest(struct block_pool *p);

void block_pool_fini(struct block_pool *p);

#endif
