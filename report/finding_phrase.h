/* One finding as labelled texts, in reading order, for every format: built once from the result. */
#ifndef WW_REPORT_FINDING_PHRASE_H
#define WW_REPORT_FINDING_PHRASE_H

#include "report/phrase.h"

/* How a line is shown: running text, or something to copy as it is. */
enum line_kind { LINE_TEXT, LINE_COPY };

/* The lines of a finding: what happened, who, how sure, explanations, packets, filter, what to change. Columns: label,
 * text; a line with an empty label continues the one above. kind_of tells what to do with a row. */
void finding_lines(struct grid *g, const struct result *r, const struct result_finding *f);
enum line_kind finding_line_kind(const struct grid *g, size_t row);

#endif
