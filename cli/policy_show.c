/* By feature: who may reach whom, with what, and how binding that is. Features that the site does not ask for are
 * marked. Columns are as wide as their longest text. */
#include "cli/policy_show.h"

#include <stdio.h>
#include <string.h>

#include "rules/site_text.h"

enum { COLUMNS = 3, LAST = COLUMNS };

/* One rule as texts, all in memory: rule, from and to, service, and what it is needed for. */
struct row {
  struct out cell[COLUMNS + 1];
};

static void put_roles(struct out *to, const struct policy *p, const int *role, size_t n) {
  for (size_t i = 0; i < n; i++) out_printf(to, "%s%s", i ? " or " : "", p->role[role[i]].name);
}

static void put_service(struct out *to, const struct policy *p, const struct site *s, const struct policy_rule *r) {
  if (r->service >= 0)
    site_service_print(p, s, r->service, to);
  else if (r->group >= 0)
    out_printf(to, "group %s", p->group[r->group].title);
  else
    out_printf(to, "by hand: %s", r->title);
}

static void put_need(struct out *to, const struct policy *p, const struct policy_rule *r) {
  if (r->need == NEED_ONE_OF)
    out_printf(to, "one of %s", r->one_of);
  else if (r->need == NEED_FALLBACK_FOR)
    out_printf(to, "fallback for %s", p->rule[r->fallback_for].id);
  else
    out_text(to, policy_need_name(r->need));
  if (r->when) out_printf(to, ", when %s", r->when);
  if (r->unless) out_printf(to, ", unless %s", r->unless);
}

static void row_fill(struct row *row, const struct policy *p, const struct site *s, const struct policy_rule *r) {
  for (int c = 0; c <= LAST; c++) out_init(&row->cell[c], NULL);
  out_text(&row->cell[0], r->id);
  put_roles(&row->cell[1], p, r->from, r->n_from);
  out_text(&row->cell[1], r->both ? " <-> " : " -> ");
  put_roles(&row->cell[1], p, r->to, r->n_to);
  put_service(&row->cell[2], p, s, r);
  put_need(&row->cell[LAST], p, r);
}

static void row_drop(struct row *row) {
  for (int c = 0; c <= LAST; c++) out_close(&row->cell[c]);
}

static void row_put(struct row *row, const size_t *width, struct out *to) {
  for (int c = 0; c <= LAST; c++) {
    out_text(to, "  ");
    out_bytes(to, row->cell[c].text, row->cell[c].len);
    for (size_t at = row->cell[c].len; c < LAST && at < width[c]; at++) out_char(to, ' ');
  }
  out_char(to, '\n');
}

static void put_feature(const struct policy *p, const struct site *s, int feature, const size_t *width,
                        struct out *to) {
  out_printf(to, "\n%s: %s%s\n", p->feature[feature].name, p->feature[feature].title,
             s->feature[feature] ? "" : " (not asked for)");
  for (size_t i = 0; i < p->n_rules; i++) {
    if (p->rule[i].feature != feature) continue;
    struct row row;
    row_fill(&row, p, s, &p->rule[i]);
    row_put(&row, width, to);
    row_drop(&row);
  }
}

static void put_group(const struct policy *p, const struct site *s, const struct policy_group *g, struct out *to) {
  out_printf(to, "\ngroup %s:\n", g->title);
  for (size_t i = 0; i < g->n_services; i++) {
    out_text(to, "  ");
    site_service_print(p, s, g->service[i], to);
    out_text(to, g->optional[i] ? ", optional\n" : "\n");
  }
}

/* What the site adds that no rule shows. */
static void put_up(const struct policy *p, const struct site *s, struct out *to) {
  if (s->n_ups) out_text(to, "\nknown to have been up, by other evidence than packets:\n");
  for (size_t i = 0; i < s->n_ups; i++) {
    out_text(to, "  ");
    site_up_print(p, &s->up[i], to);
    if (s->up[i].reason) out_printf(to, ": %s", s->up[i].reason);
    out_char(to, '\n');
  }
}

void policy_show(const struct policy *p, const struct site *s, struct out *to) {
  size_t width[COLUMNS] = {0};
  for (size_t i = 0; i < p->n_rules; i++) {
    struct row row;
    row_fill(&row, p, s, &p->rule[i]);
    for (int c = 0; c < COLUMNS; c++)
      if (row.cell[c].len > width[c]) width[c] = row.cell[c].len;
    row_drop(&row);
  }
  out_printf(to, "%s: %s\n", p->name, p->title);
  if (p->source_title[0]) out_printf(to, "source: %s\n", p->source_title);
  for (size_t f = 0; f < p->n_features; f++) put_feature(p, s, (int)f, width, to);
  for (size_t g = 0; g < p->n_groups; g++) put_group(p, s, &p->group[g], to);
  put_up(p, s, to);
}
