/* Gathers flows into conversations.
 *
 * Hosts go by their place in address order, which the traffic knows, and each has its class looked up once, so that the
 * test for scope is two array look-ups. A flow in scope becomes one small record: its ends and its index. Parts of the
 * flows are looked at on several threads, each with what it finds to itself; put together in order, the records are
 * sorted by their ends, and flows of one conversation stand together in order of time.
 *
 * Flows whose hosts the traffic has no room for come last, on one thread: their hosts are told by their addresses and
 * given places among the others. */
#include "rules/gather.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/first_come.h"
#include "rules/flow_kinds.h"
#include "rules/gather_internal.h"
#include "util/array.h"
#include "util/hash.h"
#include "util/pages.h"
#include "util/parallel.h"

enum { HELPERS_MAX = 1 << 16, PORT_FTP = 21, PORT_TFTP = 69, FLOWS_MAX = INT32_MAX, SLICE = 1 << 12 };

struct helper_set {
  uint64_t *pair; /* lower host index << 32 | higher, + 1; open addressing */
  size_t slots, n;
};

/* What one part of the flows yields. */
struct part {
  _Alignas(PARALLEL_APART) struct match_memo *memo;
  struct kind_memo *kinds;
  struct strangers strangers;
  uint64_t *pair; /* hosts that spoke FTP or TFTP control, as in helper_set */
  size_t n_pairs, pairs_capacity;
  uint32_t *odd; /* flows with a host that the traffic has no room for */
  size_t n_odd, odd_capacity;
  size_t n_items; /* in scope: that many records stand where the part begins */
  uint64_t out_of_scope;
};

/* What the class of a host lets it be. */
enum may { MAY_START = 1, MAY_SERVE = 2, MAY_BE_OPEN = 4, MAY_TELL = 8 /* of strangers */ };

struct pass {
  struct gathered *g;
  const struct traffic *t;
  const struct flow_ends *ends; /* of its flows */
  const struct matcher *m;
  struct flow_kinds *kinds;
  uint8_t *class_may; /* [class]: a set of enum may */
  uint8_t *may;       /* [place of a host that the traffic knows]: the same of its class, close together */
  size_t n_flows, n_parts;
  struct part part[PARALLEL_PARTS_MAX], last; /* last: of the odd flows */
};

/* What a flow is filed under. */
struct ends {
  uint32_t client, server;
  uint16_t port;
  uint8_t proto;
  bool group, carrier, guessed;
};

static uint64_t helper_pair(uint32_t a, uint32_t b) { return ((uint64_t)(a < b ? a : b) << 32 | (a < b ? b : a)) + 1; }

static size_t helper_slot(const struct helper_set *h, uint64_t pair) {
  size_t at = hash_two(pair, 0) & (h->slots - 1);
  while (h->pair[at] && h->pair[at] != pair) at = (at + 1) & (h->slots - 1);
  return at;
}

static void helper_add(struct helper_set *h, uint64_t pair) {
  if (h->n >= HELPERS_MAX / 2) return;
  const size_t at = helper_slot(h, pair);
  if (!h->pair[at]) h->pair[at] = pair, h->n++;
}

bool gathered_second_channel(const struct gathered *g, uint32_t a, uint32_t b) {
  return g->helpers->n && g->helpers->pair[helper_slot(g->helpers, helper_pair(a, b))] != 0;
}

/* Only a conversation whose payload is FTP or TFTP has second channels; a port scan that knocks there has none. */
static int helper_note(const struct pass *p, struct part *part, size_t index, const struct ends *e) {
  const bool control = (e->proto == 6 && e->port == PORT_FTP) || (e->proto == 17 && e->port == PORT_TFTP);
  if (!control) return 0;
  struct flow_view v;
  traffic_flow_brief(p->t, index, &v);
  if (v.app.service_by != SERVICE_BY_DPI || (v.app.service != SERVICE_FTP && v.app.service != SERVICE_TFTP)) return 0;
  const uint64_t pair = helper_pair(e->client, e->server);
  if (part->n_pairs && part->pair[part->n_pairs - 1] == pair) return 0;
  uint64_t *slot = ARRAY_PUSH(part->pair, part->n_pairs, part->pairs_capacity);
  if (slot) *slot = pair;
  return slot ? 0 : -ENOMEM;
}

static uint32_t ends_class(const struct pass *p, uint32_t host, bool group) {
  return group ? MATCH_CLASS_GROUP : p->g->host[host].class_id;
}

