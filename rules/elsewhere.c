/* When a site has moved a service to another port and its file does not say so, the rule is "not tried" and the traffic
 * is nobody's business: it runs between two hosts in roles, on a port that no rule names. So what such a conversation
 * carries is held against the rules in force whose port is a parameter: the same ends, a protocol that belongs there.
 * What is found is said of rules that were not tried on their own port (rules/warnings.c). */
#include "rules/elsewhere.h"

#include "util/hash.h"

enum { LOOKS = 4 }; /* at conversations with one endpoint: all are much the same */

/* Whether the endpoint still deserves a look. Another endpoint's slot is taken over. */
static bool look(struct elsewhere *e, const struct elsewhere_talk *k) {
  uint32_t endpoint = (uint32_t)hash_bytes(k->port, k->server, sizeof *k->server);
  size_t at = endpoint % ELSEWHERE_SLOTS;
  if (e->slot[at].endpoint != endpoint) e->slot[at].endpoint = endpoint, e->slot[at].looks = 0;
  if (e->slot[at].looks >= LOOKS) return false;
  e->slot[at].looks++;
  return true;
}

static bool entry_is_moved(const struct matcher *m, const struct match_entry *e, const struct elsewhere_talk *k) {
  if (e->transport != TRANSPORT_TCP || e->service < 0 || e->learned || e->optional || !m->rule[e->rule].in_force)
    return false;
  const struct policy_service *s = &m->policy->service[e->service];
  return policy_service_parameter(s) >= 0 && service_set_has(&s->accepts, k->service) &&
         match_end_has(m, &e->from, k->client_class) && match_end_has(m, &e->to, k->server_class);
}

static void port_add(struct elsewhere *e, const struct match_entry *entry, const struct elsewhere_talk *k) {
  for (size_t i = 0; i < e->n; i++)
    if (e->port[i].rule == entry->rule && e->port[i].port == k->port) return;
  if (e->n == ELSEWHERE_MAX) return;
  e->port[e->n++] =
      (struct elsewhere_port){.rule = entry->rule, .service = entry->service, .port = k->port, .flow = k->flow};
}

void elsewhere_note(struct elsewhere *e, const struct matcher *m, const struct elsewhere_talk *k) {
  if (!look(e, k)) return;
  for (size_t i = 0; i < m->n_entries; i++)
    if (entry_is_moved(m, &m->entry[i], k)) port_add(e, &m->entry[i], k);
}
