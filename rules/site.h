/* A site: what is true here: which hosts play which role, which ports differ, what is asked for, what is allowed
 * besides and what is waived. Loaded and checked against its policy (rules/site_load.c), then never changed. */
#ifndef WW_RULES_SITE_H
#define WW_RULES_SITE_H

#include "rules/policy.h"
#include "util/address.h"
#include "util/stamp.h"

/* One written address set: a single address, a prefix or a range, all kept as first..last. */
struct address_range {
  struct address first, last; /* same family */
  char *name;                 /* "mp02" of "mp02=10.10.1.7"; NULL */
};

/* One end of a site's own allow entry: a role, or written addresses, or anybody ("any"). */
struct site_end {
  int role;                    /* policy role index; -1 = range; -2 = any */
  struct address_range *range;
  size_t n_ranges;
};
enum { SITE_END_RANGES = -1, SITE_END_ANY = -2 };

struct site_allow {
  char *id, *why;
  struct site_end from, to;
  struct port_range *tcp, *udp;
  size_t n_tcp, n_udp;
  bool icmp_echo;
};

struct site_waiver {
  char *rule;                  /* rule id, allow id, or "unexpected-open" */
  char *reason, *ticket;       /* ticket may be NULL */
  struct address_range *hosts; /* only findings about these hosts; none = all */
  size_t n_hosts;
  struct port_range *ports;    /* for unexpected-open: these ports only; none = all */
  size_t n_ports;
  stamp_t expires;             /* end of that day in UTC; STAMP_NONE = never */
};

/* Hosts that were up while the capture ran, as the site knows by other evidence than packets. */
struct site_up {
  uint64_t roles;              /* every host of these policy roles, as a set */
  struct address_range *range; /* with a name: the host that the roles give that name, once for each address it has */
  size_t n_ranges;
  char *reason;                /* how the site knows; NULL */
};

struct site {
  char *name;                  /* "P01 Amsterdam"; "" when nobody gave one */
  char *policy_name;           /* as written */
  struct address_range **role; /* [policy role]: ranges */
  size_t *n_role_ranges;       /* [policy role] */
  size_t n_roles;
  bool *feature;               /* [policy feature]: asked for */
  struct port_range *parameter; /* [policy parameter]: the value in force */
  bool *parameter_given;       /* [policy parameter] */
  bool *switch_on;             /* [policy switch] */
  struct site_allow *allow;    size_t n_allows;
  struct site_waiver *waiver;  size_t n_waivers;
  struct site_up *up;          size_t n_ups;
  bool proposed;               /* roles were worked out from behaviour, nobody wrote them */
  char sha256[65];             /* of the document's bytes; "" when proposed */
};

/* Loads a site file and the policy it names. 0, or negative with problems. Release both with their free functions. */
int site_load(const char *path, struct policy **policy_out, struct site **site_out, struct problem_list *problems);

/* A site with no hosts, every feature asked for and every default in force; for a policy without a site file. NULL:
 * memory is out. */
struct site *site_new(const struct policy *p);
void site_free(struct site *s);

/* Whether the site asks for the rule's feature. */
bool rule_asked_for(const struct policy *p, const struct site *s, int rule);
/* Whether the rule's condition (when, unless) holds at this site. In force = asked for and applies. */
bool rule_applies(const struct policy *p, const struct site *s, int rule);

/* What a person should know although it is no error: expired waivers, roles that rules in force need and nobody plays,
 * hosts that are audited because a network of the audited role holds them, an address with two names. now: STAMP_NONE leaves expiry out. False: memory is out. */
bool site_notes(const struct policy *p, const struct site *s, stamp_t now, struct problem_list *notes);

/* Loads either a site file or a policy (with site_new for it): what -p takes. */
int site_or_policy_load(const char *name_or_path, struct policy **policy_out, struct site **site_out,
                        struct problem_list *problems);

/* The hosts of an entry as words: "client, ws07, 10.1.2.0/24". */
void site_up_print(const struct policy *p, const struct site_up *up, struct out *to);

/* The site file in its own language. */
void site_print(const struct site *s, const struct policy *p, struct out *to);

#endif
