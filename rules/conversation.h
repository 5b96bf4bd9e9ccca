/* Folds flows into conversations: one for each (client, server, protocol, server port), judged by rules/verdict.h.
 *
 * Memory grows with the flows and conversations that are in scope; the rest is counted and forgotten. */
#ifndef WW_RULES_CONVERSATION_H
#define WW_RULES_CONVERSATION_H

#include "rules/talk.h"

enum {
  TALKS_MAX = 1 << 22,        /* conversations told apart */
  TALKS_UNMATCHED_MAX = 50000 /* kept of those without a rule that did not get through */
};

struct talks_options {
  size_t talks_max; /* 0 = TALKS_MAX */
  unsigned threads; /* at most; 0 = 1. They change nothing but the time it takes */
};

/* Folds and judges all flows. Negative: memory is out. Release with talks_free. */
int talks_make(const struct traffic *t, const struct matcher *m, struct match_memo *memo,
               const struct talks_options *options, struct talks *talks_out);
void talks_free(struct talks *talks);

/* Gives every talk its place in the audit: by verdict, then client, server, protocol, port. listed_at_out: where those
 * of each verdict begin. Negative: memory is out. */
int talks_number(struct talks *talks, size_t listed_at_out[VERDICT_COUNT + 1]);

#endif
