/* Numbers for the kinds of short flows (traffic_flow_kind): two bytes a flow instead of eight. Several threads may ask
 * at once. Which number a kind gets depends on who asks first, and says nothing; two flows with one number are of one
 * kind. */
#ifndef WW_RULES_FLOW_KINDS_H
#define WW_RULES_FLOW_KINDS_H

#include <stdint.h>

enum { FLOW_KINDS_MAX = 1 << 13, FLOW_KIND_NONE = 0 };

struct flow_kinds {
  uint64_t kind[FLOW_KINDS_MAX]; /* its number less one is where it stands, or was to stand; 0 = free */
};

/* The number of a kind; FLOW_KIND_NONE when there is no room for one more. */
uint16_t flow_kind_number(struct flow_kinds *kinds, uint64_t kind);

#endif
