/* Gathers flows into conversations.
 *
 * Addresses are entered into a host table once, with their class, so that the test for scope is two array look-ups; a
 * flow in scope then costs one look-up of (client, server, protocol, port). Flows are listed as they come and sorted by
 * conversation at the end with a counting sort, which keeps their order in time. */
#include "rules/gather.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/hash.h"

enum { FLOWS_AHEAD = 16, HELPERS_MAX = 1 << 16, PORT_FTP = 21, PORT_TFTP = 69 };

struct helper_set {
  uint64_t *pair; /* lower host index << 32 | higher, + 1; open addressing */
  size_t slots, n;
};

/* A growing hash index over an array kept elsewhere. */
struct buckets {
  uint32_t *slot; /* index + 1 */
  size_t n_slots; /* a power of two */
};

struct pass {
  struct gathered *g;
  const struct traffic *t;
  const struct matcher *m;
  struct match_memo *memo;
  size_t talks_max;
  struct buckets hosts, talks;
  size_t hosts_capacity, talks_capacity, flows_capacity, owners_capacity, n_owners;
  uint32_t *owner; /* talk of each listed flow */
  uint32_t *known; /* [traffic host number]: gathered host + 1; 0 = not entered yet */
};

/* What a flow is filed under. */
struct ends {
  uint32_t client, server;
  uint16_t client_port, port;
  uint8_t proto;
  bool group, in_scope;
};

static uint64_t host_hash(const struct address *a) { return hash_bytes(a->family, a->octet, sizeof a->octet); }

static uint64_t talk_hash(uint32_t client, uint32_t server, uint8_t proto, uint16_t port) {
  return hash_two((uint64_t)client << 32 | server, (uint64_t)proto << 16 | port);
}

/* Twice the slots when half are used. */
static bool buckets_room(struct buckets *b, size_t used, uint64_t (*hash)(const struct gathered *, uint32_t),
                         const struct gathered *g) {
  if (used * 2 < b->n_slots) return true;
  size_t n_slots = b->n_slots ? b->n_slots * 2 : 1024;
  while (n_slots <= used * 2) n_slots *= 2;
  uint32_t *slot = array_new(n_slots, sizeof *slot);
  if (!slot) return false;
  for (uint32_t i = 0; i < used; i++) {
    size_t at = hash(g, i) & (n_slots - 1);
    while (slot[at]) at = (at + 1) & (n_slots - 1);
    slot[at] = i + 1;
  }
  free(b->slot);
  *b = (struct buckets){.slot = slot, .n_slots = n_slots};
  return true;
}

static uint64_t host_rehash(const struct gathered *g, uint32_t i) { return host_hash(&g->host[i].address); }
static uint64_t talk_rehash(const struct gathered *g, uint32_t i) {
  const struct gathered_talk *k = &g->talk[i];
  return talk_hash(k->client, k->server, k->proto, k->port);
}

static bool host_add(struct pass *p, const struct address *a, uint32_t *index_out) {
  struct gathered *g = p->g;
  struct gathered_host *h = ARRAY_PUSH(g->host, g->n_hosts, p->hosts_capacity);
  if (!h) return false;
  *h = (struct gathered_host){.address = *a, .class_id = address_set_class(p->m->addresses, a)};
  *index_out = (uint32_t)g->n_hosts - 1;
  return true;
}

/* A host that the traffic has no room for: told by its address. */
static bool host_enter(struct pass *p, const struct address *a, uint32_t *index_out) {
  struct gathered *g = p->g;
  if (!buckets_room(&p->hosts, g->n_hosts, host_rehash, g)) return false;
  size_t at = host_hash(a) & (p->hosts.n_slots - 1);
  for (; p->hosts.slot[at]; at = (at + 1) & (p->hosts.n_slots - 1)) {
    if (!address_equal(&g->host[p->hosts.slot[at] - 1].address, a)) continue;
    *index_out = p->hosts.slot[at] - 1;
    return true;
  }
  if (!host_add(p, a, index_out)) return false;
  p->hosts.slot[at] = (uint32_t)g->n_hosts;
  return true;
}

/* By the number the traffic knows the host under (+ 1; 0 = none). */
static bool host_place(struct pass *p, const struct address *a, uint32_t number, uint32_t *index_out) {
  if (!number) return host_enter(p, a, index_out);
  uint32_t *known = &p->known[number - 1];
  if (!*known) {
    if (!host_add(p, a, index_out)) return false;
    *known = *index_out + 1;
  }
  *index_out = *known - 1;
  return true;
}

