/* A policy as a table of rules for people, with the site's values put in. */
#ifndef WW_CLI_POLICY_SHOW_H
#define WW_CLI_POLICY_SHOW_H

#include "rules/policy.h"
#include "rules/site.h"
#include "util/out.h"

void policy_show(const struct policy *p, const struct site *s, struct out *to);

#endif
