/* The SHA-256 of an input, worked out beside its reading.
 *
 * Hashing costs more than reading a capture, so a thread of its own does it: the reader hands over the blocks it has
 * read and goes on. The hand-over is bounded: when the thread is behind, the reader waits. Small inputs, and systems
 * that give no thread, are hashed at once by the caller. */
#ifndef WW_CAPTURE_HASHER_H
#define WW_CAPTURE_HASHER_H

#include <stdbool.h>

#include "capture/block.h"
#include "util/digest.h"

struct hasher;

/* threaded: start a thread with the first bytes. NULL when memory is out. */
struct hasher *hasher_new(bool threaded);
void hasher_free(struct hasher *h); /* whatever was not hashed yet is left out; accepts NULL */

/* The next len bytes of the input, at b->bytes + at; they must not change until they are hashed (b is held). */
void hasher_add(struct hasher *h, struct block *b, size_t at, size_t len);

/* Waits for everything handed over and prints the digest in hex. Once. Returns to. */
char *hasher_finish(char to[DIGEST_TEXT_SIZE], struct hasher *h);

#endif
