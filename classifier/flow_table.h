/* The flows of one shard, found by their unordered endpoints.
 *
 * Records live in chunks in the order of their first packets; an index finds the newest flow of a key. An older flow
 * with the same key (another TCP connection on the same ports) stays where it is and is reached through its successor's
 * extra record. */
#ifndef WW_CLASSIFIER_FLOW_TABLE_H
#define WW_CLASSIFIER_FLOW_TABLE_H

#include <string.h>

#include "classifier/facts.h"
#include "classifier/index.h"
#include "classifier/pool.h"
#include "util/hash.h"

enum { FLOWS_MAX_DEFAULT = 8 << 20 };

struct flow_table {
  struct pool hot, cold, extra;
  struct index index;
  uint32_t max;
  uint64_t refused; /* packets that would have begun a flow beyond max */
};

void flow_table_init(struct flow_table *t, size_t max);
void flow_table_fini(struct flow_table *t);

static inline uint32_t flow_key_hash(const struct flow_key *k) {
  uint64_t word[2];
  memcpy(word, k, sizeof word);
  return (uint32_t)hash_two(word[0], word[1]);
}
static inline bool flow_key_equal(const struct flow_key *x, const struct flow_key *y) {
  uint64_t a[2], b[2];
  memcpy(a, x, sizeof a);
  memcpy(b, y, sizeof b);
  return a[0] == b[0] && a[1] == b[1];
}

static inline struct flow *flow_at(const struct flow_table *t, uint32_t at) {
  return (struct flow *)pool_at(&t->hot, at);
}
static inline struct flow_cold *flow_cold_at(const struct flow_table *t, uint32_t at) {
  return (struct flow_cold *)pool_at(&t->cold, at);
}
/* NULL when the flow has none. */
static inline struct flow_extra *flow_extra_of(const struct flow_table *t, const struct flow *f) {
  return f->extra ? (struct flow_extra *)pool_at(&t->extra, f->extra - 1) : NULL;
}

/* Record number + 1 of the newest flow with this key; 0 = none. */
static inline uint32_t flow_table_find(const struct flow_table *t, const struct flow_key *k, uint32_t hash) {
  for (uint32_t pos = index_start(&t->index, hash), at; (at = index_next(&t->index, hash, &pos));)
    if (flow_key_equal(&flow_at(t, at - 1)->key, k)) return at;
  return 0;
}

/* A new flow, the newest of its key, with key, chain and empty facts set. 0: *at_out is its number + 1; 1: the table is
 * full, counted; negative: memory is out. */
int flow_table_add(struct flow_table *t, const struct flow_key *k, uint32_t hash, uint32_t *at_out);

/* The flow's extra record, made if need be; NULL when memory is out. */
struct flow_extra *flow_extra_get(struct flow_table *t, struct flow *f);

#endif
