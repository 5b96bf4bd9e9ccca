/* Tables, badges and the push matrix of the HTML report. */
#include <stdlib.h>
#include <string.h>

#include "report/html_internal.h"
#include "util/text.h"

enum { ROWS_MAX = 400 };

const char *html_tone_class(enum tone tone) {
  static const char *const classes[TONE_COUNT] = {
      [TONE_PLAIN] = "plain", [TONE_GOOD] = "good", [TONE_BAD] = "bad", [TONE_WARN] = "warn", [TONE_MUTED] = "muted"};
  return classes[tone];
}

void html_text(struct markup *m, const char *text) {
  size_t len = strlen(text);
  if (len <= HTML_TEXT_MAX) {
    markup_text(m, text);
    return;
  }
  char cut[HTML_TEXT_MAX + 1];
  text_clean(cut, sizeof cut, text, len);
  markup_text(m, cut);
  markup_text(m, "... (whole text in the JSON result)");
}

void html_badge(struct markup *m, enum tone tone, const char *word) {
  static const char *const sign[TONE_COUNT] = {[TONE_PLAIN] = "",
                                               [TONE_GOOD] = "\xe2\x9c\x93 ",
                                               [TONE_BAD] = "\xe2\x9c\x95 ",
                                               [TONE_WARN] = "! ",
                                               [TONE_MUTED] = "\xe2\x80\x93 "};
  markup_start(m, "span");
  markup_attribute_f(m, "class", "badge %s", html_tone_class(tone));
  markup_text(m, sign[tone]);
  html_text(m, word);
  markup_end(m);
}

static void head_cell(struct markup *m, const char *title, bool number) {
  markup_start(m, "th");
  markup_attribute(m, "scope", "col");
  if (number) markup_attribute(m, "class", "number");
  html_text(m, title);
  markup_end(m);
}

/* A word that no column is wide enough for, such as a hash: it may be broken anywhere. */
static bool has_long_word(const char *text) {
  enum { LONG_WORD = 32 };
  while (*text) {
    size_t n = strcspn(text, " ");
    if (n >= LONG_WORD) return true;
    text += n + (text[n] == ' ');
  }
  return false;
}

static void body_cell(struct markup *m, const struct grid_column *column, const struct grid_cell *c, bool badge) {
  markup_start(m, "td");
  if (column->number)
    markup_attribute_f(m, "class", "number %s", html_tone_class(c->tone));
  else if (has_long_word(c->text))
    markup_attribute(m, "class", "long");
  if (badge && c->tone != TONE_PLAIN && *c->text)
    html_badge(m, c->tone, c->text);
  else
    html_text(m, c->text);
  markup_end(m);
}

/* Opens a table in a region that can be scrolled, also with the keyboard. */
static void table_start(struct markup *m, const char *name) {
  markup_start(m, "div");
  markup_attribute(m, "class", "table");
  markup_attribute(m, "role", "region");
  markup_attribute(m, "tabindex", "0");
  markup_attribute_f(m, "aria-label", "Table: %s", name);
  markup_start(m, "table");
}

static void table_end(struct markup *m) {
  markup_end(m);
  markup_end(m);
}

static void left_out(struct markup *m, uint64_t n) {
  if (!n) return;
  HTML_SAY(m, "p", "muted", {
    phrase_count(&o, n, "more row is", "more rows are");
    out_text(&o, " left out here; the JSON result has what was kept.");
  });
}

void html_grid(struct markup *m, const struct grid *g, const char *name) {
  size_t rows = grid_row_count(g), shown_rows = 0;
  table_start(m, name);
  markup_start(m, "thead");
  markup_start(m, "tr");
  for (size_t c = 0; c < g->n_columns; c++) head_cell(m, g->column[c].title, g->column[c].number);
  markup_end(m);
  markup_end(m);
  markup_start(m, "tbody");
  for (; shown_rows < rows && markup_size(m) < HTML_TABLES_UNTIL; shown_rows++) {
    markup_start(m, "tr");
    for (size_t c = 0; c < g->n_columns; c++)
      body_cell(m, &g->column[c], grid_at(g, shown_rows, c), !g->column[c].number);
    markup_end(m);
  }
  markup_end(m);
  table_end(m);
  left_out(m, g->left_out + rows - shown_rows);
}

void html_part(struct markup *m, const char *id, const char *title, const char *about) {
  markup_start(m, "section");
  markup_attribute(m, "id", id);
  markup_attribute_f(m, "aria-labelledby", "%s-title", id);
  markup_start(m, "h2");
  markup_attribute_f(m, "id", "%s-title", id);
  markup_text(m, title);
  markup_end(m);
  if (about) markup_element(m, "p", "about", about);
}

void html_section(struct markup *m, const struct result *r, enum section_id id) {
  const struct section *s = &sections[id];
  struct grid g;
  s->build(r, &g, ROWS_MAX);
  if (g.failed) m->failed = true;
  if (!g.failed && (grid_row_count(&g) || s->empty)) {
    html_part(m, s->id, s->title, s->about);
    if (grid_row_count(&g))
      html_grid(m, &g, s->title);
    else
      markup_element(m, "p", NULL, s->empty);
    markup_end(m);
  }
  grid_fini(&g);
}

static void stage_row(struct markup *m, const struct result *r, const struct result_client *c) {
  markup_start(m, "tr");
  markup_start(m, "th");
  markup_attribute(m, "scope", "row");
  struct out o;
  out_init(&o, NULL);
  phrase_host(&o, r, &c->client);
  html_text(m, shown(out_str(&o)));
  out_close(&o);
  markup_end(m);
  for (size_t i = 0; i < c->n_cells; i++) {
    markup_start(m, "td");
    html_badge(m, tone_of_stage(c->cell[i].state), stage_state_name((enum stage_state)c->cell[i].state));
    if (c->first_blocker == (int32_t)i) markup_element(m, "strong", NULL, " first blocker");
    markup_end(m);
  }
  markup_end(m);
}

void html_stages(struct markup *m, const struct result *r) {
  const struct section *s = &sections[SECTION_STAGES];
  size_t i = 0;
  if (!r->push.n_clients || !r->push.n_stages) return;
  html_part(m, s->id, s->title, s->about);
  table_start(m, s->title);
  markup_start(m, "thead");
  markup_start(m, "tr");
  head_cell(m, "Client", false);
  for (size_t k = 0; k < r->push.n_stages; k++)
    head_cell(m, shown(r->push.stage[k].title ? r->push.stage[k].title : r->push.stage[k].name), false);
  markup_end(m);
  markup_end(m);
  markup_start(m, "tbody");
  for (; i < r->push.n_clients && i < ROWS_MAX && markup_size(m) < HTML_TABLES_UNTIL; i++)
    stage_row(m, r, &r->push.client[i]);
  markup_end(m);
  table_end(m);
  left_out(m, r->push.n_clients - i + r->counts.clients_refused);
  markup_end(m);
}
