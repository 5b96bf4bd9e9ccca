/* What happened to a TCP flow: the steps of doc/verdicts.md 2, first that holds. */
#include "classifier/outcome_internal.h"
#include "classifier/history.h"
#include "classifier/host.h"
#include "classifier/tcp_facts.h"

/* 2.1 An ICMP error quotes the client's packet and the server was never heard. */
static bool rejected(const struct flow_case *c, struct judgement *j) {
  if (!c->quoted || c->server_any || c->client_acked) return false;
  return rejected_decide(c, j);
}

/* 2.2 SYN, then the client's acknowledgement: the answer went another way. */
static bool established_unheard(const struct flow_case *c, struct judgement *j) {
  if (!c->syn || c->server_any || !c->client_acked) return false;
  because(j, REASON_HALF_VISIBLE);
  return decide(j, OUTCOME_ESTABLISHED, CONFIDENCE_MEDIUM);
}

/* 2.3 The client reset or closed before any answer. */
static bool aborted(const struct flow_case *c, struct judgement *j) {
  if (!c->syn || c->server_any || !(c->client_rst || c->hot->tcp_flags[c->client] & TCP_FIN)) return false;
  because(j, REASON_CLIENT_GAVE_UP);
  silence_reasons(c, j);
  return decide(j, OUTCOME_ABORTED, CONFIDENCE_MEDIUM);
}

/* 2.4 SYNs and no packet back: no-answer, one-sided or undetermined. */
static bool unanswered(const struct flow_case *c, struct judgement *j) {
  if (!c->syn || c->server_any) return false;
  because(j, REASON_SYN_ONLY);
  return silence_decide(c, j, c->hot->n_syn[c->client], c->hot->first, c->cold->syn_last);
}

/* 2.5 RST in answer to the SYN. */
static bool refused(const struct flow_case *c, struct judgement *j) {
  if (!c->syn || !c->server_rst || c->server_spoke || c->client_acked) return false;
  bool sure;
  j->reset_by = reset_judge(c, j, &sure);
  silence_reasons(c, j);
  const enum confidence confidence = j->reset_by == RESET_BY_UNKNOWN ? CONFIDENCE_LOW
                                     : sure                          ? CONFIDENCE_HIGH
                                                                     : CONFIDENCE_MEDIUM;
  return decide(j, OUTCOME_REFUSED, confidence);
}

