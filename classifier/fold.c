/* One pass over the flows, in parts that each have tables of their own; what they found is put together in their order,
 * so that the number of parts changes nothing. Only where a table is too small does it matter who came first: then all
 * is done over in one part. A second pass gives hosts their places and completes the pairs.
 *
 * The two hosts of a flow are often those of the flow before it, so the last ones found are kept at hand. */
#include "classifier/fold.h"

#include <errno.h>
#include <stdlib.h>

#include "classifier/fold_internal.h"
#include "classifier/judgement.h"
#include "util/array.h"
#include "util/hash.h"
#include "util/parallel.h"

enum { DONE = 0, OVERFLOW = 1 };

/* Each part may come to know all hosts: more parts would cost more memory than they save time. */
enum { FOLD_PARTS_MAX = 4 };

struct folding {
  struct traffic *t;
  struct fold_part part[FOLD_PARTS_MAX];
  size_t n_parts;
  uint32_t *place; /* [host number]: in address order */
  uint64_t *sieve; /* one bit for many pairs of hosts: set where one of them has a place in t->pairs */
  uint64_t sieve_mask;
};

static int host_near(struct fold_part *p, struct host_key k, unsigned side, struct host_facts **out) {
  struct host_facts *h = p->near[side];
  if (!h || !host_key_equal(h->key, k)) {
    const int r = host_table_get(&p->hosts, k, &h);
    if (r != 0) return r;
    p->near[side] = h;
  }
  *out = h;
  return 0;
}

static void side_add(struct host_facts *h, const struct told *told, unsigned side) {
  const struct told_side *s = &told->side[side];
  h->received += told->side[!side].packets;
  if (!s->packets) return;
  h->sent += s->packets;
  h->deaf |= s->deaf;
  if (!stamp_known(h->first_sent) || stamp_before(s->first, h->first_sent)) h->first_sent = s->first;
  h->last_sent = stamp_max(h->last_sent, s->last);
  if (!h->packet_first || told->packet_first < h->packet_first) h->packet_first = told->packet_first;
  if (s->hops_n) hop_range_add(told->key.proto == PROTO_TCP ? &h->tcp : &h->other, s->hops_n, s->ttl_min, s->ttl_max);
  if (s->mac && h->mac && s->mac != h->mac) h->macs_differ = true;
  if (!h->mac) h->mac = s->mac;
  h->id_seen |= s->id_seen;
  if (stamp_known(s->rtt) && (!stamp_known(h->rtt_min) || stamp_before(s->rtt, h->rtt_min))) h->rtt_min = s->rtt;
}

/* Says something of a pair, unless that has just been said. */
static int pair_tell(struct fold_part *p, const struct flow_key *k, unsigned bits) {
  struct pair_facts *told = &p->told[hash_two((uint64_t)k->a << 32 | k->b, 0) % PAIRS_TOLD];
  const bool same = told->a == k->a && told->b == k->b && told->family == k->family;
  if (same && (told->seen & bits) == bits) return 0;
  *told = (struct pair_facts){k->a, k->b, k->family, (uint8_t)(same ? told->seen | bits : bits)};
  return pair_table_mark(&p->pairs, flow_key_host(k, SIDE_A), flow_key_host(k, SIDE_B), bits);
}

/* Only of flows without an answer does anybody ask what else is known of the two hosts: a pair gets its place from one
 * of them, and what its other flows show is added at the end (pair_complete). Most captures have few such pairs. */
