/* Readers of the small sections of a policy: parameters, roles, services, groups, features, methods, stages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classifier/rpc_interface.h"
#include "rules/policy_load_internal.h"
#include "util/array.h"
#include "util/text.h"

enum { REFERENCES_MAX = 256 };
#define FIELDS(table) (sizeof(table) / sizeof *(table))

char *policy_text_or(struct policy_loader *l, const struct json_value *v, const char *otherwise) {
  if (v) return json_text_take(&l->log, v);
  char *copy = strdup(otherwise);
  if (!copy) l->log.no_memory = true;
  return copy;
}

static bool holds_number(const int *numbers, size_t n, int number) {
  for (size_t i = 0; i < n; i++)
    if (numbers[i] == number) return true;
  return false;
}

void policy_references_read(struct policy_loader *l, const struct json_value *v, struct policy_references to,
                            int **numbers_out, size_t *n_out) {
  size_t most = json_items_count(v), n = 0;
  if (most > REFERENCES_MAX) {
    problem_at(&l->log, v, "%zu entries; at most %d", most, REFERENCES_MAX);
    return;
  }
  if (v && most == 0) problem_at(&l->log, v, "an empty list; name at least one %s", to.what);
  int *numbers = array_new(most, sizeof *numbers);
  if (!numbers) {
    l->log.no_memory = true;
    return;
  }
  for (const struct json_value *item = json_items_first(v); item; item = item == v ? NULL : item->next) {
    int number = json_name_refer(&l->log, item, to.index, to.what);
    if (number < 0) continue;
    if (holds_number(numbers, n, number))
      problem_at(&l->log, item, "%s \"%s\" stands twice", to.what, item->text);
    else
      numbers[n++] = number;
  }
  *numbers_out = numbers;
  *n_out = n;
}

void policy_applications_read(struct policy_loader *l, const struct json_value *v, struct service_set *set) {
  for (const struct json_value *item = json_items_first(v); item; item = item == v ? NULL : item->next) {
    int i = json_name_refer(&l->log, item, &l->applications, "application protocol");
    if (i < 0) continue;
    unsigned s = (unsigned)i + SERVICE_UNKNOWN + 1;
    set->word[s / 64] |= (uint64_t)1 << s % 64;
  }
}

unsigned policy_choice_read(struct policy_loader *l, const struct json_value *v, struct name_table table) {
  if (!v) return 0;
  char known[256];
  size_t at = 0;
  for (unsigned i = 0; i < table.count; i++) {
    if (strcmp(table.name(i), v->text) == 0) return i;
    if (at < sizeof known)
      at += (size_t)snprintf(known + at, sizeof known - at, "%s\"%s\"", i ? ", " : "", table.name(i));
  }
  problem_at(&l->log, v, "\"%.80s\" is not one of %s", v->text, known);
  return 0;
}

void policy_parameter_read(struct policy_loader *l, const struct json_value *v, void *entry) {
  enum { TITLE, TYPE, DEFAULT };
  static const struct json_field field[] = {
      [TITLE] = {"title", IS_TEXT | MAY_BE_ABSENT},
      [TYPE] = {"type", IS_TEXT},
      [DEFAULT] = {"default", IS_NUMBER | IS_TEXT},
  };
  struct policy_parameter *p = entry;
  const struct json_value *found[FIELDS(field)];
  if (!json_fields_read(&l->log, v, field, FIELDS(field), found)) return;
  p->title = policy_text_or(l, found[TITLE], v->key);
  if (found[TYPE]) {
    p->is_range = strcmp(found[TYPE]->text, "port-range") == 0;
    if (!p->is_range && strcmp(found[TYPE]->text, "port") != 0)
      problem_at(&l->log, found[TYPE], "\"%.80s\" is not one of \"port\", \"port-range\"", found[TYPE]->text);
  }
  if (found[DEFAULT]) json_ports_take(&l->log, found[DEFAULT], p->is_range, &p->value);
}

/* "client": "Client computer" */
void policy_role_read(struct policy_loader *l, const struct json_value *v, void *entry) {
  struct policy_role *role = entry;
  if (strcmp(v->key, "any") == 0 || strcmp(v->key, "other") == 0)
    problem_key(&l->log, v, "\"%s\" has a meaning of its own; choose another name", v->key);
  if (json_value_expect(&l->log, v, IS_TEXT)) role->title = json_text_take(&l->log, v);
}

static const char *transport_name(unsigned t) { return policy_transport_name((enum policy_transport)t); }

/* A port, a "FIRST-LAST" or the name of a parameter. */
static void ports_read(struct policy_loader *l, const struct json_value *item, struct policy_ports *ports) {
  ports->parameter = -1;
  if (item->kind == JSON_STRING && strcspn(item->text, "0123456789") > 0)
    ports->parameter = json_name_refer(&l->log, item, &l->parameters, "parameter");
  else
    json_ports_take(&l->log, item, true, &ports->literal);
}

