/* Rules and unexpected findings as JUnit XML, for build servers: a rule is a test case; it passes, fails, or is skipped
 * when it could not be assessed or only a review can tell. Structure: tests/report/junit.xsd. */
#include <string.h>

#include "report/formats.h"
#include "report/markup.h"
#include "report/phrase.h"

enum result_case { CASE_PASSED, CASE_FAILED, CASE_SKIPPED };

struct suite_counts {
  unsigned tests, failures, skipped;
};

/* A failed rule whose findings are all waived is skipped: somebody decided about it. */
static const struct result_waiver *waiver_of(const struct result *r, const struct result_rule *rule) {
  const struct result_waiver *waiver = NULL;
  for (size_t i = 0; rule->id && i < r->n_findings; i++) {
    const struct result_finding *f = &r->finding[i];
    if (!f->rule || strcmp(f->rule, rule->id) != 0) continue;
    if (!f->waiver.rule) return NULL;
    waiver = &f->waiver;
  }
  return waiver;
}

static enum result_case case_of_rule(const struct result *r, const struct result_rule *rule) {
  if (rule->status == RULE_PASS) return CASE_PASSED;
  if (rule->status == RULE_FAIL && !waiver_of(r, rule)) return CASE_FAILED;
  return CASE_SKIPPED;
}

/* Findings that no rule's case stands for. */
static bool stands_alone(const struct result_finding *f) { return f->rule == NULL; }
static enum result_case case_of_finding(const struct result_finding *f) {
  bool fails =
      f->verdict == VERDICT_BLOCKED || f->verdict == VERDICT_UNEXPECTED_OPEN || f->verdict == VERDICT_WRONG_PROTOCOL;
  return fails && !f->waiver.rule ? CASE_FAILED : CASE_SKIPPED;
}

static void count(struct suite_counts *c, enum result_case k) {
  c->tests++;
  c->failures += k == CASE_FAILED;
  c->skipped += k == CASE_SKIPPED;
}

static void suite_start(struct markup *m, const struct result *r, const char *name, const struct suite_counts *c) {
  markup_start(m, "testsuite");
  markup_attribute(m, "name", name);
  markup_attribute_f(m, "tests", "%u", c->tests);
  markup_attribute_f(m, "failures", "%u", c->failures);
  markup_attribute(m, "errors", "0");
  markup_attribute_f(m, "skipped", "%u", c->skipped);
  if (!stamp_known(r->run.now)) return;
  char text[STAMP_TEXT_SIZE];
  stamp_print_utc(text, r->run.now, 0); /* "2026-01-02 03:04:05 UTC", or seconds for impossible years */
  if (text[10] != ' ') return;
  text[10] = 'T';
  text[19] = '\0';
  markup_attribute(m, "timestamp", text);
}

/* <failure> and <skipped> with their reason; body may be NULL. */
static void put_reason(struct markup *m, const char *element, const char *type, const char *message, const char *body) {
  markup_start(m, element);
  markup_attribute(m, "message", shown(message));
  if (type) markup_attribute(m, "type", type);
  markup_text(m, body);
  markup_end(m);
}

static void put_evidence(struct out *o, const struct result *r, const struct result_finding *f) {
  out_printf(o, "%s\n%s\n", shown(f->title), shown(f->happened));
  for (size_t i = 0; i < f->n_citations; i++) {
    phrase_packets(o, r, f->citation[i].first, f->citation[i].last);
    out_printf(o, ": %s\n", shown(f->citation[i].why));
  }
  if (f->display_filter) out_printf(o, "Wireshark filter: %s\n", f->display_filter);
  if (f->fix) out_printf(o, "What to change: %s\n", f->fix);
}

static void put_failure(struct markup *m, const struct result *r, const struct result_finding *f) {
  struct out o;
  out_init(&o, NULL);
  put_evidence(&o, r, f);
  const char *text = out_str(&o);
  if (!text) m->failed = true;
  put_reason(m, "failure", verdict_name((enum verdict)f->verdict), f->title, text);
  out_close(&o);
}

