#include "cli/policy_file.h"

#include "cli/say.h"
#include "cli/status.h"

void policy_file_problems(struct problem_list *problems) {
  for (size_t i = 0; i < problems->n; i++) say_line(problems->line[i]);
  if (problems->more) say("and %zu more problems", problems->more);
  problem_list_free(problems);
}

int policy_file_load(const char *name_or_path, struct policy **policy_out, struct site **site_out) {
  struct problem_list problems = {0};
  const char *name = name_or_path ? name_or_path : POLICY_DEFAULT;
  int rc = site_or_policy_load(name, policy_out, site_out, &problems);
  if (rc < 0 && problems.n == 0) say("%s: memory ran out", name); /* so much that no reason could be kept */
  policy_file_problems(&problems);
  return rc < 0 ? STATUS_USAGE : STATUS_OK;
}
