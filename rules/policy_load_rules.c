/* Rules and constraints of a policy: reading them, and what must hold between several of them. */
#include <stdlib.h>
#include <string.h>

#include "rules/policy_load_internal.h"
#include "rules/site_text.h"
#include "util/array.h"

enum { SWITCHES_MAX = 1024 };
#define FIELDS(table) (sizeof(table) / sizeof *(table))

enum rule_field {
  RULE_ID,
  RULE_TITLE,
  RULE_FEATURE,
  RULE_FROM,
  RULE_TO,
  RULE_SERVICE,
  RULE_GROUP,
  RULE_MANUAL,
  RULE_DIRECTION,
  RULE_NEED,
  RULE_WHEN,
  RULE_UNLESS,
  RULE_WINDOW_S,
  RULE_REF,
  RULE_NOTE,
  RULE_FIX,
  RULE_FIX_COMMAND,
  RULE_FIELDS
};
static const struct json_field rule_field[] = {
    [RULE_ID] = {"id", IS_TEXT},
    [RULE_TITLE] = {"title", IS_TEXT | MAY_BE_ABSENT},
    [RULE_FEATURE] = {"feature", IS_TEXT},
    [RULE_FROM] = {"from", IS_TEXT | IS_LIST},
    [RULE_TO] = {"to", IS_TEXT | IS_LIST},
    [RULE_SERVICE] = {"service", IS_TEXT | MAY_BE_ABSENT},
    [RULE_GROUP] = {"group", IS_TEXT | MAY_BE_ABSENT},
    [RULE_MANUAL] = {"manual", IS_BOOL | MAY_BE_ABSENT},
    [RULE_DIRECTION] = {"direction", IS_TEXT | MAY_BE_ABSENT},
    [RULE_NEED] = {"need", IS_TEXT | IS_OBJECT | MAY_BE_ABSENT},
    [RULE_WHEN] = {"when", IS_TEXT | MAY_BE_ABSENT},
    [RULE_UNLESS] = {"unless", IS_TEXT | MAY_BE_ABSENT},
    [RULE_WINDOW_S] = {"window_s", IS_NUMBER | MAY_BE_ABSENT},
    [RULE_REF] = {"ref", IS_TEXT | MAY_BE_ABSENT},
    [RULE_NOTE] = {"note", IS_TEXT | MAY_BE_ABSENT},
    [RULE_FIX] = {"fix", IS_TEXT | MAY_BE_ABSENT},
    [RULE_FIX_COMMAND] = {"fix_command", IS_TEXT | MAY_BE_ABSENT},
};
_Static_assert(FIELDS(rule_field) == RULE_FIELDS && (int)RULE_FIELDS <= (int)JSON_FIELDS_MAX, "one row a field");

static const char *direction_name(unsigned both) { return both ? "both" : "one-way"; }
static const char *plain_need_name(unsigned n) { return policy_need_name((enum policy_need)n); }

/* "required", "optional", {"one_of": SET} or {"fallback_for": RULE} */
static void need_read(struct policy_loader *l, const struct json_value *v, struct policy_rule *r) {
  enum { ONE_OF, FALLBACK_FOR };
  static const struct json_field field[] = {
      [ONE_OF] = {"one_of", IS_TEXT | MAY_BE_ABSENT},
      [FALLBACK_FOR] = {"fallback_for", IS_TEXT | MAY_BE_ABSENT},
  };
  if (!v || v->kind == JSON_STRING) {
    r->need = (enum policy_need)policy_choice_read(l, v, (struct name_table){plain_need_name, NEED_ONE_OF});
    return;
  }
  const struct json_value *found[FIELDS(field)];
  json_fields_read(&l->log, v, field, FIELDS(field), found);
  if (!found[ONE_OF] == !found[FALLBACK_FOR]) {
    problem_at(&l->log, v, "must hold either \"one_of\" or \"fallback_for\"");
  } else if (found[ONE_OF]) {
    r->need = NEED_ONE_OF;
    r->one_of = json_name_take(&l->log, found[ONE_OF]);
  } else {
    r->need = NEED_FALLBACK_FOR;
    r->fallback_for = json_name_refer(&l->log, found[FALLBACK_FOR], &l->rules, "rule");
  }
}

