/* Finds the lookups of some hosts among all flows.
 *
 * The askers are few and the flows are many: whose a flow is comes first, which is one look-up by the host's place, and
 * its port second. Parts of the flows are looked at on several threads; of each asker a part notes its first lookup and
 * its first that was answered, which put together in order say what a walk over all flows would. */
#include "rules/lookup.h"

#include <errno.h>
#include <stdlib.h>

#include "rules/gather.h"
#include "util/array.h"
#include "util/parallel.h"

/* A lookup that says more about its asker than those before it in its part. */
struct note {
  uint32_t asker;
  struct stage_cell cell;
};

struct part {
  _Alignas(PARALLEL_APART) uint8_t *state; /* [asker]: enum stage_state */
  struct note *note;
  size_t n, capacity;
};

struct search {
  const struct audit_run *r;
  const struct flow_ends *ends; /* of all flows */
  const struct service_set *services;
  struct asker *asker;
  size_t n_askers;
  uint32_t *asker_of; /* [host of the traffic]: asker + 1; 0 = none */
  size_t n_flows, n_parts;
  struct part part[PARALLEL_PARTS_MAX];
};

struct asker *asker_find(struct asker *asker, size_t n, const struct address *a) {
  return n ? bsearch(a, asker, n, sizeof *asker, address_order) : NULL;
}

/* Hosts and askers are both in address order. */
static void askers_place(struct search *s) {
  size_t at = 0, known = 0;
  for (size_t i = 0; i < s->r->talks.n_hosts && at < s->n_askers; i++) {
    const struct gathered_host *h = &s->r->talks.host[i];
    while (at < s->n_askers && address_compare(&s->asker[at].address, &h->address) < 0) at++;
    if (h->odd) continue;
    if (at < s->n_askers && address_equal(&s->asker[at].address, &h->address)) s->asker_of[known] = (uint32_t)at + 1;
    known++;
  }
}

/* The asker of a flow that is a lookup, as a number from 1 on; 0: it is none. */
static uint32_t flow_asker(const struct search *s, size_t index) {
  const struct traffic *t = s->r->a->traffic;
  const struct flow_ends *e = &s->ends[index];
  if (e->client_host && !s->asker_of[e->client_host - 1]) return 0;
  const enum service service = service_of_port(e->proto, e->server_port);
  if (!service || !service_set_has(s->services, service)) return 0;
  if (e->client_host) return s->asker_of[e->client_host - 1];
  struct address client, server; /* the traffic has no room for its client */
  traffic_flow_addresses(t, index, &client, &server);
  const struct asker *asker = asker_find(s->asker, s->n_askers, &client);
  return asker ? (uint32_t)(asker - s->asker) + 1 : 0;
}

static int lookup_note(const struct search *s, struct part *p, uint32_t asker, size_t index) {
  struct flow_view v;
  if (p->state[asker] == STAGE_PASSED) return 0;
  traffic_flow_brief(s->r->a->traffic, index, &v);
  const bool answered = v.outcome == OUTCOME_ANSWERED || v.outcome == OUTCOME_ESTABLISHED;
  if (p->state[asker] && !answered) return 0;
  p->state[asker] = answered ? STAGE_PASSED : STAGE_UNDETERMINED;
  struct note *note = ARRAY_PUSH(p->note, p->n, p->capacity);
  if (!note) return -ENOMEM;
  *note =
      (struct note){.asker = asker,
                    .cell = {.state = p->state[asker], .packet = v.packet_first, .time = v.first, .conversation = -1}};
  return 0;
}

static int part_search(void *of, size_t number) {
  const struct search *s = of;
  struct part *p = &((struct search *)of)->part[number];
  if (!(p->state = array_new(s->n_askers, sizeof *p->state))) return -ENOMEM;
  const size_t end = parallel_start(s->n_flows, s->n_parts, number + 1);
  int rc = 0;
  for (size_t i = parallel_start(s->n_flows, s->n_parts, number); rc == 0 && i < end; i++) {
    const uint32_t asker = flow_asker(s, i);
    if (asker) rc = lookup_note(s, p, asker - 1, i);
  }
  return rc;
}

static void notes_take(struct search *s, const struct part *p) {
  for (size_t i = 0; i < p->n; i++) {
    struct stage_cell *cell = &s->asker[p->note[i].asker].lookup;
    if (cell->state == STAGE_NOT_STARTED || (cell->state != STAGE_PASSED && p->note[i].cell.state == STAGE_PASSED))
      *cell = p->note[i].cell;
  }
}

int lookups_find(const struct audit_run *r, const struct service_set *services, struct asker *asker, size_t n) {
  struct search s = {.r = r,
                     .ends = traffic_ends(r->a->traffic),
                     .services = services,
                     .asker = asker,
                     .n_askers = n,
                     .n_flows = traffic_flow_count(r->a->traffic)};
  s.n_parts = parallel_parts(s.n_flows);
  s.asker_of = array_new(traffic_host_count(r->a->traffic), sizeof *s.asker_of);
  int rc = s.asker_of ? 0 : -ENOMEM;
  for (size_t i = 0; i < n; i++) asker[i].lookup = (struct stage_cell){0};
  if (rc == 0) {
    askers_place(&s);
    rc = parallel_run(r->threads, s.n_parts, part_search, &s);
  }
  for (size_t i = 0; i < s.n_parts; i++) {
    if (rc == 0) notes_take(&s, &s.part[i]);
    free(s.part[i].state);
    free(s.part[i].note);
  }
  free(s.asker_of);
  return rc;
}
