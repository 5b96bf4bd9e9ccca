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

static bool same_role(const struct matcher *m, const struct ruling *a, const struct ruling *b) {
  return a->server_role != ROLE_NONE && a->server_role == b->server_role && !match_audited(m, a->server_class);
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
  const struct ruling *by = talk_ruling(&r->talks, other), *blocked = talk_ruling(&r->talks, k);
  const bool near = other->server == k->server || same_role(r->m, by, blocked);
  size_t n;
  const uint32_t *entry = ruling_entries(&r->talks, by, &n);
  for (size_t i = 0; i < n; i++) {
    uint32_t rule = r->m->entry[entry[i]].rule;
    if (related(p, rule, (uint32_t)blocked->rule) && (near || leads_elsewhere(p, rule, (uint32_t)blocked->rule)))
      return true;
  }
  return false;
}

/* The talk of the same client that got through on a rule in this relation to the blocked one. */
static int32_t carrier_find(const struct audit_run *r, const struct talk *k, relation *related) {
  size_t first, n = talks_of_client(&r->talks, k->client, &first);
  for (size_t i = first; i < first + n && i < first + SEARCH_MAX; i++) {
    const struct talk *other = &r->talks.talk[i];
    if (talk_ruling(&r->talks, other)->verdict != VERDICT_PASS || stamp_before(other->last, k->first)) continue;
    if (carries(r, other, k, related)) return (int32_t)i;
  }
  return -1;
}

static bool uuid_known(const struct uuid *u) {
  static const struct uuid none;
  return memcmp(u, &none, sizeof none) != 0;
}

static bool talk_binds(const struct audit_run *r, const struct talk *k, const struct uuid *uuid, uint32_t after) {
  for (size_t i = 0; i < talk_ruling(&r->talks, k)->attempts; i++) {
    struct flow_view v;
    traffic_flow(r->a->traffic, talk_flow(&r->talks, k, i), &v);
    for (size_t b = 0; b < v.app.n_rpc; b++)
      if (memcmp(&v.app.rpc[b].uuid, uuid, sizeof *uuid) == 0 && v.app.rpc[b].packet > after) return true;
  }
  return false;
}

static int32_t pipe_find(const struct audit_run *r, const struct talk *k) {
  static const uint16_t smb_ports[] = {445, 139};
  const struct learned *origin = talk_ruling(&r->talks, k)->origin;
  if (!origin || !uuid_known(&origin->uuid)) return -1;
  for (size_t i = 0; i < sizeof smb_ports / sizeof *smb_ports; i++) {
    const struct talk *smb = talks_find_at(&r->talks, k->client, k->server, 6, smb_ports[i]);
    if (smb && talk_ruling(&r->talks, smb)->successes && talk_binds(r, smb, &origin->uuid, origin->packet))
      return (int32_t)(smb - r->talks.talk);
  }
  return -1;
}

/* True when talks of this ruling get through on a part that the rule needs. */
static bool serves_rule(const struct audit_run *r, const struct ruling *ruling, uint32_t rule) {
  size_t n;
  const uint32_t *entry = ruling_entries(&r->talks, ruling, &n);
  bool serves = false;
  for (size_t i = 0; i < n; i++) serves |= r->m->entry[entry[i]].rule == rule && !r->m->entry[entry[i]].optional;
  return serves && ruling->verdict == VERDICT_PASS;
}

/* The optional part that the ruling is about, when nothing is known against it but that it was not used. */
static const struct match_entry *unused_part(const struct audit_run *r, const struct ruling *ruling) {
  bool weak = ruling->why == WHY_ONE_ATTEMPT || ruling->why == WHY_NOT_LISTENING;
  if (ruling->verdict != VERDICT_REVIEW || ruling->rule < 0 || !weak) return NULL;
  size_t n;
  const struct match_entry *e = &r->m->entry[ruling_entries(&r->talks, ruling, &n)[0]];
  return e->optional ? e : NULL;
}

