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
#include "util/radix.h"

/* What one flow of two hosts showed about a port, another one need not be asked: remembered in so many places. */
enum { SEEN_PLACES = 1 << 13, AHEAD = 12 };

struct seen {
  uint32_t client, server; /* traffic host numbers + 1; 0 = empty */
  uint16_t port;
};

enum { PROPOSAL_HOSTS_MAX = 4096, PAIRS_MAX = 1 << 20, SHARES_LEAST = 3, PORTS = UINT16_MAX + 1 };
enum { WEIGHT_SHARE = 1, WEIGHT_RPC = 2, WEIGHT_MAX = 2 };

/* Somebody did something to somebody: hosts by their places in address order, + 1. Of pushes, high is who and to whom,
 * and low is lower where the value, the weight, is higher; of answers, high is the role it speaks for and who, low is
 * to whom. */
struct deeds {
  struct radix_item *deed;
  size_t n, capacity;
};

/* What is known of a host. */
enum mark {
  MARK_DOMAIN = 1, /* answers for a domain */
  MARK_CLIENT = 2, /* was pushed to */
  MARK_PUSHER = 4, /* is proposed as one who pushes */
};

struct proposal {
  _Alignas(PARALLEL_APART) const struct policy *p;
  const struct traffic *t;
  const struct flow_ends *ends; /* [flow] */
  struct site *s;
  int pusher_role, audited_role;
  size_t n_hosts;
  uint8_t *mark; /* [host place + 1]: of enum mark; while flows are looked at, only MARK_DOMAIN is set */
  struct deeds pushes, answers;
  struct seen *seen;   /* [SEEN_PLACES]; of a part */
  uint64_t *answering; /* [port]: the answering roles that a rule about it leads to, as a set */
  size_t *capacity;    /* [role]: of site.role */
};

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

static bool deed_add(struct deeds *d, uint64_t high, uint32_t low, unsigned weight) {
  if (d->n >= PAIRS_MAX) return true;
  struct radix_item *slot = ARRAY_PUSH(d->deed, d->n, d->capacity);
  if (slot) *slot = (struct radix_item){.high = high, .low = low, .value = weight};
  return slot != NULL;
}

static bool push_add(struct proposal *x, const struct flow_ends *e, unsigned weight) {
  return deed_add(&x->pushes, (uint64_t)e->client_host << 32 | e->server_host, WEIGHT_MAX - weight, weight);
}

/* Attempts count for the pushing side even when they were blocked: that is what an audit is for. */
static unsigned push_weight(const struct flow_ends *e) {
  if (e->proto != PROTO_TCP || e->guessed) return 0;
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
  x->answering = array_new(PORTS, sizeof *x->answering);
  if (!x->answering) return false;
  for (size_t i = 0; i < x->p->n_rules; i++) {
    const struct policy_rule *r = &x->p->rule[i];
    if (!rule_answers(x, r) || !rule_asked_for(x->p, x->s, (int)i)) continue;
    if (r->service < 0 || x->p->service[r->service].transport != TRANSPORT_TCP) continue;
    for (size_t k = 0; k < x->p->service[r->service].n_ports; k++) {
      const struct port_range range = site_service_ports(x->p, x->s, r->service, k);
      // NOLINTNEXTLINE: a rule leads to some role
      for (uint32_t port = range.first; port <= range.last; port++) x->answering[port] |= UINT64_C(1) << r->to[0];
    }
  }
  return true;
}

static bool answer_note(struct proposal *x, const struct flow_ends *e) {
  const unsigned weight = port_is_telling(e->server_port) ? 2 : 1;
  bool ok = true;
  for (uint64_t left = x->answering[e->server_port]; ok && left; left &= left - 1) {
    const uint64_t role = (uint64_t)__builtin_ctzll(left);
    ok = deed_add(&x->answers, role << 32 | e->server_host, e->client_host, weight);
  }
  return ok;
}

/* True when a flow of these hosts to this port is known to have shown all there is; else *place_out is where to note
 * it. A later one on a high port may still turn out to be announced. */
