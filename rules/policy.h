/* A policy: what the documents say the firewall should do. Loaded once (rules/policy_load.c), checked, then never
 * changed. The site's values are put in by rules/site.h and rules/match.h, not here.
 *
 * Everything is addressed by index into the arrays below; -1 = none. Texts are clean UTF-8 (util/text.h), owned by the
 * policy. A title that was left out is the name; a ref or source text that was left out is "". One conversation may
 * be allowed by several rules (the page names TCP 445 between site server and client twice): each of them counts it.
 * The language is described in doc/policy.md and published as rules/policy.schema.json. */
#ifndef WW_RULES_POLICY_H
#define WW_RULES_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifier/service.h"
#include "util/error.h"
#include "util/out.h"

struct port_range {
  uint16_t first, last; /* both included */
};

/* A value the site may change: "http_port" 80, "rpc_dynamic_ports" 49152-65535. */
struct policy_parameter {
  char *name, *title;
  bool is_range;
  struct port_range value; /* the default; first == last for a single port */
};

struct policy_role {
  char *name, *title;
};

/* Ports of a service: a literal range, or the value of a parameter. */
struct policy_ports {
  int parameter; /* index, -1 = literal */
  struct port_range literal;
};

/* Transports of a service. Echo stands for ICMP and ICMPv6 alike. */
enum policy_transport { TRANSPORT_TCP, TRANSPORT_UDP, TRANSPORT_ICMP_ECHO, TRANSPORT_COUNT };
const char *policy_transport_name(enum policy_transport t); /* "tcp", "udp", "icmp-echo" */

enum { SERVICE_SET_WORDS = (SERVICE_COUNT + 63) / 64 };
struct service_set {
  uint64_t word[SERVICE_SET_WORDS];
};
static inline bool service_set_has(const struct service_set *s, enum service v) {
  return s->word[v / 64] >> (v % 64) & 1;
}

enum { POLICY_INTERFACES_MAX = 8 }; /* of one service */

struct policy_service {
  char *name, *title;            /* "smb", "SMB" */
  enum policy_transport transport;
  struct policy_ports *ports;    /* none for echo */
  size_t n_ports;
  bool learned;                  /* any port an endpoint mapper or DCOM announced counts, beside ports */
  struct service_set learned_services; /* with learned: announced for one of these services; empty = any RPC */
  uint16_t interface[POLICY_INTERFACES_MAX]; /* with learned: announced for one of these interfaces
                                                (rpc_interface_number); none = whatever the interface */
  uint8_t n_interfaces;
  struct service_set accepts;    /* application protocols that belong here; empty = any */
  bool one_way;                  /* sent is enough: nobody answers by design */
  bool silence_ok;               /* never a failure when unanswered (UDP 135) */
};

/* A Windows Firewall group: several services under one name. */
struct policy_group {
  char *name, *title, *ref;
  int *service;                  /* indexes */
  bool *optional;                /* per service: its block alone does not fail a rule */
  size_t n_services;
};

struct policy_feature {
  char *name, *title, *ref;
  int *implied_by;               /* features that bring this one along when the site asks for them */
  size_t n_implied_by;
};

enum policy_need { NEED_REQUIRED, NEED_OPTIONAL, NEED_ONE_OF, NEED_FALLBACK_FOR, NEED_COUNT };
const char *policy_need_name(enum policy_need n); /* "required", "optional", "one_of", "fallback_for" */

struct policy_rule {
  char *id, *title;
  int feature;
  int *from, *to;                /* role indexes, any of them */
  size_t n_from, n_to;
  int service, group;            /* one of them, the other -1; both -1 with manual */
  bool both;                     /* connections may be started from either end */
  enum policy_need need;
  char *one_of;                  /* with NEED_ONE_OF: the set's name; one rule of the set is enough */
  int fallback_for;              /* with NEED_FALLBACK_FOR: rule index */
  char *when;                    /* site switch that must be on ("source_given"); NULL = always */
  char *unless;                  /* site switch that must be off; NULL = always. Ask rule_applies (rules/site.h) */
  bool manual;                   /* no packet shows it (program exceptions): always not-assessable */
  double window_s;               /* capture time it takes to judge its absence; 0 = none needed */
  char *ref;                     /* heading of the source document */
  char *note;                    /* what an administrator should know; NULL */
  char *fix, *fix_command;       /* NULL = none */
};

