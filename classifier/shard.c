/* From packets to facts.
 *
 * Packets are gone through in runs, each run four times: keys are made and the index slots asked for; when that is done
 * for the run behind it too the slots have arrived, and the places of the flows they name are asked for; then the
 * records there; then these have arrived and take the packets' facts. So cache misses overlap instead of queueing up
 * behind each other. */
#include "classifier/shard.h"

#include <errno.h>
#include <stdlib.h>

#include "classifier/datagram_facts.h"
#include "classifier/icmp_codes.h"
#include "classifier/packet_facts.h"
#include "classifier/second_port.h"
#include "classifier/short_flow.h"
#include "classifier/tcp_facts.h"
#include "classifier/traffic.h"
#include "util/array.h"

enum { RUN = 32, STACK_SHIFT = 6, ICMP_ECHO = 8, ICMP_ECHO_REPLY = 0, ICMP6_ECHO = 128, ICMP6_ECHO_REPLY = 129 };

/* What to do with a packet. */
enum lane { LANE_SKIP, LANE_TCP, LANE_DATAGRAM, LANE_ERROR, LANE_OTHER };

struct lookup {
  struct flow_key key;
  struct host_key src, dst;
  uint32_t hash;
  uint32_t at;            /* number + 1 of a flow that may be the packet's, found and fetched ahead; 0 = none */
  struct index_spot spot; /* where looking for it ended, when there was none */
  uint8_t lane;           /* enum lane */
  uint8_t side;           /* of key that sent the packet */
};

struct shard *shard_new(const struct classifier_options *options) {
  struct shard *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  flow_table_init(&s->flows, options->flows_max);
  address_list_init(&s->addresses, options->hosts_max);
  host_table_init(&s->hosts, options->hosts_max);
  pair_table_init(&s->pairs, options->flows_max);
  pool_init(&s->stacks, sizeof(struct encap_stack), STACK_SHIFT);
  s->vlan_in_key = options->vlan_in_key;
  s->no_app = options->no_app;
  struct app **app = ARRAY_PUSH(s->app, s->n_apps, s->apps_capacity);
  if (app)
    *app = app_new(&(struct app_options){.streams_max = options->streams_max, .dpi_sparing = options->dpi_sparing});
  if (!app || !*app || !pool_add(&s->stacks)) {
    shard_free(s);
    return NULL;
  }
  return s;
}

void shard_free(struct shard *s) {
  if (!s) return;
  flow_table_fini(&s->flows);
  address_list_fini(&s->addresses);
  host_table_fini(&s->hosts);
  pair_table_fini(&s->pairs);
  loss_fini(&s->loss);
  pool_fini(&s->stacks);
  index_fini(&s->stack_index);
  for (size_t i = 0; i < s->n_apps; i++) app_free(s->app[i]);
  free(s->app);
  free(s->app_ref);
  free(s->pending);
  free(s);
}

/* Puts the ends in order; the sender becomes the side. Which one is lower nobody can foretell: no branch asks. */
static inline void key_set(struct lookup *l, uint16_t src_port, uint16_t dst_port, uint8_t proto, uint16_t vlan) {
  const uint64_t src = (uint64_t)l->src.id << 16 | src_port, dst = (uint64_t)l->dst.id << 16 | dst_port;
  const uint64_t low = src < dst ? src : dst, high = src < dst ? dst : src;
  const struct flow_key key = {.a = (uint32_t)(low >> 16),
                               .b = (uint32_t)(high >> 16),
                               .port_a = (uint16_t)low,
                               .port_b = (uint16_t)high,
                               .vlan = vlan,
                               .proto = proto,
                               .family = l->src.family};
  l->side = src > dst ? SIDE_B : SIDE_A;
  l->hash = flow_key_hash(&key);
  l->key = key;
}

static uint16_t vlan_of(const struct shard *s, const struct packet *p) {
  unsigned vlan = 0;
  if (!s->vlan_in_key || !(p->flags & PACKET_WRAPPED)) return 0;
  for (unsigned i = 0; i < p->n_encap; i++)
    if (p->encap[i].kind == ENCAP_VLAN) vlan = vlan * 61 + p->encap[i].value + 1;
  return (uint16_t)vlan;
}

