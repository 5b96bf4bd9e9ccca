/* The table of report formats, and putting a finished report under its name. */
#include "report/writer.h"

#include <string.h>
#include <strings.h>

#include "report/formats.h"
#include "report/write_file.h"

static const struct report_format formats[] = {
    {"text", ".txt", "plain text, fits the terminal", report_text},
    {"html", ".html", "one self-contained page to open, print and attach", report_html},
    {"json", ".json", "the complete result, for programs, diff and report", report_json},
    {"markdown", ".md", "a ticket comment of at most 4,000 characters", report_markdown},
    {"csv", ".csv", "findings and rules for a spreadsheet", report_csv},
    {"junit", ".xml", "JUnit XML for build servers; skipped means not assessable", report_junit},
    {"sarif", ".sarif", "SARIF 2.1.0, failures only", report_sarif},
    {NULL, NULL, NULL, NULL},
};

const struct report_format *report_formats(void) { return formats; }

const struct report_format *report_format_of_name(const char *name) {
  for (const struct report_format *f = formats; f->name; f++)
    if (strcmp(f->name, name) == 0) return f;
  return NULL;
}

const struct report_format *report_format_of_path(const char *path) {
  const char *ending = path_ending(path);
  for (const struct report_format *f = formats; ending && f->name; f++)
    if (strcasecmp(f->ending, ending) == 0) return f;
  return NULL;
}

struct rendering {
  const struct report_format *format;
  const struct result *result;
  const struct report_options *options;
};

static int render(const void *ctx, struct out *to) {
  const struct rendering *r = ctx;
  return r->format->write(r->result, r->options, to);
}

int report_write_file(const struct result *r, const struct report_options *o, const char *path, struct err *e) {
  bool standard = strcmp(path, "-") == 0;
  struct rendering rendering = {standard ? report_format_of_name("text") : report_format_of_path(path), r, o};
  if (!rendering.format) return write_unknown_ending(path, e);
  return write_whole_file(path, render, &rendering, e);
}
