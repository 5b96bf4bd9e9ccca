/* How far client push got, for each client that somebody pushed to.
 *
 * A conversation belongs to a stage when one of the rules it meets is the stage's, or when its service is. The client
 * is the end in the audited role. The best state among the conversations of a stage counts: a stage with two ways (HTTP
 * or HTTPS) passes when one does. Stages made of services alone (name lookup) are looked for among all flows of these
 * clients and the hosts that pushed to them, because the servers that answer need no role. */
#include <errno.h>
#include <stdlib.h>

#include "rules/audit_internal.h"
#include "rules/lookup.h"
#include "util/array.h"

struct stage_work {
  struct audit_run *r;
  struct address *client;
  size_t n_clients, clients_capacity;
  uint64_t *by_rule; /* [rule]: set of stages, at most 64 */
  uint64_t *by_set;  /* [match_set]: stages of its rules in force */
  struct asker *asker;
  size_t n_askers, askers_capacity;
};

static void stages_index(struct stage_work *w) {
  const struct policy *p = w->r->a->policy;
  for (size_t s = 0; s < p->n_stages && s < 64; s++)
    for (size_t i = 0; i < p->stage[s].n_rules; i++) w->by_rule[p->stage[s].rule[i]] |= UINT64_C(1) << s;
  for (uint32_t set = 0; set < match_set_count(w->r->memo); set++) {
    size_t n;
    const uint32_t *entry = match_set(w->r->memo, set, &n);
    for (size_t i = 0; i < n; i++) {
      const uint32_t rule = w->r->m->entry[entry[i]].rule;
      if (w->r->m->rule[rule].in_force) w->by_set[set] |= w->by_rule[rule];
    }
  }
}

/* The stages a talk belongs to. */
static uint64_t talk_stages(const struct stage_work *w, const struct talk *k) {
  uint64_t stages = k->unlisted ? 0 : w->by_set[k->set];
  for (uint64_t left = stages; left; left &= left - 1) {
    const struct policy_stage *s = &w->r->a->policy->stage[__builtin_ctzll(left)];
    bool other = !service_set_is_empty(&s->services) && !service_set_has(&s->services, k->c.service);
    bool short_of = k->bytes_sent < s->bytes_min; /* the stage has not begun as far as this shows */
    if (other || short_of) stages ^= left & -left;
  }
  return stages;
}

static enum stage_state talk_state(const struct talk *k) {
  switch (k->c.verdict) {
    case VERDICT_PASS:
      return STAGE_PASSED;
    case VERDICT_DEGRADED:
      return STAGE_PASSED_BY_FALLBACK;
    case VERDICT_BLOCKED:
      return k->carried_by >= 0 ? STAGE_PASSED_BY_FALLBACK : STAGE_BLOCKED;
    case VERDICT_WRONG_PROTOCOL:
      return STAGE_BLOCKED;
    default:
      break;
  }
  bool refused = k->c.why == WHY_NOT_LISTENING || k->c.why == WHY_RESET_UNKNOWN || k->c.why == WHY_UNREACHABLE;
  if (refused) return STAGE_REFUSED;
  if (k->c.why == WHY_TARGET_DOWN) return STAGE_TARGET_DOWN;
  if (k->c.why == WHY_WINDOW_TOO_SHORT) return STAGE_IN_PROGRESS;
  return STAGE_UNDETERMINED;
}

/* Which state wins when a stage has several conversations. */
static int state_rank(enum stage_state s) {
  static const int rank[] = {
      [STAGE_NOT_STARTED] = 0, [STAGE_UNDETERMINED] = 1, [STAGE_IN_PROGRESS] = 2,        [STAGE_TARGET_DOWN] = 3,
      [STAGE_REFUSED] = 4,     [STAGE_BLOCKED] = 5,      [STAGE_PASSED_BY_FALLBACK] = 6, [STAGE_PASSED] = 7};
  _Static_assert(sizeof rank / sizeof *rank == STAGE_STATE_COUNT, "every state has a rank");
  return rank[s];
}

static void cell_offer(struct stage_cell *cell, const struct audit_run *r, const struct talk *k) {
  enum stage_state state = talk_state(k);
  if (state_rank(state) <= state_rank(cell->state)) return;
  struct flow_view v;
  traffic_flow_brief(r->a->traffic, k->c.sample[0], &v);
  *cell =
      (struct stage_cell){.state = state, .packet = v.packet_first, .time = v.first, .conversation = (int32_t)k->index};
}

static const struct address *talk_client(const struct audit_run *r, const struct talk *k) {
  if (match_audited(r->m, k->server_class)) return &k->c.server;
  return match_audited(r->m, k->client_class) ? &k->c.client : NULL;
}

static bool asker_add(struct stage_work *w, const struct address *a) {
  struct asker *asker = ARRAY_PUSH(w->asker, w->n_askers, w->askers_capacity);
  if (asker) asker->address = *a;
  return asker != NULL;
}

/* Talks are sorted by their ends: those of one pair of hosts follow each other and need a place once. */
static bool same_hosts(const struct talk *x, const struct talk *y) {
  return x && address_equal(&x->c.server, &y->c.server) && address_equal(&x->c.client, &y->c.client);
}

