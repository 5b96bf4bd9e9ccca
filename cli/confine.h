/* Confining the process before it looks at bytes of strangers: a parser that is taken over can then read and write
 * nothing but what the command line named, start no program and reach no network.
 *
 *   no_new_privs      no program can give rights back
 *   Landlock          files: only the inputs can be read, only the output folders written (where the kernel has it)
 *   seccomp           calls: those of a table (libseccomp); every other one answers EPERM
 *
 * Sanitizer builds are not confined by seccomp: the sanitizers need calls that no product does. */
#ifndef WW_CLI_CONFINE_H
#define WW_CLI_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

struct confine_options {
  const char *const *readable; /* files that will be opened for reading, or folders with everything in them */
  size_t n_readable;
  const char *const *folder; /* folders in which files will be made, read and removed */
  size_t n_folders;
};

/* What holds now. */
struct confinement {
  bool no_new_privs, files, calls;
  const char *why_not_files, *why_not_calls; /* a phrase; NULL when it holds */
};

/* Applies all that the system offers, for the rest of the process and its threads. */
struct confinement confine(const struct confine_options *options);

#endif
