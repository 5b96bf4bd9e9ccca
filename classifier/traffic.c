/* Traffic: the facts of all shards folded into hosts and pairs, and the readable views.
 *
 * Folding goes through the flows twice. First each flow adds to its two hosts and their pair. Then flows that were
 * refused are judged, because a host that refuses one port with its own RST tells something about its other ports. */
#include "classifier/traffic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classifier/classifier_internal.h"
#include "classifier/fold.h"
#include "classifier/history.h"
#include "classifier/judgement.h"
#include "util/hash.h"
#include "util/parallel.h"

/* What judging reads of the hosts of a flow. Inlined always, as flow_prefetch is. */
__attribute__((always_inline)) static inline void hosts_prefetch(const struct traffic *t, uint32_t at) {
  const struct flow_ends *e = &t->ends[at];
  if (e->client_host) __builtin_prefetch((const char *)t->host[e->client_host - 1] + 64);
  if (e->server_host) __builtin_prefetch((const char *)t->host[e->server_host - 1] + 64);
}

void traffic_judge(const struct traffic *t, uint32_t at, struct flow_seen *seen_out, struct judgement *j_out) {
  const struct flow *f = flow_read(&t->shard->flows, at, &seen_out->copy, &seen_out->cold);
  seen_out->hot = f;
  seen_out->extra = flow_extra_of(&t->shard->flows, f);
  for (unsigned side = SIDE_A; side <= SIDE_B; side++) {
    const uint32_t place = flow_ends_host(&t->ends[at], side);
    seen_out->host[side] = place ? t->host[place - 1] : NULL;
  }
  /* Of a flow that goes both ways, the pair has nothing more to tell. */
  seen_out->pair = f->packets[SIDE_A] && f->packets[SIDE_B]
                       ? PAIR_SEEN_A | PAIR_SEEN_A << SIDE_B
                       : pair_table_bits(&t->pairs, flow_key_host(&f->key, SIDE_A), flow_key_host(&f->key, SIDE_B));
  outcome_judge(seen_out, &t->seen, j_out);
}

static struct capture_seen capture_seen_of(const struct traffic *t) {
  const struct timeline_facts *facts = t->capture.timeline;
  const uint64_t all = facts ? facts->frames + facts->dropped : 0;
  return (struct capture_seen){
      .end = t->end,
      .gap_at = facts ? facts->gap_at : NULL,
      .n_gaps = facts ? facts->n_gap_at : 0,
      .loss = &t->shard->loss,
      .dropped = facts && facts->drops_known && all ? (double)facts->dropped / (double)all : 0,
      .copies = t->shard->counts.duplicates != 0,
      .copy_first = t->shard->counts.copy_first,
      .copy_last = t->shard->counts.copy_last,
      .half = t->capture.tcp_flows >= HALF_FLOWS_LEAST && t->capture.one_sided_flows * 2 > t->capture.tcp_flows,
  };
}