static bool is_seen(const struct proposal *x, const struct flow_ends *e, struct seen **place_out) {
  const uint64_t hash = hash_two((uint64_t)e->client_host << 32 | e->server_host, e->server_port);
  struct seen *s = *place_out = &x->seen[hash & (SEEN_PLACES - 1)];
  return s->client && s->client == e->client_host && s->server == e->server_host && s->port == e->server_port &&
         (e->server_port < 1024 || !e->analysed);
}

/* Whether the server let the client in; the outcome is asked for only where the ends leave it open. */
static bool is_answered(const struct proposal *x, size_t index, const struct flow_ends *e) {
  if (e->established || (e->proto == PROTO_UDP && e->both_ways)) return true;
  const enum outcome outcome = traffic_flow_outcome(x->t, index);
  return outcome == OUTCOME_ESTABLISHED || outcome == OUTCOME_ANSWERED;
}

/* A server of a domain: parts may find out about one at once. */
static void domain_note(struct proposal *x, size_t index, const struct flow_ends *e) {
  uint8_t *mark = &x->mark[e->server_host];
  if (!__atomic_load_n(mark, __ATOMIC_RELAXED) && is_answered(x, index, e))
    __atomic_store_n(mark, MARK_DOMAIN, __ATOMIC_RELAXED);
}

static bool is_domain_port(uint16_t port) { return port == 53 || port == 88 || port == 389; }

/* Asks for the memory of a flow that will perhaps have to be judged. */
static void look_ahead(const struct proposal *x, size_t index) {
  const struct flow_ends *e = &x->ends[index];
  if (e->proto != PROTO_TCP || !e->replied || e->established) return;
  if (is_domain_port(e->server_port) || x->answering[e->server_port]) traffic_flow_prefetch(x->t, index);
}

static bool flow_note(struct proposal *x, size_t index) {
  const struct flow_ends *e = &x->ends[index];
  const uint16_t port = e->server_port;
  const bool domain = is_domain_port(port);
  if (e->proto != PROTO_TCP && !domain) return true;
  if (!e->client_host || !e->server_host) return true; /* hosts that did not fit play no role */
  const unsigned weight = push_weight(e);
  const bool announced = e->analysed && port >= 1024;
  const bool answers = (e->replied || announced) && (domain || x->answering[port]);
  if (!weight && !announced && !answers) return true;
  if (announced && e->proto == PROTO_TCP && !e->guessed && traffic_flow_origin(x->t, index))
    return push_add(x, e, WEIGHT_RPC);
  if (!weight && domain) domain_note(x, index, e);
  struct seen *place;
  if ((!weight && (domain || !answers || e->guessed)) || is_seen(x, e, &place)) return true;
  if (!weight && !is_answered(x, index, e)) return true;
  *place = (struct seen){.client = e->client_host, .server = e->server_host, .port = port};
  if (weight) return push_add(x, e, weight);
  bool unused;
  const struct address server = traffic_host_address(x->t, e->server_host - 1, &unused);
  return !is_private(&server) || answer_note(x, e);
}

static uint32_t push_from(const struct radix_item *d) { return (uint32_t)(d->high >> 32); }
static uint32_t push_to(const struct radix_item *d) { return (uint32_t)d->high; }

/* How many machines the host at *at pushed to with this weight or more; each counts once. RPC is what sets a push
 * apart from a file share. */
static unsigned pusher_score(const struct proposal *x, unsigned weight, size_t *at) {
  const struct radix_item *d = x->pushes.deed;
  const uint32_t host = push_from(&d[*at]);
  unsigned score = 0;
  while (*at < x->pushes.n && push_from(&d[*at]) == host) {
    const size_t first = *at;
    while (*at < x->pushes.n && d[*at].high == d[first].high) ++*at;
    if (!(x->mark[push_to(&d[first])] & MARK_DOMAIN) && d[first].value >= weight) score++;
  }
  return score;
}

