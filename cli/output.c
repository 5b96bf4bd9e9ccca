#include "cli/output.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/new_file.h"

const char *const output_colour_choice[] = {"auto", "always", "never", NULL};

int output_finish(struct out *to, struct err *e) {
  int rc = out_close(to);
  if (!rc && fflush(stdout)) rc = -errno;
  if (!rc || rc == -EPIPE) return 0;
  err_set(e, "standard output could not be written: %s", strerror(-rc));
  return rc;
}

int output_write(const char *path, int (*write)(const void *what, struct out *to), const void *what, struct err *e) {
  struct new_file file = {0};
  struct out to;
  bool is_stdout = !path || strcmp(path, "-") == 0;
  if (is_stdout)
    out_init(&to, stdout);
  else if (new_file_open(&file, path, e))
    return STATUS_USAGE;
  int rc = write(what, is_stdout ? &to : &file.to);
  if (rc < 0) err_set(e, "memory ran out while writing");
  int end = is_stdout ? output_finish(&to, rc < 0 ? NULL : e) : rc < 0 ? 0 : new_file_keep(&file, e);
  new_file_drop(&file);
  return rc < 0 || end < 0 ? STATUS_USAGE : STATUS_OK;
}

static int check_folder(const char *path, struct err *e) {
  if (strcmp(path, "-") == 0) return 0;
  char copy[PATH_MAX];
  if (strlen(path) >= sizeof copy) {
    err_set(e, "the name of an output file is too long: %.60s...", path);
    return -ENAMETOOLONG;
  }
  memcpy(copy, path, strlen(path) + 1);
  const char *folder = dirname(copy);
  if (access(folder, W_OK | X_OK) == 0) return 0;
  int error = errno;
  err_set(e, "%s: cannot write to the folder %s: %s", path, folder, strerror(error));
  return -error;
}

static int check_inputs(const char *path, const char *const *input, size_t n_inputs, struct err *e) {
  struct stat out, in;
  if (stat(path, &out) != 0) return 0;
  if (!S_ISREG(out.st_mode)) {
    err_set(e, "%s: is there already and is not a file", path);
    return -EEXIST;
  }
  for (size_t i = 0; i < n_inputs; i++) {
    if (stat(input[i], &in) != 0 || in.st_dev != out.st_dev || in.st_ino != out.st_ino) continue;
    err_set(e, "%s: is an input too and would be overwritten", path);
    return -EEXIST;
  }
  return 0;
}

int output_check(const char *path, const char *const *input, size_t n_inputs, struct err *e) {
  int rc = check_folder(path, e);
  return rc ? rc : check_inputs(path, input, n_inputs, e);
}

int output_check_folder(const char *path, struct err *e) {
  struct stat there;
  if (stat(path, &there) != 0) return check_folder(path, e);
  int error = S_ISDIR(there.st_mode) ? 0 : ENOTDIR;
  if (!error && access(path, W_OK | X_OK) != 0) error = errno;
  if (error) err_set(e, "%s: cannot be written to: %s", path, strerror(error));
  return -error;
}

bool output_colour(unsigned choice) {
  if (choice != OUTPUT_COLOUR_AUTO) return choice == OUTPUT_COLOUR_ALWAYS;
  const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
  if (none && *none) return false;
  return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

int output_columns(void) {
  struct winsize size;
  if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 0;
  return size.ws_col < 60 ? 60 : size.ws_col > 200 ? 200 : size.ws_col;
}
