/* What the facts of TCP segments (classifier/tcp_facts.c) and datagrams (classifier/datagram_facts.c) make of one
 * packet of each side, written down once more for this case; a test holds both against each other. */
#include "classifier/short_flow.h"

#include "classifier/history.h"
#include "classifier/packet_facts.h"

static unsigned first_side(const struct flow_short *s) { return s->state & FLOW_FIRST_B ? SIDE_B : SIDE_A; }

static bool is_tcp(const struct flow_short *s) { return s->key.proto == PROTO_TCP; }

static bool flags_are(const struct packet *p, unsigned flag) {
  return (p->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == flag;
}

bool short_flow_may_begin(const struct packet *p) {
  if (p->flags & PACKET_DUPLICATE || !stamp_known(p->time)) return false;
  return p->proto == PROTO_TCP ? flags_are(p, TCP_SYN) && !p->payload_len : p->payload_len <= UINT16_MAX;
}

static void packet_keep(struct flow_short *s, const struct packet *p) {
  const unsigned i = s->n++;
  s->packet[i] = p->number;
  s->len[i] = (uint16_t)p->payload_len;
  s->mac[i] = p->src_mac;
  s->ttl[i] = p->ttl;
  s->tcp_flags[i] = p->tcp_flags;
  if (!(p->flags & PACKET_NO_IP_ID)) s->ids |= (uint8_t)((p->ip_id ? SHORT_ID_OTHER : SHORT_ID_ZERO) << 2 * i);
}

void short_flow_begin(struct flow_short *s, const struct packet *p) {
  s->first = p->time;
  s->seq = p->seq;
  packet_keep(s, p);
}

bool short_flow_add(struct flow_short *s, const struct packet *p, unsigned side) {
  const stamp_t time = p->time;
  if (s->n != 1 || side == first_side(s) || p->flags & PACKET_DUPLICATE) return false;
  if (stamp_before(time, s->first) || stamp_since(s->first, time).ns > UINT32_MAX) return false;
  const bool fits = is_tcp(s) ? (flags_are(p, TCP_RST) || flags_are(p, TCP_RST | TCP_ACK)) && !p->payload_len
                              : p->payload_len <= UINT16_MAX;
  if (!fits) return false;
  s->after = (uint32_t)stamp_since(s->first, time).ns;
  packet_keep(s, p);
  return true;
}

static unsigned id_of(const struct flow_short *s, unsigned i) { return s->ids >> 2 * i & 3; }

/* As packet_early_add. */
static void early_expand(const struct flow_short *s, struct flow_cold *c, unsigned i, unsigned side) {
  c->mac[side] = s->mac[i];
  c->id_seen |= (uint8_t)(short_flow_id_seen(s, i) << side);
}

static void syn_expand(const struct flow_short *s, struct flow *f, struct flow_cold *c, unsigned side) {
  const uint8_t flags = s->tcp_flags[0];
  const bool ecn = (flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR); /* RFC 3168 6.1.1 */
  f->state |= FLOW_OPENED | (ecn ? FLOW_SYN_ECN : FLOW_SYN_BARE) | (side == SIDE_B ? FLOW_SYN_B : 0);
  f->state |= (uint16_t)((FLOW_BASE_A | FLOW_SEQ_A) << side);
  f->base[side] = s->seq;
  f->seq_end[side] = s->seq + 1;
  f->n_syn[side] = 1;
  f->tcp_flags[side] = flags;
  c->syn_last = s->first;
  early_expand(s, c, 0, side);
  history_add(&f->history, HISTORY_SYN, side);
}

static void rst_expand(const struct flow_short *s, struct flow *f, struct flow_cold *c, unsigned side) {
  unsigned rst = RST_SEEN;
  if (side == SIDE_B) rst |= RST_BY_B;
  if (id_of(s, 1)) rst |= id_of(s, 1) == SHORT_ID_ZERO ? RST_HAS_ID | RST_ID_ZERO : RST_HAS_ID;
  f->tcp_flags[side] = s->tcp_flags[1];
  c->rst = (uint8_t)rst;
  c->rst_ttl = s->ttl[1];
  c->rst_mac = s->mac[1];
  history_add(&f->history, HISTORY_RST, side);
}

static void datagram_expand(const struct flow_short *s, struct flow *f, struct flow_cold *c, unsigned i,
                            unsigned side) {
  f->ttl_min[side] = f->ttl_max[side] = s->ttl[i];
  early_expand(s, c, i, side);
  history_add(&f->history, HISTORY_DATA, side);
}

void short_flow_expand(const struct flow_short *s, struct flow *f, struct flow_cold *c) {
  const unsigned one = first_side(s), other = !one;
  flow_clear(f, c, &s->key);
  f->first = f->last[one] = s->first;
  f->packets[one] = 1;
  f->bytes[one] = s->len[0];
  f->packet_first = f->packet_last = s->packet[0];
  f->state = s->state;
  c->encap = s->encap;
  c->id_seen = s->id_seen;
  if (is_tcp(s))
    syn_expand(s, f, c, one);
  else
    datagram_expand(s, f, c, 0, one);
  if (s->n < 2) return;
  c->answer = f->last[other] = (stamp_t){s->first.ns + s->after};
  f->packets[other] = 1;
  f->bytes[other] = s->len[1];
  f->packet_last = s->packet[1];
  if (is_tcp(s))
    rst_expand(s, f, c, other);
  else
    datagram_expand(s, f, c, 1, other);
}
