/* Putting a finished text under a name, or on standard output. */
#ifndef WW_REPORT_WRITE_FILE_H
#define WW_REPORT_WRITE_FILE_H

#include "util/error.h"
#include "util/out.h"

/* The ending of the last part of path, from its dot; NULL without one. */
const char *path_ending(const char *path);

/* Writes; 0, or negative: memory is out. */
typedef int write_fn(const void *ctx, struct out *to);

/* What write writes appears under path only when it is complete; "-" is standard output. Negative with *e. */
int write_whole_file(const char *path, write_fn *write, const void *ctx, struct err *e);

/* The error for a name whose ending is no format. */
int write_unknown_ending(const char *path, struct err *e);

#endif
