/* What changed between two results: findings matched by fingerprint (dictionary, section 4).
 *
 * A finding that is gone counts as fixed only when the later capture shows the same traffic getting through (or, for an
 * open port, no longer answering); else it is no longer assessable. */
#ifndef WW_REPORT_DIFF_H
#define WW_REPORT_DIFF_H

#include <stdbool.h>

#include "report/writer.h"

enum change { CHANGE_NEW, CHANGE_UNCHANGED, CHANGE_NOT_ASSESSABLE, CHANGE_FIXED, CHANGE_COUNT };
const char *change_name(enum change c); /* "new", "unchanged", "not-assessable", "fixed" */

struct diff;

/* Owns copies; the results may be freed afterwards. NULL: memory is out. */
struct diff *diff_make(const struct result *before, const struct result *after);
void diff_free(struct diff *d);

/* Something new, and not waived, is blocked, open without a rule, or of the wrong protocol. */
bool diff_is_worse(const struct diff *d);

struct diff_format {
  const char *name, *ending, *title;
  int (*write)(const struct diff *d, const struct report_options *o,
               struct out *to); /* 0, or negative: memory is out */
};
/* All formats, ended by a NULL name; by file name ending or name, NULL when unknown. */
const struct diff_format *diff_formats(void);
const struct diff_format *diff_format_of_path(const char *path);
const struct diff_format *diff_format_of_name(const char *name);

/* As report_write_file. */
int diff_write_file(const struct diff *d, const struct report_options *o, const char *path, struct err *e);

#endif
