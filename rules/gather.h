/* First pass over the flows: which of them are in scope, and which belong to the same conversation. */
#ifndef WW_RULES_GATHER_H
#define WW_RULES_GATHER_H

#include "classifier/traffic.h"
#include "rules/match.h"
#include "rules/stranger.h"
#include "util/radix.h"

struct gathered_host {
  struct address address;
  bool odd; /* the traffic has no room for it: the others are in the order of traffic_host_at */
  uint32_t class_id;
};

/* The ends of one conversation and the flows it has. */
struct gathered_talk {
  uint32_t client, server; /* indexes of gathered hosts */
  uint16_t port;           /* server port, 0 for echo */
  uint8_t proto;
  bool group;   /* sent to multicast or broadcast */
  size_t first; /* into gathered.flow: its first flow in time; they stand together and in time order */
  size_t n_flows;
};

struct gathered {
  struct gathered_host *host; /* in address order: all that the traffic knows, and those it had no room for */
  size_t n_hosts;
  uint16_t
      *kind; /* [traffic_flow index of one in scope]: number of its traffic_flow_kind (rules/flow_kinds.h); 0 = none */
  void *spare;       /* memory that sorting needed, for who has a use for it, whose pages are there; NULL */
  size_t spare_size; /* of it */
  struct radix_item *flow; /* in scope, by client, server, protocol, port, then time; read by gathered_talk_at */
  size_t n_flows;
  uint64_t out_of_scope, refused; /* flows */
  struct helper_set *helpers;     /* who spoke FTP or TFTP control to whom */
  struct strangers strangers;     /* among the flows out of scope */
};

/* Finds the flows in scope, on so many threads at most. talks_max: conversations that came later are only counted, by
 * flow, as refused. Negative: memory is out. Release with gathered_free. */
int gather(const struct traffic *t, const struct matcher *m, size_t talks_max, unsigned threads,
           struct gathered *gathered_out);
void gathered_free(struct gathered *g);

/* The talk whose flows begin at this index; the next one begins n_flows later. */
struct gathered_talk gathered_talk_at(const struct gathered *g, size_t first);

/* The traffic_flow index of the flow at this index. */
enum { GATHERED_GROUP_BIT = 31 };
static inline uint32_t gathered_flow(const struct gathered *g, size_t at) {
  return g->flow[at].value & ~(UINT32_C(1) << GATHERED_GROUP_BIT);
}

/* The first index not before at where a talk begins, or n_flows. */
size_t gathered_begin(const struct gathered *g, size_t at);

/* True when one of the two hosts (indexes of gathered hosts) spoke FTP or TFTP control to the other: their other ports
 * may be second channels. */
bool gathered_second_channel(const struct gathered *g, uint32_t a, uint32_t b);

#endif
