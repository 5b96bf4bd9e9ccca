/* Hosts that the traffic had no room for, while flows are gathered. */
#ifndef WW_RULES_GATHER_INTERNAL_H
#define WW_RULES_GATHER_INTERNAL_H

#include "rules/gather.h"

struct odd_hosts {
  struct gathered *g; /* they are added behind its hosts */
  const struct address_set *addresses;
  size_t capacity; /* of g->host */
  uint32_t *slot;  /* index of g->host + 1, by address; freed by the caller */
  size_t n_slots, n;
};

/* The index of a host that the traffic knows under number - 1, or does not (0). Negative: memory is out. */
int odd_host_place(struct odd_hosts *o, const struct address *a, uint32_t number, uint32_t *index_out);

/* Puts all hosts in address order and the records of g with them. *place_out: by the index a host had, the one it has
 * now; the caller frees it. Negative: memory is out. */
int odd_hosts_settle(struct gathered *g, uint32_t **place_out);

#endif
