/* Collecting the problems of one document: all of them in one run, in the order in which they stand in the file. */
#ifndef WW_RULES_PROBLEM_H
#define WW_RULES_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#include "rules/json_text.h"
#include "rules/policy.h"

struct problem {
  size_t at;  /* byte offset; orders the list */
  char *line; /* the whole line */
};

struct problem_log {
  const struct json_doc *doc; /* borrowed */
  struct problem *item;       /* at most PROBLEMS_MAX */
  size_t n, capacity;
  size_t more;
  bool no_memory; /* nothing that was loaded counts */
};

/* Notes a problem of a value: "FILE:LINE:COLUMN: path: text". The position is the value's; with problem_key, its
 * name's. */
void problem_at(struct problem_log *log, const struct json_value *v, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void problem_key(struct problem_log *log, const struct json_value *v, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* True when no more problems are kept: skip expensive advice. */
bool problem_log_full(const struct problem_log *log);

/* Moves everything noted to the end of list, in document order, and releases the log. 0 when there was nothing, -EINVAL
 * when there was, -ENOMEM (with at least one line if at all possible). */
int problem_log_finish(struct problem_log *log, struct problem_list *list);

/* Adds one cleaned line to a list, or counts it beyond PROBLEMS_MAX. False: memory is out. */
bool problem_list_add(struct problem_list *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