static int pair_add(struct fold_part *p, const struct told *told) {
  unsigned bits = 0;
  for (unsigned side = SIDE_A; side <= SIDE_B; side++) {
    if (told->side[side].packets) bits |= PAIR_SEEN_A << side;
    if (told->side[side].deaf) bits |= PAIR_DEAF_A << side;
  }
  return pair_tell(p, &told->key, bits);
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

/* What a flow that went both ways shows of its pair, if that has a place. */
static void pair_complete(struct traffic *t, uint32_t at) {
  const struct flow_table *flows = &t->shard->flows;
  const struct flow_key *k = flow_key_at(flows, at);
  unsigned bits = PAIR_SEEN_A | PAIR_SEEN_A << SIDE_B;
  if (t->shard->counts.duplicates) {
    struct flow_copy copy;
    const struct flow_cold *cold;
    const struct flow *f = flow_read(flows, at, &copy, &cold);
    const struct flow_extra *x = flow_extra_of(flows, f);
    for (unsigned side = SIDE_A; side <= SIDE_B; side++) bits |= points_of(f, x, side);
  }
  pair_table_mark_known(&t->pairs, flow_key_host(k, SIDE_A), flow_key_host(k, SIDE_B), bits);
}

static int flow_fold(const struct traffic *t, struct fold_part *p, uint32_t at) {
  struct told told;
  told_make(&t->shard->flows, at, &told);
  for (unsigned side = SIDE_A; side <= SIDE_B; side++) {
    struct host_facts *h;
    const int r = host_near(p, flow_key_host(&told.key, side), side, &h);
    if (r < 0) return r;
    if (r > 0) continue;
    if ((side == SIDE_B) == told.ends.turned)
      told.ends.client_host = h->number + 1;
    else
      told.ends.server_host = h->number + 1;
    side_add(h, &told, side);
  }
  t->ends[at] = told.ends;
  p->end = stamp_max(p->end, stamp_max(told.side[SIDE_A].last, told.side[SIDE_B].last));
  p->tcp_flows += told.key.proto == PROTO_TCP;
  p->one_sided_flows += told.one_sided;
  p->lost_bytes += told.lost_bytes;
  const bool alone = !told.side[SIDE_A].packets || !told.side[SIDE_B].packets;
  return alone && !told.to_group ? pair_add(p, &told) : 0;
}

/* Hosts of flows further on, so that the cache misses of many overlap; few hosts stay in the cache anyhow. */
static void look_ahead(const struct flow_table *flows, const struct host_table *hosts, uint32_t at) {
  enum { FAR = 16, NEAR = 8, HOSTS_FEW = 1 << 11 };
  flow_prefetch(flows, at + FLOWS_AHEAD + FAR, 2, true);
  if (hosts->facts.n <= HOSTS_FEW || flow_table_count(flows) - at <= FAR) return;
  const struct flow_key *far = flow_key_at(flows, at + FAR), *near = flow_key_at(flows, at + NEAR);
  host_table_prefetch_slot(hosts, flow_key_host(far, SIDE_A));
  host_table_prefetch_slot(hosts, flow_key_host(far, SIDE_B));
  host_table_prefetch_facts(hosts, flow_key_host(near, SIDE_A));
  host_table_prefetch_facts(hosts, flow_key_host(near, SIDE_B));
}

/* The flows of a part. */
static void part_range(const struct folding *x, size_t number, uint32_t *first_out, uint32_t *end_out) {
  const size_t n = flow_table_count(&x->t->shard->flows);
  *first_out = (uint32_t)parallel_start(n, x->n_parts, number);
  *end_out = (uint32_t)parallel_start(n, x->n_parts, number + 1);
}

static int part_fold(void *of, size_t number) {
  struct folding *x = of;
  struct fold_part *p = &x->part[number];
  uint32_t at, end;
  int r = 0;
  for (part_range(x, number, &at, &end); r >= 0 && at < end; at++) {
    look_ahead(&x->t->shard->flows, &p->hosts, at);
    r = flow_fold(x->t, p, at);
  }
  return r < 0 ? r : 0;
}

/* What no flow holds: ICMP errors, address resolution, flows that had no place. */
static int rest_fold(struct folding *x) {
  const struct shard *s = x->t->shard;
  uint32_t *unused = NULL;
  int r = hosts_merge(&x->part[0].hosts, &s->hosts, &unused);
  free(unused);
  for (uint32_t i = 0; i < s->hosts.facts.n; i++) {
    const struct host_facts *h = pool_at(&s->hosts.facts, i);
    x->t->end = stamp_max(x->t->end, h->last_sent);
  }
  return r < 0 ? r : pairs_append(&x->part[0].pairs, &s->pairs);
}

static bool part_overflows(const struct fold_part *p) { return p->hosts.refused || p->pairs.refused; }

/* Adds a later part to the first. */
static int part_join(struct fold_part *all, struct fold_part *p) {
  if (part_overflows(p)) return OVERFLOW;
  int r = hosts_merge(&all->hosts, &p->hosts, &p->number);
  if (r == 0) r = pairs_append(&all->pairs, &p->pairs);
  host_table_fini(&p->hosts);
  pair_table_fini(&p->pairs);
  return r;
}

static void counts_take(struct traffic *t, const struct fold_part *p) {
  t->end = stamp_max(t->end, p->end);
  t->capture.tcp_flows += p->tcp_flows;
  t->capture.one_sided_flows += p->one_sided_flows;
  t->capture.lost_bytes += p->lost_bytes;
}

/* The first part's tables become all that is known. */
static int parts_join(struct folding *x) {
  struct traffic *t = x->t;
  struct fold_part *all = &x->part[0];
  int r = DONE;
  for (size_t i = 1; r == DONE && i < x->n_parts; i++) r = part_join(all, &x->part[i]);
  if (r == DONE) r = rest_fold(x);
  if (r == DONE && x->n_parts > 1 && part_overflows(all)) r = OVERFLOW;
  if (r != DONE) return r;
  for (size_t i = 0; i < x->n_parts; i++) counts_take(t, &x->part[i]);
  t->hosts = all->hosts;
  t->pairs = all->pairs;
  all->hosts = (struct host_table){.max = 0};
  all->pairs = (struct pair_table){.max = 0};
  return DONE;
}

/* Of a pair of places, in either order. */
static uint64_t sieve_bit(const struct folding *x, uint32_t one, uint32_t other) {
  const uint32_t low = one < other ? one : other, high = one < other ? other : one;
  return hash_two((uint64_t)low << 32 | high, 0) & x->sieve_mask;
}

static void sieve_set(struct folding *x, uint32_t one, uint32_t other) {
  const uint64_t bit = sieve_bit(x, one, other), mask = UINT64_C(1) << bit % 64;
  uint64_t *word = &x->sieve[bit / 64];
  if (!(__atomic_load_n(word, __ATOMIC_RELAXED) & mask)) __atomic_fetch_or(word, mask, __ATOMIC_RELAXED);
}

/* A flow may have a pair when a host of it has no place (0): nobody can tell. */
static bool sieve_holds(const struct folding *x, const struct flow_ends *e) {
  const uint64_t bit = sieve_bit(x, e->client_host, e->server_host);
  return !e->client_host || !e->server_host || x->sieve[bit / 64] >> bit % 64 & 1;
}

static int sieve_make(struct folding *x) {
  enum { BITS_LEAST = 1 << 16, BITS_MOST = 1 << 24, BITS_EACH = 8 };
  uint64_t bits = BITS_LEAST;
  while (bits < BITS_MOST && bits < (uint64_t)x->t->pairs.facts.n * BITS_EACH) bits *= 2;
  x->sieve = array_new(bits / 64, sizeof *x->sieve);
  x->sieve_mask = bits - 1;
  return x->sieve ? 0 : -ENOMEM;
}

static uint32_t place_find(const struct folding *x, struct host_key k) {
  const struct host_facts *h = host_table_find(&x->t->hosts, k);
  return h ? x->place[h->number] + 1 : 0;
}

/* Pairs that no flow told of: of flows that found their table full, there may be millions. */
static int part_add_rest(void *of, size_t number) {
  struct folding *x = of;
  const struct pair_table *rest = &x->t->shard->pairs;
  const size_t n_parts = parallel_parts(rest->facts.n), end = parallel_start(rest->facts.n, n_parts, number + 1);
  for (size_t i = parallel_start(rest->facts.n, n_parts, number); i < end; i++) {
    const struct pair_facts *p = pool_at(&rest->facts, (uint32_t)i);
    sieve_set(x, place_find(x, (struct host_key){p->a, p->family}), place_find(x, (struct host_key){p->b, p->family}));
  }
  return 0;
}

/* The place of a host that a part knows under number - 1; 0 = none. */
static uint32_t place_of(const struct folding *x, const uint32_t *own, uint32_t number) {
  return number ? x->place[own ? own[number - 1] : number - 1] + 1 : 0;
}

/* Gives the flows of a part the places of their hosts, and notes which pairs have a flow that went one way only. */
static int part_place(void *of, size_t number) {
  struct folding *x = of;
  const uint32_t *own = x->part[number].number;
  uint32_t at, end;
  for (part_range(x, number, &at, &end); at < end; at++) {
    struct flow_ends *e = &x->t->ends[at];
    e->client_host = place_of(x, own, e->client_host);
    e->server_host = place_of(x, own, e->server_host);
    if (!e->both_ways) sieve_set(x, e->client_host, e->server_host);
  }
  return 0;
}

/* Pairs whose flows went both ways, as far as a part remembers: without copies of packets, one such flow says all that
 * another would. */
struct completed {
  uint64_t pair[1 << 10]; /* places of client and server; 0 = free. A pair that is forgotten is completed again */
};

static bool is_completed(struct completed *c, const struct flow_ends *e) {
  const uint64_t pair = (uint64_t)e->client_host << 32 | e->server_host;
  uint64_t *known = &c->pair[hash_two(pair, 0) % (sizeof c->pair / sizeof *c->pair)];
  if (*known == pair) return true;
  *known = e->client_host && e->server_host ? pair : 0;
  return false;
}

static int part_complete(void *of, size_t number) {
  struct folding *x = of;
  const bool once = !x->t->shard->counts.duplicates;
  struct completed completed = {{0}};
  uint32_t at, end;
  for (part_range(x, number, &at, &end); at < end; at++) {
    const struct flow_ends *e = &x->t->ends[at];
    if (e->both_ways && sieve_holds(x, e) && !(once && is_completed(&completed, e))) pair_complete(x->t, at);
  }
  return 0;
}

static void parts_free(struct folding *x) {
  for (size_t i = 0; i < x->n_parts; i++) {
    host_table_fini(&x->part[i].hosts);
    pair_table_fini(&x->part[i].pairs);
    free(x->part[i].number);
  }
}

static int fold_in_parts(struct traffic *t, unsigned threads, size_t n_parts) {
  struct folding x = {.t = t, .n_parts = n_parts};
  for (size_t i = 0; i < n_parts; i++) {
    x.part[i].end = STAMP_NONE;
    host_table_init(&x.part[i].hosts, t->shard->hosts.max);
    pair_table_init(&x.part[i].pairs, t->shard->pairs.max);
  }
  int r = parallel_run(threads, n_parts, part_fold, &x);
  if (r == 0) r = parts_join(&x);
  if (r == DONE) r = hosts_place(t, &x.place);
  if (r == DONE) r = sieve_make(&x);
  if (r == DONE) r = parallel_run(threads, parallel_parts(t->shard->pairs.facts.n), part_add_rest, &x);
  index_fini(&t->hosts.index); /* hosts are found by their places from here on */
  if (r == DONE) r = parallel_run(threads, n_parts, part_place, &x);
  if (r == DONE && t->pairs.facts.n) r = parallel_run(threads, n_parts, part_complete, &x);
  free(x.place);
  free(x.sieve);
  parts_free(&x);
  return r;
}

int fold_shard(struct traffic *t, unsigned threads) {
  const size_t n = flow_table_count(&t->shard->flows), parts = parallel_parts(n);
  t->ends = array_new(n, sizeof *t->ends);
  if (!t->ends) return -ENOMEM;
  const size_t most = threads < FOLD_PARTS_MAX ? threads : FOLD_PARTS_MAX;
  int r = fold_in_parts(t, threads, most < 1 ? 1 : parts < most ? parts : most);
  if (r == OVERFLOW) r = fold_in_parts(t, 1, 1);
  return r;
}
