/* Loading a site file: first the policy it names, then its sections against that policy. Roles and allow entries hold
 * addresses, up to hundreds of thousands; those readers are in site_load_entries.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/catalogue.h"
#include "rules/site_load_internal.h"
#include "util/array.h"

enum root_field {
  ROOT_POLICY,
  ROOT_SITE,
  ROOT_ROLES,
  ROOT_FEATURES,
  ROOT_PARAMETERS,
  ROOT_SWITCHES,
  ROOT_ALLOW,
  ROOT_WAIVERS,
  ROOT_UP,
  ROOT_SCHEMA,
  ROOT_COUNT
};
static const struct json_field root_field[] = {
    [ROOT_POLICY] = {"policy", IS_TEXT},
    [ROOT_SITE] = {"site", IS_TEXT | MAY_BE_ABSENT},
    [ROOT_ROLES] = {"roles", IS_OBJECT},
    [ROOT_FEATURES] = {"features", IS_LIST | MAY_BE_ABSENT},
    [ROOT_PARAMETERS] = {"parameters", IS_OBJECT | MAY_BE_ABSENT},
    [ROOT_SWITCHES] = {"switches", IS_LIST | MAY_BE_ABSENT},
    [ROOT_ALLOW] = {"allow", IS_LIST | MAY_BE_ABSENT},
    [ROOT_WAIVERS] = {"waivers", IS_LIST | MAY_BE_ABSENT},
    [ROOT_UP] = {"up", IS_TEXT | IS_LIST | MAY_BE_ABSENT},
    [ROOT_SCHEMA] = {"$schema", IS_TEXT | MAY_BE_ABSENT}, /* for editors; not used */
};
_Static_assert(sizeof root_field / sizeof *root_field == ROOT_COUNT, "one row a field");

static void read_roles(struct site_loader *l, const struct json_value *v) {
  bool seen[POLICY_ROLES_MAX] = {false};
  for (const struct json_value *m = v->first; m; m = m->next) {
    int role = site_key_refer(l, m, &l->roles, "role");
    if (role < 0) continue;
    if (seen[role]) {
      problem_key(&l->log, m, "stands twice; put all addresses into one list");
      continue;
    }
    seen[role] = true;
    site_ranges_read(l, m, &l->site->role[role], &l->site->n_role_ranges[role]);
  }
}

/* Brings along what the asked-for features imply, until nothing changes. */
static void imply_features(struct site_loader *l) {
  const struct policy *p = l->policy;
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < p->n_features; i++) {
      for (size_t k = 0; k < p->feature[i].n_implied_by && !l->site->feature[i]; k++)
        if (l->site->feature[p->feature[i].implied_by[k]]) l->site->feature[i] = changed = true;
    }
  }
}

/* A list of names turned into flags. */
static void read_flags(struct site_loader *l, const struct json_value *v, const struct name_index *x, const char *what,
                       bool *flag) {
  for (const struct json_value *m = v->first; m; m = m->next) {
    int i = json_name_refer(&l->log, m, x, what);
    if (i < 0) continue;
    if (flag[i]) problem_at(&l->log, m, "%s \"%s\" stands twice", what, m->text);
    flag[i] = true;
  }
}

static void read_features(struct site_loader *l, const struct json_value *v) {
  for (size_t i = 0; i < l->policy->n_features; i++) l->site->feature[i] = false;
  read_flags(l, v, &l->features, "feature", l->site->feature);
  imply_features(l);
}

static void read_parameters(struct site_loader *l, const struct json_value *v) {
  for (const struct json_value *m = v->first; m; m = m->next) {
    int i = site_key_refer(l, m, &l->parameters, "parameter");
    if (i < 0) continue;
    if (l->site->parameter_given[i]) problem_key(&l->log, m, "stands twice; remove one of the two");
    l->site->parameter_given[i] = true;
    json_ports_take(&l->log, m, l->policy->parameter[i].is_range, &l->site->parameter[i]);
  }
}

