/* The tables of a report, in reading order, for every format that shows tables. */
#ifndef WW_REPORT_SECTION_H
#define WW_REPORT_SECTION_H

#include "report/grid.h"
#include "report/result_internal.h"

struct section {
  const char *id, *title;
  const char *about; /* a sentence under the title */
  const char *empty; /* what it means when there are no rows; NULL: then the section is left out */
  void (*build)(const struct result *r, struct grid *g, size_t rows_max);
};

enum section_id {
  SECTION_RULES,
  SECTION_METHODS,
  SECTION_STAGES,
  SECTION_COVERAGE,
  SECTION_MATRIX,
  SECTION_QUALITY,
  SECTION_INPUTS,
  SECTION_INTERFACES,
  SECTION_COMMENTS,
  SECTION_ROLES,
  SECTION_PARAMETERS,
  SECTION_BASIS,
  SECTION_CONVERSATIONS,
  SECTION_GLOSSARY,
  SECTION_COUNT
};
/* The rules in force in fewer columns, for narrow pages. */
void section_rules_brief(const struct result *r, struct grid *g, size_t rows_max);

extern const struct section sections[SECTION_COUNT];

#endif
