/* One audit under way: shared by the parts of the comparison, each of which fills its part of struct audit. Every
 * function answers 0, or negative when memory is out. */
#ifndef WW_RULES_AUDIT_INTERNAL_H
#define WW_RULES_AUDIT_INTERNAL_H

#include "rules/audit.h"
#include "rules/conversation.h"
#include "rules/match.h"

struct audit_run {
  struct audit *a;
  const struct matcher *m;
  struct match_memo *memo;
  struct talks talks;
  unsigned threads;    /* at most; 0 = 1 */
  stamp_t now;         /* decides about waivers */
  bool *group_seen;    /* [group]: a host of it sent something */
  bool audited_seen;   /* some host of the audited role sent, or was sent, something */
  struct twins *twins; /* rules/twin.h; NULL when nothing asks for it */
  bool *local_pass;    /* [policy service]: it passes between hosts of one subnet */
};

enum { CLIENTS_MAX = 20000, COVERAGE_MAX = 20000, WARNINGS_MAX = 200, FINDINGS_MAX = 10000 };

/* A conversation of the audit, by its number there. */
static inline const struct talk *listed_talk(const struct audit_run *r, size_t index) {
  return &r->talks.talk[r->talks.listed[index]];
}
static inline const struct ruling *listed_ruling(const struct audit_run *r, size_t index) {
  return &r->talks.ruling[r->talks.ruled[r->talks.listed[index]]];
}

/* Both ends in one subnet as most networks cut them: /24, /64. */
static inline bool talk_same_subnet(const struct talks *talks, const struct talk *k) {
  const struct address *a = talk_client_address(talks, k), *b = talk_server_address(talks, k);
  return a->family == b->family && memcmp(a->octet, b->octet, a->family == 6 ? 8 : 3) == 0;
}

int fallback_apply(struct audit_run *r);   /* rules/fallback.c: who carried blocked traffic */
int hosts_count(struct audit_run *r);      /* rules/coverage.c: hosts seen, group_seen */
int coverage_make(struct audit_run *r);    /* rules/coverage.c */
int rule_status_make(struct audit_run *r); /* rules/rule_status.c */
int findings_make(struct audit_run *r);    /* rules/finding.c */
int methods_make(struct audit_run *r);     /* rules/methods.c */
int stages_make(struct audit_run *r);      /* rules/stages.c */
int waivers_check(struct audit_run *r);    /* rules/waiver.c: warnings about expired ones */
int warnings_make(struct audit_run *r);    /* rules/warnings.c */

/* True when another rule of the same one_of set passes. */
bool rule_sibling_passes(const struct audit_run *r, const struct policy_rule *rule); /* rules/rule_status.c */

/* The waiver in force that covers a finding, -1 = none. */
int32_t waiver_find(const struct audit_run *r, const struct finding *f);

/* Adds a line for page one. */
int warning_add(struct audit_run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* *to = the formatted text, owned by the caller; what was there is released. */
int text_set(char **to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text collected in memory as the caller's own; closes o. NULL: memory is out. */
char *out_take(struct out *o);

/* "SMB (TCP 445)" with the site's ports; the caller owns it. NULL: memory is out. */
char *service_describe(const struct audit_run *r, int32_t service);

/* "TCP 9102, UDP 53" of an allow entry; the caller owns it. NULL: memory is out. */
char *allow_describe_ports(const struct site_allow *a);

#endif
