/* The steps of judgement.
 *
 * A flow (flow_sense):
 *   1.1 established or answered: passed; but when the server never sent a byte, or the handshake came from another
 *       distance than the data: doubtful, a proxy may have answered
 *   1.2 silence: unknown when the target was never alive, the capture lost packets, the way back was never visible, or
 *       the protocol does not acknowledge; otherwise denied, as sure as the flow is. When the site file says that the
 *       target was up, answers of others to the same client show the way back
 *   1.3 an ICMP error: denied when its code says so or it closes a port on behalf of somebody else; doubtful when the
 *       host itself has no listener or the path has a size problem. When it says that the target is unreachable:
 *       doubtful if the target was alive (a fault of the path), else unknown
 *   1.4 a reset in answer to the SYN: by a device denied; by the host doubtful (reached, nobody listens)
 *   1.5 reset at the first data: by a device denied; by the host passed, the network let it through. By a device after
 *       data of the server: doubtful, since devices also end what was idle for long
 *   1.6 stalled, half open: doubtful. But a client that resets the answer received it: passed
 *   1.7 anything else: unknown
 * A conversation (talk_judge), the first step that fits:
 *   2.1 no rule, host not audited, or sent to a group: out of scope
 *   2.2 no rule, the host answered: unexpected open, unless excluded with a reason
 *   2.3 no rule, did not get through: denied as documented
 *   2.4 no rule, nothing shown: not assessable
 *   3.1 something got through: wrong protocol on strong evidence; review when later attempts were denied or large
 *       segments stall; pass
 *   3.2 a host that answers for itself was reached, or a device knew no way to it: silence on other attempts is no
 *       block: review
 *   3.3 denied and at least of medium confidence: blocked
 *   3.4 doubtful: review
 *   3.5 denied with low confidence: review
 *   3.6 one-way by design and sent: pass
 *   3.7 not assessable
 * Confidence of silence rises with repeated attempts: low to medium, and medium to high when the capture lost
 * nothing (section 3: "2 attempts"). On the site file's word alone it is one step lower in the end. */
#include "rules/verdict.h"

enum { HIGH_SPAN_S = 7 }; /* section 3: SYNs over so many seconds */

static struct sense sense_of(enum sense_kind kind, enum why why, enum confidence confidence) {
  return (struct sense){.kind = kind, .why = why, .confidence = confidence};
}

static bool has_reason(const struct flow_view *v, enum reason r) { return v->reasons >> r & 1; }

/* 1.1 */
static struct sense sense_through(const struct flow_view *v) {
  bool unanswered = has_reason(v, REASON_NO_SERVER_DATA) && v->bytes[TO_SERVER] > 0;
  if (v->proto == 6 && (unanswered || has_reason(v, REASON_TTL_CHANGED)))
    return sense_of(SENSE_DOUBTFUL, WHY_PROXY, v->confidence);
  return sense_of(SENSE_PASSED, WHY_NONE, v->confidence);
}

/* An echo flow holds every request of a pair: three or more without answer are no accident. */
static enum confidence silence_confidence(const struct flow_view *v) {
  bool echo = v->proto == 1 || v->proto == 58;
  if (echo && v->confidence == CONFIDENCE_LOW && v->packets[TO_SERVER] >= 3) return CONFIDENCE_MEDIUM;
  return v->confidence;
}

/* What the silence would be worth if packets had shown that the host was up (section 3). */
static enum confidence declared_confidence(const struct flow_view *v) {
  const bool tcp = v->proto == 6;
  const uint64_t n = tcp ? v->n_syn : v->packets[TO_SERVER];
  const stamp_t from = tcp ? v->syn_first : v->first, to = tcp ? v->syn_last : v->last;
  if (n < 2 || !stamp_known(from) || !stamp_known(to)) return CONFIDENCE_LOW;
  return n >= 3 && stamp_s(stamp_since(from, to)) >= HIGH_SPAN_S ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM;
}

