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

int up_make(const struct traffic *t, const struct matcher *m, const struct gathered *g, struct up_facts *up_out) {
  struct up_facts up = {0};
  if (m->site->n_ups && !(up.denied = array_new(g->n_hosts, sizeof *up.denied))) return -ENOMEM;
  for (size_t i = 0; up.denied && i < g->n_talks; i++) {
    const struct gathered_talk *k = &g->talk[i];
    uint32_t *denied = &up.denied[k->server];
    for (uint32_t n = 0; is_declared(m, g, k) && !*denied && n < k->n_flows; n++) {
      struct flow_view v;
      traffic_flow_brief(t, g->flow[k->first_flow + n], &v);
      if (!flow_denies_host(&v)) continue;
      *denied = g->flow[k->first_flow + n] + 1;
      up.n_denied++;
    }
  }
  *up_out = up;
  return 0;
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
