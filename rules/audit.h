/* The comparison: policy and site against traffic. Makes conversations, rule results and findings.
 *
 * Everything in struct audit is sorted by the keys named here and owned by the audit; texts are clean UTF-8
 * (util/text.h) but not escaped for any format. Numbers in comments: doc/verdicts.md. */
#ifndef WW_RULES_AUDIT_H
#define WW_RULES_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifier/traffic.h"
#include "rules/policy.h"
#include "rules/site.h"

/* Of one conversation (4). */
enum verdict {
  VERDICT_PASS, VERDICT_BLOCKED, VERDICT_DEGRADED, VERDICT_WRONG_PROTOCOL, VERDICT_UNEXPECTED_OPEN,
  VERDICT_DENIED_AS_DOCUMENTED, VERDICT_REVIEW, VERDICT_NOT_ASSESSABLE, VERDICT_OUT_OF_SCOPE, VERDICT_COUNT
};
const char *verdict_name(enum verdict v); /* "unexpected-open" */

/* Of one rule (4). */
enum rule_status { RULE_PASS, RULE_FAIL, RULE_REVIEW, RULE_NOT_ASSESSABLE, RULE_STATUS_COUNT };
const char *rule_status_name(enum rule_status s);

/* Why a rule or conversation is not assessable or to be reviewed. */
enum why {
  WHY_NONE, WHY_NO_OPPORTUNITY, WHY_OPPORTUNITY_UNUSED, WHY_WINDOW_TOO_SHORT, WHY_ONE_SIDED, WHY_LOSS, WHY_TARGET_DOWN,
  WHY_AMBIGUOUS_UDP, WHY_ENCRYPTED, WHY_MANUAL, WHY_NOT_LISTENING, WHY_ONE_ATTEMPT, WHY_STALLED, WHY_PROXY, WHY_OFF,
  WHY_HALF_OPEN, WHY_RESET_UNKNOWN, WHY_GAVE_UP, WHY_INTERMITTENT, WHY_MIDSTREAM, WHY_EPHEMERAL, WHY_LEARNED, WHY_OPTIONAL,
  WHY_CUT_LATER, WHY_UNREACHABLE, WHY_COUNT
};
const char *why_name(enum why w); /* "target_down" */
const char *why_text(enum why w); /* a sentence for a person */

enum severity { SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_COUNT };
const char *severity_name(enum severity s);

enum { CONVERSATION_SAMPLES = 4, ROLE_NONE = -1 };

/* All flows from one client host to one service endpoint of one server host (audit_conversation). */
struct conversation {
  struct address client, server;
  uint8_t proto;      /* IP protocol number */
  uint8_t n_samples;
  uint16_t port;      /* server port; 0 for ICMP echo */
  int8_t client_role, server_role; /* the roles the rule matched on (policy role index) or the first role; ROLE_NONE */
  int32_t rule;           /* index into audit.rule; -1 = no rule allows it */
  int32_t policy_service; /* the policy's service it matched; -1 = none */
  enum service service : 8;
  enum service_by service_by : 8;
  enum verdict verdict : 8;
  enum why why : 8;
  enum confidence confidence : 8;
  enum outcome outcome : 8; /* the outcome that decided */
  enum reset_by reset_by : 8;
  bool rejected : 1;      /* an ICMP error is about the flow that decided: conversation_icmp */
  uint32_t reasons;       /* set of 1u << enum reason, from the flow that decided */
  uint32_t attempts;      /* flows */
  uint32_t successes;     /* flows that got through */
  uint32_t n_syn;         /* SYNs of the flows that did not get through */
  stamp_t first, last;
  stamp_t syn_first, syn_last;
  uint32_t packet_first, packet_last; /* numbers along the timeline, here and below */
  const struct learned *origin; /* the announcement its port came from; NULL; borrowed from the traffic */
  uint32_t sample[CONVERSATION_SAMPLES]; /* traffic_flow indexes; the one that decided first */
};

