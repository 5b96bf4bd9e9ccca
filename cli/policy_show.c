/* By feature: who may reach whom, with what, and how binding that is. Features and switches that the site does not ask
 * for are marked. Columns are as wide as their longest text. */
#include "cli/policy_show.h"

#include <stdio.h>
#include <string.h>

/* A text that stops at its end. */
struct cell {
  char text[160];
};

__attribute__((format(printf, 2, 3))) static void cell_add(struct cell *c, const char *format, ...) {
  size_t at = strlen(c->text);
  va_list args;
  va_start(args, format);
  vsnprintf(c->text + at, sizeof c->text - at, format, args);
  va_end(args);
}

static void cell_roles(struct cell *c, const struct policy *p, const int *role, size_t n) {
  for (size_t i = 0; i < n; i++) cell_add(c, "%s%s", i ? " or " : "", p->role[role[i]].name);
}

static void cell_ports(struct cell *c, const struct site *s, const struct policy_service *service) {
  static const char *const transport[TRANSPORT_COUNT] = {
      [TRANSPORT_TCP] = "TCP", [TRANSPORT_UDP] = "UDP", [TRANSPORT_ICMP_ECHO] = "ICMP echo"};
  cell_add(c, "%s", transport[service->transport]);
  for (size_t i = 0; i < service->n_ports; i++) {
    const struct policy_ports *ports = &service->ports[i];
    struct port_range r = ports->parameter >= 0 ? s->parameter[ports->parameter] : ports->literal;
    if (r.first == r.last)
      cell_add(c, "%s%u", i ? ", " : " ", r.first);
    else
      cell_add(c, "%s%u-%u", i ? ", " : " ", r.first, r.last);
  }
  if (service->learned) cell_add(c, "%s", service->n_ports ? " or as announced" : ", port as announced");
}

static void cell_service(struct cell *c, const struct policy *p, const struct site *s, const struct policy_rule *r) {
  if (r->service >= 0) {
    const struct policy_service *service = &p->service[r->service];
    if (service->transport != TRANSPORT_ICMP_ECHO) cell_add(c, "%s: ", service->title);
    cell_ports(c, s, service);
  } else if (r->group >= 0) {
    cell_add(c, "group %s", p->group[r->group].title);
  } else {
    cell_add(c, "by hand: %s", r->title);
  }
}

static void cell_need(struct cell *c, const struct policy *p, const struct policy_rule *r) {
  cell_add(c, "%s",
           r->need == NEED_ONE_OF         ? "one of"
           : r->need == NEED_FALLBACK_FOR ? "fallback"
                                          : policy_need_name(r->need));
  if (r->need == NEED_ONE_OF && r->one_of) cell_add(c, " %s", r->one_of);
  if (r->need == NEED_FALLBACK_FOR && r->fallback_for >= 0) cell_add(c, " for %s", p->rule[r->fallback_for].id);
  if (r->when) cell_add(c, ", when %s", r->when);
  if (r->unless) cell_add(c, ", unless %s", r->unless);
}

enum { COLUMNS = 4 };
struct row {
  struct cell cell[COLUMNS]; /* rule, from and to, service, need */
};

static struct row row_make(const struct policy *p, const struct site *s, const struct policy_rule *r) {
  struct row row = {0};
  cell_add(&row.cell[0], "%s", r->id);
  cell_roles(&row.cell[1], p, r->from, r->n_from);
  cell_add(&row.cell[1], "%s", r->both ? " <-> " : " -> ");
  cell_roles(&row.cell[1], p, r->to, r->n_to);
  cell_service(&row.cell[2], p, s, r);
  cell_need(&row.cell[3], p, r);
  return row;
}

/* The group of each rule that names one, written out once. */
static void show_groups(const struct policy *p, const struct site *s, struct out *to) {
  for (size_t g = 0; g < p->n_groups; g++) {
    out_printf(to, "\ngroup %s:\n", p->group[g].title);
    for (size_t i = 0; i < p->group[g].n_services; i++) {
      const struct policy_service *service = &p->service[p->group[g].service[i]];
      struct cell c = {""};
      cell_ports(&c, s, service);
      out_printf(to, "  %s: %s%s\n", service->title, c.text, p->group[g].optional[i] ? " (optional)" : "");
    }
  }
}

void policy_show(const struct policy *p, const struct site *s, struct out *to) {
  int width[COLUMNS] = {0};
  for (size_t i = 0; i < p->n_rules; i++) {
    struct row row = row_make(p, s, &p->rule[i]);
    for (int c = 0; c < COLUMNS; c++) {
      int len = (int)strlen(row.cell[c].text);
      if (len > width[c]) width[c] = len;
    }
  }
  out_printf(to, "%s: %s\n", p->name, p->title);
  if (p->source_title[0]) out_printf(to, "source: %s\n", p->source_title);
  for (size_t f = 0; f < p->n_features; f++) {
    out_printf(to, "\n%s: %s%s\n", p->feature[f].name, p->feature[f].title, s->feature[f] ? "" : " (not asked for)");
    for (size_t i = 0; i < p->n_rules; i++) {
      if (p->rule[i].feature != (int)f) continue;
      struct row row = row_make(p, s, &p->rule[i]);
      out_printf(to, "  %-*s  %-*s  %-*s  %s\n", width[0], row.cell[0].text, width[1], row.cell[1].text, width[2],
                 row.cell[2].text, row.cell[3].text);
    }
  }
  show_groups(p, s, to);
}
