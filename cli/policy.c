/* policy: what the built-in policies and a site's own files say. */
#include "rules/policy.h"

#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "cli/policy_file.h"
#include "cli/policy_show.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "rules/site.h"

/* list */

static int write_list(const void *what, struct out *to) {
  for (const char *const *name = what; *name; name++) {
    struct policy *p;
    struct problem_list problems = {0};
    if (policy_load(*name, &p, &problems) < 0) {
      policy_file_problems(&problems);
      continue;
    }
    problem_list_free(&problems);
    out_printf(to, "%-20s %s, %zu rules\n", p->name, p->title, p->n_rules);
    policy_free(p);
  }
  return 0;
}

static int list_run(struct call *c) { return output_write(NULL, write_list, policy_builtin_names(), &c->err); }

static const struct verb_example list_examples[] = {{"wallwitness policy list", "the built-in policies"}, {NULL, NULL}};
static const struct verb verb_list = {
    .name = "policy list", .summary = "the built-in policies", .example = list_examples, .run = list_run};

/* show */

struct show_values {
  bool json;
};
static const struct option show_options[] = {
    {.name = "json",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct show_values, json),
     .help = "the whole policy in its own language, to change and use with -p"},
    {.help = NULL}};

struct shown {
  struct policy *policy;
  struct site *site;
  bool json;
};

static int write_policy(const void *what, struct out *to) {
  const struct shown *s = what;
  if (s->json)
    policy_print(s->policy, to);
  else
    policy_show(s->policy, s->site, to);
  return 0;
}

static int show_run(struct call *c) {
  struct shown s = {.json = ((const struct show_values *)c->values)->json};
  int status = policy_file_load(c->n_operands ? c->operand[0] : NULL, &s.policy, &s.site);
  if (!status) status = output_write(NULL, write_policy, &s, &c->err);
  site_free(s.site);
  policy_free(s.policy);
  return status;
}

static const struct verb_example show_examples[] = {
    {"wallwitness policy show", "every rule of the built-in policy"},
    {"wallwitness policy show site.json", "with the site's ports, and what it does not ask for marked"},
    {"wallwitness policy show --json > own.policy.json", "a policy to change"},
    {NULL, NULL}};
static const struct show_values show_defaults = {.json = false};
static const struct verb verb_show = {.name = "policy show",
                                      .summary = "the rules of a policy, with a site's values put in",
                                      .operand = "[POLICY]",
                                      .most = 1,
                                      .example = show_examples,
                                      .option = show_options,
                                      .defaults = &show_defaults,
                                      .values_size = sizeof show_defaults,
                                      .run = show_run};

/* check */

struct check_values {
  stamp_t now;
};
static const struct option check_options[] = {{.name = "now",
                                               .kind = OPTION_TIME,
                                               .offset = offsetof(struct check_values, now),
                                               .value = "TIME",
                                               .help = "name the waivers that have expired by then"},
                                              {.help = NULL}};

/* What is no error but worth knowing about a site. */
static void check_notes(const char *path, const struct policy *p, const struct site *s, stamp_t now, struct out *to) {
  struct problem_list notes = {0};
  site_notes(p, s, now, &notes);
  for (size_t i = 0; i < notes.n; i++) out_printf(to, "%s: note: %s\n", path, notes.line[i]);
  problem_list_free(&notes);
}

static int check_run(struct call *c) {
  int status = STATUS_OK;
  struct out to;
  out_init(&to, stdout);
  for (size_t i = 0; i < c->n_operands; i++) {
    struct policy *p = NULL;
    struct site *s = NULL;
    if (policy_file_load(c->operand[i], &p, &s)) {
      status = STATUS_USAGE;
      continue;
    }
    check_notes(c->operand[i], p, s, ((const struct check_values *)c->values)->now, &to);
    out_printf(&to, "%s: good: policy %s, %zu rules\n", c->operand[i], p->name, p->n_rules);
    site_free(s);
    policy_free(p);
  }
  return output_finish(&to, &c->err) ? STATUS_USAGE : status;
}

static const struct verb_example check_examples[] = {
    {"wallwitness policy check site.json",
     "every error with file, line, column and remedy; exit status 2 when there is one"},
    {NULL, NULL}};
static const struct check_values check_defaults = {.now = STAMP_NONE};
static const struct verb verb_check = {.name = "policy check",
                                       .summary = "every error of site and policy files",
                                       .operand = "FILE...",
                                       .least = 1,
                                       .most = SIZE_MAX,
                                       .example = check_examples,
                                       .option = check_options,
                                       .defaults = &check_defaults,
                                       .values_size = sizeof check_defaults,
                                       .run = check_run};

static const struct verb *const policy_verbs[] = {&verb_list,           &verb_show,        &verb_check,
                                                  &verb_policy_explain, &verb_policy_init, NULL};

const struct verb verb_policy = {.name = "policy",
                                 .summary = "list, show, check and explain policies; propose a site file",
                                 .subverb = policy_verbs};
