/* Describes each cause (rules/cause.c) once, by its surest and earliest conversation. */
#include "rules/finding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/twin.h"
#include "util/array.h"
#include "util/parallel.h"

struct flow_icmp cause_icmp(const struct cause *c) {
  return conversation_icmp(&c->first->c, c->r->a->traffic);
}

const struct policy_rule *cause_rule(const struct cause *c) {
  int32_t rule = c->first->c.rule;
  if (rule < 0 || c->r->m->rule[rule].policy_rule < 0) return NULL;
  return &c->r->m->policy->rule[c->r->m->rule[rule].policy_rule];
}

/* Severity (4). */
static enum severity severity_of(const struct cause *c) {
  const struct talk_view *k = c->first;
  bool required = k->c.rule >= 0 && c->r->m->rule[k->c.rule].required;
  switch (k->c.verdict) {
    case VERDICT_BLOCKED:
      return required && k->carried_by < 0 ? SEVERITY_HIGH : SEVERITY_MEDIUM;
    case VERDICT_DEGRADED:
      return k->alternative ? SEVERITY_LOW : SEVERITY_MEDIUM;
    case VERDICT_WRONG_PROTOCOL:
      return SEVERITY_HIGH;
    case VERDICT_UNEXPECTED_OPEN:
      return service_is_administration(k->c.service) ||
                     service_is_administration(service_of_port(k->c.proto, k->c.port))
                 ? SEVERITY_HIGH
                 : SEVERITY_MEDIUM;
    case VERDICT_REVIEW:
      return k->c.why == WHY_OPTIONAL ? SEVERITY_INFO : SEVERITY_LOW;
    default:
      return SEVERITY_INFO;
  }
}

static int finding_fill(const struct cause *c, struct finding *f) {
  f->verdict = cause_target_is_down(talk_ruling(&c->r->talks, c->first->talk)) ? VERDICT_REVIEW : c->first->c.verdict;
  f->severity = severity_of(c);
  f->confidence = c->first->c.confidence;
  f->rule = c->first->c.rule;
  int rc = finding_evidence(c, f);
  if (rc == 0) rc = finding_text(c, f);
  if (rc == 0) rc = finding_filter(c, f);
  if (rc == 0) rc = finding_explanations(c, f);
  if (rc == 0) rc = finding_fix(c, f);
  return rc ? rc : finding_fingerprint(c, f);
}

void finding_fini(struct finding *f) {
  for (size_t i = 0; i < f->n_explanations; i++) {
    free(f->explanation[i].cause);
    free(f->explanation[i].text);
  }
  for (size_t i = 0; i < f->n_citations; i++) free(f->citation[i].why);
  free(f->explanation);
  free(f->citation);
  free(f->client);
  free(f->server);
  free(f->flow);
  free(f->title);
  free(f->happened);
  free(f->fix);
  free(f->fix_command);
  free(f->display_filter);
}

static int finding_order(const void *a, const void *b) {
  const struct finding *x = a, *y = b;
  if (x->severity != y->severity) return x->severity > y->severity ? -1 : 1;
  if (x->verdict != y->verdict) return x->verdict < y->verdict ? -1 : 1;
  if (x->rule != y->rule) return x->rule < y->rule ? -1 : 1;
  uint32_t p = x->n_citations ? x->citation[0].first : 0, q = y->n_citations ? y->citation[0].first : 0;
  if (p != q) return p < q ? -1 : 1;
  return strcmp(x->fingerprint, y->fingerprint);
}

/* Causes are described on several threads, every so many-th in one part. */
struct describing {
  struct audit_run *r;
  struct causes all;
  size_t n, n_parts;
};

static int cause_describe(const struct describing *d, size_t number) {
  struct audit_run *r = d->r;
  struct finding *f = &r->a->finding[number];
  const uint32_t begin = d->all.begin[number], end = d->all.begin[number + 1];
  uint32_t *talk = r->a->found + begin;
  *f = (struct finding){.waiver = -1, .conversation = talk, .n_conversations = end - begin};
  struct surest surest = {.n = 0};
  if (finding_hosts(r, talk, end - begin, f, &surest)) return -ENOMEM;
  surest_first(&surest, talk, end - begin);
  struct talk_view first;
  talk_view(&r->talks, listed_talk(r, talk[0]), &first);
  struct cause c = {.r = r,
                    .first = &first,
                    .talk = f->conversation,
                    .n = f->n_conversations,
                    .n_clients = f->clients_total,
                    .n_servers = f->servers_total};
  for (size_t i = 0; i < c.n && r->twins; i++) c.n_twins += twin_find(r->twins, cause_talk(&c, i)) != NULL;
  return finding_fill(&c, f);
}

static int part_describe(void *of, size_t part) {
  const struct describing *d = of;
  int rc = 0;
  for (size_t i = part; rc == 0 && i < d->n; i += d->n_parts) rc = cause_describe(d, i);
  return rc;
}

static int causes_describe(struct audit_run *r, struct describing *d) {
  d->n = d->all.n < FINDINGS_MAX ? d->all.n : FINDINGS_MAX;
  d->n_parts = d->n < PARALLEL_PARTS_MAX ? d->n : PARALLEL_PARTS_MAX;
  r->a->finding = array_new(d->n, sizeof *r->a->finding);
  r->a->found = d->all.talk;
  d->all.talk = NULL;
  if (!r->a->finding) return -ENOMEM;
  r->a->n_findings = d->n;
  const int rc = parallel_run(r->threads, d->n_parts, part_describe, d);
  const size_t untold = d->all.n - d->n;
  if (rc || !untold) return rc;
  return warning_add(r, "%zu more findings are not described: this audit holds the first %d.", untold, FINDINGS_MAX);
}

static int local_passes_mark(struct audit_run *r) {
  r->local_pass = array_new(r->m->policy->n_services, sizeof *r->local_pass);
  if (!r->local_pass) return -ENOMEM;
  for (size_t i = r->a->listed_at[VERDICT_PASS]; i < r->a->listed_at[VERDICT_PASS + 1]; i++) {
    const int32_t service = listed_ruling(r, i)->policy_service;
    if (service >= 0 && talk_same_subnet(&r->talks, listed_talk(r, i))) r->local_pass[service] = true;
  }
  return 0;
}

int findings_make(struct audit_run *r) {
  struct describing d = {.r = r};
  if (local_passes_mark(r) || twins_make(r, &r->twins)) return -ENOMEM;
  int rc = causes_make(r, &d.all);
  if (rc == 0) rc = causes_describe(r, &d);
  causes_free(&d.all);
  if (rc == 0 && r->a->n_findings) qsort(r->a->finding, r->a->n_findings, sizeof *r->a->finding, finding_order);
  return rc;
}