static bool role_add(const struct proposal *x, int role, uint32_t host) {
  struct site *s = x->s;
  if (s->n_role_ranges[role] >= PROPOSAL_HOSTS_MAX) return true;
  bool unused;
  const struct address a = traffic_host_address(x->t, host - 1, &unused);
  struct address_range *slot = ARRAY_PUSH(s->role[role], s->n_role_ranges[role], x->capacity[role]);
  if (!slot) return false;
  *slot = (struct address_range){.first = a, .last = a};
  if (role == x->pusher_role) x->mark[host] |= MARK_PUSHER;
  return true;
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
static bool pushers_choose(struct proposal *x) {
  unsigned weight = WEIGHT_RPC;
  unsigned best = best_score(x, weight);
  if (best == 0) {
    weight = WEIGHT_SHARE;
    best = best_score(x, weight);
    if (best < SHARES_LEAST) best = 0;
  }
  for (size_t at = 0; best && at < x->pushes.n;) {
    size_t first = at;
    if (pusher_score(x, weight, &at) * 2 < best + (best > 1)) continue;
    if (!role_add(x, x->pusher_role, push_from(&x->pushes.deed[first]))) return false;
    for (size_t i = first; i < at; i++) {
      uint8_t *mark = &x->mark[push_to(&x->pushes.deed[i])];
      if (!(*mark & MARK_DOMAIN)) *mark |= MARK_CLIENT;
    }
  }
  return true;
}

static bool clients_choose(const struct proposal *x) {
  bool ok = true;
  for (size_t host = 1; ok && host <= x->n_hosts; host++)
    if ((x->mark[host] & (MARK_CLIENT | MARK_PUSHER)) == MARK_CLIENT) ok = role_add(x, x->audited_role, (uint32_t)host);
  return ok;
}

static bool answerers_choose(const struct proposal *x) {
  const struct radix_item *d = x->answers.deed;
  for (size_t at = 0; at < x->answers.n;) {
    const size_t first = at;
    unsigned users = 0;
    bool pushed = false;
    for (; at < x->answers.n && d[at].high == d[first].high; at++) {
      if (at == first || d[at].low != d[at - 1].low) users++;
      pushed |= d[at].value >= 2 && x->mark[d[at].low] & MARK_CLIENT;
    }
    const uint32_t host = (uint32_t)d[first].high;
    if (x->mark[host] & (MARK_DOMAIN | MARK_CLIENT)) continue;
    if ((users >= 2 || pushed) && !role_add(x, (int)(d[first].high >> 32), host)) return false;
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
  for (size_t i = parallel_start(notes->n_flows, notes->n_parts, number); ok && i < end; i++) {
    if (i + AHEAD < end) look_ahead(x, i + AHEAD);
    ok = flow_note(x, i);
  }
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

/* Takes over what a part noted. */
static bool part_take(struct proposal *x, struct proposal *part, bool ok) {
  ok = ok && deeds_append(&x->pushes, &part->pushes) && deeds_append(&x->answers, &part->answers);
  free(part->seen);
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
  x->n_hosts = traffic_host_count(x->t);
  x->mark = array_new(x->n_hosts + 1, sizeof *x->mark);
  x->capacity = array_new(x->p->n_roles, sizeof *x->capacity);
  return x->mark && x->capacity && answering_make(x) && flows_note(x, threads) &&
         radix_sort_shared(x->pushes.deed, x->pushes.n, threads) == 0 &&
         radix_sort_shared(x->answers.deed, x->answers.n, threads) == 0 && pushers_choose(x) && clients_choose(x) &&
         answerers_choose(x);
}

struct site *site_propose(const struct policy *p, const struct traffic *t, unsigned threads) {
  struct site *s = site_new(p);
  if (!s) return NULL;
  s->proposed = true;
  struct proposal x = {.p = p, .t = t, .ends = traffic_ends(t), .s = s, .audited_role = p->audited_role};
  x.pusher_role = p->audited_role >= 0 ? pusher_role_find(&x) : -1;
  bool ok = x.pusher_role < 0 || propose(&x, threads);
  free(x.mark);
  free(x.capacity);
  free(x.answering);
  free(x.pushes.deed);
  free(x.answers.deed);
  if (ok) return s;
  site_free(s);
  return NULL;
}
