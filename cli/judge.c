#include "cli/judge.h"

#include "cli/policy_file.h"
#include "cli/proposal.h"
#include "cli/status.h"

#define AT(member) offsetof(struct judge_values, member)
const struct option judge_options[] = {
    {.name = "policy",
     .letter = 'p',
     .kind = OPTION_TEXT,
     .offset = AT(policy),
     .value = "POLICY",
     .help = "a site file (it names its policy), a policy file, or a built-in policy; default: configmgr-client, with "
             "roles proposed from what the hosts do"},
    {.name = "fail-on", .kind = OPTION_TEXT, .offset = AT(fail_on), .value = "LIST", .help = FAIL_ON_HELP},
    {.name = "ticket", .kind = OPTION_TEXT, .offset = AT(ticket), .value = "ID", .help = "stamp reports with a ticket"},
    {.name = "title", .kind = OPTION_TEXT, .offset = AT(title), .value = "TEXT", .help = "title of the reports"},
    {.help = NULL}};
#undef AT

int judge_prepare(const struct judge_values *v, struct judgement *j, struct err *e) {
  if (fail_on_parse(v->fail_on, &j->fail_on, e)) return STATUS_USAGE;
  return policy_file_load(v->policy, &j->policy, &j->site);
}

int judge_traffic(const struct judge_values *v, const struct traffic *t, const struct audit_options *o,
                  struct judgement *j, struct err *e) {
  if (proposal_use(j->policy, &j->site, t, o->threads, e)) return STATUS_NOTHING;
  if (audit_run(j->policy, j->site, t, o, &j->audit, e) < 0) return STATUS_NOTHING;
  const struct result_options stamped = {.ticket = v->ticket, .title = v->title, .now = o->now, .threads = o->threads};
  j->result = result_make(j->audit, &stamped);
  if (j->result) return STATUS_OK;
  err_set(e, "memory ran out while making the report");
  return STATUS_NOTHING;
}

void judge_release(struct judgement *j) {
  result_free(j->result);
  audit_free(j->audit);
  site_free(j->site);
  policy_free(j->policy);
  *j = (struct judgement){0};
}
