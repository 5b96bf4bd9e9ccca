/* The two drawings of the HTML report, as SVG: when connections were tried, and which roles reached which services.
 * Both say in a description, and in tables beside them, what they draw; shapes and words carry the meaning, colour only
 * helps. */
#include <stdio.h>
#include <string.h>

#include "report/html_internal.h"
#include "util/stamp.h"
#include "util/text.h"

enum {
  WIDTH = 1000,
  LEFT = 60, /* of the timeline's axis */
  BAR_HEIGHT = 140,
  LANE_HEIGHT = 26,
  LANES_MAX = 10,
  LABEL_MAX = 28,     /* columns of text in a label */
  ROW_LABEL_MAX = 36, /* characters of a label */
  MATRIX_LEFT = 260,
  MATRIX_RIGHT = 150,
  MATRIX_TOP = 165,
  CELL_HEIGHT = 30,
  MATRIX_ROWS = 24,
  MATRIX_COLUMNS = 12,
};

static void svg_start(struct markup *m, const char *id, int height, const char *title, const char *description) {
  markup_start(m, "svg");
  markup_attribute(m, "xmlns", "http://www.w3.org/2000/svg");
  markup_attribute_f(m, "viewBox", "0 0 %d %d", WIDTH, height);
  markup_attribute(m, "role", "img");
  markup_attribute_f(m, "aria-labelledby", "%s-svg-title %s-svg-desc", id, id);
  markup_start(m, "title");
  markup_attribute_f(m, "id", "%s-svg-title", id);
  markup_text(m, title);
  markup_end(m);
  markup_start(m, "desc");
  markup_attribute_f(m, "id", "%s-svg-desc", id);
  markup_text(m, description);
  markup_end(m);
}

static void svg_text(struct markup *m, int x, int y, const char *class, const char *text) {
  markup_start(m, "text");
  markup_attribute_f(m, "x", "%d", x);
  markup_attribute_f(m, "y", "%d", y);
  if (class) markup_attribute(m, "class", class);
  html_text(m, text);
  markup_end(m);
}

static void svg_rect(struct markup *m, int x, int y, int width, int height, const char *class, const char *tip) {
  markup_start(m, "rect");
  markup_attribute_f(m, "x", "%d", x);
  markup_attribute_f(m, "y", "%d", y);
  markup_attribute_f(m, "width", "%d", width);
  markup_attribute_f(m, "height", "%d", height);
  markup_attribute(m, "class", class);
  if (tip) markup_element(m, "title", NULL, tip);
  markup_end(m);
}

static void svg_line(struct markup *m, int x1, int y1, int x2, int y2, const char *class) {
  markup_start(m, "line");
  markup_attribute_f(m, "x1", "%d", x1);
  markup_attribute_f(m, "y1", "%d", y1);
  markup_attribute_f(m, "x2", "%d", x2);
  markup_attribute_f(m, "y2", "%d", y2);
  markup_attribute(m, "class", class);
  markup_end(m);
}

/* A label of at most most columns, "..." when cut; to has ROW_LABEL_MAX * 4 + 4 bytes. */
static const char *label(char *to, const char *text, size_t most) {
  size_t at = 0, width = 0, len = strlen(text);
  while (at < len && width < most) {
    size_t n = text_utf8_length(text + at, len - at);
    if (!n) n = 1;
    width += text_width(text + at, n);
    if (at + n > most * 4) break;
    at += n;
  }
  memcpy(to, text, at);
  strcpy(to + at, at < len ? "..." : "");
  return to;
}

static uint64_t bin_total(const struct result_bin *b) { return b->passed + b->failed + b->other; }

/* The heights of one stack, rounded so that something is never nothing. */
static int bar_height(uint64_t n, uint64_t most) {
  if (!n || !most) return 0;
  int h = (int)((unsigned __int128)n * BAR_HEIGHT / most);
  return h ? h : 1;
}

static void put_bin(struct markup *m, const struct result_timeline *t, size_t i, uint64_t most) {
  const struct result_bin *b = &t->bin[i];
  int span = WIDTH - LEFT - 20, x = LEFT + (int)(i * (size_t)span / t->n_bins);
  int width = LEFT + (int)((i + 1) * (size_t)span / t->n_bins) - x - 1, y = 20 + BAR_HEIGHT;
  const struct {
    uint64_t n;
    const char *class, *word;
  } part[] = {{b->passed, "good", "passed"}, {b->failed, "bad-bar", "failed"}, {b->other, "other", "other"}};
  for (size_t k = 0; k < 3; k++) {
    int h = bar_height(part[k].n, most);
    if (!h) continue;
    struct out o;
    char time[STAMP_TEXT_SIZE];
    out_init(&o, NULL);
    phrase_count(&o, part[k].n, "connection ", "connections ");
    out_printf(&o, "%s from %s", part[k].word,
               stamp_print_utc(time, (stamp_t){t->first.ns + (int64_t)i * t->width.ns}, 1));
    y -= h;
    svg_rect(m, x, y, width, h, part[k].class, out_str(&o));
    if (k == 1) svg_line(m, x, y, x + width, y + (h < width ? h : width), "hatch");
    out_close(&o);
  }
}

