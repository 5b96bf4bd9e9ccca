/* The files of -o: reports whose format their name tells. */
#ifndef WW_CLI_REPORT_FILES_H
#define WW_CLI_REPORT_FILES_H

#include "cli/options.h"
#include "report/writer.h"

/* Before any work is done: every path has a known ending and a folder that can be written, is not named twice and is
 * none of the inputs. Negative with *e. */
int report_files_check(const struct option_list *paths, char *const *input, size_t n_inputs, struct err *e);

/* Writes them all, also those after one that failed; an enum status, errors said on standard error. */
int report_files_write(const struct option_list *paths, const struct result *r, const struct report_options *o);

#endif
