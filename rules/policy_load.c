/* Loading a policy: finding the document (built in, or a file), the two passes over its sections, and what can only be
 * checked when all is known. The sections are a table; their readers are in policy_load_sections.c and
 * policy_load_rules.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/catalogue.h"
#include "rules/policy_load_internal.h"
#include "util/array.h"
#include "util/text.h"

enum root_field {
  ROOT_NAME,
  ROOT_TITLE,
  ROOT_SOURCE,
  ROOT_PARAMETERS,
  ROOT_CONSTRAINTS,
  ROOT_ROLES,
  ROOT_AUDITED_ROLE,
  ROOT_SERVICES,
  ROOT_GROUPS,
  ROOT_FEATURES,
  ROOT_RULES,
  ROOT_METHODS,
  ROOT_STAGES,
  ROOT_SCHEMA,
  ROOT_COUNT
};
static const struct json_field root_field[] = {
    [ROOT_NAME] = {"name", IS_TEXT},
    [ROOT_TITLE] = {"title", IS_TEXT | MAY_BE_ABSENT},
    [ROOT_SOURCE] = {"source", IS_OBJECT | MAY_BE_ABSENT},
    [ROOT_PARAMETERS] = {"parameters", IS_OBJECT | MAY_BE_ABSENT},
    [ROOT_CONSTRAINTS] = {"constraints", IS_LIST | MAY_BE_ABSENT},
    [ROOT_ROLES] = {"roles", IS_OBJECT},
    [ROOT_AUDITED_ROLE] = {"audited_role", IS_TEXT | MAY_BE_ABSENT},
    [ROOT_SERVICES] = {"services", IS_OBJECT},
    [ROOT_GROUPS] = {"groups", IS_OBJECT | MAY_BE_ABSENT},
    [ROOT_FEATURES] = {"features", IS_OBJECT},
    [ROOT_RULES] = {"rules", IS_LIST},
    [ROOT_METHODS] = {"methods", IS_OBJECT | MAY_BE_ABSENT},
    [ROOT_STAGES] = {"stages", IS_LIST | MAY_BE_ABSENT},
    [ROOT_SCHEMA] = {"$schema", IS_TEXT | MAY_BE_ABSENT}, /* for editors; not used */
};
_Static_assert(sizeof root_field / sizeof *root_field == ROOT_COUNT && (int)ROOT_COUNT <= (int)JSON_FIELDS_MAX,
               "one row a field");

/* A section: an object of entries by name, or a list of entries that hold their name. Every entry's struct begins with
 * its name. Offsets are into struct policy and struct policy_loader. */
struct section {
  enum root_field field;
  const char *name_key; /* NULL: the entry's name is its key */
  const char *what;
  size_t items, count, size, index;
  size_t most;
  policy_entry_reader *read;
};
#define SECTION(items_, count_, index_)                                               \
  .items = offsetof(struct policy, items_), .count = offsetof(struct policy, count_), \
  .size = sizeof *((struct policy *)0)->items_, .index = offsetof(struct policy_loader, index_)
static const struct section section[] = {
    {ROOT_PARAMETERS, NULL, "parameter", SECTION(parameter, n_parameters, parameters), 256, policy_parameter_read},
    {ROOT_ROLES, NULL, "role", SECTION(role, n_roles, roles), POLICY_ROLES_MAX, policy_role_read},
    {ROOT_SERVICES, NULL, "service", SECTION(service, n_services, services), 4096, policy_service_read},
    {ROOT_GROUPS, NULL, "group", SECTION(group, n_groups, groups), 1024, policy_group_read},
    {ROOT_FEATURES, NULL, "feature", SECTION(feature, n_features, features), 1024, policy_feature_read},
    {ROOT_RULES, "id", "rule", SECTION(rule, n_rules, rules), 50000, policy_rule_read},
    {ROOT_METHODS, NULL, "method", SECTION(method, n_methods, methods), 64, policy_method_read},
    {ROOT_STAGES, "name", "stage", SECTION(stage, n_stages, stages), 32, policy_stage_read},
};
enum { SECTIONS = sizeof section / sizeof *section };

/* What every entry's struct begins with. */
struct entry {
  char *name;
};
_Static_assert(offsetof(struct policy_parameter, name) == 0 && offsetof(struct policy_role, name) == 0 &&
                   offsetof(struct policy_service, name) == 0 && offsetof(struct policy_group, name) == 0 &&
                   offsetof(struct policy_feature, name) == 0 && offsetof(struct policy_rule, id) == 0 &&
                   offsetof(struct policy_method, name) == 0 && offsetof(struct policy_stage, name) == 0,
               "the name comes first");

static struct entry *entry_at(const struct section *s, void *items, size_t i) {
  return (struct entry *)(void *)((char *)items + i * s->size);
}

static char *entry_name(struct policy_loader *l, const struct section *s, const struct json_value *v) {
  if (!s->name_key) return json_key_take(&l->log, v);
  const struct json_value *name = json_value_member(v, s->name_key);
  return name && name->kind == JSON_STRING ? json_name_take(&l->log, name) : NULL; /* its absence shows in pass 2 */
}