/* The values in force must keep the policy's constraints; the problem stands at the value that the site gave. */
static void check_constraints(struct site_loader *l, const struct json_value *parameters) {
  const struct policy *p = l->policy;
  for (size_t i = 0; i < p->n_constraints; i++) {
    const struct policy_constraint *c = &p->constraint[i];
    const char *http_name = p->parameter[c->http].name, *https_name = p->parameter[c->https].name;
    uint16_t http = l->site->parameter[c->http].first, https = l->site->parameter[c->https].first;
    uint16_t wanted = policy_constraint_https(c, http);
    const struct json_value *at = json_value_member(parameters, https_name);
    if (!at) at = json_value_member(parameters, http_name);
    if (!at || https == wanted) continue;
    if (wanted == 0)
      problem_at(&l->log, at, "%s is %u, which leaves no port for %s (one higher)", http_name, (unsigned)http,
                 https_name);
    else
      problem_at(&l->log, at,
                 "%s is %u and %s is %u%s: with HTTP %u, HTTPS must be %u (80 goes with 443, any other port "
                 "with the next higher)",
                 http_name, (unsigned)http, https_name, (unsigned)https,
                 l->site->parameter_given[c->https] ? "" : " by default", (unsigned)http, (unsigned)wanted);
  }
}

static void read_root(struct site_loader *l, const struct json_value *root) {
  const struct json_value *found[ROOT_COUNT];
  if (!json_fields_read(&l->log, root, root_field, ROOT_COUNT, found)) return;
  if (found[ROOT_SITE]) {
    free(l->site->name);
    l->site->name = json_text_take(&l->log, found[ROOT_SITE]);
  }
  free(l->site->policy_name);
  l->site->policy_name = json_text_take(&l->log, found[ROOT_POLICY]);
  if (found[ROOT_ROLES]) read_roles(l, found[ROOT_ROLES]);
  if (found[ROOT_FEATURES]) read_features(l, found[ROOT_FEATURES]);
  if (found[ROOT_SWITCHES]) read_flags(l, found[ROOT_SWITCHES], &l->switches, "switch", l->site->switch_on);
  if (found[ROOT_PARAMETERS]) {
    size_t before = l->log.n;
    read_parameters(l, found[ROOT_PARAMETERS]);
    if (l->log.n == before) check_constraints(l, found[ROOT_PARAMETERS]);
  }
  if (found[ROOT_ALLOW]) site_allow_read(l, found[ROOT_ALLOW]);
  if (found[ROOT_WAIVERS]) site_waivers_read(l, found[ROOT_WAIVERS]);
  if (found[ROOT_UP]) site_up_read(l, found[ROOT_UP]);
}

#define INDEX_ALL(index, items, count, field) \
  for (size_t i = 0; i < (count); i++)        \
    if (name_index_add(&(index), (items)[i] field) == -ENOMEM) l->log.no_memory = true

static void index_policy(struct site_loader *l, const struct policy *p) {
  INDEX_ALL(l->roles, p->role, p->n_roles, .name);
  INDEX_ALL(l->features, p->feature, p->n_features, .name);
  INDEX_ALL(l->parameters, p->parameter, p->n_parameters, .name);
  INDEX_ALL(l->switches, p->switches, p->n_switches, );
  INDEX_ALL(l->rules, p->rule, p->n_rules, .id);
}
#undef INDEX_ALL

int site_load_for(const struct json_doc *doc, const struct policy *p, struct site **site_out,
                  struct problem_list *problems) {
  struct site_loader l = {.log.doc = doc, .policy = p, .site = site_new(p)};
  index_policy(&l, p);
  if (l.site) {
    memcpy(l.site->sha256, json_doc_sha256(doc), sizeof l.site->sha256);
    if (!l.log.no_memory) read_root(&l, json_doc_root(doc));
  } else {
    l.log.no_memory = true;
  }
  int r = problem_log_finish(&l.log, problems);
  struct name_index *all[] = {&l.roles, &l.features, &l.parameters, &l.switches, &l.rules};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) name_index_free(all[i]);
  if (r == 0)
    *site_out = l.site;
  else
    site_free(l.site);
  return r;
}

