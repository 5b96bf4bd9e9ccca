/* The formats themselves; report/writer.c lists them in a table. Each returns 0, or negative: memory is out. */
#ifndef WW_REPORT_FORMATS_H
#define WW_REPORT_FORMATS_H

#include "report/writer.h"

int report_text(const struct result *r, const struct report_options *o, struct out *to);
int report_html(const struct result *r, const struct report_options *o, struct out *to);
int report_json(const struct result *r, const struct report_options *o, struct out *to);
int report_markdown(const struct result *r, const struct report_options *o, struct out *to);
int report_csv(const struct result *r, const struct report_options *o, struct out *to);
int report_junit(const struct result *r, const struct report_options *o, struct out *to);
int report_sarif(const struct result *r, const struct report_options *o, struct out *to);

#endif
