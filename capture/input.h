/* The raw bytes of an input: a file, standard input or memory, read in order and hashed on the way. */
#ifndef WW_CAPTURE_INPUT_H
#define WW_CAPTURE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/block.h"
#include "capture/hasher.h"
#include "util/error.h"

struct input {
  int fd;                /* -1: memory, or closed */
  const uint8_t *memory; /* borrowed */
  size_t memory_left;
  struct hasher *hasher; /* NULL: bytes are not hashed */
  uint64_t read;         /* bytes so far */
  uint64_t size;         /* 0 = unknown */
};

/* Opens path ("-": standard input). Negative with *e: it cannot be opened, is a directory, or a terminal. */
int input_open(struct input *in, const char *path, struct err *e);

/* From memory, borrowed until input_close. */
void input_open_memory(struct input *in, const void *bytes, size_t len);

/* Hashes what is read from now on. Negative: memory is out. */
int input_hash(struct input *in);

/* Up to len bytes to b->bytes + at: how many, 0 at the end, a negative errno. */
ssize_t input_read(struct input *in, struct block *b, size_t at, size_t len);

/* Closes and frees what it holds; may be called twice. */
void input_close(struct input *in);

#endif
