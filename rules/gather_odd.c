/* Hosts beyond the traffic's table: told by their addresses, and given places among the others at the end. */
#include <errno.h>
#include <stdlib.h>

#include "rules/gather_internal.h"
#include "util/array.h"
#include "util/hash.h"

static size_t slot_of(const struct odd_hosts *o, const struct address *a) {
  size_t at = hash_bytes(a->family, a->octet, sizeof a->octet) & (o->n_slots - 1);
  while (o->slot[at] && !address_equal(&o->g->host[o->slot[at] - 1].address, a)) at = (at + 1) & (o->n_slots - 1);
  return at;
}

/* Twice the slots when half are used. */
static int slots_room(struct odd_hosts *o) {
  if (o->n * 2 < o->n_slots) return 0;
  const size_t n_slots = o->n_slots ? o->n_slots * 2 : 1024;
  uint32_t *slot = array_new(n_slots, sizeof *slot);
  if (!slot) return -ENOMEM;
  free(o->slot);
  o->slot = slot;
  o->n_slots = n_slots;
  for (size_t i = o->g->n_hosts - o->n; i < o->g->n_hosts; i++)
    o->slot[slot_of(o, &o->g->host[i].address)] = (uint32_t)i + 1;
  return 0;
}

int odd_host_place(struct odd_hosts *o, const struct address *a, uint32_t number, uint32_t *index_out) {
  if (number) {
    *index_out = number - 1;
    return 0;
  }
  if (slots_room(o)) return -ENOMEM;
  const size_t at = slot_of(o, a);
  if (!o->slot[at]) {
    struct gathered_host *h = ARRAY_PUSH(o->g->host, o->g->n_hosts, o->capacity);
    if (!h) return -ENOMEM;
    *h = (struct gathered_host){.address = *a, .odd = true, .class_id = address_set_class(o->addresses, a)};
    o->slot[at] = (uint32_t)o->g->n_hosts;
    o->n++;
  }
  *index_out = o->slot[at] - 1;
  return 0;
}

struct numbered {
  struct gathered_host host; /* first: its address is what they are sorted by */
  uint32_t number;
};

int odd_hosts_settle(struct gathered *g, uint32_t **place_out) {
  struct numbered *all = array_new(g->n_hosts, sizeof *all);
  uint32_t *place = array_new(g->n_hosts, sizeof *place);
  if (!all || !place) {
    free(all);
    free(place);
    return -ENOMEM;
  }
  for (size_t i = 0; i < g->n_hosts; i++) all[i] = (struct numbered){.host = g->host[i], .number = (uint32_t)i};
  qsort(all, g->n_hosts, sizeof *all, address_order);
  for (size_t i = 0; i < g->n_hosts; i++) g->host[i] = all[i].host, place[all[i].number] = (uint32_t)i;
  for (size_t i = 0; i < g->n_flows; i++) {
    const uint64_t ends = g->flow[i].high;
    g->flow[i].high = (uint64_t)place[ends >> 32] << 32 | place[ends & UINT32_MAX];
  }
  free(all);
  *place_out = place;
  return 0;
}
