/* A table of texts on its way into a report: built once, shown by every format that has tables. */
#ifndef WW_REPORT_GRID_H
#define WW_REPORT_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a cell means, beside its words: a format may colour it, and never says it by colour alone. */
enum tone { TONE_PLAIN, TONE_GOOD, TONE_BAD, TONE_WARN, TONE_MUTED, TONE_COUNT };

struct grid_column {
  const char *title;
  bool number; /* to the right */
  bool whole;  /* the last to give way when room is short: identifiers, single words */
};

#define GRID_TEXT(title) \
  { title, false, false }
#define GRID_WHOLE(title) \
  { title, false, true }
#define GRID_NUMBER(title) \
  { title, true, true }

struct grid_cell {
  char *text; /* owned */
  enum tone tone;
};

struct grid {
  const struct grid_column *column; /* borrowed */
  size_t n_columns;
  struct grid_cell *cell; /* row by row */
  size_t n_cells, capacity;
  size_t rows_max;   /* rows beyond are only counted */
  uint64_t left_out; /* rows not shown */
  bool skipping, failed;
};

void grid_init(struct grid *g, const struct grid_column *columns, size_t n_columns, size_t rows_max);
void grid_fini(struct grid *g);

/* Starts a row; false: it is over the cap and was counted, add nothing. */
bool grid_row(struct grid *g);
/* The next cell of the row; printf-formatted. NULL text (grid_text) is an empty cell. */
void grid_cell(struct grid *g, enum tone tone, const char *format, ...) __attribute__((format(printf, 3, 4)));
void grid_text(struct grid *g, enum tone tone, const char *text);

size_t grid_row_count(const struct grid *g);
const struct grid_cell *grid_at(const struct grid *g, size_t row, size_t column);

#endif
