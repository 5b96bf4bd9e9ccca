#include "util/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* mkostemp makes private files; this one is an ordinary result. */
static int publish(int fd) {
  mode_t mask = umask(0);
  umask(mask);
  return fchmod(fd, 0666 & ~mask);
}

int new_file_open(struct new_file *f, const char *path, struct err *e) {
  int rc = 0, fd = -1;
  char *partial;
  if (asprintf(&partial, "%s.partial-XXXXXX", path) < 0) {
    err_set(e, "%s: no memory", path);
    return -ENOMEM;
  }
  fd = mkostemp(partial, O_CLOEXEC);
  FILE *stream = fd >= 0 && publish(fd) == 0 ? fdopen(fd, "w") : NULL;
  if (stream) {
    *f = (struct new_file){.stream = stream, .path = path, .partial = partial};
    out_init(&f->to, stream);
    return 0;
  }
  rc = -errno;
  err_set(e, "%s: cannot be written: %s", path, strerror(-rc));
  if (fd >= 0) {
    close(fd);
    unlink(partial);
  }
  free(partial);
  return rc;
}

int new_file_keep(struct new_file *f, struct err *e) {
  int rc = out_close(&f->to);
  if (!rc && (fflush(f->stream) || fsync(fileno(f->stream)))) rc = -errno;
  if (fclose(f->stream) && !rc) rc = -errno;
  if (!rc && rename(f->partial, f->path)) rc = -errno;
  if (rc) {
    err_set(e, "%s: could not be written: %s", f->path, strerror(-rc));
    unlink(f->partial);
  }
  free(f->partial);
  *f = (struct new_file){0};
  return rc;
}

void new_file_drop(struct new_file *f) {
  if (!f->stream) return;
  out_close(&f->to);
  fclose(f->stream);
  unlink(f->partial);
  free(f->partial);
  *f = (struct new_file){0};
}
