/* Conversations as the audit keeps them: there may be millions.
 *
 * What is a conversation's own takes 40 bytes, and its hosts are places among all hosts. What is judged of it is a
 * ruling: conversations of one short flow that are judged alike share one (rules/talk_kind.h), any other has its own.
 * Who reads about a single one has a view made of it. */
#ifndef WW_RULES_TALK_H
#define WW_RULES_TALK_H

#include "rules/audit.h"
#include "rules/elsewhere.h"
#include "rules/gather.h"
#include "rules/match.h"
#include "rules/stranger.h"

/* What is a conversation's own. */
struct talk {
  uint32_t client, server; /* places in talks.host: in address order */
  uint32_t flow;           /* traffic_flow index; with several flows where their indexes begin in talks.flow */
  uint16_t port;
  uint8_t proto;
  bool several;                       /* flows: ruling.attempts; in talks.flow they are in time order */
  uint32_t packet_first, packet_last; /* numbers along the timeline */
  stamp_t first, last;
};
_Static_assert(sizeof(struct talk) == 40, "of a scan, every port has one");

/* What is judged of a conversation. */
struct ruling {
  stamp_t syn_first, syn_last;           /* if brief: known, or not */
  const struct learned *origin;          /* borrowed from the traffic */
  uint64_t bytes_sent;                   /* payload of its client; not if brief */
  uint32_t talks;                        /* that share it */
  uint32_t sample[CONVERSATION_SAMPLES]; /* not if brief */
  uint32_t attempts, successes, n_syn, reasons;
  int32_t rule, policy_service;
  uint32_t set; /* match_set: the entries it meets */
  uint32_t client_class, server_class;
  uint32_t sealed;         /* first packet of a flow whose sealed calls may have named a port; 0 */
  uint32_t not_registered; /* packet in which the endpoint mapper said that an interface is not registered; 0 */
  int32_t carried_by;      /* the talk whose traffic made up for this blocked one; -1 = none */
  int8_t client_role, server_role;
  uint8_t proto;
  uint8_t n_samples;
  uint8_t flags; /* enum flow_flag of the flow that decided */
  enum service service : 8;
  enum service_by service_by : 8;
  enum verdict verdict : 8; /* out of scope: only rules that the site does not ask for are about it, it is not listed */
  enum why why : 8;
  enum verdict if_asked : 8; /* the verdict if all rules it meets were asked for */
  enum why why_if_asked : 8;
  enum confidence confidence : 8;
  enum outcome outcome : 8;
  enum reset_by reset_by : 8;
  enum stall_by stall_by : 8; /* of the flow that decided */
  enum service wrong : 8;     /* with VERDICT_WRONG_PROTOCOL: what runs there */
  bool rejected : 1;
  bool alternative : 1; /* carried_by is about another rule of the same one_of set */
  bool declared : 1;    /* what decided rests on the site file's word that the server was up */
  bool brief : 1;       /* of one short flow: when its SYN came and how much its client sent stands there */
};
_Static_assert(sizeof(struct ruling) == 120, "every conversation that is not of one short flow has one");

struct talks {
  const struct traffic *traffic;
  const struct matcher *m;
  struct match_memo *memo;
  struct talk *talk; /* by client, server, protocol, port */
  uint32_t *ruled;   /* [talk]: its ruling */
  size_t n_talks;
  struct ruling *ruling; /* moved by talk_ruling_own */
  size_t n_rulings, rulings_capacity;
  uint32_t *listed; /* those of the audit, in its order (talks_number) */
  size_t n_listed;
  struct gathered_host *host; /* all hosts, in address order (rules/gather.h) */
  size_t n_hosts;
  uint32_t *denied; /* [host]: as up_facts.denied; NULL = nobody's word is denied */
  uint32_t *flow;   /* traffic_flow indexes of talks with several */
  uint64_t verdicts[VERDICT_COUNT];
  uint64_t flows, flows_out_of_scope;
  uint64_t refused;  /* conversations (counted by flow) that did not fit */
  uint64_t not_kept; /* without a rule and closed or not assessable: judged and counted, not kept */
  uint64_t excluded_ephemeral, excluded_midstream, excluded_learned;
  uint64_t declared;          /* conversations that the site file's word on hosts that were up decided */
  size_t n_up_denied;         /* hosts of which packets deny it */
  struct elsewhere elsewhere; /* services on ports that no rule names */
  struct stranger_count strangers, busy_strangers; /* hosts in no role; those of them that did several things */
};

static inline const struct ruling *talk_ruling(const struct talks *talks, const struct talk *k) {
  return &talks->ruling[talks->ruled[k - talks->talk]];
}

/* The ruling of a talk, to be changed: a copy of its own when others share it. NULL: memory is out. All rulings may
 * have moved. */
struct ruling *talk_ruling_own(struct talks *talks, const struct talk *k);

static inline const struct address *talk_client_address(const struct talks *talks, const struct talk *k) {
  return &talks->host[k->client].address;
}
static inline const struct address *talk_server_address(const struct talks *talks, const struct talk *k) {
  return &talks->host[k->server].address;
}

/* The traffic_flow index of its flow number i, below ruling.attempts, in time order. */
static inline uint32_t talk_flow(const struct talks *talks, const struct talk *k, size_t i) {
  return k->several ? talks->flow[k->flow + i] : k->flow;
}

/* The flow that decided. */
static inline uint32_t talk_decider(const struct talks *talks, const struct talk *k) {
  return k->several ? talk_ruling(talks, k)->sample[0] : k->flow;
}

/* Payload of its client. */
uint64_t talk_bytes_sent(const struct talks *talks, const struct talk *k);

/* True for two talks of the same client and server; such talks stand together. */
static inline bool talk_same_hosts(const struct talk *a, const struct talk *b) {
  return a->server == b->server && a->client == b->client;
}

/* Where the talks of the same hosts as this one's end. */
size_t talks_run_end(const struct talks *talks, size_t first);

/* The entries that talks of a ruling meet, rules in force first, else in order of preference. */
static inline const uint32_t *ruling_entries(const struct talks *talks, const struct ruling *r, size_t *n_out) {
  return match_set(talks->memo, r->set, n_out);
}

/* The talk of these ends, NULL = none. */
const struct talk *talks_find(const struct talks *talks, const struct address *client, const struct address *server,
                              uint8_t proto, uint16_t port);

/* The same with hosts by place. */
const struct talk *talks_find_at(const struct talks *talks, uint32_t client, uint32_t server, uint8_t proto,
                                 uint16_t port);

/* The talks of one client: first_out .. first_out + the count returned. */
size_t talks_of_client(const struct talks *talks, uint32_t client, size_t *first_out);

/* The place in the audit of a talk that is listed. */
size_t talk_index(const struct talks *talks, const struct talk *k);

/* A talk in readable form. */
struct talk_view {
  struct conversation c;
  const struct talk *talk;
  uint32_t set, client_class, server_class; /* here and below as in its ruling */
  uint32_t up_denied; /* traffic_flow index + 1 of the ICMP error that denies that the server was up; 0 */
  int32_t carried_by;
  enum service wrong;
  enum stall_by stall_by;
  uint8_t flags;
  bool alternative, declared;
};
void talk_view(const struct talks *talks, const struct talk *k, struct talk_view *view_out);

#endif
