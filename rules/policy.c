/* What a loaded policy can be asked; names of its enums; its release. */
#include "rules/policy.h"

#include <stdlib.h>
#include <string.h>

const char *policy_transport_name(enum policy_transport t) {
  static const char *const name[] = {
      [TRANSPORT_TCP] = "tcp", [TRANSPORT_UDP] = "udp", [TRANSPORT_ICMP_ECHO] = "icmp-echo"};
  _Static_assert(sizeof name / sizeof *name == TRANSPORT_COUNT, "a name for every transport");
  return name[t];
}

const char *policy_need_name(enum policy_need n) {
  static const char *const name[] = {[NEED_REQUIRED] = "required",
                                     [NEED_OPTIONAL] = "optional",
                                     [NEED_ONE_OF] = "one_of",
                                     [NEED_FALLBACK_FOR] = "fallback_for"};
  _Static_assert(sizeof name / sizeof *name == NEED_COUNT, "a name for every need");
  return name[n];
}

const char *policy_constraint_name(enum policy_constraint_kind k) {
  static const char *const name[] = {[CONSTRAINT_WSUS_PAIR] = "wsus-pair"};
  _Static_assert(sizeof name / sizeof *name == CONSTRAINT_KIND_COUNT, "a name for every constraint");
  return name[k];
}

uint16_t policy_constraint_https(const struct policy_constraint *c, uint16_t http) {
  (void)c; /* one kind so far */
  return http == 80 ? 443 : (uint16_t)(http + 1);
}

#define FIND_BY(field, items, count)                        \
  for (size_t i = 0; i < (count); i++)                      \
    if (strcmp((items)[i].field, name) == 0) return (int)i; \
  return -1
int policy_role_find(const struct policy *p, const char *name) { FIND_BY(name, p->role, p->n_roles); }
int policy_rule_find(const struct policy *p, const char *name) { FIND_BY(id, p->rule, p->n_rules); }
int policy_feature_find(const struct policy *p, const char *name) { FIND_BY(name, p->feature, p->n_features); }
int policy_parameter_find(const struct policy *p, const char *name) { FIND_BY(name, p->parameter, p->n_parameters); }
int policy_service_find(const struct policy *p, const char *name) { FIND_BY(name, p->service, p->n_services); }
int policy_group_find(const struct policy *p, const char *name) { FIND_BY(name, p->group, p->n_groups); }
int policy_method_find(const struct policy *p, const char *name) { FIND_BY(name, p->method, p->n_methods); }
#undef FIND_BY

int policy_service_parameter(const struct policy_service *s) {
  for (size_t i = 0; i < s->n_ports; i++)
    if (s->ports[i].parameter >= 0) return s->ports[i].parameter;
  return -1;
}

int policy_switch_find(const struct policy *p, const char *name) {
  for (size_t i = 0; i < p->n_switches; i++)
    if (strcmp(p->switches[i], name) == 0) return (int)i;
  return -1;
}

static void rule_fini(struct policy_rule *r) {
  char *texts[] = {r->id, r->title, r->one_of, r->when, r->unless, r->ref, r->note, r->fix, r->fix_command};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) free(texts[i]);
  free(r->from);
  free(r->to);
}

static void service_fini(struct policy_service *s) {
  free(s->name);
  free(s->title);
  free(s->ports);
}

static void group_fini(struct policy_group *g) {
  free(g->name);
  free(g->title);
  free(g->ref);
  free(g->service);
  free(g->optional);
}

static void feature_fini(struct policy_feature *f) {
  free(f->name);
  free(f->title);
  free(f->ref);
  free(f->implied_by);
}

static void method_fini(struct policy_method *m) {
  for (size_t i = 0; i < m->n_steps; i++) free(m->step[i].rule);
  free(m->step);
  free(m->name);
  free(m->title);
  free(m->ref);
}

static void stage_fini(struct policy_stage *s) {
  free(s->name);
  free(s->title);
  free(s->rule);
}

void policy_free(struct policy *p) {
  if (!p) return;
  for (size_t i = 0; i < p->n_parameters; i++) free(p->parameter[i].name), free(p->parameter[i].title);
  for (size_t i = 0; i < p->n_roles; i++) free(p->role[i].name), free(p->role[i].title);
  for (size_t i = 0; i < p->n_services; i++) service_fini(&p->service[i]);
  for (size_t i = 0; i < p->n_groups; i++) group_fini(&p->group[i]);
  for (size_t i = 0; i < p->n_features; i++) feature_fini(&p->feature[i]);
  for (size_t i = 0; i < p->n_rules; i++) rule_fini(&p->rule[i]);
  for (size_t i = 0; i < p->n_methods; i++) method_fini(&p->method[i]);
  for (size_t i = 0; i < p->n_stages; i++) stage_fini(&p->stage[i]);
  for (size_t i = 0; i < p->n_constraints; i++) free(p->constraint[i].ref);
  for (size_t i = 0; i < p->n_switches; i++) free(p->switches[i]);
  void *blocks[] = {p->parameter,    p->role,        p->service,          p->group,         p->feature, p->rule,
                    p->method,       p->stage,       p->constraint,       p->switches,      p->name,    p->title,
                    p->source_title, p->source_cite, p->source_retrieved, p->source_sha256, p};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) free(blocks[i]);
}
