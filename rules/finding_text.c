/* The two sentences of a finding: what is wrong, and what the packets show. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/finding.h"
#include "rules/twin.h"
#include "rules/words.h"
#include "util/out.h"

/* "Site server 172.18.39.5", or "14 hosts (Client computer)". */
static void end_text(struct out *o, const struct cause *c, const struct address *a, int32_t role, size_t n) {
  char text[WORDS_SIZE];
  if (n == 1)
    out_printf(o, "%s %s", words_role(c->r, role), words_host(text, c->r, a));
  else
    out_printf(o, "%s (%s)", words_count(text, n, "host", "hosts"), words_role(c->r, role));
}

static void ends_text(struct out *o, const struct cause *c) {
  const struct conversation *first = &c->first->c;
  end_text(o, c, &first->client, first->client_role, c->n_clients);
  out_text(o, " -> ");
  end_text(o, c, &first->server, first->server_role, c->n_servers);
}

/* What happened to the endpoint mapper's own conversation decides how the story starts. */
static bool announcer_is_open(const struct cause *c) {
  const struct conversation *first = &c->first->c;
  return first->origin && first->origin->by == LEARNED_BY_EPM;
}

/* The announced interfaces of a cause, each once, as far as they are few. */
static void interfaces_text(struct out *o, const struct cause *c) {
  enum { NAMES_MAX = 3 };
  const char *name[NAMES_MAX];
  size_t n = 0;
  bool more = false;
  for (size_t i = 0; i < c->n && !more; i++) {
    const struct learned *origin = cause_ruling(c, i)->origin;
    const char *next = origin ? words_learned(origin) : "others";
    size_t k = 0;
    while (k < n && strcmp(name[k], next) != 0) k++;
    if (k < n) continue;
    more = n == NAMES_MAX;
    if (!more) name[n++] = next;
  }
  for (size_t i = 0; i < n; i++) out_printf(o, "%s%s", i ? ", " : "", name[i]);
  if (more) out_text(o, " and others");
}

static void blocked_title(struct out *o, const struct cause *c, const char *what) {
  const struct conversation *first = &c->first->c;
  char service[WORDS_SIZE];
  if (!first->origin) {
    out_printf(o, "%s %s", words_service(service, c->r, first), what);
    return;
  }
  if (announcer_is_open(c)) out_text(o, "Endpoint mapper open, ");
  if (c->n > 1)
    out_text(o, "the ports announced for ");
  else
    out_printf(o, "port %u for ", first->port);
  interfaces_text(o, c);
  out_printf(o, " %s", what);
}

/* What is to be looked at. */
static const char *review_words(const struct conversation *c) {
  switch (c->why) {
    case WHY_TARGET_DOWN:
      return c->outcome == OUTCOME_REJECTED ? "reported unreachable" : "unanswered, the host was not seen alive then";
    case WHY_UNREACHABLE:
      return "reported unreachable although the host was up";
    case WHY_OPTIONAL:
      return "blocked, an optional part of its rule";
    case WHY_NOT_LISTENING:
      return "reached, nobody listens";
    case WHY_ONE_ATTEMPT:
      return "unanswered, too few attempts to call it blocked";
    case WHY_STALLED:
      return "opens, then stalls";
    case WHY_PROXY:
      return "opens, but the server may not be who answered";
    case WHY_HALF_OPEN:
      return "answered, but the answer gets lost on its way";
    case WHY_INTERMITTENT:
      return "worked at first, then no more";
    case WHY_CUT_LATER:
      return "opened and carried data, then a device reset it";
    case WHY_RESET_UNKNOWN:
      return "reset, by whom the packets do not show";
    default:
      return "needs a look";
  }
}

