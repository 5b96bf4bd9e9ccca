/* Roles for a site that nobody wrote down. */
#ifndef WW_CLI_PROPOSAL_H
#define WW_CLI_PROPOSAL_H

#include <stdbool.h>

#include "classifier/traffic.h"
#include "rules/policy.h"
#include "rules/site.h"

/* A site without a single host is replaced by one whose roles come from behaviour. 0, or negative with *e: memory is
 * out. */
int proposal_use(const struct policy *p, struct site **site, const struct traffic *t, unsigned threads, struct err *e);

/* Whether any role of the site has a host. */
bool site_has_hosts(const struct site *s);

#endif
