/* The reports of a run: the files of -o, and standard output. What audit, report and diff have in common. */
#ifndef WW_CLI_REPORTS_H
#define WW_CLI_REPORTS_H

#include "cli/options.h"
#include "report/diff.h"
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

#define ANONYMISE_HELP                                                                                          \
  "replace addresses, host and file names in everything that is written, by a key: the content of KEYFILE, at " \
  "least 16 bytes; the same key gives the same replacements"

struct report_label {
  const char *name, *ending, *title;
};

/* A kind of thing that has reports: what its formats are and how they are written. A format is opaque here. */
struct report_kind {
  const void *(*format_of_name)(const char *name); /* NULL = unknown */
  const void *(*format_of_path)(const char *path);
  /* Name, ending and title of format i; false behind the last one. */
  bool (*format_at)(size_t i, struct report_label *label_out);
  int (*write)(const void *format, const void *what, const struct report_options *o, struct out *to);
  int (*write_file)(const void *what, const struct report_options *o, const char *path, struct err *e);
};
extern const struct report_kind reports_of_result, reports_of_diff; /* of a struct result, a struct diff */

/* The formats as help text. */
void reports_help(const struct report_kind *kind, struct out *to);

/* Before any work is done: formats are known; every file has a folder that can be written, is not named twice and is
 * none of the inputs. *shown_out: the format for standard output, NULL = nothing goes there. Negative with *e. */
int reports_check(const struct report_kind *kind, const struct report_values *v, const char *const *input,
                  size_t n_inputs, const void **shown_out, struct err *e);

/* How they are written. */
struct reports_crew {
  unsigned threads;        /* at most, for the files; 0 = 1. Standard output comes last */
  void (*clear)(void *of); /* what is no longer needed and takes time to give back, done meanwhile; NULL = nothing */
  void *of;
};

/* Writes them all, also those after one that failed; an enum status, errors said on standard error. crew: NULL = one
 * after the other. */
int reports_write(const struct report_kind *kind, const struct report_values *v, const void *shown, const void *what,
                  const struct reports_crew *crew);

#endif
