#include "report/grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

void grid_init(struct grid *g, const struct grid_column *columns, size_t n_columns, size_t rows_max) {
  *g = (struct grid){.column = columns, .n_columns = n_columns, .rows_max = rows_max};
}

void grid_fini(struct grid *g) {
  for (size_t i = 0; i < g->n_cells; i++) free(g->cell[i].text);
  free(g->cell);
  *g = (struct grid){0};
}

bool grid_row(struct grid *g) {
  g->skipping = g->failed || grid_row_count(g) >= g->rows_max;
  if (g->skipping) g->left_out++;
  return !g->skipping;
}

static void add(struct grid *g, enum tone tone, char *text) {
  struct grid_cell *c = text ? ARRAY_PUSH(g->cell, g->n_cells, g->capacity) : NULL;
  if (!c) {
    free(text);
    g->failed = true;
    return;
  }
  *c = (struct grid_cell){text, tone};
}

void grid_text(struct grid *g, enum tone tone, const char *text) {
  if (!g->skipping) add(g, tone, strdup(text ? text : ""));
}

void grid_cell(struct grid *g, enum tone tone, const char *format, ...) {
  if (g->skipping) return;
  char *text = NULL;
  va_list args;
  va_start(args, format);
  int n = vasprintf(&text, format, args);
  va_end(args);
  add(g, tone, n < 0 ? NULL : text);
}

size_t grid_row_count(const struct grid *g) {
  return g->n_columns ? (g->n_cells + g->n_columns - 1) / g->n_columns : 0;
}

const struct grid_cell *grid_at(const struct grid *g, size_t row, size_t column) {
  return &g->cell[row * g->n_columns + column];
}
