/* Conversations and what is drawn from them: the matrix of roles and services, and the timeline. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/result_make.h"
#include "report/words.h"
#include "util/array.h"
#include "util/hash.h"

static const char *const other_role = "other";

/* Which of three classes a conversation is counted in: it got through as documented, it did not, or neither. */
enum fate { FATE_PASSED, FATE_FAILED, FATE_OTHER };
static enum fate fate_of(enum verdict v) {
  static const enum fate fates[VERDICT_COUNT] = {[VERDICT_PASS] = FATE_PASSED,
                                                 [VERDICT_BLOCKED] = FATE_FAILED,
                                                 [VERDICT_DEGRADED] = FATE_FAILED,
                                                 [VERDICT_WRONG_PROTOCOL] = FATE_FAILED,
                                                 [VERDICT_UNEXPECTED_OPEN] = FATE_FAILED,
                                                 [VERDICT_DENIED_AS_DOCUMENTED] = FATE_OTHER,
                                                 [VERDICT_REVIEW] = FATE_OTHER,
                                                 [VERDICT_NOT_ASSESSABLE] = FATE_OTHER,
                                                 [VERDICT_OUT_OF_SCOPE] = FATE_OTHER};
  return fates[v];
}

/* Texts that conversations hold again and again, made once. */
struct shared {
  char **rule, **role; /* [index] */
  size_t n_rules, n_roles;
  char *proto[UINT8_MAX + 1]; /* made when asked for */
};

static void shared_make(struct maker *m, struct shared *s) {
  s->n_rules = m->audit->n_rules, s->n_roles = m->audit->policy->n_roles;
  s->rule = array_new(s->n_rules, sizeof *s->rule);
  s->role = array_new(s->n_roles, sizeof *s->role);
  if (!s->rule || !s->role) m->failed = true;
  for (size_t i = 0; i < s->n_rules && !m->failed; i++) s->rule[i] = maker_text(m, maker_rule(m, (int32_t)i));
  for (size_t i = 0; i < s->n_roles && !m->failed; i++) s->role[i] = maker_text(m, maker_role(m, (int32_t)i));
}

static char *one_of(char *const *text, size_t n, int32_t index) {
  return index >= 0 && (size_t)index < n ? text[index] : NULL;
}

static char *shared_proto(struct maker *m, struct shared *s, uint8_t proto) {
  if (!s->proto[proto]) s->proto[proto] = maker_proto(m, proto);
  return s->proto[proto];
}

static void make_conversation(struct maker *m, struct shared *s, const struct conversation *c,
                              struct result_conversation *to) {
  *to = (struct result_conversation){.client = c->client,
                                     .server = c->server,
                                     .proto = shared_proto(m, s, c->proto),
                                     .port = c->port,
                                     .rule = one_of(s->rule, s->n_rules, c->rule),
                                     .client_role = one_of(s->role, s->n_roles, c->client_role),
                                     .server_role = one_of(s->role, s->n_roles, c->server_role),
                                     .service = (int)c->service,
                                     .service_by = (int)c->service_by,
                                     .verdict = (int)c->verdict,
                                     .confidence = (int)c->confidence,
                                     .why = (int)c->why,
                                     .outcome = (int)c->outcome,
                                     .reset_by = (int)c->reset_by,
                                     .reasons = c->reasons,
                                     .attempts = c->attempts,
                                     .successes = c->successes,
                                     .syns = c->n_syn,
                                     .first = c->first,
                                     .last = c->last,
                                     .packet_first = c->packet_first,
                                     .packet_last = c->packet_last};
}

void make_conversations(struct maker *m) {
  const struct audit *a = m->audit;
  struct result *r = m->result;
  struct shared s = {.rule = NULL};
  size_t kept = a->n_conversations < RESULT_CONVERSATIONS_MAX ? a->n_conversations : RESULT_CONVERSATIONS_MAX;
  r->counts.conversations_left_out = a->n_conversations - kept;
  r->conversation = maker_list(m, kept, sizeof *r->conversation, &r->n_conversations);
  shared_make(m, &s);
  for (size_t i = 0; i < r->n_conversations && !m->failed; i++) {
    struct conversation c;
    audit_conversation(a, i, &c);
    make_conversation(m, &s, &c, &r->conversation[i]);
  }
  free(s.rule);
  free(s.role);
}

/* A cell's key; texts are borrowed from policy and audit. Services without a rule go by their name, or by "tcp" when
 * nothing is known, so that a port scan makes one column. */
struct cell {
  const char *from, *to, *service;
  struct result_matrix_cell count;
};

static struct cell cell_of(const struct maker *m, const struct conversation *c) {
  const char *from = maker_role(m, c->client_role), *to = maker_role(m, c->server_role);
  const char *service = c->rule >= 0 ? m->audit->rule[c->rule].service : NULL;
  if (!service && c->policy_service >= 0 && (size_t)c->policy_service < m->audit->policy->n_services)
    service = m->audit->policy->service[c->policy_service].title;
  if (!service) service = c->service == SERVICE_UNKNOWN ? "other ports" : service_name(c->service);
  return (struct cell){.from = from ? from : other_role, .to = to ? to : other_role, .service = service};
}

static int by_key(const void *a, const void *b) {
  const struct cell *x = a, *y = b;
  int order = strcmp(x->from, y->from);
  if (!order) order = strcmp(x->to, y->to);
  return order ? order : strcmp(x->service, y->service);
}

