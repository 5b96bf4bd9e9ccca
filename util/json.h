/* Streaming JSON (RFC 8259) over util/out.h: what is written is well formed whatever the texts hold.
 *
 * A stack remembers where the writer stands, so commas, colons and closing brackets cannot be forgotten; strings are
 * always escaped, and bytes that are not UTF-8 become U+FFFD. A container is written on one line or, for the outer
 * levels of a document that people read and compare, with one item a line. */
#ifndef WW_UTIL_JSON_H
#define WW_UTIL_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "util/out.h"

enum { JSON_DEPTH_MAX = 32 };

struct json {
  struct out *to;
  unsigned threads; /* so many may make what is written, of those who can (report/record.h); 0 = 1 */
  unsigned depth;
  bool after_key;
  struct {
    char close;  /* '}' or ']' */
    bool lines;  /* one item a line */
    bool filled; /* has an item already */
  } level[JSON_DEPTH_MAX];
};

/* Starts a document on to, which is borrowed. */
void json_init(struct json *j, struct out *to);

/* Opens a container; lines: each item on a line of its own. Deeper than JSON_DEPTH_MAX is our own mistake (assert). */
void json_object(struct json *j, bool lines);
void json_array(struct json *j, bool lines);
/* Closes the innermost container. */
void json_end(struct json *j);

/* The name of the next value; inside an object, once before each value. */
void json_key(struct json *j, const char *key);

/* How many bytes text begins with that a JSON string holds as they are (of ASCII alone). */
size_t json_plain_length(const char *text, size_t len);

/* For lists of many records: a name made ready by the caller, quoted and with its colon, in an object on one line; and
 * a value that is JSON already. */
void json_key_ready(struct json *j, const char *key, size_t len);
void json_ready(struct json *j, const char *value, size_t len);

/* Room behind the next name, made ready in the same way, in key[0..JSON_KEY_SIZE): most bytes of a value that is JSON
 * already go where this points, and json_placed is told where they end. NULL: there is no room, and the output has
 * failed. */
enum { JSON_KEY_SIZE = 32 };
static inline char *json_place(struct json *j, const char *key, size_t len, size_t most);
static inline void json_placed(struct json *j, const char *end) { j->to->len = (size_t)(end - j->to->text); }

/* Values. A NULL text is null. */
void json_text(struct json *j, const char *text);
void json_text_n(struct json *j, const char *text, size_t len);
void json_u64(struct json *j, uint64_t value);
void json_i64(struct json *j, int64_t value);
void json_bool(struct json *j, bool value);
void json_null(struct json *j);

static inline char *json_place(struct json *j, const char *key, size_t len, size_t most) {
  char *at = out_room(j->to, 1 + JSON_KEY_SIZE + most);
  if (!at) return NULL;
  if (j->level[j->depth - 1].filled) *at++ = ',';
  j->level[j->depth - 1].filled = true;
  memcpy(at, key, JSON_KEY_SIZE); /* all of it, since its size is known; what is too much is overwritten */
  return at + len;
}

#endif
