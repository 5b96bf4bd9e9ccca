/* Short flows, judged for those who walk through millions of them: no more is worked out than the judgement needs, and
 * what of it is the same for many flows is one number. */
#include "classifier/fold.h"

/* The number of everything that flows of a kind share. */
static uint64_t kind_of(const struct flow *f, const struct judgement *j, uint32_t flags) {
  const unsigned client = j->client, server = !client;
  const unsigned seen = (f->packets[client] != 0) | (f->packets[server] != 0) << 1 | (f->bytes[client] != 0) << 2 |
                        (f->bytes[server] != 0) << 3 | (f->n_syn[client] != 0) << 4;
  _Static_assert(FLOW_REFUSES_ELSEWHERE <= UINT8_MAX, "all flags fit eight bits");
  return j->reasons | (uint64_t)flags << 32 | (uint64_t)j->outcome << 40 | (uint64_t)j->confidence << 44 |
         (uint64_t)j->reset_by << 46 | (uint64_t)j->stall_by << 48 | (uint64_t)j->client_by << 50 |
         (uint64_t)seen << 53;
}

bool traffic_flow_gist(const struct traffic *t, size_t index, struct flow_gist *gist_out) {
  const struct flow_table *flows = &t->shard->flows;
  const struct flow_place *place = flow_place_at(flows, (uint32_t)index);
  if (!(place->record & FLOW_SHORT) || place->app & ~APP_DONE) return false;
  struct flow_seen seen;
  traffic_seen(t, (uint32_t)index, &seen);
  const struct capture_seen capture = traffic_capture_seen(t);
  const struct judgement j = outcome_judge(&seen, &capture);
  const struct flow *f = seen.hot;
  const uint16_t port = j.client == SIDE_A ? f->key.port_b : f->key.port_a;
  *gist_out = (struct flow_gist){.kind = kind_of(f, &j, traffic_flow_flags(&seen, &j)),
                                 .first = f->first,
                                 .last = stamp_max(f->last[SIDE_A], f->last[SIDE_B]),
                                 .packet_first = f->packet_first,
                                 .packet_last = f->packet_last,
                                 .bytes_sent = (uint32_t)f->bytes[j.client],
                                 .service = service_of_port(f->key.proto, port)};
  return true;
}
