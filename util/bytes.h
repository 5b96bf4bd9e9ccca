/* The only door to packet bytes: a cursor that knows where its bytes end.
 *
 * Every read checks the length first and says so: it returns false (or NULL) and leaves the cursor and the
 * result alone when too few bytes are left. A part with its own stated length is read inside a child cursor
 * narrowed to that length (bytes_take), so a nested parser cannot leave its part. Nothing is copied; the
 * cursor borrows the bytes. */
#ifndef WW_UTIL_BYTES_H
#define WW_UTIL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
  const uint8_t *at;  /* next byte */
  const uint8_t *end; /* one past the last byte */
};

static inline struct bytes bytes_of(const void *at, size_t len) {
  const uint8_t *p = (const uint8_t *)at;
  return (struct bytes){p, p + len};
}

static inline size_t bytes_left(const struct bytes *b) { return (size_t)(b->end - b->at); }

/* The next n bytes, past which the cursor moves; NULL when fewer are left. */
static inline const uint8_t *bytes_get(struct bytes *b, size_t n) {
  if (bytes_left(b) < n) return NULL;
  const uint8_t *p = b->at;
  b->at += n;
  return p;
}

/* The byte that lies offset bytes ahead, without moving; -1 when there is none. */
static inline int bytes_peek(const struct bytes *b, size_t offset) {
  return bytes_left(b) > offset ? b->at[offset] : -1;
}

/* Where n bytes like what first lie ahead, NULL = nowhere. n is not 0. In short texts quicker than memmem, which first
 * makes a table of what it looks for. */
static inline const uint8_t *bytes_find(const struct bytes *b, const void *what, size_t n) {
  const uint8_t *at = b->at;
  while ((size_t)(b->end - at) >= n) {
    at = (const uint8_t *)memchr(at, *(const uint8_t *)what, (size_t)(b->end - at) - n + 1);
    if (!at || memcmp(at, what, n) == 0) return at;
    at++;
  }
  return NULL;
}

static inline bool bytes_skip(struct bytes *b, size_t n) { return bytes_get(b, n) != NULL; }

/* Cuts the next n bytes off into a child cursor. */
static inline bool bytes_take(struct bytes *b, size_t n, struct bytes *child_out) {
  const uint8_t *p = bytes_get(b, n);
  if (!p) return false;
  *child_out = bytes_of(p, n);
  return true;
}

/* Drops everything after the next n bytes; longer n changes nothing. */
static inline void bytes_narrow(struct bytes *b, size_t n) {
  if (bytes_left(b) > n) b->end = b->at + n;
}

/* Integers at p, whose bytes the caller has got from bytes_get. */
static inline uint16_t be16_at(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static inline uint32_t be32_at(const uint8_t *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline uint64_t be64_at(const uint8_t *p) { return (uint64_t)be32_at(p) << 32 | be32_at(p + 4); }
static inline uint16_t le16_at(const uint8_t *p) { return (uint16_t)(p[1] << 8 | p[0]); }
static inline uint32_t le32_at(const uint8_t *p) {
  return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}
static inline uint64_t le64_at(const uint8_t *p) { return (uint64_t)le32_at(p + 4) << 32 | le32_at(p); }

#define WW_BYTES_READER(name, type, width, load)                      \
  static inline bool bytes_##name(struct bytes *b, type *value_out) { \
    const uint8_t *p = bytes_get(b, width);                           \
    if (!p) return false;                                             \
    *value_out = load;                                                \
    return true;                                                      \
  }
WW_BYTES_READER(u8, uint8_t, 1, p[0])
WW_BYTES_READER(be16, uint16_t, 2, be16_at(p))
WW_BYTES_READER(be32, uint32_t, 4, be32_at(p))
WW_BYTES_READER(be64, uint64_t, 8, be64_at(p))
WW_BYTES_READER(le16, uint16_t, 2, le16_at(p))
WW_BYTES_READER(le32, uint32_t, 4, le32_at(p))
WW_BYTES_READER(le64, uint64_t, 8, le64_at(p))
#undef WW_BYTES_READER

#endif
