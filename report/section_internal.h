/* The builders behind report/section.h. */
#ifndef WW_REPORT_SECTION_INTERNAL_H
#define WW_REPORT_SECTION_INTERNAL_H

#include "report/phrase.h"
#include "report/section.h"

#define GRID_INIT(g, columns, rows_max) grid_init(g, columns, sizeof(columns) / sizeof *(columns), rows_max)

/* A cell from text that phrase functions append to o; the cell takes it and o is closed. */
void grid_phrase(struct grid *g, enum tone tone, struct out *o);
void grid_host(struct grid *g, const struct result *r, const struct address *a);
void grid_number(struct grid *g, enum tone tone, uint64_t n);

void section_rules(const struct result *r, struct grid *g, size_t rows_max);
void section_methods(const struct result *r, struct grid *g, size_t rows_max);
void section_stages(const struct result *r, struct grid *g, size_t rows_max);
void section_coverage(const struct result *r, struct grid *g, size_t rows_max);
void section_matrix(const struct result *r, struct grid *g, size_t rows_max);
void section_conversations(const struct result *r, struct grid *g, size_t rows_max);
void section_quality(const struct result *r, struct grid *g, size_t rows_max);
void section_inputs(const struct result *r, struct grid *g, size_t rows_max);
void section_interfaces(const struct result *r, struct grid *g, size_t rows_max);
void section_comments(const struct result *r, struct grid *g, size_t rows_max);
void section_roles(const struct result *r, struct grid *g, size_t rows_max);
void section_parameters(const struct result *r, struct grid *g, size_t rows_max);
void section_basis(const struct result *r, struct grid *g, size_t rows_max);
void section_glossary(const struct result *r, struct grid *g, size_t rows_max);

#endif
