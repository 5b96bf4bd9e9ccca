/* Parts of the flows while they are folded. */
#ifndef WW_CLASSIFIER_FOLD_INTERNAL_H
#define WW_CLASSIFIER_FOLD_INTERNAL_H

#include "classifier/classifier_internal.h"
#include "util/parallel.h"

struct fold_part {
  _Alignas(PARALLEL_APART) struct host_table hosts;
  struct pair_table pairs;
  uint32_t *number; /* [host of its own]: which host that is in the table of all; NULL: the same */
  stamp_t end;
  uint64_t tcp_flows, one_sided_flows, lost_bytes;
  struct host_facts *near[2]; /* the last host found for each side */
  struct flow_key pair;       /* the last pair, and what was said of it */
  unsigned pair_bits;
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