/* 1: *index_out is the talk; 0: no room for another; negative: memory is out. */
static int talk_enter(struct pass *p, const struct ends *e, uint32_t *index_out) {
  struct gathered *g = p->g;
  if (!buckets_room(&p->talks, g->n_talks, talk_rehash, g)) return -ENOMEM;
  size_t at = talk_hash(e->client, e->server, e->proto, e->port) & (p->talks.n_slots - 1);
  for (; p->talks.slot[at]; at = (at + 1) & (p->talks.n_slots - 1)) {
    const struct gathered_talk *k = &g->talk[p->talks.slot[at] - 1];
    if (k->client != e->client || k->server != e->server || k->proto != e->proto || k->port != e->port) continue;
    *index_out = p->talks.slot[at] - 1;
    return 1;
  }
  if (g->n_talks >= p->talks_max) return 0;
  struct gathered_talk *k = ARRAY_PUSH(g->talk, g->n_talks, p->talks_capacity);
  if (!k) return -ENOMEM;
  *k = (struct gathered_talk){
      .client = e->client, .server = e->server, .port = e->port, .proto = e->proto, .group = e->group};
  *index_out = (uint32_t)g->n_talks - 1;
  p->talks.slot[at] = (uint32_t)g->n_talks;
  return 1;
}

static uint64_t helper_pair(uint32_t a, uint32_t b) { return ((uint64_t)(a < b ? a : b) << 32 | (a < b ? b : a)) + 1; }

static size_t helper_slot(const struct helper_set *h, uint64_t pair) {
  size_t at = hash_two(pair, 0) & (h->slots - 1);
  while (h->pair[at] && h->pair[at] != pair) at = (at + 1) & (h->slots - 1);
  return at;
}

/* Only a conversation whose payload is FTP or TFTP has second channels; a port scan that knocks there has none. */
static void helper_note(const struct pass *p, size_t index, const struct ends *e) {
  struct helper_set *h = p->g->helpers;
  bool control = (e->proto == 6 && e->port == PORT_FTP) || (e->proto == 17 && e->port == PORT_TFTP);
  if (!control || h->n >= HELPERS_MAX / 2) return;
  struct flow_view v;
  traffic_flow_brief(p->t, index, &v);
  if (v.app.service_by != SERVICE_BY_DPI || (v.app.service != SERVICE_FTP && v.app.service != SERVICE_TFTP)) return;
  uint64_t pair = helper_pair(e->client, e->server);
  size_t at = helper_slot(h, pair);
  if (!h->pair[at]) h->pair[at] = pair, h->n++;
}

bool gathered_second_channel(const struct gathered *g, uint32_t a, uint32_t b) {
  return g->helpers->n && g->helpers->pair[helper_slot(g->helpers, helper_pair(a, b))] != 0;
}

static uint32_t ends_class(const struct pass *p, uint32_t host, bool group) {
  return group ? MATCH_CLASS_GROUP : p->g->host[host].class_id;  // NOLINT: host is one of p->g's
}

static bool ends_match(const struct pass *p, const struct ends *e, bool *matched_out) {
  struct match_query q = {.client_class = p->g->host[e->client].class_id,  // NOLINT: as above
                          .server_class = ends_class(p, e->server, e->group),
                          .transport = match_transport(e->proto),
                          .port = e->port};
  uint32_t set;
  if (!match_find(p->memo, &q, &set)) return false;
  *matched_out = set != 0;
  return true;
}

/* The roles may know better than a guess which side is the server. */
static bool ends_orient(const struct pass *p, struct ends *e) {
  struct ends turned = *e;
  turned.client = e->server, turned.server = e->client, turned.port = e->client_port, turned.client_port = e->port;
  bool as_is, as_turned;
  if (!ends_match(p, e, &as_is)) return false;
  if (as_is) return true;
  if (!ends_match(p, &turned, &as_turned)) return false;
  if (as_turned) *e = turned;
  return true;
}

static bool ends_in_scope(const struct pass *p, const struct ends *e) {
  uint32_t client = p->g->host[e->client].class_id, server = ends_class(p, e->server, e->group);
  return match_transport(e->proto) < TRANSPORT_COUNT &&
         (match_audited(p->m, server) || match_may(p->m, client, server));
}

static bool flow_list(struct pass *p, size_t index, uint32_t talk) {
  uint32_t *owner = ARRAY_PUSH(p->owner, p->n_owners, p->owners_capacity);
  uint32_t *flow = owner ? ARRAY_PUSH(p->g->flow, p->g->n_flows, p->flows_capacity) : NULL;
  if (!flow) return false;
  *owner = talk;
  *flow = (uint32_t)index;
  p->g->talk[talk].n_flows++;
  return true;
}

