#include "cli/reports.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "cli/say.h"
#include "cli/status.h"
#include "util/array.h"
#include "util/parallel.h"

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

#define REPORT_KIND(noun, format_type, what_type)                                                                \
  static const void *noun##_of_name(const char *name) { return noun##_format_of_name(name); }                    \
  static const void *noun##_of_path(const char *path) { return noun##_format_of_path(path); }                    \
  static bool noun##_at(size_t i, struct report_label *label_out) {                                              \
    const format_type *f = &noun##_formats()[i];                                                                 \
    *label_out = (struct report_label){f->name, f->ending, f->title};                                            \
    return f->name;                                                                                              \
  }                                                                                                              \
  static int noun##_show(const void *format, const void *what, const struct report_options *o, struct out *to) { \
    return ((const format_type *)format)->write((const what_type *)what, o, to);                                 \
  }                                                                                                              \
  static int noun##_keep(const void *what, const struct report_options *o, const char *path, struct err *e) {    \
    return noun##_write_file((const what_type *)what, o, path, e);                                               \
  }
REPORT_KIND(report, struct report_format, struct result)
REPORT_KIND(diff, struct diff_format, struct diff)
#undef REPORT_KIND

const struct report_kind reports_of_result = {report_of_name, report_of_path, report_at, report_show, report_keep};
const struct report_kind reports_of_diff = {diff_of_name, diff_of_path, diff_at, diff_show, diff_keep};

/* The names of all formats, or their endings, for messages. Returns to. */
static const char *known(const struct report_kind *kind, bool endings, char *to, size_t size) {
  struct report_label label;
  size_t at = 0;
  to[0] = '\0';
  for (size_t i = 0; kind->format_at(i, &label) && at < size; i++)
    at += (size_t)snprintf(to + at, size - at, "%s%s", at ? " " : "", endings ? label.ending : label.name);
  return to;
}

void reports_help(const struct report_kind *kind, struct out *to) {
  struct report_label label;
  out_text(to, "\nFormats, by name and by ending of FILE:\n");
  for (size_t i = 0; kind->format_at(i, &label); i++)
    out_printf(to, "  %-10s %-8s %s\n", label.name, label.ending, label.title);
}

static int check_file(const struct report_kind *kind, const char *path, struct err *e) {
  char names[160];
  if (kind->format_of_path(path)) return 0;
  err_set(e, "%s: the ending of the name picks the format, and must be one of %s", path,
          known(kind, true, names, sizeof names));
  return -EINVAL;
}

int reports_check(const struct report_kind *kind, const struct report_values *v, const char *const *input,
                  size_t n_inputs, const void **shown_out, struct err *e) {
  const char *name = v->format ? v->format : v->output.n ? NULL : "text";
  const void *shown = name ? kind->format_of_name(name) : NULL;
  char names[160];
  if (name && !shown) {
    err_set(e, "--format: \"%s\" is none of %s", name, known(kind, false, names, sizeof names));
    return -EINVAL;
  }
  for (size_t i = 0; i < v->output.n; i++) {
    const char *path = v->output.item[i];
    for (size_t j = 0; j < i; j++) {
      if (strcmp(path, v->output.item[j]) != 0) continue;
      err_set(e, "%s: named twice as an output", path);
      return -EINVAL;
    }
    int rc = check_file(kind, path, e);
    if (!rc) rc = output_check(path, input, n_inputs, e);
    if (rc) return rc;
  }
  *shown_out = shown;
  return 0;
}

/* What the writer on standard output needs. */
struct view {
  const struct report_kind *kind;
  const void *format, *what;
  struct report_options options;
};

static int write_view(const void *what, struct out *to) {
  const struct view *v = what;
  return v->kind->write(v->format, v->what, &v->options, to);
}

/* Files under way, in parts: each writes every so many-th file; the last clears away, while disks are waited for. */
struct writing {
  const struct report_kind *kind;
  const struct option_list *output;
  const void *what;
  const struct reports_crew *crew;
  size_t n_writers;
  struct err *error; /* [file]: empty when it was written */
};

static int part_write(void *of, size_t part) {
  const struct writing *w = of;
  const struct report_options plain = {.threads = w->crew->threads};
  if (part == w->n_writers) {
    if (w->crew->clear) w->crew->clear(w->crew->of);
    return 0;
  }
  for (size_t i = part; i < w->output->n; i += w->n_writers)
    w->kind->write_file(w->what, &plain, w->output->item[i], &w->error[i]);
  return 0;
}

static int files_write(struct writing *w) {
  int status = STATUS_OK;
  w->error = array_new(w->output->n, sizeof *w->error);
  if (!w->error) {
    say("memory ran out");
    return STATUS_USAGE;
  }
  w->n_writers = w->output->n < PARALLEL_PARTS_MAX ? w->output->n : PARALLEL_PARTS_MAX - 1;
  parallel_run(w->crew->threads, w->n_writers + 1, part_write, w);
  for (size_t i = 0; i < w->output->n; i++) {
    if (!w->error[i].text[0]) continue;
    say_err(&w->error[i]);
    status = STATUS_USAGE;
  }
  free(w->error);
  return status;
}

int reports_write(const struct report_kind *kind, const struct report_values *v, const void *shown, const void *what,
                  const struct reports_crew *crew) {
  static const struct reports_crew alone = {.threads = 1};
  struct writing files = {.kind = kind, .output = &v->output, .what = what, .crew = crew ? crew : &alone};
  int status = files_write(&files);
  if (!shown) return status;
  struct err e = {""};
  struct view view = {kind, shown, what, {.colour = output_colour(v->colour), .columns = output_columns()}};
  if (output_write(NULL, write_view, &view, &e)) status = STATUS_USAGE;
  say_err(&e);
  return status;
}
