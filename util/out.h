/* Buffered output with one sticky error: write freely, ask once at the end.
 *
 * An out either ends in a stdio stream or, without one, collects into memory. After the first failure it
 * swallows everything, so no caller tests each write. */
#ifndef WW_UTIL_OUT_H
#define WW_UTIL_OUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct out {
  FILE *file; /* NULL: collect in memory */
  char *text; /* pending (file) or collected (memory) bytes; not NUL-terminated */
  size_t len, size;
  int failed; /* 0 or the errno of the first failure */
};

/* To a stream (borrowed until out_close) or, with NULL, to memory. */
void out_init(struct out *o, FILE *file);

/* Flushes and releases the buffer; returns 0 or the negative errno of the first failure. */
int out_close(struct out *o);

/* Memory only: the collected text with a NUL behind it, valid until the next write; NULL after a failure. */
const char *out_str(struct out *o);

/* What out_bytes does where there is no room. */
void out_bytes_more(struct out *o, const void *bytes, size_t len);
void out_u64(struct out *o, uint64_t value);
void out_printf(struct out *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline void out_bytes(struct out *o, const void *bytes, size_t len) {
  if (len < o->size - o->len) {
    memcpy(o->text + o->len, bytes, len);
    o->len += len;
  } else
    out_bytes_more(o, bytes, len);
}

/* Where the next bytes go, with room for so many; NULL after a failure. Who puts some there adds them to o->len. */
char *out_room_more(struct out *o, size_t len);
static inline char *out_room(struct out *o, size_t len) {
  return len < o->size - o->len ? o->text + o->len : out_room_more(o, len);
}

static inline void out_text(struct out *o, const char *text) { out_bytes(o, text, strlen(text)); }

static inline void out_char(struct out *o, char c) {
  if (o->len < o->size)
    o->text[o->len++] = c;
  else
    out_bytes_more(o, &c, 1);
}

#endif
