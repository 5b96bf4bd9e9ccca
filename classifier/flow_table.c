/* Growth of the flow table, and the way from short flows to whole ones. */
#include "classifier/flow_table.h"

#include <errno.h>

#include "classifier/short_flow.h"

enum { EXTRA_SHIFT = 10 };

void flow_table_init(struct flow_table *t, size_t max) {
  *t = (struct flow_table){.max = max && max < UINT32_MAX / 2 ? (uint32_t)max : FLOWS_MAX_DEFAULT};
  pool_init(&t->places, sizeof(struct flow_place), PLACE_SHIFT);
  pool_init(&t->records[RECORD_WHOLE], sizeof(struct flow), RECORD_SHIFT);
  pool_init(&t->records[RECORD_SHORT], sizeof(struct flow_short), RECORD_SHIFT);
  pool_init(&t->cold, sizeof(struct flow_cold), COLD_SHIFT);
  pool_init(&t->extra, sizeof(struct flow_extra), EXTRA_SHIFT);
}

void flow_table_fini(struct flow_table *t) {
  pool_fini(&t->places);
  for (unsigned i = 0; i < RECORD_KINDS; i++) pool_fini(&t->records[i]);
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

/* Records for a flow; what is in them is left to the caller. Negative: memory is out. */
static int records_add(struct flow_table *t, uint32_t *record_out) {
  struct flow *f = pool_add(&t->records[RECORD_WHOLE]);
  struct flow_cold *c = f ? pool_add(&t->cold) : NULL;
  if (!c) return -ENOMEM;
  *record_out = t->records[RECORD_WHOLE].n - 1;
  return 0;
}

/* A number for the next flow. */
static int place_add(struct flow_table *t, uint32_t record, uint32_t *at_out) {
  struct flow_place *place = pool_add(&t->places);
  if (!place) return -ENOMEM;
  place->record = record;
  *at_out = t->places.n;
  return 0;
}

int flow_table_add(struct flow_table *t, const struct flow_key *k, uint32_t hash, uint32_t *at_out) {
  uint32_t record, at;
  if (t->places.n >= t->max) {
    t->refused++;
    return 1;
  }
  if (records_add(t, &record) != 0 || place_add(t, record, &at) != 0) return -ENOMEM;
  struct flow *f = flow_record(t, record);
  flow_clear(f, flow_cold_record(t, record), k);
  for (uint32_t pos = index_start(&t->index, hash), old; (old = index_next(&t->index, hash, &pos));) {
    if (!flow_key_equal(flow_key_at(t, old - 1), k)) continue;
    struct flow_extra *x = flow_extra_get(t, f);
    if (!x) return -ENOMEM;
    x->previous = old;
    index_replace(&t->index, pos, at);
    *at_out = at;
    return 0;
  }
  const int r = index_add(&t->index, hash, at, NULL);
  if (r == 0) *at_out = at;
  return r;
}

/* A short record with this key, one given back if there is one; its number + 1, 0 = memory is out. */
static uint32_t short_take(struct flow_table *t, const struct flow_key *k) {
  uint32_t number = t->spare;
  if (number)
    t->spare = flow_short_record(t, number - 1)->key.a;
  else if (pool_add(&t->records[RECORD_SHORT]))
    number = t->records[RECORD_SHORT].n;
  else
    return 0;
  *flow_short_record(t, number - 1) = (struct flow_short){.key = *k};
  return number;
}

static void short_give_back(struct flow_table *t, struct flow_short *s, uint32_t number) {
  s->key.a = t->spare;
  t->spare = number + 1;
}

int flow_table_add_short(struct flow_table *t, const struct flow_key *k, uint32_t hash, const struct index_spot *spot,
                         uint32_t *at_out) {
  uint32_t at;
  if (t->places.n >= t->max) {
    t->refused++;
    return 1;
  }
  const uint32_t number = short_take(t, k);
  if (!number || place_add(t, (number - 1) | FLOW_SHORT, &at) != 0) return -ENOMEM;
  const int r = index_add(&t->index, hash, at, spot);
  if (r == 0) *at_out = at;
  return r;
}

const struct flow *flow_read(const struct flow_table *t, uint32_t at, struct flow_copy *copy,
                             const struct flow_cold **cold_out) {
  const uint32_t record = flow_place_at(t, at)->record;
  if (!(record & FLOW_SHORT)) {
    *cold_out = flow_cold_record(t, record);
    return flow_record(t, record);
  }
  short_flow_expand(flow_short_at(t, at), &copy->hot, &copy->cold);
  *cold_out = &copy->cold;
  return &copy->hot;
}

int flow_open(struct flow_table *t, uint32_t at, uint32_t *record_out) {
  struct flow_place *place = flow_place_at(t, at);
  if (place->record & FLOW_SHORT) {
    struct flow_short *s = flow_short_at(t, at);
    uint32_t record;
    if (records_add(t, &record) != 0) return -ENOMEM;
    short_flow_expand(s, flow_record(t, record), flow_cold_record(t, record));
    short_give_back(t, s, place->record & ~FLOW_SHORT);
    place->record = record;
  }
  if (record_out) *record_out = place->record;
  return 0;
}