/* The ICMP error about the flow that decided; from.family 0 = none. */
struct flow_icmp conversation_icmp(const struct conversation *c, const struct traffic *t);

/* One possible cause of a finding, most likely first, and what speaks for or against it. */
struct explanation {
  char *cause; /* "dropped by a firewall" */
  char *text;  /* what the packets say about it */
  bool excluded;
};

/* A run of packets and why it is cited. */
struct citation {
  uint32_t first, last; /* numbers along the timeline; first == last for one packet. Not every packet between belongs
                         * to the evidence: the display filter says which */
  uint32_t count;       /* how many of them do */
  char *why;            /* "5 SYNs without answer", "the endpoint mapper announced port 50115" */
};
enum { FINDING_CITATIONS_MAX = 16, FINDING_FLOWS_MAX = 8, FINDING_HOSTS_MAX = 200 };

struct finding {
  enum verdict verdict; /* BLOCKED, DEGRADED, WRONG_PROTOCOL, UNEXPECTED_OPEN, REVIEW */
  enum severity severity;
  enum confidence confidence;
  int32_t rule;             /* index into audit.rule, -1 = none */
  const uint32_t *conversation; /* numbers of audit_conversation, borrowed from the audit; the first is the one
                                 * described */
  size_t n_conversations;
  uint32_t attempts, successes, n_syn; /* of all its conversations */
  stamp_t first, last;
  struct address *client, *server; /* distinct hosts at either end, in address order, at most FINDING_HOSTS_MAX */
  size_t n_clients, n_servers;
  size_t clients_total, servers_total;
  char *title;              /* one line: what, from whom, to whom */
  char *happened;           /* one line: the evidence in words, with counts */
  struct explanation *explanation;
  size_t n_explanations;
  char *fix;                /* what to change, in words; may be NULL */
  char *fix_command;        /* a command line that does it; may be NULL */
  char *display_filter;     /* for Wireshark: selects exactly the packets cited */
  struct citation *citation; /* the packets that prove it, by packet number; at most FINDING_CITATIONS_MAX runs */
  size_t n_citations;
  size_t *flow;             /* traffic_flow indexes whose packets are the evidence; the first is the one described */
  size_t n_flows;
  int32_t waiver;           /* index into site.waiver; -1 = not waived. A waived finding does not fail an audit */
  char fingerprint[17];     /* 16 hex digits, stable from capture to capture */
};

/* One rule of the policy or of the site's allow list, with the site's values put in. */
struct rule_result {
  const char *id, *feature, *title, *ref; /* borrowed from the policy or site */
  const char *from, *to;  /* role names or "listed addresses" */
  char *service;          /* "SMB (TCP 445)" with the site's ports */
  bool in_force;          /* the site asks for its feature and its condition holds */
  bool required;
  enum rule_status status;
  enum why why;
  enum confidence confidence;
  enum rule_status evidence; /* what the traffic shows, whether or not the site asks for the rule (methods rest on it) */
  enum why evidence_why;
  uint64_t passed, blocked, other; /* conversations */
  bool made_up_for;       /* evidence is FAIL, and for each conversation that fails it something carried the traffic */
  char *note;             /* a sentence for a person, may be NULL */
  char *owned[2];         /* storage behind from and to when it is not borrowed */
};

/* Whether an installation method works through this firewall, from the evidence. */
enum method_state { METHOD_WORKS, METHOD_BLOCKED, METHOD_NOT_PROVEN, METHOD_STATE_COUNT };
const char *method_state_name(enum method_state s); /* "works", "blocked", "not proven" */
struct method_result {
  const char *name, *title, *ref; /* borrowed from the policy */
  enum method_state state;
  int32_t rule;                   /* the rule that blocks it, or that is not proven; index into audit.rule, -1 */
  char *note;                     /* a sentence for a person */
};

