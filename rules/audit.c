/* The comparison, start to end: compile, fold, judge, describe. */
#include "rules/audit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/audit_internal.h"
#include "rules/finding.h"
#include "rules/twin.h"
#include "util/array.h"
#include "util/parallel.h"

enum { TOLD_APART = 4 };

static int conversations_number(struct audit_run *r) {
  struct audit *a = r->a;
  if (talks_number(&r->talks, a->listed_at)) return -ENOMEM;
  a->n_conversations = r->talks.n_listed;
  memcpy(a->verdicts, r->talks.verdicts, sizeof a->verdicts);
  a->flows = r->talks.flows, a->flows_out_of_scope = r->talks.flows_out_of_scope;
  a->conversations_refused = r->talks.refused;
  a->excluded_ephemeral = r->talks.excluded_ephemeral;
  a->excluded_midstream = r->talks.excluded_midstream;
  a->excluded_learned = r->talks.excluded_learned;
  return 0;
}

static int findings_waive(struct audit_run *r) {
  for (size_t i = 0; i < r->a->n_findings; i++) r->a->finding[i].waiver = waiver_find(r, &r->a->finding[i]);
  return 0;
}

/* What rests on conversations and rules alone, and not on each other. */
static int part_tell(void *of, size_t number) {
  static int (*const tell[])(struct audit_run *) = {findings_make, stages_make, coverage_make, methods_make};
  _Static_assert(sizeof tell / sizeof *tell == TOLD_APART, "every part is done");
  return tell[number](of);
}

static int conversations_tell(struct audit_run *r) { return parallel_run(r->threads, TOLD_APART, part_tell, r); }

/* Each step rests on those before it. */
static int run_steps(struct audit_run *r) {
  static int (*const step[])(struct audit_run *) = {fallback_apply,       hosts_count,        rule_status_make,
                                                    conversations_number, conversations_tell, findings_waive,
                                                    warnings_make};
  for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
    int rc = step[i](r);
    if (rc) return rc;
  }
  return 0;
}

/* The audit owns its conversations, without what is gone when it is made. */
static int talks_keep(struct audit *a, struct talks *talks) {
  if (!(a->talks = array_new(1, sizeof *a->talks))) return -ENOMEM;
  *a->talks = *talks;
  a->talks->m = NULL, a->talks->memo = NULL;
  *talks = (struct talks){.traffic = NULL};
  return 0;
}

static stamp_t now_of(const struct audit_options *options, const struct traffic *t) {
  if (options && stamp_known(options->now)) return options->now;
  const struct timeline_facts *f = traffic_capture(t)->timeline;
  return f ? f->last : STAMP_NONE;
}

int audit_run(const struct policy *policy, const struct site *site, const struct traffic *traffic,
              const struct audit_options *options, struct audit **audit_out, struct err *e) {
  struct audit *a = array_new(1, sizeof *a);
  struct matcher *m = matcher_new(policy, site);
  struct match_memo *memo = m ? match_memo_new(m) : NULL;
  const unsigned threads = options ? options->threads : 0;
  struct audit_run r = {.a = a, .m = m, .threads = threads, .memo = memo, .now = now_of(options, traffic)};
  const struct talks_options talks_options = {.talks_max = options ? options->talks_max : 0, .threads = threads};
  int rc = a && memo ? 0 : -ENOMEM;
  if (rc) goto out;
  a->policy = policy, a->site = site, a->traffic = traffic;
  rc = talks_make(traffic, m, memo, &talks_options, &r.talks);
  if (rc == 0) rc = run_steps(&r);
  if (rc == 0) rc = talks_keep(a, &r.talks);
out:
  talks_free(&r.talks);
  free(r.group_seen);
  free(r.local_pass);
  twins_free(r.twins);
  match_memo_free(memo);
  matcher_free(m);
  if (rc == 0) {
    *audit_out = a;
    return 0;
  }
  audit_free(a);
  err_set(e, "not enough memory to compare the capture with the policy");
  return rc;
}

struct flow_icmp conversation_icmp(const struct conversation *c, const struct traffic *t) {
  struct flow_view v;
  if (!c->rejected) return (struct flow_icmp){0};
  traffic_flow_brief(t, c->sample[0], &v);
  return v.icmp;
}

void audit_free(struct audit *a) {
  if (!a) return;
  for (size_t i = 0; i < a->n_rules; i++) {
    free(a->rule[i].service);
    free(a->rule[i].note);
    free(a->rule[i].owned[0]);
    free(a->rule[i].owned[1]);
  }
  for (size_t i = 0; i < a->n_findings; i++) finding_fini(&a->finding[i]);
  for (size_t i = 0; i < a->n_methods; i++) free(a->method[i].note);
  for (size_t i = 0; i < a->n_clients; i++) free(a->client[i].cell);
  for (size_t i = 0; i < a->n_warnings; i++) free(a->warning[i]);
  free(a->rule);
  free(a->finding);
  free(a->found);
  free(a->method);
  free(a->client);
  free(a->coverage);
  if (a->talks) talks_free(a->talks);
  free(a->talks);
  free(a->warning);
  free(a);
}

enum compliance audit_compliance(const struct audit *a) {
  bool assessed = false;
  for (size_t i = 0; i < a->n_findings; i++) {
    const struct finding *f = &a->finding[i];
    bool fails =
        f->verdict == VERDICT_BLOCKED || f->verdict == VERDICT_UNEXPECTED_OPEN || f->verdict == VERDICT_WRONG_PROTOCOL;
    if (fails && f->waiver < 0) return NOT_COMPLIANT;
  }
  for (size_t i = 0; i < a->n_rules; i++) assessed |= a->rule[i].status == RULE_PASS || a->rule[i].status == RULE_FAIL;
  return assessed ? COMPLIANT : NOT_ASSESSED;
}
