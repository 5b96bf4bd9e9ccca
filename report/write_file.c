#include "report/write_file.h"

#include <errno.h>
#include <string.h>

#include "util/new_file.h"

const char *path_ending(const char *path) {
  const char *slash = strrchr(path, '/');
  return strrchr(slash ? slash : path, '.');
}

static int write_stdout(write_fn *write, const void *ctx, struct err *e) {
  struct out to;
  out_init(&to, stdout);
  int rc = write(ctx, &to), closed = out_close(&to);
  if (rc == 0) rc = closed;
  if (rc < 0) err_set(e, "standard output: %s", strerror(-rc));
  return rc;
}

int write_whole_file(const char *path, write_fn *write, const void *ctx, struct err *e) {
  struct new_file file = {0};
  if (strcmp(path, "-") == 0) return write_stdout(write, ctx, e);
  int rc = new_file_open(&file, path, e);
  if (rc < 0) return rc;
  rc = write(ctx, &file.to);
  if (rc == 0) return new_file_keep(&file, e);
  new_file_drop(&file);
  err_set(e, "%s: %s", path, strerror(-rc));
  return rc;
}

int write_unknown_ending(const char *path, struct err *e) {
  err_set(e, "%s: the ending says no report format: use .html, .json, .md, .txt, .csv, .xml or .sarif", path);
  return -EINVAL;
}
