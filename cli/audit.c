/* audit: captures against a policy, then reports. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/inputs.h"
#include "cli/judge.h"
#include "cli/memory.h"
#include "cli/output.h"
#include "cli/reports.h"
#include "cli/sandbox.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "report/anonymise.h"
#include "report/evidence.h"

struct audit_values {
  struct input_values input;
  struct report_values report;
  struct judge_values judge;
  const char *evidence, *anonymise;
  uint64_t evidence_snap;
  stamp_t now;
};

#define AT(member) offsetof(struct audit_values, member)
static const struct option audit_options[] = {
    JUDGE_OPTIONS(struct audit_values, judge),
    {.name = "now",
     .kind = OPTION_TIME,
     .offset = AT(now),
     .value = "TIME",
     .help =
         "date shown on reports, and the day on which waivers are looked at; default: no date, and the last packet"},
    {.name = "evidence",
     .kind = OPTION_TEXT,
     .offset = AT(evidence),
     .value = "DIR",
     .help =
         "write the packets that prove each finding to DIR, one small commented capture a finding, with a MANIFEST"},
    {.name = "evidence-snap",
     .kind = OPTION_NUMBER,
     .offset = AT(evidence_snap),
     .value = "N",
     .max = 262144,
     .help = "keep N bytes of payload of each of these packets; default: 0, headers only"},
    {.name = "anonymise", .kind = OPTION_TEXT, .offset = AT(anonymise), .value = "KEYFILE", .help = ANONYMISE_HELP},
    REPORT_OPTIONS(struct audit_values, report),
    INPUT_OPTIONS(struct audit_values, input),
    {.help = NULL}};
#undef AT

/* Everything one audit holds on to. */
struct job {
  const struct audit_values *v;
  const void *shown; /* format on standard output; NULL = none */
  struct inputs inputs;
  struct judgement judged;
  int status;                    /* of the audit: what --fail-on says */
  struct anonymiser *anonymiser; /* NULL: nothing is replaced */
};

/* What can be wrong before anything is read. A report must not replace a capture, nor the site file. */
static int job_check(struct job *j, struct call *c) {
  const struct audit_values *v = j->v;
  const char *const policy[] = {v->judge.policy};
  const void *unused;
  int rc = reports_check(&reports_of_result, &v->report, c->operand, c->n_operands, &j->shown, &c->err);
  if (!rc && v->judge.policy) rc = reports_check(&reports_of_result, &v->report, policy, 1, &unused, &c->err);
  if (!rc && v->evidence) rc = output_check_folder(v->evidence, &c->err);
  for (size_t i = 0; i < c->n_operands && !rc && v->evidence; i++) {
    if (strcmp(c->operand[i], "-") != 0) continue;
    err_set(&c->err, "--evidence reads the captures again, and standard input can be read only once");
    rc = -EINVAL;
  }
  if (!rc && v->anonymise) rc = anonymiser_load(v->anonymise, &j->anonymiser, &c->err);
  return rc ? STATUS_USAGE : STATUS_OK;
}

static int job_judge(struct job *j, struct err *e) {
  const struct audit_values *v = j->v;
  struct memory_split split;
  if (memory_split(v->input.memory_max, &split, e) < 0) return STATUS_USAGE;
  const struct audit_options options = {
      .now = v->now, .talks_max = split.talks_max, .threads = inputs_threads(&v->input)};
  const int status = judge_traffic(&v->judge, j->inputs.traffic, &options, &j->judged, e);
  if (!status) j->status = fail_on_status(j->judged.fail_on, j->judged.audit, j->inputs.n_unread);
  if (!status && j->judged.site->proposed && !v->input.quiet)
    say("no site file: roles are proposed from what the hosts do; policy init writes them down for you to correct");
  return status;
}