static void put_axis(struct markup *m, const struct result_timeline *t, uint64_t most) {
  char text[STAMP_TEXT_SIZE], number[24];
  int bottom = 20 + BAR_HEIGHT, right = WIDTH - 20;
  svg_line(m, LEFT, bottom, right, bottom, "axis");
  svg_line(m, LEFT, 20, LEFT, bottom, "axis");
  snprintf(number, sizeof number, "%llu", (unsigned long long)most);
  svg_text(m, LEFT - 8, 30, "muted end", number);
  svg_text(m, LEFT - 8, bottom, "muted end", "0");
  svg_text(m, LEFT, bottom + 18, "muted", stamp_print_utc(text, t->first, 1));
  stamp_t end = {t->first.ns + t->width.ns * (int64_t)t->n_bins};
  svg_text(m, right, bottom + 18, "muted end", stamp_print_utc(text, end, 1));
}

static int time_x(const struct result_timeline *t, stamp_t at) {
  int span = WIDTH - LEFT - 20;
  int64_t offset = stamp_since(t->first, at).ns, whole = t->width.ns * (int64_t)t->n_bins;
  if (offset < 0) offset = 0;
  if (offset > whole) offset = whole;
  return LEFT + (int)((__int128)offset * span / whole);
}

static void put_lanes(struct markup *m, const struct result *r, size_t lanes) {
  int y = 20 + BAR_HEIGHT + 46;
  for (size_t i = 0; i < lanes; i++, y += LANE_HEIGHT) {
    const struct result_finding *f = &r->finding[i];
    char number[24];
    snprintf(number, sizeof number, "finding %zu", i + 1);
    svg_text(m, LEFT - 8, y + 4, "end muted", number + sizeof "finding " - 1);
    svg_line(m, LEFT, y, WIDTH - 20, y, "axis");
    if (!stamp_known(f->first) || !stamp_known(f->last)) continue;
    int from = time_x(&r->timeline, f->first), to = time_x(&r->timeline, f->last);
    svg_line(m, from, y, to > from ? to : from + 1, y, "lane");
  }
}

static void put_legend(struct markup *m, int y) {
  static const struct {
    const char *class, *text;
  } key[] = {{"good", "passed"},
             {"bad-bar", "failed (with a stroke): blocked, degraded, wrong or unexpected"},
             {"other", "other"}};
  static const int x[] = {LEFT, LEFT + 90, LEFT + 560};
  for (size_t i = 0; i < 3; i++) {
    svg_rect(m, x[i], y - 11, 14, 14, key[i].class, NULL);
    if (i == 1) svg_line(m, x[i], y - 11, x[i] + 14, y + 3, "hatch");
    svg_text(m, x[i] + 20, y, NULL, key[i].text);
  }
  svg_text(m, WIDTH - 20, y, "muted end", "numbered lines: findings");
}

/* Whether the last bin still lies inside the range of time. */
static bool timeline_drawable(const struct result_timeline *t) {
  int64_t span, end;
  return t->n_bins && stamp_known(t->first) && t->width.ns > 0 &&
         !__builtin_mul_overflow(t->width.ns, (int64_t)t->n_bins, &span) &&
         !__builtin_add_overflow(t->first.ns, span, &end);
}

void chart_timeline(struct markup *m, const struct result *r) {
  const struct result_timeline *t = &r->timeline;
  size_t lanes = r->n_findings < LANES_MAX ? r->n_findings : LANES_MAX;
  uint64_t most = 0, total = 0;
  if (!timeline_drawable(t)) return;
  for (size_t i = 0; i < t->n_bins; i++) {
    uint64_t n = bin_total(&t->bin[i]);
    total += n;
    if (n > most) most = n;
  }
  if (!most) return;
  html_part(m, "timeline", "When", "Connections of the hosts in scope, by the time they were first tried.");
  struct out o;
  out_init(&o, NULL);
  phrase_count(&o, total, "connection", "connections");
  out_text(&o, " over ");
  phrase_span(&o, r->quality.first, r->quality.last);
  out_text(&o,
           ", drawn as bars over time; below them, one line a finding from its first to its last packet. "
           "The findings list has the same times.");
  int legend = 20 + BAR_HEIGHT + 40 + (int)lanes * LANE_HEIGHT + 24;
  svg_start(m, "timeline", legend + 14, "Connections over time", shown(out_str(&o)));
  for (size_t i = 0; i < t->n_bins; i++) put_bin(m, t, i, most);
  put_axis(m, t, most);
  put_lanes(m, r, lanes);
  put_legend(m, legend);
  markup_end(m);
  out_close(&o);
  markup_end(m);
}

/* Rows (role pairs) and columns (services) of the matrix in order of appearance; cells point at both. */
struct matrix {
  const struct result_matrix_cell *row[MATRIX_ROWS]; /* its from and to name the row */
  const char *column[MATRIX_COLUMNS];
  size_t n_rows, n_columns;
};

