/* Roles from behaviour.
 *
 * The policy itself says what to look for: its rules lead from one role to another over services with ports. Three
 * kinds of role are recognised:
 *   the pushing role: the from-role of a required TCP rule towards the audited role over SMB or the endpoint mapper.
 *       Played by hosts that tried the endpoint mapper or announced RPC ports of other machines; when nobody did, by
 *       hosts that tried SMB on at least three. A machine that answers for a domain (Kerberos, LDAP, DNS) is left out
 *       as a target: everybody opens SMB and RPC there
 *   the audited role: the machines that were pushed to
 *   answering roles: the to-role of a TCP rule from the audited role. Played by private addresses that answered on the
 *       rule's ports for at least two clients, or for one that was pushed to on a port that no other service shares
 * The host with most targets wins; others that opened at least half as many play the role too. */
#include "rules/propose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/site_text.h"
#include "util/array.h"
#include "util/hash.h"
#include "util/parallel.h"

/* What one flow of two hosts showed about a port, another one need not be asked: remembered in so many places. */
enum { SEEN_PLACES = 1 << 13 };

struct seen {
  uint32_t client, server; /* traffic host numbers + 1; 0 = empty */
  uint16_t port;
};

enum { PROPOSAL_HOSTS_MAX = 4096, PAIRS_MAX = 1 << 20, SHARES_LEAST = 3 };
enum { WEIGHT_SHARE = 1, WEIGHT_RPC = 2 };

/* Somebody did something to somebody: hosts by their places in address order. */
struct deed {
  uint32_t from, to;
  int16_t role;    /* that it speaks for */
  uint16_t weight; /* how much */
};

struct deeds {
  struct deed *deed;
  size_t n, capacity;
};

struct host_list {
  uint32_t *at; /* places, as in deeds */
  size_t n, capacity;
};

struct proposal {
  _Alignas(PARALLEL_APART) const struct policy *p;
  const struct traffic *t;
  const struct flow_ends *ends; /* of its flows */
  struct site *s;
  int pusher_role, audited_role;
  struct host_list domain; /* machines that answer for a domain */
  struct deeds pushes, answers;
  struct seen *seen;  /* [SEEN_PLACES]; of a part */
  uint8_t *answering; /* [port]: some answering role's rule is about it */
};

