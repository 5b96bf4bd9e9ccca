/* Between the outcome files: one flow turned so that client and server are known, with the questions steps ask. */
#ifndef WW_CLASSIFIER_OUTCOME_INTERNAL_H
#define WW_CLASSIFIER_OUTCOME_INTERNAL_H

#include "classifier/judgement.h"

/* Times and shares of doc/verdicts.md 2 and 3. */
#define SILENCE_AFTER stamp_from_s(3) /* of capture after the last attempt, or a second attempt */
#define HIGH_SPAN stamp_from_s(7)     /* attempts of a high no-answer */
#define LOSS_MOST 0.01
#define LOSS_HIGH 0.001

struct flow_case {
  const struct flow_seen *flow;
  const struct flow *hot;
  const struct flow_cold *cold;
  const struct flow_extra *extra; /* NULL = none */
  const struct capture_seen *capture;
  unsigned client, server; /* sides */
  bool syn;                /* the client sent a SYN */
  bool syn_ack;            /* the server answered with SYN/ACK, or with a SYN that crossed */
  bool crossed;            /* both sent a SYN */
  bool client_acked;       /* the client acknowledged: the handshake went through, or went on unseen */
  bool client_any, server_any;
  bool server_spoke; /* something of the server other than RST */
  bool client_rst, server_rst;
  bool quoted; /* an ICMP error that rejects quotes a packet of the client */
};

static inline bool case_plain(const struct flow_case *c, unsigned side) { return c->hot->state & FLOW_PLAIN_A << side; }
static inline unsigned case_pair(const struct flow_case *c, unsigned bit_a, unsigned side) {
  return c->flow->pair & bit_a << side;
}
static inline void because(struct judgement *j, enum reason r) { j->reasons |= 1u << r; }

/* Decides: always true, so that a step can end in it. */
static inline bool decide(struct judgement *j, enum outcome outcome, enum confidence confidence) {
  j->outcome = outcome;
  j->confidence = confidence;
  return true;
}

/* What speaks for and against the server being there and its answers being visible: sets reasons. */
void silence_reasons(const struct flow_case *c, struct judgement *j);

/* Nothing came back to attempts first..last (n of them): no-answer with its confidence, or undetermined. Always true.
 */
bool silence_decide(const struct flow_case *c, struct judgement *j, unsigned n, stamp_t first, stamp_t last);

/* Who sent the flow's first RST; adds the reason. *sure_out: two signals agree. */
enum reset_by reset_judge(const struct flow_case *c, struct judgement *j, bool *sure_out);

/* The time of capture that followed a moment before it ended or was interrupted. */
stamp_t watched_after(const struct capture_seen *capture, stamp_t from);

/* Rejecting ICMP error: reasons and confidence. Always true. */
bool rejected_decide(const struct flow_case *c, struct judgement *j);

extern const struct outcome_step outcome_steps_tcp[], outcome_steps_udp[], outcome_steps_echo[];
extern const size_t outcome_n_steps_tcp, outcome_n_steps_udp, outcome_n_steps_echo;

#endif
