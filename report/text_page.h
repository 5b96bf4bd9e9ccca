/* Laying text out on a terminal: wrapped paragraphs, labelled lines, aligned tables, colour only when asked. */
#ifndef WW_REPORT_TEXT_PAGE_H
#define WW_REPORT_TEXT_PAGE_H

#include "report/grid.h"
#include "util/out.h"

struct page {
  struct out *to;
  size_t columns;
  bool colour;
};

/* The width asked for, within 60..200; 0 = 100. */
size_t page_columns(int asked);

/* A line in a tone's colour; not wrapped, so that it can be copied whole. */
void page_line(struct page *p, size_t indent, enum tone tone, const char *text);
/* A heading with a rule under it. */
void page_heading(struct page *p, const char *text);
/* A paragraph; every line starts indent columns in, the first follows lead (may be ""), which stands in that space. */
void page_paragraph(struct page *p, size_t indent, const char *lead, enum tone tone, const char *text);
/* The grid with its headings, wrapped to the page; indent columns in. */
void page_grid(struct page *p, size_t indent, const struct grid *g);

#endif