/* The keys of the packet's ends. Answers as host_key_make. */
static int ends_make(struct shard *s, const struct packet *p, struct lookup *l) {
  if (p->family == 4) {
    l->src = (struct host_key){.id = p->src_id, .family = 4};
    l->dst = (struct host_key){.id = p->dst_id, .family = 4};
    return 0;
  }
  const int r = address_list_key(&s->addresses, p->src, p->src_id, &l->src);
  return r == 0 ? address_list_key(&s->addresses, p->dst, p->dst_id, &l->dst) : r;
}

/* 0: looked up; 1: this address did not fit, skip; negative: memory is out. */
static int lookup_make(struct shard *s, const struct packet *p, struct lookup *l) {
  l->lane = LANE_SKIP;
  l->at = 0;
  const int r = ends_make(s, p, l);
  if (r != 0) return r;
  if (p->proto == PROTO_TCP || p->proto == PROTO_UDP) {
    key_set(l, p->src_port, p->dst_port, p->proto, vlan_of(s, p));
    l->lane = p->proto == PROTO_TCP ? LANE_TCP : LANE_DATAGRAM;
    return 0;
  }
  const bool icmp = p->proto == PROTO_ICMP, icmp6 = p->proto == PROTO_ICMPV6;
  const bool request = (icmp && p->icmp_type == ICMP_ECHO) || (icmp6 && p->icmp_type == ICMP6_ECHO);
  const bool reply = (icmp && p->icmp_type == ICMP_ECHO_REPLY) || (icmp6 && p->icmp_type == ICMP6_ECHO_REPLY);
  if (request || reply) {
    key_set(l, request, reply, p->proto, vlan_of(s, p));
    l->lane = LANE_DATAGRAM;
  } else
    l->lane = p->flags & PACKET_QUOTE ? LANE_ERROR : LANE_OTHER;
  return 0;
}

uint16_t encap_stack_number(struct shard *s, const struct encap_stack *stack) {
  if (stack->n == 0) return 0;
  uint64_t hash64 = stack->n;
  for (unsigned i = 0; i < stack->n; i++)
    hash64 = hash_two(hash64, (uint64_t)stack->encap[i].kind << 32 | stack->encap[i].value);
  const uint32_t hash = (uint32_t)hash64;
  for (uint32_t pos = index_start(&s->stack_index, hash), at; (at = index_next(&s->stack_index, hash, &pos));) {
    const struct encap_stack *e = pool_at(&s->stacks, at - 1);
    bool same = e->n == stack->n;
    for (unsigned i = 0; same && i < e->n; i++)
      same = e->encap[i].kind == stack->encap[i].kind && e->encap[i].value == stack->encap[i].value;
    if (same) return (uint16_t)(at - 1);
  }
  if (s->stacks.n >= ENCAP_STACKS_MAX) return 0;
  struct encap_stack *e = pool_add(&s->stacks);
  if (!e || index_add(&s->stack_index, hash, s->stacks.n, NULL) < 0) return 0;
  *e = *stack;
  return (uint16_t)(s->stacks.n - 1);
}

static uint16_t stack_of(struct shard *s, const struct packet *p) {
  if (!(p->flags & PACKET_WRAPPED)) return 0;
  struct encap_stack stack = {.n = p->n_encap};
  for (unsigned i = 0; i < p->n_encap; i++) stack.encap[i] = p->encap[i];
  return encap_stack_number(s, &stack);
}

/* Sent to everybody: by address, or by link address alone (a directed broadcast looks like any address). */
static bool to_group(const struct packet *p) {
  if (p->flags & PACKET_LINK_BROADCAST) return true;
  const struct address dst = p->family == 4 ? address_from_v4(p->dst_id) : packet_dst(p);
  return address_is_multicast(&dst);
}

/* What the first packet says of its flow. */
static uint16_t state_begin(const struct shard *s, const struct packet *p, const struct lookup *l) {
  unsigned state = 0;
  if (l->side == SIDE_B) state |= FLOW_FIRST_B;
  if (p->flags & PACKET_CARRIER) state |= FLOW_TUNNEL | FLOW_NO_APP;
  if (l->lane == LANE_DATAGRAM && to_group(p)) state |= FLOW_TO_GROUP;
  if (s->no_app || (p->proto != PROTO_TCP && p->proto != PROTO_UDP)) state |= FLOW_NO_APP;
  return (uint16_t)state;
}