/* 1.2 */
static struct sense sense_silent(const struct flow_view *v, const struct sense_witness *w) {
  const bool alive = v->flags & FLOW_TARGET_ALIVE;
  if (!alive && !w->up) return sense_of(SENSE_UNKNOWN, WHY_TARGET_DOWN, v->confidence);
  if (has_reason(v, REASON_LOSS)) return sense_of(SENSE_UNKNOWN, WHY_LOSS, v->confidence);
  if (has_reason(v, REASON_WINDOW_SHORT)) return sense_of(SENSE_UNKNOWN, WHY_WINDOW_TOO_SHORT, v->confidence);
  const bool visible = (v->flags & FLOW_RETURN_VISIBLE) || (!alive && w->heard);
  if (!visible) return sense_of(SENSE_UNKNOWN, WHY_ONE_SIDED, v->confidence);
  if (v->proto == 17 && !has_reason(v, REASON_ONE_POINT))
    return sense_of(SENSE_UNKNOWN, WHY_AMBIGUOUS_UDP, v->confidence);
  struct sense s = sense_of(SENSE_DENIED, WHY_NONE, alive ? silence_confidence(v) : declared_confidence(v));
  s.silent = true;
  s.declared = !alive;
  return s;
}

enum icmp_meaning { ICMP_MEANS_NO_WAY, ICMP_MEANS_NO_HOST, ICMP_MEANS_ADMIN, ICMP_MEANS_PORT, ICMP_MEANS_SIZE };

/* RFC 792, RFC 1812 5.2.7.1, RFC 4443 3.1-3.2: what an error says about its target. */
static enum icmp_meaning icmp_meaning(const struct flow_icmp *icmp, bool v6) {
  if (v6 && icmp->type == 2) return ICMP_MEANS_SIZE;
  if (v6 && icmp->type == 1) {
    static const enum icmp_meaning by_code[] = {[1] = ICMP_MEANS_ADMIN,
                                                [3] = ICMP_MEANS_NO_HOST,
                                                [4] = ICMP_MEANS_PORT,
                                                [5] = ICMP_MEANS_ADMIN,
                                                [6] = ICMP_MEANS_ADMIN};
    return icmp->code < sizeof by_code / sizeof *by_code ? by_code[icmp->code] : ICMP_MEANS_NO_WAY;
  }
  if (!v6 && icmp->type == 3) {
    static const enum icmp_meaning by_code[] = {
        [1] = ICMP_MEANS_NO_HOST, [2] = ICMP_MEANS_PORT,     [3] = ICMP_MEANS_PORT,
        [4] = ICMP_MEANS_SIZE,    [7] = ICMP_MEANS_NO_HOST,  [9] = ICMP_MEANS_ADMIN,
        [10] = ICMP_MEANS_ADMIN,  [12] = ICMP_MEANS_NO_HOST, [13] = ICMP_MEANS_ADMIN};
    return icmp->code < sizeof by_code / sizeof *by_code ? by_code[icmp->code] : ICMP_MEANS_NO_WAY;
  }
  return ICMP_MEANS_NO_WAY;
}

static enum confidence at_least(enum confidence c, enum confidence least) { return c < least ? least : c; }

/* 1.3. A host that has no listener answers TCP with a reset; a port error for TCP is a packet filter speaking. */
static struct sense sense_rejected(const struct flow_view *v, const struct sense_witness *w) {
  bool own = address_equal(&v->icmp.from, &v->server);
  switch (icmp_meaning(&v->icmp, v->icmp.from.family == 6)) {
    case ICMP_MEANS_ADMIN:
      return sense_of(SENSE_DENIED, WHY_NONE, CONFIDENCE_HIGH);
    case ICMP_MEANS_SIZE:
      return sense_of(SENSE_DOUBTFUL, WHY_STALLED, v->confidence);
    case ICMP_MEANS_PORT:
      if (own && v->proto == 17) return sense_of(SENSE_DOUBTFUL, WHY_NOT_LISTENING, v->confidence);
      return sense_of(SENSE_DENIED, WHY_NONE, at_least(v->confidence, CONFIDENCE_MEDIUM));
    default:
      if ((v->flags & FLOW_TARGET_ALIVE) || w->up) return sense_of(SENSE_DOUBTFUL, WHY_UNREACHABLE, v->confidence);
      return sense_of(SENSE_UNKNOWN, WHY_TARGET_DOWN, v->confidence);
  }
}

bool flow_denies_host(const struct flow_view *v) {
  return v->outcome == OUTCOME_REJECTED && icmp_meaning(&v->icmp, v->icmp.from.family == 6) == ICMP_MEANS_NO_HOST;
}