static int host_order(const void *a, const void *b) {
  const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static bool list_add(struct host_list *l, uint32_t host) {
  uint32_t *slot = ARRAY_PUSH(l->at, l->n, l->capacity);
  if (slot) *slot = host;
  return slot != NULL;
}

static void list_sort(struct host_list *l) {
  size_t n = 0;
  if (l->n) qsort(l->at, l->n, sizeof *l->at, host_order);
  for (size_t i = 0; i < l->n; i++)
    if (n == 0 || l->at[n - 1] != l->at[i]) l->at[n++] = l->at[i];
  l->n = n;
}

static bool list_has(const struct host_list *l, uint32_t host) {
  return l->n && bsearch(&host, l->at, l->n, sizeof *l->at, host_order);
}

/* RFC 1918, RFC 6598, RFC 4193 and link-local: what a site's own servers have. */
static bool is_private(const struct address *a) {
  const uint8_t *o = a->octet;
  if (a->family == 6) return (o[0] & 0xfe) == 0xfc || (o[0] == 0xfe && (o[1] & 0xc0) == 0x80);
  return o[0] == 10 || (o[0] == 172 && (o[1] & 0xf0) == 16) || (o[0] == 192 && o[1] == 168) ||
         (o[0] == 100 && (o[1] & 0xc0) == 64);
}

static bool rule_has_port(const struct proposal *x, const struct policy_rule *r, uint16_t port) {
  if (r->service < 0 || x->p->service[r->service].transport != TRANSPORT_TCP) return false;
  for (size_t i = 0; i < x->p->service[r->service].n_ports; i++) {
    struct port_range range = site_service_ports(x->p, x->s, r->service, i);
    if (port >= range.first && port <= range.last) return true;
  }
  return false;
}

static bool rule_joins(const struct policy_rule *r, int from, int to) {
  bool starts = from < 0, ends = to < 0;
  for (size_t i = 0; i < r->n_from; i++) starts |= r->from[i] == from;
  for (size_t i = 0; i < r->n_to; i++) ends |= r->to[i] == to;
  return starts && ends;
}

/* The role that reaches the audited one over SMB or the endpoint mapper; -1 = the policy has none. */
static int pusher_role_find(const struct proposal *x) {
  for (size_t i = 0; i < x->p->n_rules; i++) {
    const struct policy_rule *r = &x->p->rule[i];
    if (r->need != NEED_REQUIRED || !rule_joins(r, -1, x->audited_role) || r->from[0] == x->audited_role) continue;
    if (rule_has_port(x, r, 445) || rule_has_port(x, r, 135)) return r->from[0];
  }
  return -1;
}

static bool is_open(const struct flow_view *v) {
  return v->outcome == OUTCOME_ESTABLISHED && v->proto == 6 && !(v->flags & FLOW_SERVER_GUESSED);
}

static bool deed_add(struct deeds *d, const struct flow_ends *e, int role, unsigned weight) {
  if (d->n >= PAIRS_MAX) return true;
  struct deed *slot = ARRAY_PUSH(d->deed, d->n, d->capacity);
  if (slot)
    *slot =
        (struct deed){.from = e->client_host, .to = e->server_host, .role = (int16_t)role, .weight = (uint16_t)weight};
  return slot != NULL;
}

/* Attempts count for the pushing side even when they were blocked: that is what an audit is for. */
static unsigned push_weight(const struct flow_ends *e) {
  if (e->proto != 6 || e->guessed) return 0;
  if (e->server_port == 135) return WEIGHT_RPC;
  return e->server_port == 445 ? WEIGHT_SHARE : 0;
}

/* Whether another service of the policy shares the port: TCP 80 says little, TCP 10123 much. */
static bool port_is_telling(uint16_t port) { return port >= 1024 && service_of_port(6, port) != SERVICE_HTTP; }

/* Whether the rule leads from the audited role to one that only answers. */
static bool rule_answers(const struct proposal *x, const struct policy_rule *r) {
  return rule_joins(r, x->audited_role, -1) && r->to[0] != x->audited_role && r->to[0] != x->pusher_role;
}

/* Most flows are about ports that no such rule names: they need no look. */
static bool answering_make(struct proposal *x) {
  x->answering = array_new(UINT16_MAX + 1, sizeof *x->answering);
  if (!x->answering) return false;
  for (size_t i = 0; i < x->p->n_rules; i++) {
    const struct policy_rule *r = &x->p->rule[i];
    if (!rule_answers(x, r) || r->service < 0 || x->p->service[r->service].transport != TRANSPORT_TCP) continue;
    for (size_t k = 0; k < x->p->service[r->service].n_ports; k++) {
      const struct port_range range = site_service_ports(x->p, x->s, r->service, k);
      for (uint32_t port = range.first; port <= range.last; port++) x->answering[port] = 1;
    }
  }
  return true;
}

static bool answer_note(struct proposal *x, const struct flow_ends *e) {
  uint64_t noted = 0; /* set of roles */
  bool ok = true;
  for (size_t i = 0; ok && i < x->p->n_rules; i++) {
    const struct policy_rule *r = &x->p->rule[i];
    if (!rule_answers(x, r) || noted >> r->to[0] & 1) continue;
    if (!rule_asked_for(x->p, x->s, (int)i) || !rule_has_port(x, r, e->server_port)) continue;
    noted |= UINT64_C(1) << r->to[0];
    ok = deed_add(&x->answers, e, r->to[0], port_is_telling(e->server_port) ? 2 : 1);
  }
  return ok;
}

/* The place of what such a flow showed, if one was seen; else where that belongs. A later one on a high port may still
 * turn out to be announced. */
static struct seen *seen_place(const struct proposal *x, const struct flow_ends *e, bool *is_seen_out) {
  const uint64_t hash = hash_two((uint64_t)e->client_host << 32 | e->server_host, e->server_port);
  struct seen *s = &x->seen[hash & (SEEN_PLACES - 1)];
  *is_seen_out = s->client && s->client == e->client_host && s->server == e->server_host && s->port == e->server_port &&
                 (e->server_port < 1024 || !e->analysed);
  return s;
}

/* What a flow tells whose outcome matters: an answer, or a call to an announced port. */
static bool outcome_note(struct proposal *x, size_t index, const struct flow_ends *e, bool domain, struct seen *place) {
  struct flow_view v;
  traffic_flow_brief(x->t, index, &v);
  const bool answered = v.outcome == OUTCOME_ESTABLISHED || v.outcome == OUTCOME_ANSWERED;
  if (v.app.origin && e->server_port >= 1024 && e->proto == 6 && !e->guessed)
    return deed_add(&x->pushes, e, x->pusher_role, WEIGHT_RPC);
  if ((answered && domain) || is_open(&v))
    *place = (struct seen){.client = e->client_host, .server = e->server_host, .port = e->server_port};
  if (answered && domain) return list_add(&x->domain, e->server_host);
  return e->proto != 6 || !is_open(&v) || !is_private(&v.server) || answer_note(x, e);
}

static bool flow_note(struct proposal *x, size_t index) {
  const struct flow_ends *e = &x->ends[index];
  const uint16_t port = e->server_port;
  const bool domain = port == 53 || port == 88 || port == 389;
  if (e->proto != 6 && !domain) return true;
  if (!e->client_host || !e->server_host) return true; /* hosts that did not fit play no role */
  const unsigned weight = push_weight(e);
  const bool announced = e->analysed && port >= 1024;
  const bool answers = e->replied && (domain || x->answering[port]);
  if (!weight && !announced && !answers) return true;
  bool seen;
  struct seen *place = seen_place(x, e, &seen);
  if (seen) return true;
  if (!weight) return outcome_note(x, index, e, domain, place);
  *place = (struct seen){.client = e->client_host, .server = e->server_host, .port = port};
  return deed_add(&x->pushes, e, x->pusher_role, weight);
}

/* By who, then to whom, the heavier first. */
static int deed_by_from(const void *a, const void *b) {
  const struct deed *x = a, *y = b;
  if (x->from != y->from) return x->from < y->from ? -1 : 1;
  if (x->to != y->to) return x->to < y->to ? -1 : 1;
  return y->weight - x->weight;
}

static int deed_by_role(const void *a, const void *b) {
  const struct deed *x = a, *y = b;
  if (x->role != y->role) return x->role < y->role ? -1 : 1;
  if (x->to != y->to) return x->to < y->to ? -1 : 1;
  if (x->from != y->from) return x->from < y->from ? -1 : 1;
  return y->weight - x->weight;
}

/* How many machines the host at *at pushed to with this weight or more; each counts once. RPC is what sets a push
 * apart from a file share. */
static unsigned pusher_score(const struct proposal *x, unsigned weight, size_t *at) {
  const struct deed *d = x->pushes.deed;
  const uint32_t host = d[*at].from;
  unsigned score = 0;
  while (*at < x->pushes.n && d[*at].from == host) {
    size_t first = *at;
    while (*at < x->pushes.n && d[*at].from == host && d[*at].to == d[first].to) ++*at;
    bool domain = list_has(&x->domain, d[first].to);
    if (!domain && d[first].weight >= weight) score++;
  }
  return score;
}

static bool role_add(const struct proposal *x, int role, uint32_t host) {
  struct site *s = x->s;
  if (s->n_role_ranges[role] >= PROPOSAL_HOSTS_MAX) return true;
  bool unused;
  const struct address a = traffic_host_address(x->t, host - 1, &unused);
  for (size_t i = 0; i < s->n_role_ranges[role]; i++)
    if (address_equal(&s->role[role][i].first, &a)) return true;
  size_t capacity = s->n_role_ranges[role];
  struct address_range *slot = ARRAY_PUSH(s->role[role], s->n_role_ranges[role], capacity);
  if (slot) *slot = (struct address_range){.first = a, .last = a};
  return slot != NULL;
}

static unsigned best_score(const struct proposal *x, unsigned weight) {
  unsigned best = 0;
  for (size_t at = 0; at < x->pushes.n;) {
    unsigned score = pusher_score(x, weight, &at);
    if (score > best) best = score;
  }
  return best;
}

/* Pushers and what they pushed to. */
static bool pushers_choose(struct proposal *x, struct host_list *client) {
  unsigned weight = WEIGHT_RPC;
  if (x->pushes.n) qsort(x->pushes.deed, x->pushes.n, sizeof *x->pushes.deed, deed_by_from);
  unsigned best = best_score(x, weight);
  if (best == 0) {
    weight = WEIGHT_SHARE;
    best = best_score(x, weight);
    if (best < SHARES_LEAST) best = 0;
  }
  for (size_t at = 0; best && at < x->pushes.n;) {
    size_t first = at;
    if (pusher_score(x, weight, &at) * 2 < best + (best > 1)) continue;
    if (!role_add(x, x->pusher_role, x->pushes.deed[first].from)) return false;
    for (size_t i = first; i < at; i++)
      if (!list_has(&x->domain, x->pushes.deed[i].to) && !list_add(client, x->pushes.deed[i].to)) return false;
  }
  list_sort(client);
  return true;
}

static bool clients_choose(struct proposal *x, const struct host_list *client) {
  for (size_t i = 0; i < client->n; i++) {
    bool pusher = false, unused;
    const struct address a = traffic_host_address(x->t, client->at[i] - 1, &unused);
    for (size_t k = 0; k < x->s->n_role_ranges[x->pusher_role]; k++)
      pusher |= address_equal(&x->s->role[x->pusher_role][k].first, &a);
    if (!pusher && !role_add(x, x->audited_role, client->at[i])) return false;
  }
  return true;
}

static bool answerers_choose(struct proposal *x, const struct host_list *client) {
  struct deed *d = x->answers.deed;
  if (x->answers.n) qsort(d, x->answers.n, sizeof *d, deed_by_role);
  for (size_t at = 0; at < x->answers.n;) {
    size_t first = at;
    unsigned users = 0;
    bool pushed = false;
    for (; at < x->answers.n && d[at].role == d[first].role && d[at].to == d[first].to; at++) {
      if (at == first || d[at].from != d[at - 1].from) users++;
      pushed |= d[at].weight >= 2 && list_has(client, d[at].from);
    }
    if (list_has(&x->domain, d[first].to) || list_has(client, d[first].to)) continue;
    if ((users >= 2 || pushed) && !role_add(x, d[first].role, d[first].to)) return false;
  }
  return true;
}

/* Parts of the flows, each with notes of its own. */
struct notes {
  size_t n_flows, n_parts;
  struct proposal part[PARALLEL_PARTS_MAX];
};

static int part_note(void *of, size_t number) {
  struct notes *notes = of;
  struct proposal *x = &notes->part[number];
  x->seen = array_new(SEEN_PLACES, sizeof *x->seen);
  bool ok = x->seen != NULL;
  const size_t end = parallel_start(notes->n_flows, notes->n_parts, number + 1);
  for (size_t i = parallel_start(notes->n_flows, notes->n_parts, number); ok && i < end; i++) ok = flow_note(x, i);
  return ok ? 0 : -ENOMEM;
}

static bool deeds_append(struct deeds *to, const struct deeds *from) {
  const size_t room = PAIRS_MAX - to->n, n = from->n < room ? from->n : room;
  if (!n) return true;
  if (!array_reserve((void **)&to->deed, &to->capacity, to->n + n, sizeof *to->deed)) return false;
  memcpy(to->deed + to->n, from->deed, n * sizeof *to->deed);
  to->n += n;
  return true;
}

static bool list_append(struct host_list *to, const struct host_list *from) {
  if (!from->n) return true;
  if (!array_reserve((void **)&to->at, &to->capacity, to->n + from->n, sizeof *to->at)) return false;
  memcpy(to->at + to->n, from->at, from->n * sizeof *to->at);
  to->n += from->n;
  return true;
}

/* Takes over what a part noted. */
static bool part_take(struct proposal *x, struct proposal *part, bool ok) {
  ok = ok && list_append(&x->domain, &part->domain) && deeds_append(&x->pushes, &part->pushes) &&
       deeds_append(&x->answers, &part->answers);
  free(part->seen);
  free(part->domain.at);
  free(part->pushes.deed);
  free(part->answers.deed);
  return ok;
}

static bool flows_note(struct proposal *x, unsigned threads) {
  struct notes notes = {.n_flows = traffic_flow_count(x->t)};
  notes.n_parts = parallel_parts(notes.n_flows);
  for (size_t i = 0; i < notes.n_parts; i++) notes.part[i] = *x;
  bool ok = parallel_run(threads, notes.n_parts, part_note, &notes) == 0;
  for (size_t i = 0; i < notes.n_parts; i++) ok = part_take(x, &notes.part[i], ok);
  return ok;
}

static bool propose(struct proposal *x, unsigned threads) {
  struct host_list client = {0};
  bool ok = answering_make(x) && flows_note(x, threads);
  list_sort(&x->domain);
  ok = ok && pushers_choose(x, &client) && clients_choose(x, &client) && answerers_choose(x, &client);
  free(client.at);
  return ok;
}

struct site *site_propose(const struct policy *p, const struct traffic *t, unsigned threads) {
  struct site *s = site_new(p);
  if (!s) return NULL;
  s->proposed = true;
  struct proposal x = {.p = p, .t = t, .ends = traffic_ends(t), .s = s, .audited_role = p->audited_role};
  x.pusher_role = p->audited_role >= 0 ? pusher_role_find(&x) : -1;
  bool ok = x.pusher_role < 0 || propose(&x, threads);
  free(x.domain.at);
  free(x.answering);
  free(x.pushes.deed);
  free(x.answers.deed);
  if (ok) return s;
  site_free(s);
  return NULL;
}
