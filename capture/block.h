/* Recycled, counted blocks of memory that input bytes are read into.
 *
 * One block is shared by everybody who still needs its bytes: the reader's window, the batches whose frames are
 * slices of it, the thread that hashes it. The last one to let go gives it back to its pool, which keeps a few for
 * reuse, so that a long capture is read without allocating. Only the counting is shared between threads. */
#ifndef WW_CAPTURE_BLOCK_H
#define WW_CAPTURE_BLOCK_H

#include <stddef.h>
#include <stdint.h>

struct block_pool;

struct block {
  struct block_pool *pool;
  struct block *next; /* in the pool's list of free ones */
  size_t size;        /* of bytes */
  unsigned holders;   /* touched atomically */
  uint32_t *mark;     /* where records begin in bytes, as far as known, in order; NULL = none (capture/marks.h) */
  uint32_t n_marks;
  uint8_t bytes[];
};

/* A pool of blocks of one usual size; NULL when memory is out. */
struct block_pool *block_pool_new(size_t size);

/* Ends the caller's interest; the pool goes when its last block does. Accepts NULL. */
void block_pool_free(struct block_pool *p);

/* A block of at least size bytes with one holder; NULL when memory is out. More than the usual size is not recycled. */
struct block *block_new(struct block_pool *p, size_t size);

/* One more holder. Returns b. */
struct block *block_hold(struct block *b);

/* One holder less; the last one frees or recycles it. Accepts NULL. */
void block_drop(struct block *b);

#endif
