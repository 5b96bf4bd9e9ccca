/* A file that appears under its name only when it is complete: written beside it, synced, then renamed. */
#ifndef WW_UTIL_NEW_FILE_H
#define WW_UTIL_NEW_FILE_H

#include "util/error.h"
#include "util/out.h"

struct new_file {
  struct out to;    /* write here */
  FILE *stream;     /* NULL = not open */
  const char *path; /* borrowed */
  char *partial;    /* its name until it is kept, owned */
};

/* Starts path (borrowed until kept or dropped), with the permissions a new file gets. Negative with *e: the folder
 * cannot be written. *f starts as {0}. */
int new_file_open(struct new_file *f, const char *path, struct err *e);

/* Ends writing and gives the file its name. Negative with *e (a full disk, ...): nothing is under that name that was
 * not there before. Either way *f is {0} again. */
int new_file_keep(struct new_file *f, struct err *e);

/* Forgets what was written; {0} is fine too. */
void new_file_drop(struct new_file *f);

#endif