static void title_print(struct out *o, const struct cause *c) {
  const struct talk_view *k = c->first;
  char service[WORDS_SIZE];
  words_service(service, c->r, &k->c);
  switch (k->c.verdict) {
    case VERDICT_BLOCKED:
      blocked_title(o, c, "blocked");
      break;
    case VERDICT_DEGRADED:
      blocked_title(o, c,
                    k->alternative ? "blocked, another way of the same choice carried the traffic"
                                   : "blocked, the fallback carried the traffic");
      break;
    case VERDICT_WRONG_PROTOCOL:
      out_printf(o, "%s carries %s", service, service_name(k->wrong));
      break;
    case VERDICT_UNEXPECTED_OPEN:
      out_printf(o, "%s is open and no rule documents it", service);
      break;
    default:
      out_printf(o, "%s %s", service, review_words(&k->c));
  }
  out_text(o, ": ");
  ends_text(o, c);
}

static void span_text(struct out *o, const struct conversation *c) {
  char span[STAMP_TEXT_SIZE];
  if (!stamp_known(c->syn_first) || !stamp_before(c->syn_first, c->syn_last)) return;
  out_printf(o, " over %s", stamp_print_span(span, stamp_since(c->syn_first, c->syn_last)));
}

static void attempts_text(struct out *o, const struct conversation *c) {
  uint32_t failed = c->attempts - c->successes;
  if (failed > 1) out_printf(o, " in %u attempts", failed);
}

/* "4 ICMP echo requests without answer over 9.0 s": the same without SYNs. */
static void requests_text(struct out *o, const struct cause *c) {
  const struct talk_view *k = c->first;
  char count[WORDS_SIZE], span[STAMP_TEXT_SIZE], many[32];
  const char *one = k->c.proto == PROTO_UDP      ? "UDP request"
                    : k->c.proto == PROTO_ICMPV6 ? "ICMPv6 echo request"
                                                 : "ICMP echo request";
  uint64_t n = 0;
  stamp_t first = STAMP_NONE, last = STAMP_NONE;
  for (size_t i = 0; i < k->c.attempts; i++) {
    struct flow_view v;
    traffic_flow_brief(c->r->a->traffic, talk_flow(&c->r->talks, k->talk, i), &v);
    if (v.outcome != OUTCOME_NO_ANSWER) continue;
    n += v.packets[TO_SERVER];
    first = stamp_known(first) ? stamp_min(first, v.first) : v.first;
    last = stamp_known(last) ? stamp_max(last, v.last) : v.last;
  }
  snprintf(many, sizeof many, "%ss", one);
  out_printf(o, "%s without answer", words_count(count, n, one, many));
  if (stamp_before(first, last)) out_printf(o, " over %s", stamp_print_span(span, stamp_since(first, last)));
}

static void silence_text(struct out *o, const struct cause *c) {
  const struct talk_view *k = c->first;
  char host[WORDS_SIZE], client[ADDRESS_TEXT_SIZE];
  if (k->c.proto == PROTO_TCP) {
    out_printf(o, "%u SYN%s without answer", k->c.n_syn, k->c.n_syn == 1 ? "" : "s");
    span_text(o, &k->c);
  } else {
    requests_text(o, c);
  }
  attempts_text(o, &k->c);
  words_host(host, c->r, &k->c.server);
  if (k->flags & FLOW_RETURN_VISIBLE)
    out_printf(o, "; other packets from %s to %s are visible", host, address_print(client, &k->c.client));
  else if (k->flags & FLOW_TARGET_ALIVE)
    out_printf(o, "; %s sent packets to others", host);
  else
    out_printf(o, "; %s sent nothing around that time", host);
}

static void rejected_text(struct out *o, const struct cause *c) {
  const struct flow_icmp icmp = cause_icmp(c);
  char host[WORDS_SIZE];
  out_printf(o, "rejected by %s with ICMP type %u code %u (packet %u)", words_host(host, c->r, &icmp.from), icmp.type,
             icmp.code, icmp.packet);
  attempts_text(o, &c->first->c);
}

static void reset_text(struct out *o, const struct cause *c, const char *when) {
  const struct conversation *first = &c->first->c;
  char host[WORDS_SIZE];
  static const char *const by[] = {[RESET_BY_NOBODY] = "",
                                   [RESET_BY_HOST] = " by the host itself",
                                   [RESET_BY_DEVICE] = " by a device before the host",
                                   [RESET_BY_UNKNOWN] = "; the packets do not show by whom"};
  out_printf(o, "%s reset", when);
  attempts_text(o, first);
  out_text(o, by[first->reset_by]);
  if (first->why == WHY_NOT_LISTENING)
    out_printf(o, ": %s was reached, nobody listens", words_host(host, c->r, &first->server));
}

