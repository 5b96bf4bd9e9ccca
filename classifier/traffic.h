/* What a capture showed: flows, hosts and the capture's own quality, ready for judgement.
 *
 * The classifier takes batches of frames and collects facts; classifier_finish turns them into a traffic, which
 * is read-only. Flows are kept compactly; traffic_flow makes the readable form of one on demand, with its outcome
 * worked out (a pure function of the facts, classifier/outcome.c). */
#ifndef WW_CLASSIFIER_TRAFFIC_H
#define WW_CLASSIFIER_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/packet.h"
#include "capture/timeline.h"
#include "classifier/app.h"
#include "classifier/outcome.h"
#include "classifier/service.h"
#include "util/address.h"
#include "util/error.h"
#include "util/stamp.h"

enum { TO_SERVER = 0, TO_CLIENT = 1 }; /* index of every [2]: client->server, server->client */
enum { FLOW_HISTORY_SIZE = 20 };

enum flow_flag {
  FLOW_MIDSTREAM = 1,           /* no SYN and no SYN/ACK: older than the capture */
  FLOW_SERVER_ANSWERED = 2,     /* a SYN/ACK, or payload from the server's side, was seen */
  FLOW_SERVER_GUESSED = 4,      /* which side is the server is a guess (client_by first-packet) */
  FLOW_GROUP = 8,               /* sent to multicast or broadcast */
  FLOW_RETURN_VISIBLE = 16,     /* some packet server->client is visible at this tap (any flow of the pair) */
  FLOW_TARGET_ALIVE = 32,       /* the server was there at that time (host_facts_alive) */
  FLOW_CARRIER = 64,            /* the outer datagrams of a tunnel */
  FLOW_REFUSES_ELSEWHERE = 128, /* the server refuses other ports with its own RST: no stealth mode */
};

struct flow_icmp {
  uint8_t type, code;
  struct address from; /* who sent the error; family 0 = no error quoted this flow */
  uint32_t packet;     /* its number along the timeline */
};

/* One flow in readable form; a value, valid as long as its traffic. */
struct flow_view {
  uint64_t id; /* hash of the normalised tuple and the first initial sequence number */
  struct address client, server;
  uint16_t client_port, server_port; /* ICMP echo: 0 */
  uint8_t proto;                     /* IP protocol number */
  enum client_by client_by;
  uint32_t flags; /* enum flow_flag */
  stamp_t first, last;
  uint64_t packets[2], bytes[2]; /* frames seen (copies and repeats too); transport payload bytes */
  uint32_t duplicates[2], retransmits[2];
  const struct encap *encap; /* outermost first */
  size_t n_encap;
  char history[FLOW_HISTORY_SIZE]; /* Zeek-like, client upper case */
  enum outcome outcome;
  enum confidence confidence;
  uint32_t reasons; /* set of 1u << enum reason */
  enum reset_by reset_by;
  enum stall_by stall_by;
  struct app_view app;                         /* service and what else the payload told */
  int8_t client_hops, server_hops, reset_hops; /* hop distances from this tap; -1 = not known */
  stamp_t rtt;                                 /* SYN to SYN/ACK; STAMP_NONE */
  struct flow_icmp icmp;
  uint32_t n_syn;                     /* SYNs the client sent in this flow */
  stamp_t syn_first, syn_last;        /* STAMP_NONE without */
  uint32_t packet_first, packet_last; /* numbers along the timeline (capture/timeline.h) */
};

/* One sentence for one reason of a flow, with its numbers: "5 SYNs over 15.0 s, no packet back". Returns to. */
enum { REASON_TEXT_SIZE = 200 };
char *flow_reason_print(char to[REASON_TEXT_SIZE], const struct flow_view *v, enum reason r);

/* A host that was seen, or asked for. */
struct host_view {
  struct address address;
  uint64_t packets_sent, packets_received; /* by flows and ICMP errors */
  stamp_t first_sent, last_sent;           /* STAMP_NONE: never sent anything */
  uint32_t packet_first;                   /* first packet of the first flow it spoke in, 0 = none */
  int8_t hops;                             /* distance from this tap; -1 = not known */
  uint16_t neighbour_asked;                /* ARP and neighbour discovery: others asked for it */
  uint16_t neighbour_answered;             /* it spoke for itself, asking or answering */
  const char *name, *name_source;          /* learned from traffic, for display only; NULL */
};

/* What the capture can and cannot show; stands on page one. */
struct capture_facts {
  const struct timeline_facts *timeline;         /* inputs, span, frames, gaps, drops */
  uint64_t packets;                              /* decoded */
  uint64_t decode[DECODE_COUNT];                 /* frames not or only partly decoded, by reason */
  uint64_t snap_cut;                             /* packets whose payload the capture cut */
  uint64_t duplicates;                           /* copies of frames collapsed */
  uint64_t bad_checksums, zero_length, oversize; /* offload artefacts, accepted */
  uint64_t one_sided_flows,
      tcp_flows; /* TCP flows with only one direction visible although more was said; all TCP flows */
  uint64_t lost_bytes, acked_bytes; /* acknowledged but never seen; acknowledged altogether */
  uint64_t flows, hosts;
  uint64_t flows_refused, hosts_refused, flows_evicted; /* did not fit into their tables: not judged; of
                                                         * hosts, their addresses and pairs are counted too */
  struct app_counts app;
};

struct classifier;
struct traffic;

