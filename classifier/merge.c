/* Merging: the facts of a later part of a capture added to those of the part before it, so that judging the sum gives
 * what judging the whole would have given.
 *
 * Whether a flow of the later part continues one of the earlier is the same question that a SYN asks of a running flow
 * (tcp_begins_anew). What crosses the cut is put together here: sequence numbers that the later part jumps ahead to are
 * a hole, numbers it begins with that were sent before are a repeat. */
#include <errno.h>
#include <stdlib.h>

#include "classifier/classifier_internal.h"
#include "classifier/history.h"
#include "classifier/icmp_codes.h"
#include "classifier/tcp_facts.h"
#include "util/array.h"

/* One merge: where the later part's numbers lie in the whole. */
struct merging {
  struct shard *s, *later;
  uint32_t *address; /* [later's IPv6 number] */
  uint16_t *stack;   /* [later's stack number] */
};

/* The two parts of one flow; side numbers of the later part are turned by swap. */
struct parts {
  const struct merging *m;
  struct flow *f;
  struct flow_cold *c;
  const struct flow *more;
  const struct flow_cold *more_cold;
  const struct flow_extra *more_extra; /* NULL = none */
  bool swap;
};

static struct host_key key_moved(const struct merging *m, struct host_key k) {
  if (k.family == 6) k.id = m->address[k.id];
  return k;
}

static unsigned side_in(const struct parts *p, unsigned side) { return side ^ (unsigned)p->swap; }

static uint8_t add_u8(uint8_t a, uint8_t b) { return a + b < UINT8_MAX ? (uint8_t)(a + b) : UINT8_MAX; }
static uint16_t max_u16(uint16_t a, uint16_t b) { return a > b ? a : b; }

static void counts_join(const struct parts *p) {
  struct flow *f = p->f;
  for (unsigned side = SIDE_A; side <= SIDE_B; side++) {
    const unsigned from = side_in(p, side);
    f->last[side] = stamp_max(f->last[side], p->more->last[from]);
    f->bytes[side] += p->more->bytes[from];
    f->packets[side] += p->more->packets[from];
    f->n_syn[side] = add_u8(f->n_syn[side], p->more->n_syn[from]);
    f->n_syn_ack[side] = add_u8(f->n_syn_ack[side], p->more->n_syn_ack[from]);
    f->tcp_flags[side] |= p->more->tcp_flags[from];
    if (p->more->ttl_min[from] < f->ttl_min[side]) f->ttl_min[side] = p->more->ttl_min[from];
    if (p->more->ttl_max[from] > f->ttl_max[side]) f->ttl_max[side] = p->more->ttl_max[from];
  }
  f->history = history_join(f->history, p->more->history, p->swap);
  f->packet_last = p->more->packet_last;
}

/* Bits that are kept by side, turned. */
static uint16_t state_turned(uint16_t state, bool swap) {
  const unsigned by_side = FLOW_BASE_A * 3 | FLOW_SEQ_A * 3 | FLOW_ACK_A * 3 | FLOW_PLAIN_A * 3;
  if (!swap) return state;
  const unsigned odd = state & by_side;
  return (uint16_t)((state & ~by_side) | (odd << 1 & by_side & 0xaa) | (odd >> 1 & 0x55));
}
_Static_assert(FLOW_BASE_A == 1 && FLOW_PLAIN_A == 64, "sides alternate in the low eight bits");

static void state_join(const struct parts *p) {
  const unsigned adds = 0xff | FLOW_SYN_ECN | FLOW_SYN_BARE;
  struct flow *f = p->f;
  const bool had_syn = f->n_syn[SIDE_A] || f->n_syn[SIDE_B];
  if (!had_syn && (p->more->n_syn[SIDE_A] || p->more->n_syn[SIDE_B])) {
    const bool by_b = ((p->more->state & FLOW_SYN_B) != 0) ^ p->swap;
    f->state = (uint16_t)((f->state & ~FLOW_SYN_B) | (by_b ? FLOW_SYN_B : 0));
  }
  f->state |= state_turned(p->more->state, p->swap) & adds;
}