static bool ends_match(const struct pass *p, struct part *part, const struct ends *e, bool *matched_out) {
  struct match_query q = {.client_class = p->g->host[e->client].class_id,
                          .server_class = ends_class(p, e->server, e->group),
                          .transport = match_transport(e->proto),
                          .port = e->port};
  uint32_t set;
  if (!match_find(part->memo, &q, &set)) return false;
  *matched_out = set != 0;
  return true;
}

/* The roles may know better than a guess which side is the server. */
static bool ends_orient(const struct pass *p, struct part *part, size_t index, struct ends *e) {
  struct ends turned = *e;
  turned.client = e->server, turned.server = e->client, turned.port = traffic_flow_client_port(p->t, index);
  bool as_is, as_turned;
  if (!ends_match(p, part, e, &as_is)) return false;
  if (as_is) return true;
  if (!ends_match(p, part, &turned, &as_turned)) return false;
  if (as_turned) *e = turned;
  return true;
}

static bool is_about(unsigned client, unsigned server) {
  return server & MAY_BE_OPEN || (client & MAY_START && server & MAY_SERVE);
}

static bool ends_in_scope(const struct pass *p, const struct ends *e) {
  const unsigned client = p->class_may[p->g->host[e->client].class_id];
  const unsigned server = e->group ? MAY_SERVE : p->class_may[p->g->host[e->server].class_id];
  return !e->carrier && match_transport(e->proto) < TRANSPORT_COUNT && is_about(client, server);
}

/* Neither of the two hosts is anybody's business, whichever of them is the server. */
static bool is_apart(const struct pass *p, const struct flow_ends *f) {
  const unsigned client = p->may[f->client_host - 1], server = p->may[f->server_host - 1];
  return !f->group && !is_about(client, server) && !is_about(server, client) && !((client ^ server) & MAY_TELL);
}

static struct ends ends_of(const struct flow_ends *f, uint32_t client, uint32_t server) {
  return (struct ends){.client = client,
                       .server = server,
                       .port = f->server_port,
                       .proto = f->proto,
                       .group = f->group,
                       .carrier = f->carrier,
                       .guessed = f->guessed};
}

static int stranger_file(const struct pass *p, struct part *part, size_t index, const struct ends *e) {
  const struct stranger_flow f = {.flow = (uint32_t)index,
                                  .client = e->client,
                                  .server = e->server,
                                  .client_class = p->g->host[e->client].class_id,
                                  .server_class = ends_class(p, e->server, e->group),
                                  .port = e->port,
                                  .transport = match_transport(e->proto)};
  part->out_of_scope++;
  return stranger_note(&part->strangers, p->m, part->memo, &f);
}

/* Files a flow the way round that the roles say; in scope it becomes the record at *to. Negative: memory is out. */
static int flow_file(const struct pass *p, struct part *part, size_t index, struct ends e, struct radix_item *to) {
  if (e.guessed && !e.group && !ends_orient(p, part, index, &e)) return -ENOMEM;
  const int rc = helper_note(p, part, index, &e);
  if (rc) return rc;
  if (!ends_in_scope(p, &e)) return stranger_file(p, part, index, &e);
  *to = (struct radix_item){.high = (uint64_t)e.client << 32 | e.server,
                            .low = (uint32_t)e.proto << 16 | e.port,
                            .value = (uint32_t)index | (uint32_t)e.group << GATHERED_GROUP_BIT};
  uint64_t kind;
  if (traffic_flow_kind(p->t, index, part->kinds, &kind)) p->g->kind[index] = flow_kind_number(p->kinds, kind);
  part->n_items++;
  return 0;
}

/* Where the part's next record goes. */
static struct radix_item *item_next(const struct pass *p, const struct part *part, size_t first, size_t end) {
  struct radix_item *item = &p->g->flow[first + part->n_items];
  const size_t left = end - first - part->n_items, slice = left < SLICE ? left : SLICE;
  if (part->n_items % SLICE == 0 && part->n_items) pages_populate(item, slice * sizeof *item);
  return item;
}

/* What a flow is filed under, when the traffic knows both hosts; else it is odd. */
static int flow_gather(const struct pass *p, struct part *part, size_t index, struct radix_item *to) {
  const struct flow_ends *f = &p->ends[index];
  const bool known = f->client_host && f->server_host;
  if (known && is_apart(p, f)) {
    part->out_of_scope++;
    return 0;
  }
  if (known) return flow_file(p, part, index, ends_of(f, f->client_host - 1, f->server_host - 1), to);
  uint32_t *odd = ARRAY_PUSH(part->odd, part->n_odd, part->odd_capacity);
  if (odd) *odd = (uint32_t)index;
  return odd ? 0 : -ENOMEM;
}

