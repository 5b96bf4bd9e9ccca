/* A JSON document (RFC 8259) in which every value knows where it stands, for messages such as "site.json:14:21: ...".
 *
 * Two additions to JSON: a line comment from // to the end of its line, and a UTF-8 byte order mark at the start. Our
 * own scanner checks the grammar first and notes positions; cJSON then decodes strings and numbers of a text that is
 * known to be sound. Limits, so that no document can exhaust us: see the enum. */
#ifndef WW_RULES_JSON_TEXT_H
#define WW_RULES_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/policy.h"

enum {
  JSON_DOC_BYTES_MAX = 16 << 20,
  JSON_DOC_VALUES_MAX = 1000000,
  JSON_DOC_LEVELS_MAX = 64,
};

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT, JSON_KIND_COUNT };
const char *json_kind_name(enum json_kind k); /* "a number" */

/* One value; everything it points to belongs to the document. */
struct json_value {
  enum json_kind kind;
  uint32_t at, key_at; /* byte offsets of the value and of its name; key_at = at when it has no name */
  const char *key;     /* its name in an object; NULL */
  const char *text;    /* of a string, decoded; "" otherwise */
  double number;       /* of a number; may be infinite when the text is out of range */
  bool truth;          /* of true and false */
  uint32_t index;      /* its place in its container, from 0 */
  uint32_t n_children;
  const struct json_value *parent, *first, *next; /* next: the next in the same container */
};

struct json_doc;

/* Reads and parses a file. 0 and a document to release with json_doc_free; or negative with at least one problem. */
int json_doc_load(const char *path, struct json_doc **doc_out, struct problem_list *problems);

/* The same from memory, copied; file is the name used in messages. */
int json_doc_parse(const char *file, const void *bytes, size_t len, struct json_doc **doc_out,
                   struct problem_list *problems);
void json_doc_free(struct json_doc *d);

const struct json_value *json_doc_root(const struct json_doc *d);
const char *json_doc_file(const struct json_doc *d);
const char *json_doc_sha256(const struct json_doc *d); /* of the bytes as they were in the file; 64 hex digits */

/* Line and column (in characters) of a byte offset, both from 1. */
struct json_place {
  size_t line, column;
};
struct json_place json_doc_place(const struct json_doc *d, size_t at);

/* The member of that name (the first, if there are several); NULL when there is none or v is no object. */
const struct json_value *json_value_member(const struct json_value *v, const char *key);

#endif
