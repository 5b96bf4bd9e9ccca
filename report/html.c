/* The report as one HTML file: no script, nothing fetched, light and dark, ready for paper.
 *
 * The first screen answers: compliant or not, what is blocked, for whom, how sure, what to change, what the capture
 * lacks. Everything after it proves that. */
#include <string.h>

#include "report/finding_phrase.h"
#include "report/formats.h"
#include "report/html_internal.h"

static const enum tone verdict_tones[] = {
    [COMPLIANT] = TONE_GOOD, [NOT_COMPLIANT] = TONE_BAD, [NOT_ASSESSED] = TONE_WARN};

static void put_title(struct out *o, const struct result *r) {
  if (r->run.title)
    out_text(o, r->run.title);
  else
    out_printf(o, "Firewall audit%s%s", r->site.name && !r->site.proposed ? ": " : "",
               r->site.proposed ? "" : shown(r->site.name));
}

void html_head(struct markup *m, const char *title) {
  static const char *const metas[][3] = {
      {"name", "viewport", "width=device-width, initial-scale=1"},
      {"name", "color-scheme", "light dark"},
      {"http-equiv", "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"},
  };
  markup_constant(m, "<!DOCTYPE html>\n");
  markup_start(m, "html");
  markup_attribute(m, "lang", "en");
  markup_start(m, "head");
  markup_start(m, "meta");
  markup_attribute(m, "charset", "utf-8");
  markup_end_empty(m);
  for (size_t i = 0; i < sizeof metas / sizeof *metas; i++) {
    markup_start(m, "meta");
    markup_attribute(m, metas[i][0], metas[i][1]);
    markup_attribute(m, "content", metas[i][2]);
    markup_end_empty(m);
  }
  markup_start(m, "title");
  html_text(m, title);
  markup_end(m);
  markup_start(m, "style");
  markup_constant(m, html_style);
  markup_end(m);
  markup_end(m);
}

static void put_head(struct markup *m, const struct result *r) {
  struct out o;
  out_init(&o, NULL);
  out_printf(&o, "%s - ", phrase_verdict(r->compliance));
  put_title(&o, r);
  html_head(m, shown(out_str(&o)));
  out_close(&o);
}

static void put_banner(struct markup *m, const struct result *r) {
  markup_start(m, "header");
  markup_start(m, "a");
  markup_attribute(m, "class", "skip");
  markup_attribute(m, "href", "#findings");
  markup_text(m, "Skip to the findings");
  markup_end(m);
  HTML_SAY(m, "h1", NULL, put_title(&o, r));
  HTML_SAY(m, "p", "muted", {
    out_text(&o, shown(r->policy.title ? r->policy.title : r->policy.name));
    if (r->run.ticket) out_printf(&o, " \xc2\xb7 ticket %s", r->run.ticket);
    if (stamp_known(r->run.now)) {
      out_text(&o, " \xc2\xb7 ");
      phrase_time(&o, r->run.now);
    }
    if (r->run.anonymised) out_text(&o, " \xc2\xb7 anonymised");
  });
  HTML_SAY(m, "p", "muted", {
    out_text(&o, "Capture ");
    phrase_time(&o, r->quality.first);
    out_text(&o, " to ");
    phrase_time(&o, r->quality.last);
    out_text(&o, " (");
    phrase_span(&o, r->quality.first, r->quality.last);
    out_text(&o, "), ");
    phrase_count(&o, r->quality.frames, "packet", "packets");
    out_text(&o, " in ");
    phrase_count(&o, r->inputs.n_files + r->inputs.left_out, "file", "files");
  });
  markup_end(m);
}

static void put_tile(struct markup *m, uint64_t n, enum tone tone, const char *label) {
  markup_start(m, "li");
  markup_attribute(m, "class", html_tone_class(n ? tone : TONE_PLAIN));
  HTML_SAY(m, "strong", NULL, phrase_number(&o, n));
  markup_element(m, "span", NULL, label);
  markup_end(m);
}

static void put_tiles(struct markup *m, const struct result *r) {
  const struct result_counts *c = &r->counts;
  markup_start(m, "ul");
  markup_attribute(m, "class", "tiles");
  markup_attribute(m, "aria-label", "Counts");
  put_tile(m, c->high, TONE_BAD, "high");
  put_tile(m, c->medium, TONE_WARN, "medium");
  put_tile(m, c->low + c->info, TONE_PLAIN, "low or info");
  if (c->waived) put_tile(m, c->waived, TONE_PLAIN, "waived");
  put_tile(m, c->rules_passed, TONE_GOOD, "rules passed");
  put_tile(m, c->rules_failed, TONE_BAD, "rules failed");
  put_tile(m, c->rules_review + c->rules_not_assessable, TONE_WARN, "rules not proven");
  markup_end(m);
}