/* The policy's document: a built-in name, or a path seen from where the site file is. */
static int open_policy(const char *site_path, const char *name, struct json_doc **doc_out,
                       struct problem_list *problems) {
  const char *slash = strrchr(site_path, '/');
  size_t len;
  if (!slash || name[0] == '/' || catalogue_find(name, &len)) return policy_open_doc(name, doc_out, problems);
  char *path = NULL;
  if (asprintf(&path, "%.*s/%s", (int)(slash - site_path), site_path, name) < 0) return -ENOMEM;
  int r = policy_open_doc(strchr(name, '.') || strchr(name, '/') ? path : name, doc_out, problems);
  free(path);
  return r;
}

static int load_policy_of(const struct json_doc *doc, struct policy **policy_out, struct problem_list *problems) {
  const struct json_value *root = json_doc_root(doc), *name = json_value_member(root, "policy");
  struct problem_log log = {.doc = doc};
  if (json_value_expect(&log, root, IS_OBJECT) && !name)
    problem_at(&log, root, "\"policy\" is missing; a site file names its policy, such as \"configmgr-client\"");
  if (name && json_value_expect(&log, name, IS_TEXT) && !name->text[0]) problem_at(&log, name, "an empty name");
  int r = problem_log_finish(&log, problems);
  if (r < 0) return r;
  struct json_doc *policy_doc;
  r = open_policy(json_doc_file(doc), name->text, &policy_doc, problems);  // NOLINT: without a name there is a problem
  if (r == 0) {
    r = policy_load_doc(policy_doc, policy_out, problems);
    json_doc_free(policy_doc);
  }
  if (r < 0) {
    problem_at(&log, name, "the policy \"%.80s\" cannot be used: see above", name->text);
    problem_log_finish(&log, problems);
  }
  return r;
}

int site_load_doc(const struct json_doc *doc, struct policy **policy_out, struct site **site_out,
                  struct problem_list *problems) {
  struct policy *p;
  int r = load_policy_of(doc, &p, problems);
  if (r < 0) return r;
  r = site_load_for(doc, p, site_out, problems);  // NOLINT: p was set, or r is negative
  if (r == 0)
    *policy_out = p;
  else
    policy_free(p);
  return r;
}

int site_load(const char *path, struct policy **policy_out, struct site **site_out, struct problem_list *problems) {
  struct json_doc *doc;
  int r = json_doc_load(path, &doc, problems);
  if (r < 0) return r;
  r = site_load_doc(doc, policy_out, site_out, problems);
  json_doc_free(doc);
  return r;
}

/* A policy defines services; a site file does not. */
static bool is_policy(const struct json_value *root) {
  return json_value_member(root, "services") && !json_value_member(root, "policy");
}

int site_or_policy_load(const char *name_or_path, struct policy **policy_out, struct site **site_out,
                        struct problem_list *problems) {
  struct json_doc *doc;
  struct policy *p;
  int r = policy_open_doc(name_or_path, &doc, problems);
  if (r < 0) return r;
  if (!is_policy(json_doc_root(doc))) {
    r = site_load_doc(doc, policy_out, site_out, problems);
    goto out;
  }
  r = policy_load_doc(doc, &p, problems);
  if (r < 0) goto out;
  struct site *s = site_new(p);
  char *written = strdup(name_or_path);
  if (s && written) {
    free(s->policy_name);
    s->policy_name = written;
    *policy_out = p;
    *site_out = s;
  } else {
    problem_list_add(problems, "%.300s: memory is out", name_or_path);
    free(written);
    site_free(s);
    policy_free(p);
    r = -ENOMEM;
  }
out:
  json_doc_free(doc);
  return r;
}
