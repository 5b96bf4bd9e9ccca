/* The flows of one shard, found by their unordered endpoints.
 *
 * Flows are numbered in the order of their first packets; what a number stands for is in its place. An index finds the
 * newest flow of a key. An older flow with the same key (another TCP connection on the same ports) keeps its number and
 * is reached through its successor's extra record. A flow that is short no more moves to records that never move
 * again. */
#ifndef WW_CLASSIFIER_FLOW_TABLE_H
#define WW_CLASSIFIER_FLOW_TABLE_H

#include <stddef.h>
#include <string.h>

#include "classifier/facts.h"
#include "classifier/index.h"
#include "classifier/pool.h"
#include "util/hash.h"

enum { FLOWS_MAX_DEFAULT = 8 << 20 };

/* What the number of a flow stands for. */
struct flow_place {
  uint32_t record; /* number in hot and cold; with FLOW_SHORT, in shorts */
  uint32_t app;    /* slot of the application engine, with APP_DONE; only the thread that runs the engine writes it */
};
#define FLOW_SHORT (UINT32_C(1) << 31)
/* The engine needs no more of the flow. */
#define APP_DONE (UINT32_C(1) << 31)

/* Kinds of records that begin with a key, as FLOW_SHORT tells them. */
enum { RECORD_WHOLE, RECORD_SHORT, RECORD_KINDS };
enum { PLACE_SHIFT = 16, RECORD_SHIFT = 14, COLD_SHIFT = 16 };

struct flow_table {
  struct pool places, records[RECORD_KINDS], cold, extra;
  struct index index;
  uint32_t spare; /* number + 1 of a short record given back; the next one is in its key; 0 = none */
  uint32_t max;
  uint64_t refused; /* packets that would have begun a flow beyond max */
};

/* Room for the records of a flow that is short in the table. */
struct flow_copy {
  struct flow hot;
  struct flow_cold cold;
};

void flow_table_init(struct flow_table *t, size_t max);
void flow_table_fini(struct flow_table *t);

/* From the members, not from memory: a key that has just been made is still in registers. */
static inline uint32_t flow_key_hash(const struct flow_key *k) {
  const uint64_t hosts = (uint64_t)k->b << 32 | k->a;
  const uint64_t rest = (uint64_t)k->family << 56 | (uint64_t)k->proto << 48 | (uint64_t)k->vlan << 32 |
                        (uint64_t)k->port_b << 16 | k->port_a;
  return (uint32_t)hash_two(hosts, rest);
}
static inline bool flow_key_equal(const struct flow_key *x, const struct flow_key *y) {
  uint64_t a[2], b[2];
  memcpy(a, x, sizeof a);
  memcpy(b, y, sizeof b);
  return a[0] == b[0] && a[1] == b[1];
}

static inline struct host_key flow_key_host(const struct flow_key *k, unsigned side) {
  return (struct host_key){.id = side == SIDE_A ? k->a : k->b, .family = k->family};
}
static inline uint16_t flow_key_port(const struct flow_key *k, unsigned side) {
  return side == SIDE_A ? k->port_a : k->port_b;
}

/* Empty facts with this key. */
static inline void flow_clear(struct flow *f, struct flow_cold *c, const struct flow_key *k) {
  *f = (struct flow){
      .key = *k, .first = STAMP_NONE, .last = {STAMP_NONE, STAMP_NONE}, .ttl_min = {UINT8_MAX, UINT8_MAX}};
  *c = (struct flow_cold){.syn_last = STAMP_NONE, .answer = STAMP_NONE};
}

static inline uint32_t flow_table_count(const struct flow_table *t) { return t->places.n; }

