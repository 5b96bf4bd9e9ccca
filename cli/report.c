/* report: any format from a saved result. */
#include <stdio.h>

#include "cli/reports.h"
#include "cli/sandbox.h"
#include "cli/verb.h"
#include "report/anonymise.h"
#include "report/result.h"

struct again_values {
  struct report_values report;
  const char *anonymise;
};
static const struct option again_options[] = {{.name = "anonymise",
                                               .kind = OPTION_TEXT,
                                               .offset = offsetof(struct again_values, anonymise),
                                               .value = "KEYFILE",
                                               .help = ANONYMISE_HELP},
                                              REPORT_OPTIONS(struct again_values, report),
                                              {.help = NULL}};

static int replace(const char *key_path, struct result *r, struct err *e) {
  struct anonymiser *a = NULL;
  if (anonymiser_load(key_path, &a, e) < 0) return STATUS_USAGE;
  bool done = anonymiser_learn(a, r) == 0 && anonymise_result(a, r) == 0;
  anonymiser_free(a);
  if (done) return STATUS_OK;
  err_set(e, "memory ran out while replacing addresses");
  return STATUS_NOTHING;
}

static int report_run(struct call *c) {
  const struct again_values *v = c->values;
  const void *shown;
  struct result *r = NULL;
  if (reports_check(&reports_of_result, &v->report, c->operand, c->n_operands, &shown, &c->err)) return STATUS_USAGE;
  int status = sandbox_call(c, &(struct sandbox_paths){.reports = &v->report.output, .read = v->anonymise});
  if (status) return status;
  if (result_load(c->operand[0], &r, &c->err) < 0) return STATUS_INPUT;
  if (v->anonymise) status = replace(v->anonymise, r, &c->err);
  if (!status) status = reports_write(&reports_of_result, &v->report, shown, r, NULL);
  result_free(r);
  return status;
}

static const struct verb_example report_examples[] = {
    {"wallwitness report result.json -o report.txt", "the report that audit would have written, from its saved result"},
    {"wallwitness report result.json --anonymise key -o public.html", "the same with addresses and names replaced"},
    {NULL, NULL}};

static const struct again_values report_defaults = {.report = {.format = NULL}};

static void more_help(struct out *to) { reports_help(&reports_of_result, to); }

const struct verb verb_report = {.name = "report",
                                 .summary = "render a saved result again, in any format",
                                 .operand = "RESULT.json",
                                 .least = 1,
                                 .most = 1,
                                 .more = more_help,
                                 .example = report_examples,
                                 .option = again_options,
                                 .defaults = &report_defaults,
                                 .values_size = sizeof report_defaults,
                                 .run = report_run};