/* What the site file says of the host, as far as it matters here, and a packet that denies it. */
static void up_text(struct out *o, const struct cause *c) {
  const struct talk_view *k = c->first;
  char host[WORDS_SIZE], device[WORDS_SIZE];
  words_host(host, c->r, &k->c.server);
  if (k->declared) {
    const struct site_up *up = match_up_find(c->r->m, &k->c.server, k->server_class);
    out_printf(o, ". The site file says that %s was up", host);
    if (up && up->reason) out_printf(o, ": %s", up->reason);
  } else if (k->up_denied && k->c.why == WHY_TARGET_DOWN) {
    struct flow_view v;
    traffic_flow(c->r->a->traffic, k->up_denied - 1, &v);
    out_printf(o, ". The site file says that %s was up, but %s denied it in packet %u", host,
               words_host(device, c->r, &v.icmp.from), v.icmp.packet);
  }
}

/* What the outcome alone does not tell. */
static void review_text(struct out *o, const struct talk_view *k) {
  if (k->c.why == WHY_ONE_ATTEMPT) out_text(o, ". Too few attempts were seen to call it blocked");
  if (k->c.why == WHY_INTERMITTENT) out_text(o, ". It worked at first; later attempts did not get through");
  if (k->c.why == WHY_OPTIONAL) out_text(o, ". The rule does not depend on this part");
}

static void answered_text(struct out *o, const struct talk_view *k) {
  if (k->c.outcome == OUTCOME_ONE_SIDED)
    out_text(o, "the server answered; the other direction does not pass the capture point");
  else if (k->c.why != WHY_PROXY)
    out_printf(o, "%u of %u connections were answered", k->c.successes, k->c.attempts);
  else if (k->c.reasons >> REASON_NO_SERVER_DATA & 1)
    out_text(o, "the connection opened, and the server never sent a byte");
  else
    out_text(o, "the answer to the SYN came from another distance than the data");
}

static void half_open_text(struct out *o, const struct conversation *c) {
  if (c->reasons >> REASON_SYN_ACK_REPEATED & 1)
    out_text(o, "the server's SYN/ACK was repeated and never acknowledged");
  else if (c->reasons >> REASON_CLIENT_GAVE_UP & 1)
    out_text(o, "the server answered, and the client reset the attempt, as port scanners do");
  else
    out_text(o, "the server answered, and the client never acknowledged it");
}

static void outcome_text(struct out *o, const struct cause *c) {
  const struct talk_view *k = c->first;
  switch (k->c.outcome) {
    case OUTCOME_NO_ANSWER:
      silence_text(o, c);
      break;
    case OUTCOME_REJECTED:
      rejected_text(o, c);
      break;
    case OUTCOME_REFUSED:
      reset_text(o, c, "the connection attempt was");
      break;
    case OUTCOME_CUT:
      reset_text(o, c,
                 k->c.reasons >> REASON_RST_ON_DATA & 1 ? "the connection opened, and its first data was"
                                                        : "the connection opened, and later it was");
      break;
    case OUTCOME_HALF_OPEN:
      half_open_text(o, &k->c);
      break;
    case OUTCOME_STALLED:
      out_printf(o, "the connection opened, then data was repeated without acknowledgement%s",
                 k->stall_by == STALL_BY_MTU ? ": only full-size packets are lost, small ones pass" : "");
      break;
    default:
      answered_text(o, k);
  }
  if (k->c.verdict == VERDICT_REVIEW) review_text(o, k);
  up_text(o, c);
}

static void origin_text(struct out *o, const struct cause *c) {
  const struct learned *l = c->first->c.origin;
  char host[WORDS_SIZE];
  if (!l) return;
  words_host(host, c->r, address_known(&l->announcer) ? &l->announcer : &l->server);
  if (l->by == LEARNED_BY_INFERRED)
    out_printf(o, ". The port is taken to be what %s announced in sealed packet %u", host, l->packet);
  else
    out_printf(o, ". %s announced %s port %u for %s in packet %u", host, words_proto(l->proto), l->port,
               words_learned(l), l->packet);
}

