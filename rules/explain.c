/* policy explain: looks the word up as a port and under every kind of name the policy has, and writes each match as a
 * paragraph. The kinds are a table; a rule's paragraph (explain_rule.c) is the part that most others lead to. */
#include "rules/explain.h"

#include <errno.h>

#include <string.h>

#include "rules/address_text.h"
#include "rules/explain_internal.h"
#include "rules/site_text.h"
#include "util/text.h"

static void heading(const struct explain *x, const char *kind, const char *name, const char *title) {
  out_printf(x->to, "%s %s", kind, name);
  if (strcmp(name, title) != 0) out_printf(x->to, ": %s", title);
  out_char(x->to, '\n');
}

static void reference(const struct explain *x, const char *ref) {
  if (ref[0]) out_printf(x->to, "  Reference: %s\n", ref);
}

static void explain_feature(const struct explain *x, int i) {
  const struct policy_feature *f = &x->policy->feature[i];
  heading(x, "Feature", f->name, f->title);
  reference(x, f->ref);
  out_printf(x->to, "  This site: %s\n", x->site->feature[i] ? "asks for it" : "does not ask for it");
  for (size_t k = 0; k < f->n_implied_by; k++)
    out_printf(x->to, "  Comes with: %s\n", x->policy->feature[f->implied_by[k]].name);
  out_text(x->to, "  Rules:\n");
  for (size_t r = 0; r < x->policy->n_rules; r++)
    if (x->policy->rule[r].feature == i) explain_rule_line(x, (int)r);
}

static void explain_method(const struct explain *x, int i) {
  const struct policy_method *m = &x->policy->method[i];
  heading(x, "Installation method", m->name, m->title);
  reference(x, m->ref);
  out_text(x->to, "  It works through a firewall when each of these steps does:\n");
  for (size_t k = 0; k < m->n_steps; k++) {
    out_printf(x->to, "  Step %zu%s\n", k + 1, m->step[k].n_rules > 1 ? ", one of" : "");
    for (size_t r = 0; r < m->step[k].n_rules; r++) explain_rule_line(x, m->step[k].rule[r]);
  }
}

static void explain_group(const struct explain *x, int i) {
  const struct policy_group *g = &x->policy->group[i];
  heading(x, "Windows Firewall group", g->name, g->title);
  reference(x, g->ref);
  out_text(x->to, "  Services:\n");
  for (size_t k = 0; k < g->n_services; k++) {
    out_text(x->to, "    ");
    site_service_print(x->policy, x->site, g->service[k], x->to);
    out_text(x->to, g->optional[k] ? ", optional\n" : "\n");
  }
  out_text(x->to, "  Rules:\n");
  for (size_t r = 0; r < x->policy->n_rules; r++)
    if (x->policy->rule[r].group == i) explain_rule_line(x, (int)r);
}

static bool names_role(const int *roles, size_t n, int role) {
  for (size_t i = 0; i < n; i++)
    if (roles[i] == role) return true;
  return false;
}

static void explain_role(const struct explain *x, int i) {
  enum { SHOWN = 10 };
  const struct policy *p = x->policy;
  heading(x, "Role", p->role[i].name, p->role[i].title);
  if (p->audited_role == i) out_text(x->to, "  Its hosts are audited for open ports that no rule documents.\n");
  out_printf(x->to, "  At this site: %s", x->site->n_role_ranges[i] ? "" : "nobody");
  for (size_t k = 0; k < x->site->n_role_ranges[i] && k < SHOWN; k++) {
    char text[ADDRESS_RANGE_TEXT_SIZE];
    out_printf(x->to, "%s%s", k ? ", " : "", address_range_print(text, &x->site->role[i][k]));
  }
  if (x->site->n_role_ranges[i] > SHOWN) out_printf(x->to, " and %zu more", x->site->n_role_ranges[i] - SHOWN);
  out_text(x->to, "\n  Starts connections:\n");
  for (size_t r = 0; r < p->n_rules; r++)
    if (names_role(p->rule[r].from, p->rule[r].n_from, i)) explain_rule_line(x, (int)r);
  out_text(x->to, "  Is connected to:\n");
  for (size_t r = 0; r < p->n_rules; r++)
    if (names_role(p->rule[r].to, p->rule[r].n_to, i)) explain_rule_line(x, (int)r);
}

/* Whether the rule is about the service, itself or through its group. */
static bool rule_has_service(const struct policy *p, const struct policy_rule *r, int service) {
  if (r->service == service) return true;
  if (r->group < 0) return false;
  const struct policy_group *g = &p->group[r->group];
  for (size_t k = 0; k < g->n_services; k++)
    if (g->service[k] == service) return true;
  return false;
}

