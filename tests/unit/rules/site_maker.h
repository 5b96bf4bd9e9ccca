/* Policies and sites for tests of the judgement. */
#ifndef WW_TESTS_SITE_MAKER_H
#define WW_TESTS_SITE_MAKER_H

#include <stdlib.h>
#include <string.h>

#include "rules/site.h"
#include "util/array.h"

static inline struct policy *policy_of(const char *name) {
  struct policy *p = NULL;
  struct problem_list problems = {0};
  if (policy_load(name, &p, &problems)) abort();
  problem_list_free(&problems);
  return p;
}

/* Adds "first" to "first..last" as a range; last NULL = one address. */
static inline void site_role_add(struct site *s, int role, const char *first, const char *last, const char *name) {
  size_t capacity = s->n_role_ranges[role];
  struct address_range *r = ARRAY_PUSH(s->role[role], s->n_role_ranges[role], capacity);
  if (!r || !address_parse(first, strlen(first), &r->first)) abort();
  if (!last) last = first;
  if (!address_parse(last, strlen(last), &r->last)) abort();
  r->name = name ? strdup(name) : NULL;
}

/* Says that a host was up, or, without an address, all hosts of a role. reason may be NULL. */
static inline void site_up_add(struct site *s, int role, const char *address, const char *reason) {
  size_t capacity = s->n_ups, n = 0;
  struct site_up *up = ARRAY_PUSH(s->up, s->n_ups, capacity);
  if (!up) abort();
  up->reason = reason ? strdup(reason) : NULL;
  if (!address) {
    up->roles = UINT64_C(1) << role;
    return;
  }
  struct address_range *r = ARRAY_PUSH(up->range, up->n_ranges, n);
  if (!r || !address_parse(address, strlen(address), &r->first)) abort();
  r->last = r->first;
}

/* Only the named feature is asked for; NULL = all. */
static inline void site_features_only(struct site *s, const struct policy *p, const char *feature) {
  for (size_t i = 0; i < p->n_features; i++) s->feature[i] = !feature || strcmp(p->feature[i].name, feature) == 0;
}

static inline void site_switch_set(struct site *s, const struct policy *p, const char *name, bool on) {
  for (size_t i = 0; i < p->n_switches; i++)
    if (strcmp(p->switches[i], name) == 0) s->switch_on[i] = on;
}

#endif
