/* Short flows: one packet, or one of each side.
 *
 * A SYN that nobody answers or that is reset, a datagram alone or with its answer: all that there is to know fits one
 * cache line. Scans, names asked for and time servers are made of such flows. With the next packet the flow gets its
 * ordinary records, filled as if they had been there from the beginning. */
#ifndef WW_CLASSIFIER_SHORT_FLOW_H
#define WW_CLASSIFIER_SHORT_FLOW_H

#include "capture/packet.h"
#include "classifier/facts.h"

/* Whether a flow may begin short with this packet: a SYN and nothing else, or a datagram. */
bool short_flow_may_begin(const struct packet *p);

/* The first packet: s has its key, state, encap and id_seen. */
void short_flow_begin(struct flow_short *s, const struct packet *p);

/* The second packet, of side. False: the flow cannot stay short. */
bool short_flow_add(struct flow_short *s, const struct packet *p, unsigned side);

/* IP identifications of packet i (0, 1): ID_ZERO_A, ID_OTHER_A or nothing. */
static inline uint8_t short_flow_id_seen(const struct flow_short *s, unsigned i) {
  const unsigned id = s->ids >> 2 * i & 3;
  return id == 0 ? 0 : id == SHORT_ID_ZERO ? ID_ZERO_A : ID_OTHER_A;
}

/* When the last packet came. */
static inline stamp_t short_flow_last(const struct flow_short *s) { return (stamp_t){s->first.ns + s->after}; }

/* Writes the records that the packets of s would have made. */
void short_flow_expand(const struct flow_short *s, struct flow *f, struct flow_cold *c);

#endif
