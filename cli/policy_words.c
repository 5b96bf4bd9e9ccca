/* policy explain: what a policy says about one thing, in words. */
#include "rules/explain.h"

#include <stdio.h>

#include "cli/output.h"
#include "cli/policy_file.h"
#include "cli/verb.h"

struct explain_values {
  const char *policy;
};
static const struct option explain_options[] = {
    {.name = "policy",
     .letter = 'p',
     .kind = OPTION_TEXT,
     .offset = offsetof(struct explain_values, policy),
     .value = "POLICY",
     .help = "a site file, a policy file or a built-in policy; default: " POLICY_DEFAULT},
    {.help = NULL}};

static int policy_explain_run(struct call *c) {
  struct policy *p = NULL;
  struct site *s = NULL;
  int status = policy_file_load(((const struct explain_values *)c->values)->policy, &p, &s);
  if (status) return status;
  struct out to;
  out_init(&to, stdout);
  for (size_t i = 0; i < c->n_operands && !status; i++) {
    if (i) out_char(&to, '\n');
    if (policy_explain(p, s, c->operand[i], &to, &c->err) < 0) status = STATUS_USAGE;
  }
  if (output_finish(&to, status ? NULL : &c->err)) status = STATUS_USAGE;
  site_free(s);
  policy_free(p);
  return status;
}

static const struct verb_example explain_examples[] = {
    {"wallwitness policy explain tcp/445", "who needs this port, for what, and where that is written"},
    {"wallwitness policy explain -p site.json client-push", "a feature, with the site's ports"},
    {NULL, NULL}};
static const struct explain_values explain_defaults = {.policy = NULL};
const struct verb verb_policy_explain = {.name = "policy explain",
                                         .summary = "a port, rule, feature, method, group or role, in words",
                                         .operand = "WHAT...",
                                         .least = 1,
                                         .most = SIZE_MAX,
                                         .example = explain_examples,
                                         .option = explain_options,
                                         .defaults = &explain_defaults,
                                         .values_size = sizeof explain_defaults,
                                         .run = policy_explain_run};
