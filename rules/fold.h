/* One conversation from its flows. */
#ifndef WW_RULES_FOLD_H
#define WW_RULES_FOLD_H

#include "rules/conversation.h"
#include "rules/gather.h"
#include "rules/up.h"

struct talk_kinds;

/* From which port on: systems choose ports at will; servers need no privilege. */
enum { PORT_DYNAMIC = 49152, PORT_FIRST_FREE = 1024 };

/* What folding needs. Nothing is written but memo and kinds: folds with different ones may go on at once. */
struct fold_room {
  const struct traffic *traffic;
  const struct matcher *m;
  const struct gathered *g;
  const struct up_facts *up;
  struct match_memo *memo;
  struct talk_kinds *kinds; /* rules/talk_kind.h */
  bool lossless;            /* the capture lost less than 0.1 % */
};

/* Asks for a flow further on: they are looked at in the order of their ends, not as they stand in memory. */
static inline void fold_ahead(const struct fold_room *room, size_t at) {
  enum { NEAR = 8, FAR = 16 };
  if (at + FAR >= room->g->n_flows) return;
  traffic_flow_prefetch_place(room->traffic, gathered_flow(room->g, at + FAR));
  traffic_flow_prefetch(room->traffic, gathered_flow(room->g, at + NEAR));
}

/* Folds and judges. The set of the ruling is one of the room's memo; which talks share it, and where several flows
 * stand, is left to the caller. 0, or negative: memory is out. */
int talk_fold(const struct fold_room *room, const struct gathered_talk *from, struct talk *talk_out,
              struct ruling *ruling_out);

/* The ends of the talk, and its first flow. */
struct talk talk_begin(const struct gathered *g, const struct gathered_talk *from);

#endif
