/* Report formats: a table of functions over the same result. A format shows, it never decides. */
#ifndef WW_REPORT_WRITER_H
#define WW_REPORT_WRITER_H

#include <stdbool.h>

#include "report/result.h"

struct report_options {
  bool colour;      /* text: use terminal colours */
  int columns;      /* text: width, 60..200; 0 = 100 */
  unsigned threads; /* at most; 0 = 1. What is written does not depend on it */
};

struct report_format {
  const char *name;   /* "text" */
  const char *ending; /* ".txt" */
  const char *title;  /* "plain text, fits 100 columns" */
  int (*write)(const struct result *r, const struct report_options *o,
               struct out *to); /* 0, or negative: memory is out */
};

/* By file name ending or by name; NULL when unknown. */
const struct report_format *report_format_of_path(const char *path);
const struct report_format *report_format_of_name(const char *name);
/* For messages: all formats, ended by a NULL name. */
const struct report_format *report_formats(void);

/* Writes a report under its final name only when it is complete: to a temporary file beside it, synced, renamed. "-" is
 * standard output. Negative with *e: unknown ending, the folder cannot be written, the disk is full. */
int report_write_file(const struct result *r, const struct report_options *o, const char *path, struct err *e);

/* The flows list (product.md): JSON Lines and tab-separated values, printed by so many threads; 0 is 1. What is written
 * does not depend on how many. to says whether it could be. */
void report_flows_jsonl(const struct traffic *t, unsigned threads, struct out *to);
void report_flows_tsv(const struct traffic *t, unsigned threads, struct out *to);

#endif
