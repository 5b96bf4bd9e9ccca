/* Parts of the flows while they are folded. */
#ifndef WW_CLASSIFIER_FOLD_INTERNAL_H
#define WW_CLASSIFIER_FOLD_INTERNAL_H

#include "classifier/classifier_internal.h"
#include "util/parallel.h"

/* What one flow tells of its two hosts. */
struct told_side {
  uint32_t packets;    /* it sent; without any, nothing else counts */
  uint32_t hops_n;     /* packets whose time to live tells a distance: from ttl_min to ttl_max */
  stamp_t first, last; /* it spoke; last is STAMP_NONE without a packet */
  stamp_t rtt;         /* from SYN to its SYN/ACK; STAMP_NONE */
  uint16_t mac;        /* hash of its link address; 0 = none */
  uint8_t ttl_min, ttl_max;
  uint8_t id_seen; /* ID_ZERO_A, ID_OTHER_A */
  bool deaf;       /* it acknowledged what the other side was not seen to send */
};
struct told {
  struct flow_key key;
  struct flow_ends ends; /* without hosts */
  struct told_side side[2];
  uint32_t packet_first;
  bool to_group;
  bool one_sided;      /* TCP: more was said than a SYN, and one side is not visible */
  uint64_t lost_bytes; /* acknowledged behind everything seen */
};
void told_make(const struct flow_table *t, uint32_t at, struct told *told_out);

enum { PAIRS_TOLD = 1 << 10 };

struct fold_part {
  _Alignas(PARALLEL_APART) struct host_table hosts;
  struct pair_table pairs;
  uint32_t *number; /* [host of its own]: which host that is in the table of all; NULL: the same */
  stamp_t end;
  uint64_t tcp_flows, one_sided_flows, lost_bytes;
  struct host_facts *near[2];         /* the last host found for each side */
  struct pair_facts told[PAIRS_TOLD]; /* pairs that have a place, and what was said of them, by their hash */
};

/* Adds what another table knows. *number_out: by the number of a host there, its number here; the caller frees it. What
 * does not fit is counted as refused. Negative: memory is out. */
int hosts_merge(struct host_table *to, const struct host_table *from, uint32_t **number_out);

/* Fills t->host from t->hosts. *place_out: by the number of a host, its place; the caller frees it. Negative: memory is
 * out. */
int hosts_place(struct traffic *t, uint32_t **place_out);

/* Adds the pairs of another table. Negative: memory is out. */
int pairs_append(struct pair_table *to, const struct pair_table *from);

#endif