static bool part_is_used(const struct audit_run *r, size_t index, uint32_t rule) {
  const struct talk *k = &r->talks.talk[index];
  size_t i = index;
  while (i > 0 && talk_same_hosts(k, &r->talks.talk[i - 1])) i--;
  for (; i < r->talks.n_talks && talk_same_hosts(k, &r->talks.talk[i]); i++)
    if (serves_rule(r, talk_ruling(&r->talks, &r->talks.talk[i]), rule)) return true;
  return false;
}

/* The talks of two hosts stand together. */
static int part_settle(struct audit_run *r, size_t index) {
  const struct talk *k = &r->talks.talk[index];
  const struct match_entry *e = unused_part(r, talk_ruling(&r->talks, k));
  if (!e || !part_is_used(r, index, e->rule)) return 0;
  struct ruling *own = talk_ruling_own(&r->talks, k);
  if (!own) return -ENOMEM;
  own->verdict = own->if_asked = VERDICT_NOT_ASSESSABLE;
  r->talks.verdicts[VERDICT_REVIEW]--;
  r->talks.verdicts[VERDICT_NOT_ASSESSABLE]++;
  return 0;
}

/* Who made up for one blocked talk. */
static int talk_relieve(struct audit_run *r, size_t index, bool has_fallback) {
  const struct talk *k = &r->talks.talk[index];
  const int32_t rule = r->m->rule[talk_ruling(&r->talks, k)->rule].policy_rule;
  const bool choice = rule >= 0 && r->m->policy->rule[rule].need == NEED_ONE_OF;
  bool alternative = false;
  int32_t by = has_fallback ? carrier_find(r, k, replaces) : -1;
  if (by < 0 && choice) alternative = (by = carrier_find(r, k, alternates)) >= 0;
  const bool degraded = by >= 0;
  if (!degraded && (by = pipe_find(r, k)) < 0) return 0;
  struct ruling *own = talk_ruling_own(&r->talks, k);
  if (!own) return -ENOMEM;
  own->carried_by = by, own->alternative = alternative;
  if (!degraded) return 0;
  own->verdict = VERDICT_DEGRADED;
  r->talks.verdicts[VERDICT_BLOCKED]--;
  r->talks.verdicts[VERDICT_DEGRADED]++;
  return 0;
}

/* What may be to be done about talks of a ruling. */
enum todo { TODO_NOTHING, TODO_RELIEVE, TODO_SETTLE };

static enum todo ruling_todo(const struct audit_run *r, const struct ruling *ruling) {
  if (ruling->verdict == VERDICT_BLOCKED && ruling->rule >= 0) return TODO_RELIEVE;
  return unused_part(r, ruling) ? TODO_SETTLE : TODO_NOTHING;
}

/* The rulings there are now: those that change get a copy, if others share them, and are done. */
static int talks_settle(struct audit_run *r, const bool *has_fallback) {
  const size_t n = r->talks.n_rulings;
  uint8_t *todo = array_new(n, sizeof *todo);
  int rc = todo ? 0 : -ENOMEM;
  bool any = false;
  for (size_t i = 0; todo && i < n; i++) any |= (todo[i] = (uint8_t)ruling_todo(r, &r->talks.ruling[i])) != 0;
  for (size_t i = 0; any && rc == 0 && i < r->talks.n_talks; i++) {
    const uint32_t ruled = r->talks.ruled[i];
    if (todo[ruled] == TODO_RELIEVE) rc = talk_relieve(r, i, has_fallback[r->talks.ruling[ruled].rule]);
    if (todo[ruled] == TODO_SETTLE) rc = part_settle(r, i);
  }
  free(todo);
  return rc;
}

int fallback_apply(struct audit_run *r) {
  const struct policy *p = r->m->policy;
  bool *has_fallback = array_new(r->m->n_rules, sizeof *has_fallback);
  if (!has_fallback) return -ENOMEM;
  for (size_t i = 0; i < p->n_rules; i++)
    if (p->rule[i].need == NEED_FALLBACK_FOR && r->m->rule[i].in_force) has_fallback[p->rule[i].fallback_for] = true;
  const int rc = talks_settle(r, has_fallback);
  free(has_fallback);
  return rc;
}
