/* A policy in its own language. What was left out in the document and has its usual value is left out again; everything
 * else is written, so that loading the result gives the same policy. */
#include "classifier/rpc_interface.h"
#include "rules/json_write.h"
#include "rules/policy.h"

static bool set_is_empty(const struct service_set *s) {
  for (size_t i = 0; i < SERVICE_SET_WORDS; i++)
    if (s->word[i]) return false;
  return true;
}

static void set_print(struct json *j, const struct service_set *s) {
  json_array(j, false);
  for (unsigned v = 0; v < SERVICE_COUNT; v++)
    if (service_set_has(s, (enum service)v)) json_text(j, service_name((enum service)v));
  json_end(j);
}

/* References: the names of entries by number. name_of(policy, number). */
typedef const char *name_of(const struct policy *p, int i);
static const char *role_name(const struct policy *p, int i) { return p->role[i].name; }
static const char *rule_id(const struct policy *p, int i) { return p->rule[i].id; }
static const char *feature_name(const struct policy *p, int i) { return p->feature[i].name; }

static void names_print(struct json *j, const struct policy *p, name_of *of, const int *number, size_t n) {
  json_array(j, false);
  for (size_t i = 0; i < n; i++) json_text(j, of(p, number[i]));
  json_end(j);
}

static void source_print(struct json *j, const struct policy *p) {
  if (!p->source_title[0] && !p->source_cite[0] && !p->source_retrieved[0] && !p->source_sha256[0]) return;
  json_key(j, "source");
  json_object(j, true);
  json_member_text(j, "title", p->source_title);
  json_member_text(j, "cite", p->source_cite);
  json_member_text(j, "retrieved", p->source_retrieved);
  json_member_text(j, "sha256", p->source_sha256);
  json_end(j);
}

static void parameters_print(struct json *j, const struct policy *p) {
  if (!p->n_parameters) return;
  json_key(j, "parameters");
  json_object(j, true);
  for (size_t i = 0; i < p->n_parameters; i++) {
    const struct policy_parameter *v = &p->parameter[i];
    json_key(j, v->name);
    json_object(j, false);
    json_member_text(j, "title", v->title);
    json_member_text(j, "type", v->is_range ? "port-range" : "port");
    json_key(j, "default");
    json_port_range(j, &v->value);
    json_end(j);
  }
  json_end(j);
}

static void constraints_print(struct json *j, const struct policy *p) {
  if (!p->n_constraints) return;
  json_key(j, "constraints");
  json_array(j, true);
  for (size_t i = 0; i < p->n_constraints; i++) {
    const struct policy_constraint *c = &p->constraint[i];
    json_object(j, false);
    json_member_text(j, "kind", policy_constraint_name(c->kind));
    json_member_text(j, "http", p->parameter[c->http].name);
    json_member_text(j, "https", p->parameter[c->https].name);
    json_member_text(j, "ref", c->ref);
    json_end(j);
  }
  json_end(j);
}

static void roles_print(struct json *j, const struct policy *p) {
  json_key(j, "roles");
  json_object(j, true);
  for (size_t i = 0; i < p->n_roles; i++) json_member_text(j, p->role[i].name, p->role[i].title);
  json_end(j);
  if (p->audited_role >= 0) json_member_text(j, "audited_role", p->role[p->audited_role].name);
}

static void service_print(struct json *j, const struct policy *p, const struct policy_service *s) {
  json_key(j, s->name);
  json_object(j, false);
  json_member_text(j, "title", s->title);
  json_member_text(j, "transport", policy_transport_name(s->transport));
  if (s->n_ports) {
    json_key(j, "ports");
    json_array(j, false);
    for (size_t i = 0; i < s->n_ports; i++) {
      if (s->ports[i].parameter >= 0)
        json_text(j, p->parameter[s->ports[i].parameter].name);
      else
        json_port_range(j, &s->ports[i].literal);
    }
    json_end(j);
  }
  if (s->learned) {
    json_key(j, "learned");
    if (set_is_empty(&s->learned_services))
      json_bool(j, true);
    else
      set_print(j, &s->learned_services);
  }
  if (s->n_interfaces) {
    json_key(j, "interfaces");
    json_array(j, false);
    for (size_t i = 0; i < s->n_interfaces; i++) json_text(j, rpc_interface_at(s->interface[i] - 1u)->name);
    json_end(j);
  }
  if (!set_is_empty(&s->accepts)) {
    json_key(j, "accepts");
    set_print(j, &s->accepts);
  }
  json_member_true(j, "one_way", s->one_way);
  json_member_true(j, "silence_ok", s->silence_ok);
  json_end(j);
}

static void services_print(struct json *j, const struct policy *p) {
  json_key(j, "services");
  json_object(j, true);
  for (size_t i = 0; i < p->n_services; i++) service_print(j, p, &p->service[i]);
  json_end(j);
}

