/* Parts of the flows while they are folded. */
#ifndef WW_CLASSIFIER_FOLD_INTERNAL_H
#define WW_CLASSIFIER_FOLD_INTERNAL_H

#include "classifier/classifier_internal.h"

/* Threads write parts side by side: none may share a cache line with another. */
struct fold_part {
  _Alignas(128) struct host_table hosts;
  struct pair_table pairs;
  uint32_t *place; /* [host number]: of its host in traffic.host */
  stamp_t end;
  uint64_t tcp_flows, one_sided_flows, lost_bytes;
  struct host_facts *near[2]; /* the last host found for each side */
  struct flow_key pair;       /* the last pair, and what was said of it */
  unsigned pair_bits;
};

/* Puts the hosts of all parts into t->host, in address order, and sets the places of each part. Negative: memory is
 * out. */
int hosts_join(struct traffic *t, struct fold_part *part, size_t n_parts);

/* Adds the pairs of another table. Negative: memory is out. */
int pairs_append(struct pair_table *to, const struct pair_table *from);

#endif