static void service_ports_read(struct policy_loader *l, const struct json_value *v, struct policy_service *s) {
  if (json_items_count(v) > REFERENCES_MAX) {
    problem_at(&l->log, v, "%zu entries; at most %d, write ranges", json_items_count(v), REFERENCES_MAX);
    return;
  }
  s->ports = array_new(json_items_count(v), sizeof *s->ports);
  if (!s->ports) l->log.no_memory = true;
  for (const struct json_value *item = json_items_first(v); s->ports && item; item = item == v ? NULL : item->next)
    ports_read(l, item, &s->ports[s->n_ports++]);
}

/* 0 = no interface of that name. */
static uint16_t interface_of_name(const char *name) {
  for (size_t i = 0; i < rpc_interface_count(); i++)
    if (strcmp(rpc_interface_at(i)->name, name) == 0) return (uint16_t)(i + 1);
  return 0;
}

static void service_interfaces_read(struct policy_loader *l, const struct json_value *v, struct policy_service *s) {
  if (json_items_count(v) > POLICY_INTERFACES_MAX) {
    problem_at(&l->log, v, "%zu entries; at most %d", json_items_count(v), POLICY_INTERFACES_MAX);
    return;
  }
  for (const struct json_value *item = json_items_first(v); item; item = item == v ? NULL : item->next) {
    if (!json_value_expect(&l->log, item, IS_TEXT)) continue;
    uint16_t number = interface_of_name(item->text);
    if (!number) problem_at(&l->log, item, "no RPC interface is known by the name \"%.80s\"", item->text);
    if (number) s->interface[s->n_interfaces++] = number;
  }
}

void policy_service_read(struct policy_loader *l, const struct json_value *v, void *entry) {
  enum { TITLE, TRANSPORT, PORTS, LEARNED, INTERFACES, ACCEPTS, ONE_WAY, SILENCE_OK };
  static const struct json_field field[] = {
      [TITLE] = {"title", IS_TEXT | MAY_BE_ABSENT},
      [TRANSPORT] = {"transport", IS_TEXT},
      [PORTS] = {"ports", IS_NUMBER | IS_TEXT | IS_LIST | MAY_BE_ABSENT},
      [LEARNED] = {"learned", IS_BOOL | IS_TEXT | IS_LIST | MAY_BE_ABSENT},
      [INTERFACES] = {"interfaces", IS_TEXT | IS_LIST | MAY_BE_ABSENT},
      [ACCEPTS] = {"accepts", IS_TEXT | IS_LIST | MAY_BE_ABSENT},
      [ONE_WAY] = {"one_way", IS_BOOL | MAY_BE_ABSENT},
      [SILENCE_OK] = {"silence_ok", IS_BOOL | MAY_BE_ABSENT},
  };
  struct policy_service *s = entry;
  const struct json_value *found[FIELDS(field)];
  if (!json_fields_read(&l->log, v, field, FIELDS(field), found)) return;
  s->title = policy_text_or(l, found[TITLE], v->key);
  s->transport = (enum policy_transport)policy_choice_read(l, found[TRANSPORT],
                                                           (struct name_table){transport_name, TRANSPORT_COUNT});
  service_ports_read(l, found[PORTS], s);
  s->learned = found[LEARNED] && (found[LEARNED]->kind != JSON_BOOL || found[LEARNED]->truth);
  if (s->learned && found[LEARNED]->kind != JSON_BOOL)
    policy_applications_read(l, found[LEARNED], &s->learned_services);
  service_interfaces_read(l, found[INTERFACES], s);
  if (s->n_interfaces && !s->learned) problem_at(&l->log, found[INTERFACES], "needs \"learned\" beside it");
  policy_applications_read(l, found[ACCEPTS], &s->accepts);
  s->one_way = json_bool_take(found[ONE_WAY]);
  s->silence_ok = json_bool_take(found[SILENCE_OK]);
  if (!found[TRANSPORT]) return;
  bool echo = s->transport == TRANSPORT_ICMP_ECHO;
  if (echo && (s->n_ports || s->learned)) problem_at(&l->log, v, "icmp-echo has no ports; remove them");
  if (!echo && !s->n_ports && !s->learned) problem_at(&l->log, v, "has no ports; add \"ports\" or \"learned\"");
}

/* One member of a group: "smb" or {"service": "netbios-ns", "optional": true}. */
static void group_member_read(struct policy_loader *l, const struct json_value *v, struct policy_group *g) {
  enum { SERVICE, OPTIONAL };
  static const struct json_field field[] = {
      [SERVICE] = {"service", IS_TEXT},
      [OPTIONAL] = {"optional", IS_BOOL | MAY_BE_ABSENT},
  };
  const struct json_value *found[FIELDS(field)] = {v, NULL};
  if (!json_value_expect(&l->log, v, IS_TEXT | IS_OBJECT)) return;
  if (v->kind == JSON_OBJECT) json_fields_read(&l->log, v, field, FIELDS(field), found);
  if (!found[SERVICE]) return;
  int service = json_name_refer(&l->log, found[SERVICE], &l->services, "service");
  if (service < 0) return;
  if (holds_number(g->service, g->n_services, service))
    problem_at(&l->log, found[SERVICE], "service \"%s\" stands twice", found[SERVICE]->text);
  g->service[g->n_services] = service;
  g->optional[g->n_services++] = json_bool_take(found[OPTIONAL]);
}

