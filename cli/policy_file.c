#include "cli/policy_file.h"

#include <errno.h>

#include "cli/say.h"
#include "cli/status.h"
#include "rules/propose.h"

void policy_file_problems(struct problem_list *problems) {
  for (size_t i = 0; i < problems->n; i++) say_line(problems->line[i]);
  if (problems->more) say("and %zu more problems", problems->more);
  problem_list_free(problems);
}

int policy_file_load(const char *name_or_path, struct policy **policy_out, struct site **site_out) {
  struct problem_list problems = {0};
  int rc = site_or_policy_load(name_or_path ? name_or_path : POLICY_DEFAULT, policy_out, site_out, &problems);
  policy_file_problems(&problems);
  return rc < 0 ? STATUS_USAGE : STATUS_OK;
}

static bool site_has_hosts(const struct site *s) {
  for (size_t i = 0; i < s->n_roles; i++)
    if (s->n_role_ranges[i]) return true;
  return false;
}

int policy_file_propose(const struct policy *p, struct site **site, const struct traffic *t, struct err *e) {
  if (site_has_hosts(*site)) return 0;
  struct site *proposed = site_propose(p, t);
  if (!proposed) {
    err_set(e, "memory ran out while looking for roles");
    return -ENOMEM;
  }
  site_free(*site);
  *site = proposed;
  return 0;
}
