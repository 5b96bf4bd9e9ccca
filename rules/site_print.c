/* A site file in its own language. */
#include <string.h>

#include "rules/address_text.h"
#include "rules/json_write.h"
#include "rules/site.h"

static void key_ports(struct json *j, const char *key, const struct port_range *ports, size_t n) {
  if (!n) return;
  json_key(j, key);
  json_array(j, false);
  for (size_t i = 0; i < n; i++) json_port_range(j, &ports[i]);
  json_end(j);
}

/* Long lists one address a line, short ones on one line. */
static void key_ranges(struct json *j, const char *key, const struct address_range *r, size_t n) {
  enum { ON_ONE_LINE = 4 };
  char text[ADDRESS_RANGE_TEXT_SIZE];
  json_key(j, key);
  json_array(j, n > ON_ONE_LINE);
  for (size_t i = 0; i < n; i++) json_text(j, address_range_print(text, &r[i]));
  json_end(j);
}

static void roles_print(struct json *j, const struct policy *p, const struct site *s) {
  json_key(j, "roles");
  json_object(j, true);
  for (size_t i = 0; i < s->n_roles; i++)
    if (s->n_role_ranges[i]) key_ranges(j, p->role[i].name, s->role[i], s->n_role_ranges[i]);
  json_end(j);
}

/* Nothing when every feature is asked for: that is what leaving it out means. */
static void features_print(struct json *j, const struct policy *p, const struct site *s) {
  bool all = true;
  for (size_t i = 0; i < p->n_features; i++) all = all && s->feature[i];
  if (all) return;
  json_key(j, "features");
  json_array(j, true);
  for (size_t i = 0; i < p->n_features; i++)
    if (s->feature[i]) json_text(j, p->feature[i].name);
  json_end(j);
}

static void parameters_print(struct json *j, const struct policy *p, const struct site *s) {
  bool any = false;
  for (size_t i = 0; i < p->n_parameters; i++) any = any || s->parameter_given[i];
  if (!any) return;
  json_key(j, "parameters");
  json_object(j, true);
  for (size_t i = 0; i < p->n_parameters; i++) {
    if (!s->parameter_given[i]) continue;
    json_key(j, p->parameter[i].name);
    json_port_range(j, &s->parameter[i]);
  }
  json_end(j);
}

static void switches_print(struct json *j, const struct policy *p, const struct site *s) {
  bool any = false;
  for (size_t i = 0; i < p->n_switches; i++) any = any || s->switch_on[i];
  if (!any) return;
  json_key(j, "switches");
  json_array(j, false);
  for (size_t i = 0; i < p->n_switches; i++)
    if (s->switch_on[i]) json_text(j, p->switches[i]);
  json_end(j);
}

static void end_print(struct json *j, const struct policy *p, const char *key, const struct site_end *end) {
  if (end->role == SITE_END_ANY)
    json_member_text(j, key, "any");
  else if (end->role >= 0)
    json_member_text(j, key, p->role[end->role].name);
  else
    key_ranges(j, key, end->range, end->n_ranges);
}

static void allow_print(struct json *j, const struct policy *p, const struct site *s) {
  if (!s->n_allows) return;
  json_key(j, "allow");
  json_array(j, true);
  for (size_t i = 0; i < s->n_allows; i++) {
    const struct site_allow *a = &s->allow[i];
    json_object(j, true);
    json_member_text(j, "id", a->id);
    end_print(j, p, "from", &a->from);
    end_print(j, p, "to", &a->to);
    key_ports(j, "tcp", a->tcp, a->n_tcp);
    key_ports(j, "udp", a->udp, a->n_udp);
    if (a->icmp_echo) {
      json_key(j, "icmp_echo");
      json_bool(j, true);
    }
    json_member_text(j, "why", a->why);
    json_end(j);
  }
  json_end(j);
}

static void waivers_print(struct json *j, const struct site *s) {
  if (!s->n_waivers) return;
  json_key(j, "waivers");
  json_array(j, true);
  for (size_t i = 0; i < s->n_waivers; i++) {
    const struct site_waiver *w = &s->waiver[i];
    char day[STAMP_TEXT_SIZE];
    json_object(j, true);
    json_member_text(j, "rule", w->rule);
    json_member_text(j, "reason", w->reason);
    json_member_text(j, "ticket", w->ticket);
    if (w->n_hosts) key_ranges(j, "hosts", w->hosts, w->n_hosts);
    key_ports(j, "ports", w->ports, w->n_ports);
    if (stamp_known(w->expires)) {
      json_key(j, "expires");
      json_text_n(j, stamp_print_utc(day, w->expires, 0), strlen("2027-03-31"));
    }
    json_end(j);
  }
  json_end(j);
}

/* A host by its name, which stands for all its addresses, or as written. NULL: its name was printed just before. */
static const char *up_host(char to[ADDRESS_RANGE_TEXT_SIZE], const struct site_up *up, size_t i) {
  const char *name = up->range[i].name;
  if (!name) return address_range_print(to, &up->range[i]);
  return i && up->range[i - 1].name && strcmp(up->range[i - 1].name, name) == 0 ? NULL : name;
}

static void up_hosts_print(struct json *j, const struct policy *p, const struct site_up *up) {
  char text[ADDRESS_RANGE_TEXT_SIZE];
  for (size_t i = 0; i < p->n_roles; i++)
    if (up->roles >> i & 1) json_text(j, p->role[i].name);
  for (size_t i = 0; i < up->n_ranges; i++) {
    const char *host = up_host(text, up, i);
    if (host) json_text(j, host);
  }
}

static void up_print(struct json *j, const struct policy *p, const struct site *s) {
  if (!s->n_ups) return;
  json_key(j, "up");
  json_array(j, true);
  for (size_t i = 0; i < s->n_ups; i++) {
    if (!s->up[i].reason) {
      up_hosts_print(j, p, &s->up[i]);
      continue;
    }
    json_object(j, true);
    json_key(j, "hosts");
    json_array(j, false);
    up_hosts_print(j, p, &s->up[i]);
    json_end(j);
    json_member_text(j, "reason", s->up[i].reason);
    json_end(j);
  }
  json_end(j);
}

void site_up_print(const struct policy *p, const struct site_up *up, struct out *to) {
  char text[ADDRESS_RANGE_TEXT_SIZE];
  const char *before = "";
  for (size_t i = 0; i < p->n_roles; i++) {
    if (!(up->roles >> i & 1)) continue;
    out_printf(to, "%s%s", before, p->role[i].name);
    before = ", ";
  }
  for (size_t i = 0; i < up->n_ranges; i++) {
    const char *host = up_host(text, up, i);
    if (host) out_printf(to, "%s%s", before, host);
    before = ", ";
  }
}

void site_print(const struct site *s, const struct policy *p, struct out *to) {
  struct json j;
  json_init(&j, to);
  json_object(&j, true);
  json_member_text(&j, "policy", s->policy_name);
  json_member_text(&j, "site", s->name);
  roles_print(&j, p, s);
  features_print(&j, p, s);
  parameters_print(&j, p, s);
  switches_print(&j, p, s);
  allow_print(&j, p, s);
  waivers_print(&j, s);
  up_print(&j, p, s);
  json_end(&j);
  out_char(to, '\n');
}