static void count_cell(struct result_matrix_cell *to, enum verdict v, uint32_t n) {
  uint64_t *const counter[VERDICT_COUNT] = {[VERDICT_PASS] = &to->passed,
                                            [VERDICT_BLOCKED] = &to->blocked,
                                            [VERDICT_DEGRADED] = &to->degraded,
                                            [VERDICT_WRONG_PROTOCOL] = &to->unexpected,
                                            [VERDICT_UNEXPECTED_OPEN] = &to->unexpected};
  *(counter[v] ? counter[v] : &to->other) += n;
}

/* Folds equal keys; the array must be sorted. Returns how many are left. */
static size_t fold(struct cell *cell, size_t n) {
  size_t kept = 0;
  for (size_t i = 0; i < n; i++) {
    if (kept && by_key(&cell[kept - 1], &cell[i]) == 0) {
      struct result_matrix_cell *to = &cell[kept - 1].count, *from = &cell[i].count;
      to->passed += from->passed, to->blocked += from->blocked, to->degraded += from->degraded;
      to->unexpected += from->unexpected, to->other += from->other;
    } else {
      cell[kept++] = cell[i];
    }
  }
  return kept;
}

enum { BATCH = 4096, RECENT = 256 };

/* Cells, in a list that is folded whenever it is full, and only then made longer. */
struct cells {
  struct cell *cell;
  size_t n, most, capacity;
  uint32_t recent[RECENT]; /* index + 1 */
};

/* Where the cell of these texts was put last, told by where the texts are; a place that is wrong or forgotten only
 * costs a cell more, which folding removes. */
static uint32_t *recent_place(struct cells *s, const struct cell *c) {
  const uint64_t ends = hash_two((uintptr_t)c->from, (uintptr_t)c->to);
  return &s->recent[hash_two(ends, (uintptr_t)c->service) % RECENT];
}

static bool same_texts(const struct cell *a, const struct cell *b) {
  return a->from == b->from && a->to == b->to && a->service == b->service;
}

static void cells_settle(struct cells *s) {
  if (s->n) qsort(s->cell, s->n, sizeof *s->cell, by_key);
  s->n = fold(s->cell, s->n);
  memset(s->recent, 0, sizeof s->recent);
}

/* Counts n conversations of a verdict. Negative: memory is out. */
static int cells_count(struct cells *s, const struct cell *one, enum verdict v, uint32_t n) {
  uint32_t *at = recent_place(s, one);
  if (*at && same_texts(&s->cell[*at - 1], one)) {
    count_cell(&s->cell[*at - 1].count, v, n);
    return 0;
  }
  if (s->n == s->most) {
    cells_settle(s);
    while (s->n >= s->most / 2) s->most += BATCH;
    if (!array_reserve((void **)&s->cell, &s->capacity, s->most, sizeof *s->cell)) return -1;
  }
  s->cell[s->n] = *one;
  count_cell(&s->cell[s->n++].count, v, n);
  *at = (uint32_t)s->n;
  return 0;
}

static void cells_list(struct maker *m, const struct cells *s) {
  struct result *r = m->result;
  const size_t n = s->cell ? s->n : 0, kept = n < RESULT_MATRIX_MAX ? n : RESULT_MATRIX_MAX;
  r->counts.matrix_left_out += s->n - kept;
  r->matrix = maker_list(m, kept, sizeof *r->matrix, &r->n_matrix);
  for (size_t i = 0; r->matrix && i < kept; i++) {
    r->matrix[i] = s->cell[i].count;
    r->matrix[i].from = maker_text(m, s->cell[i].from);
    r->matrix[i].to = maker_text(m, s->cell[i].to);
    r->matrix[i].service = maker_text(m, s->cell[i].service);
  }
}

/* A cell for every conversation would cost memory by their number: those judged alike are counted at once. */
void make_matrix(struct maker *m) {
  const struct audit *a = m->audit;
  struct cells s = {.n = 0};
  for (size_t i = 0; i < audit_group_count(a) && !m->failed; i++) {
    struct conversation common;
    const uint32_t n = audit_group(a, i, &common);
    if (!n) continue;
    const struct cell one = cell_of(m, &common);
    m->failed = cells_count(&s, &one, common.verdict, n) != 0;
  }
  cells_settle(&s);
  cells_list(m, &s);
  free(s.cell);
}

void make_timeline(struct maker *m) {
  const struct audit *a = m->audit;
  struct result_timeline *t = &m->result->timeline;
  const struct timeline_facts *facts = traffic_capture(a->traffic)->timeline;
  t->first = facts->first;
  if (!stamp_known(facts->first)) return;
  int64_t span = stamp_since(facts->first, facts->last).ns;
  t->width = (stamp_t){span / RESULT_BINS + 1};
  t->bin = maker_list(m, RESULT_BINS, sizeof *t->bin, &t->n_bins);
  for (enum verdict v = 0; v < VERDICT_COUNT && t->n_bins; v++)
    for (size_t i = a->listed_at[v]; i < a->listed_at[v + 1]; i++) {
      const int64_t at = stamp_since(t->first, audit_conversation_first(a, i)).ns / t->width.ns;
      struct result_bin *bin = &t->bin[at < 0 ? 0 : at >= RESULT_BINS ? RESULT_BINS - 1 : at];
      uint64_t *const counter[] = {
          [FATE_PASSED] = &bin->passed, [FATE_FAILED] = &bin->failed, [FATE_OTHER] = &bin->other};
      *counter[fate_of(v)] += 1;
    }
}
