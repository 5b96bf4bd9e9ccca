/* Makes one call of the program fail. Linked in front of the C library with --wrap, so that it meets every call that
 * the program's own code makes, and works under the sanitizers.
 *
 *   WW_FAULT=KIND:N   the N-th call of this kind fails, as do the M-1 calls behind it with KIND:N:M; N = 0: none fails,
 *                     and the number of calls is said on standard error at the end ("fault: KIND: 123 calls")
 *
 * Kinds: memory (ENOMEM), read and open (EIO), write (ENOSPC; also what flushes and closes), sync (EIO), name (rename,
 * mkdir, truncate, mode: EACCES). */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind { MEMORY, READ, OPEN, WRITE, SYNC, NAME, KIND_COUNT };
static const struct {
  const char *name;
  int error;
} kinds[KIND_COUNT] = {[MEMORY] = {"memory", ENOMEM}, [READ] = {"read", EIO}, [OPEN] = {"open", EIO},
                       [WRITE] = {"write", ENOSPC},   [SYNC] = {"sync", EIO}, [NAME] = {"name", EACCES}};

static enum kind chosen = KIND_COUNT;
static unsigned long first, last;
static atomic_ulong calls;
static FILE *_Atomic broken; /* a stream whose read failed */

__attribute__((constructor)) static void fault_read(void) {
  const char *text = getenv("WW_FAULT"), *colon = text ? strchr(text, ':') : NULL;
  for (int k = 0; colon && k < KIND_COUNT; k++) {
    if (strncmp(kinds[k].name, text, (size_t)(colon - text)) != 0 || kinds[k].name[colon - text]) continue;
    char *more;
    chosen = (enum kind)k;
    first = strtoul(colon + 1, &more, 10);
    last = first + (*more == ':' ? strtoul(more + 1, NULL, 10) : 1) - 1;
  }
}

ssize_t __real_write(int fd, const void *bytes, size_t len);

__attribute__((destructor)) static void fault_say(void) {
  char text[80];
  if (chosen == KIND_COUNT || first != 0) return;
  int n = snprintf(text, sizeof text, "fault: %s: %lu calls\n", kinds[chosen].name, atomic_load(&calls));
  if (__real_write(STDERR_FILENO, text, (size_t)n) < 0) _exit(99);
}

/* Whether this call is to fail; then errno is set. */
static bool fails(enum kind k) {
  if (k != chosen) return false;
  unsigned long n = atomic_fetch_add(&calls, 1) + 1;
  if (first == 0 || n < first || n > last) return false;
  errno = kinds[k].error;
  return true;
}

/* WRAP(kind, what the call returns when it fails, type, name, parameters, arguments) */
#define WRAP(kind, failed, type, name, parameters, arguments) \
  type __real_##name parameters;                              \
  type __wrap_##name parameters;                              \
  type __wrap_##name parameters { return fails(kind) ? failed : __real_##name arguments; }

WRAP(MEMORY, NULL, void *, malloc, (size_t size), (size))
WRAP(MEMORY, NULL, void *, calloc, (size_t n, size_t size), (n, size))
WRAP(MEMORY, NULL, void *, realloc, (void *old, size_t size), (old, size))
WRAP(MEMORY, NULL, void *, aligned_alloc, (size_t to, size_t size), (to, size))
WRAP(MEMORY, NULL, char *, strdup, (const char *text), (text))
WRAP(MEMORY, NULL, char *, strndup, (const char *text, size_t len), (text, len))
WRAP(MEMORY, MAP_FAILED, void *, mmap64, (void *at, size_t len, int prot, int flags, int fd, off_t from),
     (at, len, prot, flags, fd, from))
WRAP(READ, -1, ssize_t, read, (int fd, void *to, size_t len), (fd, to, len))
WRAP(WRITE, -1, ssize_t, write, (int fd, const void *bytes, size_t len), (fd, bytes, len))
WRAP(WRITE, 0, size_t, fwrite, (const void *bytes, size_t size, size_t n, FILE *f), (bytes, size, n, f))
WRAP(WRITE, EOF, int, fflush, (FILE * f), (f))
WRAP(SYNC, -1, int, fsync, (int fd), (fd))
WRAP(NAME, -1, int, rename, (const char *from, const char *to), (from, to))
WRAP(NAME, -1, int, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(NAME, -1, int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(NAME, -1, int, ftruncate64, (int fd, off_t len), (fd, len))
WRAP(OPEN, NULL, FILE *, fopen64, (const char *path, const char *mode), (path, mode))
WRAP(OPEN, NULL, FILE *, fdopen, (int fd, const char *mode), (fd, mode))
WRAP(OPEN, -1, int, mkostemp64, (char *path, int flags), (path, flags))

/* A stream that fails to be closed is closed all the same. */
int __real_fclose(FILE *f);
int __wrap_fclose(FILE *f);
int __wrap_fclose(FILE *f) {
  bool failed = fails(WRITE);
  int rc = __real_fclose(f);
  if (!failed) return rc;
  errno = kinds[WRITE].error;
  return EOF;
}

/* A stream cannot be told that it failed, so what asks it is answered here. */
size_t __real_fread(void *to, size_t size, size_t n, FILE *f);
size_t __wrap_fread(void *to, size_t size, size_t n, FILE *f);
size_t __wrap_fread(void *to, size_t size, size_t n, FILE *f) {
  if (!fails(READ)) return __real_fread(to, size, n, f);
  atomic_store(&broken, f);
  return 0;
}

int __real_ferror(FILE *f);
int __wrap_ferror(FILE *f);
int __wrap_ferror(FILE *f) { return atomic_load(&broken) == f || __real_ferror(f); }

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
  va_end(args);
  return fails(OPEN) ? -1 : __real_open64(path, flags, mode);
}

/* Printed text that is allocated: one function for the plain and the checked calls (FORTIFY). */
int __real_vasprintf(char **text_out, const char *format, va_list args);
static int print_allocated(char **text_out, const char *format, va_list args) {
  return fails(MEMORY) ? -1 : __real_vasprintf(text_out, format, args);
}

#define WRAP_PRINT(name, parameters)                 \
  int __wrap_##name parameters;                      \
  int __wrap_##name parameters {                     \
    va_list args;                                    \
    va_start(args, format);                          \
    int n = print_allocated(text_out, format, args); \
    va_end(args);                                    \
    return n;                                        \
  }
WRAP_PRINT(asprintf, (char **text_out, const char *format, ...))
WRAP_PRINT(__asprintf_chk, (char **text_out, __attribute__((unused)) int flag, const char *format, ...))
int __wrap_vasprintf(char **text_out, const char *format, va_list args);
int __wrap_vasprintf(char **text_out, const char *format, va_list args) {
  return print_allocated(text_out, format, args);
}
int __wrap___vasprintf_chk(char **text_out, int flag, const char *format, va_list args);
int __wrap___vasprintf_chk(char **text_out, int flag, const char *format, va_list args) {
  (void)flag;
  return print_allocated(text_out, format, args);
}
