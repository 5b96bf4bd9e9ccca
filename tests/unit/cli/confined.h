/* A child process that gives up rights and then says what it can still do. */
#ifndef WW_TESTS_CONFINED_H
#define WW_TESTS_CONFINED_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs in a child; its exit status is the number of answers that were wrong, each of which it printed. */
static inline int in_child(int (*run)(const void *what), const void *what) {
  int status;
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    const int faults = run(what);
    fflush(stdout);
    _exit(faults);
  }
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

static inline bool kernel_has_landlock(void) { return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0; }

/* 0 when opening went as expected: error 0 = it opens. */
static inline int expect_open(const char *path, int flags, int error) {
  errno = 0;
  const int fd = open(path, flags | O_CLOEXEC, 0600);
  const int got = fd >= 0 ? 0 : errno;
  if (fd >= 0) close(fd);
  if (got == error) return 0;
  printf("open %s, flags %x: %s, expected: %s\n", path, (unsigned)flags, strerror(got), strerror(error));
  return 1;
}

static inline int expect(bool fine, const char *what) {
  if (fine) return 0;
  printf("not so: %s (%s)\n", what, strerror(errno));
  return 1;
}

/* The value of a line of /proc/self/status, in hex; -1 = no such line. */
static inline long status_line(const char *name) {
  char line[256];
  long value = -1;
  FILE *f = fopen("/proc/self/status", "r");
  while (f && fgets(line, sizeof line, f))
    if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
      value = strtol(line + strlen(name) + 1, NULL, 16);
  if (f) fclose(f);
  return value;
}

#endif