/* An installation method works when every step has a working alternative. A step all of whose rules have a condition
 * that does not hold at the site (rule_applies) is left out. Whether the site asks for the rules' feature does not
 * matter here: "would it work through this firewall" is worth knowing for all methods. */
struct policy_step {
  int *rule;                     /* any one of these */
  size_t n_rules;
};
struct policy_method {
  char *name, *title, *ref;
  struct policy_step *step;
  size_t n_steps;
};

/* A stage of client push, in order, shown per client.
 *
 * With rules: the conversations of any of them with this client; services then narrows them to those applications
 * (empty = all). Without rules: conversations of these services that either end of the first rule of the policy's first
 * stage with rules (the pushing server, or this client) starts with any host; they need no rule to allow them, and a
 * failure here is shown but is not the first blocker. */
struct policy_stage {
  char *name, *title;
  int *rule;                     /* rules whose conversations make this stage (any) */
  size_t n_rules;
  struct service_set services;   /* see above; may be empty */
  uint64_t bytes_min;            /* passed only when the conversation's client sent at least so many payload bytes
                                  * ("copy"); 0 = getting through is enough */
};

/* A relation between parameters that defaults and site values must keep. */
enum policy_constraint_kind {
  CONSTRAINT_WSUS_PAIR, /* HTTP 80 goes with HTTPS 443; any other HTTP port with HTTPS = HTTP + 1 */
  CONSTRAINT_KIND_COUNT
};
const char *policy_constraint_name(enum policy_constraint_kind k); /* "wsus-pair" */
struct policy_constraint {
  enum policy_constraint_kind kind;
  int http, https; /* parameter indexes */
  char *ref;
};

struct policy {
  char *name, *title;
  char *source_title, *source_cite, *source_retrieved, *source_sha256;
  struct policy_parameter *parameter; size_t n_parameters;
  struct policy_role *role;           size_t n_roles;
  struct policy_service *service;     size_t n_services;
  struct policy_group *group;         size_t n_groups;
  struct policy_feature *feature;     size_t n_features;
  struct policy_rule *rule;           size_t n_rules;
  struct policy_method *method;       size_t n_methods;
  struct policy_stage *stage;         size_t n_stages;
  struct policy_constraint *constraint; size_t n_constraints;
  char **switches;                    size_t n_switches; /* names a site may turn on, from the rules' "when" */
  int audited_role;              /* the role whose hosts are audited for open ports ("client"); -1 = every role */
  char sha256[65];               /* of the document's bytes */
};

/* A list of errors of one document, each a full line "FILE:LINE:COLUMN: path: what is wrong, and the remedy". */
struct problem_list {
  char **line;
  size_t n, capacity;
  size_t more; /* beyond PROBLEMS_MAX, only counted */
};
enum { PROBLEMS_MAX = 200, POLICY_ROLES_MAX = 64 };
void problem_list_free(struct problem_list *p);

/* A policy by built-in name ("configmgr-client") or file path. 0, or negative with at least one problem (nothing is
 * half-loaded then). Release with policy_free. */
int policy_load(const char *name_or_path, struct policy **policy_out, struct problem_list *problems);
void policy_free(struct policy *p);

/* Names of the built-in policies, ended by NULL. */
const char *const *policy_builtin_names(void);

/* Index by name or id, -1 = none. */
int policy_role_find(const struct policy *p, const char *name);
int policy_rule_find(const struct policy *p, const char *id);
int policy_feature_find(const struct policy *p, const char *name);
int policy_parameter_find(const struct policy *p, const char *name);
int policy_service_find(const struct policy *p, const char *name);
int policy_group_find(const struct policy *p, const char *name);
int policy_method_find(const struct policy *p, const char *name);
int policy_switch_find(const struct policy *p, const char *name);

/* The parameter that names a port of the service, the first of several; -1 = its ports are fixed. */
int policy_service_parameter(const struct policy_service *s);

/* The HTTPS port that a constraint wants beside this HTTP port. */
uint16_t policy_constraint_https(const struct policy_constraint *c, uint16_t http);

/* The policy in its own language; loading it again gives the same policy. */
void policy_print(const struct policy *p, struct out *to);

#endif
