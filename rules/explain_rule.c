/* One rule in words: who may reach whom with what, whether it is needed here, where it is written and how to open it.
 */
#include <string.h>

#include "rules/explain_internal.h"
#include "rules/site_text.h"

static void roles_print(const struct explain *x, const int *role, size_t n) {
  for (size_t i = 0; i < n; i++) out_printf(x->to, "%s%s", i ? " or " : "", x->policy->role[role[i]].title);
}

static void what_print(const struct explain *x, const struct policy_rule *r) {
  if (r->service >= 0)
    site_service_print(x->policy, x->site, r->service, x->to);
  else if (r->group >= 0)
    out_printf(x->to, "the Windows Firewall group %s", x->policy->group[r->group].title);
  else
    out_text(x->to, "a program exception");
}

static void group_print(const struct explain *x, const struct policy_rule *r) {
  if (r->group < 0) return;
  const struct policy_group *g = &x->policy->group[r->group];
  for (size_t k = 0; k < g->n_services; k++) {
    out_text(x->to, k ? "               " : "    Which is:  ");
    site_service_print(x->policy, x->site, g->service[k], x->to);
    out_text(x->to, g->optional[k] ? ", optional\n" : "\n");
  }
}

/* The rules of the same set, a few of them. */
static void alternatives_print(const struct explain *x, int i) {
  enum { SHOWN = 8 };
  const struct policy *p = x->policy;
  size_t n = 0;
  out_text(x->to, "this one");
  for (size_t k = 0; k < p->n_rules && n <= SHOWN; k++) {
    const struct policy_rule *other = &p->rule[k];
    if (k == (size_t)i || other->need != NEED_ONE_OF || strcmp(other->one_of, p->rule[i].one_of) != 0) continue;
    out_printf(x->to, " or %s", n++ < SHOWN ? other->id : "others");
  }
}

static void need_print(const struct explain *x, int i) {
  const struct policy *p = x->policy;
  const struct policy_rule *r = &p->rule[i];
  out_text(x->to, "    Needed:    ");
  if (r->need == NEED_REQUIRED) out_text(x->to, "yes");
  if (r->need == NEED_OPTIONAL) out_text(x->to, "no, but it may be used");
  if (r->need == NEED_FALLBACK_FOR) out_printf(x->to, "when %s does not get through", p->rule[r->fallback_for].id);
  if (r->need == NEED_ONE_OF) alternatives_print(x, i);
  out_printf(x->to, ", for %s\n", p->feature[r->feature].title);
}

static void here_print(const struct explain *x, int i) {
  const struct policy_rule *r = &x->policy->rule[i];
  out_text(x->to, "    Here:      ");
  if (!rule_asked_for(x->policy, x->site, i))
    out_text(x->to, "not in force: the site does not ask for the feature\n");
  else if (rule_applies(x->policy, x->site, i))
    out_text(x->to, "in force\n");
  else if (r->when && r->unless)
    out_printf(x->to, "not in force: switch %s must be on and %s off\n", r->when, r->unless);
  else if (r->when)
    out_printf(x->to, "not in force: switch %s is off\n", r->when);
  else
    out_printf(x->to, "not in force: switch %s is on\n", r->unless);
}

static void text_print(const struct explain *x, const char *label, const char *text) {
  if (!text || !text[0]) return;
  out_printf(x->to, "    %-10s ", label);
  site_text_print(x->policy, x->site, text, x->to);
  out_char(x->to, '\n');
}

void explain_rule(const struct explain *x, int i) {
  const struct policy_rule *r = &x->policy->rule[i];
  out_printf(x->to, "Rule %s: %s\n    Who:       ", r->id, r->title);
  roles_print(x, r->from, r->n_from);
  out_text(x->to, " to ");
  roles_print(x, r->to, r->n_to);
  out_text(x->to, r->both ? ", and back\n    What:      " : "\n    What:      ");
  what_print(x, r);
  out_text(x->to, r->manual ? "; no packet shows it, so it is never judged from a capture\n" : "\n");
  group_print(x, r);
  need_print(x, i);
  here_print(x, i);
  if (r->window_s > 0)
    out_printf(x->to, "    Time:      may be silent for %.0f seconds; a shorter capture cannot show its absence\n",
               r->window_s);
  text_print(x, "Reference:", r->ref);
  text_print(x, "Note:", r->note);
  text_print(x, "To allow:", r->fix);
  text_print(x, "Command:", r->fix_command);
  out_char(x->to, '\n');
}

void explain_rule_line(const struct explain *x, int i) {
  const struct policy_rule *r = &x->policy->rule[i];
  out_printf(x->to, "    %-26s ", r->id);
  roles_print(x, r->from, r->n_from);
  out_text(x->to, r->both ? " <-> " : " -> ");
  roles_print(x, r->to, r->n_to);
  out_text(x->to, ", ");
  what_print(x, r);
  out_char(x->to, '\n');
}