/* A switch is defined by its first use. */
static char *switch_read(struct policy_loader *l, const struct json_value *v) {
  char *name = json_name_take(&l->log, v);
  if (!name || name_index_find(&l->switches, name) >= 0) return name;
  if (l->switches.n >= SWITCHES_MAX) {
    problem_at(&l->log, v, "one switch more than %d", SWITCHES_MAX);
    return name;
  }
  if (name_index_add(&l->switches, name) < 0) l->log.no_memory = true;
  return name;
}

static void what_read(struct policy_loader *l, const struct json_value *v, const struct json_value *const *found,
                      struct policy_rule *r) {
  r->service = r->group = -1;
  r->manual = json_bool_take(found[RULE_MANUAL]);
  if (found[RULE_SERVICE]) r->service = json_name_refer(&l->log, found[RULE_SERVICE], &l->services, "service");
  if (found[RULE_GROUP]) r->group = json_name_refer(&l->log, found[RULE_GROUP], &l->groups, "group");
  int ways = (found[RULE_SERVICE] != NULL) + (found[RULE_GROUP] != NULL) + r->manual;
  if (ways == 0) problem_at(&l->log, v, "allows nothing; add \"service\", \"group\" or \"manual\": true");
  if (ways > 1) problem_at(&l->log, v, "must have only one of \"service\", \"group\" and \"manual\": true");
}

/* A text that may name parameters and roles in braces; those must exist. */
static char *fix_take(struct policy_loader *l, const struct json_value *v) {
  char *text = json_text_take(&l->log, v);
  struct placeholder found;
  for (const char *at = text; at && placeholder_next(at, &found); at = found.end) {
    if (name_index_find(&l->parameters, found.name) >= 0 || name_index_find(&l->roles, found.name) >= 0) continue;
    const char *nearest = problem_log_full(&l->log) ? NULL : name_index_nearest(&l->parameters, found.name);
    if (!nearest && !problem_log_full(&l->log)) nearest = name_index_nearest(&l->roles, found.name);
    if (nearest)
      problem_at(&l->log, v, "\"{%s}\" names no parameter or role; did you mean \"{%s}\"?", found.name, nearest);
    else
      problem_at(&l->log, v, "\"{%s}\" names no parameter or role", found.name);
  }
  return text;
}

void policy_rule_read(struct policy_loader *l, const struct json_value *v, void *entry) {
  struct policy_rule *r = entry;
  const struct json_value *found[RULE_FIELDS];
  r->fallback_for = r->feature = r->service = r->group = -1;
  if (!json_fields_read(&l->log, v, rule_field, RULE_FIELDS, found)) return;
  if (r->id && strcmp(r->id, "unexpected-open") == 0)
    problem_at(&l->log, found[RULE_ID], "\"%s\" has a meaning of its own in waivers; choose another id", r->id);
  r->title = policy_text_or(l, found[RULE_TITLE], r->id ? r->id : "");
  if (found[RULE_FEATURE]) r->feature = json_name_refer(&l->log, found[RULE_FEATURE], &l->features, "feature");
  struct policy_references roles = {&l->roles, "role"};
  policy_references_read(l, found[RULE_FROM], roles, &r->from, &r->n_from);
  policy_references_read(l, found[RULE_TO], roles, &r->to, &r->n_to);
  what_read(l, v, found, r);
  r->both = policy_choice_read(l, found[RULE_DIRECTION], (struct name_table){direction_name, 2});
  need_read(l, found[RULE_NEED], r);
  r->when = switch_read(l, found[RULE_WHEN]);
  r->unless = switch_read(l, found[RULE_UNLESS]);
  r->window_s = (double)json_count_take(&l->log, found[RULE_WINDOW_S], 31536000);
  r->ref = policy_text_or(l, found[RULE_REF], "");
  r->note = json_text_take(&l->log, found[RULE_NOTE]);
  r->fix = fix_take(l, found[RULE_FIX]);
  r->fix_command = fix_take(l, found[RULE_FIX_COMMAND]);
}

