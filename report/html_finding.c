/* Findings in the HTML report: in full while there is room, then one line each, then counted. */
#include <stdio.h>
#include <string.h>

#include "report/finding_phrase.h"
#include "report/html_internal.h"
#include "util/text.h"

/* The lines of a finding as a list of terms; a line without a label belongs to the term above. */
static void put_lines(struct markup *m, const struct grid *g) {
  markup_start(m, "dl");
  for (size_t i = 0; i < grid_row_count(g); i++) {
    const struct grid_cell *label = grid_at(g, i, 0), *text = grid_at(g, i, 1);
    if (*label->text) markup_element(m, "dt", NULL, label->text);
    markup_start(m, "dd");
    if (finding_line_kind(g, i) == LINE_COPY) {
      markup_start(m, "pre");
      html_text(m, text->text);
      markup_end(m);
    } else {
      html_text(m, text->text);
    }
    markup_end(m);
  }
  markup_end(m);
}

static void put_tags(struct markup *m, const struct result_finding *f) {
  char sure[40];
  markup_start(m, "div");
  markup_attribute(m, "class", "tags");
  if (f->waiver.rule) html_badge(m, TONE_MUTED, "waived");
  html_badge(m, tone_of_severity(f->severity), phrase_finding_verdict(f->verdict));
  snprintf(sure, sizeof sure, "%s severity", severity_name((enum severity)f->severity));
  html_badge(m, tone_of_severity(f->severity), sure);
  snprintf(sure, sizeof sure, "%s confidence", confidence_name((enum confidence)f->confidence));
  html_badge(m, TONE_PLAIN, sure);
  markup_end(m);
}

static void put_finding(struct markup *m, const struct result *r, size_t index) {
  const struct result_finding *f = &r->finding[index];
  struct grid g;
  finding_lines(&g, r, f);
  if (g.failed) m->failed = true;
  markup_start(m, "article");
  markup_attribute_f(m, "id", "finding-%zu", index + 1);
  markup_attribute_f(m, "aria-labelledby", "finding-%zu-title", index + 1);
  if (f->waiver.rule) markup_attribute(m, "class", "waived");
  markup_start(m, "h3");
  markup_attribute_f(m, "id", "finding-%zu-title", index + 1);
  markup_text_f(m, "%zu. ", index + 1);
  html_text(m, shown(f->title));
  markup_end(m);
  put_tags(m, f);
  if (!g.failed) put_lines(m, &g);
  markup_end(m);
  grid_fini(&g);
}

/* The findings from first on, one row each. */
static void put_summary(struct markup *m, const struct result *r, size_t first) {
  static const struct grid_column column[] = {GRID_NUMBER("Number"), GRID_TEXT("Verdict"), GRID_TEXT("Severity"),
                                              GRID_TEXT("Finding"), GRID_TEXT("Fingerprint")};
  struct grid g;
  grid_init(&g, column, sizeof column / sizeof *column, 1000);
  for (size_t i = first; i < r->n_findings; i++) {
    const struct result_finding *f = &r->finding[i];
    if (!grid_row(&g)) continue;
    char title[200];
    text_clean(title, sizeof title, shown(f->title), strlen(shown(f->title)));
    grid_cell(&g, TONE_PLAIN, "%zu", i + 1);
    grid_text(&g, TONE_PLAIN, phrase_finding_verdict(f->verdict));
    grid_text(&g, TONE_PLAIN, severity_name((enum severity)f->severity));
    grid_text(&g, TONE_PLAIN, title);
    grid_text(&g, TONE_PLAIN, f->fingerprint);
  }
  g.left_out += r->counts.findings_left_out;
  markup_element(m, "h3", NULL, "More findings, in brief");
  markup_element(m, "p", "about", "The JSON result holds them in full.");
  html_grid(m, &g, "More findings, in brief");
  if (g.failed) m->failed = true;
  grid_fini(&g);
}

void html_findings(struct markup *m, const struct result *r) {
  size_t i = 0;
  html_part(m, "findings", "Findings", NULL);
  if (!r->n_findings) markup_element(m, "p", NULL, "None.");
  for (; i < r->n_findings && markup_size(m) < HTML_FINDINGS_UNTIL; i++) put_finding(m, r, i);
  if (i < r->n_findings) put_summary(m, r, i);
  markup_end(m);
}
