/* Matching two results. Findings are matched by fingerprint in sorted order; for those that are gone, the later result
 * is asked what became of the traffic. */
#include "report/diff.h"

#include <stdlib.h>
#include <string.h>

#include "report/diff_internal.h"
#include "report/phrase.h"
#include "util/array.h"

struct differ {
  struct diff *diff;
  size_t capacity, warnings_capacity;
  bool failed;
};

static char *copy(struct differ *m, const char *text) {
  char *c = text ? arena_text(&m->diff->texts, text, strlen(text)) : NULL;
  if (text && !c) m->failed = true;
  return c;
}

static int by_fingerprint(const void *a, const void *b) {
  const struct result_finding *x = *(const struct result_finding *const *)a,
                              *y = *(const struct result_finding *const *)b;
  return strcmp(shown(x->fingerprint), shown(y->fingerprint));
}

/* Pointers to the findings in order of fingerprint; *n_out of them. NULL: memory is out. */
static const struct result_finding **sorted(const struct result *r) {
  const struct result_finding **list = array_new(r->n_findings, sizeof *list);
  if (!list) return NULL;
  for (size_t i = 0; i < r->n_findings; i++) list[i] = &r->finding[i];
  qsort(list, r->n_findings, sizeof *list, by_fingerprint);
  return list;
}

static bool among(const struct address *list, size_t n, const struct address *a) {
  return n && bsearch(a, list, n, sizeof *list, address_order);
}

/* What the later capture says of an open port that is no longer reported. */
static enum change port_change(const struct result *after, const struct result_finding *f, const char **because_out) {
  for (size_t i = 0; i < after->n_conversations; i++) {
    const struct result_conversation *c = &after->conversation[i];
    if (c->port != f->port || strcmp(shown(c->proto), shown(f->proto)) != 0 ||
        !among(f->servers, f->n_servers, &c->server))
      continue;
    if (c->rule && c->verdict == VERDICT_PASS) {
      *because_out = "a rule documents this port now";
      return CHANGE_FIXED;
    }
    if (c->verdict == VERDICT_DENIED_AS_DOCUMENTED && c->successes == 0) {
      *because_out = "the port was tried again and did not answer";
      return CHANGE_FIXED;
    }
  }
  *because_out = "nobody tried this port again, or the capture cannot tell";
  return CHANGE_NOT_ASSESSABLE;
}

/* What the later capture says of blocked, degraded or wrong traffic that is no longer reported. */
static enum change traffic_change(const struct result *after, const struct result_finding *f,
                                  const char **because_out) {
  const struct result_rule *rule = result_rule_find(after, f->rule);
  if (!rule || !rule->in_force) {
    *because_out = "the rule is no longer in force";
    return CHANGE_NOT_ASSESSABLE;
  }
  for (size_t i = 0; i < after->n_conversations; i++) {
    const struct result_conversation *c = &after->conversation[i];
    if (!c->rule || strcmp(c->rule, f->rule) != 0 || c->verdict != VERDICT_PASS) continue;
    if (!among(f->servers, f->n_servers, &c->server) || !among(f->clients, f->n_clients, &c->client)) continue;
    *because_out = "the same hosts got through";
    return CHANGE_FIXED;
  }
  *because_out = "these hosts did not try it again, or the capture cannot tell";
  return CHANGE_NOT_ASSESSABLE;
}

static void add(struct differ *m, enum change change, const struct result_finding *f, const char *because) {
  struct diff *d = m->diff;
  uint64_t *const counter[CHANGE_COUNT] = {[CHANGE_NEW] = &d->counts.new_ones,
                                           [CHANGE_UNCHANGED] = &d->counts.unchanged,
                                           [CHANGE_NOT_ASSESSABLE] = &d->counts.not_assessable,
                                           [CHANGE_FIXED] = &d->counts.fixed};
  struct diff_item *to = ARRAY_PUSH(d->item, d->n_items, m->capacity);
  if (!to) {
    m->failed = true;
    return;
  }
  *to = (struct diff_item){.change = (int)change,
                           .fingerprint = copy(m, f->fingerprint),
                           .verdict = f->verdict,
                           .severity = f->severity,
                           .confidence = f->confidence,
                           .waived = f->waiver.rule != NULL,
                           .rule = copy(m, f->rule),
                           .title = copy(m, f->title),
                           .happened = copy(m, f->happened),
                           .because = copy(m, because)};
  ++*counter[change];
  bool fails =
      f->verdict == VERDICT_BLOCKED || f->verdict == VERDICT_UNEXPECTED_OPEN || f->verdict == VERDICT_WRONG_PROTOCOL;
  if (change == CHANGE_NEW && fails && !f->waiver.rule) d->worse = true;
}