/* How far each client got in client push. */
enum stage_state {
  STAGE_NOT_STARTED, STAGE_IN_PROGRESS, STAGE_PASSED, STAGE_PASSED_BY_FALLBACK, STAGE_BLOCKED, STAGE_REFUSED,
  STAGE_TARGET_DOWN, STAGE_UNDETERMINED, STAGE_STATE_COUNT
};
const char *stage_state_name(enum stage_state s); /* "passed by fallback" */
struct stage_cell {
  enum stage_state state;
  uint32_t packet;                /* that decided it; 0 = none */
  stamp_t time;                   /* STAMP_NONE without */
  int32_t conversation;           /* number of audit_conversation, -1 */
};
struct client_stages {
  struct address client;          /* first: they are searched by it */
  struct stage_cell *cell;        /* [policy stage] */
  int first_blocker;              /* stage index, -1 = none */
};

/* How much of one audited host's traffic was seen: what "no unexpected open ports" is worth. */
struct host_coverage {
  struct address host;
  uint32_t ports_answered, ports_tried; /* distinct server ports that answered; that anybody tried */
  uint32_t unexpected;
  uint64_t packets;
  stamp_t first, last;
  bool both_ways;                 /* its answers are visible at this tap */
};

struct audit {
  const struct policy *policy; /* borrowed */
  const struct site *site;     /* borrowed */
  const struct traffic *traffic; /* borrowed */
  struct rule_result *rule;    /* in policy order, then the site's own */
  size_t n_rules;
  struct talks *talks;         /* behind audit_conversation (rules/talk.h) */
  size_t n_conversations;      /* in scope only; by verdict, then client, server, proto, port */
  size_t listed_at[VERDICT_COUNT + 1]; /* where those of each verdict begin */
  struct finding *finding;     /* by severity (high first), verdict, rule, then first packet */
  size_t n_findings;
  uint32_t *found;             /* behind finding.conversation */
  uint64_t verdicts[VERDICT_COUNT]; /* conversations by verdict; out-of-scope is counted only here, and by flow */
  uint64_t flows, flows_out_of_scope;
  uint64_t conversations_refused; /* did not fit: not judged */
  uint64_t excluded_ephemeral, excluded_midstream, excluded_learned; /* answers that are not unexpected open ports */
  struct method_result *method; size_t n_methods;
  struct client_stages *client; size_t n_clients; /* clients that somebody pushed to, in address order; capped */
  struct host_coverage *coverage; size_t n_coverage; /* audited hosts seen, in address order; capped */
  uint64_t clients_refused, coverage_refused;    /* beyond the caps */
  char **warning; size_t n_warnings;             /* for page one: expired waivers, proposed roles, ... */
  uint64_t hosts_audited, hosts_seen; /* addresses in any role that the capture showed; all addresses seen */
};

/* Conversation number index of n_conversations. */
void audit_conversation(const struct audit *a, size_t index, struct conversation *conversation_out);
stamp_t audit_conversation_first(const struct audit *a, size_t index); /* its field first alone */

/* Conversations that are judged alike, by group: how many there are of the group, and what they have in common; ends,
 * port, times, packets and samples stay empty. */
size_t audit_group_count(const struct audit *a);
uint32_t audit_group(const struct audit *a, size_t index, struct conversation *common_out);

enum compliance { COMPLIANT, NOT_COMPLIANT, NOT_ASSESSED };
/* NOT_COMPLIANT with an unwaived finding that is blocked, unexpected-open or wrong-protocol; NOT_ASSESSED when no rule
 * passed or failed. */
enum compliance audit_compliance(const struct audit *a);

struct audit_options {
  size_t talks_max; /* conversations told apart; 0 = default */
  unsigned threads; /* at most; 0 = 1. The audit is the same for any number */
  stamp_t now; /* decides whether a waiver has expired; STAMP_NONE: the capture's last packet */
};

/* Runs the comparison. Policy, site and traffic must outlive the audit. Negative: memory is out. */
int audit_run(const struct policy *policy, const struct site *site, const struct traffic *traffic,
              const struct audit_options *options, struct audit **audit_out, struct err *e);
void audit_free(struct audit *a);

#endif
