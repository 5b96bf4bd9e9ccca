/* Between classifier.c, merge.c, traffic.c and the tests of this room. */
#ifndef WW_CLASSIFIER_CLASSIFIER_INTERNAL_H
#define WW_CLASSIFIER_CLASSIFIER_INTERNAL_H

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

/* Where a flow's two hosts stand in the table of hosts: number + 1 by side; 0 = they did not fit. And which side is the
 * client, so that not every walk over the flows has to work it out again. */
struct flow_hosts {
  uint32_t at[2]; /* with FLOW_CLIENT_B and FLOW_CLIENT_GUESSED in at[0] */
};
#define FLOW_CLIENT_B (UINT32_C(1) << 31)
#define FLOW_CLIENT_GUESSED (UINT32_C(1) << 30)
static inline uint32_t flow_host_number(const struct flow_hosts *h, unsigned side) {
  return h->at[side] & ~(FLOW_CLIENT_B | FLOW_CLIENT_GUESSED);
}

struct traffic {
  struct shard *shard;
  bool owned;              /* false: a snapshot, the shard goes on collecting elsewhere */
  struct host_table hosts; /* everything known of each host */
  struct pair_table pairs;
  struct flow_hosts *flow_hosts; /* [flow] */
  size_t flow_hosts_size;        /* bytes */
  uint32_t *host_order;          /* host numbers in address order */
  uint32_t *host_place;          /* [host number]: where it stands in that order */
  uint32_t *name_order;          /* names of hosts in address order */
  uint32_t n_names;
  struct capture_facts capture;
  stamp_t end; /* of the capture */
};

/* Folds a shard's facts into traffic. On success owned shards belong to the traffic. Negative: memory is out. */
int traffic_new(struct shard *s, bool owned, const uint64_t decode[DECODE_COUNT], const struct timeline_facts *facts,
                struct traffic **traffic_out);

#endif
