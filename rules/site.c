/* A site without a file, what a site can be asked, and its release. */
#include "rules/site.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"

struct site *site_new(const struct policy *p) {
  struct site *s = array_new(1, sizeof *s);
  if (!s) return NULL;
  s->name = strdup("");
  s->policy_name = strdup(p->name);
  s->role = array_new(p->n_roles, sizeof *s->role);
  s->n_role_ranges = array_new(p->n_roles, sizeof *s->n_role_ranges);
  s->feature = array_new(p->n_features, sizeof *s->feature);
  s->parameter = array_new(p->n_parameters, sizeof *s->parameter);
  s->parameter_given = array_new(p->n_parameters, sizeof *s->parameter_given);
  s->switch_on = array_new(p->n_switches, sizeof *s->switch_on);
  if (!s->name || !s->policy_name || !s->role || !s->n_role_ranges || !s->feature || !s->parameter ||
      !s->parameter_given || !s->switch_on) {
    site_free(s);
    return NULL;
  }
  s->n_roles = p->n_roles;
  for (size_t i = 0; i < p->n_features; i++) s->feature[i] = true;
  for (size_t i = 0; i < p->n_parameters; i++) s->parameter[i] = p->parameter[i].value;
  return s;
}

static void ranges_free(struct address_range *r, size_t n) {
  for (size_t i = 0; i < n; i++) free(r[i].name);
  free(r);
}

static void allow_fini(struct site_allow *a) {
  free(a->id);
  free(a->why);
  ranges_free(a->from.range, a->from.n_ranges);
  ranges_free(a->to.range, a->to.n_ranges);
  free(a->tcp);
  free(a->udp);
}

static void waiver_fini(struct site_waiver *w) {
  free(w->rule);
  free(w->reason);
  free(w->ticket);
  ranges_free(w->hosts, w->n_hosts);
  free(w->ports);
}

static void up_fini(struct site_up *up) {
  ranges_free(up->range, up->n_ranges);
  free(up->reason);
}

void site_free(struct site *s) {
  if (!s) return;
  for (size_t i = 0; s->role && s->n_role_ranges && i < s->n_roles; i++) ranges_free(s->role[i], s->n_role_ranges[i]);
  for (size_t i = 0; i < s->n_allows; i++) allow_fini(&s->allow[i]);
  for (size_t i = 0; i < s->n_waivers; i++) waiver_fini(&s->waiver[i]);
  for (size_t i = 0; i < s->n_ups; i++) up_fini(&s->up[i]);
  void *blocks[] = {s->name,
                    s->policy_name,
                    s->role,
                    s->n_role_ranges,
                    s->feature,
                    s->parameter,
                    s->parameter_given,
                    s->switch_on,
                    s->allow,
                    s->waiver,
                    s->up,
                    s};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) free(blocks[i]);
}

bool rule_asked_for(const struct policy *p, const struct site *s, int rule) {
  return s->feature[p->rule[rule].feature];
}

static bool switch_is_on(const struct policy *p, const struct site *s, const char *name) {
  int i = policy_switch_find(p, name);
  return i >= 0 && s->switch_on[i];
}

bool rule_applies(const struct policy *p, const struct site *s, int rule) {
  const struct policy_rule *r = &p->rule[rule];
  if (r->when && !switch_is_on(p, s, r->when)) return false;
  return !r->unless || !switch_is_on(p, s, r->unless);
}
