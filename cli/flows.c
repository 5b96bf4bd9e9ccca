/* flows: every flow of the captures, one record a line. */
#include "cli/inputs.h"
#include "cli/output.h"
#include "cli/sandbox.h"
#include "cli/verb.h"
#include "report/writer.h"

struct flows_values {
  struct input_values input;
  unsigned format;
  const char *output;
};

/* What the writer below needs. */
struct flows_view {
  const struct traffic *traffic;
  unsigned format, threads;
};

static const char *const format_choice[] = {"jsonl", "tsv", NULL};
static void (*const format_write[])(const struct traffic *, unsigned threads, struct out *) = {report_flows_jsonl,
                                                                                               report_flows_tsv};

static int write_flows(const void *what, struct out *to) {
  const struct flows_view *view = what;
  format_write[view->format](view->traffic, view->threads, to);
  return 0;
}

#define AT(member) offsetof(struct flows_values, member)
static const struct option flows_options[] = {
    {.name = "format",
     .letter = 'f',
     .kind = OPTION_CHOICE,
     .offset = AT(format),
     .value = "FORMAT",
     .choice = format_choice,
     .help = "jsonl (one JSON object a line; the default) or tsv (tab-separated columns)"},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .offset = AT(output),
     .value = "FILE",
     .help = "write to FILE instead of standard output"},
    INPUT_OPTIONS(struct flows_values, input),
    {.help = NULL}};
#undef AT

static int flows_run(struct call *c) {
  const struct flows_values *v = c->values;
  struct inputs in = {0};
  int status = STATUS_USAGE;
  if (v->output && output_check(v->output, c->operand, c->n_operands, &c->err)) goto out;
  status = sandbox_call(c, &(struct sandbox_paths){.output = v->output});
  struct input_values input = inputs_unhashed(&v->input);
  input.dpi_names = true;
  if (!status) status = inputs_read(c->operand, c->n_operands, &input, &in, &c->err);
  if (status) goto out;
  status = output_write(v->output, write_flows, &(struct flows_view){in.traffic, v->format, inputs_threads(&input)},
                        &c->err);
  if (status == STATUS_OK && in.n_unread) status = STATUS_INPUT;
out:
  inputs_release(&in);
  return status;
}

static const struct verb_example flows_examples[] = {
    {"wallwitness flows capture.pcapng", "every flow as JSON Lines, with outcome, service and packet numbers"},
    {"wallwitness flows -f tsv --filter 'tcp port 135' *.pcap > flows.tsv",
     "a table of some flows of several captures"},
    {NULL, NULL}};

static const struct flows_values flows_defaults = {.input = INPUT_DEFAULTS};

const struct verb verb_flows = {
    .name = "flows",
    .summary = "list every flow of captures, one record a line",
    .operand = "CAPTURE...",
    .least = 1,
    .most = SIZE_MAX,
    .text =
        "Writes what happened to each flow (established, no-answer, refused, ...), what ran on it and how that is "
        "known. No policy is involved. \"-\" reads a capture from standard input.",
    .example = flows_examples,
    .option = flows_options,
    .defaults = &flows_defaults,
    .values_size = sizeof flows_defaults,
    .run = flows_run};
