/* The state of each rule, from every conversation that meets it (4).
 *
 *   1 not in force, or only a person can check it: not assessable (off, manual)
 *   2 something it allows was blocked, or ran another protocol: fail. The block of an optional part of a group, and of
 *     a rule whose one_of sibling carried the traffic, does not fail it
 *   3 something needs a person's eye: review
 *   4 something got through: pass
 *   5 tried, but nothing can be said: not assessable with the reason most conversations give
 *   6 not tried: nobody could have, nobody did, or the capture is shorter than the rule's window */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/audit_internal.h"
#include "rules/match_internal.h"
#include "util/array.h"
#include "util/out.h"

/* What was seen of one rule. */
struct tally {
  uint64_t passed, failed, carried, optional, review, unknown, alternative;
  enum confidence failed_by, passed_by;
  uint64_t why[WHY_COUNT]; /* of review and unknown */
  uint64_t parts_passed;   /* services of a group, as a set */
  uint32_t not_registered; /* packet */
  uint32_t sealed;         /* packet */
  uint32_t last_ruling;    /* + 1: counted already */
};

static enum confidence surer(enum confidence a, enum confidence b) { return a > b ? a : b; }

static void tally_failed(struct tally *t, const struct ruling *k) {
  t->failed += k->talks;
  if (k->carried_by >= 0) t->carried += k->talks;
  t->failed_by = surer(t->failed_by, k->confidence);
}

/* All conversations of a ruling at once. */
static void tally_ruling(struct tally *t, const struct ruling *k, const struct match_entry *e, bool in_force) {
  const enum verdict verdict = in_force ? k->verdict : k->if_asked;
  const enum why why = in_force ? k->why : k->why_if_asked;
  switch (verdict) {
    case VERDICT_PASS:
      t->passed += k->talks;
      t->parts_passed |= UINT64_C(1) << e->part;
      t->passed_by = surer(t->passed_by, k->confidence);
      return;
    case VERDICT_WRONG_PROTOCOL:
      tally_failed(t, k);
      return;
    case VERDICT_BLOCKED:
    case VERDICT_DEGRADED:
      if (k->alternative)
        t->alternative += k->talks;
      else if (e->optional)
        t->optional += k->talks;
      else
        tally_failed(t, k);
      return;
    case VERDICT_REVIEW:
      if (why == WHY_OPTIONAL)
        t->optional += k->talks;
      else
        t->review += k->talks;
      break;
    default:
      t->unknown += k->talks;
  }
  t->why[why] += k->talks;
}

/* Whoever announces ports speaks for the rules about announced ports, not for its own: an endpoint mapper that knows no
 * such interface, an answer that is sealed. */
static int tally_announcer(const struct audit_run *r, const struct ruling *k, struct tally *tally) {
  struct match_query q = {
      .client_class = k->client_class, .server_class = k->server_class, .transport = TRANSPORT_TCP, .learned = true};
  uint32_t set;
  size_t n;
  if (!match_find(r->memo, &q, &set)) return -ENOMEM;
  const uint32_t *entry = match_set(r->memo, set, &n);
  for (size_t i = 0; i < n; i++) {
    struct tally *t = &tally[r->m->entry[entry[i]].rule];
    if (!t->not_registered) t->not_registered = k->not_registered;
    if (!t->sealed) t->sealed = k->sealed;
  }
  return 0;
}

/* What is of no kind has a ruling of its own, in the order of talks: the first that names a packet is the first talk.
 */
static int tally_all(const struct audit_run *r, struct tally *tally) {
  for (size_t i = 0; i < r->talks.n_rulings; i++) {
    const struct ruling *k = &r->talks.ruling[i];
    size_t n;
    const uint32_t *entry = ruling_entries(&r->talks, k, &n);
    if (!k->talks) continue;
    for (size_t e = 0; e < n; e++) {
      const struct match_entry *m = &r->m->entry[entry[e]];
      struct tally *t = &tally[m->rule];
      if (t->last_ruling == i + 1) continue;
      t->last_ruling = (uint32_t)i + 1;
      tally_ruling(t, k, m, r->m->rule[m->rule].in_force);
    }
    if ((k->not_registered || k->sealed) && tally_announcer(r, k, tally)) return -ENOMEM;
  }
  return 0;
}

/* The reason most conversations give, the first of equals. */
static enum why tally_why(const struct tally *t) {
  enum why best = WHY_NONE;
  for (enum why w = WHY_NONE; w < WHY_COUNT; w++)
    if (t->why[w] > t->why[best]) best = w;
  return best;
}

static bool end_was_seen(const struct audit_run *r, const struct match_end *end) {
  if (end->any || (end->listed >= 0 && r->group_seen[end->listed])) return true;
  for (uint64_t left = end->roles; left; left &= left - 1)
    if (r->group_seen[__builtin_ctzll(left)]) return true;
  return false;
}

