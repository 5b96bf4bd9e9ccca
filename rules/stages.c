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
#include "rules/stage_talks.h"
#include "util/array.h"

struct stage_work {
  struct audit_run *r;
  struct stage_talk *talk; /* by pair of hosts */
  size_t n_talks;
  struct address *client;
  size_t n_clients, clients_capacity;
  struct asker *asker;
  size_t n_askers, askers_capacity;
};

static const struct talk *talk_at(const struct stage_work *w, size_t i) { return &w->r->talks.talk[w->talk[i].talk]; }

static void cell_offer(struct stage_cell *cell, const struct audit_run *r, const struct stage_talk *offer) {
  if (stage_state_rank(offer->state) <= stage_state_rank(cell->state)) return;
  const struct talk *k = &r->talks.talk[offer->talk];
  *cell = (struct stage_cell){.state = offer->state, .conversation = (int32_t)talk_index(&r->talks, k)};
  traffic_flow_begin(r->a->traffic, talk_decider(&r->talks, k), &cell->packet, &cell->time);
}

static const struct address *talk_audited(const struct audit_run *r, const struct talk *k) {
  const struct ruling *ruling = talk_ruling(&r->talks, k);
  if (match_audited(r->m, ruling->server_class)) return talk_server_address(&r->talks, k);
  return match_audited(r->m, ruling->client_class) ? talk_client_address(&r->talks, k) : NULL;
}

static bool asker_add(struct stage_work *w, const struct address *a) {
  struct asker *asker = ARRAY_PUSH(w->asker, w->n_askers, w->askers_capacity);
  if (asker) asker->address = *a;
  return asker != NULL;
}

/* Each once, in address order. */
static void clients_settle(struct stage_work *w) {
  if (!w->n_clients) return;
  qsort(w->client, w->n_clients, sizeof *w->client, address_order);
  qsort(w->asker, w->n_askers, sizeof *w->asker, address_order);
  size_t n = 0, n_askers = 0;
  for (size_t i = 0; i < w->n_clients; i++)
    if (n == 0 || !address_equal(&w->client[n - 1], &w->client[i])) w->client[n++] = w->client[i];
  for (size_t i = 0; i < w->n_askers; i++)
    if (n_askers == 0 || !address_equal(&w->asker[n_askers - 1].address, &w->asker[i].address))
      w->asker[n_askers++] = w->asker[i];
  w->n_clients = n, w->n_askers = n_askers;
}

/* Clients that somebody pushed to: an attempt of some stage towards them by a host of another role. */
static int clients_collect(struct stage_work *w) {
  const struct matcher *m = w->r->m;
  for (size_t i = 0; i < w->n_talks; i++) {
    const struct talk *k = talk_at(w, i);
    const struct ruling *r = talk_ruling(&w->r->talks, k);
    if (!match_audited(m, r->server_class) || (i && same_ends(&w->r->talks, talk_at(w, i - 1), k))) continue;
    if (match_audited(m, r->client_class) && m->policy->audited_role >= 0) continue;
    struct address *client = ARRAY_PUSH(w->client, w->n_clients, w->clients_capacity);
    if (!client) return -ENOMEM;
    *client = *talk_server_address(&w->r->talks, k);
    if (!asker_add(w, talk_client_address(&w->r->talks, k)) || !asker_add(w, client)) return -ENOMEM;
  }
  clients_settle(w);
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

/* Asks for the flows of talks further on, so that the cache misses of many overlap. */
static void look_ahead(const struct stage_work *w, size_t i) {
  enum { FAR = 24, NEAR = 12 };
  const struct talks *talks = &w->r->talks;
  if (i + FAR >= w->n_talks) return;
  traffic_flow_prefetch_place(talks->traffic, talk_decider(talks, talk_at(w, i + FAR)));
  traffic_flow_prefetch(talks->traffic, talk_decider(talks, talk_at(w, i + NEAR)));
}

static void cells_fill(struct stage_work *w) {
  struct client_stages *c = NULL;
  for (size_t i = 0; i < w->n_talks; i++) {
    if (i == 0 || !same_ends(&w->r->talks, talk_at(w, i - 1), talk_at(w, i))) {
      const struct address *client = talk_audited(w->r, talk_at(w, i));
      c = client ? client_find(w->r->a, client) : NULL;
    }
    look_ahead(w, i);
    if (c) cell_offer(&c->cell[w->talk[i].stage], w->r, &w->talk[i]);
  }
}

static void lookup_offer(struct stage_work *w, const struct client_stages *c, size_t stage, const struct address *a) {
  const struct asker *asker = asker_find(w->asker, w->n_askers, a);
  struct stage_cell *cell = &c->cell[stage];
  if (asker && stage_state_rank(asker->lookup.state) > stage_state_rank(cell->state)) *cell = asker->lookup;
}

/* A stage of services alone: anything that a client, or a host that pushed to it, asked anybody. */
static int lookups_fill(struct stage_work *w, size_t stage) {
  struct audit *a = w->r->a;
  const int rc = lookups_find(w->r, &a->policy->stage[stage].services, w->asker, w->n_askers);
  if (rc) return rc;
  for (size_t i = 0; i < a->n_clients; i++) lookup_offer(w, &a->client[i], stage, &a->client[i].client);
  for (size_t i = 0; i < w->n_talks; i++) {
    const struct talk *k = talk_at(w, i);
    if (i && same_ends(&w->r->talks, talk_at(w, i - 1), k)) continue;
    const struct client_stages *c = client_find(a, talk_server_address(&w->r->talks, k));
    if (c) lookup_offer(w, c, stage, talk_client_address(&w->r->talks, k));
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
  int rc = stage_talks_find(r, &w.talk, &w.n_talks);
  if (rc == 0) rc = clients_collect(&w);
  if (rc == 0) rc = clients_make(&w);
  if (rc == 0) {
    cells_fill(&w);
    for (size_t s = 0; s < p->n_stages && r->a->n_clients && rc == 0; s++)
      if (p->stage[s].n_rules == 0) rc = lookups_fill(&w, s);
    blockers_find(r->a);
  }
  free(w.talk);
  free(w.client);
  free(w.asker);
  return rc;
}
