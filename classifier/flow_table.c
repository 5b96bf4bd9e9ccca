/* Growth of the flow table. */
#include "classifier/flow_table.h"

#include <errno.h>

enum { HOT_SHIFT = 14, COLD_SHIFT = 16, EXTRA_SHIFT = 10 };

void flow_table_init(struct flow_table *t, size_t max) {
  *t = (struct flow_table){.max = max && max < UINT32_MAX / 2 ? (uint32_t)max : FLOWS_MAX_DEFAULT};
  pool_init(&t->hot, sizeof(struct flow), HOT_SHIFT);
  pool_init(&t->cold, sizeof(struct flow_cold), COLD_SHIFT);
  pool_init(&t->extra, sizeof(struct flow_extra), EXTRA_SHIFT);
}

void flow_table_fini(struct flow_table *t) {
  pool_fini(&t->hot);
  pool_fini(&t->cold);
  pool_fini(&t->extra);
  index_fini(&t->index);
}

struct flow_extra *flow_extra_get(struct flow_table *t, struct flow *f) {
  if (f->extra) return flow_extra_of(t, f);
  struct flow_extra *x = pool_add(&t->extra);
  if (!x) return NULL;
  f->extra = t->extra.n;
  return x;
}

static void clear(struct flow *f, struct flow_cold *c, const struct flow_key *k) {
  f->key = *k;
  f->first = f->last[SIDE_A] = f->last[SIDE_B] = STAMP_NONE;
  f->ttl_min[SIDE_A] = f->ttl_min[SIDE_B] = UINT8_MAX;
  c->syn_last = c->answer = STAMP_NONE;
}

int flow_table_add(struct flow_table *t, const struct flow_key *k, uint32_t hash, uint32_t *at_out) {
  if (t->hot.n >= t->max) {
    t->refused++;
    return 1;
  }
  struct flow *f = pool_add(&t->hot);
  struct flow_cold *c = f ? pool_add(&t->cold) : NULL;
  if (!c) return -ENOMEM;
  const uint32_t at = t->hot.n;
  clear(f, c, k);
  for (uint32_t pos = index_start(&t->index, hash), old; (old = index_next(&t->index, hash, &pos));) {
    if (!flow_key_equal(&flow_at(t, old - 1)->key, k)) continue;
    struct flow_extra *x = flow_extra_get(t, f);
    if (!x) return -ENOMEM;
    x->previous = old;
    index_replace(&t->index, pos, at);
    *at_out = at;
    return 0;
  }
  const int r = index_add(&t->index, hash, at);
  if (r == 0) *at_out = at;
  return r;
}