/* FIRST_TFTP or nothing. */
static uint8_t tftp_begin(struct shard *s, const struct packet *p, const struct lookup *l) {
  if (l->lane != LANE_DATAGRAM || !second_port_begins(p)) return 0;
  s->second_ports++;
  return FIRST_TFTP;
}

/* A flow's records for its first packet. */
static int flow_begin(struct shard *s, const struct packet *p, const struct lookup *l, uint32_t *at_out) {
  uint32_t record = 0;
  int r = flow_table_add(&s->flows, &l->key, l->hash, at_out);
  if (r == 0) r = flow_open(&s->flows, *at_out - 1, &record);
  if (r != 0) return r;
  struct flow *f = flow_record(&s->flows, record);
  struct flow_cold *c = flow_cold_record(&s->flows, record);
  f->state = state_begin(s, p, l);
  f->packet_first = p->number;
  c->encap = stack_of(s, p);
  c->id_seen = tftp_begin(s, p, l);
  return 0;
}

static int flow_begin_short(struct shard *s, const struct packet *p, const struct lookup *l, uint32_t *at_out) {
  const int r = flow_table_add_short(&s->flows, &l->key, l->hash, l->at ? NULL : &l->spot, at_out);
  if (r != 0) return r;
  struct flow_short *f = flow_short_at(&s->flows, *at_out - 1);
  f->state = state_begin(s, p, l);
  f->encap = stack_of(s, p);
  f->id_seen = tftp_begin(s, p, l);
  short_flow_begin(f, p);
  return 0;
}

static void copy_add(struct flow *f, struct flow_extra *x, const struct packet *p, unsigned side) {
  packet_counts_add(f, p, side);
  x->duplicates[side]++;
  if (p->flags & PACKET_ROUTED_COPY) x->routed |= (uint8_t)(1u << side);
}

/* Does what the application engine is to do about a packet. */
static void app_job_do(struct shard *s, const struct app_job *job) {
  const uint32_t before = *job->app;
  uint32_t slot = before & ~APP_DONE, done = before & APP_DONE;
  if (job->what & JOB_SYN) app_syn(s->app[0], &slot, job->packet);
  if (!done && job->what & JOB_PAYLOAD && !app_payload(s->app[0], &slot, job->packet)) done = APP_DONE;
  if (!done && job->what & JOB_OVER) {
    app_close(s->app[0], &slot);
    done = APP_DONE;
  }
  if ((slot | done) != before) __atomic_store_n(job->app, slot | done, __ATOMIC_RELAXED);
}

void shard_jobs_begin(struct shard *s, struct app_jobs *jobs) {
  struct flow_table *t = &s->flows;
  struct pool *const pools[SHARD_POOLS] = {&t->places, &t->records[RECORD_SHORT], &t->records[RECORD_WHOLE], &t->cold};
  jobs->n = jobs->n_pages = 0;
  for (unsigned i = 0; i < SHARD_POOLS; i++)
    if (pool_soon(pools[i], &jobs->pages[jobs->n_pages])) jobs->n_pages++;
  s->jobs = jobs;
}

void shard_jobs_do(struct shard *s, const struct app_jobs *jobs) {
  enum { AHEAD = 6, FAR = 12 };
  for (unsigned i = 0; i < jobs->n_pages; i++) pages_populate(jobs->pages[i].from, jobs->pages[i].size);
  for (unsigned i = 0; i < jobs->n; i++) {
    const struct app_job *job = &jobs->job[i];
    if (i + FAR < jobs->n && job[FAR].what != JOB_SYN) {
      __builtin_prefetch(job[FAR].app, 1);
      packet_prefetch(job[FAR].packet);
    }
    if (i + AHEAD < jobs->n && job[AHEAD].what != JOB_SYN) {
      app_prefetch(s->app[0], *job[AHEAD].app & ~APP_DONE);
      __builtin_prefetch(job[AHEAD].packet->payload.at);
    }
    if (job->what != JOB_SYN || app_expects(s->app[0], job->port)) app_job_do(s, job);
  }
}

static void job_add(struct shard *s, struct flow_place *place, const struct packet *p, unsigned what) {
  if (!what) return;
  const struct app_job job = {.app = &place->app, .packet = p, .port = p->dst_port, .what = (uint8_t)what};
  if (s->jobs)
    s->jobs->job[s->jobs->n++] = job;
  else
    app_job_do(s, &job);
}

