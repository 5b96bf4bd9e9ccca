/* What one flow tells of its two hosts and of the capture.
 *
 * Scans consist of SYNs that nobody answers or that are reset: of these it is taken from the short record itself. Any
 * other flow is read as a whole one. */
#include "classifier/fold_internal.h"
#include "classifier/judgement.h"
#include "classifier/short_flow.h"
#include "classifier/tcp_facts.h"

/* When a side began to speak: the flow's first packet is of one side; of the other, the answer is all that is known. */
static stamp_t side_first(const struct flow *f, const struct flow_cold *c, unsigned side) {
  const unsigned first = f->state & FLOW_FIRST_B ? SIDE_B : SIDE_A;
  if (side == first) return f->first;
  return stamp_known(c->answer) ? c->answer : f->last[side];
}

/* Distances: resets are left out, somebody else may have sent them; packets to groups have times to live of their own.
 */
static void hops_tell(const struct flow *f, const struct flow_cold *c, const struct flow_extra *x, unsigned side,
                      struct told_side *s) {
  if (f->state & FLOW_TO_GROUP) return;
  if (f->ttl_min[side] <= f->ttl_max[side]) {
    s->hops_n = f->packets[side] - (x ? x->duplicates[side] : 0);
    s->ttl_min = f->ttl_min[side], s->ttl_max = f->ttl_max[side];
  } else {
    s->hops_n = f->n_syn_ack[side];
    s->ttl_min = s->ttl_max = c->syn_ack_ttl;
  }
}

static bool deaf(const struct flow *f, unsigned side) {
  return f->key.proto == PROTO_TCP && f->state & FLOW_PLAIN_A << side && !f->packets[!side];
}

static stamp_t rtt_of(const struct flow *f, const struct flow_cold *c, unsigned side) {
  const bool once = f->n_syn_ack[side] && f->n_syn[!side] == 1;
  return once && stamp_known(c->answer) && !stamp_before(c->answer, c->syn_last) ? stamp_since(c->syn_last, c->answer)
                                                                                 : STAMP_NONE;
}

static struct told_side side_tell(const struct flow *f, const struct flow_cold *c, const struct flow_extra *x,
                                  unsigned side) {
  struct told_side s = {.packets = f->packets[side], .last = f->last[side]};
  if (!s.packets) return s;
  s.first = side_first(f, c, side);
  s.rtt = rtt_of(f, c, side);
  s.mac = c->mac[side];
  s.id_seen = (uint8_t)(c->id_seen >> side & (ID_ZERO_A | ID_OTHER_A));
  s.deaf = deaf(f, side);
  hops_tell(f, c, x, side, &s);
  return s;
}

/* Bytes the other side acknowledged behind everything seen, at the end of the flow. */
static uint64_t unseen_at_end(const struct flow *f, unsigned side) {
  if (!(f->state & FLOW_SEQ_A << side) || !(f->state & FLOW_ACK_A << !side)) return 0;
  const int32_t ahead = seq_distance(f->ack_max[!side], f->seq_end[side]);
  return ahead > 1 ? (uint64_t)ahead : 0; /* 1: a FIN that may stand in a later file */
}

static bool one_sided(const struct flow *f) {
  const unsigned alone = f->packets[SIDE_A] ? SIDE_A : SIDE_B;
  return !f->packets[!alone] && (f->state & FLOW_PLAIN_A << alone || f->n_syn_ack[alone]);
}

/* Whether the side sent what only somebody who answers sends; a reset refuses. */
static bool side_replied(const struct flow *f, unsigned side) {
  if (f->key.proto != PROTO_TCP) return f->packets[side] != 0;
  return f->n_syn_ack[side] || f->bytes[side] || f->state >> side & FLOW_PLAIN_A;
}

/* All that answered the client's SYN is a RST (outcome_tcp.c, refused). */
static bool only_reset(const struct flow *f, unsigned client) {
  const unsigned server = !client;
  const bool plain = f->state & (FLOW_PLAIN_A | FLOW_PLAIN_A << SIDE_B);
  return f->n_syn[client] && f->tcp_flags[server] & TCP_RST && !plain && !f->n_syn[server] && !f->n_syn_ack[server];
}

