/* Facts of one datagram (UDP, ICMP echo), added to its flow. */
#ifndef WW_CLASSIFIER_DATAGRAM_FACTS_H
#define WW_CLASSIFIER_DATAGRAM_FACTS_H

#include "capture/packet.h"
#include "classifier/flow_table.h"

/* Adds the datagram to flow number at. */
void datagram_facts_add(struct flow_table *t, uint32_t at, const struct packet *p, unsigned side);

#endif
