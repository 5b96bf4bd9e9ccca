/* Folds flows into conversations: one for each (client, server, protocol, server port), judged by rules/verdict.h.
 *
 * Memory grows with the flows and conversations that are in scope; the rest is counted and forgotten. */
#ifndef WW_RULES_CONVERSATION_H
#define WW_RULES_CONVERSATION_H

#include "rules/audit.h"
#include "rules/elsewhere.h"
#include "rules/match.h"
#include "rules/stranger.h"

/* A conversation with what only the judgement needs. */
struct talk {
  struct conversation c; /* first: audit.conversation points to it */
  uint32_t index; /* its place in audit.conversation */
  uint32_t set;   /* match_set: the entries it meets */
  uint32_t client_class, server_class;
  uint32_t server_place;   /* its server among the hosts, in address order */
  uint32_t flow;           /* its flows: c.attempts traffic_flow indexes from talks.flow[flow] on, in time order */
  uint64_t bytes_sent;     /* payload of its client */
  uint32_t sealed;         /* first packet of a flow whose sealed calls may have named a port; 0 */
  uint32_t not_registered; /* packet in which the endpoint mapper said that an interface is not registered; 0 */
  uint32_t up_denied;      /* traffic_flow index + 1 of the ICMP error that denies that the server was up; 0 */
  int32_t carried_by;      /* the talk whose traffic made up for this blocked one; -1 = none */
  enum verdict if_asked : 8; /* the verdict if all rules it meets were asked for */
  enum why why_if_asked : 8;
  enum service wrong : 8;     /* with VERDICT_WRONG_PROTOCOL: what runs there */
  enum stall_by stall_by : 8; /* of the flow that decided */
  uint8_t flags;              /* enum flow_flag of the flow that decided */
  bool unlisted : 1;          /* has no place: only rules that the site does not ask for are about it */
  bool alternative : 1;       /* carried_by is about another rule of the same one_of set */
  bool declared : 1;          /* what decided rests on the site file's word that the server was up */
};

struct talks {
  const struct traffic *traffic;
  const struct matcher *m;
  struct match_memo *memo;
  struct talk *talk; /* by client, server, protocol, port */
  size_t n_talks, n_listed;
  size_t listed_at[VERDICT_COUNT + 1]; /* where those of each verdict begin in audit.conversation */
  struct gathered_host *host;          /* all hosts, in address order (rules/gather.h) */
  size_t n_hosts;
  uint32_t *flow; /* traffic_flow indexes by talk */
  uint64_t verdicts[VERDICT_COUNT];
  uint64_t flows, flows_out_of_scope;
  uint64_t refused;  /* conversations (counted by flow) that did not fit */
  uint64_t not_kept; /* without a rule and closed or not assessable: judged and counted, not kept */
  uint64_t excluded_ephemeral, excluded_midstream, excluded_learned;
  uint64_t declared;  /* conversations that the site file's word on hosts that were up decided */
  size_t n_up_denied; /* hosts of which packets deny it */
  struct elsewhere elsewhere; /* services on ports that no rule names */
  struct stranger_count strangers, busy_strangers; /* hosts in no role; those of them that did several things */
};

enum {
  TALKS_MAX = 1 << 22,        /* conversations told apart */
  TALKS_UNMATCHED_MAX = 50000 /* kept of those without a rule that did not get through */
};

struct talks_options {
  size_t talks_max; /* 0 = TALKS_MAX */
  unsigned threads; /* at most; 0 = 1. They change nothing but the time it takes */
};

/* Folds and judges all flows. Negative: memory is out. Release with talks_free. */
int talks_make(const struct traffic *t, const struct matcher *m, struct match_memo *memo,
               const struct talks_options *options, struct talks *talks_out);
void talks_free(struct talks *talks);

/* Gives every talk its place in the audit: by verdict, then client, server, protocol, port. The conversations in that
 * order, in an array of the caller's; NULL: memory is out. */
const struct conversation **talks_number(struct talks *talks);

/* The talk of these ends, NULL = none. */
const struct talk *talks_find(const struct talks *talks, const struct address *client, const struct address *server,
                              uint8_t proto, uint16_t port);

/* The talks of one client: first_out .. first_out + the count returned. */
size_t talks_of_client(const struct talks *talks, const struct address *client, size_t *first_out);

/* True for two talks of the same client and server; such talks stand together. */
static inline bool talk_same_hosts(const struct talk *a, const struct talk *b) {
  return a->server_place == b->server_place && address_equal(&a->c.client, &b->c.client);
}

/* The entries of a talk, rules in force first, else in order of preference. */
static inline const uint32_t *talk_entries(const struct talks *talks, const struct talk *k, size_t *n_out) {
  return match_set(talks->memo, k->set, n_out);
}

#endif