static void explain_service(const struct explain *x, int i) {
  const struct policy_service *v = &x->policy->service[i];
  out_printf(x->to, "Service %s: ", v->name);
  site_service_print(x->policy, x->site, i, x->to);
  out_text(x->to, "\n  Carries: ");
  size_t n = 0;
  for (unsigned s = 0; s < SERVICE_COUNT; s++)
    if (service_set_has(&v->accepts, (enum service)s))
      out_printf(x->to, "%s%s", n++ ? ", " : "", service_name((enum service)s));
  out_text(x->to, n ? "; anything else is reported as wrong-protocol\n" : "any protocol\n");
  if (v->one_way) out_text(x->to, "  One way: sent is enough, nobody answers by design.\n");
  if (v->silence_ok) out_text(x->to, "  Silence is no failure: an answer proves it, its absence proves nothing.\n");
  out_text(x->to, "  Rules:\n");
  for (size_t r = 0; r < x->policy->n_rules; r++)
    if (rule_has_service(x->policy, &x->policy->rule[r], i)) explain_rule_line(x, (int)r);
}

static void explain_parameter(const struct explain *x, int i) {
  const struct policy_parameter *v = &x->policy->parameter[i];
  char usual[PORT_RANGE_TEXT_SIZE], here[PORT_RANGE_TEXT_SIZE];
  heading(x, "Parameter", v->name, v->title);
  out_printf(x->to, "  Here: %s%s; usual: %s\n", port_range_print(here, &x->site->parameter[i]),
             x->site->parameter_given[i] ? " (given by the site)" : "", port_range_print(usual, &v->value));
  for (size_t k = 0; k < x->policy->n_services; k++) {
    const struct policy_service *s = &x->policy->service[k];
    for (size_t n = 0; n < s->n_ports; n++)
      if (s->ports[n].parameter == i) out_printf(x->to, "  Used by service %s\n", s->name);
  }
}

static bool is(const char *name, const char *wanted) { return name && strcmp(name, wanted) == 0; }

static void explain_switch(const struct explain *x, int i) {
  const char *name = x->policy->switches[i];
  const struct policy *p = x->policy;
  out_printf(x->to, "Switch %s: %s at this site\n", name, x->site->switch_on[i] ? "on" : "off");
  out_text(x->to, "  In force when it is on:\n");
  for (size_t r = 0; r < p->n_rules; r++)
    if (is(p->rule[r].when, name)) explain_rule_line(x, (int)r);
  out_text(x->to, "  In force when it is off:\n");
  for (size_t r = 0; r < p->n_rules; r++)
    if (is(p->rule[r].unless, name)) explain_rule_line(x, (int)r);
}

static int find_stage(const struct policy *p, const char *name) {
  for (size_t i = 0; i < p->n_stages; i++)
    if (strcmp(p->stage[i].name, name) == 0) return (int)i;
  return -1;
}

static void explain_stage(const struct explain *x, int i) {
  const struct policy_stage *s = &x->policy->stage[i];
  heading(x, "Stage", s->name, s->title);
  out_printf(x->to, "  Number %d of %zu\n", i + 1, x->policy->n_stages);
  for (size_t k = 0; k < s->n_rules; k++) explain_rule_line(x, s->rule[k]);
}

/* Names of each kind, for suggestions. */
#define NAME_AT(kind, member) \
  static const char *kind##_at(const struct policy *p, size_t i) { return p->member; }
NAME_AT(rule, rule[i].id)
NAME_AT(feature, feature[i].name)
NAME_AT(method, method[i].name)
NAME_AT(group, group[i].name)
NAME_AT(role, role[i].name)
NAME_AT(service, service[i].name)
NAME_AT(parameter, parameter[i].name)
NAME_AT(switch, switches[i])
NAME_AT(stage, stage[i].name)
#undef NAME_AT

static const struct kind {
  int (*find)(const struct policy *p, const char *name);
  void (*explain)(const struct explain *x, int i);
  const char *(*name_at)(const struct policy *p, size_t i);
  size_t count; /* offset of the count in struct policy */
} kind[] = {
    {policy_feature_find, explain_feature, feature_at, offsetof(struct policy, n_features)},
    {policy_method_find, explain_method, method_at, offsetof(struct policy, n_methods)},
    {policy_rule_find, explain_rule, rule_at, offsetof(struct policy, n_rules)},
    {policy_group_find, explain_group, group_at, offsetof(struct policy, n_groups)},
    {policy_role_find, explain_role, role_at, offsetof(struct policy, n_roles)},
    {policy_service_find, explain_service, service_at, offsetof(struct policy, n_services)},
    {policy_parameter_find, explain_parameter, parameter_at, offsetof(struct policy, n_parameters)},
    {policy_switch_find, explain_switch, switch_at, offsetof(struct policy, n_switches)},
    {find_stage, explain_stage, stage_at, offsetof(struct policy, n_stages)},
};
enum { KINDS = sizeof kind / sizeof *kind };