/* 1.4 */
static struct sense sense_refused(const struct flow_view *v) {
  if (v->reset_by == RESET_BY_DEVICE) return sense_of(SENSE_DENIED, WHY_NONE, v->confidence);
  if (v->proto == 6 && v->reset_by == RESET_BY_UNKNOWN)
    return sense_of(SENSE_DOUBTFUL, WHY_RESET_UNKNOWN, v->confidence);
  return sense_of(SENSE_DOUBTFUL, WHY_NOT_LISTENING, v->confidence);
}

/* 1.5 */
static struct sense sense_cut(const struct flow_view *v) {
  bool used = !has_reason(v, REASON_RST_ON_DATA) && (v->bytes[TO_CLIENT] || has_reason(v, REASON_MIDSTREAM));
  if (v->reset_by == RESET_BY_DEVICE && used) return sense_of(SENSE_DOUBTFUL, WHY_CUT_LATER, v->confidence);
  if (v->reset_by == RESET_BY_DEVICE) return sense_of(SENSE_DENIED, WHY_NONE, v->confidence);
  if (v->reset_by == RESET_BY_UNKNOWN) return sense_of(SENSE_DOUBTFUL, WHY_RESET_UNKNOWN, v->confidence);
  return sense_of(SENSE_PASSED, WHY_NONE, v->confidence);
}

/* 1.6 */
static struct sense sense_half_open(const struct flow_view *v) {
  if (has_reason(v, REASON_CLIENT_GAVE_UP) && !has_reason(v, REASON_SYN_ACK_REPEATED))
    return sense_of(SENSE_PASSED, WHY_NONE, v->confidence);
  return sense_of(SENSE_DOUBTFUL, WHY_HALF_OPEN, v->confidence);
}

/* 1.7 */
static struct sense sense_unknown(const struct flow_view *v) {
  enum why why = WHY_WINDOW_TOO_SHORT;
  if (v->outcome == OUTCOME_ABORTED)
    why = WHY_GAVE_UP;
  else if (v->outcome == OUTCOME_ONE_SIDED)
    why = WHY_ONE_SIDED;
  else if (v->outcome == OUTCOME_ONE_WAY)
    why = WHY_AMBIGUOUS_UDP;
  else if (has_reason(v, REASON_LOSS))
    why = WHY_LOSS;
  return sense_of(SENSE_UNKNOWN, why, v->confidence);
}

struct sense flow_sense(const struct flow_view *v, const struct sense_witness *w) {
  switch (v->outcome) {
    case OUTCOME_ESTABLISHED:
    case OUTCOME_ANSWERED:
      return sense_through(v);
    case OUTCOME_NO_ANSWER:
      return sense_silent(v, w);
    case OUTCOME_REJECTED:
      return sense_rejected(v, w);
    case OUTCOME_REFUSED:
      return sense_refused(v);
    case OUTCOME_CUT:
      return sense_cut(v);
    case OUTCOME_STALLED:
      return sense_of(SENSE_DOUBTFUL, WHY_STALLED, v->confidence);
    case OUTCOME_HALF_OPEN:
      return sense_half_open(v);
    default:
      return sense_unknown(v);
  }
}

static struct decision judge(enum verdict v, enum why why, enum confidence c, enum sense_kind by) {
  return (struct decision){.verdict = v, .why = why, .confidence = c, .decided_by = by};
}

/* Repeated attempts are worth more than one. */
static enum confidence repeated(const struct talk_facts *f, enum confidence c) {
  const struct sense_facts *denied = &f->kind[SENSE_DENIED];
  if (!denied->sense.silent || denied->flows < 2) return c;
  if (c == CONFIDENCE_LOW) return CONFIDENCE_MEDIUM;
  return f->lossless ? CONFIDENCE_HIGH : c;
}

/* The site file's word is worth one step less than packets of the host. */
static enum confidence stepped(const struct sense *s, enum confidence c) {
  return s->declared && c > CONFIDENCE_LOW ? c - 1 : c;
}

static enum confidence denied_confidence(const struct talk_facts *f) {
  const struct sense *s = &f->kind[SENSE_DENIED].sense;
  enum confidence c = s->confidence;
  if (s->declared && !f->lossless && c == CONFIDENCE_HIGH) c = CONFIDENCE_MEDIUM;
  return stepped(s, repeated(f, c));
}

/* The kind that says most about a conversation that no rule is about, or that is not assessable. */
static enum sense_kind strongest(const struct talk_facts *f) {
  for (enum sense_kind k = SENSE_PASSED; k < SENSE_COUNT; k++)
    if (f->kind[k].flows) return k;
  return SENSE_UNKNOWN;
}

