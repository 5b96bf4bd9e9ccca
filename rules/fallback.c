/* What made up for a blocked conversation, and what needs nothing to make up for it.
 *
 * Three ways, tried in this order:
 *   a documented fallback: the same client got through on a rule that is the fallback for the blocked one, and not only
 *     before the block: the conversation is degraded. Servers of one role stand in for each other, unless they are what
 *     is audited: one client's success says nothing about another
 *   another rule of a one_of set: one is enough, so the other's block only degrades
 *   the RPC interface over a named pipe: Windows tries service control over TCP first and falls back to the pipe on
 *     SMB; the dynamic-port rule stays blocked, the push went on (hard case 18)
 * And what needs nothing to make up for it: an optional part of a group that was tried once, or that nobody listens on,
 * while a part that the rule does need works between the same hosts. Windows tries TCP 445 and 139 at once and lets go
 * of the second. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/audit_internal.h"
#include "util/array.h"

enum { SEARCH_MAX = 4096 }; /* conversations of one client that are looked at for one blocked */

static bool same_place(const struct matcher *m, const struct talk *a, const struct talk *b) {
  if (address_equal(&a->c.server, &b->c.server)) return true;
  return a->c.server_role != ROLE_NONE && a->c.server_role == b->c.server_role && !match_audited(m, a->server_class);
}

static bool replaces(const struct policy *p, uint32_t other, uint32_t blocked) {
  if (other >= p->n_rules || blocked >= p->n_rules) return false;
  const struct policy_rule *x = &p->rule[other], *y = &p->rule[blocked];
  return x->need == NEED_FALLBACK_FOR && x->fallback_for == (int)blocked && y != x;
}

static bool alternates(const struct policy *p, uint32_t other, uint32_t blocked) {
  if (other >= p->n_rules || blocked >= p->n_rules || other == blocked) return false;
  const struct policy_rule *x = &p->rule[other], *y = &p->rule[blocked];
  return x->need == NEED_ONE_OF && y->need == NEED_ONE_OF && strcmp(x->one_of, y->one_of) == 0;
}

typedef bool relation(const struct policy *p, uint32_t other, uint32_t blocked);

/* A fallback to another kind of server says itself where it leads. */
static bool leads_elsewhere(const struct policy *p, uint32_t other, uint32_t blocked) {
  for (size_t i = 0; i < p->rule[other].n_to; i++)
    for (size_t k = 0; k < p->rule[blocked].n_to; k++)
      if (p->rule[other].to[i] == p->rule[blocked].to[k]) return false;
  return true;
}

static bool carries(const struct audit_run *r, const struct talk *other, const struct talk *k, relation *related) {
  const struct policy *p = r->m->policy;
  bool near = same_place(r->m, other, k);
  size_t n;
  const uint32_t *entry = talk_entries(&r->talks, other, &n);
  for (size_t i = 0; i < n; i++) {
    uint32_t rule = r->m->entry[entry[i]].rule;
    if (related(p, rule, (uint32_t)k->c.rule) && (near || leads_elsewhere(p, rule, (uint32_t)k->c.rule))) return true;
  }
  return false;
}

/* The talk of the same client that got through on a rule in this relation to the blocked one. */
static int32_t carrier_find(const struct audit_run *r, const struct talk *k, relation *related) {
  size_t first, n = talks_of_client(&r->talks, &k->c.client, &first);
  for (size_t i = first; i < first + n && i < first + SEARCH_MAX; i++) {
    const struct talk *other = &r->talks.talk[i];
    if (other->c.verdict != VERDICT_PASS || stamp_before(other->c.last, k->c.first)) continue;
    if (carries(r, other, k, related)) return (int32_t)i;
  }
  return -1;
}

static bool uuid_known(const struct uuid *u) {
  static const struct uuid none;
  return memcmp(u, &none, sizeof none) != 0;
}

static bool talk_binds(const struct audit_run *r, const struct talk *k, const struct uuid *uuid, uint32_t after) {
  for (size_t i = 0; i < k->c.attempts; i++) {
    struct flow_view v;
    traffic_flow(r->a->traffic, r->talks.flow[k->flow + i], &v);
    for (size_t b = 0; b < v.app.n_rpc; b++)
      if (memcmp(&v.app.rpc[b].uuid, uuid, sizeof *uuid) == 0 && v.app.rpc[b].packet > after) return true;
  }
  return false;
}

