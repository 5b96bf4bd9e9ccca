#include "cli/proposal.h"

#include <errno.h>

#include "rules/propose.h"

bool site_has_hosts(const struct site *s) {
  for (size_t i = 0; i < s->n_roles; i++)
    if (s->n_role_ranges[i]) return true;
  return false;
}

int proposal_use(const struct policy *p, struct site **site, const struct traffic *t, unsigned threads, struct err *e) {
  if (site_has_hosts(*site)) return 0;
  struct site *proposed = site_propose(p, t, threads);
  if (!proposed) {
    err_set(e, "memory ran out while looking for roles");
    return -ENOMEM;
  }
  site_free(*site);
  *site = proposed;
  return 0;
}