/* Established, whatever else is known of hosts and capture: the steps of outcome_tcp.c that could say otherwise rest on
 * resets, on what is in the extra record, or on a side that is not visible. */
static bool surely_established(const struct flow *f, const struct flow_extra *x, unsigned client) {
  const bool both = f->packets[SIDE_A] && f->packets[SIDE_B];
  const bool reset = (f->tcp_flags[SIDE_A] | f->tcp_flags[SIDE_B]) & TCP_RST;
  return f->key.proto == PROTO_TCP && both && !reset && !x && f->state >> client & FLOW_PLAIN_A;
}

_Static_assert(PROTO_TCP < 64 && PROTO_UDP < 64 && PROTO_ICMP < 64 && PROTO_ICMPV6 < 64, "flow_ends.proto");

static struct flow_ends ends_of(const struct flow *f, const struct flow_extra *x) {
  struct judgement j = {0};
  outcome_orient(f, x, &j);
  const unsigned server = !j.client;
  const bool echo = f->key.proto != PROTO_TCP && f->key.proto != PROTO_UDP;
  return (struct flow_ends){.server_port = echo ? 0 : flow_key_port(&f->key, server),
                            .proto = f->key.proto & 63u,
                            .guessed = j.guessed,
                            .group = f->state & FLOW_TO_GROUP && !f->packets[server],
                            .carrier = f->state & FLOW_TUNNEL,
                            .replied = side_replied(f, server),
                            .both_ways = f->packets[SIDE_A] && f->packets[SIDE_B] && !(f->state & FLOW_TO_GROUP),
                            .refused = only_reset(f, j.client),
                            .established = surely_established(f, x, j.client),
                            .turned = j.client == SIDE_B};
}

static void whole_tell(const struct flow_table *t, uint32_t at, struct told *told) {
  struct flow_copy copy;
  const struct flow_cold *c;
  const struct flow *f = flow_read(t, at, &copy, &c);
  const struct flow_extra *x = flow_extra_of(t, f);
  *told = (struct told){.key = f->key,
                        .ends = ends_of(f, x),
                        .side = {side_tell(f, c, x, SIDE_A), side_tell(f, c, x, SIDE_B)},
                        .packet_first = f->packet_first,
                        .to_group = f->state & FLOW_TO_GROUP};
  if (f->key.proto != PROTO_TCP) return;
  told->one_sided = one_sided(f);
  told->lost_bytes = unseen_at_end(f, SIDE_A) + unseen_at_end(f, SIDE_B);
}

/* A SYN, or a SYN and the RST that answers it. */
static void syn_tell(const struct flow_short *s, struct told *told) {
  const unsigned client = s->state & FLOW_FIRST_B ? SIDE_B : SIDE_A, server = !client;
  const bool refused = s->n == 2, to_group = s->state & FLOW_TO_GROUP;
  *told = (struct told){.key = s->key,
                        .ends = {.server_port = flow_key_port(&s->key, server),
                                 .proto = PROTO_TCP,
                                 .group = to_group && !refused,
                                 .carrier = s->state & FLOW_TUNNEL,
                                 .both_ways = refused && !to_group,
                                 .refused = refused,
                                 .turned = client == SIDE_B},
                        .packet_first = s->packet[0],
                        .to_group = to_group};
  told->side[client] = (struct told_side){.packets = 1,
                                          .first = s->first,
                                          .last = s->first,
                                          .rtt = STAMP_NONE,
                                          .mac = s->mac[0],
                                          .id_seen = short_flow_id_seen(s, 0)};
  const stamp_t answer = refused ? short_flow_last(s) : STAMP_NONE;
  told->side[server] = (struct told_side){.packets = refused, .first = answer, .last = answer, .rtt = STAMP_NONE};
}

void told_make(const struct flow_table *t, uint32_t at, struct told *told_out) {
  const struct flow_short *s = flow_short_at(t, at);
  if (s && s->key.proto == PROTO_TCP)
    syn_tell(s, told_out);
  else
    whole_tell(t, at, told_out);
  told_out->ends.analysed = flow_app_slot(t, at) != 0;
}