static int job_evidence(const struct job *j, struct call *c) {
  const struct audit_values *v = j->v;
  struct evidence_options options = {.payload_max = (uint32_t)v->evidence_snap, .anonymiser = j->anonymiser};
  struct evidence_counts counts;
  if (!v->evidence) return STATUS_OK;
  if (evidence_write(j->judged.result, c->operand, c->n_operands, v->evidence, &options, &counts, &c->err) < 0)
    return STATUS_USAGE;
  if (counts.left_out && !v->input.quiet)
    say("evidence of %zu findings written, %zu left out", counts.files, counts.left_out);
  return STATUS_OK;
}

/* The result stands for itself: flows, hosts and conversations are not needed any more. */
static void job_clear(void *of) {
  struct job *j = of;
  audit_free(j->judged.audit);
  j->judged.audit = NULL;
  inputs_release(&j->inputs);
}

/* Evidence is found with the addresses as they were; reports show them replaced when that was asked for. What goes
 * wrong with the evidence does not keep the reports from being written. */
static int job_write(struct job *j, struct call *c) {
  const struct reports_crew crew = {.threads = inputs_threads(&j->v->input), .clear = job_clear, .of = j};
  int evidence = STATUS_OK, status = STATUS_OK;
  if (j->anonymiser && anonymiser_learn(j->anonymiser, j->judged.result) < 0) goto failed;
  evidence = job_evidence(j, c);
  if (j->anonymiser && anonymise_result(j->anonymiser, j->judged.result) < 0) goto failed;
  status = reports_write(&reports_of_result, &j->v->report, j->shown, j->judged.result, &crew);
  return evidence ? evidence : status;
failed:
  err_set(&c->err, "memory ran out while replacing addresses");
  return STATUS_NOTHING;
}

static int audit_verb_run(struct call *c) {
  struct job j = {.v = c->values};
  int status = job_check(&j, c);
  if (!status) status = judge_prepare(&j.v->judge, &j.judged, &c->err);
  if (!status)
    status = sandbox_call(
        c, &(struct sandbox_paths){.reports = &j.v->report.output, .folder = j.v->evidence, .read = j.v->anonymise});
  if (!status) status = inputs_read(c->operand, c->n_operands, &j.v->input, &j.inputs, &c->err);
  if (!status) status = job_judge(&j, &c->err);
  if (!status) status = job_write(&j, c);
  if (!status) status = j.status;
  anonymiser_free(j.anonymiser);
  judge_release(&j.judged);
  inputs_release(&j.inputs);
  return status;
}

static const struct verb_example audit_examples[] = {
    {"wallwitness audit -p site.json push.pcapng", "the answer as text; exit status 1 when something is blocked"},
    {"wallwitness audit -p site.json --ticket CHG0041 -o report.html -o result.json *.pcapng",
     "a report to attach to a ticket, and the result for later comparison"},
    {"wallwitness audit -p site.json --anonymise key --evidence proof -o report.html push.pcapng",
     "to give away: addresses and names replaced, with the packets that prove it"},
    {"dumpcap -i eth0 -w - | wallwitness audit -p site.json -", "from another program"},
    {"wallwitness audit push.pcapng", "without a site file: roles are proposed from what the hosts do"},
    {NULL, NULL}};

static const struct audit_values audit_defaults = {.input = INPUT_DEFAULTS, .judge = JUDGE_DEFAULTS, .now = STAMP_NONE};

static void more_help(struct out *to) { reports_help(&reports_of_result, to); }

const struct verb verb_audit = {
    .name = "audit",
    .summary = "replay captures, compare them with a policy, report",
    .operand = "CAPTURE...",
    .least = 1,
    .most = SIZE_MAX,
    .text =
        "Reads the captures as one timeline, in the order of their first packets, and holds what happened against the "
        "policy. Compressed captures are read as they are; \"-\" is standard input.\n\n"
        "Exit status: 0 compliant; 1 findings that --fail-on names; 2 wrong usage, faulty policy or output not "
        "written; 3 an input could not be read; 4 nothing could be assessed.",
    .more = more_help,
    .example = audit_examples,
    .option = audit_options,
    .defaults = &audit_defaults,
    .values_size = sizeof audit_defaults,
    .run = audit_verb_run};