static bool same(const char *a, const char *b) { return strcmp(shown(a), shown(b)) == 0; }

static size_t row_of(struct matrix *x, const struct result_matrix_cell *c) {
  size_t i = 0;
  while (i < x->n_rows && !(same(x->row[i]->from, c->from) && same(x->row[i]->to, c->to))) i++;
  if (i == x->n_rows && i < MATRIX_ROWS) x->row[x->n_rows++] = c;
  return i;
}

static size_t column_of(struct matrix *x, const struct result_matrix_cell *c) {
  size_t i = 0;
  while (i < x->n_columns && !same(x->column[i], c->service)) i++;
  if (i == x->n_columns && i < MATRIX_COLUMNS) x->column[x->n_columns++] = shown(c->service);
  return i;
}

static int column_x(const struct matrix *x, size_t column) {
  return MATRIX_LEFT + (int)(column * (WIDTH - MATRIX_LEFT - MATRIX_RIGHT) / x->n_columns);
}

static void put_labels(struct markup *m, const struct result *r, const struct matrix *x) {
  char text[ROW_LABEL_MAX * 4 + 4];
  for (size_t i = 0; i < x->n_columns; i++) {
    markup_start(m, "text");
    markup_attribute_f(m, "transform", "translate(%d %d) rotate(-40)", column_x(x, i) + 16, MATRIX_TOP - 8);
    markup_text(m, label(text, x->column[i], LABEL_MAX));
    markup_end(m);
  }
  for (size_t i = 0; i < x->n_rows; i++) {
    struct out o;
    out_init(&o, NULL);
    out_printf(&o, "%s \xe2\x86\x92 %s", phrase_role(r, x->row[i]->from), phrase_role(r, x->row[i]->to));
    svg_text(m, MATRIX_LEFT - 10, MATRIX_TOP + (int)i * CELL_HEIGHT + 20, "end",
             label(text, shown(out_str(&o)), ROW_LABEL_MAX));
    out_close(&o);
  }
}

static void put_cell(struct markup *m, const struct matrix *x, const struct result_matrix_cell *c, size_t row,
                     size_t column) {
  int left = column_x(x, column), width = column_x(x, column + 1) - left - 2, top = MATRIX_TOP + (int)row * CELL_HEIGHT;
  uint64_t bad = c->blocked + c->unexpected;
  const char *class = bad ? "cell-bad" : c->degraded ? "cell-warn" : c->passed ? "cell-good" : "cell";
  struct out tip, word;
  out_init(&tip, NULL);
  out_printf(&tip, "%s: %llu passed, %llu blocked, %llu degraded, %llu unexpected, %llu other", shown(c->service),
             (unsigned long long)c->passed, (unsigned long long)c->blocked, (unsigned long long)c->degraded,
             (unsigned long long)c->unexpected, (unsigned long long)c->other);
  svg_rect(m, left, top, width, CELL_HEIGHT - 2, class, out_str(&tip));
  out_init(&word, NULL);
  if (bad)
    out_printf(&word, "\xe2\x9c\x95 %llu", (unsigned long long)bad);
  else if (c->degraded)
    out_printf(&word, "! %llu", (unsigned long long)c->degraded);
  else if (c->passed)
    out_printf(&word, "\xe2\x9c\x93 %llu", (unsigned long long)c->passed);
  else
    out_printf(&word, "? %llu", (unsigned long long)c->other);
  svg_text(m, left + width / 2, top + 19, bad ? "middle bad" : "middle", shown(out_str(&word)));
  out_close(&tip);
  out_close(&word);
}

void chart_matrix(struct markup *m, const struct result *r) {
  struct matrix x = {.n_rows = 0};
  if (!r->n_matrix) return;
  for (size_t i = 0; i < r->n_matrix; i++) (void)row_of(&x, &r->matrix[i]), (void)column_of(&x, &r->matrix[i]);
  html_part(m, "reach", sections[SECTION_MATRIX].title,
            "\xe2\x9c\x93 passed, \xe2\x9c\x95 blocked or unexpected, ! degraded, ? neither; with the number of "
            "connections.");
  svg_start(m, "reach", MATRIX_TOP + (int)x.n_rows * CELL_HEIGHT + 10, "Roles and services",
            "One row for each pair of roles, one column for each service. The table below has the numbers.");
  put_labels(m, r, &x);
  for (size_t i = 0; i < r->n_matrix; i++) {
    size_t row = row_of(&x, &r->matrix[i]), column = column_of(&x, &r->matrix[i]);
    if (row < x.n_rows && column < x.n_columns) put_cell(m, &x, &r->matrix[i], row, column);
  }
  markup_end(m);
  struct grid g;
  sections[SECTION_MATRIX].build(r, &g, 400);
  if (g.failed)
    m->failed = true;
  else
    html_grid(m, &g, sections[SECTION_MATRIX].title);
  grid_fini(&g);
  markup_end(m);
}
