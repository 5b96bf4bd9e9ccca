#include "cli/fail_on.h"

#include <string.h>

#include "cli/status.h"
#include "util/text.h"

int fail_on_parse(const char *list, uint32_t *set_out, struct err *e) {
  static const enum verdict may[] = {VERDICT_BLOCKED, VERDICT_UNEXPECTED_OPEN, VERDICT_WRONG_PROTOCOL, VERDICT_DEGRADED,
                                     VERDICT_REVIEW};
  uint32_t set = 0;
  for (const char *at = list; *at;) {
    char word[32];
    size_t len = strcspn(at, ","), i = 0;
    text_clean(word, sizeof word, at, len);
    at += len + (at[len] == ',');
    if (strcmp(word, "none") == 0) continue;
    while (i < sizeof may / sizeof may[0] && strcmp(word, verdict_name(may[i])) != 0) i++;
    if (i == sizeof may / sizeof may[0]) {
      err_set(e, "--fail-on: \"%s\" is none of blocked, unexpected-open, wrong-protocol, degraded, review, none", word);
      return -1;
    }
    set |= 1u << may[i];
  }
  *set_out = set;
  return 0;
}

int fail_on_status(uint32_t set, const struct audit *a, size_t n_unread) {
  for (size_t i = 0; i < a->n_findings; i++) {
    const struct finding *f = &a->finding[i];
    if (f->waiver < 0 && set >> f->verdict & 1) return STATUS_FINDINGS;
  }
  if (n_unread) return STATUS_INPUT;
  return audit_compliance(a) == NOT_ASSESSED ? STATUS_NOTHING : STATUS_OK;
}