static void carrier_text(struct out *o, const struct cause *c) {
  const struct talk_view *k = c->first;
  if (k->carried_by < 0) return;
  struct talk_view by;
  talk_view(&c->r->talks, &c->r->talks.talk[k->carried_by], &by);
  char service[WORDS_SIZE], span[STAMP_TEXT_SIZE] = "";
  bool after = stamp_before(k->c.first, by.c.first);
  if (after) stamp_print_span(span, stamp_since(k->c.first, by.c.first));
  words_service(service, c->r, &by.c);
  if (k->c.verdict == VERDICT_BLOCKED)
    out_printf(o, ". The same interface was then reached through a named pipe on %s%s%s", service,
               after ? ", after " : "", span);
  else
    out_printf(o, ". The same host got through over %s instead", service);
}

/* The other address family, when it gets through. */
static void twin_text(struct out *o, const struct cause *c) {
  char host[WORDS_SIZE], count[WORDS_SIZE];
  size_t i = 0;
  const struct talk *by = NULL;
  while (c->n_twins && i < c->n && !(by = twin_find(c->r->twins, cause_talk(c, i)))) i++;
  if (!by) return;
  const struct address *client = talk_client_address(&c->r->talks, by), *server = talk_server_address(&c->r->talks, by);
  const char *works = server->family == 6 ? "IPv6" : "IPv4", *not = server->family == 6 ? "IPv4" : "IPv6";
  out_printf(o, ". It works over %s, blocked over %s: %s", works, not, words_host(host, c->r, client));
  out_printf(o, " gets through to %s, the same host, in packet %u", words_host(host, c->r, server), by->packet_first);
  if (c->n > 1) out_printf(o, "; so it is for %s", words_count(count, c->n_twins, "conversation", "conversations"));
}

/* Open ports: whom the policy does allow there, if anybody. */
static void documented_for_text(struct out *o, const struct cause *c) {
  const struct matcher *m = c->r->m;
  const struct talk_view *k = c->first;
  size_t n_met;
  const uint32_t *entry = match_set(c->r->memo, k->set, &n_met);
  if (n_met) {
    out_printf(o, ". The rule %s documents it, but this site does not ask for it",
               c->r->a->rule[m->entry[entry[0]].rule].id);
    return;
  }
  struct documented d;
  if (!cause_documented(c, &d)) return;
  out_text(o, d.in_force ? ". It is documented for " : ". The policy documents it for ");
  documented_print(c->r, &d, o);
  out_text(o, d.in_force ? " only" : " only, for something that this site does not ask for");
}

static void happened_print(struct out *o, const struct cause *c) {
  const struct talk_view *k = c->first;
  char count[WORDS_SIZE];
  outcome_text(o, c);
  if (k->c.verdict == VERDICT_UNEXPECTED_OPEN) documented_for_text(o, c);
  if (k->c.verdict == VERDICT_WRONG_PROTOCOL) out_printf(o, "; the payload is %s", service_name(k->wrong));
  origin_text(o, c);
  carrier_text(o, c);
  twin_text(o, c);
  if (c->n > 1)
    out_printf(o, ". The same for %s in all; the surest is described",
               words_count(count, c->n, "conversation", "conversations"));
}

/* Starts with a capital. */
static char *sentence_take(struct out *o) {
  char *copy = out_take(o);
  if (copy && copy[0] >= 'a' && copy[0] <= 'z') copy[0] = (char)(copy[0] - 'a' + 'A');
  return copy;
}

int finding_text(const struct cause *c, struct finding *f) {
  struct out title, happened;
  out_init(&title, NULL);
  title_print(&title, c);
  f->title = sentence_take(&title);
  out_init(&happened, NULL);
  happened_print(&happened, c);
  f->happened = sentence_take(&happened);
  return f->title && f->happened ? 0 : -ENOMEM;
}
