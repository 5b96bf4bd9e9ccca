/* The one file that knows libseccomp and Landlock (Linux 5.13; landlock(7)). Landlock has no library in Debian 12: its
 * three calls are made directly. */
#include "cli/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#elif defined(__has_feature)
enum {
  SANITIZED = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
};
#else
enum { SANITIZED = 0 };
#endif

/* Calls that may be made, by what needs them. */
static const struct {
  const char *why;
  int call[24]; /* ended by -1 */
} allowed[] = {
    {"reading captures and writing reports",
     {SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64),
      SCMP_SYS(lseek), SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
      SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(fcntl), SCMP_SYS(fadvise64), -1}},
    {"files that appear complete or not at all, recordings that rotate", {SCMP_SYS(fsync),      SCMP_SYS(fdatasync),
                                                                          SCMP_SYS(rename),     SCMP_SYS(renameat),
                                                                          SCMP_SYS(renameat2),  SCMP_SYS(unlink),
                                                                          SCMP_SYS(unlinkat),   SCMP_SYS(mkdir),
                                                                          SCMP_SYS(mkdirat),    SCMP_SYS(ftruncate),
                                                                          SCMP_SYS(fchmod),     SCMP_SYS(umask),
                                                                          SCMP_SYS(access),     SCMP_SYS(faccessat),
                                                                          SCMP_SYS(faccessat2), SCMP_SYS(readlink),
                                                                          SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
                                                                          SCMP_SYS(getcwd),     SCMP_SYS(link),
                                                                          SCMP_SYS(linkat),     -1}},
    {"memory",
     {SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise),
      SCMP_SYS(mlock), -1}},
    {"threads and waiting",
     {SCMP_SYS(futex), SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
      SCMP_SYS(set_tid_address), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield), SCMP_SYS(poll), SCMP_SYS(ppoll),
      SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(eventfd2), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
      SCMP_SYS(restart_syscall), -1}},
    {"time and signals",
     {SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(rt_sigaction),
      SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(getpid), SCMP_SYS(gettid),
      SCMP_SYS(tgkill), SCMP_SYS(exit), SCMP_SYS(exit_group), -1}},
    {"packets from sockets that are open already, their counters, the size of a terminal",
     {SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(ioctl), -1}},
    {"what libraries ask about the system",
     {SCMP_SYS(getrandom), SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(prlimit64), SCMP_SYS(getrlimit),
      SCMP_SYS(getrusage), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), -1}},
};

/* NULL, or why not. */
static const char *confine_calls(void) {
  if (SANITIZED) return "this is a sanitizer build";
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (!filter) return "memory is out";
  const char *why = NULL;
  seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
  seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree, not a list: frequent calls stay cheap */
  for (size_t i = 0; i < sizeof allowed / sizeof *allowed && !why; i++)
    for (const int *call = allowed[i].call; *call != -1 && !why; call++)
      if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, *call, 0) < 0 && *call >= 0) why = "a call cannot be described";
  if (!why && seccomp_load(filter) < 0) why = "the kernel does not take call filters";
  seccomp_release(filter);
  return why;
}

/* Rights of later Landlock versions than the headers know. */
enum { ACCESS_TRUNCATE = 1 << 14, ACCESS_ALL_V1 = (1 << 13) - 1 };
enum {
  ACCESS_READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
  ACCESS_CHANGE = ACCESS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                  LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | ACCESS_TRUNCATE,
  ACCESS_FILE = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE
};

/* What libraries read: time zones, locales, number of cores, random numbers. */
static const char *const system_folders[] = {"/usr", "/etc", "/proc", "/sys", "/dev", "/lib"};

/* Rights on a path; one that cannot be opened is left out: it will not be readable later either. */
static void rule_add(int rules, const char *path, uint64_t rights, uint64_t handled) {
  struct stat s;
  struct landlock_path_beneath_attr rule = {.parent_fd = open(path, O_PATH | O_CLOEXEC)};
  if (rule.parent_fd < 0) return;
  if (fstat(rule.parent_fd, &s) == 0) {
    rule.allowed_access = rights & handled & (S_ISDIR(s.st_mode) ? UINT64_MAX : (uint64_t)ACCESS_FILE);
    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  }
  close(rule.parent_fd);
}

/* The folder itself, or the nearest above it that is there (it will be made). */
static void folder_add(int rules, const char *folder, uint64_t handled) {
  char path[4096];
  if (strlen(folder) >= sizeof path) return;
  strcpy(path, *folder ? folder : ".");
  while (access(path, F_OK) != 0) {
    char *slash = strrchr(path, '/');
    if (!slash)
      strcpy(path, ".");
    else if (slash == path)
      path[1] = '\0';
    else
      *slash = '\0';
    if (strcmp(path, "/") == 0 || strcmp(path, ".") == 0) break;
  }
  rule_add(rules, path, ACCESS_CHANGE, handled);
}

/* NULL, or why not. */
static const char *confine_files(const struct confine_options *o) {
  const long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return "the kernel has no Landlock";
  const struct landlock_ruleset_attr attr = {.handled_access_fs = ACCESS_ALL_V1 | (version >= 3 ? ACCESS_TRUNCATE : 0)};
  const int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
  if (rules < 0) return "Landlock takes no rules";
  for (size_t i = 0; i < sizeof system_folders / sizeof *system_folders; i++)
    rule_add(rules, system_folders[i], ACCESS_READ, attr.handled_access_fs);
  rule_add(rules, "/dev/null", ACCESS_FILE, attr.handled_access_fs);
  for (size_t i = 0; i < o->n_readable; i++) rule_add(rules, o->readable[i], ACCESS_READ, attr.handled_access_fs);
  for (size_t i = 0; i < o->n_folders; i++) folder_add(rules, o->folder[i], attr.handled_access_fs);
  const char *why = syscall(SYS_landlock_restrict_self, rules, 0) == 0 ? NULL : "Landlock refuses its rules";
  close(rules);
  return why;
}

struct confinement confine(const struct confine_options *options) {
#ifdef WW_UNCONFINED /* tools/coverage: counters are written to files of the build when the program ends */
  (void)options;
  (void)confine_files;
  (void)confine_calls;
  return (struct confinement){.why_not_files = "built without", .why_not_calls = "built without"};
#else
  struct confinement c = {.no_new_privs = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0};
  c.why_not_files = c.no_new_privs ? confine_files(options) : "rights could come back";
  c.why_not_calls = c.no_new_privs ? confine_calls() : "rights could come back";
  c.files = !c.why_not_files;
  c.calls = !c.why_not_calls;
  return c;
#endif
}