/* Clients that somebody pushed to: an attempt of some stage towards them by a host of another role. */
static int clients_collect(struct stage_work *w) {
  const struct matcher *m = w->r->m;
  const struct talk *last = NULL;
  for (size_t i = 0; i < w->r->talks.n_talks; i++) {
    const struct talk *k = &w->r->talks.talk[i];
    if (!talk_stages(w, k) || !match_audited(m, k->server_class) || same_hosts(last, k)) continue;
    if (match_audited(m, k->client_class) && m->policy->audited_role >= 0) continue;
    struct address *client = ARRAY_PUSH(w->client, w->n_clients, w->clients_capacity);
    if (!client) return -ENOMEM;
    *client = k->c.server;
    last = k;
    if (!asker_add(w, &k->c.client) || !asker_add(w, &k->c.server)) return -ENOMEM;
  }
  if (!w->n_clients) return 0;
  qsort(w->client, w->n_clients, sizeof *w->client, address_order);
  qsort(w->asker, w->n_askers, sizeof *w->asker, address_order);
  size_t n = 0, n_askers = 0;
  for (size_t i = 0; i < w->n_clients; i++)
    if (n == 0 || !address_equal(&w->client[n - 1], &w->client[i])) w->client[n++] = w->client[i];
  for (size_t i = 0; i < w->n_askers; i++)
    if (n_askers == 0 || !address_equal(&w->asker[n_askers - 1].address, &w->asker[i].address))
      w->asker[n_askers++] = w->asker[i];
  w->n_clients = n, w->n_askers = n_askers;
  return 0;
}

static struct client_stages *client_find(struct audit *a, const struct address *address) {
  return a->n_clients ? bsearch(address, a->client, a->n_clients, sizeof *a->client, address_order) : NULL;
}

static int clients_make(struct stage_work *w) {
  struct audit *a = w->r->a;
  size_t n = w->n_clients < CLIENTS_MAX ? w->n_clients : CLIENTS_MAX, n_stages = a->policy->n_stages;
  a->clients_refused = w->n_clients - n;
  a->client = array_new(n, sizeof *a->client);
  if (!a->client) return -ENOMEM;
  for (size_t i = 0; i < n; i++) {
    struct client_stages *c = &a->client[i];
    c->client = w->client[i];
    c->first_blocker = -1;
    c->cell = array_new(n_stages, sizeof *c->cell);
    a->n_clients = i + 1;
    if (!c->cell) return -ENOMEM;
    for (size_t s = 0; s < n_stages; s++) c->cell[s] = (struct stage_cell){.time = STAMP_NONE, .conversation = -1};
  }
  return 0;
}

static void cells_fill(struct stage_work *w) {
  for (size_t i = 0; i < w->r->talks.n_talks; i++) {
    const struct talk *k = &w->r->talks.talk[i];
    uint64_t stages = talk_stages(w, k);
    const struct address *address = stages ? talk_client(w->r, k) : NULL;
    struct client_stages *c = address ? client_find(w->r->a, address) : NULL;
    if (!c) continue;
    for (; stages; stages &= stages - 1) cell_offer(&c->cell[__builtin_ctzll(stages)], w->r, k);
  }
}

static void lookup_offer(struct stage_work *w, const struct client_stages *c, size_t stage, const struct address *a) {
  const struct asker *asker = asker_find(w->asker, w->n_askers, a);
  struct stage_cell *cell = &c->cell[stage];
  if (asker && state_rank(asker->lookup.state) > state_rank(cell->state)) *cell = asker->lookup;
}

/* A stage of services alone: anything that a client, or a host that pushed to it, asked anybody. */
static int lookups_fill(struct stage_work *w, size_t stage) {
  struct audit *a = w->r->a;
  const struct talk *last = NULL;
  const int rc = lookups_find(w->r, &a->policy->stage[stage].services, w->asker, w->n_askers);
  if (rc) return rc;
  for (size_t i = 0; i < a->n_clients; i++) lookup_offer(w, &a->client[i], stage, &a->client[i].client);
  for (size_t i = 0; i < w->r->talks.n_talks; i++) {
    const struct talk *k = &w->r->talks.talk[i];
    if (!talk_stages(w, k) || same_hosts(last, k)) continue;
    const struct client_stages *c = client_find(a, &k->c.server);
    if (c) lookup_offer(w, c, stage, &k->c.client);
    last = k;
  }
  return 0;
}

/* Name lookups happen beside the rules: their failure is shown, but is no blocker. */
static void blockers_find(struct audit *a) {
  for (size_t i = 0; i < a->n_clients; i++) {
    struct client_stages *c = &a->client[i];
    for (size_t s = 0; s < a->policy->n_stages && c->first_blocker < 0; s++) {
      if (a->policy->stage[s].n_rules == 0) continue;
      enum stage_state state = c->cell[s].state;
      if (state == STAGE_BLOCKED || state == STAGE_REFUSED || state == STAGE_TARGET_DOWN) c->first_blocker = (int)s;
    }
  }
}

int stages_make(struct audit_run *r) {
  const struct policy *p = r->a->policy;
  if (p->n_stages == 0) return 0;
  struct stage_work w = {.r = r};
  w.by_rule = array_new(r->m->n_rules, sizeof *w.by_rule);
  w.by_set = array_new(match_set_count(r->memo), sizeof *w.by_set);
  int rc = w.by_rule && w.by_set ? 0 : -ENOMEM;
  if (rc == 0) {
    stages_index(&w);
    rc = clients_collect(&w);
  }
  if (rc == 0) rc = clients_make(&w);
  if (rc == 0) {
    cells_fill(&w);
    for (size_t s = 0; s < p->n_stages && r->a->n_clients && rc == 0; s++)
      if (p->stage[s].n_rules == 0) rc = lookups_fill(&w, s);
    blockers_find(r->a);
  }
  free(w.by_rule);
  free(w.by_set);
  free(w.client);
  free(w.asker);
  return rc;
}
