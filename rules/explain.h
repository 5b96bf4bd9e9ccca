/* What a policy says about something, in words. */
#ifndef WW_RULES_EXPLAIN_H
#define WW_RULES_EXPLAIN_H

#include "rules/site.h"

/* Writes what the policy says, with the site's values, about a port ("tcp/445", "udp/9", "445", "icmp-echo") or about
 * whatever has this name: rule, feature, method, group, role, service, parameter, switch, stage (all that do). 0; or
 * -ENOENT with *e, which names what is like it, and nothing written. */
int policy_explain(const struct policy *p, const struct site *s, const char *what, struct out *to, struct err *e);

#endif
