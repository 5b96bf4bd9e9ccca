/* A result is made once from an audit: everything a report shows is copied out, bounded and counted. */
#include "report/result.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/result_make.h"
#include "report/words.h"
#include "util/array.h"
#include "util/parallel.h"
#include "util/text.h"

enum { TEXT_MAX = 20000, SHORT_TEXT_MAX = 200 };

/* The first bytes of a text that is longer, and "...". */
static char *copy_start(struct maker *m, const char *text, size_t len) {
  /* A cut may fall inside a character: its first bytes are dropped with it. */
  while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80) len--;
  const size_t size = 3 * len + sizeof "...";
  char *copy = arena_get(&m->texts, size);
  if (copy) memcpy(copy + text_clean(copy, size - 3, text, len), "...", sizeof "...");
  return copy;
}

static char *copy_text(struct maker *m, const char *text, size_t most) {
  if (!text) return NULL;
  size_t len = strlen(text);
  char *copy = len <= most ? record_text(&m->texts, text, len) : copy_start(m, text, most);
  if (!copy) m->failed = true;
  return copy;
}

char *maker_text(struct maker *m, const char *text) { return copy_text(m, text, TEXT_MAX); }
char *maker_short_text(struct maker *m, const char *text) { return copy_text(m, text, SHORT_TEXT_MAX); }