/* Follows fallback_for from each rule; colours say what is known. A rule met again on the way is a cycle. */
static void fallback_check(struct policy_loader *l, const struct json_value *rules) {
  enum { UNKNOWN, ON_THE_WAY, SOUND };
  struct policy *p = l->policy;
  unsigned char *colour = array_new(p->n_rules, 1);
  if (!colour) {
    l->log.no_memory = true;
    return;
  }
  const struct json_value *v = rules->first;
  for (size_t i = 0; i < p->n_rules; i++, v = v->next) {
    int at = (int)i;
    while (at >= 0 && colour[at] == UNKNOWN) {
      colour[at] = ON_THE_WAY;
      at = p->rule[at].fallback_for;
    }
    if (at >= 0 && colour[at] == ON_THE_WAY)
      problem_at(&l->log, v, "rule \"%s\" falls back on itself, through \"%s\"; break the circle of fallback_for",
                 p->rule[at].id, p->rule[p->rule[at].fallback_for].id);
    for (at = (int)i; at >= 0 && colour[at] == ON_THE_WAY; at = p->rule[at].fallback_for) colour[at] = SOUND;
  }
  free(colour);
}

static void switches_take(struct policy_loader *l) {
  struct policy *p = l->policy;
  p->switches = array_new(l->switches.n, sizeof *p->switches);
  for (size_t i = 0; p->switches && i < l->switches.n; i++) {
    p->switches[i] = strdup(l->switches.name[i]);
    if (!p->switches[i]) break;
    p->n_switches++;
  }
  if (p->n_switches != l->switches.n || !p->switches) l->log.no_memory = true;
}

void policy_rules_check(struct policy_loader *l) {
  const struct json_value *rules = json_value_member(json_doc_root(l->log.doc), "rules");
  switches_take(l);
  if (l->log.n == 0 && !l->log.no_memory && rules) fallback_check(l, rules);
}

static const char *constraint_kind_name(unsigned k) { return policy_constraint_name((enum policy_constraint_kind)k); }

static void constraint_read(struct policy_loader *l, const struct json_value *v, struct policy_constraint *c) {
  enum { KIND, HTTP, HTTPS, REF };
  static const struct json_field field[] = {
      [KIND] = {"kind", IS_TEXT},
      [HTTP] = {"http", IS_TEXT},
      [HTTPS] = {"https", IS_TEXT},
      [REF] = {"ref", IS_TEXT | MAY_BE_ABSENT},
  };
  const struct json_value *found[FIELDS(field)];
  if (!json_fields_read(&l->log, v, field, FIELDS(field), found)) return;
  c->kind = (enum policy_constraint_kind)policy_choice_read(
      l, found[KIND], (struct name_table){constraint_kind_name, CONSTRAINT_KIND_COUNT});
  c->http = found[HTTP] ? json_name_refer(&l->log, found[HTTP], &l->parameters, "parameter") : -1;
  c->https = found[HTTPS] ? json_name_refer(&l->log, found[HTTPS], &l->parameters, "parameter") : -1;
  c->ref = policy_text_or(l, found[REF], "");
  if (c->http < 0 || c->https < 0) return;
  const struct policy_parameter *http = &l->policy->parameter[c->http], *https = &l->policy->parameter[c->https];
  if (http->is_range || https->is_range)
    problem_at(&l->log, v, "both parameters must be of type \"port\"");
  else if (https->value.first != policy_constraint_https(c, http->value.first))
    problem_at(&l->log, v, "the defaults break it: %s is %u and %s is %u, but must be %u", http->name,
               (unsigned)http->value.first, https->name, (unsigned)https->value.first,
               (unsigned)policy_constraint_https(c, http->value.first));
}

void policy_constraints_read(struct policy_loader *l, const struct json_value *v) {
  enum { CONSTRAINTS_MAX = 64 };
  struct policy *p = l->policy;
  if (v->n_children > CONSTRAINTS_MAX) {
    problem_at(&l->log, v, "%u entries; at most %d", (unsigned)v->n_children, CONSTRAINTS_MAX);
    return;
  }
  p->constraint = array_new(v->n_children, sizeof *p->constraint);
  if (!p->constraint) {
    l->log.no_memory = true;
    return;
  }
  for (const struct json_value *m = v->first; m; m = m->next) constraint_read(l, m, &p->constraint[p->n_constraints++]);
}
