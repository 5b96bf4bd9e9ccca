/* What is no error in a site file but worth a line to the person who wrote it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/address_text.h"
#include "rules/problem.h"
#include "rules/site.h"
#include "util/array.h"

static bool role_is_played(const struct site *s, const int *roles, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (s->n_role_ranges[roles[i]]) return true;
  return false;
}

static bool expired_notes(const struct site *s, stamp_t now, struct problem_list *notes) {
  if (!stamp_known(now)) return true;
  for (size_t i = 0; i < s->n_waivers; i++) {
    const struct site_waiver *w = &s->waiver[i];
    if (!stamp_known(w->expires) || !stamp_before(w->expires, now)) continue;
    char day[STAMP_TEXT_SIZE];
    stamp_print_utc(day, w->expires, 0);
    if (!problem_list_add(notes,
                          "waivers[%zu]: the waiver of \"%s\" expired on %.10s and counts as none; renew or remove it",
                          i, w->rule, day))
      return false;
  }
  return true;
}

static bool missing_notes(const struct policy *p, const struct site *s, struct problem_list *notes) {
  bool *missing = array_new(p->n_roles, sizeof *missing);
  if (!missing) return false;
  for (size_t i = 0; i < p->n_rules; i++) {
    const struct policy_rule *r = &p->rule[i];
    if (!rule_asked_for(p, s, (int)i) || !rule_applies(p, s, (int)i) || r->manual) continue;
    if (!role_is_played(s, r->from, r->n_from)) missing[r->from[0]] = true;
    if (!role_is_played(s, r->to, r->n_to)) missing[r->to[0]] = true;
  }
  bool done = true;
  for (size_t i = 0; i < p->n_roles && done; i++)
    if (missing[i])
      done = problem_list_add(notes, "roles.%s: no host plays \"%s\", so the rules that need one cannot be judged",
                              p->role[i].name, p->role[i].title);
  free(missing);
  return done;
}

static int by_first(const void *a, const void *b) {
  return address_compare(&((const struct address_range *)a)->first, &((const struct address_range *)b)->first);
}

/* The audited role's ranges as a sorted copy in which none reaches beyond a later one; the names stay the site's. */
static struct address_range *ranges_flatten(const struct address_range *range, size_t n, size_t *n_out) {
  struct address_range *flat = array_new(n, sizeof *flat);
  if (!flat) return NULL;
  if (n) memcpy(flat, range, n * sizeof *flat);
  if (n) qsort(flat, n, sizeof *flat, by_first);
  size_t kept = 0;
  for (size_t i = 0; i < n; i++)
    if (kept == 0 || address_compare(&flat[i].last, &flat[kept - 1].last) > 0) flat[kept++] = flat[i];
  *n_out = kept;
  return flat;
}

/* The range that holds the address, NULL = none. */
static const struct address_range *range_find(const struct address_range *flat, size_t n, const struct address *a) {
  size_t low = 0, high = n; /* those before low end before the address */
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (address_compare(&flat[middle].last, a) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low < n && address_compare(&flat[low].first, a) <= 0 ? &flat[low] : NULL;
}

/* One line for a role some of whose single hosts are audited because a network of the audited role holds them. */
static bool audited_note(const struct policy *p, const struct site *s, size_t role, const struct address_range *flat,
                         size_t n_flat, struct problem_list *notes) {
  const struct address_range *first = NULL, *within = NULL;
  size_t n = 0;
  for (size_t i = 0; i < s->n_role_ranges[role]; i++) {
    const struct address_range *host = &s->role[role][i];
    if (!address_equal(&host->first, &host->last)) continue;
    const struct address_range *found = range_find(flat, n_flat, &host->first);
    if (!found || address_equal(&found->first, &found->last)) continue; /* written there by itself: meant */
    if (!first) first = host, within = found;
    n++;
  }
  if (!n) return true;
  char host[ADDRESS_RANGE_TEXT_SIZE], range[ADDRESS_RANGE_TEXT_SIZE], more[48] = "";
  if (n > 1) snprintf(more, sizeof more, " (and %zu more)", n - 1);
  address_range_print(host, first);
  address_range_print(range, within);
  const char *audited = p->role[p->audited_role].name;
  return problem_list_add(notes,
                          "roles.%s: \"%s\"%s lies in \"%s\" of roles.%s, too: its open ports are audited as those of "
                          "a %s; if that is not meant, leave it out of that network",
                          p->role[role].name, host, more, range, audited, audited);
}

static bool overlap_notes(const struct policy *p, const struct site *s, struct problem_list *notes) {
  if (p->audited_role < 0) return true;
  size_t n_flat = 0, audited = (size_t)p->audited_role;
  struct address_range *flat = ranges_flatten(s->role[audited], s->n_role_ranges[audited], &n_flat);
  bool done = flat != NULL;
  for (size_t i = 0; i < p->n_roles && done; i++)
    if (i != audited) done = audited_note(p, s, i, flat, n_flat, notes);
  free(flat);
  return done;
}

struct alias {
  struct address address;
  const char *name;
};

static int alias_compare(const void *a, const void *b) {
  const struct alias *x = a, *y = b;
  int by = address_compare(&x->address, &y->address);
  return by ? by : strcmp(x->name, y->name);
}

/* One address, two names: reports show only one of them. */
static bool alias_notes(const struct policy *p, const struct site *s, struct problem_list *notes) {
  struct alias *alias = NULL;
  size_t n = 0, capacity = 0;
  bool done = true;
  for (size_t role = 0; role < p->n_roles; role++) {
    for (size_t i = 0; i < s->n_role_ranges[role] && done; i++) {
      const struct address_range *r = &s->role[role][i];
      if (!r->name) continue;
      struct alias *slot = ARRAY_PUSH(alias, n, capacity);
      if (slot) *slot = (struct alias){r->first, r->name};
      done = slot != NULL;
    }
  }
  if (n) qsort(alias, n, sizeof *alias, alias_compare);
  for (size_t i = 1; i < n && done; i++) {
    char text[ADDRESS_TEXT_SIZE];
    if (!address_equal(&alias[i - 1].address, &alias[i].address) || strcmp(alias[i - 1].name, alias[i].name) == 0)
      continue;
    done =
        problem_list_add(notes, "roles: %s is called both \"%s\" and \"%s\"; reports show \"%s\"",
                         address_print(text, &alias[i].address), alias[i - 1].name, alias[i].name, alias[i - 1].name);
  }
  free(alias);
  return done;
}

bool site_notes(const struct policy *p, const struct site *s, stamp_t now, struct problem_list *notes) {
  if (!expired_notes(s, now, notes)) return false;
  if (!s->sha256[0]) return true; /* nobody wrote a site: that its roles are empty is no news */
  return missing_notes(p, s, notes) && overlap_notes(p, s, notes) && alias_notes(p, s, notes);
}
