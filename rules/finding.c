/* Describes each cause (rules/cause.c) once, by its surest and earliest conversation. */
#include "rules/finding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/twin.h"
#include "util/array.h"

struct flow_icmp cause_icmp(const struct cause *c) {
  return conversation_icmp(&c->talk[0]->c, c->r->a->traffic);
}

const struct policy_rule *cause_rule(const struct cause *c) {
  int32_t rule = c->talk[0]->c.rule;
  if (rule < 0 || c->r->m->rule[rule].policy_rule < 0) return NULL;
  return &c->r->m->policy->rule[c->r->m->rule[rule].policy_rule];
}

/* Distinct addresses at this offset of the conversations. 0, or negative: memory is out. */
static int distinct(const struct cause *c, size_t offset, size_t *n_out) {
  struct address *list = array_new(c->n, sizeof *list);
  if (!list) return -ENOMEM;
  for (size_t i = 0; i < c->n; i++) memcpy(&list[i], (const char *)&c->talk[i]->c + offset, sizeof *list);
  qsort(list, c->n, sizeof *list, address_order);
  size_t n = 1;
  for (size_t i = 1; i < c->n; i++) n += !address_equal(&list[i - 1], &list[i]);
  free(list);
  *n_out = n;
  return 0;
}

/* Severity (4). */
static enum severity severity_of(const struct cause *c) {
  const struct talk *k = c->talk[0];
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
  const struct conversation *first = &c->talk[0]->c;
  *f = (struct finding){.verdict = cause_target_is_down(c->talk[0]) ? VERDICT_REVIEW : first->verdict,
                        .severity = severity_of(c),
                        .confidence = first->confidence,
                        .rule = first->rule,
                        .waiver = -1};
  f->conversation = array_new(c->n, sizeof *f->conversation);
  if (!f->conversation) return -ENOMEM;
  for (size_t i = 0; i < c->n; i++) f->conversation[f->n_conversations++] = c->talk[i]->index;
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
  free(f->conversation);
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

static int cause_describe(struct audit_run *r, const struct talk *const *talk, size_t n, size_t *capacity) {
  struct cause c = {.r = r, .talk = talk, .n = n};
  struct finding *f = ARRAY_PUSH(r->a->finding, r->a->n_findings, *capacity);
  if (!f) return -ENOMEM;
  int rc = distinct(&c, offsetof(struct conversation, client), &c.n_clients);
  if (rc == 0) rc = distinct(&c, offsetof(struct conversation, server), &c.n_servers);
  for (size_t k = 0; k < c.n && r->twins; k++) c.n_twins += twin_find(r->twins, c.talk[k]) != NULL;
  return rc ? rc : finding_fill(&c, f);
}

static int causes_describe(struct audit_run *r, const struct causes *all) {
  size_t capacity = 0, untold = 0;
  for (size_t i = 0, end; i < all->n; i = end) {
    for (end = i + 1; end < all->n && !all->begins[end];) end++;
    if (r->a->n_findings >= FINDINGS_MAX) {
      untold++;
      continue;
    }
    const int rc = cause_describe(r, all->talk + i, end - i, &capacity);
    if (rc) return rc;
  }
  if (!untold) return 0;
  return warning_add(r, "%zu more findings are not described: this audit holds the first %d.", untold, FINDINGS_MAX);
}

static int local_passes_mark(struct audit_run *r) {
  r->local_pass = array_new(r->m->policy->n_services, sizeof *r->local_pass);
  if (!r->local_pass) return -ENOMEM;
  for (size_t i = 0; i < r->talks.n_talks; i++) {
    const struct conversation *c = &r->talks.talk[i].c;
    if (c->verdict == VERDICT_PASS && c->policy_service >= 0 && same_subnet(&c->client, &c->server))
      r->local_pass[c->policy_service] = true;
  }
  return 0;
}

int findings_make(struct audit_run *r) {
  struct causes all = {0};
  if (local_passes_mark(r) || twins_make(r, &r->twins)) return -ENOMEM;
  int rc = causes_make(r, &all);
  if (rc == 0) rc = causes_describe(r, &all);
  causes_free(&all);
  if (rc == 0 && r->a->n_findings) qsort(r->a->finding, r->a->n_findings, sizeof *r->a->finding, finding_order);
  return rc;
}
