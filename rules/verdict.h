/* From what happened to flows to what it means for a rule: pure functions. Step numbers are those of the comment at the
 * top of rules/verdict.c, which refine sections 3 and 4 of doc/verdicts.md. */
#ifndef WW_RULES_VERDICT_H
#define WW_RULES_VERDICT_H

#include "rules/audit.h"

/* What one flow says about the way to its server. */
enum sense_kind {
  SENSE_PASSED,   /* got through */
  SENSE_DENIED,   /* dropped, refused or rejected on the way */
  SENSE_DOUBTFUL, /* something a person should look at: why says what */
  SENSE_UNKNOWN,  /* proves nothing: why says why */
  SENSE_COUNT
};
struct sense {
  enum sense_kind kind;
  enum why why;
  enum confidence confidence;
  bool silent;   /* DENIED by silence rather than by an answer */
  bool declared; /* only the site file says that the silent host was up: worth one step less than its confidence */
};

/* What is known of a flow's hosts besides the flow. */
struct sense_witness {
  bool up;    /* the site file says that the server was up, and no packet denies it */
  bool heard; /* packets of others to the client are visible at this tap: an answer would be, too */
};
struct sense flow_sense(const struct flow_view *v, const struct sense_witness *w);

/* True when a device on the way said that there is no such host, or that it does not answer for itself (ICMP host
 * unreachable and its like). */
bool flow_denies_host(const struct flow_view *v);

/* All flows of one kind in a conversation. */
struct sense_facts {
  uint32_t flows;
  struct sense sense;  /* the surest, the earliest of equals */
  size_t flow;         /* its traffic_flow index */
  stamp_t first, last; /* starts of the first and last such flow */
};

/* What a verdict is made from. */
struct talk_facts {
  struct sense_facts kind[SENSE_COUNT];
  bool matched;      /* some rule in force allows it */
  bool audited;      /* the server is audited for open ports */
  bool group;        /* sent to multicast or broadcast */
  bool one_way;      /* sent is enough: nobody answers by design */
  bool silence_ok;   /* silence is never a failure */
  bool wrong;        /* what runs there does not belong there, on strong evidence */
  bool answered;     /* the server's side was seen to answer */
  bool by_port;      /* of every connection only the port numbers show which side listens */
  bool mtu_stall;    /* only full-size segments were lost */
  bool lossless;     /* the capture lost less than 0.1 % */
  enum why excluded; /* why its answer is not an unexpected open port; WHY_NONE = it is one */
};

struct decision {
  enum verdict verdict;
  enum why why;
  enum confidence confidence;
  enum sense_kind decided_by; /* whose surest flow decided */
};
struct decision talk_judge(const struct talk_facts *f);

#endif