/* The first finding that is not waived, in four answers. */
static void put_first(struct markup *m, const struct result *r) {
  size_t i = 0;
  while (i < r->n_findings && r->finding[i].waiver.rule) i++;
  if (i == r->n_findings) return;
  const struct result_finding *f = &r->finding[i];
  markup_start(m, "div");
  markup_attribute(m, "class", "first");
  markup_start(m, "h3");
  markup_start(m, "a");
  markup_attribute_f(m, "href", "#finding-%zu", i + 1);
  html_text(m, shown(f->title));
  markup_end(m);
  markup_end(m);
  markup_start(m, "dl");
  markup_element(m, "dt", NULL, "Who is affected");
  HTML_SAY(m, "dd", NULL, {
    phrase_hosts(&o, r, f->clients, f->n_clients, f->clients_total, 4);
    out_text(&o, " to ");
    phrase_hosts(&o, r, f->servers, f->n_servers, f->servers_total, 4);
    out_text(&o, ", ");
    phrase_endpoint(&o, f->proto, f->port);
  });
  if (f->happened) {
    markup_element(m, "dt", NULL, "What happened");
    HTML_SAY(m, "dd", NULL, out_text(&o, f->happened));
  }
  if (f->fix) {
    markup_element(m, "dt", NULL, "What to change");
    HTML_SAY(m, "dd", "lead", out_text(&o, f->fix));
  }
  markup_element(m, "dt", NULL, "How sure");
  HTML_SAY(m, "dd", NULL, out_printf(&o, "%s confidence", confidence_name((enum confidence)f->confidence)));
  markup_end(m);
  markup_end(m);
}

static void put_verdict(struct markup *m, const struct result *r) {
  markup_start(m, "section");
  markup_attribute_f(m, "class", "verdict %s", html_tone_class(verdict_tones[r->compliance]));
  markup_attribute(m, "aria-labelledby", "verdict");
  markup_start(m, "h2");
  markup_attribute(m, "id", "verdict");
  markup_text(m, phrase_verdict(r->compliance));
  markup_end(m);
  HTML_SAY(m, "p", "summary", phrase_summary(&o, r));
  markup_element(m, "p", NULL, phrase_meaning(r->compliance));
  put_tiles(m, r);
  put_first(m, r);
  markup_end(m);
}

/* Serious warnings (or the other remarks) as a list. */
static void put_remarks(struct markup *m, const struct grid *g, enum tone tone, const char *class, const char *title) {
  bool any = false;
  for (size_t i = 0; i < grid_row_count(g); i++) any = any || grid_at(g, i, 0)->tone == tone;
  if (!any) return;
  markup_start(m, "section");
  markup_attribute(m, "class", class);
  markup_attribute_f(m, "aria-labelledby", "%s-title", class);
  markup_start(m, "h3");
  markup_attribute_f(m, "id", "%s-title", class);
  markup_text(m, title);
  markup_end(m);
  markup_start(m, "ul");
  for (size_t i = 0; i < grid_row_count(g); i++) {
    if (grid_at(g, i, 0)->tone != tone) continue;
    markup_start(m, "li");
    html_text(m, grid_at(g, i, 0)->text);
    markup_end(m);
  }
  markup_end(m);
  markup_end(m);
}

static void put_contents(struct markup *m, const struct result *r) {
  static const enum section_id linked[] = {SECTION_RULES,  SECTION_COVERAGE, SECTION_QUALITY,
                                           SECTION_INPUTS, SECTION_BASIS,    SECTION_GLOSSARY};
  (void)r;
  markup_start(m, "nav");
  markup_attribute(m, "aria-label", "Contents");
  markup_start(m, "ul");
  static const char *const fixed[][2] = {{"findings", "Findings"}};
  for (size_t i = 0; i < 1 + sizeof linked / sizeof *linked; i++) {
    const char *id = i ? sections[linked[i - 1]].id : fixed[0][0];
    markup_start(m, "li");
    markup_start(m, "a");
    markup_attribute_f(m, "href", "#%s", id);
    markup_text(m, i ? sections[linked[i - 1]].title : fixed[0][1]);
    markup_end(m);
    markup_end(m);
  }
  markup_end(m);
  markup_end(m);
}

static void put_main(struct markup *m, const struct result *r) {
  struct grid remarks;
  phrase_warnings(&remarks, r);
  if (remarks.failed) m->failed = true;
  markup_start(m, "main");
  put_verdict(m, r);
  put_remarks(m, &remarks, TONE_WARN, "warnings", "Read with care: what this capture cannot show");
  put_contents(m, r);
  html_findings(m, r);
  html_section(m, r, SECTION_RULES);
  html_section(m, r, SECTION_METHODS);
  html_stages(m, r);
  html_section(m, r, SECTION_COVERAGE);
  chart_timeline(m, r);
  chart_matrix(m, r);
  html_section(m, r, SECTION_QUALITY);
  put_remarks(m, &remarks, TONE_MUTED, "remarks", "Remarks");
  html_section(m, r, SECTION_INPUTS);
  html_section(m, r, SECTION_INTERFACES);
  html_section(m, r, SECTION_COMMENTS);
  html_section(m, r, SECTION_ROLES);
  html_section(m, r, SECTION_PARAMETERS);
  html_section(m, r, SECTION_CONVERSATIONS);
  html_section(m, r, SECTION_BASIS);
  html_section(m, r, SECTION_GLOSSARY);
  markup_end(m);
  grid_fini(&remarks);
}

static void put_footer(struct markup *m, const struct result *r) {
  markup_start(m, "footer");
  HTML_SAY(m, "p", NULL,
           out_printf(&o, "Made by %s %s from the files listed above. The same files give the same report.",
                      shown(r->tool.name), shown(r->tool.version)));
  markup_end(m);
}

int report_html(const struct result *r, const struct report_options *o, struct out *to) {
  struct markup m;
  (void)o;
  markup_open(&m, to);
  put_head(&m, r);
  markup_start(&m, "body");
  put_banner(&m, r);
  put_main(&m, r);
  put_footer(&m, r);
  markup_end(&m);
  markup_end(&m);
  return markup_close(&m);
}
