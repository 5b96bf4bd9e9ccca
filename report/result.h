/* The result of one run as plain values: everything a report shows, owned by itself, without pointers into traffic,
 * policy or site. It is made once from an audit, written as JSON, read back, and rendered in any format: a report from
 * a saved JSON is the same bytes as the one written at once. */
#ifndef WW_REPORT_RESULT_H
#define WW_REPORT_RESULT_H

#include "rules/audit.h"
#include "util/error.h"
#include "util/out.h"

struct result_options {
  const char *ticket; /* stamped on reports; NULL */
  const char *title;  /* NULL */
  stamp_t now;        /* the one date shown; STAMP_NONE: none is shown */
  unsigned threads;   /* at most; 0 = 1. The result is the same for any number */
};

struct result;

/* NULL: memory is out. */
struct result *result_make(const struct audit *a, const struct result_options *options);
void result_free(struct result *r);

/* From a JSON result of this program (any size up to 512 MiB). Negative with *e: not one, damaged, another version. */
int result_load(const char *path, struct result **result_out, struct err *e);

enum compliance result_compliance(const struct result *r);

#endif
