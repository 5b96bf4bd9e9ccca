/* Giving up root: what is left is an ordinary user without a capability, or root without one and the reason said. Run
 * by an ordinary user there is nothing to give up, and that must work too. */
#include "cli/privileges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <grp.h>
#include <sys/stat.h>

#include "tests/unit/cli/confined.h"
#include "util/new_file.h"

struct wish {
  const char *path[2];
  size_t n;
  const char *uid, *gid; /* of sudo's caller; NULL = not under sudo */
  int answer;            /* when root */
  uid_t uid_after;
  bool files; /* they are report files, and can be written afterwards */
};

static int no_rights_left(void) {
  int faults = expect(status_line("CapEff") == 0, "no effective capability");
  faults += expect(status_line("CapPrm") == 0, "no permitted capability");
  faults += expect(status_line("CapInh") == 0, "no inheritable capability");
  faults += expect(status_line("CapAmb") == 0, "no ambient capability");
  faults += expect(status_line("NoNewPrivs") == 1, "no new rights");
  return faults;
}

static int write_file(const char *path) {
  struct new_file f = {0};
  struct err e = {""};
  const int rc = new_file_open(&f, path, &e);
  return expect(rc == 0 && new_file_keep(&f, &e) == 0, e.text);
}

static int drop(const void *what) {
  const struct wish *w = what;
  struct err e = {""};
  const bool root = geteuid() == 0;
  if (w->uid)
    setenv("SUDO_UID", w->uid, 1), setenv("SUDO_GID", w->gid, 1);
  else
    unsetenv("SUDO_UID"), unsetenv("SUDO_GID");
  const int rc = privileges_drop(w->path, w->n, &e);
  int faults = expect(rc == (root ? w->answer : 0), "the answer");
  if (root && w->answer < 0) return faults + expect(e.text[0] != '\0', "an explanation");
  faults += no_rights_left();
  faults += expect((rc == 0) == (e.text[0] == '\0'), "an explanation when root stays, else none");
  if (!root) return faults;
  faults += expect(status_line("CapBnd") == 0, "no capability can come back");
  faults += expect(geteuid() == w->uid_after && getuid() == w->uid_after, "the user");
  faults += expect(w->uid_after == 0 || getgroups(0, NULL) == 0, "none of root's groups");
  faults += expect(seteuid(0) != 0 || w->uid_after == 0, "no way back");
  for (size_t i = 0; i < w->n && w->files; i++) faults += write_file(w->path[i]);
  return faults;
}

static void cases(void **state) {
  (void)state;
  static char folder[] = "/tmp/privileges-XXXXXX";
  assert_non_null(mkdtemp(folder)); /* only its owner can write it */
  char inside[64], report[64];
  snprintf(inside, sizeof inside, "%s/deep/down", folder);
  snprintf(report, sizeof report, "%s/report.html", folder);
  const struct wish wishes[] = {
      {.n = 0, .uid_after = 65534},
      {.n = 0, .uid = "1234", .gid = "1235", .uid_after = 1234},
      {.n = 0, .uid = "0", .gid = "0", .uid_after = 65534},
      {.n = 0, .uid = "12x", .gid = "12", .uid_after = 65534},
      {.n = 0, .uid = "4294967295", .gid = "12", .uid_after = 65534}, /* means "do not change" to the system */
      {.path = {"/tmp/ww-privileges-test.json"}, .n = 1, .uid_after = 65534},
      {.path = {"/tmp/ww-privileges-test/folder"}, .n = 1, .uid_after = 65534},
      {.path = {folder}, .n = 1, .answer = 1, .uid_after = 0},
      {.path = {"/tmp/ww-privileges-test.json", inside}, .n = 2, .answer = 1, .uid_after = 0},
      {.path = {report}, .n = 1, .answer = 1, .uid_after = 0},
      {.path = {"/proc/x"}, .n = 1, .answer = -EACCES},
  };
  for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
    const int faults = in_child(drop, &wishes[i]);
    if (faults) fail_msg("case %zu: %d wrong", i, faults);
  }
  assert_int_equal(rmdir(folder), 0);
}

static void make_file(const char *path, uid_t owner) {
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  assert_int_equal(fclose(f), 0);
  assert_int_equal(chown(path, owner, 0), 0);
}

/* Files that an earlier run as root left behind, and folders of others. */
static void owners(void **state) {
  (void)state;
  static char folder[] = "/tmp/privileges-XXXXXX";
  enum { PLACES = 3 };
  static const struct {
    const char *name;
    uid_t owner;
    mode_t mode;
  } place[PLACES] = {{"ours", 0, 0700}, {"theirs", 1234, 0755}, {"sticky", 0, 01777}};
  char path[PLACES][96], new_name[96];
  if (geteuid() != 0) skip();
  assert_non_null(mkdtemp(folder));
  assert_int_equal(chmod(folder, 0755), 0);
  for (size_t i = 0; i < PLACES; i++) {
    snprintf(path[i], sizeof path[i], "%s/%s", folder, place[i].name);
    assert_int_equal(mkdir(path[i], 0700), 0);
    assert_int_equal(chown(path[i], place[i].owner, place[i].owner) + chmod(path[i], place[i].mode), 0);
    strcat(path[i], "/report.html");
  }
  snprintf(new_name, sizeof new_name, "%s/theirs/new.json", folder);
  const char *ours = path[0], *theirs = path[1], *sticky = path[2];
  const struct wish wishes[] = {
      {.path = {theirs}, .n = 1, .uid = "1234", .gid = "1234", .uid_after = 1234, .files = true},
      {.path = {theirs, new_name}, .n = 2, .uid_after = 1234, .files = true}, /* the owner of the folder, not nobody */
      {.path = {theirs}, .n = 1, .uid = "99", .gid = "99", .uid_after = 1234, .files = true},
      {.path = {ours}, .n = 1, .uid = "1234", .gid = "1234", .answer = 1, .uid_after = 0, .files = true},
      {.path = {theirs, ours}, .n = 2, .uid = "1234", .gid = "1234", .answer = -EACCES},
      {.path = {sticky}, .n = 1, .uid = "1234", .gid = "1234", .answer = 1, .uid_after = 0, .files = true},
  };
  for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
    for (size_t k = 0; k < PLACES; k++) make_file(path[k], 0);
    const int faults = in_child(drop, &wishes[i]);
    if (faults) fail_msg("case %zu: %d wrong", i, faults);
  }
  make_file(sticky, 1234);
  const struct wish own = {.path = {sticky}, .n = 1, .uid = "1234", .gid = "1234", .uid_after = 1234, .files = true};
  assert_int_equal(in_child(drop, &own), 0);
  unlink(new_name);
  for (size_t i = 0; i < PLACES; i++) {
    unlink(path[i]);
    *strrchr(path[i], '/') = '\0';
    assert_int_equal(rmdir(path[i]), 0);
  }
  assert_int_equal(rmdir(folder), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(cases), cmocka_unit_test(owners)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
