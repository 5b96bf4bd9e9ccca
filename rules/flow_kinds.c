/* Open addressing; a place that is taken keeps its kind. Only a few places are tried: captures have some hundred kinds,
 * and a flow without a number is judged for itself. */
#include "rules/flow_kinds.h"

#include "util/hash.h"

enum { TRIES_MAX = 32 };

uint16_t flow_kind_number(struct flow_kinds *kinds, uint64_t kind) {
  if (!kind) return FLOW_KIND_NONE;
  uint64_t at = hash_two(kind, 0);
  for (unsigned i = 0; i < TRIES_MAX; i++, at++) {
    uint64_t *place = &kinds->kind[at % FLOW_KINDS_MAX];
    uint64_t there = __atomic_load_n(place, __ATOMIC_RELAXED);
    if (!there && __atomic_compare_exchange_n(place, &there, kind, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) there = kind;
    if (there == kind) return (uint16_t)(at % FLOW_KINDS_MAX + 1);
  }
  return FLOW_KIND_NONE;
}
