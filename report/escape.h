/* Escaping for the formats that are written as text: what a stranger's text could mean there is taken away. */
#ifndef WW_REPORT_ESCAPE_H
#define WW_REPORT_ESCAPE_H

#include <stddef.h>

#include "util/out.h"

/* Bytes of text that fit in most, ending at a character's end. */
size_t escape_fit(const char *text, size_t most);

/* Text that stays text in CommonMark and its GitHub dialect: no markup, links, images, mentions or HTML. At most most
 * bytes of it, then "...". */
void escape_markdown(struct out *to, const char *text, size_t most);
/* A code span whose fence is longer than any run of backticks inside (CommonMark 6.1). */
void escape_markdown_code(struct out *to, const char *text);

/* One cell of a CSV row (RFC 4180), with a comma in front unless column is 0. A spreadsheet takes a cell that begins
 * with = + - @, a tab or a carriage return for a formula: such a cell gets an apostrophe in front. NULL is an empty
 * cell. */
void escape_csv(struct out *to, size_t column, const char *text);

#endif
