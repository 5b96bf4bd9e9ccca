/* One pass over the flows. The two hosts of a flow are often those of the flow before it, so the last ones found are
 * kept at hand. */
#include "classifier/fold.h"

#include <errno.h>

#include "classifier/judgement.h"
#include "classifier/tcp_facts.h"

/* The last host found for each side, and the last pair with what was said of it. */
struct near {
  struct host_facts *host[2];
  struct flow_key pair;
  unsigned bits;
};

static int host_near(struct traffic *t, struct near *n, struct host_key k, unsigned side, struct host_facts **out) {
  struct host_facts *h = n->host[side];
  if (!h || !host_key_equal(h->key, k)) {
    const int r = host_table_get(&t->hosts, k, &h);
    if (r != 0) return r;
    n->host[side] = h;
  }
  *out = h;
  return 0;
}

/* When a side began to speak: the flow's first packet is of one side; of the other, the answer is all that is known. */
static stamp_t side_first(const struct flow *f, const struct flow_cold *c, unsigned side) {
  const unsigned first = f->state & FLOW_FIRST_B ? SIDE_B : SIDE_A;
  if (side == first) return f->first;
  return stamp_known(c->answer) ? c->answer : f->last[side];
}

static void times_add(struct host_facts *h, const struct flow *f, const struct flow_cold *c, unsigned side) {
  const stamp_t first = side_first(f, c, side);
  if (!stamp_known(h->first_sent) || stamp_before(first, h->first_sent)) h->first_sent = first;
  h->last_sent = stamp_max(h->last_sent, f->last[side]);
  if (!h->packet_first || f->packet_first < h->packet_first) h->packet_first = f->packet_first;
}

/* Distances: resets are left out, somebody else may have sent them; packets to groups have times to live of their own.
 */
static void hops_add(struct host_facts *h, const struct flow *f, const struct flow_cold *c, const struct flow_extra *x,
                     unsigned side) {
  if (f->state & FLOW_TO_GROUP) return;
  const uint32_t once = f->packets[side] - (x ? x->duplicates[side] : 0);
  struct hop_range *r = f->key.proto == PROTO_TCP ? &h->tcp : &h->other;
  if (f->ttl_min[side] <= f->ttl_max[side])
    hop_range_add(r, once, f->ttl_min[side], f->ttl_max[side]);
  else if (f->n_syn_ack[side])
    hop_range_add(r, f->n_syn_ack[side], c->syn_ack_ttl, c->syn_ack_ttl);
}

static bool deaf(const struct flow *f, unsigned side) {
  return f->key.proto == PROTO_TCP && f->state & FLOW_PLAIN_A << side && !f->packets[!side];
}

static void side_add(struct host_facts *h, const struct flow *f, const struct flow_cold *c, const struct flow_extra *x,
                     unsigned side) {
  h->received += f->packets[!side];
  if (!f->packets[side]) return;
  h->sent += f->packets[side];
  h->deaf |= deaf(f, side);
  times_add(h, f, c, side);
  hops_add(h, f, c, x, side);
  const uint16_t mac = c->mac[side];
  if (mac && h->mac && mac != h->mac) h->macs_differ = true;
  if (!h->mac) h->mac = mac;
  h->id_seen |= (uint8_t)(c->id_seen >> side & (ID_ZERO_A | ID_OTHER_A));
  if (f->n_syn_ack[side] && f->n_syn[!side] == 1 && stamp_known(c->answer) && !stamp_before(c->answer, c->syn_last)) {
    const stamp_t rtt = stamp_since(c->syn_last, c->answer);
    if (!stamp_known(h->rtt_min) || stamp_before(rtt, h->rtt_min)) h->rtt_min = rtt;
  }
}

static bool both_ways(const struct flow *f) { return f->packets[SIDE_A] && f->packets[SIDE_B]; }

/* Only of flows without an answer does anybody ask what else is known of the two hosts: a pair gets its place from one
 * of them, and what its other flows show is added at the end (pairs_complete). Most captures have few such pairs. */
static int pair_add(struct traffic *t, struct near *n, const struct flow *f) {
  unsigned bits = 0;
  if (f->state & FLOW_TO_GROUP || both_ways(f)) return 0;
  for (unsigned side = SIDE_A; side <= SIDE_B; side++) {
    if (f->packets[side]) bits |= PAIR_SEEN_A << side;
    if (deaf(f, side)) bits |= PAIR_DEAF_A << side;
  }
  const bool same = n->pair.a == f->key.a && n->pair.b == f->key.b && n->pair.family == f->key.family;
  if (same && (n->bits & bits) == bits) return 0;
  n->bits = same ? n->bits | bits : bits;
  n->pair = f->key;
  return pair_table_mark(&t->pairs, (struct host_key){f->key.a, f->key.family},
                         (struct host_key){f->key.b, f->key.family}, bits);
}

/* Whether a connection's packets of one side passed two capture points. Its SYN or SYN/ACK must have been recognised as
 * a copy, too: routers that change it make two of it, and an attempt would seem to pass only one point. */
static unsigned points_of(const struct flow *f, const struct flow_extra *x, unsigned side) {
  enum { PACKETS_LEAST = 3 };
  const uint32_t copies = x ? x->duplicates[side] : 0, once = f->packets[side] - copies;
  const bool opened = f->key.proto == PROTO_TCP && f->n_syn[side] + f->n_syn_ack[side] == 1;
  if ((uint64_t)copies * 10 < (uint64_t)once * 9) return PAIR_ONCE_A << side;
  return opened && once >= PACKETS_LEAST ? PAIR_TWICE_A << side : 0;
}