static bool app_is_done(const struct flow_place *place) {
  return __atomic_load_n(&place->app, __ATOMIC_RELAXED) & APP_DONE;
}

static bool has_payload(const struct packet *p) { return p->flags & PACKET_PAYLOAD; }

/* What the engine is to do about a packet is decided from the facts at this moment; whether it still wants the flow,
 * it knows itself: that it does not is final, so asking early saves work and changes nothing. */
static void app_add(struct shard *s, struct flow_place *place, const struct flow *f, const struct packet *p,
                    unsigned side) {
  unsigned what = 0;
  const bool tcp = p->proto == PROTO_TCP;
  if (tcp && (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && f->n_syn[side] == 1 && f->n_syn[!side] == 0)
    what |= JOB_SYN;
  if (!app_is_done(place)) {
    if (has_payload(p)) what |= JOB_PAYLOAD;
    const bool over = tcp && (p->tcp_flags & TCP_RST || f->tcp_flags[SIDE_A] & f->tcp_flags[SIDE_B] & TCP_FIN);
    if (over && f->bytes[SIDE_A] + f->bytes[SIDE_B]) what |= JOB_OVER;
  }
  job_add(s, place, p, what);
}

/* The same of a flow that is short: its SYN, or a datagram; the reset of a SYN ends nothing that was begun. */
static void app_add_short(struct shard *s, struct flow_place *place, const struct flow_short *f,
                          const struct packet *p) {
  if (f->state & FLOW_NO_APP) return;
  if (p->proto == PROTO_TCP)
    job_add(s, place, p, f->n == 1 ? JOB_SYN : 0);
  else if (has_payload(p) && !app_is_done(place))
    job_add(s, place, p, JOB_PAYLOAD);
}

/* Packets without a flow of their own still show that their sender lives and that its way to the receiver is visible.
 */
static int speech_add(struct shard *s, const struct packet *p, const struct lookup *l) {
  struct host_facts *h;
  int r = host_table_get(&s->hosts, l->src, &h);
  if (r < 0) return r;
  if (r == 0) {
    host_facts_sent(h, p->time, p->number);
    if (p->ttl != 255 || !to_group(p)) hop_range_add(&h->other, 1, p->ttl, p->ttl);
  }
  if (!to_group(p)) {
    r = host_table_get(&s->hosts, l->dst, &h);
    if (r < 0) return r;
    if (r == 0) h->received++;
  }
  return pair_table_mark(&s->pairs, l->src, l->dst, PAIR_SEEN_A);
}

/* Whether the packet begins another connection on the ports of flow at. */
static bool begins_anew(const struct shard *s, uint32_t at, const struct packet *p, const struct lookup *l) {
  struct flow_copy copy;
  const struct flow_cold *cold;
  if (l->lane != LANE_TCP || !(p->tcp_flags & TCP_SYN) || p->flags & PACKET_DUPLICATE) return false;
  const struct flow_short *brief = flow_short_at(&s->flows, at);
  if (brief && brief->n == 1 && p->tcp_flags & TCP_ACK) return false; /* the answer to a SYN: nothing had ended */
  return tcp_begins_anew(flow_read(&s->flows, at, &copy, &cold), p, l->side);
}

/* A packet of a flow that is there. */
static int flow_continue(struct shard *s, uint32_t at, const struct packet *p, const struct lookup *l) {
  struct flow_place *place = flow_place_at(&s->flows, at);
  int r = 0;
  if (place->record & FLOW_SHORT) {
    struct flow_short *brief = flow_short_record(&s->flows, place->record & ~FLOW_SHORT);
    if (short_flow_add(brief, p, l->side)) {
      app_add_short(s, place, brief, p);
      return 0;
    }
    r = flow_open(&s->flows, at, NULL);
    if (r < 0) return r;
  }
  const uint32_t record = place->record;
  struct flow *f = flow_record(&s->flows, record);
  if (p->flags & PACKET_DUPLICATE && f->packets[SIDE_A] + f->packets[SIDE_B]) {
    struct flow_extra *x = flow_extra_get(&s->flows, f);
    if (!x) return -ENOMEM;
    copy_add(f, x, p, l->side);
    return 0;
  }
  if (l->lane == LANE_TCP)
    r = tcp_facts_add(&s->flows, &s->loss, record, p, l->side);
  else
    datagram_facts_add(&s->flows, record, p, l->side);
  if (r == 0 && !(f->state & FLOW_NO_APP)) app_add(s, place, f, p, l->side);
  return r;
}

static uint64_t begun_bit(const struct lookup *l) { return UINT64_C(1) << (l->hash >> 26); }

/* Number + 1 of the packet's flow: the one fetched ahead, unless it is another's or one began meanwhile. */
static uint32_t flow_of(const struct shard *s, const struct lookup *l) {
  const bool stands =
      !(s->begun & begun_bit(l)) && (!l->at || flow_key_equal(flow_key_at(&s->flows, l->at - 1), &l->key));
  return stands ? l->at : flow_table_find(&s->flows, &l->key, l->hash);
}

static int flow_add(struct shard *s, const struct packet *p, const struct lookup *l) {
  uint32_t at = flow_of(s, l);
  if (at && !begins_anew(s, at - 1, p, l)) return flow_continue(s, at - 1, p, l);
  const bool brief = !at && short_flow_may_begin(p);
  const int r = brief ? flow_begin_short(s, p, l, &at) : flow_begin(s, p, l, &at);
  if (r != 0) return r < 0 ? r : speech_add(s, p, l); /* no room: its hosts are alive and visible all the same */
  s->begun |= begun_bit(l);
  if (!brief) return flow_continue(s, at - 1, p, l);
  app_add_short(s, flow_place_at(&s->flows, at - 1), flow_short_at(&s->flows, at - 1), p);
  return 0;
}

/* The flow that an error is about: this one, or an older one with the same ends that holds the number it quotes. */
static uint32_t quoted_flow(const struct shard *s, uint32_t at, const struct icmp_pending *error) {
  const unsigned side = error->quoted_b ? SIDE_B : SIDE_A;
  for (uint32_t older = at; error->has_seq && older;) {
    struct flow_copy copy;
    const struct flow_cold *cold;
    const struct flow *f = flow_read(&s->flows, older - 1, &copy, &cold);
    if (f->state & FLOW_BASE_A << side && seq_distance(error->seq, f->base[side]) >= 0 &&
        seq_distance(error->seq, f->seq_end[side]) <= 0)
      return older;
    const struct flow_extra *x = flow_extra_of(&s->flows, f);
    older = x ? x->previous : 0;
  }
  return at;
}

int icmp_bind(struct shard *s, uint32_t at, const struct icmp_pending *error) {
  uint32_t record;
  const int r = flow_open(&s->flows, quoted_flow(s, at, error) - 1, &record);
  struct flow_extra *x = r == 0 ? flow_extra_get(&s->flows, flow_record(&s->flows, record)) : NULL;
  if (!x) return -ENOMEM;
  const struct icmp_facts *new = &error->facts;
  const bool better = icmp_rejects(new->from.family, new->type, new->code) &&
                      !icmp_rejects(x->icmp.from.family, x->icmp.type, x->icmp.code);
  if (x->icmp.packet == 0 || better) {
    x->icmp = *new;
    x->icmp.side = error->quoted_b ? SIDE_B : SIDE_A;
  }
  return 0;
}

/* An ICMP error: binds to the flow it quotes, or waits. */
static int error_add(struct shard *s, const struct packet *p, const struct lookup *l) {
  const struct packet_quote *q = &p->quote;
  struct lookup quoted;
  if (q->depth < 1) {
    s->counts.icmp_unbound++;
    return 0;
  }
  int r = host_key_make(&s->addresses, p->family, q->src, &quoted.src);
  if (r == 0) r = host_key_make(&s->addresses, p->family, q->dst, &quoted.dst);
  if (r != 0) return r < 0 ? r : 0;
  const bool echo = q->proto == PROTO_ICMP || q->proto == PROTO_ICMPV6;
  key_set(&quoted, echo ? 1 : q->src_port, echo ? 0 : q->dst_port, q->proto, vlan_of(s, p));
  struct icmp_pending error = {
      .facts = {.type = p->icmp_type, .code = p->icmp_code, .from = l->src, .packet = p->number, .time = p->time},
      .key = quoted.key,
      .quoted_b = quoted.side == SIDE_B,
      .has_seq = q->proto == PROTO_TCP && q->depth >= 2,
      .seq = q->seq,
  };
  const uint32_t at = flow_table_find(&s->flows, &quoted.key, quoted.hash);
  if (at) return icmp_bind(s, at, &error);
  if (s->n_pending >= ICMP_PENDING_MAX) {
    s->counts.icmp_unbound++;
    return 0;
  }
  struct icmp_pending *wait = ARRAY_PUSH(s->pending, s->n_pending, s->pending_capacity);
  if (!wait) return -ENOMEM;
  *wait = error;
  return 0;
}

static void count(struct shard_counts *c, const struct packet *p) {
  c->packets++;
  if (!(p->flags & (PACKET_DUPLICATE | PACKET_TRUNCATED | PACKET_BAD_CHECKSUM | PACKET_ZERO_LENGTH | PACKET_OVERSIZE)))
    return;
  if (p->flags & PACKET_DUPLICATE) {
    c->copy_last = c->duplicates ? stamp_max(c->copy_last, p->time) : p->time;
    if (!c->duplicates++) c->copy_first = p->time;
  }
  c->snap_cut += (p->flags & PACKET_TRUNCATED) != 0;
  c->bad_checksums += (p->flags & PACKET_BAD_CHECKSUM) != 0;
  c->zero_length += (p->flags & PACKET_ZERO_LENGTH) != 0;
  c->oversize += (p->flags & PACKET_OVERSIZE) != 0;
}

static int packet_add(struct shard *s, const struct packet *p, const struct lookup *l) {
  if (l->lane == LANE_TCP || l->lane == LANE_DATAGRAM) return flow_add(s, p, l);
  if (l->lane == LANE_SKIP) return 0;
  s->counts.portless++;
  if (p->flags & PACKET_DUPLICATE) return 0;
  const int r = speech_add(s, p, l);
  return r == 0 && l->lane == LANE_ERROR ? error_add(s, p, l) : r;
}

/* Asks for the packets a few further on, and for what their IPv6 addresses are looked up in. */
__attribute__((always_inline)) static inline void look_ahead(const struct shard *s, const struct packet *p,
                                                             unsigned left) {
  enum { SOON = 4, AHEAD = 8, FAR = 12 };
  if (left > FAR) __builtin_prefetch(&p[FAR]);
  if (left > AHEAD && p[AHEAD].family == 6) {
    __builtin_prefetch(p[AHEAD].src);
    address_list_prefetch_slot(&s->addresses, p[AHEAD].src_id);
    address_list_prefetch_slot(&s->addresses, p[AHEAD].dst_id);
  }
  if (left > SOON && p[SOON].family == 6) {
    address_list_prefetch(&s->addresses, p[SOON].src_id);
    address_list_prefetch(&s->addresses, p[SOON].dst_id);
  }
}

static bool has_flow(const struct lookup *l) { return l->lane == LANE_TCP || l->lane == LANE_DATAGRAM; }

/* The keys of the first n of left packets; their slots in the index are asked for. Negative: memory is out. */
static int run_look_up(struct shard *s, const struct packet *p, unsigned n, unsigned left, struct lookup *l) {
  for (unsigned i = 0; i < n; i++) {
    look_ahead(s, &p[i], left - i);
    count(&s->counts, &p[i]);
    const int r = lookup_make(s, &p[i], &l[i]);
    if (r < 0) return r;
    if (has_flow(&l[i])) index_prefetch(&s->flows.index, l[i].hash);
  }
  return 0;
}

/* The flows these slots name; their records are asked for. */
static void run_find(struct shard *s, unsigned n, struct lookup *l) {
  s->begun = 0;
  for (unsigned i = 0; i < n; i++) {
    if (!has_flow(&l[i])) continue;
    uint32_t pos = index_start(&s->flows.index, l[i].hash);
    l[i].at = index_next(&s->flows.index, l[i].hash, &pos);
    if (l[i].at)
      __builtin_prefetch(flow_place_at(&s->flows, l[i].at - 1));
    else
      l[i].spot = index_spot_of(&s->flows.index, pos);
  }
  for (unsigned i = 0; i < n; i++) {
    if (!l[i].at) continue;
    const char *line = (const char *)flow_key_at(&s->flows, l[i].at - 1);
    __builtin_prefetch(line, 1);
    __builtin_prefetch(line + 64, 1);
  }
}

static int run_add(struct shard *s, const struct packet *p, unsigned n, const struct lookup *l) {
  for (unsigned i = 0; i < n; i++) {
    const int r = packet_add(s, &p[i], &l[i]);
    if (r < 0) return r;
  }
  return 0;
}

static unsigned run_of(unsigned left) { return left < RUN ? left : RUN; }

int shard_packets(struct shard *s, const struct packet *p, unsigned n) {
  struct lookup lookup[2][RUN], *now = lookup[0], *then = lookup[1];
  unsigned run = run_of(n);
  int r = run_look_up(s, p, run, n, now);
  while (n && r == 0) {
    const unsigned next = run_of(n - run);
    r = run_look_up(s, p + run, next, n - run, then);
    if (r == 0) run_find(s, run, now);
    if (r == 0) r = run_add(s, p, run, now);
    struct lookup *done = now;
    now = then;
    then = done;
    p += run;
    n -= run;
    run = next;
  }
  return r;
}

int shard_neighbour(struct shard *s, const struct neighbour *nb, stamp_t time, uint32_t packet) {
  static const uint8_t nobody[16];
  struct host_key sender, target;
  struct host_facts *h;
  (void)time, (void)packet;
  int r = host_key_make(&s->addresses, nb->family, nb->sender, &sender);
  if (r == 0 && memcmp(nb->sender, nobody, nb->family == 6 ? 16 : 4) != 0) {
    r = host_table_get(&s->hosts, sender, &h);
    if (r == 0 && h->answered < UINT16_MAX) h->answered++;
  }
  if (r < 0 || nb->answer) return r < 0 ? r : 0;
  r = host_key_make(&s->addresses, nb->family, nb->target, &target);
  if (r == 0) r = host_table_get(&s->hosts, target, &h);
  if (r == 0 && !host_key_equal(sender, target) && h->asked < UINT16_MAX) h->asked++;
  return r < 0 ? r : 0;
}

/* Whether the flow holds the packet an error quotes, under other addresses. Where the client's port is another one too,
 * the target and the number that its SYN drew by lot must be the same. */
static bool translated(const struct flow *f, const struct icmp_pending *e, bool *turned_out) {
  if (f->key.proto != e->key.proto || f->key.family != e->key.family) return false;
  const uint16_t src = e->quoted_b ? e->key.port_b : e->key.port_a, dst = e->quoted_b ? e->key.port_a : e->key.port_b;
  const uint32_t to = e->quoted_b ? e->key.a : e->key.b;
  for (unsigned side = SIDE_A; side <= SIDE_B; side++) {
    if ((side == SIDE_A ? f->key.port_b : f->key.port_a) != dst) continue;
    const bool port = (side == SIDE_A ? f->key.port_a : f->key.port_b) == src;
    if (!port && !(f->n_syn[side] && e->seq == f->base[side] && (side == SIDE_A ? f->key.b : f->key.a) == to)) continue;
    if (!(f->state & FLOW_BASE_A << side) || seq_distance(e->seq, f->base[side]) < 0 ||
        seq_distance(e->seq, f->seq_end[side]) >= 0)
      continue;
    *turned_out = (side == SIDE_B) != e->quoted_b;
    return true;
  }
  return false;
}

/* A flow behind an address translator, found by ports and sequence number; its number + 1, 0 = none. */
static uint32_t translated_find(const struct shard *s, const struct icmp_pending *e, bool *turned_out) {
  for (uint32_t at = 0; e->has_seq && at < flow_table_count(&s->flows); at++) {
    struct flow_copy copy;
    const struct flow_cold *cold;
    if (flow_key_at(&s->flows, at)->proto != e->key.proto) continue;
    if (translated(flow_read(&s->flows, at, &copy, &cold), e, turned_out)) return at + 1;
  }
  return 0;
}

int shard_settle(struct shard *s) {
  enum { SEARCHES_MAX = 64 }; /* each looks at every flow */
  unsigned searches = 0;
  size_t kept = 0;
  for (size_t i = 0; i < s->n_pending; i++) {
    struct icmp_pending *e = &s->pending[i];
    bool turned = false;
    uint32_t at = flow_table_find(&s->flows, &e->key, flow_key_hash(&e->key));
    if (!at && searches < SEARCHES_MAX) {
      searches++;
      at = translated_find(s, e, &turned);
    }
    if (!at) {
      s->pending[kept++] = *e;
      continue;
    }
    e->quoted_b ^= turned;
    const int r = icmp_bind(s, at, e);
    if (r < 0) return r;
  }
  s->n_pending = kept;
  return second_port_tie(s);
}
