/* Conversations of one short flow, by the dozen.
 *
 * A scan is a million conversations of one flow of one or two packets each, and all that is known of most of them has
 * been judged many times before: only hosts, ports and times differ. The first of a kind is folded and judged as any
 * conversation is (rules/fold.h); it is kept, and later ones of its kind take over the outcome. */
#ifndef WW_RULES_TALK_KIND_H
#define WW_RULES_TALK_KIND_H

#include "rules/fold.h"

/* The last talks of each kind. For one room only. NULL: memory is out. */
struct talk_kinds *talk_kinds_new(void);
void talk_kinds_free(struct talk_kinds *kinds);

/* A talk that differs from this one in nothing but its ends, port, times, packet numbers, sizes and flow. 0 and
 * *like_out, borrowed until the next call, with *gist_out of the flow; or NULL when the talk is of no kind, but for
 * talk_fold alone. Negative: memory is out. */
int talk_like(const struct fold_room *room, const struct gathered_talk *from, struct flow_gist *gist_out,
              const struct talk **like_out);

/* What talk_fold would make of the talk, from one that talk_like found to be like it. */
void talk_of_kind(const struct fold_room *room, const struct gathered_talk *from, const struct flow_gist *gist,
                  const struct talk *like, struct talk *talk_out);

#endif