static void pairs_complete(struct traffic *t) {
  if (t->pairs.facts.n == 0) return;
  for (uint32_t at = 0; at < flow_table_count(&t->shard->flows); at++) {
    struct flow_copy copy;
    const struct flow_cold *cold;
    flow_prefetch(&t->shard->flows, at + FLOWS_AHEAD, 2, false);
    const struct flow *f = flow_read(&t->shard->flows, at, &copy, &cold);
    if (f->state & FLOW_TO_GROUP || !both_ways(f)) continue;
    unsigned bits = PAIR_SEEN_A | PAIR_SEEN_A << SIDE_B;
    const struct flow_extra *x = flow_extra_of(&t->shard->flows, f);
    for (unsigned side = SIDE_A; t->shard->counts.duplicates && side <= SIDE_B; side++) bits |= points_of(f, x, side);
    pair_table_mark_known(&t->pairs, (struct host_key){f->key.a, f->key.family},
                          (struct host_key){f->key.b, f->key.family}, bits);
  }
}

/* Bytes the other side acknowledged behind everything seen, at the end of the flow. */
static uint64_t unseen_at_end(const struct flow *f, unsigned side) {
  if (!(f->state & FLOW_SEQ_A << side) || !(f->state & FLOW_ACK_A << !side)) return 0;
  const int32_t ahead = seq_distance(f->ack_max[!side], f->seq_end[side]);
  return ahead > 1 ? (uint64_t)ahead : 0; /* 1: a FIN that may stand in a later file */
}

static void capture_add(struct traffic *t, const struct flow *f) {
  struct capture_facts *c = &t->capture;
  t->end = stamp_max(t->end, stamp_max(f->last[SIDE_A], f->last[SIDE_B]));
  if (f->key.proto != PROTO_TCP) return;
  c->tcp_flows++;
  const unsigned alone = f->packets[SIDE_A] ? SIDE_A : SIDE_B;
  const bool more = f->state & FLOW_PLAIN_A << alone || f->n_syn_ack[alone];
  if (!f->packets[!alone] && more) c->one_sided_flows++;
  c->lost_bytes += unseen_at_end(f, SIDE_A) + unseen_at_end(f, SIDE_B);
}

/* Which side is the client, for struct flow_hosts. */
static uint32_t client_of(const struct flow *f, const struct flow_extra *x) {
  struct judgement j = {0};
  outcome_orient(f, x, &j);
  return (j.client == SIDE_B ? FLOW_CLIENT_B : 0) | (j.guessed ? FLOW_CLIENT_GUESSED : 0);
}

static int flow_fold(struct traffic *t, struct near *n, uint32_t at) {
  struct flow_copy copy;
  const struct flow_cold *c;
  const struct flow *f = flow_read(&t->shard->flows, at, &copy, &c);
  for (unsigned side = SIDE_A; side <= SIDE_B; side++) {
    const struct host_key k = {.id = side == SIDE_A ? f->key.a : f->key.b, .family = f->key.family};
    struct host_facts *h;
    const int r = host_near(t, n, k, side, &h);
    if (r < 0) return r;
    if (r == 0) t->flow_hosts[at].at[side] |= h->number + 1;
    if (r == 0) side_add(h, f, c, flow_extra_of(&t->shard->flows, f), side);
  }
  t->flow_hosts[at].at[0] |= client_of(f, flow_extra_of(&t->shard->flows, f));
  capture_add(t, f);
  return pair_add(t, n, f);
}

/* What no flow holds: ICMP errors, address resolution. */
static int rest_fold(struct traffic *t) {
  const struct shard *s = t->shard;
  for (uint32_t i = 0; i < s->hosts.facts.n; i++) {
    const struct host_facts *from = pool_at(&s->hosts.facts, i);
    struct host_facts *h;
    const int r = host_table_get(&t->hosts, from->key, &h);
    if (r < 0) return r;
    if (r == 0) host_facts_merge(h, from);
    t->end = stamp_max(t->end, from->last_sent);
  }
  for (uint32_t i = 0; i < s->pairs.facts.n; i++) {
    const struct pair_facts *p = pool_at(&s->pairs.facts, i);
    const int r =
        pair_table_mark(&t->pairs, (struct host_key){p->a, p->family}, (struct host_key){p->b, p->family}, p->seen);
    if (r < 0) return r;
  }
  return 0;
}

/* Hosts of flows further on, so that the cache misses of many overlap. */
static void look_ahead(const struct traffic *t, uint32_t at) {
  enum { FAR = 16, NEAR = 8 };
  const struct flow_table *flows = &t->shard->flows;
  flow_prefetch(flows, at + FLOWS_AHEAD + FAR, 2, true);
  if (flow_table_count(flows) - at <= FAR) return;
  const struct flow_key *far = flow_key_at(flows, at + FAR), *near = flow_key_at(flows, at + NEAR);
  host_table_prefetch_slot(&t->hosts, (struct host_key){far->a, far->family});
  host_table_prefetch_slot(&t->hosts, (struct host_key){far->b, far->family});
  host_table_prefetch_facts(&t->hosts, (struct host_key){near->a, near->family});
  host_table_prefetch_facts(&t->hosts, (struct host_key){near->b, near->family});
}

int fold_shard(struct traffic *t) {
  t->flow_hosts_size = (flow_table_count(&t->shard->flows) + 1u) * sizeof *t->flow_hosts;
  t->flow_hosts = pages_new(t->flow_hosts_size);
  if (!t->flow_hosts) return -ENOMEM;
  struct near n = {.bits = 0};
  for (uint32_t at = 0; at < flow_table_count(&t->shard->flows); at++) {
    look_ahead(t, at);
    const int r = flow_fold(t, &n, at);
    if (r < 0) return r;
  }
  const int r = rest_fold(t);
  if (r == 0) pairs_complete(t);
  return r;
}