static void cold_join(const struct parts *p) {
  struct flow_cold *c = p->c;
  const struct flow_cold *m = p->more_cold;
  const bool had_syn_ack = p->f->n_syn_ack[SIDE_A] || p->f->n_syn_ack[SIDE_B];
  const bool has_syn_ack = p->more->n_syn_ack[SIDE_A] || p->more->n_syn_ack[SIDE_B];
  c->syn_last = stamp_max(c->syn_last, m->syn_last);
  if (!stamp_known(c->answer) || (!had_syn_ack && has_syn_ack)) c->answer = m->answer;
  if (p->f->key.proto != PROTO_TCP && !stamp_known(c->answer)) /* the later part may hold only the answers */
    for (unsigned side = SIDE_A; side <= SIDE_B; side++)
      if (!p->f->packets[side] && p->f->packets[!side] && p->more->packets[side_in(p, side)])
        c->answer = p->more->first;
  for (unsigned side = SIDE_A; side <= SIDE_B; side++) {
    if (!c->mac[side]) c->mac[side] = m->mac[side_in(p, side)];
    const unsigned ids = m->id_seen >> side_in(p, side) & (ID_ZERO_A | ID_OTHER_A);
    c->id_seen |= (uint8_t)(ids << side);
  }
  if (!c->syn_ack_ttl) c->syn_ack_ttl = m->syn_ack_ttl;
  if (c->rst & RST_SEEN || !(m->rst & RST_SEEN)) return;
  c->rst = m->rst ^ (p->swap ? RST_BY_B : 0);
  c->rst_ttl = m->rst_ttl;
  c->rst_mac = m->rst_mac;
}

/* The first number the later part saw of a side, when it began in the middle. */
static bool begins_at(const struct parts *p, unsigned side, uint32_t *seq_out) {
  const unsigned from = side_in(p, side);
  const unsigned need = (FLOW_BASE_A | FLOW_SEQ_A) << from;
  if ((p->more->state & need) != need || !(p->f->state & FLOW_SEQ_A << side)) return false;
  if (p->more->n_syn[from] || p->more->n_syn_ack[from]) return false;
  *seq_out = p->more->base[from] + 1;
  return true;
}

/* What the later part took for new had been sent before: one more repeat, ahead of those it noticed itself. */
static void repeat_join(const struct parts *p, struct flow_extra *x, unsigned side, uint32_t seq) {
  const unsigned from = side_in(p, side);
  const struct tail *more = p->more_extra && p->more_extra->tail[from].count ? &p->more_extra->tail[from] : NULL;
  const bool same = more && more->seq == seq;
  struct tail *t = &x->tail[side];
  const stamp_t when = same ? more->first : p->more->last[from];
  x->retransmits[side]++;
  if (t->count && t->seq == seq) {
    if (t->count < UINT16_MAX) t->count++;
    t->last = stamp_max(t->last, when);
    return;
  }
  if (p->f->tcp_flags[!side] & TCP_FIN) return;
  *t = (struct tail){.seq = seq,
                     .count = 1,
                     .len = same ? more->len : max_u16(p->more->len_pending[from], p->more->len_acked[from]),
                     .first = p->f->last[side],
                     .last = when};
}

/* closed: the receiver closed before the cut, so no tail begins behind it (as in repeat_add of tcp_facts.c). */
static void tail_join(const struct parts *p, struct flow_extra *x, unsigned side, bool closed) {
  const struct tail *more = p->more_extra ? &p->more_extra->tail[side_in(p, side)] : NULL;
  struct tail *t = &x->tail[side];
  if (!more || !more->count) return;
  if (!t->count || t->seq != more->seq) {
    if (!closed) *t = *more;
    return;
  }
  t->count = t->count + more->count < UINT16_MAX ? (uint16_t)(t->count + more->count) : UINT16_MAX;
  t->last = stamp_max(t->last, more->last);
}

