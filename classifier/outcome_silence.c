/* Silence: what it means that nothing came back (doc/verdicts.md 2 last paragraph, 3). */
#include "capture/packet.h"
#include "classifier/host.h"
#include "classifier/icmp_codes.h"
#include "classifier/outcome_internal.h"

/* The client got answers of this host that never passed here; or it got some of others, and nothing to it ever passes.
 */
static bool answers_pass_by(const struct flow_case *c) {
  const struct host_facts *client = c->flow->host[c->client];
  if (case_pair(c, PAIR_DEAF_A, c->client) || c->capture->half) return true;
  return client && client->deaf && client->received == 0;
}

void silence_reasons(const struct flow_case *c, struct judgement *j) {
  const struct host_facts *h = c->flow->host[c->server];
  because(j, case_pair(c, PAIR_SEEN_A, c->server) ? REASON_RETURN_VISIBLE : REASON_RETURN_UNSEEN);
  because(j, host_facts_alive(h, c->hot->first, c->hot->last[c->client]) ? REASON_TARGET_ALIVE : REASON_TARGET_SILENT);
}

stamp_t watched_after(const struct capture_seen *capture, stamp_t from) {
  stamp_t end = capture->end;
  for (size_t i = 0; i < capture->n_gaps; i++)
    if (!stamp_before(capture->gap_at[i], from)) end = stamp_min(end, capture->gap_at[i]);
  return stamp_before(from, end) ? stamp_since(from, end) : (stamp_t){0};
}

/* Loss between two moments: what acknowledgements betray, or what the capturing system admits. */
static double loss_between(const struct capture_seen *capture, stamp_t from, stamp_t to) {
  const double share = capture->loss ? loss_share(capture->loss, from, to) : 0;
  return share > capture->dropped ? share : capture->dropped;
}

static bool at_least(stamp_t span, stamp_t least) { return span.ns >= least.ns; }

/* Where the packets of these two hosts pass two capture points, an attempt seen at one only was dropped in between:
 * that is a second witness. It counts only while copies were seen at all, before the attempts and after them. Attempts
 * seen twice got past what stands between the points, if the second time was a hop further: a bridge and its port, or a
 * mirror of both directions, show every packet twice at one place. */
static void points_reasons(const struct flow_case *c, struct judgement *j) {
  const struct capture_seen *capture = c->capture;
  const uint32_t copies = c->extra ? c->extra->duplicates[c->client] : 0, once = c->hot->packets[c->client] - copies;
  if (!capture->copies || !case_pair(c, PAIR_TWICE_A, c->client) || case_pair(c, PAIR_ONCE_A, c->client)) return;
  const bool surrounded = !stamp_before(c->hot->first, capture->copy_first) &&
                          !stamp_before(capture->copy_last, c->hot->last[c->client]);
  if (!copies && once >= 2 && surrounded) because(j, REASON_ONE_POINT);
  const bool further = copies && c->extra->routed >> c->client & 1;
  if (further && (uint64_t)copies * 10 >= (uint64_t)once * 9) because(j, REASON_BOTH_POINTS);
}

bool silence_decide(const struct flow_case *c, struct judgement *j, unsigned n, stamp_t first, stamp_t last) {
  const stamp_t after = watched_after(c->capture, last), span = stamp_since(first, last);
  const double loss = loss_between(c->capture, first, (stamp_t){last.ns + after.ns});
  silence_reasons(c, j);
  const bool return_seen = j->reasons & 1u << REASON_RETURN_VISIBLE;
  if (!return_seen && answers_pass_by(c))
    return because(j, REASON_HALF_VISIBLE), decide(j, OUTCOME_ONE_SIDED, CONFIDENCE_LOW);
  if (loss >= LOSS_MOST) return because(j, REASON_LOSS), decide(j, OUTCOME_UNDETERMINED, CONFIDENCE_LOW);
  if (n < 2 && !at_least(after, SILENCE_AFTER))
    return because(j, REASON_WINDOW_SHORT), decide(j, OUTCOME_UNDETERMINED, CONFIDENCE_LOW);
  const bool alive = j->reasons & 1u << REASON_TARGET_ALIVE;
  enum confidence confidence = CONFIDENCE_LOW;
  if (n >= 2 && return_seen) confidence = CONFIDENCE_MEDIUM;
  if (n >= 3 && at_least(span, HIGH_SPAN) && return_seen && alive && loss < LOSS_HIGH) confidence = CONFIDENCE_HIGH;
  points_reasons(c, j);
  if (j->reasons & 1u << REASON_ONE_POINT) {
    if (return_seen && alive && loss < LOSS_HIGH) confidence = CONFIDENCE_HIGH;
  } else if (c->hot->key.proto == PROTO_UDP) { /* a server need not answer a datagram */
    because(j, REASON_DATAGRAM_SILENT);
    confidence = CONFIDENCE_LOW;
  }
  return decide(j, OUTCOME_NO_ANSWER, confidence);
}

bool rejected_decide(const struct flow_case *c, struct judgement *j) {
  const struct icmp_facts *icmp = &c->extra->icmp;
  const struct host_key server = {.id = c->server == SIDE_A ? c->hot->key.a : c->hot->key.b,
                                  .family = c->hot->key.family};
  const bool from_target = icmp->from.id == server.id && icmp->from.family == server.family;
  because(j, REASON_ICMP);
  silence_reasons(c, j);
  if (!from_target) because(j, REASON_ICMP_TRANSIT);
  if (icmp_administrative(icmp->from.family, icmp->type, icmp->code)) {
    because(j, REASON_ICMP_ADMIN);
    return decide(j, OUTCOME_REJECTED, CONFIDENCE_HIGH);
  }
  if (c->hot->key.proto == PROTO_UDP && from_target &&
      icmp_port_unreachable(icmp->from.family, icmp->type, icmp->code)) {
    j->reset_by = RESET_BY_HOST; /* reached, nobody listens */
    return decide(j, OUTCOME_REFUSED, CONFIDENCE_HIGH);
  }
  return decide(j, OUTCOME_REJECTED, CONFIDENCE_MEDIUM);
}