static void put_rule_failures(struct markup *m, const struct result *r, const struct result_rule *rule) {
  bool any = false;
  for (size_t i = 0; rule->id && i < r->n_findings; i++) {
    const struct result_finding *f = &r->finding[i];
    if (!f->rule || strcmp(f->rule, rule->id) != 0 || f->waiver.rule) continue;
    put_failure(m, r, f);
    any = true;
    break; /* a test case has one failure; the others are in the full report */
  }
  if (!any) put_reason(m, "failure", "fail", rule->note ? rule->note : rule->title, NULL);
}

static const char *skip_reason(const struct result *r, const struct result_rule *rule) {
  const struct result_waiver *w = rule->status == RULE_FAIL ? waiver_of(r, rule) : NULL;
  if (w) return w->reason ? w->reason : "waived";
  if (rule->note) return rule->note;
  return rule->why == WHY_NONE ? phrase_rule_status(rule->status) : why_text((enum why)rule->why);
}

static void put_rule(struct markup *m, const struct result *r, const struct result_rule *rule) {
  enum result_case k = case_of_rule(r, rule);
  markup_start(m, "testcase");
  markup_attribute(m, "classname", shown(rule->feature));
  markup_attribute_f(m, "name", "%s: %s", shown(rule->id), shown(rule->title));
  if (k == CASE_FAILED) put_rule_failures(m, r, rule);
  if (k == CASE_SKIPPED) put_reason(m, "skipped", NULL, skip_reason(r, rule), NULL);
  markup_end(m);
}

static void put_rules(struct markup *m, const struct result *r) {
  struct suite_counts c = {0};
  for (size_t i = 0; i < r->n_rules; i++)
    if (r->rule[i].in_force) count(&c, case_of_rule(r, &r->rule[i]));
  suite_start(m, r, "rules", &c);
  for (size_t i = 0; i < r->n_rules; i++)
    if (r->rule[i].in_force) put_rule(m, r, &r->rule[i]);
  markup_end(m);
}

static void put_finding(struct markup *m, const struct result *r, const struct result_finding *f) {
  markup_start(m, "testcase");
  markup_attribute(m, "classname", verdict_name((enum verdict)f->verdict));
  markup_attribute(m, "name", shown(f->title));
  if (case_of_finding(f) == CASE_FAILED)
    put_failure(m, r, f);
  else
    put_reason(m, "skipped", NULL, f->waiver.rule ? f->waiver.reason : f->happened, NULL);
  markup_end(m);
}

/* Without findings, one case stands for all ports; it passes only when audited hosts were seen. */
static void put_unexpected(struct markup *m, const struct result *r) {
  struct suite_counts c = {0};
  for (size_t i = 0; i < r->n_findings; i++)
    if (stands_alone(&r->finding[i])) count(&c, case_of_finding(&r->finding[i]));
  bool none = c.tests == 0;
  if (none) count(&c, r->n_coverage ? CASE_PASSED : CASE_SKIPPED);
  suite_start(m, r, "undocumented traffic", &c);
  for (size_t i = 0; i < r->n_findings; i++)
    if (stands_alone(&r->finding[i])) put_finding(m, r, &r->finding[i]);
  if (none) {
    markup_start(m, "testcase");
    markup_attribute(m, "classname", "unexpected-open");
    markup_attribute(m, "name", "no unexpected open port was seen");
    if (!r->n_coverage) put_reason(m, "skipped", NULL, "No audited host was seen.", NULL);
    markup_end(m);
  }
  markup_end(m);
}

int report_junit(const struct result *r, const struct report_options *o, struct out *to) {
  struct markup m;
  (void)o;
  markup_open(&m, to);
  markup_constant(&m, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  markup_start(&m, "testsuites");
  markup_attribute(&m, "name", "wallwitness");
  put_rules(&m, r);
  put_unexpected(&m, r);
  markup_end(&m);
  return markup_close(&m);
}