static int hole_join(const struct parts *p, struct flow_extra *x, struct loss *l, unsigned side, uint32_t seq) {
  struct hole *h = &x->hole[side];
  const uint32_t size = seq - p->f->seq_end[side];
  const unsigned answers = side_in(p, !side);
  const bool acked = p->more->state & FLOW_ACK_A << answers && seq_distance(p->more->ack_max[answers], seq) >= 0;
  if (h->missing && h->counted) x->lost[side] += h->missing;
  *h = (struct hole){.from = p->f->seq_end[side], .to = seq, .missing = size, .counted = acked};
  return acked ? loss_add(l, p->more->first, size, 0) : 0;
}

/* Sequence numbers of one side across the cut. */
static int seq_join(struct flow_table *t, struct loss *l, const struct parts *p, unsigned side) {
  const unsigned from = side_in(p, side);
  struct flow *f = p->f;
  uint32_t seq;
  if (begins_at(p, side, &seq)) {
    const int32_t ahead = seq_distance(seq, f->seq_end[side]);
    const uint64_t bytes = p->more->bytes[from];
    const bool keep_alive = ahead == -1 && bytes <= 1;
    const bool repeats = ahead < 0 && bytes && !keep_alive;
    struct flow_extra *x = ahead > 0 || repeats ? flow_extra_get(t, f) : NULL;
    if (!x && (ahead > 0 || repeats)) return -ENOMEM;
    if (repeats) repeat_join(p, x, side, seq);
    const int r = ahead > 0 ? hole_join(p, x, l, side, seq) : 0;
    if (r < 0) return r;
    if (ahead >= 0 && bytes && p->c->rst & RST_SEEN && ((p->c->rst & RST_BY_B) != 0) == side)
      p->c->rst |= RST_THEN_DATA;
  }
  if (!(p->more->state & FLOW_SEQ_A << from)) return 0;
  if (!(f->state & FLOW_SEQ_A << side) || seq_distance(p->more->seq_end[from], f->seq_end[side]) > 0)
    f->seq_end[side] = p->more->seq_end[from];
  return 0;
}

/* What a side acknowledged across the cut, and what that says of the longest payload the other side got through. */
static void ack_join(const struct parts *p, unsigned side) {
  const unsigned from = side_in(p, side), other = !side;
  struct flow *f = p->f;
  uint32_t acked = 0;
  if (p->more->state & FLOW_ACK_A << from) {
    uint32_t before = f->ack_max[side];
    if (!(f->state & FLOW_ACK_A << side))
      before = f->state & FLOW_BASE_A << other ? f->base[other] + 1 : p->more->ack_max[from];
    f->ack_max[side] = seq_distance(p->more->ack_max[from], before) >= 0 ? p->more->ack_max[from] : before;
    acked = f->ack_max[side] - before;
  }
  const bool all = p->more->state & FLOW_ACK_A << from && f->state & FLOW_SEQ_A << other &&
                   seq_distance(f->ack_max[side], f->seq_end[other]) >= 0;
  const uint16_t most = acked < f->len_pending[other] ? (uint16_t)acked : f->len_pending[other];
  f->len_acked[other] = max_u16(max_u16(f->len_acked[other], most), p->more->len_acked[side_in(p, other)]);
  const uint16_t pending = p->more->len_pending[side_in(p, other)];
  f->len_pending[other] = all ? pending : max_u16(f->len_pending[other], pending);
}

static void icmp_join(struct flow_extra *x, const struct parts *p) {
  const struct icmp_facts *new = &p->more_extra->icmp;
  if (!new->packet) return;
  const bool better = icmp_rejects(new->from.family, new->type, new->code) &&
                      !icmp_rejects(x->icmp.from.family, x->icmp.type, x->icmp.code);
  if (x->icmp.packet && !better) return;
  x->icmp = *new;
  x->icmp.side = (uint8_t)side_in(p, new->side);
  x->icmp.from = key_moved(p->m, new->from);
}

