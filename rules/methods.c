/* Which installation methods work through this firewall, from the state of the rules each of their steps needs.
 *
 * A step works when one of its rules passes, or fails but had something carry all of its traffic (service control over
 * its named pipe); it is blocked when one fails and none works, and is not proven otherwise.
 * Rules whose condition does not hold at this site are no part of their step; whether the site asks for their feature
 * does not matter. One blocked step blocks the method; all steps must work for it to work. */
#include <errno.h>

#include "rules/audit_internal.h"
#include "util/array.h"

struct step_state {
  bool needed;
  enum method_state state;
  int32_t rule; /* that blocks or is not proven; of a step that works, the one that needed its fallback; -1 */
};

static struct step_state step_judge(const struct audit_run *r, const struct policy_step *step) {
  struct step_state s = {.state = METHOD_NOT_PROVEN, .rule = -1};
  for (size_t i = 0; i < step->n_rules; i++) {
    const struct rule_result *rule = &r->a->rule[step->rule[i]];
    if (!r->m->rule[step->rule[i]].applies) continue;
    s.needed = true;
    if (rule->evidence == RULE_PASS || rule->made_up_for) {
      s.state = METHOD_WORKS, s.rule = rule->evidence == RULE_PASS ? -1 : step->rule[i];
      return s;
    }
    if (rule->evidence == RULE_FAIL && s.state != METHOD_BLOCKED) s.state = METHOD_BLOCKED, s.rule = step->rule[i];
    if (s.rule < 0) s.rule = step->rule[i];
  }
  return s;
}

static int method_note(const struct audit *a, const struct method_result *m, size_t needed, int32_t by_fallback,
                       char **note_out) {
  if (needed == 0) return text_set(note_out, "None of its steps applies at this site.");
  if (m->state == METHOD_WORKS && by_fallback >= 0)
    return text_set(note_out, "Every step was seen to work, %s only by its fallback.", a->rule[by_fallback].id);
  if (m->state == METHOD_WORKS) return text_set(note_out, "Every step was seen to work.");
  const struct rule_result *rule = &a->rule[m->rule];
  if (m->state == METHOD_BLOCKED)
    return text_set(note_out, "%s (%s) is blocked: %llu blocked, %llu passed.", rule->id, rule->service,
                    (unsigned long long)rule->blocked, (unsigned long long)rule->passed);
  return text_set(note_out, "%s (%s) is not proven. %s", rule->id, rule->service, why_text(rule->evidence_why));
}

static int method_judge(const struct audit_run *r, const struct policy_method *method, struct method_result *out) {
  size_t needed = 0;
  int32_t by_fallback = -1;
  *out = (struct method_result){
      .name = method->name, .title = method->title, .ref = method->ref, .state = METHOD_WORKS, .rule = -1};
  for (size_t i = 0; i < method->n_steps; i++) {
    struct step_state s = step_judge(r, &method->step[i]);
    if (!s.needed) continue;
    needed++;
    if (s.state == METHOD_WORKS && s.rule >= 0) by_fallback = s.rule;
    bool worse = s.state == METHOD_BLOCKED ? out->state != METHOD_BLOCKED
                                           : s.state == METHOD_NOT_PROVEN && out->state == METHOD_WORKS;
    if (worse) out->state = s.state, out->rule = s.rule;
  }
  if (needed == 0) out->state = METHOD_NOT_PROVEN;
  return method_note(r->a, out, needed, by_fallback, &out->note);
}

int methods_make(struct audit_run *r) {
  const struct policy *p = r->a->policy;
  r->a->method = array_new(p->n_methods, sizeof *r->a->method);
  if (!r->a->method) return -ENOMEM;
  for (size_t i = 0; i < p->n_methods; i++) {
    r->a->n_methods = i + 1;
    int rc = method_judge(r, &p->method[i], &r->a->method[i]);
    if (rc) return rc;
  }
  return 0;
}
