/* Conversations of one short flow, by the dozen.
 *
 * A scan is a million conversations of one flow of one or two packets each, and all that is known of most of them has
 * been judged many times before: only hosts, ports and times differ. The first of a kind is folded and judged as any
 * conversation is (rules/fold.h); later ones of its kind take over the outcome. */
#ifndef WW_RULES_TALK_KIND_H
#define WW_RULES_TALK_KIND_H

#include "rules/fold.h"

/* Kinds are told apart as long as there are not too many; what is of none is for talk_fold. */
enum { TALK_KINDS_MAX = 1000, TALK_KIND_NONE = -1 };

/* The kinds of one room. NULL: memory is out. */
struct talk_kinds *talk_kinds_new(void);
void talk_kinds_free(struct talk_kinds *kinds);

/* The number of the talk's kind, TALK_KIND_NONE, or less than that: memory is out. */
int talk_kind(const struct fold_room *room, const struct gathered_talk *from);

int talk_kinds_count(const struct talk_kinds *kinds);

/* The ruling on all talks of the kind: they differ in nothing but ends, port, times, packet numbers, sizes and flow. */
const struct ruling *talk_kind_ruling(const struct talk_kinds *kinds, int kind);

/* What talk_fold would make of a talk of some kind, besides its ruling. */
void talk_from_kind(const struct fold_room *room, const struct gathered_talk *from, struct talk *talk_out);

#endif
