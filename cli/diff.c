/* diff: what a change fixed, broke and left, from two saved results. */
#include "report/diff.h"

#include <stdio.h>

#include "cli/reports.h"
#include "cli/sandbox.h"
#include "cli/verb.h"
#include "report/result.h"

struct diff_values {
  struct report_values report;
};
static const struct option diff_options[] = {REPORT_OPTIONS(struct diff_values, report), {.help = NULL}};

static int diff_run(struct call *c) {
  const struct diff_values *v = c->values;
  const void *shown;
  struct result *before = NULL, *after = NULL;
  struct diff *d = NULL;
  int status = STATUS_USAGE;
  if (reports_check(&reports_of_diff, &v->report, c->operand, c->n_operands, &shown, &c->err)) goto out;
  status = sandbox_call(c, &(struct sandbox_paths){.reports = &v->report.output});
  if (status) goto out;
  status = STATUS_INPUT;
  if (result_load(c->operand[0], &before, &c->err) < 0 || result_load(c->operand[1], &after, &c->err) < 0) goto out;
  d = diff_make(before, after);
  if (!d) {
    err_set(&c->err, "memory ran out while comparing");
    goto out;
  }
  status = reports_write(&reports_of_diff, &v->report, shown, d, NULL);
  if (!status && diff_is_worse(d)) status = STATUS_FINDINGS;
out:
  diff_free(d);
  result_free(after);
  result_free(before);
  return status;
}

static const struct verb_example diff_examples[] = {
    {"wallwitness diff before.json after.json", "exit status 1 when something new is blocked or open"},
    {"wallwitness diff before.json after.json -o change.html", "a page to attach to the change ticket"},
    {NULL, NULL}};

static const struct diff_values diff_defaults = {.report = {.format = NULL}};

static void more_help(struct out *to) { reports_help(&reports_of_diff, to); }

const struct verb verb_diff = {
    .name = "diff",
    .summary = "what changed between two saved results: fixed, new, unchanged",
    .operand = "BEFORE.json AFTER.json",
    .least = 2,
    .most = 2,
    .text =
        "Results are what audit writes with -o result.json. Findings are matched by fingerprint. One that is gone "
        "counts as fixed only when the later capture shows the same traffic getting through.\n\n"
        "Exit status: 0 nothing new; 1 something new is blocked, open without a rule, or of the wrong protocol; "
        "2 wrong usage or output not written; 3 a result could not be read.",
    .more = more_help,
    .example = diff_examples,
    .option = diff_options,
    .defaults = &diff_defaults,
    .values_size = sizeof diff_defaults,
    .run = diff_run};
