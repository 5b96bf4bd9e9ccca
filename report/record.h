/* Plain values described once: a table per struct drives writing as JSON, reading back, freeing and walking, so that
 * the four cannot drift apart.
 *
 *   struct record  = one struct: its size and fields
 *   struct field   = JSON name, kind, where it lies (offset), and for lists where their length lies
 *
 * Lists are owned by the value that holds them and freed with it. Texts lie in an arena of the whole, so that the same
 * text need not be there twice and all go back at once. */
#ifndef WW_REPORT_RECORD_H
#define WW_REPORT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/address.h"
#include "util/arena.h"
#include "util/error.h"
#include "util/json.h"

enum field_kind {
  FIELD_TEXT,         /* char *, in the arena; NULL is null */
  FIELD_BOOL,         /* bool */
  FIELD_U16,          /* uint16_t */
  FIELD_U32,          /* uint32_t */
  FIELD_U64,          /* uint64_t; at most RECORD_NUMBER_MAX */
  FIELD_I32,          /* int32_t; -1 is null */
  FIELD_STAMP,        /* stamp_t: UTC seconds with nine decimals, as text; STAMP_NONE is null */
  FIELD_SPAN,         /* stamp_t: seconds with nine decimals, as text */
  FIELD_ADDRESS,      /* struct address as text; none is null */
  FIELD_ENUM,         /* int: one of names */
  FIELD_SET,          /* uint32_t: bits numbered by names, as a list of names */
  FIELD_RECORD,       /* a struct inside the struct; from here on, what holds others */
  FIELD_LIST,         /* pointer to structs, and how many */
  FIELD_TEXT_LIST,    /* pointer to texts, and how many */
  FIELD_ADDRESS_LIST, /* pointer to addresses, and how many */
  FIELD_KIND_COUNT
};

/* Largest whole number every JSON reader keeps exactly (RFC 8259 section 6). */
#define RECORD_NUMBER_MAX ((UINT64_C(1) << 53) - 1)

struct names {
  const char *(*name)(int value);
  int count;
};

struct record;
struct field {
  const char *name;
  char key[JSON_KEY_SIZE]; /* the name as JSON has it in front of the value */
  uint8_t key_len;
  enum field_kind kind;
  size_t offset;
  size_t n_offset;             /* lists: of a size_t, how many */
  const struct record *record; /* FIELD_RECORD, FIELD_LIST */
  const struct names *names;   /* FIELD_ENUM, FIELD_SET */
  bool lines;                  /* lists and records: one item a line in JSON */
};
struct record {
  size_t size;
  const struct field *field;
  size_t n_fields;
};

/* A clean copy of a text for a value; NULL when memory is out. */
char *record_text(struct arena *texts, const char *text, size_t len);

/* The value as a JSON object. lines: one field a line. Long lists of one item a line are made by j->threads threads;
 * what is written does not depend on how many. */
void record_write(const struct record *r, const void *value, bool lines, struct json *j);

/* Reads the JSON object that record_write wrote into zeroed *value, and its texts into the arena; what was read before
 * a failure is in them and must be freed as ever. Negative with *e naming the field: missing, of another type, out of
 * range, memory is out. */
struct cJSON;
int record_read(const struct record *r, const struct cJSON *json, void *value, struct arena *texts, struct err *e);

/* A document of this program on disk: what its first fields, "schema" and "schema_version", must say. */
struct record_document {
  const struct record *record;
  const char *schema;
  uint32_t version;
  size_t texts_offset; /* of the struct arena in the value */
};
/* Reads a file (at most 512 MiB) into zeroed *value, as record_read does. */
int record_load(const struct record_document *d, const char *path, void *value, struct err *e);
/* The same from memory. */
int record_parse(const struct record_document *d, const char *text, size_t len, void *value, struct err *e);

/* Frees what the value owns: not the value, and not the texts. */
void record_fini(const struct record *r, void *value);

/* Calls visit for each text and each address of the value, at any depth, in table order. A visitor may replace what it
 * is given. Stops at the first non-zero answer and returns it. */
struct record_visitor {
  int (*text)(void *ctx, char **text); /* texts are never NULL here; NULL: they are passed over */
  int (*address)(void *ctx, struct address *a);
  void *ctx;
};
int record_walk(const struct record *r, void *value, const struct record_visitor *v);

/* Brings numbers down to RECORD_NUMBER_MAX, so that a value and its saved form are alike. */
void record_clamp(const struct record *r, void *value);

#endif
