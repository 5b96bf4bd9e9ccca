/* Unpacks a compressed input on the fly. The only door to libarchive. */
#ifndef WW_CAPTURE_COMPRESSED_H
#define WW_CAPTURE_COMPRESSED_H

#include <sys/types.h>

#include "capture/block.h"
#include "capture/input.h"
#include "util/error.h"

enum { COMPRESSED_DEPTH_MAX = 3 }; /* compressions inside each other; more is nothing a person made */

struct decompressor;

/* Begins to unpack in, whose first len bytes were read already to first->bytes (first is held while needed). in and
 * pool are borrowed until decompressor_free. Negative with *e: memory is out, or the data cannot be unpacked. */
int decompressor_new(struct input *in, struct block_pool *pool, struct block *first, size_t len,
                     struct decompressor **decompressor_out, struct err *e);
void decompressor_free(struct decompressor *d); /* accepts NULL */

/* Up to len unpacked bytes to to: how many, 0 at the end, -EPIPE when the compressed data end too early, -EBADMSG
 * when they do not unpack (*e says why), another negative errno when they cannot be read. */
ssize_t decompressor_read(struct decompressor *d, uint8_t *to, size_t len, struct err *e);

#endif