static int part_init(struct part *part, const struct matcher *m) {
  strangers_init(&part->strangers, m);
  part->memo = match_memo_new(m);
  part->kinds = kind_memo_new();
  return part->memo && part->kinds ? 0 : -ENOMEM;
}

static void part_fini(struct part *part) {
  match_memo_free(part->memo);
  kind_memo_free(part->kinds);
  strangers_free(&part->strangers);
  free(part->pair);
  free(part->odd);
}

static int part_gather(void *of, size_t number) {
  const struct pass *p = of;
  struct part *part = &((struct pass *)of)->part[number];
  const size_t first = parallel_start(p->n_flows, p->n_parts, number);
  const size_t end = parallel_start(p->n_flows, p->n_parts, number + 1);
  int rc = part_init(part, p->m);
  for (size_t i = first; rc == 0 && i < end; i++) rc = flow_gather(p, part, i, item_next(p, part, first, end));
  return rc;
}

static int classes_look(struct pass *p) {
  const struct matcher *m = p->m;
  const uint32_t n = address_set_classes(m->addresses);
  const bool strangers = p->g->strangers.audited_class;
  p->class_may = array_new(n, sizeof *p->class_may);
  p->may = array_new(p->g->n_hosts, sizeof *p->may);
  if (!p->class_may || !p->may) return -ENOMEM;
  for (uint32_t c = 0; c < n; c++)
    p->class_may[c] =
        (uint8_t)((m->starts[c] ? MAY_START : 0) | (m->serves[c] ? MAY_SERVE : 0) |
                  (match_audited(m, c) ? MAY_BE_OPEN : 0) | (strangers && stranger_plays(m, c) ? MAY_TELL : 0));
  return 0;
}

/* The classes of all hosts that the traffic knows. */
static int hosts_classify(void *of, size_t number) {
  const struct pass *p = of;
  struct gathered *g = p->g;
  const size_t n_parts = parallel_parts(g->n_hosts);
  const size_t end = parallel_start(g->n_hosts, n_parts, number + 1);
  for (size_t i = parallel_start(g->n_hosts, n_parts, number); i < end; i++) {
    bool unused;
    g->host[i].address = traffic_host_address(p->t, i, &unused);
    g->host[i].class_id = address_set_class(p->m->addresses, &g->host[i].address);
    p->may[i] = p->class_may[g->host[i].class_id];
  }
  return 0;
}

/* Flows with hosts that the traffic has no room for. */
static int odd_gather(struct pass *p) {
  struct odd_hosts odd = {.g = p->g, .addresses = p->m->addresses, .capacity = p->g->n_hosts};
  int rc = part_init(&p->last, p->m);
  for (size_t number = 0; number < p->n_parts; number++)
    for (size_t i = 0; rc == 0 && i < p->part[number].n_odd; i++) {
      const size_t index = p->part[number].odd[i];
      const struct flow_ends *f = &p->ends[index];
      struct address client_address, server_address;
      uint32_t client, server;
      traffic_flow_addresses(p->t, index, &client_address, &server_address);
      rc = odd_host_place(&odd, &client_address, f->client_host, &client);
      if (rc == 0) rc = odd_host_place(&odd, &server_address, f->server_host, &server);
      if (rc == 0)
        rc = flow_file(p, &p->last, index, ends_of(f, client, server), &p->g->flow[p->g->n_flows + p->last.n_items]);
    }
  p->g->n_flows += p->last.n_items;
  free(odd.slot);
  return rc;
}

static int part_take(struct gathered *g, const struct part *part, const uint32_t *place) {
  g->out_of_scope += part->out_of_scope;
  for (size_t i = 0; i < part->n_pairs; i++) {
    uint64_t pair = part->pair[i];
    if (place) pair = helper_pair(place[(pair - 1) >> 32], place[(pair - 1) & UINT32_MAX]);
    helper_add(g->helpers, pair);
  }
  return strangers_merge(&g->strangers, &part->strangers);
}

/* Records of all parts one after the other. */
static void parts_join(struct pass *p) {
  struct gathered *g = p->g;
  for (size_t i = 0; i < p->n_parts; i++) {
    const struct radix_item *from = g->flow + parallel_start(p->n_flows, p->n_parts, i);
    if (from != g->flow + g->n_flows) memmove(g->flow + g->n_flows, from, p->part[i].n_items * sizeof *from);
    g->n_flows += p->part[i].n_items;
  }
}

