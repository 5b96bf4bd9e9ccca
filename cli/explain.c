/* explain: one flow: its facts, the steps of the judgement, what would change the answer. */
#include "classifier/explain.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/inputs.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/sandbox.h"
#include "cli/verb.h"

struct explain_values {
  struct input_values input;
};
static const struct option explain_options[] = {INPUT_OPTIONS(struct explain_values, input), {.help = NULL}};

/* The sixteen hex digits of a flow in the flows list. */
static int id_parse(const char *text, uint64_t *id_out, struct err *e) {
  size_t n = 0;
  while (isxdigit((unsigned char)text[n])) n++;
  if (n == 16 && !text[n]) {
    *id_out = strtoull(text, NULL, 16);
    return 0;
  }
  err_set(e, "\"%s\" is not a flow: take the sixteen digits of \"flow\" from wallwitness flows", text);
  return -EINVAL;
}

struct chosen {
  const struct traffic *traffic;
  uint64_t id;
};

/* Index of the first flow from this one on that has the id; the count when there is none. */
static size_t flow_find(const struct chosen *c, size_t from) {
  size_t n = traffic_flow_count(c->traffic);
  struct flow_view v;
  for (; from < n; from++) {
    traffic_flow(c->traffic, from, &v);
    if (v.id == c->id) break;
  }
  return from;
}

static int write_explanations(const void *what, struct out *to) {
  const struct chosen *c = what;
  size_t n = traffic_flow_count(c->traffic);
  for (size_t at = flow_find(c, 0), first = at; at < n; at = flow_find(c, at + 1)) {
    if (at != first) out_char(to, '\n');
    int rc = explain_flow(c->traffic, at, to);
    if (rc < 0) return rc;
  }
  return 0;
}

static int explain_run(struct call *c) {
  const struct explain_values *v = c->values;
  struct inputs in = {0};
  struct chosen chosen = {0};
  const char *word = c->operand[c->n_operands - 1];
  int status = STATUS_USAGE;
  if (id_parse(word, &chosen.id, &c->err)) goto out;
  status = sandbox_call(c, &(struct sandbox_paths){.output = NULL});
  const struct input_values input = inputs_unhashed(&v->input);
  if (!status) status = inputs_read(c->operand, c->n_operands - 1, &input, &in, &c->err);
  if (status) goto out;
  chosen.traffic = in.traffic;
  if (flow_find(&chosen, 0) == traffic_flow_count(in.traffic)) {
    err_set(&c->err, "no flow %s in these captures; wallwitness flows lists them", word);
    status = STATUS_USAGE;
    goto out;
  }
  status = output_write(NULL, write_explanations, &chosen, &c->err);
  if (status == STATUS_OK && in.n_unread) status = STATUS_INPUT;
out:
  inputs_release(&in);
  return status;
}

static const struct verb_example explain_examples[] = {{"wallwitness explain push.pcapng 0123456789abcdef",
                                                        "why this flow got its outcome; the number is its \"flow\" in "
                                                        "wallwitness flows"},
                                                       {NULL, NULL}};

static const struct explain_values explain_defaults = {.input = INPUT_DEFAULTS};

const struct verb verb_explain = {.name = "explain",
                                  .summary = "the facts and the steps behind the outcome of one flow",
                                  .operand = "CAPTURE... FLOW",
                                  .least = 2,
                                  .most = SIZE_MAX,
                                  .example = explain_examples,
                                  .option = explain_options,
                                  .defaults = &explain_defaults,
                                  .values_size = sizeof explain_defaults,
                                  .run = explain_run};
