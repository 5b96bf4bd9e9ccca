/* Facts of one datagram (UDP, ICMP echo), added to its flow. */
#ifndef WW_CLASSIFIER_DATAGRAM_FACTS_H
#define WW_CLASSIFIER_DATAGRAM_FACTS_H

#include "capture/packet.h"
#include "classifier/flow_table.h"

/* Adds the datagram to the flow with that record. */
void datagram_facts_add(struct flow_table *t, uint32_t record, const struct packet *p, unsigned side);

#endif
