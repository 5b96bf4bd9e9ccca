/* Private to policy explain. */
#ifndef WW_RULES_EXPLAIN_INTERNAL_H
#define WW_RULES_EXPLAIN_INTERNAL_H

#include "rules/site.h"

struct explain {
  const struct policy *policy;
  const struct site *site;
  struct out *to;
};

/* What was asked: a port of some transports. */
struct explain_port {
  unsigned transports; /* set of 1u << enum policy_transport */
  uint16_t number;
};

/* A rule in full, with an empty line behind it; a rule on one line. */
void explain_rule(const struct explain *x, int i);
void explain_rule_line(const struct explain *x, int i);

#endif
