/* Hosts in no role that do what hosts of the audited role do: most likely the site file forgot them. */
#ifndef WW_RULES_STRANGER_H
#define WW_RULES_STRANGER_H

#include "rules/match.h"

/* What one host in no role was seen to do, for or with hosts in roles. */
struct stranger {
  uint32_t flow;   /* traffic_flow index of the first such flow */
  int32_t service; /* policy service of that flow */
  uint16_t port;
  bool seen, several; /* something; things on more than one port */
  bool directory;     /* it serves Kerberos or LDAP: a domain controller is asked the same as a client */
};

/* By host number, as far as the numbers reach. */
struct strangers {
  struct stranger *host;
  size_t n, capacity;
  uint32_t audited_class; /* of a host in the audited role alone; 0 = nobody plays it: nothing is looked for */
};

/* Whom to look for. */
void strangers_init(struct strangers *s, const struct matcher *m);
void strangers_free(struct strangers *s);

/* True when hosts of the class play a role: of a flow between one that does and one that does not, something is told.
 */
bool stranger_plays(const struct matcher *m, uint32_t class_id);

/* Notes a flow that is out of scope; client and server are its hosts by number. Negative: memory is out. */
struct stranger_flow {
  uint32_t flow, client, server;
  uint32_t client_class, server_class;
  uint16_t port; /* of the server; 0 for echo */
  enum policy_transport transport;
};
int stranger_note(struct strangers *s, const struct matcher *m, struct match_memo *memo, const struct stranger_flow *f);

/* Adds what was noted of other flows. Negative: memory is out. */
int strangers_merge(struct strangers *s, const struct strangers *other);

/* How many there are, and the first: all, or only those seen to do several things. */
struct stranger_count {
  size_t n;
  uint32_t flow; /* of the first */
  int32_t service;
};
struct stranger_count strangers_count(const struct strangers *s, bool several);

#endif
