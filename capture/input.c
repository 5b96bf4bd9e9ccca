#include "capture/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HASH_INLINE_MAX = 1 << 20 }; /* files up to this size are hashed without a thread: it would cost more */

static int open_path(const char *path, struct err *e) {
  if (strcmp(path, "-") != 0) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int error = errno;
    if (fd < 0) err_set(e, "%s: cannot be opened: %s", path, strerror(error));
    return fd < 0 ? -error : fd;
  }
  if (isatty(STDIN_FILENO)) {
    err_set(e, "standard input is a terminal: name a capture file, or pipe one in");
    return -EINVAL;
  }
  int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  int error = errno;
  if (fd < 0) err_set(e, "standard input cannot be read: %s", strerror(error));
  return fd < 0 ? -error : fd;
}

int input_open(struct input *in, const char *path, struct err *e) {
  struct stat st;
  int fd = open_path(path, e);
  if (fd < 0) return fd;
  if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
    err_set(e, "%s: is a directory; name the capture files in it", path);
    close(fd);
    return -EISDIR;
  }
  *in = (struct input){.fd = fd};
  if (S_ISREG(st.st_mode)) {
    in->size = (uint64_t)st.st_size;
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  return 0;
}

void input_open_memory(struct input *in, const void *bytes, size_t len) {
  *in = (struct input){.fd = -1, .memory = bytes, .memory_left = len, .size = len};
}

int input_hash(struct input *in) {
  in->hasher = hasher_new(in->size == 0 || in->size > HASH_INLINE_MAX);
  return in->hasher ? 0 : -ENOMEM;
}

ssize_t input_read(struct input *in, struct block *b, size_t at, size_t len) {
  ssize_t got;
  if (in->memory) {
    got = (ssize_t)(len < in->memory_left ? len : in->memory_left);
    memcpy(b->bytes + at, in->memory, (size_t)got);
    in->memory += got;
    in->memory_left -= (size_t)got;
  } else {
    do got = read(in->fd, b->bytes + at, len);
    while (got < 0 && errno == EINTR);
    if (got < 0) return -errno;
  }
  in->read += (uint64_t)got;
  if (in->hasher && got > 0) hasher_add(in->hasher, b, at, (size_t)got);
  return got;
}

void input_close(struct input *in) {
  hasher_free(in->hasher);
  in->hasher = NULL;
  if (in->fd >= 0) close(in->fd);
  in->fd = -1;
}