static inline struct flow_place *flow_place_at(const struct flow_table *t, uint32_t at) {
  return (struct flow_place *)pool_at_of(&t->places, at, sizeof(struct flow_place), PLACE_SHIFT);
}
/* Slot of the application engine; 0 = none. */
static inline uint32_t flow_app_slot(const struct flow_table *t, uint32_t at) {
  return flow_place_at(t, at)->app & ~APP_DONE;
}
/* By the record's number, not the flow's; of a short one, without FLOW_SHORT. */
static inline struct flow *flow_record(const struct flow_table *t, uint32_t record) {
  return (struct flow *)pool_at_of(&t->records[RECORD_WHOLE], record, sizeof(struct flow), RECORD_SHIFT);
}
static inline struct flow_short *flow_short_record(const struct flow_table *t, uint32_t record) {
  return (struct flow_short *)pool_at_of(&t->records[RECORD_SHORT], record, sizeof(struct flow_short), RECORD_SHIFT);
}
static inline struct flow_cold *flow_cold_record(const struct flow_table *t, uint32_t record) {
  return (struct flow_cold *)pool_at_of(&t->cold, record, sizeof(struct flow_cold), COLD_SHIFT);
}
/* The short record of flow number at, NULL when it is short no more. */
static inline struct flow_short *flow_short_at(const struct flow_table *t, uint32_t at) {
  const uint32_t record = flow_place_at(t, at)->record;
  return record & FLOW_SHORT ? flow_short_record(t, record & ~FLOW_SHORT) : NULL;
}
/* Both kinds begin with their key. Which it is changes from packet to packet: no branch asks. */
static inline const struct flow_key *flow_key_at(const struct flow_table *t, uint32_t at) {
  const uint32_t record = flow_place_at(t, at)->record, kind = record >> 31, number = record & ~FLOW_SHORT;
  const char *chunk = t->records[kind].chunk[number >> RECORD_SHIFT];
  const size_t in_chunk = (size_t)(number & ((1u << RECORD_SHIFT) - 1)) * sizeof(struct flow) >> kind;
  return (const struct flow_key *)(const void *)(chunk + in_chunk);
}
_Static_assert(offsetof(struct flow, key) == 0 && offsetof(struct flow_short, key) == 0 &&
                   sizeof(struct flow) == 2 * sizeof(struct flow_short) && FLOW_SHORT == UINT32_C(1) << 31,
               "as flow_key_at reads them");

/* NULL when the flow has none. */
static inline struct flow_extra *flow_extra_of(const struct flow_table *t, const struct flow *f) {
  return f->extra ? (struct flow_extra *)pool_at(&t->extra, f->extra - 1) : NULL;
}

/* Number + 1 of the newest flow with this key; 0 = none. */
static inline uint32_t flow_table_find(const struct flow_table *t, const struct flow_key *k, uint32_t hash) {
  for (uint32_t pos = index_start(&t->index, hash), at; (at = index_next(&t->index, hash, &pos));)
    if (flow_key_equal(flow_key_at(t, at - 1), k)) return at;
  return 0;
}

/* A new flow, the newest of its key, with key, chain and empty facts set. 0: *at_out is its number + 1; 1: the table is
 * full, counted; negative: memory is out. */
int flow_table_add(struct flow_table *t, const struct flow_key *k, uint32_t hash, uint32_t *at_out);

/* A new short flow, the first of its key, of which only the key is set. spot: as index_add takes it. Answers as
 * flow_table_add. */
int flow_table_add_short(struct flow_table *t, const struct flow_key *k, uint32_t hash, const struct index_spot *spot,
                         uint32_t *at_out);

/* Lets flow at be found in the cache a little later. Records lie in the order in which flows became whole, so a walk in
 * the order of their numbers has to ask for them ahead. lines: how many of the hot record; cold: and the cold one.
 * Inlined always: a function that does nothing but prefetch is taken for one without effect, and calls to it left out.
 */
__attribute__((always_inline)) static inline void flow_prefetch(const struct flow_table *t, uint32_t at, unsigned lines,
                                                                bool cold) {
  if (at >= t->places.n) return;
  const uint32_t record = flow_place_at(t, at)->record;
  const char *line = (const char *)flow_key_at(t, at);
  __builtin_prefetch(line);
  if (record & FLOW_SHORT) return;
  if (lines > 1) __builtin_prefetch(line + 64);
  if (cold) __builtin_prefetch(flow_cold_record(t, record));
}
enum { FLOWS_AHEAD = 16 };

/* The records of flow number at for reading: its own, or what its short one says, written to *copy. */
const struct flow *flow_read(const struct flow_table *t, uint32_t at, struct flow_copy *copy,
                             const struct flow_cold **cold_out);

/* The number of the flow's record for writing: it is short no more. record_out: NULL = nobody asks. 0: *record_out is
 * set; negative: memory is out. */
int flow_open(struct flow_table *t, uint32_t at, uint32_t *record_out);

/* The flow's extra record, made if need be; NULL when memory is out. */
struct flow_extra *flow_extra_get(struct flow_table *t, struct flow *f);

#endif
