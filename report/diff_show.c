/* The words of a difference, its formats made of words, and the table of formats. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "report/diff_internal.h"
#include "report/escape.h"
#include "report/phrase.h"
#include "report/section_internal.h"
#include "report/text_page.h"
#include "report/write_file.h"

static const struct diff_format formats[] = {
    {"text", ".txt", "plain text, fits the terminal", diff_text},
    {"html", ".html", "one self-contained page to open, print and attach", diff_html},
    {"json", ".json", "for programs", diff_json},
    {"markdown", ".md", "a ticket comment of at most 4,000 characters", diff_markdown},
    {"csv", ".csv", "for a spreadsheet", diff_csv},
    {"junit", ".xml", "JUnit XML for build servers: what is new fails", diff_junit},
    {"sarif", ".sarif", "SARIF 2.1.0 with baseline states", diff_sarif},
    {NULL, NULL, NULL, NULL},
};

const struct diff_format *diff_formats(void) { return formats; }

const struct diff_format *diff_format_of_name(const char *name) {
  for (const struct diff_format *f = formats; f->name; f++)
    if (strcmp(f->name, name) == 0) return f;
  return NULL;
}

const struct diff_format *diff_format_of_path(const char *path) {
  const char *ending = path_ending(path);
  for (const struct diff_format *f = formats; ending && f->name; f++)
    if (strcasecmp(f->ending, ending) == 0) return f;
  return NULL;
}

struct rendering {
  const struct diff *diff;
  const struct diff_format *format;
  const struct report_options *options;
};

static int render(const void *ctx, struct out *to) {
  const struct rendering *r = ctx;
  return r->format->write(r->diff, r->options, to);
}

int diff_write_file(const struct diff *d, const struct report_options *o, const char *path, struct err *e) {
  bool standard = strcmp(path, "-") == 0;
  struct rendering r = {d, standard ? diff_format_of_name("text") : diff_format_of_path(path), o};
  if (!r.format) return write_unknown_ending(path, e);
  return write_whole_file(path, render, &r, e);
}

const char *change_name(enum change c) {
  static const char *const names[CHANGE_COUNT] = {[CHANGE_NEW] = "new",
                                                  [CHANGE_UNCHANGED] = "unchanged",
                                                  [CHANGE_NOT_ASSESSABLE] = "not-assessable",
                                                  [CHANGE_FIXED] = "fixed"};
  return names[c];
}

const char *phrase_change(int change) {
  return change == CHANGE_NOT_ASSESSABLE ? "no longer assessable" : change_name((enum change)change);
}

enum tone tone_of_change(int change) {
  static const enum tone tones[CHANGE_COUNT] = {[CHANGE_NEW] = TONE_BAD,
                                                [CHANGE_UNCHANGED] = TONE_WARN,
                                                [CHANGE_NOT_ASSESSABLE] = TONE_MUTED,
                                                [CHANGE_FIXED] = TONE_GOOD};
  return tones[change];
}

const char *phrase_diff_verdict(const struct diff *d) {
  if (d->worse) return "WORSE THAN BEFORE";
  return d->counts.unchanged + d->counts.not_assessable + d->counts.new_ones ? "NOT WORSE" : "NOTHING OPEN";
}

void phrase_diff_summary(struct out *to, const struct diff *d) {
  const struct diff_counts *c = &d->counts;
  out_printf(to, "%llu fixed, %llu new, %llu unchanged, %llu no longer assessable.", (unsigned long long)c->fixed,
             (unsigned long long)c->new_ones, (unsigned long long)c->unchanged, (unsigned long long)c->not_assessable);
}

void phrase_diff_side(struct out *to, const struct diff_side *s) {
  out_text(to, phrase_verdict(s->compliance));
  out_text(to, ", capture ");
  phrase_time(to, s->first);
  out_text(to, " to ");
  phrase_time(to, s->last);
  out_text(to, ", ");
  phrase_count(to, s->findings, "finding", "findings");
  if (s->site) out_printf(to, ", site %s", s->site);
  if (s->ticket) out_printf(to, ", ticket %s", s->ticket);
}

void diff_grid(const struct diff *d, struct grid *g, size_t rows_max) {
  static const struct grid_column column[] = {GRID_WHOLE("Change"), GRID_WHOLE("Severity"), GRID_TEXT("Finding"),
                                              GRID_TEXT("Because"), GRID_TEXT("Rule"),      GRID_WHOLE("Fingerprint")};
  GRID_INIT(g, column, rows_max);
  for (size_t i = 0; i < d->n_items; i++) {
    const struct diff_item *t = &d->item[i];
    if (!grid_row(g)) continue;
    grid_text(g, tone_of_change(t->change), phrase_change(t->change));
    grid_cell(g, TONE_PLAIN, "%s%s", severity_name((enum severity)t->severity), t->waived ? ", waived" : "");
    grid_text(g, TONE_PLAIN, t->title);
    grid_text(g, TONE_PLAIN, t->because);
    grid_text(g, TONE_PLAIN, t->rule ? t->rule : "none");
    grid_text(g, TONE_MUTED, t->fingerprint);
  }
}

static int out_of_memory(const struct out *to) { return to->failed == ENOMEM ? -ENOMEM : 0; }

static void put_side(struct page *p, const char *label, const struct diff_side *s) {
  struct out o;
  out_init(&o, NULL);
  phrase_diff_side(&o, s);
  const char *text = out_str(&o);
  if (text)
    page_paragraph(p, 10, label, TONE_PLAIN, text);
  else
    p->to->failed = ENOMEM;
  out_close(&o);
}

int diff_text(const struct diff *d, const struct report_options *o, struct out *to) {
  struct page p = {.to = to, .columns = page_columns(o ? o->columns : 0), .colour = o && o->colour};
  struct grid g;
  page_line(&p, 0, d->worse ? TONE_BAD : TONE_GOOD, phrase_diff_verdict(d));
  phrase_diff_summary(to, d);
  out_text(to, "\n\n");
  put_side(&p, "Before", &d->before);
  put_side(&p, "After", &d->after);
  for (size_t i = 0; i < d->n_warnings; i++) page_paragraph(&p, 10, i ? "" : "Beware", TONE_WARN, shown(d->warning[i]));
  diff_grid(d, &g, 200);
  if (g.failed) to->failed = ENOMEM;
  if (!g.failed && grid_row_count(&g)) {
    page_heading(&p, "Findings");
    page_grid(&p, 0, &g);
  }
  if (g.left_out) out_printf(to, "%llu more are in the JSON form.\n", (unsigned long long)g.left_out);
  grid_fini(&g);
  return out_of_memory(to);
}

int diff_csv(const struct diff *d, const struct report_options *o, struct out *to) {
  (void)o;
  out_text(to, "change,fingerprint,verdict,severity,confidence,waived,rule,title,happened,because\r\n");
  for (size_t i = 0; i < d->n_items; i++) {
    const struct diff_item *t = &d->item[i];
    const char *const cells[] = {change_name((enum change)t->change),
                                 t->fingerprint,
                                 verdict_name((enum verdict)t->verdict),
                                 severity_name((enum severity)t->severity),
                                 confidence_name((enum confidence)t->confidence),
                                 t->waived ? "yes" : "no",
                                 t->rule,
                                 t->title,
                                 t->happened,
                                 t->because};
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) escape_csv(to, c, cells[c]);
    out_text(to, "\r\n");
  }
  return out_of_memory(to);
}

static void put_item(struct out *to, const struct diff_item *t) {
  out_printf(to, "- **%s** (%s%s): ", phrase_change(t->change), severity_name((enum severity)t->severity),
             t->waived ? ", waived" : "");
  escape_markdown(to, shown(t->title), 300);
  out_text(to, ". ");
  escape_markdown(to, shown(t->because), 300);
  out_text(to, ".\n");
}

int diff_markdown(const struct diff *d, const struct report_options *o, struct out *to) {
  enum { MOST = 4000, CLOSING = 120 };
  struct out page;
  size_t said = 0;
  (void)o;
  out_init(&page, NULL);
  out_printf(&page, "## %s\n\n", phrase_diff_verdict(d));
  phrase_diff_summary(&page, d);
  out_text(&page, "\n\n");
  for (size_t i = 0; i < d->n_warnings; i++) out_printf(&page, "- Read with care: %s\n", shown(d->warning[i]));
  for (; said < d->n_items; said++) {
    struct out one;
    out_init(&one, NULL);
    put_item(&one, &d->item[said]);
    bool fits = !one.failed && page.len + one.len + CLOSING <= MOST;
    if (one.failed) page.failed = ENOMEM;
    if (fits) out_bytes(&page, one.text, one.len);
    out_close(&one);
    if (!fits) break;
  }
  if (said < d->n_items) out_printf(&page, "\n%zu more are in the attached HTML or JSON form.\n", d->n_items - said);
  const char *text = out_str(&page);
  int rc = text ? 0 : -ENOMEM;
  if (text) out_bytes(to, text, page.len);
  out_close(&page);
  return rc;
}