/* Marks the rules that somebody seen in the capture could have used. */
static void opportunities_mark(const struct audit_run *r, bool *opportunity) {
  for (size_t i = 0; i < r->m->n_entries; i++)
    if (end_was_seen(r, &r->m->entry[i].from)) opportunity[r->m->entry[i].rule] = true;
}

static double capture_span_s(const struct traffic *t) {
  const struct timeline_facts *f = traffic_capture(t)->timeline;
  return f && stamp_known(f->first) && stamp_known(f->last) ? stamp_s(stamp_since(f->first, f->last)) : 0;
}

static void status_set(struct rule_result *out, enum rule_status s, enum why why, enum confidence c) {
  out->status = s, out->why = why, out->confidence = c;
}

/* 6 */
static void status_untried(const struct audit_run *r, const struct policy_rule *rule, const struct tally *t,
                           bool opportunity, struct rule_result *out) {
  enum why why = t->sealed ? WHY_ENCRYPTED : opportunity ? WHY_OPPORTUNITY_UNUSED : WHY_NO_OPPORTUNITY;
  if (why == WHY_OPPORTUNITY_UNUSED && rule && rule->window_s > capture_span_s(r->a->traffic))
    why = WHY_WINDOW_TOO_SHORT;
  status_set(out, RULE_NOT_ASSESSABLE, why, CONFIDENCE_LOW);
}

/* True when every part of a group that is not optional got through; without a group, when the rule did. */
static bool passed_whole(const struct policy *p, const struct policy_rule *rule, const struct tally *t) {
  if (!rule || rule->group < 0) return t->passed > 0;
  const struct policy_group *g = &p->group[rule->group];
  for (size_t i = 0; i < g->n_services; i++)
    if (!(g->optional && g->optional[i]) && !(t->parts_passed >> match_part(i) & 1)) return false;
  return t->passed > 0;
}

/* 2 to 6 */
static void status_of_evidence(const struct audit_run *r, const struct policy_rule *rule, const struct tally *t,
                               bool opportunity, struct rule_result *out) {
  enum why why = tally_why(t);
  if (t->failed)
    status_set(out, RULE_FAIL, WHY_NONE, t->failed_by);
  else if (t->review)
    status_set(out, RULE_REVIEW, why, CONFIDENCE_LOW);
  else if (passed_whole(r->m->policy, rule, t))
    status_set(out, RULE_PASS, WHY_NONE, t->passed_by);
  else if (t->optional || t->alternative)
    status_set(out, RULE_REVIEW, why || !t->optional ? why : WHY_OPTIONAL, CONFIDENCE_LOW);
  else if (t->unknown)
    status_set(out, RULE_NOT_ASSESSABLE, why, CONFIDENCE_LOW);
  else
    status_untried(r, rule, t, opportunity || t->passed, out);
}

static void status_decide(const struct audit_run *r, const struct policy_rule *rule, const struct tally *t,
                          bool opportunity, struct rule_result *out) {
  out->passed = t->passed;
  out->blocked = t->failed + t->optional + t->alternative;
  out->other = t->review + t->unknown;
  status_of_evidence(r, rule, t, opportunity, out);
  out->evidence = out->status, out->evidence_why = out->why;
  out->made_up_for = t->failed && t->carried == t->failed;
  if (rule && rule->manual)
    status_set(out, RULE_NOT_ASSESSABLE, WHY_MANUAL, CONFIDENCE_LOW);
  else if (!out->in_force)
    status_set(out, RULE_NOT_ASSESSABLE, WHY_OFF, CONFIDENCE_LOW);
}

/* With the packet that the flow starts with. */
#define SEALED \
  " The answer that names the port is sealed (flow of packet %u): what uses that port may not be recognised."

/* "Seen to work: SMB. Not shown: NetBIOS session": the parts of a group. */
static int note_parts(const struct policy *p, const struct policy_rule *rule, const struct tally *t,
                      struct rule_result *out) {
  const struct policy_group *g = &p->group[rule->group];
  struct out o;
  out_init(&o, NULL);
  for (int shown = 1; shown >= 0; shown--) {
    const char *before = shown ? "Seen to work: " : ". Not shown: ";
    for (size_t i = 0; i < g->n_services; i++) {
      bool optional = g->optional && g->optional[i];
      if ((t->parts_passed >> match_part(i) & 1) != (uint64_t)shown || (!shown && optional)) continue;
      out_printf(&o, "%s%s", before, p->service[g->service[i]].title);
      before = ", ";
    }
  }
  out_char(&o, '.');
  if (out->why == WHY_ENCRYPTED) out_printf(&o, SEALED, t->sealed);
  free(out->note);
  return (out->note = out_take(&o)) ? 0 : -ENOMEM;
}

bool rule_sibling_passes(const struct audit_run *r, const struct policy_rule *rule) {
  const struct policy *p = r->m->policy;
  for (size_t i = 0; rule && rule->need == NEED_ONE_OF && i < p->n_rules; i++)
    if (&p->rule[i] != rule && p->rule[i].need == NEED_ONE_OF && strcmp(p->rule[i].one_of, rule->one_of) == 0 &&
        r->a->rule[i].evidence == RULE_PASS && r->a->rule[i].passed)
      return true;
  return false;
}

