/* The comparison, start to end: compile, fold, judge, describe. */
#include "rules/audit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/audit_internal.h"
#include "rules/finding.h"
#include "rules/twin.h"
#include "rules/words.h"
#include "util/array.h"

static int conversations_copy(struct audit_run *r) {
  struct audit *a = r->a;
  a->conversation = array_new(r->talks.n_listed, sizeof *a->conversation);
  if (!a->conversation) return -ENOMEM;
  for (size_t i = 0; i < r->talks.n_talks; i++)
    if (!r->talks.talk[i].unlisted) a->conversation[r->talks.talk[i].index] = r->talks.talk[i].c;
  a->n_conversations = r->talks.n_listed;
  memcpy(a->verdicts, r->talks.verdicts, sizeof a->verdicts);
  a->flows = r->talks.flows, a->flows_out_of_scope = r->talks.flows_out_of_scope;
  a->conversations_refused = r->talks.refused;
  a->excluded_ephemeral = r->talks.excluded_ephemeral;
  a->excluded_midstream = r->talks.excluded_midstream;
  a->excluded_learned = r->talks.excluded_learned;
  return 0;
}

/* What was taken, or not, on the site file's word about hosts that were up. */
static int up_warn(struct audit_run *r) {
  char count[WORDS_SIZE], host[WORDS_SIZE], device[WORDS_SIZE];
  const struct talks *talks = &r->talks;
  if (talks->declared && warning_add(r, "%s judged on the site file's word that the host was up; no packet shows that.",
                                     words_count(count, talks->declared, "conversation was", "conversations were")))
    return -ENOMEM;
  size_t i = 0;
  while (i < talks->n_talks && !talks->talk[i].up_denied) i++;
  if (i == talks->n_talks) return 0;
  struct flow_view v;
  traffic_flow(r->a->traffic, talks->talk[i].up_denied - 1, &v);
  words_host(host, r, &v.server);
  words_host(device, r, &v.icmp.from);
  if (talks->n_up_denied == 1)
    return warning_add(r, "The site file says that %s was up, but %s denied it in packet %u: that was believed.", host,
                       device, v.icmp.packet);
  return warning_add(r, "The site file says that %s were up, but packets deny it (%s: packet %u): those were believed.",
                     words_count(count, talks->n_up_denied, "host", "hosts"), host, v.icmp.packet);
}

/* The site file lists nobody of those whom the capture shows, or forgot some of them. */
static int strangers_warn(struct audit_run *r) {
  const struct policy *p = r->a->policy;
  const struct stranger_count *s = r->audited_seen ? &r->talks.busy_strangers : &r->talks.strangers;
  if (p->audited_role < 0 || r->a->site->proposed || !r->a->site->n_role_ranges[p->audited_role]) return 0;
  const char *role = p->role[p->audited_role].title;
  if (!r->audited_seen && traffic_host_count(r->a->traffic) &&
      warning_add(r, "No host of the role %s was seen in this capture: check its addresses in the site file.", role))
    return -ENOMEM;
  if (!s->n) return 0;
  char count[WORDS_SIZE], client[WORDS_SIZE], server[WORDS_SIZE];
  struct flow_view v;
  traffic_flow(r->a->traffic, s->flow, &v);
  return warning_add(r,
                     "%s in no role did what a host of the role %s does (first: %s from %s to %s): not judged. Missing "
                     "in the site file?",
                     words_count(count, s->n, "host", "hosts"), role, p->service[s->service].title,
                     words_host(client, r, &v.client), words_host(server, r, &v.server));
}

static int warnings_make(struct audit_run *r) {
  const struct site *s = r->a->site;
  if (s->proposed &&
      warning_add(r,
                  "No site file was given: the roles were worked out from behaviour. Check them before you rely on "
                  "this."))
    return -ENOMEM;
  if (r->m->n_refused && warning_add(r, "%zu parts of rules did not fit and are not judged.", r->m->n_refused))
    return -ENOMEM;
  if (r->talks.not_kept && warning_add(r,
                                       "%llu conversations that no rule allows did not get through and are counted, "
                                       "not listed.",
                                       (unsigned long long)r->talks.not_kept))
    return -ENOMEM;
  return strangers_warn(r) || up_warn(r) ? -ENOMEM : waivers_check(r);
}

static int findings_waive(struct audit_run *r) {
  for (size_t i = 0; i < r->a->n_findings; i++) r->a->finding[i].waiver = waiver_find(r, &r->a->finding[i]);
  return 0;
}

static int talks_place(struct audit_run *r) { return talks_number(&r->talks); }

/* Each step rests on those before it. */
static int run_steps(struct audit_run *r) {
  static int (*const step[])(struct audit_run *) = {fallback_apply,     hosts_count,   rule_status_make, talks_place,
                                                    conversations_copy, findings_make, findings_waive,   methods_make,
                                                    stages_make,        coverage_make, warnings_make};
  for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
    int rc = step[i](r);
    if (rc) return rc;
  }
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
  struct audit_run r = {.a = a, .m = m, .memo = memo, .now = now_of(options, traffic)};
  int rc = a && memo ? 0 : -ENOMEM;
  if (rc) goto out;
  a->policy = policy, a->site = site, a->traffic = traffic;
  rc = talks_make(traffic, m, memo, options ? options->talks_max : 0, &r.talks);
  if (rc == 0) rc = run_steps(&r);
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
  free(a->method);
  free(a->client);
  free(a->coverage);
  free(a->conversation);
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
