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

struct wish {
  const char *path[2];
  size_t n;
  const char *uid, *gid; /* of sudo's caller; NULL = not under sudo */
  int answer;            /* when root */
  uid_t uid_after;
};

static int no_rights_left(void) {
  int faults = expect(status_line("CapEff") == 0, "no effective capability");
  faults += expect(status_line("CapPrm") == 0, "no permitted capability");
  faults += expect(status_line("CapInh") == 0, "no inheritable capability");
  faults += expect(status_line("CapAmb") == 0, "no ambient capability");
  faults += expect(status_line("NoNewPrivs") == 1, "no new rights");
  return faults;
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
  int faults = expect(rc == (root ? w->answer : 0), "the answer") + no_rights_left();
  faults += expect((rc == 0) == (e.text[0] == '\0'), "an explanation when root stays, else none");
  if (!root) return faults;
  faults += expect(status_line("CapBnd") == 0, "no capability can come back");
  faults += expect(geteuid() == w->uid_after && getuid() == w->uid_after, "the user");
  faults += expect(w->uid_after == 0 || getgroups(0, NULL) == 0, "none of root's groups");
  faults += expect(seteuid(0) != 0 || w->uid_after == 0, "no way back");
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
      {.path = {"/proc/x"}, .n = 1, .answer = 1, .uid_after = 0},
  };
  for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
    const int faults = in_child(drop, &wishes[i]);
    if (faults) fail_msg("case %zu: %d wrong", i, faults);
  }
  assert_int_equal(rmdir(folder), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(cases)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
