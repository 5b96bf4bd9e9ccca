/* The report as plain text: the answer first, then the findings, then the tables. */
#include <errno.h>
#include <string.h>

#include "report/finding_phrase.h"
#include "report/formats.h"
#include "report/section.h"
#include "report/text_page.h"

enum { LABEL = 18, FINDINGS_SHOWN = 50, ROWS_SHOWN = 60, WARNINGS_SHOWN = 4 };

/* Appends to a memory out, lays the collected text out, starts over. */
#define SAY(p, indent, lead, tone, call)           \
  do {                                             \
    struct out o;                                  \
    out_init(&o, NULL);                            \
    call;                                          \
    const char *said = out_str(&o);                \
    if (said)                                      \
      page_paragraph(p, indent, lead, tone, said); \
    else                                           \
      (p)->to->failed = ENOMEM;                    \
    out_close(&o);                                 \
  } while (0)

static void put_span(struct out *o, const struct result *r) {
  phrase_time(o, r->quality.first);
  out_text(o, " to ");
  phrase_time(o, r->quality.last);
  out_text(o, " (");
  phrase_span(o, r->quality.first, r->quality.last);
  out_text(o, "), ");
  phrase_count(o, r->quality.frames, "packet", "packets");
  out_text(o, " in ");
  phrase_count(o, r->inputs.n_files + r->inputs.left_out, "file", "files");
}

static void put_policy(struct out *o, const struct result *r) {
  out_text(o, shown(r->policy.title ? r->policy.title : r->policy.name));
  if (r->site.name && !r->site.proposed) out_printf(o, ", site %s", r->site.name);
  if (r->site.proposed) out_text(o, ", no site file: roles were proposed from behaviour");
}

static void put_head(struct page *p, const struct result *r) {
  static const enum tone tones[] = {[COMPLIANT] = TONE_GOOD, [NOT_COMPLIANT] = TONE_BAD, [NOT_ASSESSED] = TONE_WARN};
  if (r->run.title) page_line(p, 0, TONE_PLAIN, r->run.title);
  page_line(p, 0, tones[r->compliance], phrase_verdict(r->compliance));
  SAY(p, 0, "", TONE_PLAIN, phrase_summary(&o, r));
  page_paragraph(p, 0, "", TONE_PLAIN, phrase_meaning(r->compliance));
  out_char(p->to, '\n');
  SAY(p, LABEL, "Policy", TONE_PLAIN, put_policy(&o, r));
  SAY(p, LABEL, "Capture", TONE_PLAIN, put_span(&o, r));
  if (r->run.ticket) page_paragraph(p, LABEL, "Ticket", TONE_PLAIN, r->run.ticket);
  if (stamp_known(r->run.now)) SAY(p, LABEL, "Date", TONE_PLAIN, phrase_time(&o, r->run.now));
  if (r->run.anonymised) page_paragraph(p, LABEL, "Anonymised", TONE_PLAIN, "addresses and names are replaced");
}

/* With most < SIZE_MAX, the head of the report: only what is serious. */
static void put_warnings(struct page *p, const struct result *r, size_t most) {
  struct grid g;
  phrase_warnings(&g, r);
  if (g.failed) p->to->failed = ENOMEM;
  size_t rows = g.failed ? 0 : grid_row_count(&g), n = 0;
  for (size_t i = 0; i < rows; i++) {
    const struct grid_cell *c = grid_at(&g, i, 0);
    bool first = i == 0 || c->tone != grid_at(&g, i - 1, 0)->tone;
    if (most < SIZE_MAX && c->tone != TONE_WARN) break;
    if (n++ < most)
      page_paragraph(p, LABEL, !first ? "" : c->tone == TONE_WARN ? "Beware" : "Remarks", c->tone, c->text);
  }
  if (n > most) SAY(p, LABEL, "", TONE_WARN, out_printf(&o, "%zu more under \"Capture quality\".", n - most));
  grid_fini(&g);
}

static void put_finding(struct page *p, const struct result *r, size_t index) {
  const struct result_finding *f = &r->finding[index];
  struct grid g;
  out_char(p->to, '\n');
  SAY(p, 4, "", f->waiver.rule ? TONE_MUTED : tone_of_severity(f->severity),
      out_printf(&o, "%zu. [%s, %s severity] %s", index + 1, phrase_finding_verdict(f->verdict),
                 severity_name((enum severity)f->severity), shown(f->title)));
  finding_lines(&g, r, f);
  if (g.failed) p->to->failed = ENOMEM;
  for (size_t i = 0; !g.failed && i < grid_row_count(&g); i++) {
    char lead[LABEL + 8];
    strcpy(lead, "    ");
    strncat(lead, grid_at(&g, i, 0)->text, LABEL);
    const struct grid_cell *text = grid_at(&g, i, 1);
    if (finding_line_kind(&g, i) == LINE_COPY) {
      page_line(p, 0, TONE_PLAIN, lead);
      page_line(p, 6, text->tone, text->text);
    } else {
      page_paragraph(p, LABEL + 4, lead, text->tone, text->text);
    }
  }
  grid_fini(&g);
}