static void groups_print(struct json *j, const struct policy *p) {
  if (!p->n_groups) return;
  json_key(j, "groups");
  json_object(j, true);
  for (size_t i = 0; i < p->n_groups; i++) {
    const struct policy_group *g = &p->group[i];
    json_key(j, g->name);
    json_object(j, true);
    json_member_text(j, "title", g->title);
    json_member_text(j, "ref", g->ref);
    json_key(j, "services");
    json_array(j, true);
    for (size_t k = 0; k < g->n_services; k++) {
      const char *name = p->service[g->service[k]].name;
      if (!g->optional[k]) {
        json_text(j, name);
        continue;
      }
      json_object(j, false);
      json_member_text(j, "service", name);
      json_member_true(j, "optional", true);
      json_end(j);
    }
    json_end(j);
    json_end(j);
  }
  json_end(j);
}

static void features_print(struct json *j, const struct policy *p) {
  json_key(j, "features");
  json_object(j, true);
  for (size_t i = 0; i < p->n_features; i++) {
    const struct policy_feature *f = &p->feature[i];
    json_key(j, f->name);
    json_object(j, false);
    json_member_text(j, "title", f->title);
    json_member_text(j, "ref", f->ref);
    if (f->n_implied_by) {
      json_key(j, "implied_by");
      names_print(j, p, feature_name, f->implied_by, f->n_implied_by);
    }
    json_end(j);
  }
  json_end(j);
}

static void need_print(struct json *j, const struct policy *p, const struct policy_rule *r) {
  if (r->need == NEED_REQUIRED) return;
  json_key(j, "need");
  if (r->need == NEED_OPTIONAL) {
    json_text(j, policy_need_name(r->need));
    return;
  }
  json_object(j, false);
  json_member_text(j, policy_need_name(r->need), r->need == NEED_ONE_OF ? r->one_of : p->rule[r->fallback_for].id);
  json_end(j);
}

static void rule_print(struct json *j, const struct policy *p, const struct policy_rule *r) {
  json_object(j, true);
  json_member_text(j, "id", r->id);
  json_member_text(j, "title", r->title);
  json_member_text(j, "feature", p->feature[r->feature].name);
  json_key(j, "from");
  names_print(j, p, role_name, r->from, r->n_from);
  json_key(j, "to");
  names_print(j, p, role_name, r->to, r->n_to);
  if (r->service >= 0) json_member_text(j, "service", p->service[r->service].name);
  if (r->group >= 0) json_member_text(j, "group", p->group[r->group].name);
  json_member_true(j, "manual", r->manual);
  if (r->both) json_member_text(j, "direction", "both");
  need_print(j, p, r);
  json_member_text(j, "when", r->when);
  json_member_text(j, "unless", r->unless);
  if (r->window_s > 0) {
    json_key(j, "window_s");
    json_u64(j, (uint64_t)r->window_s);
  }
  json_member_text(j, "ref", r->ref);
  json_member_text(j, "note", r->note);
  json_member_text(j, "fix", r->fix);
  json_member_text(j, "fix_command", r->fix_command);
  json_end(j);
}

static void rules_print(struct json *j, const struct policy *p) {
  json_key(j, "rules");
  json_array(j, true);
  for (size_t i = 0; i < p->n_rules; i++) rule_print(j, p, &p->rule[i]);
  json_end(j);
}

static void methods_print(struct json *j, const struct policy *p) {
  if (!p->n_methods) return;
  json_key(j, "methods");
  json_object(j, true);
  for (size_t i = 0; i < p->n_methods; i++) {
    const struct policy_method *m = &p->method[i];
    json_key(j, m->name);
    json_object(j, true);
    json_member_text(j, "title", m->title);
    json_member_text(j, "ref", m->ref);
    json_key(j, "steps");
    json_array(j, true);
    for (size_t k = 0; k < m->n_steps; k++) names_print(j, p, rule_id, m->step[k].rule, m->step[k].n_rules);
    json_end(j);
    json_end(j);
  }
  json_end(j);
}

static void stages_print(struct json *j, const struct policy *p) {
  if (!p->n_stages) return;
  json_key(j, "stages");
  json_array(j, true);
  for (size_t i = 0; i < p->n_stages; i++) {
    const struct policy_stage *s = &p->stage[i];
    json_object(j, false);
    json_member_text(j, "name", s->name);
    json_member_text(j, "title", s->title);
    if (s->n_rules) {
      json_key(j, "rules");
      names_print(j, p, rule_id, s->rule, s->n_rules);
    }
    if (!set_is_empty(&s->services)) {
      json_key(j, "services");
      set_print(j, &s->services);
    }
    if (s->bytes_min) {
      json_key(j, "bytes_min");
      json_u64(j, s->bytes_min);
    }
    json_end(j);
  }
  json_end(j);
}

void policy_print(const struct policy *p, struct out *to) {
  typedef void section(struct json * j, const struct policy *p);
  static section *const sections[] = {source_print, parameters_print, constraints_print, roles_print,   services_print,
                                      groups_print, features_print,   rules_print,       methods_print, stages_print};
  struct json j;
  json_init(&j, to);
  json_object(&j, true);
  json_member_text(&j, "name", p->name);
  json_member_text(&j, "title", p->title);
  for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) sections[i](&j, p);
  json_end(&j);
  out_char(to, '\n');
}
