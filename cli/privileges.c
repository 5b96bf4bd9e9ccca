#include "cli/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
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

static struct user nobody(void) {
  const struct passwd *named = getpwnam("nobody");
  return named ? (struct user){named->pw_uid, named->pw_gid} : (struct user){65534, 65534};
}

static struct user ordinary_user(void) {
  const struct user caller = {sudo_number("SUDO_UID"), sudo_number("SUDO_GID")};
  return caller.uid && caller.gid ? caller : nobody();
}

/* The folder that must be writable: wanted itself, or the nearest one that is there and that it will be in. */
static bool folder_of(const char *wanted, char folder_out[PATH_MAX], struct stat *s_out) {
  char copy[PATH_MAX];
  if (strlen(wanted) >= PATH_MAX) return false;
  strcpy(folder_out, wanted);
  if (stat(folder_out, s_out) == 0 && S_ISDIR(s_out->st_mode)) return true;
  do {
    strcpy(copy, folder_out);
    strcpy(folder_out, dirname(copy));
    if (stat(folder_out, s_out) == 0) return S_ISDIR(s_out->st_mode);
  } while (errno == ENOENT);
  return false;
}

/* Whether the effective user may write the file or folder. A file is written beside its name and renamed: the
 * permissions of one that is there do not matter, but in a sticky folder its owner does. */
static bool may_write(const char *wanted) {
  char folder[PATH_MAX];
  struct stat in, there;
  if (!folder_of(wanted, folder, &in) || faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0) return false;
  if (!(in.st_mode & S_ISVTX) || lstat(wanted, &there) != 0 || S_ISDIR(there.st_mode)) return true;
  return in.st_uid == geteuid() || there.st_uid == geteuid();
}

/* The first path that the effective user could not write; NULL = none. */
static const char *first_out_of_reach(const char *const *path, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!may_write(path[i])) return path[i];
  return NULL;
}

/* The same for a user that root could become. Leaves root's other groups: the user will not have them. */
static const char *out_of_reach_of(struct user u, const char *const *path, size_t n) {
  const gid_t group = getegid();
  if (setgroups(0, NULL) != 0 || setegid(u.gid) != 0 || seteuid(u.uid) != 0) return n ? path[0] : NULL;
  const char *found = first_out_of_reach(path, n);
  if (seteuid(0) != 0 || setegid(group) != 0) abort(); /* we were root a moment ago */
  return found;
}

/* The same for root without capabilities, who may write only what permissions let root write. */
static const char *out_of_reach_of_bare_root(const char *const *path, size_t n) {
  struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct had[2], none[2];
  if (syscall(SYS_capget, &head, had) != 0) return n ? path[0] : NULL;
  memcpy(none, had, sizeof none);
  none[0].effective = none[1].effective = 0;
  if (syscall(SYS_capset, &head, none) != 0) return n ? path[0] : NULL;
  const char *found = first_out_of_reach(path, n);
  if (syscall(SYS_capset, &head, had) != 0) abort(); /* they were ours a moment ago */
  return found;
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

/* Whose folder this is to be in; root's own is nobody's. */
static struct user owner_of_folder(const char *path) {
  char folder[PATH_MAX];
  struct stat s;
  if (!folder_of(path, folder, &s) || s.st_uid == 0) return nobody();
  const struct passwd *owner = getpwuid(s.st_uid);
  return (struct user){s.st_uid, owner && owner->pw_gid ? owner->pw_gid : nobody().gid};
}

/* 0: became an ordinary user; 1: bare root has to write it; negative: nobody we could be can. */
static int leave_root(const char *const *path, size_t n, struct err *e) {
  struct user u = ordinary_user();
  const char *refused = out_of_reach_of(u, path, n), *for_root = refused, *for_none = refused;
  if (refused) {
    u = owner_of_folder(refused);
    for_root = out_of_reach_of(u, path, n);
  }
  if (for_root) for_none = out_of_reach_of_bare_root(path, n);
  limit_capabilities();
  if (!for_root) return become(u, e);
  if (!for_none) {
    err_set(e, "stays user root, without capabilities: only root can write %s", refused);
    return 1;
  }
  err_set(e, "%s: cannot be written once root's rights are given up; name folders that belong to one user", refused);
  return -EACCES;
}

int privileges_drop(const char *const *path, size_t n_paths, struct err *e) {
  const int left = geteuid() == 0 ? leave_root(path, n_paths, e) : 0;
  if (left < 0) return left;
  const int rc = drop_capabilities(e);
  return rc < 0 ? rc : left;
}