/* The ends of a flow, the way round that the roles say. Negative: memory is out. */
static int ends_make(struct pass *p, size_t index, struct ends *ends_out) {
  struct flow_ends f;
  traffic_flow_ends(p->t, index, &f);
  struct ends e = {
      .client_port = f.client_port, .port = f.server_port, .proto = f.proto, .group = (f.flags & FLOW_GROUP) != 0};
  if (!host_place(p, &f.client, f.client_host, &e.client) || !host_place(p, &f.server, f.server_host, &e.server))
    return -ENOMEM;
  if ((f.flags & FLOW_SERVER_GUESSED) && !e.group && !ends_orient(p, &e)) return -ENOMEM;
  helper_note(p, index, &e);
  e.in_scope = !(f.flags & FLOW_CARRIER) && ends_in_scope(p, &e);
  *ends_out = e;
  return 0;
}

/* 0, or negative: memory is out. */
static int ends_file(struct pass *p, size_t index, const struct ends *e) {
  if (!e->in_scope) {
    p->g->out_of_scope++;
    const struct stranger_flow f = {.flow = (uint32_t)index,
                                    .client = e->client,
                                    .server = e->server,
                                    .client_class = p->g->host[e->client].class_id,  // NOLINT: as above
                                    .server_class = ends_class(p, e->server, e->group),
                                    .port = e->port,
                                    .transport = match_transport(e->proto)};
    return stranger_note(&p->g->strangers, p->m, p->memo, &f);
  }
  uint32_t talk;
  int entered = talk_enter(p, e, &talk);
  if (entered < 0) return entered;
  if (entered == 0) {
    p->g->refused++;
    return 0;
  }
  return flow_list(p, index, talk) ? 0 : -ENOMEM;
}

/* Some flows at a time: where their talks stand is asked for before the first of them is looked up. */
static int flows_gather(struct pass *p, size_t first, size_t n) {
  struct ends e[FLOWS_AHEAD];
  for (size_t i = 0; i < n; i++) {
    int rc = ends_make(p, first + i, &e[i]);
    if (rc) return rc;
    if (!e[i].in_scope || !p->talks.n_slots) continue;
    size_t at = talk_hash(e[i].client, e[i].server, e[i].proto, e[i].port) & (p->talks.n_slots - 1);
    __builtin_prefetch(&p->talks.slot[at]);
  }
  for (size_t i = 0; i < n; i++) {
    int rc = ends_file(p, first + i, &e[i]);
    if (rc) return rc;
  }
  return 0;
}

/* Sorts the listed flows by talk. */
static bool flows_sort(struct pass *p) {
  struct gathered *g = p->g;
  uint32_t *sorted = array_new(g->n_flows, sizeof *sorted);
  if (!sorted) return false;
  uint32_t at = 0;
  for (size_t i = 0; i < g->n_talks; i++) {
    g->talk[i].first_flow = at;
    at += g->talk[i].n_flows;
  }
  for (size_t i = 0; i < g->n_flows; i++) sorted[g->talk[p->owner[i]].first_flow++] = g->flow[i];
  for (size_t i = 0; i < g->n_talks; i++) g->talk[i].first_flow -= g->talk[i].n_flows;
  free(g->flow);
  g->flow = sorted;
  return true;
}

int gather(const struct traffic *t, const struct matcher *m, struct match_memo *memo, size_t talks_max,
           struct gathered *gathered_out) {
  struct gathered g = {.helpers = array_new(1, sizeof *g.helpers)};
  struct pass p = {.g = &g, .t = t, .m = m, .memo = memo, .talks_max = talks_max};
  int rc = -ENOMEM;
  strangers_init(&g.strangers, m);
  if (!g.helpers) goto out;
  g.helpers->slots = HELPERS_MAX;
  g.helpers->pair = array_new(HELPERS_MAX, sizeof *g.helpers->pair);
  if (!g.helpers->pair) goto out;
  p.known = array_new(traffic_host_count(t), sizeof *p.known);
  if (!p.known || !array_reserve((void **)&g.host, &p.hosts_capacity, traffic_host_count(t), sizeof *g.host)) goto out;
  size_t n = traffic_flow_count(t);
  for (size_t i = 0; i < n; i += FLOWS_AHEAD)
    if ((rc = flows_gather(&p, i, n - i < FLOWS_AHEAD ? n - i : FLOWS_AHEAD)) != 0) goto out;
  rc = flows_sort(&p) ? 0 : -ENOMEM;
out:
  free(p.hosts.slot);
  free(p.talks.slot);
  free(p.owner);
  free(p.known);
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
  free(g->talk);
  free(g->flow);
}