/* Pass 1: room for all entries, and their names. */
static void define_section(struct policy_loader *l, const struct section *s, const struct json_value *v) {
  if (v->n_children > s->most) {
    problem_at(&l->log, v, "%u entries; at most %zu", (unsigned)v->n_children, s->most);
    return;
  }
  void **items = (void **)(void *)((char *)l->policy + s->items);
  size_t *count = (size_t *)(void *)((char *)l->policy + s->count);
  struct name_index *index = (struct name_index *)(void *)((char *)l + s->index);
  *items = array_new(v->n_children, s->size);
  if (!*items) {
    l->log.no_memory = true;
    return;
  }
  for (const struct json_value *m = v->first; m; m = m->next) {
    struct entry *e = entry_at(s, *items, (*count)++);
    e->name = entry_name(l, s, m);
    const struct json_value *named = s->name_key ? json_value_member(m, s->name_key) : m;
    if (e->name) json_name_define(&l->log, s->name_key ? named : m, index, e->name, s->what);
  }
}

/* Pass 2: everything else about the entries. */
static void read_section(struct policy_loader *l, const struct section *s, const struct json_value *v) {
  void *items = *(void **)(void *)((char *)l->policy + s->items);
  size_t n = *(size_t *)(void *)((char *)l->policy + s->count), i = 0;
  for (const struct json_value *m = v->first; m && i < n; m = m->next, i++) s->read(l, m, entry_at(s, items, i));
}

static void read_source(struct policy_loader *l, const struct json_value *v) {
  static const struct json_field field[] = {
      {"title", IS_TEXT | MAY_BE_ABSENT},
      {"cite", IS_TEXT | MAY_BE_ABSENT},
      {"retrieved", IS_TEXT | MAY_BE_ABSENT},
      {"sha256", IS_TEXT | MAY_BE_ABSENT},
  };
  const struct json_value *found[4] = {NULL};
  if (v) json_fields_read(&l->log, v, field, 4, found);
  l->policy->source_title = policy_text_or(l, found[0], "");
  l->policy->source_cite = policy_text_or(l, found[1], "");
  l->policy->source_retrieved = policy_text_or(l, found[2], "");
  l->policy->source_sha256 = policy_text_or(l, found[3], "");
}

static void read_root(struct policy_loader *l, const struct json_value *root) {
  const struct json_value *found[ROOT_COUNT];
  if (!json_fields_read(&l->log, root, root_field, ROOT_COUNT, found)) return;
  struct policy *p = l->policy;
  p->name = json_name_take(&l->log, found[ROOT_NAME]);
  p->title = policy_text_or(l, found[ROOT_TITLE], p->name ? p->name : "");
  read_source(l, found[ROOT_SOURCE]);
  for (size_t i = 0; i < SECTIONS; i++)
    if (found[section[i].field]) define_section(l, &section[i], found[section[i].field]);
  for (size_t i = 0; i < SECTIONS; i++)
    if (found[section[i].field]) read_section(l, &section[i], found[section[i].field]);
  if (found[ROOT_AUDITED_ROLE]) p->audited_role = json_name_refer(&l->log, found[ROOT_AUDITED_ROLE], &l->roles, "role");
  if (found[ROOT_CONSTRAINTS]) policy_constraints_read(l, found[ROOT_CONSTRAINTS]);
  policy_rules_check(l);
}

static bool loader_start(struct policy_loader *l, const struct json_doc *doc) {
  *l = (struct policy_loader){.log.doc = doc, .policy = array_new(1, sizeof *l->policy)};
  if (!l->policy) return false;
  l->policy->audited_role = -1;
  memcpy(l->policy->sha256, json_doc_sha256(doc), sizeof l->policy->sha256);
  for (unsigned s = SERVICE_UNKNOWN + 1; s < SERVICE_COUNT; s++)
    if (name_index_add(&l->applications, service_name((enum service)s)) < 0) return false;
  return true;
}

static void loader_finish(struct policy_loader *l) {
  struct name_index *all[] = {&l->parameters, &l->roles,   &l->services, &l->groups,   &l->features,
                              &l->rules,      &l->methods, &l->stages,   &l->switches, &l->applications};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) name_index_free(all[i]);
}

int policy_load_doc(const struct json_doc *doc, struct policy **policy_out, struct problem_list *problems) {
  struct policy_loader l;
  if (loader_start(&l, doc))
    read_root(&l, json_doc_root(doc));
  else
    l.log.no_memory = true;
  int r = problem_log_finish(&l.log, problems);
  loader_finish(&l);
  if (r == 0)
    *policy_out = l.policy;
  else
    policy_free(l.policy);
  return r;
}

int policy_open_doc(const char *name_or_path, struct json_doc **doc_out, struct problem_list *problems) {
  size_t len;
  const unsigned char *text = catalogue_find(name_or_path, &len);
  if (text) return json_doc_parse(name_or_path, text, len, doc_out, problems);
  if (strchr(name_or_path, '/') || strchr(name_or_path, '.')) return json_doc_load(name_or_path, doc_out, problems);
  struct problem_list as_file = {0};
  int r = json_doc_load(name_or_path, doc_out, &as_file);
  problem_list_free(&as_file);
  if (r == 0) return 0;
  struct text_nearest nearest = {.wanted = name_or_path};
  for (const char *const *n = policy_builtin_names(); *n; n++) text_nearest_offer(&nearest, *n);
  problem_list_add(problems, "%.300s: neither a built-in policy nor a readable file; %s\"%s\"%s", name_or_path,
                   nearest.best ? "did you mean " : "built in is ", nearest.best ? nearest.best : "configmgr-client",
                   nearest.best ? "?" : "");
  return r;
}

int policy_load(const char *name_or_path, struct policy **policy_out, struct problem_list *problems) {
  struct json_doc *doc;
  int r = policy_open_doc(name_or_path, &doc, problems);
  if (r < 0) return r;
  r = policy_load_doc(doc, policy_out, problems);
  json_doc_free(doc);
  return r;
}
