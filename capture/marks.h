/* Where records begin, found by the thread that reads, while their headers are in its cache.
 *
 * A record's header tells where the next one stands, so that whoever goes from one to the next waits for memory at each
 * of them, when another thread has read them. Marks let several be asked for at once. They are hints: a reader looks at
 * every header itself, and what a damaged capture makes of the marks costs time, nothing else. */
#ifndef WW_CAPTURE_MARKS_H
#define WW_CAPTURE_MARKS_H

#include <stdbool.h>

#include "capture/block.h"

enum { MARK_HEAD = 12 }; /* bytes of a record that tell its length */

struct marks;

/* The length of the record that begins so; 0 = no more can be told. */
typedef uint64_t marks_length_fn(struct marks *m, const uint8_t head[MARK_HEAD]);

struct marks {
  marks_length_fn *length; /* NULL: nothing is marked */
  bool big_endian;         /* numbers of the records that follow */
  uint64_t next;           /* place of the next record in the capture */
  uint64_t read;           /* bytes of the capture so far */
  uint8_t head[MARK_HEAD]; /* what earlier pieces held of that record */
};

/* Goes on with len more bytes of the capture, in b->bytes from at on. */
void marks_add(struct marks *m, struct block *b, size_t at, size_t len);

/* The marks of one block while its records are gone through. */
struct marks_walk {
  const uint32_t *next, *end; /* not passed yet */
};
static inline struct marks_walk marks_walk_of(const struct block *b) {
  return (struct marks_walk){b->mark, b->mark ? b->mark + b->n_marks : NULL};
}

/* Asks for a record a few behind the one that begins at from, a place in b, and for where its frame begins. */
__attribute__((always_inline)) static inline void marks_look_ahead(struct marks_walk *w, const struct block *b,
                                                                   const uint8_t *from) {
  enum { AHEAD = 8, LINE = 64 };
  const size_t at = (size_t)(from - b->bytes);
  while (w->next < w->end && *w->next < at) w->next++;
  if (w->end - w->next <= AHEAD) return;
  const uint8_t *record = b->bytes + w->next[AHEAD];
  __builtin_prefetch(record);
  __builtin_prefetch(record + LINE);
}

#endif
