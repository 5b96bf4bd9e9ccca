/* The reports of a run: the files of -o, and standard output. What audit, report and diff have in common. */
#ifndef WW_CLI_REPORTS_H
#define WW_CLI_REPORTS_H

#include "cli/options.h"
#include "report/writer.h"

/* What a person may say about reports. */
struct report_values {
  const char *format;
  struct option_list output;
  unsigned colour;
};
extern const struct option report_options[];
/* A row that puts them into a verb's table: values is the verb's struct, member its struct report_values. */
#define REPORT_OPTIONS(values, member) \
  { .kind = OPTION_GROUP, .group = report_options, .offset = offsetof(values, member), .help = "Reports" }

/* Before any work is done: formats are known; every file has a folder that can be written, is not named twice and is
 * none of the inputs. *shown_out: the format for standard output, NULL = nothing goes there. Negative with *e. */
int reports_check(const struct report_values *v, const char *const *input, size_t n_inputs,
                  const struct report_format **shown_out, struct err *e);

/* Writes them all, also those after one that failed; an enum status, errors said on standard error. */
int reports_write(const struct report_values *v, const struct report_format *shown, const struct result *r);

#endif
