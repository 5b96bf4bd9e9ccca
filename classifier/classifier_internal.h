/* Between classifier.c, merge.c, traffic.c and the tests of this room. */
#ifndef WW_CLASSIFIER_CLASSIFIER_INTERNAL_H
#define WW_CLASSIFIER_CLASSIFIER_INTERNAL_H

#include "classifier/judgement.h"
#include "classifier/pipeline.h"
#include "classifier/shard.h"
#include "classifier/traffic.h"

struct classifier {
  struct classifier_options options;
  struct decoder *decoder;
  struct shard *shard;
  struct pipeline *pipeline;
  uint64_t decoded_apart[DECODE_COUNT]; /* counters of parts that were merged in */
};

/* Where the host of a side stands in traffic.host, + 1; 0 = it did not fit. */
static inline uint32_t flow_ends_host(const struct flow_ends *e, unsigned side) {
  return (side == SIDE_B) == e->turned ? e->client_host : e->server_host;
}

struct traffic {
  struct shard *shard;
  bool owned;               /* false: a snapshot, the shard goes on collecting elsewhere */
  struct host_table hosts;  /* everything known of each host */
  struct host_facts **host; /* in address order */
  struct pair_table pairs;
  struct flow_ends *ends; /* [flow] */
  uint32_t *name_order;   /* names of hosts in address order */
  uint32_t n_names;
  struct capture_facts capture;
  stamp_t end; /* of the capture */
  struct capture_seen seen;
  bool steady; /* nothing that a judgement asks of the capture changes over time, but how long it goes on */
};

/* Folds a shard's facts into traffic, on so many threads at most. On success owned shards belong to the traffic.
 * Negative: memory is out. */
struct traffic_source {
  struct shard *shard;
  bool owned;
  unsigned threads;
  const uint64_t *decode; /* [DECODE_COUNT] */
};
int traffic_new(const struct traffic_source *from, const struct timeline_facts *facts, struct traffic **traffic_out);

#endif
