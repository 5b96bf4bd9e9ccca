/* A difference as HTML, JUnit XML and SARIF. */
#include <errno.h>

#include "report/diff_internal.h"
#include "report/html_internal.h"
#include "report/sarif.h"

static void put_side(struct markup *m, const char *term, const struct diff_side *s) {
  markup_element(m, "dt", NULL, term);
  HTML_SAY(m, "dd", NULL, phrase_diff_side(&o, s));
}

static void put_head(struct markup *m, const struct diff *d) {
  markup_start(m, "header");
  markup_element(m, "h1", NULL, "What changed between two firewall audits");
  markup_end(m);
  markup_start(m, "main");
  markup_start(m, "section");
  markup_attribute_f(m, "class", "verdict %s", d->worse ? "bad" : "good");
  markup_attribute(m, "aria-labelledby", "verdict");
  markup_start(m, "h2");
  markup_attribute(m, "id", "verdict");
  markup_text(m, phrase_diff_verdict(d));
  markup_end(m);
  HTML_SAY(m, "p", "summary", phrase_diff_summary(&o, d));
  markup_start(m, "dl");
  put_side(m, "Before", &d->before);
  put_side(m, "After", &d->after);
  markup_end(m);
  markup_end(m);
}

static void put_warnings(struct markup *m, const struct diff *d) {
  if (!d->n_warnings) return;
  markup_start(m, "section");
  markup_attribute(m, "class", "warnings");
  markup_attribute(m, "aria-labelledby", "warnings-title");
  markup_start(m, "h2");
  markup_attribute(m, "id", "warnings-title");
  markup_text(m, "Read with care");
  markup_end(m);
  markup_start(m, "ul");
  for (size_t i = 0; i < d->n_warnings; i++) markup_element(m, "li", NULL, d->warning[i]);
  markup_end(m);
  markup_end(m);
}

int diff_html(const struct diff *d, const struct report_options *o, struct out *to) {
  struct markup m;
  struct grid g;
  (void)o;
  markup_open(&m, to);
  html_head(&m, d->worse ? "Worse - firewall audits compared" : "Not worse - firewall audits compared");
  markup_start(&m, "body");
  put_head(&m, d);
  put_warnings(&m, d);
  diff_grid(d, &g, 2000);
  markup_element(&m, "h2", NULL, "Findings");
  if (g.failed)
    m.failed = true;
  else if (grid_row_count(&g))
    html_grid(&m, &g, "Findings that changed");
  else
    markup_element(&m, "p", NULL, "None in either.");
  grid_fini(&g);
  markup_end(&m);
  markup_end(&m);
  markup_end(&m);
  return markup_close(&m);
}

static bool fails(const struct diff_item *t) {
  return t->change == CHANGE_NEW && !t->waived &&
         (t->verdict == VERDICT_BLOCKED || t->verdict == VERDICT_UNEXPECTED_OPEN ||
          t->verdict == VERDICT_WRONG_PROTOCOL);
}

static void put_case(struct markup *m, const struct diff_item *t) {
  bool failed = fails(t);
  markup_start(m, "testcase");
  markup_attribute(m, "classname", verdict_name((enum verdict)t->verdict));
  markup_attribute(m, "name", shown(t->title));
  if (failed || t->change != CHANGE_FIXED) {
    markup_start(m, failed ? "failure" : "skipped");
    markup_attribute_f(m, "message", "%s: %s", phrase_change(t->change), shown(t->because));
    if (failed) markup_attribute(m, "type", "new");
    if (failed) markup_text(m, t->happened);
    markup_end(m);
  }
  markup_end(m);
}

/* New failures fail, what is fixed passes, the rest is skipped: it was there before, or cannot be told. */
int diff_junit(const struct diff *d, const struct report_options *o, struct out *to) {
  struct markup m;
  size_t failures = 0;
  (void)o;
  for (size_t i = 0; i < d->n_items; i++) failures += fails(&d->item[i]);
  markup_open(&m, to);
  markup_constant(&m, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  markup_start(&m, "testsuites");
  markup_attribute(&m, "name", "wallwitness diff");
  markup_start(&m, "testsuite");
  markup_attribute(&m, "name", "changes");
  markup_attribute_f(&m, "tests", "%zu", d->n_items);
  markup_attribute_f(&m, "failures", "%zu", failures);
  markup_attribute(&m, "errors", "0");
  markup_attribute_f(&m, "skipped", "%zu", d->n_items - failures - (size_t)d->counts.fixed);
  for (size_t i = 0; i < d->n_items; i++) put_case(&m, &d->item[i]);
  markup_end(&m);
  markup_end(&m);
  return markup_close(&m);
}

static void put_result(struct json *j, const struct diff_item *t) {
  static const char *const state[CHANGE_COUNT] = {[CHANGE_NEW] = "new",
                                                  [CHANGE_UNCHANGED] = "unchanged",
                                                  [CHANGE_NOT_ASSESSABLE] = "unchanged",
                                                  [CHANGE_FIXED] = "absent"};
  static const char *const level[SEVERITY_COUNT] = {
      [SEVERITY_INFO] = "note", [SEVERITY_LOW] = "note", [SEVERITY_MEDIUM] = "warning", [SEVERITY_HIGH] = "error"};
  bool open = t->change == CHANGE_NOT_ASSESSABLE; /* 3.27.9: evaluated, but there was too little to conclude from */
  json_object(j, false);
  json_key(j, "ruleId"), json_text(j, t->rule && *t->rule ? t->rule : "unexpected-open");
  json_key(j, "kind"), json_text(j, open ? "open" : "fail");
  json_key(j, "level"), json_text(j, open ? "none" : level[t->severity]);
  json_key(j, "baselineState"), json_text(j, state[t->change]);
  json_key(j, "message");
  json_object(j, false);
  json_key(j, "text"), json_text(j, t->title && *t->title ? t->title : "-");
  json_end(j);
  json_key(j, "partialFingerprints");
  json_object(j, false);
  json_key(j, "wallwitness/v1"), json_text(j, shown(t->fingerprint));
  json_end(j);
  json_key(j, "properties");
  json_object(j, false);
  json_key(j, "change"), json_text(j, change_name((enum change)t->change));
  json_key(j, "because"), json_text(j, shown(t->because));
  json_key(j, "waived"), json_bool(j, t->waived);
  json_end(j);
  json_end(j);
}

int diff_sarif(const struct diff *d, const struct report_options *o, struct out *to) {
  struct json j;
  (void)o;
  json_init(&j, to);
  sarif_start(&j, shown(d->after.version));
  json_key(&j, "results");
  json_array(&j, true);
  for (size_t i = 0; i < d->n_items; i++) put_result(&j, &d->item[i]);
  json_end(&j);
  sarif_end(&j);
  return to->failed == ENOMEM ? -ENOMEM : 0;
}