/* Puts together what the parts found. */
static int parts_merge(struct pass *p) {
  parts_join(p);
  const size_t n_known = p->g->n_hosts;
  uint32_t *place = NULL;
  int rc = odd_gather(p);
  if (rc == 0 && p->g->n_hosts > n_known) rc = odd_hosts_settle(p->g, &place);
  for (size_t i = 0; rc == 0 && i < p->n_parts; i++) rc = part_take(p->g, &p->part[i], place);
  if (rc == 0) rc = part_take(p->g, &p->last, place);
  free(place);
  return rc;
}

size_t gathered_begin(const struct gathered *g, size_t at) {
  while (at > 0 && at < g->n_flows && g->flow[at].high == g->flow[at - 1].high &&
         g->flow[at].low == g->flow[at - 1].low)
    at++;
  return at;
}

struct gathered_talk gathered_talk_at(const struct gathered *g, size_t first) {
  const struct radix_item *f = &g->flow[first];
  size_t end = first + 1;
  while (end < g->n_flows && g->flow[end].high == f->high && g->flow[end].low == f->low) end++;
  return (struct gathered_talk){.client = (uint32_t)(f->high >> 32),
                                .server = (uint32_t)f->high,
                                .port = (uint16_t)f->low,
                                .proto = (uint8_t)(f->low >> 16),
                                .group = f->value >> GATHERED_GROUP_BIT,
                                .first = first,
                                .n_flows = end - first};
}

/* Keeps the talks that came first. */
static int talks_cap(struct gathered *g, size_t talks_max, size_t n_flows) {
  size_t n_talks = 0, kept = 0;
  for (size_t at = 0; at < g->n_flows; at = gathered_begin(g, at + 1)) n_talks++;
  if (n_talks <= talks_max) return 0;
  struct first_come came;
  if (first_come_init(&came, n_flows)) return -ENOMEM;
  for (size_t at = 0; at < g->n_flows; at = gathered_begin(g, at + 1)) first_come_add(&came, gathered_flow(g, at));
  const uint32_t end = first_come_end(&came, talks_max);
  first_come_fini(&came);
  for (size_t at = 0, next; at < g->n_flows; at = next) {
    next = gathered_begin(g, at + 1);
    if (gathered_flow(g, at) >= end) {
      g->refused += next - at;
      continue;
    }
    memmove(&g->flow[kept], &g->flow[at], (next - at) * sizeof *g->flow);
    kept += next - at;
  }
  g->n_flows = kept;
  return 0;
}

static int helpers_make(struct gathered *g) {
  g->helpers = array_new(1, sizeof *g->helpers);
  if (!g->helpers) return -ENOMEM;
  g->helpers->slots = HELPERS_MAX;
  g->helpers->pair = array_new(HELPERS_MAX, sizeof *g->helpers->pair);
  return g->helpers->pair ? 0 : -ENOMEM;
}

int gather(const struct traffic *t, const struct matcher *m, size_t talks_max, unsigned threads,
           struct gathered *gathered_out) {
  struct gathered g = {.n_hosts = traffic_host_count(t)};
  struct pass p = {.g = &g, .t = t, .m = m, .ends = traffic_ends(t), .n_flows = traffic_flow_count(t)};
  int rc = helpers_make(&g);
  strangers_init(&g.strangers, m);
  p.n_parts = parallel_parts(p.n_flows);
  g.host = array_new(g.n_hosts, sizeof *g.host);
  g.flow = p.n_flows <= FLOWS_MAX ? array_new(p.n_flows, sizeof *g.flow) : NULL;
  g.kind = array_new(p.n_flows, sizeof *g.kind);
  p.kinds = array_new(1, sizeof *p.kinds);
  if (!g.host || !g.flow || !g.kind || !p.kinds || classes_look(&p)) rc = -ENOMEM;
  if (rc == 0) rc = parallel_run(threads, parallel_parts(g.n_hosts), hosts_classify, &p);
  if (rc == 0) rc = parallel_run(threads, p.n_parts, part_gather, &p);
  if (rc == 0) rc = parts_merge(&p);
  if (rc == 0) rc = radix_sort_spare(g.flow, g.n_flows, threads, &g.spare);
  g.spare_size = g.spare ? g.n_flows * sizeof *g.flow : 0;
  if (rc == 0) rc = talks_cap(&g, talks_max, p.n_flows);
  for (size_t i = 0; i < p.n_parts; i++) part_fini(&p.part[i]);
  part_fini(&p.last);
  free(p.kinds);
  free(p.class_may);
  free(p.may);
  if (rc == 0)
    *gathered_out = g;
  else
    gathered_free(&g);
  return rc;
}

void gathered_free(struct gathered *g) {
  if (g->helpers) free(g->helpers->pair);
  free(g->helpers);
  strangers_free(&g->strangers);
  free(g->host);
  free(g->flow);
  free(g->spare);
  free(g->kind);
}
