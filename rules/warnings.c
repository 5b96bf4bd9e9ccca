/* What belongs on page one beside the findings: whose word the result rests on, what did not fit, what the site file
 * most likely got wrong. */
#include <errno.h>

#include "rules/audit_internal.h"
#include "rules/words.h"

/* What was taken, or not, on the site file's word about hosts that were up. */
static int up_warn(struct audit_run *r) {
  char count[WORDS_SIZE], host[WORDS_SIZE], device[WORDS_SIZE];
  const struct talks *talks = &r->talks;
  if (talks->declared && warning_add(r, "%s judged on the site file's word that the host was up; no packet shows that.",
                                     words_count(count, talks->declared, "conversation was", "conversations were")))
    return -ENOMEM;
  size_t i = 0;
  while (talks->n_up_denied && i < talks->n_talks && !talks->denied[talks->talk[i].server]) i++;
  if (!talks->n_up_denied || i == talks->n_talks) return 0;
  struct flow_view v;
  traffic_flow(r->a->traffic, talks->denied[talks->talk[i].server] - 1, &v);
  words_host(host, r, &v.server);
  words_host(device, r, &v.icmp.from);
  if (talks->n_up_denied == 1)
    return warning_add(r, "The site file says that %s was up, but %s denied it in packet %u: that was believed.", host,
                       device, v.icmp.packet);
  return warning_add(r, "The site file says that %s were up, but packets deny it (%s: packet %u): those were believed.",
                     words_count(count, talks->n_up_denied, "host", "hosts"), host, v.icmp.packet);
}

/* The site file lists nobody of those whom the capture shows, or forgot some of them. */
static int strangers_warn(struct audit_run *r) {
  const struct policy *p = r->a->policy;
  const struct stranger_count *s = r->audited_seen ? &r->talks.busy_strangers : &r->talks.strangers;
  if (p->audited_role < 0 || r->a->site->proposed || !r->a->site->n_role_ranges[p->audited_role]) return 0;
  const char *role = p->role[p->audited_role].title;
  if (!r->audited_seen && traffic_host_count(r->a->traffic) &&
      warning_add(r, "No host of the role %s was seen in this capture: check its addresses in the site file.", role))
    return -ENOMEM;
  if (!s->n) return 0;
  char count[WORDS_SIZE], client[WORDS_SIZE], server[WORDS_SIZE];
  struct flow_view v;
  traffic_flow(r->a->traffic, s->flow, &v);
  return warning_add(r,
                     "%s in no role did what a host of the role %s does (first: %s from %s to %s): not judged. Missing "
                     "in the site file?",
                     words_count(count, s->n, "host", "hosts"), role, p->service[s->service].title,
                     words_host(client, r, &v.client), words_host(server, r, &v.server));
}

/* A service that no rule saw on its own port and that runs on another: the site has moved it. */
static int elsewhere_warn(struct audit_run *r) {
  const struct policy *p = r->a->policy;
  const struct elsewhere *e = &r->talks.elsewhere;
  char client[WORDS_SIZE], server[WORDS_SIZE];
  int rc = 0;
  for (size_t i = 0; i < e->n && rc == 0; i++) {
    const struct elsewhere_port *at = &e->port[i];
    const struct rule_result *rule = &r->a->rule[at->rule];
    const struct policy_service *service = &p->service[at->service];
    bool told = false; /* several rules may be about one service */
    for (size_t k = 0; k < i; k++) told |= e->port[k].service == at->service && e->port[k].port == at->port;
    bool used = rule->passed || rule->blocked || rule->other || rule_sibling_passes(r, &p->rule[at->rule]);
    if (told || used) continue;
    struct flow_view v;
    traffic_flow(r->a->traffic, at->flow, &v);
    rc = warning_add(r,
                     "%s was seen on TCP %u (from %s to %s), where no rule expects it, and not on the port of %s: if "
                     "that is the port here, set the parameter %s.",
                     service->title, at->port, words_host(client, r, &v.client), words_host(server, r, &v.server),
                     rule->id, p->parameter[policy_service_parameter(service)].name);
  }
  return rc;
}

int warnings_make(struct audit_run *r) {
  const struct site *s = r->a->site;
  if (s->proposed &&
      warning_add(r,
                  "No site file was given: the roles were worked out from behaviour. Check them before you rely on "
                  "this."))
    return -ENOMEM;
  if (r->m->n_refused && warning_add(r, "%zu parts of rules did not fit and are not judged.", r->m->n_refused))
    return -ENOMEM;
  if (r->talks.not_kept && warning_add(r,
                                       "%llu conversations that no rule allows did not get through and are counted, "
                                       "not listed.",
                                       (unsigned long long)r->talks.not_kept))
    return -ENOMEM;
  return strangers_warn(r) || elsewhere_warn(r) || up_warn(r) ? -ENOMEM : waivers_check(r);
}