/* What a person should know about the status; after all of them are decided. */
static int note_make(const struct audit_run *r, const struct policy_rule *rule, const struct tally *t,
                     struct rule_result *out) {
  unsigned long long alternative = t->alternative, optional = t->optional, unknown = t->unknown;
  if (t->not_registered && out->in_force && out->status == RULE_NOT_ASSESSABLE)
    return text_set(&out->note,
                    "The endpoint mapper said that the interface asked for is not registered (packet %u): the service "
                    "is absent, which is not a matter of the firewall.",
                    t->not_registered);
  if (out->why == WHY_ENCRYPTED && !t->passed) return text_set(&out->note, "Not seen to be tried." SEALED, t->sealed);
  if (t->alternative && out->status != RULE_FAIL)
    return text_set(&out->note, "Blocked for %llu, but another rule of the same choice carried the traffic.",
                    alternative);
  if (out->in_force && t->passed && rule && rule->group >= 0 && out->status == RULE_NOT_ASSESSABLE)
    return note_parts(r->m->policy, rule, t, out);
  if (out->status == RULE_PASS && t->optional)
    return text_set(&out->note, "An optional part of it was blocked for %llu.", optional);
  if (out->status == RULE_PASS && t->unknown)
    return text_set(&out->note, "%llu more could not be judged: %s", unknown, why_text(tally_why(t)));
  if (out->why == WHY_OPPORTUNITY_UNUSED && rule_sibling_passes(r, rule))
    return text_set(&out->note, "Not tried; another rule of the same choice was used and works.");
  return out->why ? text_set(&out->note, "%s", why_text(out->why)) : 0;
}

/* "client" or "client, site_server"; borrowed when it is one name. */
static int roles_name(const struct policy *p, const int *role, size_t n, const char **name_out, char **owned_out) {
  *name_out = n ? p->role[role[0]].name : "";
  for (size_t i = 1; i < n; i++) {
    char *longer = NULL;
    if (text_set(&longer, "%s, %s", *name_out, p->role[role[i]].name)) return -ENOMEM;
    free(*owned_out);
    *name_out = *owned_out = longer;
  }
  return 0;
}

static const char *end_name(const struct policy *p, const struct site_end *end) {
  if (end->role == SITE_END_ANY) return "any";
  return end->role >= 0 ? p->role[end->role].name : "listed addresses";
}

static int policy_rule_describe(const struct audit_run *r, size_t index, struct rule_result *out) {
  const struct policy *p = r->m->policy;
  const struct policy_rule *rule = &p->rule[index];
  out->id = rule->id, out->title = rule->title, out->ref = rule->ref;
  out->feature = rule->feature >= 0 ? p->feature[rule->feature].name : NULL;
  if (roles_name(p, rule->from, rule->n_from, &out->from, &out->owned[0])) return -ENOMEM;
  if (roles_name(p, rule->to, rule->n_to, &out->to, &out->owned[1])) return -ENOMEM;
  if (rule->service >= 0) return (out->service = service_describe(r, rule->service)) ? 0 : -ENOMEM;
  return text_set(&out->service, "%s", rule->group >= 0 ? p->group[rule->group].title : "program exception");
}

static int allow_describe(const struct audit_run *r, size_t index, struct rule_result *out) {
  const struct site_allow *allow = &r->m->site->allow[index];
  out->id = allow->id, out->title = allow->why ? allow->why : allow->id;
  out->from = end_name(r->m->policy, &allow->from);
  out->to = end_name(r->m->policy, &allow->to);
  return (out->service = allow_describe_ports(allow)) ? 0 : -ENOMEM;
}

int rule_status_make(struct audit_run *r) {
  size_t n = r->m->n_rules, n_policy = r->m->policy->n_rules;
  struct tally *tally = array_new(n, sizeof *tally);
  bool *opportunity = array_new(n, sizeof *opportunity);
  r->a->rule = array_new(n, sizeof *r->a->rule);
  int rc = tally && opportunity && r->a->rule ? 0 : -ENOMEM;
  if (rc) goto out;
  r->a->n_rules = n;
  if ((rc = tally_all(r, tally)) != 0) goto out;
  opportunities_mark(r, opportunity);
  for (size_t i = 0; i < n && rc == 0; i++) {
    struct rule_result *out = &r->a->rule[i];
    out->in_force = r->m->rule[i].in_force, out->required = r->m->rule[i].required;
    rc = i < n_policy ? policy_rule_describe(r, i, out) : allow_describe(r, i - n_policy, out);
    status_decide(r, i < n_policy ? &r->m->policy->rule[i] : NULL, &tally[i], opportunity[i], out);
  }
  for (size_t i = 0; i < n && rc == 0; i++)
    rc = note_make(r, i < n_policy ? &r->m->policy->rule[i] : NULL, &tally[i], &r->a->rule[i]);
out:
  free(tally);
  free(opportunity);
  return rc;
}