/* 2.6 The server answered and the client never acknowledged. */
static bool half_open(const struct flow_case *c, struct judgement *j) {
  if (!c->syn || c->client_acked) return false;
  const bool repeated = c->hot->n_syn_ack[c->server] > 1;
  if (repeated) because(j, REASON_SYN_ACK_REPEATED);
  if (c->client_rst) because(j, REASON_CLIENT_GAVE_UP);
  const stamp_t last = stamp_max(c->hot->last[SIDE_A], c->hot->last[SIDE_B]);
  if (!repeated && !c->client_rst && !c->server_rst && watched_after(c->capture, last).ns < SILENCE_AFTER.ns) {
    because(j, REASON_WINDOW_SHORT);
    return decide(j, OUTCOME_UNDETERMINED, CONFIDENCE_LOW);
  }
  return decide(j, OUTCOME_HALF_OPEN, repeated || c->client_rst ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
}

/* 2.7 Only one direction is visible: settled by the server's half when it goes on after its SYN/ACK. */
static bool one_sided(const struct flow_case *c, struct judgement *j) {
  if (c->client_any && c->server_any) return false;
  because(j, REASON_HALF_VISIBLE);
  if (!c->client_any && c->hot->n_syn_ack[c->server] && case_plain(c, c->server))
    return decide(j, OUTCOME_ESTABLISHED, CONFIDENCE_MEDIUM);
  if (!c->hot->n_syn_ack[c->server]) because(j, REASON_MIDSTREAM);
  return decide(j, OUTCOME_ONE_SIDED, CONFIDENCE_LOW);
}

/* A segment seen at least three times and never acknowledged; NULL = none. A receiver that gives up waiting for it may
 * close, even reset: a reset may also be its answer, so only the former leaves the stall standing. */
static const struct tail *tail_left(const struct flow_case *c, unsigned *side_out) {
  for (unsigned side = SIDE_A; c->extra && side <= SIDE_B; side++) {
    const struct tail *t = &c->extra->tail[side];
    if (t->count < 2 || stamp_since(t->first, t->last).ns < SILENCE_AFTER.ns) continue;
    if (c->hot->tcp_flags[!side] & TCP_RST) continue;
    if (c->hot->state & FLOW_ACK_A << !side && seq_distance(c->hot->ack_max[!side], t->seq) > 0) continue;
    *side_out = side;
    return t;
  }
  return NULL;
}

/* What every connection tells that came about, apart from how it ended. */
static void established_reasons(const struct flow_case *c, struct judgement *j) {
  const struct flow *f = c->hot;
  if (c->crossed) because(j, REASON_SIMULTANEOUS);
  if (c->syn && c->syn_ack) because(j, REASON_HANDSHAKE);
  if (!c->syn && !f->n_syn_ack[c->server])
    because(j, REASON_MIDSTREAM);
  else if (!c->syn || !c->syn_ack)
    because(j, REASON_HALF_VISIBLE);
  if (f->n_syn[c->client] > 1 && stamp_known(c->cold->answer) && !stamp_before(c->cold->answer, c->cold->syn_last))
    because(j, REASON_DELAYED);
  if (f->n_syn[c->client] > 1 && f->state & FLOW_SYN_ECN && f->state & FLOW_SYN_BARE) because(j, REASON_ECN_RETRY);
  if (f->bytes[c->server] == 0) because(j, REASON_NO_SERVER_DATA);
  const uint8_t syn_ack = c->cold->syn_ack_ttl, later = f->ttl_min[c->server];
  if (f->n_syn_ack[c->server] && later <= f->ttl_max[c->server] && ttl_hops(syn_ack) != ttl_hops(later))
    because(j, REASON_TTL_CHANGED);
}

/* 2.8 Data sent at least three times over at least three seconds, without acknowledgement to the end. */
static bool stalled(const struct flow_case *c, struct judgement *j) {
  unsigned side;
  const struct tail *t = tail_left(c, &side);
  if (!t) return false;
  established_reasons(c, j);
  because(j, REASON_DATA_REPEATED);
  j->stall_by = STALL_BY_UNKNOWN;
  if (t->len > c->hot->len_acked[side] && c->hot->len_acked[side] > 0) {
    j->stall_by = STALL_BY_MTU;
    because(j, REASON_FULL_SIZE_ONLY);
  }
  const bool long_enough = stamp_since(t->first, t->last).ns >= HIGH_SPAN.ns;
  return decide(j, OUTCOME_STALLED, long_enough ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
}

/* The server's payload, if any, came after the reset: what was reset is the beginning. */
static bool reset_first(const struct flow_case *c, unsigned sender) {
  const struct flow *f = c->hot;
  if (!f->bytes[SIDE_A] && !f->bytes[SIDE_B]) return false;
  if (!c->syn && !f->n_syn_ack[c->server]) return false;
  return !f->bytes[c->server] || history_before(f->history, HISTORY_RST, sender, HISTORY_DATA, c->server);
}

/* 2.9 Reset by a device, or by the server at the first payload. */
static bool cut(const struct flow_case *c, struct judgement *j) {
  if (!(c->cold->rst & RST_SEEN)) return false;
  const unsigned sender = c->cold->rst & RST_BY_B ? SIDE_B : SIDE_A;
  const struct flow *f = c->hot;
  if (f->tcp_flags[sender] & TCP_FIN) return false; /* it had closed: an ordinary end */
  const bool on_data =
      sender == c->server && f->bytes[c->client] && !f->bytes[c->server] && !(f->tcp_flags[c->client] & TCP_FIN);
  bool sure;
  struct judgement with = *j;
  with.reset_by = reset_judge(c, &with, &sure);
  const bool device = with.reset_by == RESET_BY_DEVICE;
  if (!device && !on_data) return false;
  *j = with;
  established_reasons(c, j);
  if (on_data || reset_first(c, sender)) because(j, REASON_RST_ON_DATA);
  return decide(j, OUTCOME_CUT, sure ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
}

/* 2.10 Everything else came about. */
static bool established(const struct flow_case *c, struct judgement *j) {
  established_reasons(c, j);
  const bool whole = j->reasons & (1u << REASON_HANDSHAKE | 1u << REASON_MIDSTREAM);
  return decide(j, OUTCOME_ESTABLISHED, whole ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM);
}

const struct outcome_step outcome_steps_tcp[] = {
    {"2.1", "rejected: an ICMP error quotes the client, the server was never heard", rejected},
    {"2.2", "established: SYN, then the client acknowledges an answer that did not pass here", established_unheard},
    {"2.3", "aborted: the client reset or closed before any answer", aborted},
    {"2.4", "no-answer, one-sided or undetermined: SYNs, and no packet back", unanswered},
    {"2.5", "refused: RST in answer to the SYN", refused},
    {"2.6", "half-open: the server answered, the client never acknowledged", half_open},
    {"2.7", "one-sided: only one direction of this connection is visible", one_sided},
    {"2.8", "stalled: data repeated without acknowledgement to the end", stalled},
    {"2.9", "cut: reset by a device, or by the server at the first payload", cut},
    {"2.10", "established", established},
};
const size_t outcome_n_steps_tcp = sizeof outcome_steps_tcp / sizeof *outcome_steps_tcp;