static void put_findings(struct page *p, const struct result *r) {
  size_t n = r->n_findings < FINDINGS_SHOWN ? r->n_findings : FINDINGS_SHOWN;
  if (r->counts.findings == 0) return;
  page_heading(p, "Findings");
  for (size_t i = 0; i < n; i++) put_finding(p, r, i);
  if (r->counts.findings > n) {
    out_char(p->to, '\n');
    SAY(p, 4, "", TONE_PLAIN, {
      phrase_count(&o, r->counts.findings - n, "more finding is", "more findings are");
      out_text(&o, " in the JSON result (-o FILE.json).");
    });
  }
}

static void put_not_in_force(struct page *p, const struct result *r) {
  struct out o;
  out_init(&o, NULL);
  size_t n = 0;
  for (size_t i = 0; i < r->n_rules; i++)
    if (!r->rule[i].in_force && n++ < ROWS_SHOWN) out_printf(&o, "%s%s", n > 1 ? ", " : "", shown(r->rule[i].id));
  if (n > ROWS_SHOWN) out_printf(&o, " and %zu more", n - ROWS_SHOWN);
  const char *text = out_str(&o);
  if (!text) p->to->failed = ENOMEM;
  if (n && text) {
    out_char(p->to, '\n');
    page_paragraph(p, LABEL, "Not in force", TONE_MUTED, text);
  }
  out_close(&o);
}

static void put_rules(struct page *p, const struct result *r) {
  struct grid g;
  section_rules_brief(r, &g, ROWS_SHOWN);
  if (g.failed) p->to->failed = ENOMEM;
  page_heading(p, sections[SECTION_RULES].title);
  if (!g.failed && grid_row_count(&g)) page_grid(p, 0, &g);
  if (g.left_out)
    SAY(p, 0, "", TONE_MUTED, out_printf(&o, "%u more rules are in the JSON result.", (unsigned)g.left_out));
  put_not_in_force(p, r);
  grid_fini(&g);
}

static void put_input(struct page *p, const struct result_input *in) {
  if (!in->readable) {
    SAY(p, 4, "", TONE_BAD, out_printf(&o, "%s: not read: %s", shown(in->path), shown(in->error)));
    return;
  }
  SAY(p, 4, "", TONE_PLAIN, {
    out_printf(&o, "%s: %s%s%s, ", shown(in->path), shown(in->format), in->compression ? ", " : "",
               shown(in->compression));
    phrase_count(&o, in->frames, "packet", "packets");
    if (in->same_as >= 0) out_text(&o, ", the same file as another: counted once");
    if (in->damage != SOURCE_DAMAGE_NONE)
      out_printf(&o, ", damaged: %s", source_damage_name((enum source_damage)in->damage));
    if (stamp_known(in->first)) {
      out_text(&o, ", ");
      phrase_time(&o, in->first);
      out_text(&o, " to ");
      phrase_time(&o, in->last);
    }
  });
  SAY(p, 4, "", TONE_MUTED, out_printf(&o, "    SHA-256 %s", in->sha256 ? in->sha256 : "not computed"));
}

static void put_inputs(struct page *p, const struct result *r) {
  size_t n = r->inputs.n_files < ROWS_SHOWN ? r->inputs.n_files : ROWS_SHOWN;
  page_heading(p, sections[SECTION_INPUTS].title);
  for (size_t i = 0; i < n; i++) put_input(p, &r->inputs.file[i]);
  uint64_t more = r->inputs.n_files - n + r->inputs.left_out;
  if (more)
    SAY(p, 0, "", TONE_MUTED, phrase_count(&o, more, "more file is left out here.", "more files are left out here."));
}

static void put_section(struct page *p, const struct result *r, enum section_id id) {
  const struct section *s = &sections[id];
  struct grid g;
  s->build(r, &g, ROWS_SHOWN);
  if (g.failed) p->to->failed = ENOMEM;
  if (!g.failed && (grid_row_count(&g) || s->empty)) {
    page_heading(p, s->title);
    if (id == SECTION_QUALITY) put_warnings(p, r, SIZE_MAX);
    if (grid_row_count(&g))
      page_grid(p, 0, &g);
    else
      page_paragraph(p, 0, "", TONE_PLAIN, s->empty);
    if (g.left_out)
      SAY(p, 0, "", TONE_MUTED, {
        phrase_count(&o, g.left_out, "more row is", "more rows are");
        out_text(&o, " left out here.");
      });
  }
  grid_fini(&g);
}

int report_text(const struct result *r, const struct report_options *o, struct out *to) {
  static const enum section_id before[] = {SECTION_METHODS, SECTION_STAGES, SECTION_COVERAGE, SECTION_QUALITY};
  static const enum section_id after[] = {SECTION_COMMENTS, SECTION_ROLES, SECTION_PARAMETERS, SECTION_BASIS};
  struct page p = {.to = to, .columns = page_columns(o ? o->columns : 0), .colour = o && o->colour};
  put_head(&p, r);
  put_warnings(&p, r, WARNINGS_SHOWN);
  put_findings(&p, r);
  put_rules(&p, r);
  for (size_t i = 0; i < sizeof before / sizeof *before; i++) put_section(&p, r, before[i]);
  put_inputs(&p, r);
  for (size_t i = 0; i < sizeof after / sizeof *after; i++) put_section(&p, r, after[i]);
  return to->failed == ENOMEM ? -ENOMEM : 0;
}
