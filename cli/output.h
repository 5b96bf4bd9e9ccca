/* Where results go: standard output, and the files of -o. */
#ifndef WW_CLI_OUTPUT_H
#define WW_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"
#include "cli/status.h"
#include "util/error.h"
#include "util/out.h"

/* Ends writing to standard output: 0, also when the reader went away (head does); negative with *e when it could not be
 * written. */
int output_finish(struct out *to, struct err *e);

/* Writes to the file, which appears only when complete, or to standard output (path NULL or "-"), with a function that
 * returns 0 or negative (memory is out). STATUS_OK; STATUS_USAGE with *e when it could not be written. */
int output_write(const char *path, int (*write)(const void *what, struct out *to), const void *what, struct err *e);

/* Before any work is done: the folder of a file to be written can be written, and the file is none of the inputs.
 * Negative with *e. */
int output_check(const char *path, const char *const *input, size_t n_inputs, struct err *e);

/* The same for a folder that is to be there, or to be made. */
int output_check_folder(const char *path, struct err *e);

/* auto, always, never: for OPTION_CHOICE. */
extern const char *const output_colour_choice[];
enum output_colour { OUTPUT_COLOUR_AUTO, OUTPUT_COLOUR_ALWAYS, OUTPUT_COLOUR_NEVER };

/* Whether standard output gets colours: as asked for, else when it is a terminal and NO_COLOR is not set. */
bool output_colour(unsigned choice);

/* Columns of standard output when it is a terminal, 60 to 200; 0 = unknown. */
int output_columns(void);

#endif
