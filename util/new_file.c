#include "util/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/hash.h"

enum { TRIES = 100 };

/* Opens a new file beside path; *name_out: what it is called, the caller's. O_EXCL keeps hands off what is there, so a
 * name need not be secret; and unlike mkostemp this heeds the umask without changing it under other threads. -1 with
 * errno. */
static int partial_open(const char *path, char **name_out) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  for (uint64_t i = 0; i < TRIES; i++) {
    const uint64_t salt = hash_two((uint64_t)getpid() << 32 | i, (uint64_t)now.tv_nsec);
    char *name;
    if (asprintf(&name, "%s.partial-%06x", path, (unsigned)salt & 0xffffff) < 0) {
      errno = ENOMEM;
      return -1;
    }
    const int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) {
      *name_out = name;
      return fd;
    }
    free(name);
    if (errno != EEXIST) return -1;
  }
  return -1;
}

int new_file_open(struct new_file *f, const char *path, struct err *e) {
  char *partial = NULL;
  const int fd = partial_open(path, &partial);
  FILE *stream = fd >= 0 ? fdopen(fd, "w") : NULL;
  if (stream) {
    *f = (struct new_file){.stream = stream, .path = path, .partial = partial};
    out_init(&f->to, stream);
    return 0;
  }
  const int rc = -errno;
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