/* 2 */
static struct decision judge_unmatched(const struct talk_facts *f) {
  enum sense_kind by = strongest(f);
  const struct sense *s = &f->kind[by].sense;
  if (!f->audited || f->group) return judge(VERDICT_OUT_OF_SCOPE, WHY_NONE, s->confidence, by);
  if (f->answered && f->excluded) return judge(VERDICT_NOT_ASSESSABLE, f->excluded, s->confidence, by);
  if (f->answered && f->by_port) return judge(VERDICT_UNEXPECTED_OPEN, WHY_NONE, CONFIDENCE_MEDIUM, by);
  if (f->answered) return judge(VERDICT_UNEXPECTED_OPEN, WHY_NONE, at_least(s->confidence, CONFIDENCE_MEDIUM), by);
  bool closed = by == SENSE_DENIED ||
                (by == SENSE_DOUBTFUL && s->why != WHY_HALF_OPEN && s->why != WHY_STALLED && s->why != WHY_UNREACHABLE);
  if (closed) return judge(VERDICT_DENIED_AS_DOCUMENTED, WHY_NONE, stepped(s, s->confidence), by);
  enum why why = s->why ? s->why : WHY_ONE_SIDED;
  return judge(VERDICT_NOT_ASSESSABLE, why, s->confidence, by);
}

/* 3.1 */
static struct decision judge_passed(const struct talk_facts *f) {
  const struct sense_facts *passed = &f->kind[SENSE_PASSED], *denied = &f->kind[SENSE_DENIED];
  enum confidence c = passed->sense.confidence;
  if (f->wrong) return judge(VERDICT_WRONG_PROTOCOL, WHY_NONE, CONFIDENCE_HIGH, SENSE_PASSED);
  bool later = denied->flows && stamp_before(passed->last, denied->first);
  if (later && denied_confidence(f) > CONFIDENCE_LOW)
    return judge(VERDICT_REVIEW, WHY_INTERMITTENT, denied_confidence(f), SENSE_DENIED);
  if (f->mtu_stall) return judge(VERDICT_REVIEW, WHY_STALLED, f->kind[SENSE_DOUBTFUL].sense.confidence, SENSE_DOUBTFUL);
  return judge(VERDICT_PASS, WHY_NONE, c, SENSE_PASSED);
}

/* 3 */
static struct decision judge_matched(const struct talk_facts *f) {
  const struct sense_facts *denied = &f->kind[SENSE_DENIED], *doubtful = &f->kind[SENSE_DOUBTFUL];
  if (f->kind[SENSE_PASSED].flows) return judge_passed(f);
  if (f->wrong) return judge(VERDICT_WRONG_PROTOCOL, WHY_NONE, CONFIDENCE_HIGH, strongest(f));
  bool silent_ok = denied->sense.silent && f->silence_ok;
  bool told = doubtful->sense.why == WHY_NOT_LISTENING || doubtful->sense.why == WHY_UNREACHABLE;
  bool reached = doubtful->flows && told && denied->sense.silent;
  if (denied->flows && !silent_ok && !reached && denied_confidence(f) > CONFIDENCE_LOW)
    return judge(VERDICT_BLOCKED, WHY_NONE, denied_confidence(f), SENSE_DENIED);
  if (doubtful->flows) return judge(VERDICT_REVIEW, doubtful->sense.why, doubtful->sense.confidence, SENSE_DOUBTFUL);
  if (silent_ok) return judge(VERDICT_NOT_ASSESSABLE, WHY_AMBIGUOUS_UDP, CONFIDENCE_LOW, SENSE_DENIED);
  if (denied->flows) return judge(VERDICT_REVIEW, WHY_ONE_ATTEMPT, CONFIDENCE_LOW, SENSE_DENIED);
  const struct sense *unknown = &f->kind[SENSE_UNKNOWN].sense;
  if (f->one_way) return judge(VERDICT_PASS, WHY_NONE, CONFIDENCE_MEDIUM, SENSE_UNKNOWN);
  return judge(VERDICT_NOT_ASSESSABLE, unknown->why, unknown->confidence, SENSE_UNKNOWN);
}

struct decision talk_judge(const struct talk_facts *f) {
  return f->matched ? judge_matched(f) : judge_unmatched(f);
}
