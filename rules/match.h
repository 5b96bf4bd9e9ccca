/* A policy and its site compiled to what the comparison asks: which rules are about this conversation?
 *
 * Rules are numbered as in audit.rule: the policy's in their order, then the site's own allow entries. A rule
 * whose condition holds but that the site does not ask for matches too, behind those in force: it allows nothing, yet
 * shows whether it would work. Everything here is immutable after matcher_new, but for the memo, which the caller owns.
 */
#ifndef WW_RULES_MATCH_H
#define WW_RULES_MATCH_H

#include "rules/address_set.h"
#include "rules/policy.h"
#include "rules/site.h"

/* One end of an entry: any host of these roles, or of one listed set of addresses, or any host at all. */
struct match_end {
  uint64_t roles; /* a set of policy roles */
  int32_t listed; /* group of the address set; -1 = none */
  bool any;
};

/* One way a rule can be met: over one service, in one direction. */
struct match_entry {
  uint32_t rule;
  int32_t service; /* policy service; -1 for an allow entry */
  struct match_end from, to;
  enum policy_transport transport;
  uint8_t part;             /* which service of the rule's group, 63 for all from there on; 0 without a group */
  bool learned;             /* announced ports count, beside the ranges */
  bool optional;            /* its block alone does not fail the rule (policy_group.optional) */
  bool back;                /* the reverse direction of a rule that is open both ways */
  uint32_t range, n_ranges; /* into matcher.range: sorted, apart from each other */
};

struct match_rule {
  int32_t policy_rule, allow; /* one of them, the other -1 */
  bool applies;               /* its condition holds at this site */
  bool in_force;              /* and the site asks for it */
  bool required;
};

struct match_name {
  struct address address;
  const char *name; /* borrowed from the site */
};

struct matcher {
  const struct policy *policy;
  const struct site *site;
  struct address_set *addresses;
  uint32_t n_roles; /* groups below are roles */
  struct match_rule *rule;
  size_t n_rules;
  struct match_entry *entry; /* the order of preference: the first that fits is the one a conversation is filed under */
  size_t n_entries;
  size_t n_refused; /* entries beyond MATCH_ENTRIES_MAX: these ways are not judged */
  struct port_range *range;
  size_t n_ranges;
  struct match_end up;     /* the hosts that the site file says were up */
  struct match_name *name; /* names the site gives single addresses, in address order */
  size_t n_names;
  enum service *named;   /* [policy service]: the service that goes by its name; SERVICE_UNKNOWN = none */
  bool *starts, *serves; /* [class]: some entry starts, or ends, at a group of the class */
  struct match_index *index;
};

enum { MATCH_ENTRIES_MAX = 1 << 18 };

/* Policy and site are borrowed until matcher_free. NULL: memory is out. */
struct matcher *matcher_new(const struct policy *p, const struct site *s);
void matcher_free(struct matcher *m);

/* What is asked of one conversation. */
struct match_query {
  uint32_t client_class, server_class; /* of address_set_class; MATCH_CLASS_GROUP for multicast and broadcast */
  enum policy_transport transport;
  uint16_t port;
  bool learned;           /* the port was announced, or an interface was bound there */
  enum service announced; /* for what; SERVICE_UNKNOWN = some RPC service */
  uint16_t interface;     /* for which (rpc_interface_number); 0 = not known */
};
#define MATCH_CLASS_GROUP UINT32_MAX

/* The number of the port's segment: ports of one segment are named by the same entries, or all by none. */
uint16_t match_segment(const struct matcher *m, enum policy_transport transport, uint16_t port);

/* Answers by earlier queries, and the sets of entries they led to. */
struct match_memo;
struct match_memo *match_memo_new(const struct matcher *m);
void match_memo_free(struct match_memo *memo);

/* The set of entries that a conversation meets; 0 is the empty set. False: memory is out. */
bool match_find(struct match_memo *memo, const struct match_query *q, uint32_t *set_out);

/* Enters the sets of another memo of the same matcher. *set_out: [set of other] the same set in memo; the caller frees
 * it. False: memory is out. */
bool match_memo_join(struct match_memo *memo, const struct match_memo *other, uint32_t **set_out);

/* The members of a set as indexes of entries in order of preference, valid until the next match_find. */
const uint32_t *match_set(const struct match_memo *memo, uint32_t set, size_t *n_out);

/* False when no entry starts at the one class or none ends at the other: quickly tells what no rule is about. */
bool match_may(const struct matcher *m, uint32_t client_class, uint32_t server_class);

/* True when the class is in this end. */
bool match_end_has(const struct matcher *m, const struct match_end *end, uint32_t class_id);

/* The role that a host of this class plays at this end: the lowest they share, -1 = none. */
int32_t match_end_role(const struct matcher *m, const struct match_end *end, uint32_t class_id);

/* True when one of the entry's ranges holds the port. */
bool match_entry_port(const struct matcher *m, const struct match_entry *e, uint16_t port);

/* True when hosts of this class are audited for open ports. */
bool match_audited(const struct matcher *m, uint32_t class_id);

/* How the site file knows that a host was up; NULL when it does not say that of this one. */
const struct site_up *match_up_find(const struct matcher *m, const struct address *a, uint32_t class_id);

/* The site's own name of a single address, NULL = none. */
const char *match_name_find(const struct matcher *m, const struct address *a);

static inline bool service_set_is_empty(const struct service_set *s) {
  for (size_t i = 0; i < SERVICE_SET_WORDS; i++)
    if (s->word[i]) return false;
  return true;
}

/* The transport of an IP protocol; TRANSPORT_COUNT when no policy speaks of it. */
enum policy_transport match_transport(uint8_t proto);

#endif
