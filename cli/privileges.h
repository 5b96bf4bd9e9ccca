/* Giving up what a capture needed only to be opened.
 *
 *   root or cap_net_raw  --open handles-->  privileges_drop  -->  an ordinary user without a single capability
 *
 * Under sudo the ordinary user is the one who called it, else nobody. When that user could not write what is named on
 * the command line, it is the owner of the folder; when that is root, the user stays root, but the capabilities go all
 * the same, and with them the right to write where permissions do not let root. Nothing can be regained. */
#ifndef WW_CLI_PRIVILEGES_H
#define WW_CLI_PRIVILEGES_H

#include <stddef.h>

#include "util/error.h"

/* path: files and folders that must stay writable (what is yet to be made counts through the folder it is made in). 0;
 * 1 with *e: the user stayed root, *e says why; negative with *e: the rights could not be given up, or what is named
 * could not be written afterwards; do not go on. */
int privileges_drop(const char *const *path, size_t n_paths, struct err *e);

#endif
