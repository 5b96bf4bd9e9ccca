/* From facts to what happened: pure functions, numbered as doc/verdicts.md 2 and 3 are.
 *
 * A judgement walks a table of steps in order; the first that holds decides. The table is data, so that explain can
 * show which steps were asked and which one answered. */
#ifndef WW_CLASSIFIER_JUDGEMENT_H
#define WW_CLASSIFIER_JUDGEMENT_H

#include <stddef.h>

#include "classifier/flow_table.h"
#include "classifier/loss.h"
#include "classifier/outcome.h"

/* All that is known around one flow; borrowed. Not to be copied: hot and cold may point into copy. */
struct flow_seen {
  const struct flow *hot;
  const struct flow_cold *cold;
  const struct flow_extra *extra;   /* NULL = none */
  const struct host_facts *host[2]; /* by side; NULL = not in the table */
  unsigned pair;                    /* enum pair_bit of its two hosts, A being the flow's side A */
  struct flow_copy copy;            /* of a flow that is short */
};

/* What judgement needs of the capture as a whole. */
struct capture_seen {
  stamp_t end;           /* time of the last packet */
  const stamp_t *gap_at; /* where captures of a set do not join: time of the last packet before the gap */
  size_t n_gaps;
  const struct loss *loss;
  double dropped; /* share of packets the capturing system says it lost, 0..1 */
  bool half;      /* most connections are visible in one direction only */
  bool copies;    /* copies of packets were seen, by more than one capture point: from copy_first to copy_last */
  stamp_t copy_first, copy_last;
};

struct judgement {
  enum outcome outcome;
  enum confidence confidence;
  enum reset_by reset_by;
  enum stall_by stall_by;
  enum client_by client_by;
  unsigned client;  /* side */
  uint32_t reasons; /* set of 1u << enum reason */
  bool guessed;     /* which side is the server is a guess */
  bool answered;    /* SYN/ACK, or payload, or a reply from the server's side */
  uint8_t step;     /* index of the step that decided, in outcome_steps */
};

/* One step: its number and text for people, and the question. */
struct flow_case;
struct outcome_step {
  const char *number, *text;
  bool (*holds)(const struct flow_case *c, struct judgement *j);
};

/* The steps for a protocol; the last one always holds. */
const struct outcome_step *outcome_steps(uint8_t proto, size_t *n_out);

void outcome_judge(const struct flow_seen *flow, const struct capture_seen *capture, struct judgement *j_out);

/* Which side is the client, from the facts alone (doc/verdicts.md 2). */
void outcome_orient(const struct flow *f, const struct flow_extra *x, struct judgement *j); /* x: NULL = none */

#endif
