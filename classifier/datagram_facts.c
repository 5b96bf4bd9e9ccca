/* Datagrams: counts, times and distances; nothing else can be known without their meaning. */
#include "classifier/datagram_facts.h"

#include "classifier/history.h"
#include "classifier/packet_facts.h"

void datagram_facts_add(struct flow_table *t, uint32_t record, const struct packet *p, unsigned side) {
  struct flow *f = flow_record(t, record);
  if (f->packets[side] < EARLY_PACKETS) {
    struct flow_cold *c = flow_cold_record(t, record);
    packet_early_add(c, p, side);
    if (f->packets[side] == 0) history_add(&f->history, HISTORY_DATA, side);
    if (f->packets[side] == 0 && f->packets[!side] && !stamp_known(c->answer)) c->answer = p->time;
  }
  packet_counts_add(f, p, side);
  packet_ttl_add(f, p, side);
}