/* Adds a port to those that a host refuses; several threads may at once. Which came first makes no difference. */
static void refused_add(struct host_facts *h, uint16_t port) {
  uint32_t known = 0;
  const uint32_t one = port + 1u;
  if (__atomic_compare_exchange_n(&h->refused, &known, one, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) return;
  if (known != one) __atomic_store_n(&h->refused, REFUSED_SEVERAL, __ATOMIC_RELAXED);
}

/* Whether one more refusal of this port says anything new about the host. */
static bool refused_tells(struct host_facts *h, uint16_t port) {
  const uint32_t known = __atomic_load_n(&h->refused, __ATOMIC_RELAXED);
  return known != REFUSED_SEVERAL && known != port + 1u;
}

static struct host_facts *refuser(const struct traffic *t, const struct flow_ends *e) {
  return e->refused && e->server_host ? t->host[e->server_host - 1] : NULL;
}

struct refusals {
  struct traffic *t;
  size_t n_flows, n_parts;
};

/* Of hosts that refuse ports with their own RST: whether they refused one, and which, or several. */
static int part_refusals(void *of, size_t number) {
  const struct refusals *x = of;
  const struct traffic *t = x->t;
  const size_t end = parallel_start(x->n_flows, x->n_parts, number + 1);
  for (size_t at = parallel_start(x->n_flows, x->n_parts, number); at < end; at++) {
    struct host_facts *h = refuser(t, &t->ends[at]);
    if (at + FLOWS_AHEAD < x->n_flows && t->ends[at + FLOWS_AHEAD].refused) traffic_flow_prefetch(t, at + FLOWS_AHEAD);
    if (!h || !refused_tells(h, t->ends[at].server_port)) continue;
    struct flow_seen seen;
    struct judgement j;
    traffic_judge(t, (uint32_t)at, &seen, &j);
    if (j.outcome == OUTCOME_REFUSED && j.reset_by == RESET_BY_HOST) refused_add(h, t->ends[at].server_port);
  }
  return 0;
}

static int refusals_find(struct traffic *t, unsigned threads) {
  struct refusals x = {.t = t, .n_flows = traffic_flow_count(t)};
  x.n_parts = parallel_parts(x.n_flows);
  return parallel_run(threads, x.n_parts, part_refusals, &x);
}

static int compare_names(const void *x, const void *y, void *context) {
  const uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
  const int order = address_compare(&app_name(context, a)->address, &app_name(context, b)->address);
  return order ? order : (a > b) - (a < b);
}

/* Names in address order; of several for one address, the first learned comes first. */
static int names_order(struct traffic *t) {
  struct app *a = t->shard->app[0];
  t->n_names = (uint32_t)app_name_count(a);
  t->name_order = malloc((t->n_names ? t->n_names : 1) * sizeof *t->name_order);
  if (!t->name_order) return -ENOMEM;
  for (uint32_t i = 0; i < t->n_names; i++) t->name_order[i] = i;
  qsort_r(t->name_order, t->n_names, sizeof *t->name_order, compare_names, a);
  return 0;
}

static const struct host_name *name_of(const struct traffic *t, const struct address *address) {
  const struct app *a = t->shard->app[0];
  uint32_t low = 0, high = t->n_names;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (address_compare(&app_name(a, t->name_order[middle])->address, address) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  const struct host_name *name = low < t->n_names ? app_name(a, t->name_order[low]) : NULL;
  return name && address_equal(&name->address, address) ? name : NULL;
}

static void capture_fill(struct traffic *t, const uint64_t decode[DECODE_COUNT], const struct timeline_facts *facts) {
  struct capture_facts *c = &t->capture;
  const struct shard *s = t->shard;
  c->timeline = facts;
  c->packets = s->counts.packets;
  for (unsigned i = 0; i < DECODE_COUNT; i++) c->decode[i] = decode[i];
  c->snap_cut = s->counts.snap_cut;
  c->duplicates = s->counts.duplicates;
  c->bad_checksums = s->counts.bad_checksums;
  c->zero_length = s->counts.zero_length;
  c->oversize = s->counts.oversize;
  c->lost_bytes += s->loss.lost > 0 ? (uint64_t)s->loss.lost : 0;
  c->acked_bytes = s->loss.acked;
  c->flows = flow_table_count(&s->flows);
  c->hosts = t->hosts.facts.n;
  c->flows_refused = s->flows.refused;
  c->hosts_refused = s->hosts.refused + s->addresses.refused + t->hosts.refused + s->pairs.refused + t->pairs.refused;
  c->app = *app_counts(s->app[0]);
  if (facts && stamp_known(facts->last)) t->end = stamp_max(t->end, facts->last);
}

int traffic_new(const struct traffic_source *from, const struct timeline_facts *facts, struct traffic **traffic_out) {
  struct shard *s = from->shard;
  struct traffic *t = calloc(1, sizeof *t);
  if (!t) return -ENOMEM;
  t->shard = s;
  t->end = STAMP_NONE;
  pair_table_init(&t->pairs, s->pairs.max);
  int r = shard_settle(s);
  if (from->owned) index_fini(&s->flows.index); /* nothing is looked up by key any more */
  if (r == 0) r = fold_shard(t, from->threads);
  if (r == 0) r = names_order(t);
  if (r < 0) {
    traffic_free(t);
    return r;
  }
  capture_fill(t, from->decode, facts);
  t->seen = capture_seen_of(t);
  t->steady = !t->seen.copies && !loss_is_anywhere(&s->loss);
  refusals_find(t, from->threads);
  t->owned = from->owned;
  *traffic_out = t;
  return 0;
}

void traffic_free(struct traffic *t) {
  if (!t) return;
  if (t->owned) shard_free(t->shard);
  host_table_fini(&t->hosts);
  free(t->host);
  pair_table_fini(&t->pairs);
  free(t->name_order);
  free(t->ends);
  free(t);
}

size_t traffic_flow_count(const struct traffic *t) { return flow_table_count(&t->shard->flows); }

/* The same for the same connection whatever the order its ends were seen in. */
static uint64_t flow_identity(const struct flow_view *v, const struct flow *f, const struct judgement *j) {
  const int order = address_compare(&v->client, &v->server);
  const bool low = order < 0 || (order == 0 && v->client_port <= v->server_port);
  const uint32_t isn = v->proto != PROTO_TCP || j->client_by > CLIENT_BY_SYN_ACK ? 0 : f->base[j->client];
  uint64_t h = hash_bytes(v->proto, low ? &v->client : &v->server, sizeof v->client);
  h = hash_bytes(h, low ? &v->server : &v->client, sizeof v->server);
  h = hash_two(h, (uint64_t)(low ? v->client_port : v->server_port) << 16 | (low ? v->server_port : v->client_port));
  return hash_two(h, (uint64_t)f->key.vlan << 32 | isn);
}

uint32_t traffic_flow_flags(const struct flow_seen *seen, const struct judgement *j) {
  const struct flow *f = seen->hot;
  const unsigned server = !j->client;
  const struct host_facts *h = seen->host[server];
  uint32_t flags = 0;
  const bool begun = f->n_syn[SIDE_A] || f->n_syn[SIDE_B] || f->n_syn_ack[SIDE_A] || f->n_syn_ack[SIDE_B];
  if (f->key.proto == PROTO_TCP && !begun) flags |= FLOW_MIDSTREAM;
  if (j->answered) flags |= FLOW_SERVER_ANSWERED;
  if (j->guessed) flags |= FLOW_SERVER_GUESSED;
  if (f->state & FLOW_TO_GROUP && !f->packets[server]) flags |= FLOW_GROUP;
  if (seen->pair & PAIR_SEEN_A << server) flags |= FLOW_RETURN_VISIBLE;
  if (host_facts_alive(h, f->first, stamp_max(f->last[SIDE_A], f->last[SIDE_B]))) flags |= FLOW_TARGET_ALIVE;
  if (f->state & FLOW_TUNNEL) flags |= FLOW_CARRIER;
  if (host_refuses_elsewhere(h, flow_key_port(&f->key, server))) flags |= FLOW_REFUSES_ELSEWHERE;
  return flags;
}

static void extra_view(const struct traffic *t, const struct flow_seen *seen, const struct judgement *j,
                       struct flow_view *v) {
  const struct flow_extra *x = seen->extra;
  for (unsigned to = 0; to < 2; to++) {
    const unsigned side = to == TO_SERVER ? j->client : !j->client;
    const struct flow *f = seen->hot;
    v->retransmits[to] =
        (f->n_syn[side] ? f->n_syn[side] - 1u : 0) + (f->n_syn_ack[side] ? f->n_syn_ack[side] - 1u : 0);
    if (!x) continue;
    v->retransmits[to] += x->retransmits[side];
    v->duplicates[to] = x->duplicates[side];
  }
  if (!x || !x->icmp.packet) return;
  v->icmp = (struct flow_icmp){.type = x->icmp.type,
                               .code = x->icmp.code,
                               .from = host_key_address(&t->shard->addresses, x->icmp.from),
                               .packet = x->icmp.packet};
}

static void times_view(const struct flow_seen *seen, const struct judgement *j, struct flow_view *v) {
  const struct flow *f = seen->hot;
  const struct flow_cold *c = seen->cold;
  v->first = f->first;
  v->last = stamp_max(f->last[SIDE_A], f->last[SIDE_B]);
  v->packet_first = f->packet_first;
  v->packet_last = f->packet_last;
  v->n_syn = f->n_syn[j->client];
  v->syn_first = v->n_syn ? f->first : STAMP_NONE;
  v->syn_last = v->n_syn ? c->syn_last : STAMP_NONE;
  v->rtt = STAMP_NONE;
  if (v->n_syn && f->n_syn_ack[!j->client] && stamp_known(c->answer) && !stamp_before(c->answer, c->syn_last))
    v->rtt = stamp_since(c->syn_last, c->answer);
}

static void hops_view(const struct flow_seen *seen, const struct judgement *j, struct flow_view *v) {
  const struct host_facts *client = seen->host[j->client], *server = seen->host[!j->client];
  v->client_hops = client ? host_facts_hops(client) : -1;
  v->server_hops = server ? host_facts_hops(server) : -1;
  v->reset_hops = seen->cold->rst & RST_SEEN ? (int8_t)ttl_hops(seen->cold->rst_ttl) : -1;
}

static struct app_ref app_ref_of(const struct shard *s, uint32_t at) {
  const struct app_ref ref = {s->app[0], flow_app_slot(&s->flows, at)};
  return s->app_ref && ref.slot ? s->app_ref[ref.slot - 1] : ref;
}

static void app_of(const struct traffic *t, uint32_t at, const struct flow_extra *x, struct flow_view *v) {
  const struct app_ref ref = app_ref_of(t->shard, at);
  app_view(ref.app, ref.slot, v->proto, v->client_port, v->server_port, &v->app);
  if (!x || !x->answers || v->app.service != SERVICE_UNKNOWN) return;
  v->app.service = SERVICE_TFTP;
  v->app.service_by = SERVICE_BY_INFERRED;
}

const struct flow_ends *traffic_ends(const struct traffic *t) { return t->ends; }

void traffic_flow_begin(const struct traffic *t, size_t index, uint32_t *packet_out, stamp_t *time_out) {
  struct flow_copy copy;
  const struct flow_cold *cold;
  const struct flow *f = flow_read(&t->shard->flows, (uint32_t)index, &copy, &cold);
  *packet_out = f->packet_first;
  *time_out = f->first;
}

void traffic_flow_addresses(const struct traffic *t, size_t index, struct address *client_out,
                            struct address *server_out) {
  const struct flow_key *k = flow_key_at(&t->shard->flows, (uint32_t)index);
  const unsigned client = t->ends[index].turned ? SIDE_B : SIDE_A;
  *client_out = host_key_address(&t->shard->addresses, flow_key_host(k, client));
  *server_out = host_key_address(&t->shard->addresses, flow_key_host(k, !client));
}

uint16_t traffic_flow_client_port(const struct traffic *t, size_t index) {
  const struct flow_key *k = flow_key_at(&t->shard->flows, (uint32_t)index);
  if (k->proto != PROTO_TCP && k->proto != PROTO_UDP) return 0;
  return flow_key_port(k, t->ends[index].turned ? SIDE_B : SIDE_A);
}

/* The view that judging conversations needs; *j_out is the judgement, *seen_out the facts it rests on. */
static void view_fill(const struct traffic *t, size_t index, struct flow_seen *seen_out, struct judgement *j_out,
                      struct flow_view *v) {
  struct judgement j;
  traffic_judge(t, (uint32_t)index, seen_out, &j);
  const struct flow *f = seen_out->hot;
  const bool echo = f->key.proto != PROTO_TCP && f->key.proto != PROTO_UDP;
  *v = (struct flow_view){.client = host_key_address(&t->shard->addresses, flow_key_host(&f->key, j.client)),
                          .server = host_key_address(&t->shard->addresses, flow_key_host(&f->key, !j.client)),
                          .client_port = echo ? 0 : flow_key_port(&f->key, j.client),
                          .server_port = echo ? 0 : flow_key_port(&f->key, !j.client),
                          .proto = f->key.proto,
                          .client_by = j.client_by,
                          .packets = {f->packets[j.client], f->packets[!j.client]},
                          .bytes = {f->bytes[j.client], f->bytes[!j.client]},
                          .outcome = j.outcome,
                          .confidence = j.confidence,
                          .reasons = j.reasons,
                          .reset_by = j.reset_by,
                          .stall_by = j.stall_by,
                          .flags = traffic_flow_flags(seen_out, &j)};
  times_view(seen_out, &j, v);
  extra_view(t, seen_out, &j, v);
  app_of(t, (uint32_t)index, seen_out->extra, v);
  *j_out = j;
}

/* Something that the compiler takes for an effect: calls to a function that only fetches ahead would be left out. */
#define HAS_EFFECT __asm__ volatile("")

void traffic_flow_prefetch_place(const struct traffic *t, size_t index) {
  HAS_EFFECT;
  __builtin_prefetch(flow_place_at(&t->shard->flows, (uint32_t)index));
  __builtin_prefetch(&t->ends[index]);
}

void traffic_flow_prefetch(const struct traffic *t, size_t index) {
  HAS_EFFECT;
  flow_prefetch(&t->shard->flows, (uint32_t)index, 2, true);
  hosts_prefetch(t, (uint32_t)index);
}

void traffic_flow_brief(const struct traffic *t, size_t index, struct flow_view *view_out) {
  struct flow_seen seen;
  struct judgement j;
  view_fill(t, index, &seen, &j, view_out);
}

enum outcome traffic_flow_outcome(const struct traffic *t, size_t index) {
  struct flow_seen seen;
  struct judgement j;
  traffic_judge(t, (uint32_t)index, &seen, &j);
  return j.outcome;
}

void traffic_flow(const struct traffic *t, size_t index, struct flow_view *view_out) {
  struct flow_seen seen;
  struct judgement j;
  struct flow_view *v = view_out;
  view_fill(t, index, &seen, &j, v);
  hops_view(&seen, &j, v);
  history_print(v->history, seen.hot->history, j.client);
  const struct encap_stack *e = pool_at(&t->shard->stacks, seen.cold->encap);
  v->encap = e->encap;
  v->n_encap = e->n;
  v->id = flow_identity(v, seen.hot, &j);
}

static void host_fill(const struct traffic *t, const struct host_facts *h, struct host_view *v) {
  *v = (struct host_view){.address = host_key_address(&t->shard->addresses, h->key),
                          .packets_sent = h->sent,
                          .packets_received = h->received,
                          .first_sent = h->first_sent,
                          .last_sent = h->last_sent,
                          .packet_first = h->packet_first,
                          .hops = host_facts_hops(h),
                          .neighbour_asked = h->asked,
                          .neighbour_answered = h->answered};
  const struct host_name *name = name_of(t, &v->address);
  if (!name) return;
  v->name = name->name;
  v->name_source = name->source;
}

bool traffic_host(const struct traffic *t, const struct address *a, struct host_view *view_out) {
  struct host_key k;
  if (!address_list_find(&t->shard->addresses, a, &k)) return false;
  const uint32_t place = host_place_find(t, k);
  if (place) host_fill(t, t->host[place - 1], view_out);
  return place != 0;
}

size_t traffic_host_count(const struct traffic *t) { return t->hosts.facts.n; }

struct address traffic_host_address(const struct traffic *t, size_t index, bool *spoke_out) {
  enum { AHEAD = 8 }; /* they are mostly walked through */
  const struct host_facts *h = t->host[index];
  if (index + AHEAD < t->hosts.facts.n) __builtin_prefetch(t->host[index + AHEAD]);
  *spoke_out = h->sent != 0;
  return host_key_address(&t->shard->addresses, h->key);
}

void traffic_host_at(const struct traffic *t, size_t index, struct host_view *view_out) {
  host_fill(t, t->host[index], view_out);
}

const struct learned *traffic_flow_origin(const struct traffic *t, size_t index) {
  const struct app_ref ref = app_ref_of(t->shard, (uint32_t)index);
  return app_origin(ref.app, ref.slot);
}

const struct capture_facts *traffic_capture(const struct traffic *t) { return &t->capture; }
