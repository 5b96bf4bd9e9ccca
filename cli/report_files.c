#include "cli/report_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "cli/say.h"
#include "cli/status.h"
#include "report/writer.h"

static int check_ending(const char *path, struct err *e) {
  if (report_format_of_path(path)) return 0;
  char known[160] = "";
  for (const struct report_format *f = report_formats(); f->name; f++) {
    size_t at = strlen(known);
    snprintf(known + at, sizeof known - at, " %s", f->ending);
  }
  err_set(e, "%s: the ending of the name picks the format, and must be one of%s", path, known);
  return -EINVAL;
}

int report_files_check(const struct option_list *paths, char *const *input, size_t n_inputs, struct err *e) {
  for (size_t i = 0; i < paths->n; i++) {
    const char *path = paths->item[i];
    for (size_t j = 0; j < i; j++) {
      if (strcmp(path, paths->item[j]) != 0) continue;
      err_set(e, "%s: named twice as an output", path);
      return -EINVAL;
    }
    int rc = check_ending(path, e);
    if (!rc) rc = output_check(path, input, n_inputs, e);
    if (rc) return rc;
  }
  return 0;
}

int report_files_write(const struct option_list *paths, const struct result *r, const struct report_options *o) {
  int status = STATUS_OK;
  for (size_t i = 0; i < paths->n; i++) {
    struct err e = {""};
    if (report_write_file(r, o, paths->item[i], &e) == 0) continue;
    say_err(&e);
    status = STATUS_USAGE;
  }
  return status;
}
