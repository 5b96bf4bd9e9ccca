#include "report/text_page.h"

#include <string.h>

#include "util/text.h"

enum { GAP = 2, COLUMNS_MAX = 16, COLUMN_LEAST = 8 };

size_t page_columns(int asked) {
  enum { USUAL = 100, LEAST = 60, MOST = 200 };
  if (asked == 0) return USUAL;
  return (size_t)(asked < LEAST ? LEAST : asked > MOST ? MOST : asked);
}

static const char *colour_of(enum tone tone) {
  static const char *const code[TONE_COUNT] = {[TONE_PLAIN] = "",
                                               [TONE_GOOD] = "\033[32m",
                                               [TONE_BAD] = "\033[1;31m",
                                               [TONE_WARN] = "\033[33m",
                                               [TONE_MUTED] = "\033[2m"};
  return code[tone];
}

static void spaces(struct out *to, size_t n) {
  while (n--) out_char(to, ' ');
}

static void toned(struct page *p, enum tone tone, const char *text, size_t len) {
  bool colour = p->colour && tone != TONE_PLAIN;
  if (colour) out_text(p->to, colour_of(tone));
  out_bytes(p->to, text, len);
  if (colour) out_text(p->to, "\033[0m");
}

static size_t step(const char *text) {
  size_t n = text_utf8_length(text, strlen(text));
  return n ? n : 1;
}

/* Cuts the next line of at most width columns off *text: at the last space that fits, or inside a longer word. Returns
 * its length in bytes; *text moves past it and the space behind it. */
static size_t take_line(const char **text, size_t width) {
  const char *start = *text, *at = start, *space = NULL;
  size_t used = 0;
  while (*at) {
    size_t n = step(at), w = text_width(at, n);
    if (used + w > width && used) break;
    if (*at == ' ') space = at;
    used += w;
    at += n;
  }
  if (*at && *at != ' ' && space && space > start) at = space;
  size_t len = (size_t)(at - start);
  while (*at == ' ') at++;
  *text = at;
  return len;
}

void page_line(struct page *p, size_t indent, enum tone tone, const char *text) {
  spaces(p->to, indent);
  toned(p, tone, text, strlen(text));
  out_char(p->to, '\n');
}

void page_heading(struct page *p, const char *text) {
  out_char(p->to, '\n');
  if (p->colour) out_text(p->to, "\033[1m");
  out_text(p->to, text);
  if (p->colour) out_text(p->to, "\033[0m");
  out_char(p->to, '\n');
  for (size_t i = 0; i < text_width(text, strlen(text)); i++) out_char(p->to, '-');
  out_char(p->to, '\n');
}

void page_paragraph(struct page *p, size_t indent, const char *lead, enum tone tone, const char *text) {
  size_t lead_width = text_width(lead, strlen(lead));
  size_t width = p->columns > indent + 20 ? p->columns - indent : 20;
  out_text(p->to, lead);
  spaces(p->to, indent > lead_width ? indent - lead_width : 0);
  for (bool first = true; first || *text; first = false) {
    const char *line = text;
    size_t len = take_line(&text, width);
    if (!first) spaces(p->to, indent);
    toned(p, tone, line, len);
    out_char(p->to, '\n');
  }
}

/* The widest column that may give way; with all, any column may. */
static size_t widest_column(const struct grid *g, const size_t width[COLUMNS_MAX], bool all) {
  size_t widest = 0, most = 0;
  for (size_t c = 0; c < g->n_columns; c++) {
    if ((g->column[c].whole && !all) || width[c] <= most) continue;
    widest = c;
    most = width[c];
  }
  return widest;
}

/* Column widths that fit: natural ones, then the widest give way until the sum fits. */
static void fit(const struct page *p, size_t indent, const struct grid *g, size_t width[COLUMNS_MAX]) {
  size_t rows = grid_row_count(g), sum = 0;
  for (size_t c = 0; c < g->n_columns; c++) {
    width[c] = strlen(g->column[c].title);
    for (size_t r = 0; r < rows; r++) {
      const char *text = grid_at(g, r, c)->text;
      size_t w = text_width(text, strlen(text));
      if (w > width[c]) width[c] = w;
    }
    sum += width[c];
  }
  size_t room = p->columns - indent - GAP * (g->n_columns - 1);
  for (bool all = false; sum > room;) {
    size_t widest = widest_column(g, width, all);
    if (width[widest] > COLUMN_LEAST) {
      width[widest]--;
      sum--;
    } else if (all) {
      return;
    } else {
      all = true;
    }
  }
}

static void put_cell(struct page *p, const struct grid_column *column, size_t width, enum tone tone, const char *text,
                     size_t len, bool last) {
  size_t w = text_width(text, len), pad = width > w ? width - w : 0;
  if (column->number) spaces(p->to, pad);
  toned(p, len ? tone : TONE_PLAIN, text, len);
  if (!column->number && !last) spaces(p->to, pad);
  if (!last) spaces(p->to, GAP);
}

/* One row, over as many lines as its longest cell needs; no trailing spaces. */
static void put_row(struct page *p, size_t indent, const struct grid *g, const struct grid_cell *cell,
                    const size_t width[COLUMNS_MAX]) {
  const char *left[COLUMNS_MAX] = {NULL};
  for (size_t c = 0; c < g->n_columns; c++) left[c] = cell[c].text;
  bool more = true;
  while (more) {
    size_t last = 0;
    for (size_t c = 0; c < g->n_columns; c++)
      if (*left[c]) last = c;
    more = false;
    spaces(p->to, indent);
    for (size_t c = 0; c <= last; c++) {
      const char *line = left[c];
      size_t len = take_line(&left[c], width[c]);
      put_cell(p, &g->column[c], width[c], cell[c].tone, line, len, c == last);
    }
    out_char(p->to, '\n');
    for (size_t c = 0; c < g->n_columns; c++)
      if (*left[c]) more = true;
  }
}

void page_grid(struct page *p, size_t indent, const struct grid *g) {
  size_t width[COLUMNS_MAX];
  if (g->n_columns == 0 || g->n_columns > COLUMNS_MAX || g->failed) return;
  fit(p, indent, g, width);
  spaces(p->to, indent);
  for (size_t c = 0; c < g->n_columns; c++)
    put_cell(p, &g->column[c], width[c], TONE_MUTED, g->column[c].title, strlen(g->column[c].title),
             c + 1 == g->n_columns);
  out_char(p->to, '\n');
  for (size_t r = 0; r < grid_row_count(g); r++) put_row(p, indent, g, grid_at(g, r, 0), width);
}
