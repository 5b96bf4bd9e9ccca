#include "cli/reports.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "cli/say.h"
#include "cli/status.h"

#define AT(member) offsetof(struct report_values, member)
const struct option report_options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_LIST,
     .offset = AT(output),
     .value = "FILE",
     .help = "write a report to FILE, whose ending picks the format; may be repeated; then nothing goes to standard "
             "output unless --format asks for it"},
    {.name = "format",
     .letter = 'f',
     .kind = OPTION_TEXT,
     .offset = AT(format),
     .value = "FORMAT",
     .help = "format of the report on standard output; default: text"},
    {.name = "colour",
     .kind = OPTION_CHOICE,
     .offset = AT(colour),
     .value = "WHEN",
     .choice = output_colour_choice,
     .help = "colours on standard output: auto (on a terminal, unless NO_COLOR is set), always, never"},
    {.help = NULL}};
#undef AT

/* The names of all formats, or their endings, for messages. Returns to. */
static const char *known(char *to, size_t size, bool endings) {
  size_t at = 0;
  to[0] = '\0';
  for (const struct report_format *f = report_formats(); f->name && at < size; f++)
    at += (size_t)snprintf(to + at, size - at, "%s%s", at ? " " : "", endings ? f->ending : f->name);
  return to;
}

static int check_file(const char *path, const char *const *input, size_t n_inputs, struct err *e) {
  char names[160];
  if (report_format_of_path(path)) return output_check(path, input, n_inputs, e);
  err_set(e, "%s: the ending of the name picks the format, and must be one of %s", path,
          known(names, sizeof names, true));
  return -EINVAL;
}

int reports_check(const struct report_values *v, const char *const *input, size_t n_inputs,
                  const struct report_format **shown_out, struct err *e) {
  const char *name = v->format ? v->format : v->output.n ? NULL : "text";
  const struct report_format *shown = name ? report_format_of_name(name) : NULL;
  char names[160];
  if (name && !shown) {
    err_set(e, "--format: \"%s\" is none of %s", name, known(names, sizeof names, false));
    return -EINVAL;
  }
  for (size_t i = 0; i < v->output.n; i++) {
    for (size_t j = 0; j < i; j++) {
      if (strcmp(v->output.item[i], v->output.item[j]) != 0) continue;
      err_set(e, "%s: named twice as an output", v->output.item[i]);
      return -EINVAL;
    }
    int rc = check_file(v->output.item[i], input, n_inputs, e);
    if (rc) return rc;
  }
  *shown_out = shown;
  return 0;
}

/* What the writer on standard output needs. */
struct view {
  const struct report_format *format;
  const struct result *result;
  struct report_options options;
};

static int write_view(const void *what, struct out *to) {
  const struct view *v = what;
  return v->format->write(v->result, &v->options, to);
}

int reports_write(const struct report_values *v, const struct report_format *shown, const struct result *r) {
  const struct report_options plain = {.colour = false};
  int status = STATUS_OK;
  for (size_t i = 0; i < v->output.n; i++) {
    struct err e = {""};
    if (report_write_file(r, &plain, v->output.item[i], &e) == 0) continue;
    say_err(&e);
    status = STATUS_USAGE;
  }
  if (!shown) return status;
  struct err e = {""};
  struct view view = {shown, r, {.colour = output_colour(v->colour), .columns = output_columns()}};
  if (output_write(NULL, write_view, &view, &e)) status = STATUS_USAGE;
  say_err(&e);
  return status;
}