static int32_t pipe_find(const struct audit_run *r, const struct talk *k) {
  static const uint16_t smb_ports[] = {445, 139};
  if (!k->c.origin || !uuid_known(&k->c.origin->uuid)) return -1;
  for (size_t i = 0; i < sizeof smb_ports / sizeof *smb_ports; i++) {
    const struct talk *smb = talks_find(&r->talks, &k->c.client, &k->c.server, 6, smb_ports[i]);
    if (smb && smb->c.successes && talk_binds(r, smb, &k->c.origin->uuid, k->c.origin->packet))
      return (int32_t)(smb - r->talks.talk);
  }
  return -1;
}

/* True when the talk gets through on a part that the rule needs. */
static bool serves_rule(const struct audit_run *r, const struct talk *k, uint32_t rule) {
  size_t n;
  const uint32_t *entry = talk_entries(&r->talks, k, &n);
  bool serves = false;
  for (size_t i = 0; i < n; i++) serves |= r->m->entry[entry[i]].rule == rule && !r->m->entry[entry[i]].optional;
  return serves && k->c.verdict == VERDICT_PASS;
}

/* The optional part that the talk is about, when nothing is known against it but that it was not used. */
static const struct match_entry *unused_part(const struct audit_run *r, const struct talk *k) {
  bool weak = k->c.why == WHY_ONE_ATTEMPT || k->c.why == WHY_NOT_LISTENING;
  if (k->c.verdict != VERDICT_REVIEW || k->c.rule < 0 || !weak) return NULL;
  size_t n;
  const struct match_entry *e = &r->m->entry[talk_entries(&r->talks, k, &n)[0]];
  return e->optional ? e : NULL;
}

/* The talks of two hosts stand together. */
static void part_settle(struct audit_run *r, size_t index) {
  struct talk *k = &r->talks.talk[index];
  const struct match_entry *e = unused_part(r, k);
  size_t i = index;
  while (e && i > 0 && talk_same_hosts(k, &r->talks.talk[i - 1])) i--;
  for (; e && i < r->talks.n_talks && talk_same_hosts(k, &r->talks.talk[i]); i++) {
    if (!serves_rule(r, &r->talks.talk[i], e->rule)) continue;
    k->c.verdict = k->if_asked = VERDICT_NOT_ASSESSABLE;
    r->talks.verdicts[VERDICT_REVIEW]--;
    r->talks.verdicts[VERDICT_NOT_ASSESSABLE]++;
    return;
  }
}

/* Who made up for one blocked talk. */
static void talk_relieve(struct audit_run *r, struct talk *k, bool has_fallback) {
  int32_t rule = r->m->rule[k->c.rule].policy_rule;
  bool choice = rule >= 0 && r->m->policy->rule[rule].need == NEED_ONE_OF;
  if (has_fallback) k->carried_by = carrier_find(r, k, replaces);
  if (k->carried_by < 0 && choice) k->alternative = (k->carried_by = carrier_find(r, k, alternates)) >= 0;
  if (k->carried_by < 0) {
    k->carried_by = pipe_find(r, k);
    return;
  }
  k->c.verdict = VERDICT_DEGRADED;
  r->talks.verdicts[VERDICT_BLOCKED]--;
  r->talks.verdicts[VERDICT_DEGRADED]++;
}

int fallback_apply(struct audit_run *r) {
  const struct policy *p = r->m->policy;
  bool *has_fallback = array_new(r->m->n_rules, sizeof *has_fallback);
  if (!has_fallback) return -ENOMEM;
  for (size_t i = 0; i < p->n_rules; i++)
    if (p->rule[i].need == NEED_FALLBACK_FOR && r->m->rule[i].in_force) has_fallback[p->rule[i].fallback_for] = true;
  for (size_t i = 0; i < r->talks.n_talks; i++) {
    struct talk *k = &r->talks.talk[i];
    if (k->c.verdict == VERDICT_BLOCKED && k->c.rule >= 0) talk_relieve(r, k, has_fallback[k->c.rule]);
    part_settle(r, i);
  }
  free(has_fallback);
  return 0;
}