struct classifier_options {
  size_t flows_max;   /* 0 = default */
  size_t hosts_max;   /* 0 = default */
  size_t streams_max; /* flows whose payload is looked at at once; 0 = default */
  bool no_dedup;
  bool vlan_in_key; /* VLAN tags tell flows apart */
  bool no_app;      /* payload is left alone: services by port only */
  bool dpi_sparing; /* nDPI's own name is learned only of flows that no signature of ours fits; half the cost */
  bool dpi_ahead;   /* nDPI is set up at once, in a thread of its own, instead of at first need: for large captures */
  unsigned threads; /* more than 1: decoding and collecting facts go on at once; the facts are the same */
};

struct classifier *classifier_new(const struct classifier_options *options); /* NULL: memory is out */
void classifier_free(struct classifier *c);

/* Collects facts from frames, in the order of the timeline. Negative: memory is out. */
int classifier_feed(struct classifier *c, const struct frame_batch *batch);

/* Adds the facts of a later part of the same capture, collected apart: what was cut in two is put together, as if c had
 * been fed both parts. later is empty afterwards (free it); c takes no more frames, but more parts. Negative: memory is
 * out, or the addresses of both do not fit. */
int classifier_merge(struct classifier *c, struct classifier *later);

/* Ends collecting: the facts as traffic (traffic_free); c stays owned by the caller and is empty afterwards. facts is
 * borrowed until traffic_free. */
int classifier_finish(struct classifier *c, const struct timeline_facts *facts, struct traffic **traffic_out);
void traffic_free(struct traffic *t);

/* The traffic so far, while collecting goes on: borrows c, valid until c is fed again, finished or freed. */
int classifier_snapshot(struct classifier *c, const struct timeline_facts *facts, struct traffic **traffic_out);

/* Flows in the order of their first packet, ties by key: the same for every run. */
size_t traffic_flow_count(const struct traffic *t);
void traffic_flow(const struct traffic *t, size_t index, struct flow_view *view_out);

/* As traffic_flow, without what only a reader of the single flow wants: id, encap, history and hop distances stay
 * empty.
 */
void traffic_flow_brief(const struct traffic *t, size_t index, struct flow_view *view_out);

/* view.outcome, without the rest of the view. */
enum outcome traffic_flow_outcome(const struct traffic *t, size_t index);

/* Saves work when many kinds are asked for, by one thread at a time. */
struct kind_memo;
struct kind_memo *kind_memo_new(void); /* NULL: memory is out */
void kind_memo_free(struct kind_memo *memo);

/* Of flows of at most one packet each way, of whose payload nothing is known (most of a scan), a number: what
 * traffic_flow_brief says of two flows with the same number and protocol differs only in hosts, ports, times, packet
 * numbers and sizes. False: the flow is another one. memo: NULL = none. */
bool traffic_flow_kind(const struct traffic *t, size_t index, struct kind_memo *memo, uint64_t *kind_out);

/* What flows of a kind differ in, of one that has a kind. */
struct flow_gist {
  stamp_t first, last;
  uint32_t packet_first, packet_last;
  uint32_t bytes_sent; /* payload of the client */
};
void traffic_flow_gist(const struct traffic *t, size_t index, struct flow_gist *gist_out);

/* Asks for the memory of a flow that will be looked at soon, for walks in another order: first for the memory that says
 * where the rest lies, then, some flows later, for the rest. */
void traffic_flow_prefetch_place(const struct traffic *t, size_t index);
void traffic_flow_prefetch(const struct traffic *t, size_t index);

/* The ends of a flow alone: what a first pass over all flows needs. There is one for each flow: kept small. */
struct flow_ends {
  uint32_t client_host, server_host; /* places in the order of traffic_host_at, + 1; 0 = not among the hosts */
  uint16_t server_port;              /* ICMP echo: 0 */
  uint8_t proto : 6;                 /* IP protocol number: TCP, UDP or one that echoes */
  bool guessed : 1;                  /* which side is the server is a guess */
  bool group : 1;                    /* sent to multicast or broadcast */
  bool carrier : 1;                  /* the outer datagrams of a tunnel */
  bool replied : 1;                  /* the server's side sent more than resets */
  bool analysed : 1;                 /* payload was looked at, or its endpoint was announced */
  bool both_ways : 1;                /* each side sent something to the other */
  bool refused : 1;                  /* a SYN, and nothing but a RST from the server's side */
  bool established : 1;              /* TCP: nothing needs judging to know that it came about and was not cut */
  bool turned : 1;                   /* the classifier's own: the client is side B */
};
_Static_assert(sizeof(struct flow_ends) == 12, "every flow has one");
/* By flow, in the order of traffic_flow; borrowed. */
const struct flow_ends *traffic_ends(const struct traffic *t);

/* When a flow began: its first packet's number and time. Nothing is judged. */
void traffic_flow_begin(const struct traffic *t, size_t index, uint32_t *packet_out, stamp_t *time_out);

/* The addresses of a flow's ends. */
void traffic_flow_addresses(const struct traffic *t, size_t index, struct address *client_out,
                            struct address *server_out);
uint16_t traffic_flow_client_port(const struct traffic *t, size_t index); /* ICMP echo: 0 */

/* True and *view_out when the address sent or was sent something. */
bool traffic_host(const struct traffic *t, const struct address *a, struct host_view *view_out);

/* Hosts in address order, for walking through all of them. */
size_t traffic_host_count(const struct traffic *t);
void traffic_host_at(const struct traffic *t, size_t index, struct host_view *view_out);
/* The address of one alone, and whether it sent anything. */
struct address traffic_host_address(const struct traffic *t, size_t index, bool *spoke_out);

/* The announcement that the flow's server endpoint came from; NULL = none. As view.app.origin, at once. */
const struct learned *traffic_flow_origin(const struct traffic *t, size_t index);

const struct capture_facts *traffic_capture(const struct traffic *t);

#endif
