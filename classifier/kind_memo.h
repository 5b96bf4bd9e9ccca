/* What short TCP flows were judged to be, remembered: a scan asks the same a million times. */
#ifndef WW_CLASSIFIER_KIND_MEMO_H
#define WW_CLASSIFIER_KIND_MEMO_H

#include "classifier/fold.h"

/* All that judging such a flow looks at, but its server port. */
struct kind_asked {
  uint64_t packets[2]; /* its packets, without numbers and times */
  uint64_t hosts;      /* places of client and server: what is known of both stays the same from flow to flow */
  uint64_t rest;       /* how its times stand to those of hosts and capture */
};

/* False: flows of this traffic, or this flow, must be judged each for itself. */
bool kind_asked(const struct traffic *t, uint32_t at, const struct flow_short *s, struct kind_asked *asked_out);

/* The place for the answer, NULL when the memo is no help. *known_out: it holds the answer to this question already. */
uint64_t *kind_memo_place(struct kind_memo *memo, const struct kind_asked *asked, bool *known_out);

#endif