/* flags: what each side had sent before the cut. */
static int extra_join(struct flow_table *t, const struct parts *p, const uint8_t flags[2]) {
  const struct flow_extra *more = p->more_extra;
  if (!more && !p->f->extra) return 0;
  struct flow_extra *x = flow_extra_get(t, p->f);
  if (!x) return -ENOMEM;
  for (unsigned side = SIDE_A; side <= SIDE_B; side++) {
    tail_join(p, x, side, flags[!side] & TCP_FIN);
    const struct tail *left = &x->tail[side];
    const bool passed = p->f->state & FLOW_ACK_A << !side && seq_distance(p->f->ack_max[!side], left->seq) > 0;
    if (left->count && passed) x->tail[side].count = 0;
    if (!more) continue;
    const unsigned from = side_in(p, side);
    x->duplicates[side] += more->duplicates[from];
    if (more->routed >> from & 1) x->routed |= (uint8_t)(1u << side);
    x->retransmits[side] += more->retransmits[from];
    x->lost[side] += more->lost[from];
    if (more->hole[from].missing) x->hole[side] = more->hole[from];
  }
  if (more) icmp_join(x, p);
  return 0;
}

static int flow_join(struct shard *s, const struct parts *p) {
  const bool tcp = p->f->key.proto == PROTO_TCP;
  const uint8_t flags[2] = {p->f->tcp_flags[SIDE_A], p->f->tcp_flags[SIDE_B]};
  cold_join(p);
  for (unsigned side = SIDE_A; tcp && side <= SIDE_B; side++) ack_join(p, side);
  for (unsigned side = SIDE_A; tcp && side <= SIDE_B; side++) {
    const int r = seq_join(&s->flows, &s->loss, p, side);
    if (r < 0) return r;
    const unsigned from = side_in(p, side);
    if (!(p->f->state & FLOW_BASE_A << side)) p->f->base[side] = p->more->base[from];
  }
  state_join(p);
  counts_join(p);
  return extra_join(&s->flows, p, flags);
}

/* Whether the later flow is another connection than the one before the cut. */
static bool anew(const struct parts *p) {
  for (unsigned side = SIDE_A; side <= SIDE_B; side++) {
    const unsigned from = side_in(p, side);
    const struct packet opening = {.tcp_flags = TCP_SYN, .seq = p->more->base[from]};
    const struct packet answer = {
        .tcp_flags = TCP_SYN | TCP_ACK, .seq = p->more->base[from], .ack = p->more->base[!from] + 1};
    if (p->more->n_syn[from] && tcp_begins_anew(p->f, &opening, side)) return true;
    if (p->more->n_syn_ack[from] && !p->more->n_syn[!from] && tcp_begins_anew(p->f, &answer, side)) return true;
  }
  return false;
}

/* The flow's key in the whole; true when its sides change places. */
static bool flow_key_moved(const struct merging *m, const struct flow_key *from, struct flow_key *to_out) {
  const uint32_t a = key_moved(m, (struct host_key){from->a, from->family}).id;
  const uint32_t b = key_moved(m, (struct host_key){from->b, from->family}).id;
  *to_out = *from;
  to_out->a = a, to_out->b = b;
  if (a < b || (a == b && from->port_a <= from->port_b)) return false;
  to_out->a = b, to_out->b = a;
  to_out->port_a = from->port_b, to_out->port_b = from->port_a;
  return true;
}

/* An engine's slot under its number in the merged shard; 0 stays 0. */
static int app_ref_add(struct shard *s, struct app *app, uint32_t *slot) {
  if (!*slot) return 0;
  struct app_ref *ref = ARRAY_PUSH(s->app_ref, s->n_app_refs, s->app_refs_capacity);
  if (!ref) return -ENOMEM;
  *ref = (struct app_ref){.app = app, .slot = *slot};
  *slot = (uint32_t)s->n_app_refs;
  return 0;
}

