#include "util/out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/digits.h"

enum { CHUNK = 1 << 16, MEMORY_LEAST = 256 }; /* most texts made in memory are a line long, and many are made */

void out_init(struct out *o, FILE *file) { *o = (struct out){.file = file}; }

static void put(struct out *o, const void *bytes, size_t len) {
  if (len && !o->failed && fwrite(bytes, 1, len, o->file) != len) o->failed = errno ? errno : EIO;
}

static void flush(struct out *o) {
  put(o, o->text, o->len);
  o->len = 0;
}

int out_close(struct out *o) {
  if (o->file) {
    flush(o);
    if (fflush(o->file) != 0 && !o->failed) o->failed = errno ? errno : EIO;
  }
  free(o->text);
  int failed = o->failed;
  *o = (struct out){.failed = failed};
  return -failed;
}

const char *out_str(struct out *o) {
  out_char(o, '\0');
  if (o->failed) return NULL;
  o->len--;
  return o->text;
}

/* Makes room for len more bytes, if that can be done. */
static void make_room(struct out *o, size_t len) {
  if (o->file && o->text) flush(o);
  size_t need = o->len + len, least = o->file ? CHUNK : MEMORY_LEAST;
  if (need < least) need = least;
  if (!array_reserve((void **)&o->text, &o->size, need, 1) && !o->failed) o->failed = ENOMEM;
}

char *out_room_more(struct out *o, size_t len) {
  if (!o->failed) make_room(o, len);
  return o->failed ? NULL : o->text + o->len;
}

void out_bytes_more(struct out *o, const void *bytes, size_t len) {
  if (o->failed || len == 0) return;
  if (o->file && len >= CHUNK) {
    flush(o);
    put(o, bytes, len);
    return;
  }
  if (o->size - o->len < len) make_room(o, len);
  if (o->failed) return;
  memcpy(o->text + o->len, bytes, len);
  o->len += len;
}

void out_u64(struct out *o, uint64_t value) {
  char digits[DIGITS_MAX], *end = digits + sizeof digits;
  const char *at = digits_before(end, value);
  out_bytes(o, at, (size_t)(end - at));
}

void out_printf(struct out *o, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (n >= 0 && !o->failed) {
    size_t need = (size_t)n + 1;
    if (o->size - o->len < need) make_room(o, need);
    if (!o->failed) {
      vsnprintf(o->text + o->len, need, format, again);
      o->len += (size_t)n;
    }
  }
  va_end(again);
}