/* "tcp/445", "udp/9", "445" (both), "icmp-echo", "icmp". False: not a port. */
static bool parse_port(const char *what, struct explain_port *out) {
  static const struct {
    const char *prefix;
    unsigned transports;
  } form[] = {
      {"tcp/", 1u << TRANSPORT_TCP}, {"udp/", 1u << TRANSPORT_UDP}, {"", 1u << TRANSPORT_TCP | 1u << TRANSPORT_UDP}};
  if (strcmp(what, "icmp") == 0 || strcmp(what, "icmp-echo") == 0) {
    *out = (struct explain_port){1u << TRANSPORT_ICMP_ECHO, 0};
    return true;
  }
  for (size_t i = 0; i < sizeof form / sizeof *form; i++) {
    size_t n = strlen(form[i].prefix);
    struct port_range r;
    if (strncmp(what, form[i].prefix, n) != 0 || !port_range_parse(what + n, &r, NULL) || r.first != r.last) continue;
    *out = (struct explain_port){form[i].transports, r.first};
    return true;
  }
  return false;
}

static bool service_covers(const struct explain *x, int service, const struct explain_port *port) {
  const struct policy_service *v = &x->policy->service[service];
  if (!(port->transports >> v->transport & 1)) return false;
  if (v->transport == TRANSPORT_ICMP_ECHO) return true;
  for (size_t k = 0; k < v->n_ports; k++) {
    struct port_range r = site_service_ports(x->policy, x->site, service, k);
    if (r.first <= port->number && port->number <= r.last) return true;
  }
  return false;
}

static bool rule_covers(const struct explain *x, const struct policy_rule *r, const struct explain_port *port) {
  if (r->service >= 0) return service_covers(x, r->service, port);
  if (r->group < 0) return false;
  const struct policy_group *g = &x->policy->group[r->group];
  for (size_t k = 0; k < g->n_services; k++)
    if (service_covers(x, g->service[k], port)) return true;
  return false;
}

static bool ports_hold(const struct port_range *r, size_t n, uint16_t port) {
  for (size_t i = 0; i < n; i++)
    if (r[i].first <= port && port <= r[i].last) return true;
  return false;
}

static bool allow_covers(const struct site_allow *a, const struct explain_port *port) {
  if (port->transports >> TRANSPORT_ICMP_ECHO & 1) return a->icmp_echo;
  return ((port->transports >> TRANSPORT_TCP & 1) && ports_hold(a->tcp, a->n_tcp, port->number)) ||
         ((port->transports >> TRANSPORT_UDP & 1) && ports_hold(a->udp, a->n_udp, port->number));
}

/* The rules that document a port, in full, or one a line when there are many. Returns how many. */
static size_t port_rules_print(const struct explain *x, const char *what, const struct explain_port *port) {
  enum { IN_FULL = 40 };
  const struct policy *p = x->policy;
  size_t n = 0;
  for (size_t r = 0; r < p->n_rules; r++) n += rule_covers(x, &p->rule[r], port);
  if (n) out_printf(x->to, "%s is documented by:\n\n", what);
  for (size_t r = 0; r < p->n_rules; r++) {
    if (!rule_covers(x, &p->rule[r], port)) continue;
    if (n <= IN_FULL)
      explain_rule(x, (int)r);
    else
      explain_rule_line(x, (int)r);
  }
  return n;
}

static void explain_port(const struct explain *x, const char *what, const struct explain_port *port) {
  const struct policy *p = x->policy;
  size_t n = port_rules_print(x, what, port);
  for (size_t i = 0; i < x->site->n_allows; i++) {
    if (!allow_covers(&x->site->allow[i], port)) continue;
    out_printf(x->to, "%s: allowed by this site: %s\n\n", x->site->allow[i].id, x->site->allow[i].why);
    n++;
  }
  if (n) return;
  out_printf(x->to, "%s is documented by no rule of %s", what, p->name);
  out_printf(x->to, x->site->n_allows ? " and by no allow entry of this site.\n" : ".\n");
  out_printf(
      x->to,
      "An answer on it from %s is reported as unexpected-open, unless an endpoint mapper or DCOM announced it.\n",
      p->audited_role >= 0 ? "an audited host" : "a host with a role");
}

static int nothing_found(const struct policy *p, const char *what, struct err *e) {
  struct text_nearest nearest = {.wanted = what};
  for (size_t k = 0; k < KINDS; k++) {
    size_t n = *(const size_t *)(const void *)((const char *)p + kind[k].count);
    for (size_t i = 0; i < n && i < 1000; i++) text_nearest_offer(&nearest, kind[k].name_at(p, i));
  }
  if (nearest.best)
    err_set(e, "the policy says nothing of \"%.80s\"; did you mean \"%s\"?", what, nearest.best);
  else
    err_set(
        e,
        "the policy says nothing of \"%.80s\"; name a port (tcp/445), a rule, feature, method, group, role, service, "
        "parameter or switch; \"wallwitness policy show\" lists them",
        what);
  return -ENOENT;
}

int policy_explain(const struct policy *p, const struct site *s, const char *what, struct out *to, struct err *e) {
  struct explain x = {p, s, to};
  struct explain_port port;
  size_t n = 0;
  if (parse_port(what, &port)) {
    explain_port(&x, what, &port);
    return 0;
  }
  for (size_t k = 0; k < KINDS; k++) {
    int i = kind[k].find(p, what);
    if (i < 0) continue;
    if (n++) out_char(to, '\n');
    kind[k].explain(&x, i);
  }
  return n ? 0 : nothing_found(p, what, e);
}
