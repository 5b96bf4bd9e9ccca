/* The table of report formats, and putting a finished report under its name. */
#include "report/writer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "report/formats.h"
#include "util/new_file.h"

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
  const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
  const char *dot = strrchr(base, '.');
  for (const struct report_format *f = formats; dot && f->name; f++)
    if (strcasecmp(f->ending, dot) == 0) return f;
  return NULL;
}

static int write_stdout(const struct report_format *f, const struct result *r, const struct report_options *o,
                        struct err *e) {
  struct out to;
  out_init(&to, stdout);
  int rc = f->write(r, o, &to), closed = out_close(&to);
  if (rc == 0) rc = closed;
  if (rc < 0) err_set(e, "standard output: %s", strerror(-rc));
  return rc;
}

int report_write_file(const struct result *r, const struct report_options *o, const char *path, struct err *e) {
  if (strcmp(path, "-") == 0) return write_stdout(report_format_of_name("text"), r, o, e);
  const struct report_format *f = report_format_of_path(path);
  if (!f) {
    err_set(e, "%s: the ending says no report format: use .html, .json, .md, .txt, .csv, .xml or .sarif", path);
    return -EINVAL;
  }
  struct new_file file = {0};
  int rc = new_file_open(&file, path, e);
  if (rc < 0) return rc;
  rc = f->write(r, o, &file.to);
  if (rc == 0) return new_file_keep(&file, e);
  new_file_drop(&file);
  err_set(e, "%s: %s", path, strerror(-rc));
  return rc;
}
