/* What a confined process can still do: what it was given, and nothing else. Tried in children, because there is no way
 * back. Where the kernel has no Landlock, or the build is a sanitizer's, the program must say so: that is the test
 * there. */
#include "cli/confine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "tests/unit/cli/confined.h"

static char folder[] = "/tmp/confine-XXXXXX";
static char input[64], other[64], out[64], made[64], moved[64];

static int setup(void **state) {
  (void)state;
  if (!mkdtemp(folder)) return -1;
  snprintf(input, sizeof input, "%s/input", folder);
  snprintf(other, sizeof other, "%s/other", folder);
  snprintf(out, sizeof out, "%s/out", folder);
  snprintf(made, sizeof made, "%s/out/made", folder);
  snprintf(moved, sizeof moved, "%s/out/moved", folder);
  const int a = open(input, O_WRONLY | O_CREAT, 0644), b = open(other, O_WRONLY | O_CREAT, 0644);
  return a < 0 || b < 0 || close(a) || close(b) || mkdir(out, 0755) ? -1 : 0;
}

static int teardown(void **state) {
  (void)state;
  unlink(made);
  unlink(moved);
  unlink(input);
  unlink(other);
  return rmdir(out) || rmdir(folder);
}

static struct confinement confine_here(void) {
  const char *const readable[] = {input, "/no/such/file"}, *const writable[] = {out};
  return confine(&(struct confine_options){readable, 2, writable, 1});
}

static int try_files(const void *unused) {
  (void)unused;
  const bool landlock = kernel_has_landlock();
  const struct confinement c = confine_here();
  int faults = expect(c.no_new_privs, "no new rights");
  faults += expect_open(input, O_RDONLY, 0);
  faults += expect_open(made, O_RDWR | O_CREAT | O_EXCL, 0);
  faults += expect_open(made, O_WRONLY | O_TRUNC, 0);
  faults += expect(rename(made, moved) == 0, "a report can get its name");
  faults += expect(unlink(moved) == 0, "an old recording can be removed");
  faults += expect_open("/dev/null", O_RDWR, 0);
  faults += expect_open("/proc/self/status", O_RDONLY, 0);
  if (!landlock) return faults + expect(!c.files && c.why_not_files, "says why files are not confined");
  faults += expect(c.files, "files are confined");
  faults += expect_open(input, O_WRONLY, EACCES);
  faults += expect_open(other, O_RDONLY, EACCES);
  faults += expect_open(other, O_WRONLY, EACCES);
  faults += expect_open(folder, O_RDONLY | O_DIRECTORY, EACCES);
  faults += expect(unlink(other) != 0, "other files cannot be removed");
  faults += expect(mkdir("/tmp/confine-elsewhere", 0700) != 0, "no folder elsewhere");
  faults += expect(access(other, F_OK) == 0, "the other file is there");
  return faults;
}

static void *answer(void *number) { return number; }

/* What the program does all the time. */
static int try_needed(void) {
  int number = 7, faults = 0;
  pthread_t thread;
  void *got = NULL;
  void *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  faults += expect(memory != MAP_FAILED && munmap(memory, 1 << 20) == 0, "memory");
  const bool ran = pthread_create(&thread, NULL, answer, &number) == 0 && pthread_join(thread, &got) == 0;
  faults += expect(ran && got == &number, "threads");
  faults += expect(usleep(1) == 0, "waiting");
  return faults;
}

static int try_calls(const void *unused) {
  (void)unused;
  const struct confinement c = confine_here();
  int faults = try_needed();
  if (!c.calls) return faults + expect(c.why_not_calls != NULL, "says why calls are not confined");
  static char *const argv[] = {(char *)(uintptr_t) "true", NULL};
  static const struct {
    const char *name;
    long number, argument[3];
  } forbidden[] = {
      {"socket", SYS_socket, {AF_INET, SOCK_STREAM, 0}},
      {"socketpair", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0}},
      {"connect", SYS_connect, {0, 0, 0}},
      {"bind", SYS_bind, {0, 0, 0}},
      {"sendto", SYS_sendto, {0, 0, 0}},
      {"sendmsg", SYS_sendmsg, {0, 0, 0}},
      {"ptrace", SYS_ptrace, {0, 0, 0}},
      {"kill", SYS_kill, {1, 0, 0}},
      {"setuid", SYS_setuid, {0, 0, 0}},
      {"capset", SYS_capset, {0, 0, 0}},
      {"mount", SYS_mount, {0, 0, 0}},
      {"chmod", SYS_chmod, {(long)(uintptr_t) "/", 0755, 0}},
      {"unshare", SYS_unshare, {0, 0, 0}},
      {"bpf", SYS_bpf, {0, 0, 0}},
      {"process_vm_readv", SYS_process_vm_readv, {0, 0, 0}},
      {"io_uring_setup", SYS_io_uring_setup, {1, 0, 0}},
      {"execveat", SYS_execveat, {-1, (long)(uintptr_t) "", 0}},
  };
  for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
    errno = 0;
    const long rc =
        syscall(forbidden[i].number, forbidden[i].argument[0], forbidden[i].argument[1], forbidden[i].argument[2]);
    faults += expect(rc == -1 && errno == EPERM, forbidden[i].name);
  }
  errno = 0;
  execv("/bin/true", argv);
  return faults + expect(errno == EPERM || errno == EACCES, "no program can be started");
}

/* Threads that are started later are confined too. */
static void *thread_try(void *faults) {
  *(int *)faults += expect_open(other, O_RDONLY, EACCES);
  return NULL;
}

static int try_thread(const void *unused) {
  (void)unused;
  int faults = 0;
  pthread_t thread;
  if (!confine_here().files) return 0;
  if (pthread_create(&thread, NULL, thread_try, &faults) != 0 || pthread_join(thread, NULL) != 0) return 1;
  return faults;
}

/* The folder of the command line may be missing yet, relative, or the one we are in. */
static int try_folders(const void *unused) {
  (void)unused;
  const char *const writable[] = {"", "new/deeper"};
  if (chdir(out) != 0) return 1;
  if (!confine(&(struct confine_options){NULL, 0, writable, 2}).files) return 0;
  int faults = expect(mkdir("new", 0755) == 0 && mkdir("new/deeper", 0755) == 0, "the missing folder can be made");
  faults += expect_open("new/deeper/file", O_WRONLY | O_CREAT, 0);
  faults += expect(unlink("new/deeper/file") == 0, "and a file in it removed");
  faults += expect_open(other, O_RDONLY, EACCES);
  return faults;
}

static void files(void **state) {
  (void)state;
  assert_int_equal(in_child(try_files, NULL), 0);
}
static void calls(void **state) {
  (void)state;
  assert_int_equal(in_child(try_calls, NULL), 0);
}
static void threads(void **state) {
  (void)state;
  assert_int_equal(in_child(try_thread, NULL), 0);
}
static void folders(void **state) {
  (void)state;
  char path[80];
  assert_int_equal(in_child(try_folders, NULL), 0);
  snprintf(path, sizeof path, "%s/new/deeper", out);
  rmdir(path);
  snprintf(path, sizeof path, "%s/new", out);
  rmdir(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(files), cmocka_unit_test(calls), cmocka_unit_test(threads),
                                     cmocka_unit_test(folders)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
