/* Findings: one for each cause, with the conversations it stopped and the packets that prove it. */
#ifndef WW_RULES_FINDING_H
#define WW_RULES_FINDING_H

#include "rules/audit_internal.h"

/* A finding in the making: talks of one cause. */
struct cause {
  const struct audit_run *r;
  const struct talk_view *first; /* the one described */
  const uint32_t *talk;          /* all of them, as numbers of the audit: surest_first */
  size_t n;
  size_t n_clients, n_servers; /* distinct hosts at either end */
  size_t n_twins;              /* talks whose like gets through over the other address family (rules/twin.h) */
};

/* One of its talks. */
static inline const struct talk *cause_talk(const struct cause *c, size_t i) { return listed_talk(c->r, c->talk[i]); }
static inline const struct ruling *cause_ruling(const struct cause *c, size_t i) {
  return listed_ruling(c->r, c->talk[i]);
}

/* All talks that make findings, by cause. */
struct causes {
  uint32_t *talk; /* numbers of the audit; those of one cause in its order */
  size_t n_talks;
  uint32_t *begin; /* [cause]: of its talks; one more at the end */
  size_t n;
};
int causes_make(const struct audit_run *r, struct causes *causes_out); /* negative: memory is out */
void causes_free(struct causes *c);

/* Which talks of a cause are the surest, and of equals the earliest: so many, in this order. */
enum { SUREST_MAX = 32 };
struct surest {
  struct {
    uint64_t key; /* lower is surer, or earlier; of equals the one offered first counts */
    size_t at;
  } pick[SUREST_MAX];
  size_t n;
};
void surest_offer(struct surest *s, const struct talk *k, const struct ruling *r, size_t at);

/* Fills in hosts, counts and times, from the talks of the cause in the order of the audit, and offers them all as the
 * surest: one walk, since they may be half a million. Negative: memory is out. */
int finding_hosts(const struct audit_run *r, const uint32_t *talk, size_t n, struct finding *f, struct surest *surest);

/* Puts the surest first, of equals the earliest: so many stand in this order, the others in that of the audit. */
void surest_first(const struct surest *s, uint32_t *talk, size_t n);

/* True for talks that make a finding only because their target is down. */
bool cause_target_is_down(const struct ruling *r);

/* Each fills its part of *f from the cause. 0, or negative: memory is out. */
int finding_text(const struct cause *c, struct finding *f);         /* title, happened */
int finding_evidence(const struct cause *c, struct finding *f);     /* flow, citation */
int finding_filter(const struct cause *c, struct finding *f);       /* display_filter, from the evidence */
int finding_explanations(const struct cause *c, struct finding *f); /* explanation */
int finding_fix(const struct cause *c, struct finding *f);          /* fix, fix_command */
int finding_fingerprint(const struct cause *c, struct finding *f);  /* fingerprint */

/* The ICMP error about the flow described; from.family 0 = none. */
struct flow_icmp cause_icmp(const struct cause *c);

/* The policy's rule of a cause, NULL for an allow entry or none. */
const struct policy_rule *cause_rule(const struct cause *c);

/* Whom the policy and the site let in where the finding is about an open port. */
struct documented {
  uint64_t roles; /* a set of policy roles */
  bool listed;    /* addresses that the site lists */
  bool in_force;  /* by rules in force, else by rules that the site does not ask for */
};
bool cause_documented(const struct cause *c, struct documented *documented_out); /* false: nobody */
void documented_print(const struct audit_run *r, const struct documented *d, struct out *to);

void finding_fini(struct finding *f);

#endif
