/* Memory that only grows and goes back all at once: for small things that live as long as their owner.
 * Pointers stay valid until arena_fini. */
#ifndef WW_UTIL_ARENA_H
#define WW_UTIL_ARENA_H

#include <stddef.h>

struct arena_chunk;
struct arena {               /* starts as {0} */
  struct arena_chunk *chunk; /* newest first */
  size_t used, size;         /* of the newest chunk */
  size_t total;              /* bytes of all chunks */
  size_t failed;             /* chunks that could not be had, because memory was out */
};

/* Zeroed memory, aligned for any type; NULL when memory is out. */
void *arena_get(struct arena *a, size_t size);

/* A copy of s[0..len) with a NUL after it; NULL when memory is out. */
char *arena_text(struct arena *a, const char *s, size_t len);

/* Moves everything of from to a; *from is {0} again. Pointers stay valid. */
void arena_join(struct arena *a, struct arena *from);

void arena_fini(struct arena *a);

#endif
