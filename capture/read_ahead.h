/* Reading (and unpacking) in a thread of its own, a few blocks ahead of whoever uses the bytes.
 *
 * Bytes come in blocks that begin with room: the user moves the few bytes left over from the block before there, so
 * that its window goes on without copying the rest. */
#ifndef WW_CAPTURE_READ_AHEAD_H
#define WW_CAPTURE_READ_AHEAD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/block.h"
#include "util/error.h"

/* Up to len bytes to b->bytes + at: how many, 0 at the end, a negative errno with *why. *read_out: bytes of the input
 * that were read so far. Called from the thread only, until read_ahead_free returns. */
typedef ssize_t read_ahead_fn(void *of, struct block *b, size_t at, size_t len, uint64_t *read_out, struct err *why);

struct read_ahead;

/* What was read; block is the taker's, with the bytes from room on. */
struct read_ahead_piece {
  struct block *block; /* NULL: the end, or an error */
  ssize_t got;         /* as the function answered; -ENOMEM: no block could be had */
  uint64_t read;
  struct err why;
};

/* Blocks come from the pool, which outlives it; room bytes at their front stay free. Nothing is read yet. NULL: memory
 * is out. */
struct read_ahead *read_ahead_new(struct block_pool *pool, size_t block_size, size_t room, read_ahead_fn *fn, void *of);

/* Stops reading. What was read and not taken is dropped. Accepts NULL. */
void read_ahead_free(struct read_ahead *r);

/* The next piece, waiting for it. The first call starts the thread; without one the reading happens here. After the end
 * or an error the same comes again. */
struct read_ahead_piece read_ahead_take(struct read_ahead *r);

#endif
