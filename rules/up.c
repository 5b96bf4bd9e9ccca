/* The site file may say that hosts were up; packets have the last word. A router that could not reach a host on its own
 * network (ICMP host unreachable) denies it for the whole capture: a host that drops packets still answers for itself
 * on the link. Everything here is skipped when the site file declares nothing. */
#include "rules/up.h"

#include <errno.h>
#include <stdlib.h>

#include "util/array.h"

static bool is_declared(const struct matcher *m, const struct gathered *g, const struct gathered_talk *k) {
  return !k->group && match_end_has(m, &m->up, g->host[k->server].class_id);
}

/* The first flow of the talk that denies its server; 0 = none. */
static uint32_t talk_denies(const struct traffic *t, const struct gathered *g, const struct gathered_talk *k) {
  for (size_t i = k->first; i < k->first + k->n_flows; i++) {
    struct flow_view v;
    traffic_flow_brief(t, gathered_flow(g, i), &v);
    if (flow_denies_host(&v)) return gathered_flow(g, i) + 1;
  }
  return 0;
}

/* Of several conversations that deny a host, the one that began first is the one to cite. */
int up_make(const struct traffic *t, const struct matcher *m, const struct gathered *g, struct up_facts *up_out) {
  struct up_facts up = {0};
  *up_out = up;
  if (!m->site->n_ups) return 0;
  uint32_t *came = array_new(g->n_hosts, sizeof *came); /* [host]: first flow of the conversation cited */
  up.denied = array_new(g->n_hosts, sizeof *up.denied);
  for (size_t at = 0; came && up.denied && at < g->n_flows;) {
    const struct gathered_talk k = gathered_talk_at(g, at);
    uint32_t *denied = &up.denied[k.server];
    const bool earlier = !*denied || gathered_flow(g, at) < came[k.server];
    const uint32_t by = earlier && is_declared(m, g, &k) ? talk_denies(t, g, &k) : 0;
    up.n_denied += by && !*denied;
    if (by) *denied = by, came[k.server] = gathered_flow(g, at);
    at += k.n_flows;
  }
  const bool ok = came && up.denied;
  free(came);
  *up_out = up;
  return ok ? 0 : -ENOMEM;
}

void up_free(struct up_facts *up) { free(up->denied); }

struct sense_witness up_witness(const struct up_facts *up, const struct traffic *t, const struct matcher *m,
                                const struct gathered *g, const struct gathered_talk *k) {
  struct sense_witness w = {0};
  struct host_view client;
  if (!up->denied || up->denied[k->server] || !is_declared(m, g, k)) return w;
  w.up = true;
  w.heard = traffic_host(t, &g->host[k->client].address, &client) && client.packets_received > 0;
  return w;
}
