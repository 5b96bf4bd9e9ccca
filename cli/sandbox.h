/* Which files a call of a verb needs, collected for cli/confine.h. */
#ifndef WW_CLI_SANDBOX_H
#define WW_CLI_SANDBOX_H

#include <stdbool.h>

#include "cli/options.h"
#include "cli/verb.h"

struct sandbox {
  const char **readable; /* borrowed texts */
  char **folder;         /* owned texts */
  size_t n_readable, readable_capacity, n_folders, folders_capacity;
};

/* A file or folder that will be read; NULL is none. False: memory is out. */
bool sandbox_read(struct sandbox *s, const char *path);
/* A file that will be written: its folder; NULL and "-" are none. */
bool sandbox_write(struct sandbox *s, const char *path);
bool sandbox_write_all(struct sandbox *s, const struct option_list *paths);
/* A folder that will be written to, made if missing; NULL is none. */
bool sandbox_folder(struct sandbox *s, const char *folder);

/* Confines the process to them, before bytes of strangers are looked at; says what could not be done when thorough.
 * Releases the lists. */
void sandbox_close(struct sandbox *s, bool thorough);
void sandbox_release(struct sandbox *s);

/* What a verb needs beside its operands; NULL = none. */
struct sandbox_paths {
  const struct option_list *reports; /* files to be written */
  const char *output;                /* likewise */
  const char *folder;                /* to write to */
  const char *read;
};

/* All of it for a verb that reads its operands. STATUS_OK, or STATUS_INPUT with c->err: memory is out. */
int sandbox_call(struct call *c, const struct sandbox_paths *paths);

#endif
