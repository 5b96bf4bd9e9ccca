/* First pass over the flows: which of them are in scope, and which belong to the same conversation. */
#ifndef WW_RULES_GATHER_H
#define WW_RULES_GATHER_H

#include "classifier/traffic.h"
#include "rules/match.h"
#include "rules/stranger.h"

struct gathered_host {
  struct address address;
  uint32_t class_id;
};

/* The ends of one conversation and the flows it has. */
struct gathered_talk {
  uint32_t client, server; /* indexes of gathered hosts */
  uint16_t port;           /* server port, 0 for echo */
  uint8_t proto;
  bool group;                   /* sent to multicast or broadcast */
  uint32_t n_flows, first_flow; /* into gathered.flow */
};

struct gathered {
  struct gathered_host *host;
  size_t n_hosts;
  struct gathered_talk *talk; /* in order of their first flow */
  size_t n_talks;
  uint32_t *flow; /* traffic_flow indexes: those of a talk together, in time order */
  size_t n_flows;
  uint64_t out_of_scope, refused; /* flows */
  struct helper_set *helpers;     /* who spoke FTP or TFTP control to whom */
  struct strangers strangers;     /* among the flows out of scope */
};

/* Negative: memory is out. Release with gathered_free. talks_max: beyond, flows are only counted as refused. */
int gather(const struct traffic *t, const struct matcher *m, struct match_memo *memo, size_t talks_max,
           struct gathered *gathered_out);
void gathered_free(struct gathered *g);

/* True when one of the two hosts (indexes of gathered hosts) spoke FTP or TFTP control to the other: their other ports
 * may be second channels. */
bool gathered_second_channel(const struct gathered *g, uint32_t a, uint32_t b);

#endif