void policy_group_read(struct policy_loader *l, const struct json_value *v, void *entry) {
  enum { TITLE, REF, SERVICES };
  static const struct json_field field[] = {
      [TITLE] = {"title", IS_TEXT | MAY_BE_ABSENT},
      [REF] = {"ref", IS_TEXT | MAY_BE_ABSENT},
      [SERVICES] = {"services", IS_LIST},
  };
  struct policy_group *g = entry;
  const struct json_value *found[FIELDS(field)];
  if (!json_fields_read(&l->log, v, field, FIELDS(field), found)) return;
  g->title = policy_text_or(l, found[TITLE], v->key);
  g->ref = policy_text_or(l, found[REF], "");
  if (!found[SERVICES]) return;
  size_t n = found[SERVICES]->n_children;
  if (n == 0 || n > REFERENCES_MAX) {
    problem_at(&l->log, found[SERVICES], "a group has 1 to %d services", REFERENCES_MAX);
    return;
  }
  g->service = array_new(n, sizeof *g->service);
  g->optional = array_new(n, sizeof *g->optional);
  if (!g->service || !g->optional)
    l->log.no_memory = true;
  else
    for (const struct json_value *m = found[SERVICES]->first; m; m = m->next) group_member_read(l, m, g);
}

void policy_feature_read(struct policy_loader *l, const struct json_value *v, void *entry) {
  enum { TITLE, REF, IMPLIED_BY };
  static const struct json_field field[] = {
      [TITLE] = {"title", IS_TEXT | MAY_BE_ABSENT},
      [REF] = {"ref", IS_TEXT | MAY_BE_ABSENT},
      [IMPLIED_BY] = {"implied_by", IS_TEXT | IS_LIST | MAY_BE_ABSENT},
  };
  struct policy_feature *f = entry;
  const struct json_value *found[FIELDS(field)];
  if (!json_fields_read(&l->log, v, field, FIELDS(field), found)) return;
  f->title = policy_text_or(l, found[TITLE], v->key);
  f->ref = policy_text_or(l, found[REF], "");
  policy_references_read(l, found[IMPLIED_BY], (struct policy_references){&l->features, "feature"}, &f->implied_by,
                         &f->n_implied_by);
}

void policy_method_read(struct policy_loader *l, const struct json_value *v, void *entry) {
  enum { TITLE, REF, STEPS };
  static const struct json_field field[] = {
      [TITLE] = {"title", IS_TEXT | MAY_BE_ABSENT},
      [REF] = {"ref", IS_TEXT | MAY_BE_ABSENT},
      [STEPS] = {"steps", IS_LIST},
  };
  struct policy_method *m = entry;
  const struct json_value *found[FIELDS(field)];
  if (!json_fields_read(&l->log, v, field, FIELDS(field), found)) return;
  m->title = policy_text_or(l, found[TITLE], v->key);
  m->ref = policy_text_or(l, found[REF], "");
  if (!found[STEPS]) return;
  size_t n = found[STEPS]->n_children;
  if (n == 0 || n > REFERENCES_MAX) {
    problem_at(&l->log, found[STEPS], "a method has 1 to %d steps", REFERENCES_MAX);
    return;
  }
  m->step = array_new(n, sizeof *m->step);
  if (!m->step) l->log.no_memory = true;
  for (const struct json_value *item = found[STEPS]->first; m->step && item; item = item->next) {
    struct policy_step *step = &m->step[m->n_steps++];
    if (json_value_expect(&l->log, item, IS_TEXT | IS_LIST))
      policy_references_read(l, item, (struct policy_references){&l->rules, "rule"}, &step->rule, &step->n_rules);
  }
}

void policy_stage_read(struct policy_loader *l, const struct json_value *v, void *entry) {
  enum { NAME, TITLE, RULES, SERVICES, BYTES_MIN };
  static const struct json_field field[] = {
      [NAME] = {"name", IS_TEXT},
      [TITLE] = {"title", IS_TEXT | MAY_BE_ABSENT},
      [RULES] = {"rules", IS_TEXT | IS_LIST | MAY_BE_ABSENT},
      [SERVICES] = {"services", IS_TEXT | IS_LIST | MAY_BE_ABSENT},
      [BYTES_MIN] = {"bytes_min", IS_NUMBER | MAY_BE_ABSENT},
  };
  struct policy_stage *s = entry;
  const struct json_value *found[FIELDS(field)];
  if (!json_fields_read(&l->log, v, field, FIELDS(field), found)) return;
  s->title = policy_text_or(l, found[TITLE], s->name ? s->name : "");
  policy_references_read(l, found[RULES], (struct policy_references){&l->rules, "rule"}, &s->rule, &s->n_rules);
  policy_applications_read(l, found[SERVICES], &s->services);
  s->bytes_min = json_count_take(&l->log, found[BYTES_MIN], 1000000000000);
  if (!found[RULES] && !found[SERVICES]) problem_at(&l->log, v, "has neither \"rules\" nor \"services\"");
}