char *maker_printf(struct maker *m, const char *format, ...) {
  char text[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return maker_text(m, text);
}

void *maker_list(struct maker *m, size_t count, size_t size, size_t *n_out) {
  void *list = array_new(count, size);
  if (!list) m->failed = true;
  *n_out = list ? count : 0;
  return list;
}

const char *maker_role(const struct maker *m, int32_t role) {
  const struct policy *p = m->audit->policy;
  return role >= 0 && (size_t)role < p->n_roles ? p->role[role].name : NULL;
}

const char *maker_rule(const struct maker *m, int32_t rule) {
  return rule >= 0 && (size_t)rule < m->audit->n_rules ? m->audit->rule[rule].id : NULL;
}

char *maker_proto(struct maker *m, uint8_t proto) {
  char text[PROTO_TEXT_SIZE];
  return maker_text(m, proto_print(text, proto));
}

/* Parts that do not depend on each other; each notes by itself that memory is out. */
typedef void make_part(struct maker *m);

struct making {
  const struct audit *audit;
  struct result *result;
  struct maker part[PARALLEL_PARTS_MAX];
};

static void make_run(struct maker *m, const struct result_options *o) {
  struct result *r = m->result;
  r->schema = maker_text(m, RESULT_SCHEMA);
  r->schema_version = RESULT_SCHEMA_VERSION;
  r->tool.name = maker_text(m, "wallwitness");
  r->tool.version = maker_text(m, WW_VERSION);
  r->run.ticket = maker_short_text(m, o ? o->ticket : NULL);
  r->run.title = maker_short_text(m, o ? o->title : NULL);
  r->run.now = o ? o->now : STAMP_NONE;
  r->compliance = (int)audit_compliance(m->audit);
}

static void make_rules(struct maker *m) {
  const struct audit *a = m->audit;
  struct result *r = m->result;
  r->rule = maker_list(m, a->n_rules, sizeof *r->rule, &r->n_rules);
  for (size_t i = 0; i < r->n_rules; i++) {
    const struct rule_result *from = &a->rule[i];
    r->rule[i] = (struct result_rule){.id = maker_text(m, from->id),
                                      .feature = maker_text(m, from->feature),
                                      .title = maker_text(m, from->title),
                                      .ref = maker_text(m, from->ref),
                                      .from = maker_text(m, from->from),
                                      .to = maker_text(m, from->to),
                                      .service = maker_text(m, from->service),
                                      .in_force = from->in_force,
                                      .required = from->required,
                                      .status = (int)from->status,
                                      .why = (int)from->why,
                                      .confidence = (int)from->confidence,
                                      .passed = from->passed,
                                      .blocked = from->blocked,
                                      .other = from->other,
                                      .note = maker_text(m, from->note)};
    uint64_t *const counter[RULE_STATUS_COUNT] = {[RULE_PASS] = &r->counts.rules_passed,
                                                  [RULE_FAIL] = &r->counts.rules_failed,
                                                  [RULE_REVIEW] = &r->counts.rules_review,
                                                  [RULE_NOT_ASSESSABLE] = &r->counts.rules_not_assessable};
    ++*(from->in_force ? counter[from->status] : &r->counts.rules_not_in_force);
  }
}

static void make_methods(struct maker *m) {
  const struct audit *a = m->audit;
  struct result *r = m->result;
  r->method = maker_list(m, a->n_methods, sizeof *r->method, &r->n_methods);
  for (size_t i = 0; i < r->n_methods; i++)
    r->method[i] = (struct result_method){.name = maker_text(m, a->method[i].name),
                                          .title = maker_text(m, a->method[i].title),
                                          .ref = maker_text(m, a->method[i].ref),
                                          .state = (int)a->method[i].state,
                                          .rule = maker_text(m, maker_rule(m, a->method[i].rule)),
                                          .note = maker_text(m, a->method[i].note)};
}

static void make_push(struct maker *m) {
  const struct audit *a = m->audit;
  struct result_push *push = &m->result->push;
  push->stage = maker_list(m, a->policy->n_stages, sizeof *push->stage, &push->n_stages);
  for (size_t i = 0; i < push->n_stages; i++) {
    push->stage[i].name = maker_text(m, a->policy->stage[i].name);
    push->stage[i].title = maker_text(m, a->policy->stage[i].title);
  }
  push->client = maker_list(m, a->n_clients, sizeof *push->client, &push->n_clients);
  for (size_t i = 0; i < push->n_clients; i++) {
    struct result_client *c = &push->client[i];
    c->client = a->client[i].client;
    c->first_blocker = a->client[i].first_blocker;
    c->cell = maker_list(m, push->n_stages, sizeof *c->cell, &c->n_cells);
    for (size_t k = 0; k < c->n_cells; k++)
      c->cell[k] =
          (struct result_cell){(int)a->client[i].cell[k].state, a->client[i].cell[k].packet, a->client[i].cell[k].time};
  }
}

static void make_coverage(struct maker *m) {
  const struct audit *a = m->audit;
  struct result *r = m->result;
  r->coverage = maker_list(m, a->n_coverage, sizeof *r->coverage, &r->n_coverage);
  for (size_t i = 0; i < r->n_coverage; i++) {
    const struct host_coverage *c = &a->coverage[i];
    r->coverage[i] = (struct result_coverage){c->host,    c->ports_answered, c->ports_tried, c->unexpected,
                                              c->packets, c->first,          c->last,        c->both_ways};
  }
}

static void make_counts(struct maker *m) {
  const struct audit *a = m->audit;
  struct result *r = m->result;
  struct result_counts *c = &r->counts;
  c->verdict = maker_list(m, VERDICT_COUNT, sizeof *c->verdict, &c->n_verdicts);
  for (size_t i = 0; i < c->n_verdicts; i++) c->verdict[i] = (struct result_verdict_count){(int)i, a->verdicts[i], 0};
  c->flows = a->flows;
  c->flows_out_of_scope = a->flows_out_of_scope;
  c->hosts_audited = a->hosts_audited;
  c->hosts_seen = a->hosts_seen;
  c->excluded_ephemeral = a->excluded_ephemeral;
  c->excluded_midstream = a->excluded_midstream;
  c->excluded_learned = a->excluded_learned;
  c->conversations_refused = a->conversations_refused;
  c->clients_refused = a->clients_refused;
  c->coverage_refused = a->coverage_refused;
  r->warning = maker_list(m, a->n_warnings, sizeof *r->warning, &r->n_warnings);
  for (size_t i = 0; i < r->n_warnings; i++) r->warning[i] = maker_text(m, a->warning[i] ? a->warning[i] : "");
}

static void make_small_lists(struct maker *m) {
  make_policy_and_site(m);
  make_rules(m);
  make_methods(m);
  make_push(m);
  make_coverage(m);
  make_capture(m);
}

static make_part *const parts[] = {make_matrix, make_conversations, make_findings, make_timeline, make_small_lists};
#define N_PARTS (sizeof parts / sizeof *parts)
_Static_assert(N_PARTS <= (size_t)PARALLEL_PARTS_MAX, "every part is made");

static int part_make(void *of, size_t number) {
  struct making *k = of;
  struct maker m = {.audit = k->audit, .result = k->result}; /* here, because neighbours share cache lines */
  parts[number](&m);
  k->part[number] = m;
  return 0;
}

static void make_parts(struct maker *m, unsigned threads) {
  struct making k = {.audit = m->audit, .result = m->result};
  parallel_run(threads, N_PARTS, part_make, &k);
  for (size_t i = 0; i < N_PARTS; i++) {
    m->failed |= k.part[i].failed;
    arena_join(&m->texts, &k.part[i].texts);
  }
}

struct result *result_make(const struct audit *a, const struct result_options *options) {
  struct result *r = calloc(1, sizeof *r);
  if (!r) return NULL;
  struct maker m = {.audit = a, .result = r};
  make_run(&m, options);
  make_counts(&m);
  make_parts(&m, options ? options->threads : 0);
  make_hosts(&m);
  record_clamp(&result_record, r);
  r->texts = m.texts;
  if (!m.failed) return r;
  result_free(r);
  return NULL;
}

void result_free(struct result *r) {
  if (!r) return;
  record_fini(&result_record, r);
  arena_fini(&r->texts);
  free(r);
}

enum compliance result_compliance(const struct result *r) { return (enum compliance)r->compliance; }

const struct result_input *result_locate(const struct result *r, uint32_t packet, uint32_t *number_out) {
  for (size_t i = r->inputs.n_files; packet && i-- > 0;) {
    const struct result_input *in = &r->inputs.file[i];
    if (!in->readable || in->same_as >= 0 || packet <= in->packet_base || packet - in->packet_base > in->frames)
      continue;
    *number_out = packet - in->packet_base;
    return in;
  }
  return NULL;
}

const char *result_host_name(const struct result *r, const struct address *a) {
  size_t low = 0, high = r->n_hosts;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = address_compare(&r->host[middle].address, a);
    if (order == 0) return r->host[middle].name;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

const struct result_rule *result_rule_find(const struct result *r, const char *id) {
  for (size_t i = 0; id && i < r->n_rules; i++)
    if (r->rule[i].id && strcmp(r->rule[i].id, id) == 0) return &r->rule[i];
  return NULL;
}
