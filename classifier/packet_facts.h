/* Facts that every packet adds to its flow, whatever the protocol. */
#ifndef WW_CLASSIFIER_PACKET_FACTS_H
#define WW_CLASSIFIER_PACKET_FACTS_H

#include "capture/packet.h"
#include "classifier/flow_table.h"

/* The first packets of each side tell of its link address and IP identification. */
enum { EARLY_PACKETS = 4 };

static inline void packet_counts_add(struct flow *f, const struct packet *p, unsigned side) {
  const stamp_t time = p->time;
  if (!stamp_known(f->first)) f->first = time;
  f->last[side] = stamp_max(f->last[side], time);
  f->packets[side]++;
  f->bytes[side] += p->payload_len;
  f->packet_last = p->number;
}

static inline void packet_early_add(struct flow_cold *c, const struct packet *p, unsigned side) {
  if (!c->mac[side]) c->mac[side] = p->src_mac;
  if (!(p->flags & PACKET_NO_IP_ID)) c->id_seen |= (uint8_t)((p->ip_id ? ID_OTHER_A : ID_ZERO_A) << side);
}

static inline void packet_ttl_add(struct flow *f, const struct packet *p, unsigned side) {
  if (p->ttl < f->ttl_min[side]) f->ttl_min[side] = p->ttl;
  if (p->ttl > f->ttl_max[side]) f->ttl_max[side] = p->ttl;
}

#endif
