/* Facts of one TCP segment (RFC 9293), added to its flow. */
#ifndef WW_CLASSIFIER_TCP_FACTS_H
#define WW_CLASSIFIER_TCP_FACTS_H

#include "capture/packet.h"
#include "classifier/flow_table.h"
#include "classifier/loss.h"

/* Sequence numbers compare modulo 2^32: positive when a is after b. */
static inline int32_t seq_distance(uint32_t a, uint32_t b) { return (int32_t)(a - b); }

/* Whether the segment begins another connection on the flow's ports: a SYN with an initial sequence number other than
 * the one this side has, or had according to what the other side acknowledged. */
bool tcp_begins_anew(const struct flow *f, const struct packet *p, unsigned side);

/* Adds the segment to the flow with that record. Negative: memory is out. */
int tcp_facts_add(struct flow_table *t, struct loss *l, uint32_t record, const struct packet *p, unsigned side);

#endif