/* From slots of one engine to numbers of slots in many. */
static int apps_begin(struct shard *s) {
  if (s->app_ref) return 0;
  if (!array_reserve((void **)&s->app_ref, &s->app_refs_capacity, 1, sizeof *s->app_ref)) return -ENOMEM;
  for (uint32_t i = 0; i < flow_table_count(&s->flows); i++) {
    struct flow_place *place = flow_place_at(&s->flows, i);
    place->app &= ~APP_DONE;
    const int r = app_ref_add(s, s->app[0], &place->app);
    if (r < 0) return r;
  }
  return 0;
}

/* The records of flow at in the whole, for p to add to. Negative: memory is out. */
static int parts_open(struct parts *p, uint32_t at) {
  uint32_t record;
  struct flow_table *t = &p->m->s->flows;
  if (flow_open(t, at, &record) < 0) return -ENOMEM;
  p->f = flow_record(t, record);
  p->c = flow_cold_record(t, record);
  return 0;
}

static int flow_new(struct merging *m, const struct parts *p, const struct flow_key *key, uint32_t app) {
  uint32_t at;
  struct parts to = *p;
  int r = flow_table_add(&m->s->flows, key, flow_key_hash(key), &at);
  if (r == 0) r = parts_open(&to, at - 1);
  if (r != 0) return r < 0 ? r : 0;
  const unsigned turn = p->swap ? FLOW_FIRST_B | FLOW_SYN_B : 0;
  to.f->first = p->more->first;
  to.f->packet_first = p->more->packet_first;
  to.f->state = (uint16_t)((state_turned(p->more->state, p->swap) ^ turn) & ~0xffu);
  to.c->encap = m->stack[p->more_cold->encap];
  to.c->id_seen = p->more_cold->id_seen & FIRST_TFTP;
  m->s->second_ports += to.c->id_seen != 0;
  flow_place_at(&m->s->flows, at - 1)->app = app;
  return flow_join(m->s, &to);
}

/* The later part's slot of the engine as a number in the whole; 0 = none. Negative: memory is out. */
static int app_move(const struct merging *m, uint32_t index, uint32_t *app_out) {
  *app_out = flow_app_slot(&m->later->flows, index);
  if (!*app_out) return 0;
  struct app_ref ref = {m->later->app[0], *app_out};
  if (m->later->app_ref) ref = m->later->app_ref[*app_out - 1];
  *app_out = ref.slot;
  return app_ref_add(m->s, ref.app, app_out);
}

static int flow_move(struct merging *m, uint32_t index) {
  struct flow_key key;
  struct flow_copy copy;
  struct parts p = {.m = m};
  uint32_t app;
  p.more = flow_read(&m->later->flows, index, &copy, &p.more_cold);
  p.more_extra = flow_extra_of(&m->later->flows, p.more);
  p.swap = flow_key_moved(m, &p.more->key, &key);
  int r = app_move(m, index, &app);
  if (r < 0) return r;
  const uint32_t at = flow_table_find(&m->s->flows, &key, flow_key_hash(&key));
  if (!at) return flow_new(m, &p, &key, app);
  r = parts_open(&p, at - 1);
  if (r < 0) return r;
  if (key.proto == PROTO_TCP && anew(&p)) return flow_new(m, &p, &key, app);
  struct flow_place *place = flow_place_at(&m->s->flows, at - 1);
  if (!place->app) place->app = app;
  return flow_join(m->s, &p);
}

static int addresses_move(struct merging *m) {
  const uint32_t n = m->later->addresses.octets.n;
  m->address = array_new(n ? n : 1, sizeof *m->address);
  if (!m->address) return -ENOMEM;
  for (uint32_t i = 0; i < n; i++) {
    struct host_key k;
    const uint8_t *octets = pool_at(&m->later->addresses.octets, i);
    const int r = address_list_key(&m->s->addresses, octets, hash_octets(octets), &k);
    if (r != 0) return r < 0 ? r : -ENOSPC;
    m->address[i] = k.id;
  }
  return 0;
}

