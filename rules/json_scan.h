/* Private to rules/json_text.c: the grammar check that runs before cJSON and notes where every value stands. */
#ifndef WW_RULES_JSON_SCAN_H
#define WW_RULES_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* Where a value stands, in document order (a container before what it holds). */
struct json_mark {
  uint32_t at, key_at;
};

struct json_scan {
  struct json_mark *mark; /* released by the caller */
  size_t n, capacity;
  size_t error_at; /* byte offset of the first mistake */
};

/* Replaces // comments outside strings by spaces, so that offsets stay what they are. */
void json_blank_comments(char *text, size_t len);

/* Checks text[0..len) against RFC 8259 and our limits. 0 and the marks; -EINVAL with scan->error_at and *e; -ENOMEM. */
int json_scan(const char *text, size_t len, struct json_scan *scan, struct err *e);

#endif