static void add_gone(struct differ *m, const struct result *after, const struct result_finding *f) {
  const char *because = NULL;
  enum change change = f->rule ? traffic_change(after, f, &because) : port_change(after, f, &because);
  add(m, change, f, because);
}

static void add_both(struct differ *m, const struct result_finding *was, const struct result_finding *is) {
  bool waived = is->waiver.rule != NULL;
  const char *because = waived == (was->waiver.rule != NULL) ? "found in both"
                        : waived                             ? "found in both; waived now"
                                                             : "found in both; no longer waived";
  add(m, CHANGE_UNCHANGED, is, because);
}

/* Walks both sorted lists at once. */
static void match(struct differ *m, const struct result *before, const struct result *after) {
  const struct result_finding **old = sorted(before), **new = sorted(after);
  size_t i = 0, k = 0;
  if (!old || !new) m->failed = true;
  while (!m->failed && (i < before->n_findings || k < after->n_findings)) {
    int order = i == before->n_findings ? 1 : k == after->n_findings ? -1 : by_fingerprint(&old[i], &new[k]);
    if (order < 0)
      add_gone(m, after, old[i++]);
    else if (order > 0)
      add(m, CHANGE_NEW, new[k++], "not found before");
    else
      add_both(m, old[i++], new[k++]);
  }
  free(old);
  free(new);
}

static int by_change(const void *a, const void *b) {
  const struct diff_item *x = a, *y = b;
  if (x->change != y->change) return x->change < y->change ? -1 : 1;
  if (x->severity != y->severity) return x->severity > y->severity ? -1 : 1;
  return strcmp(shown(x->fingerprint), shown(y->fingerprint));
}

static struct diff_side side_of(struct differ *m, const struct result *r) {
  return (struct diff_side){.ticket = copy(m, r->run.ticket),
                            .title = copy(m, r->run.title),
                            .site = copy(m, r->site.name),
                            .policy_sha256 = copy(m, r->policy.sha256),
                            .version = copy(m, r->tool.version),
                            .compliance = r->compliance,
                            .first = r->quality.first,
                            .last = r->quality.last,
                            .findings = r->counts.findings};
}

static void warn(struct differ *m, bool when, const char *text) {
  char **to = when ? ARRAY_PUSH(m->diff->warning, m->diff->n_warnings, m->warnings_capacity) : NULL;
  if (to)
    *to = copy(m, text);
  else if (when)
    m->failed = true;
}

static void make_warnings(struct differ *m, const struct result *before, const struct result *after) {
  warn(m, strcmp(shown(before->policy.sha256), shown(after->policy.sha256)) != 0,
       "The two were made with different policies.");
  warn(m, strcmp(shown(before->site.sha256), shown(after->site.sha256)) != 0,
       "The two were made with different site files.");
  warn(m, before->site.proposed || after->site.proposed,
       "Roles were proposed from behaviour, not written in a site file.");
  warn(m, before->run.anonymised != after->run.anonymised,
       "One of the two is anonymised: its findings cannot be matched with the other.");
  warn(m, before->counts.findings_left_out || after->counts.findings_left_out,
       "One of the two does not list all its findings.");
  warn(m,
       stamp_known(before->quality.first) && stamp_known(after->quality.first) &&
           stamp_before(after->quality.first, before->quality.first),
       "The second capture is older than the first.");
}

struct diff *diff_make(const struct result *before, const struct result *after) {
  struct diff *d = calloc(1, sizeof *d);
  if (!d) return NULL;
  struct differ m = {.diff = d};
  d->schema = copy(&m, DIFF_SCHEMA);
  d->schema_version = DIFF_SCHEMA_VERSION;
  d->before = side_of(&m, before);
  d->after = side_of(&m, after);
  make_warnings(&m, before, after);
  match(&m, before, after);
  if (d->n_items) qsort(d->item, d->n_items, sizeof *d->item, by_change);
  if (!m.failed) return d;
  diff_free(d);
  return NULL;
}

void diff_free(struct diff *d) {
  if (!d) return;
  record_fini(&diff_record, d);
  arena_fini(&d->texts);
  free(d);
}

bool diff_is_worse(const struct diff *d) { return d->worse; }