static int stacks_move(struct merging *m) {
  const uint32_t n = m->later->stacks.n;
  m->stack = array_new(n, sizeof *m->stack);
  if (!m->stack) return -ENOMEM;
  for (uint32_t i = 0; i < n; i++) m->stack[i] = encap_stack_number(m->s, pool_at(&m->later->stacks, i));
  return 0;
}

static int hosts_move(struct merging *m) {
  for (uint32_t i = 0; i < m->later->hosts.facts.n; i++) {
    const struct host_facts *from = pool_at(&m->later->hosts.facts, i);
    struct host_facts *h;
    const int r = host_table_get(&m->s->hosts, key_moved(m, from->key), &h);
    if (r < 0) return r;
    if (r == 0) host_facts_merge(h, from);
  }
  for (uint32_t i = 0; i < m->later->pairs.facts.n; i++) {
    const struct pair_facts *p = pool_at(&m->later->pairs.facts, i);
    const int r = pair_table_mark(&m->s->pairs, key_moved(m, (struct host_key){p->a, p->family}),
                                  key_moved(m, (struct host_key){p->b, p->family}), p->seen);
    if (r < 0) return r;
  }
  return 0;
}

static int pending_move(struct merging *m) {
  for (size_t i = 0; i < m->later->n_pending; i++) {
    if (m->s->n_pending >= ICMP_PENDING_MAX) {
      m->s->counts.icmp_unbound += m->later->n_pending - i;
      break;
    }
    struct icmp_pending *to = ARRAY_PUSH(m->s->pending, m->s->n_pending, m->s->pending_capacity);
    if (!to) return -ENOMEM;
    *to = m->later->pending[i];
    to->quoted_b ^= flow_key_moved(m, &m->later->pending[i].key, &to->key);
    to->facts.from = key_moved(m, to->facts.from);
  }
  return 0;
}

static void counts_move(struct shard_counts *to, const struct shard_counts *from) {
  to->packets += from->packets;
  if (from->duplicates) {
    to->copy_first = to->duplicates ? stamp_min(to->copy_first, from->copy_first) : from->copy_first;
    to->copy_last = to->duplicates ? stamp_max(to->copy_last, from->copy_last) : from->copy_last;
  }
  to->duplicates += from->duplicates;
  to->snap_cut += from->snap_cut;
  to->bad_checksums += from->bad_checksums;
  to->zero_length += from->zero_length;
  to->oversize += from->oversize;
  to->portless += from->portless;
  to->icmp_unbound += from->icmp_unbound;
}

static int apps_move(struct merging *m) {
  if (!array_reserve((void **)&m->s->app, &m->s->apps_capacity, m->s->n_apps + m->later->n_apps, sizeof *m->s->app))
    return -ENOMEM;
  for (size_t i = 0; i < m->later->n_apps; i++) m->s->app[m->s->n_apps++] = m->later->app[i];
  m->later->n_apps = 0;
  return 0;
}

int shard_merge(struct shard *s, struct shard *later) {
  struct merging m = {.s = s, .later = later};
  int r = apps_begin(s);
  if (r == 0) r = addresses_move(&m);
  if (r == 0) r = stacks_move(&m);
  for (uint32_t i = 0; r == 0 && i < flow_table_count(&later->flows); i++) r = flow_move(&m, i);
  if (r == 0) r = hosts_move(&m);
  if (r == 0) r = pending_move(&m);
  if (r == 0) r = loss_merge(&s->loss, &later->loss);
  if (r == 0) r = apps_move(&m);
  counts_move(&s->counts, &later->counts);
  s->flows.refused += later->flows.refused;
  s->hosts.refused += later->hosts.refused;
  s->addresses.refused += later->addresses.refused;
  free(m.address);
  free(m.stack);
  return r;
}
