/* policy init: a site file proposed from what the hosts in captures do. */
#include "cli/inputs.h"
#include "cli/output.h"
#include "cli/policy_file.h"
#include "cli/proposal.h"
#include "cli/sandbox.h"
#include "cli/say.h"
#include "cli/verb.h"

struct init_values {
  struct input_values input;
  const char *policy, *output;
};
#define AT(member) offsetof(struct init_values, member)
static const struct option init_options[] = {{.name = "policy",
                                              .letter = 'p',
                                              .kind = OPTION_TEXT,
                                              .offset = AT(policy),
                                              .value = "POLICY",
                                              .help = "the policy the site file is for; default: " POLICY_DEFAULT},
                                             {.name = "output",
                                              .letter = 'o',
                                              .kind = OPTION_TEXT,
                                              .offset = AT(output),
                                              .value = "FILE",
                                              .help = "write to FILE instead of standard output"},
                                             INPUT_OPTIONS(struct init_values, input),
                                             {.help = NULL}};
#undef AT

/* What the writer below needs. */
struct proposal {
  struct policy *policy;
  struct site *site;
};

static int write_site(const void *what, struct out *to) {
  const struct proposal *s = what;
  site_print(s->site, s->policy, to);
  return 0;
}

static int init_run(struct call *c) {
  const struct init_values *v = c->values;
  struct proposal s = {0};
  struct inputs in = {0};
  int status = STATUS_USAGE;
  if (v->output && output_check(v->output, c->operand, c->n_operands, &c->err)) goto out;
  status = policy_file_load(v->policy, &s.policy, &s.site);
  if (!status) status = sandbox_call(c, &(struct sandbox_paths){.output = v->output});
  const struct input_values input = inputs_unhashed(&v->input);
  if (!status) status = inputs_read(c->operand, c->n_operands, &input, &in, &c->err);
  if (status) goto out;
  status = STATUS_NOTHING;
  if (proposal_use(s.policy, &s.site, in.traffic, 1, &c->err)) goto out;
  if (!site_has_hosts(s.site) && !v->input.quiet)
    say("no host does what the policy's roles do: write addresses into \"roles\" (wallwitness policy show lists them)");
  status = output_write(v->output, write_site, &s, &c->err);
  if (status == STATUS_OK && in.n_unread) status = STATUS_INPUT;
out:
  inputs_release(&in);
  site_free(s.site);
  policy_free(s.policy);
  return status;
}

static const struct verb_example init_examples[] = {
    {"wallwitness policy init push.pcapng -o site.json",
     "a site file to correct: roles are guessed from what the hosts do"},
    {NULL, NULL}};
static const struct init_values init_defaults = {.input = INPUT_DEFAULTS};
const struct verb verb_policy_init = {.name = "policy init",
                                      .summary = "propose a site file from captures",
                                      .operand = "CAPTURE...",
                                      .least = 1,
                                      .most = SIZE_MAX,
                                      .example = init_examples,
                                      .option = init_options,
                                      .defaults = &init_defaults,
                                      .values_size = sizeof init_defaults,
                                      .run = init_run};
