/* Adding up what flows tell of hosts and pairs of hosts. */
#ifndef WW_CLASSIFIER_FOLD_H
#define WW_CLASSIFIER_FOLD_H

#include "classifier/classifier_internal.h"
#include "classifier/judgement.h"

/* Fewer connections than this do not show that a tap sees one direction only. */
enum { HALF_FLOWS_LEAST = 20 };

/* Fills t->hosts, t->host, t->pairs, t->ends, t->end and the flow counts of t->capture from t->shard, on so many
 * threads at most. Negative: memory is out. */
int fold_shard(struct traffic *t, unsigned threads);

/* Where the host of this key stands in t->host, + 1; 0 = nowhere. */
uint32_t host_place_find(const struct traffic *t, struct host_key k);

/* Judges one flow. *seen_out: what is known around it, borrowed from t. */
void traffic_judge(const struct traffic *t, uint32_t at, struct flow_seen *seen_out, struct judgement *j_out);

/* The flags of a flow so judged: a set of enum flow_flag. */
uint32_t traffic_flow_flags(const struct flow_seen *seen, const struct judgement *j);

/* The server refuses other ports than this one with its own RST. */
static inline bool host_refuses_elsewhere(const struct host_facts *server, uint16_t port) {
  return server && server->refused && server->refused != port + 1u;
}

#endif
