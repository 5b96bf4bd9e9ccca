#include "cli/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct user {
  uid_t uid;
  gid_t gid;
};

/* A number from the environment that sudo sets; 0 = none. */
static unsigned sudo_number(const char *name) {
  const char *text = getenv(name);
  char *end;
  if (!text || !*text) return 0;
  const unsigned long value = strtoul(text, &end, 10);
  return *end || value > UINT_MAX - 1 ? 0 : (unsigned)value;
}

static struct user ordinary_user(void) {
  const struct user caller = {sudo_number("SUDO_UID"), sudo_number("SUDO_GID")};
  if (caller.uid && caller.gid) return caller;
  const struct passwd *nobody = getpwnam("nobody");
  return nobody ? (struct user){nobody->pw_uid, nobody->pw_gid} : (struct user){65534, 65534};
}

/* Whether the effective user may write the file or folder, or make it in the nearest folder that is there. */
static bool may_write(const char *wanted) {
  char path[PATH_MAX];
  struct stat s;
  if (strlen(wanted) >= sizeof path) return false;
  strcpy(path, wanted);
  for (;;) {
    const bool there = stat(*path ? path : ".", &s) == 0;
    const int right = there && S_ISDIR(s.st_mode) ? W_OK | X_OK : W_OK;
    if (there) return faccessat(AT_FDCWD, *path ? path : ".", right, AT_EACCESS) == 0;
    if (errno != ENOENT || !*path) return false;
    char *slash = strrchr(path, '/');
    if (slash == path && path[1]) slash++;
    if (!slash) slash = path;
    *slash = '\0';
  }
}

/* The first path that the user could not write; NULL = none. Leaves root's other groups: the user will not have them.
 */
static const char *first_out_of_reach(struct user u, const char *const *path, size_t n) {
  const char *out_of_reach = NULL;
  const gid_t group = getegid();
  if (setgroups(0, NULL) != 0 || setegid(u.gid) != 0 || seteuid(u.uid) != 0) return n ? path[0] : NULL;
  for (size_t i = 0; i < n && !out_of_reach; i++)
    if (!may_write(path[i])) out_of_reach = path[i];
  if (seteuid(0) != 0 || setegid(group) != 0) abort(); /* we were root a moment ago */
  return out_of_reach;
}

/* What no later program may have either. Needs a right that goes away with root; without it nothing changes, and
 * no_new_privs says the same. */
static void limit_capabilities(void) {
  for (unsigned long c = 0; prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++) prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
}

static int become(struct user u, struct err *e) {
  if (setresgid(u.gid, u.gid, u.gid) == 0 && setresuid(u.uid, u.uid, u.uid) == 0) return 0;
  const int rc = -errno;
  err_set(e, "root's rights cannot be given up: %s", strerror(-rc));
  return rc;
}

/* No capability is left, in any set, nor can one come back. */
static int drop_capabilities(struct err *e) {
  struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (syscall(SYS_capset, &head, none) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) return 0;
  const int rc = -errno;
  err_set(e, "capabilities cannot be given up: %s", strerror(-rc));
  return rc;
}

int privileges_drop(const char *const *path, size_t n_paths, struct err *e) {
  int rc = 0, stayed = 0;
  if (geteuid() == 0) {
    const struct user u = ordinary_user();
    const char *out_of_reach = first_out_of_reach(u, path, n_paths);
    limit_capabilities();
    if (out_of_reach) {
      err_set(e, "stays user root, without capabilities: only root can write %s", out_of_reach);
      stayed = 1;
    } else {
      rc = become(u, e);
    }
  }
  if (rc == 0) rc = drop_capabilities(e);
  return rc < 0 ? rc : stayed;
}
