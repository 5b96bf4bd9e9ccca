/* Short flows, for those who walk through millions of them: what is the same for many flows is one number, and what is
 * not is read off the short record. */
#include "classifier/fold.h"
#include "classifier/kind_memo.h"
#include "classifier/short_flow.h"

/* The record of a short flow of whose payload nothing is known; NULL: it is another one. */
static const struct flow_short *short_of(const struct traffic *t, size_t index) {
  const struct flow_table *flows = &t->shard->flows;
  return flow_app_slot(flows, (uint32_t)index) ? NULL : flow_short_at(flows, (uint32_t)index);
}

/* The kind of a flow on a port that nobody registered, of a server that refuses no other. */
static uint64_t kind_judge(const struct traffic *t, uint32_t at) {
  struct flow_seen seen;
  struct judgement j;
  traffic_judge(t, at, &seen, &j);
  const struct flow *f = seen.hot;
  const unsigned client = j.client, server = !client;
  const unsigned shown = (f->packets[client] != 0) | (f->packets[server] != 0) << 1 | (f->bytes[client] != 0) << 2 |
                         (f->bytes[server] != 0) << 3 | (f->n_syn[client] != 0) << 4;
  const uint32_t flags = traffic_flow_flags(&seen, &j) & ~(uint32_t)FLOW_REFUSES_ELSEWHERE;
  _Static_assert(REASON_COUNT <= 32 && FLOW_REFUSES_ELSEWHERE <= UINT8_MAX && OUTCOME_COUNT <= 16 &&
                     CONFIDENCE_COUNT <= 4 && RESET_BY_COUNT <= 4 && CLIENT_BY_COUNT <= 8 && SERVICE_COUNT <= 256,
                 "each has its bits of the number");
  return j.reasons | (uint64_t)flags << 32 | (uint64_t)j.outcome << 40 | (uint64_t)j.confidence << 44 |
         (uint64_t)j.reset_by << 46 | (uint64_t)j.client_by << 48 | (uint64_t)shown << 51; /* none of them stalls */
}

/* What the server port adds to the kind. */
static uint64_t kind_of_port(const struct traffic *t, uint32_t at) {
  const struct flow_ends *e = &t->ends[at];
  const struct host_facts *server = e->server_host ? t->host[e->server_host - 1] : NULL;
  const bool elsewhere = host_refuses_elsewhere(server, e->server_port);
  return (uint64_t)service_of_port(e->proto, e->server_port) << 56 | (uint64_t)(elsewhere ? FLOW_REFUSES_ELSEWHERE : 0)
                                                                         << 32;
}

bool traffic_flow_kind(const struct traffic *t, size_t index, struct kind_memo *memo, uint64_t *kind_out) {
  const uint32_t at = (uint32_t)index;
  const struct flow_short *s = short_of(t, index);
  struct kind_asked asked;
  bool known = false;
  if (!s) return false;
  uint64_t *kept = memo && kind_asked(t, at, s, &asked) ? kind_memo_place(memo, &asked, &known) : NULL;
  uint64_t kind;
  if (kept && known) {
    kind = *kept;
  } else {
    kind = kind_judge(t, at);
    if (kept) *kept = kind;
  }
  *kind_out = kind | kind_of_port(t, at);
  return true;
}

void traffic_flow_gist(const struct traffic *t, size_t index, struct flow_gist *gist_out) {
  const struct flow_short *s = short_of(t, index);
  const unsigned first = s->state & FLOW_FIRST_B ? SIDE_B : SIDE_A, client = t->ends[index].turned ? SIDE_B : SIDE_A;
  const uint16_t answer = s->n > 1 ? s->len[1] : 0;
  *gist_out = (struct flow_gist){.first = s->first,
                                 .last = short_flow_last(s),
                                 .packet_first = s->packet[0],
                                 .packet_last = s->packet[s->n > 1],
                                 .bytes_sent = first == client ? s->len[0] : answer};
}
