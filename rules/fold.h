/* One conversation from its flows. */
#ifndef WW_RULES_FOLD_H
#define WW_RULES_FOLD_H

#include "rules/conversation.h"
#include "rules/gather.h"
#include "rules/up.h"

/* What folding needs. Nothing is written but the memo: folds with different memos may go on at once. */
struct fold_room {
  const struct traffic *traffic;
  const struct matcher *m;
  const struct gathered *g;
  const struct up_facts *up;
  struct match_memo *memo;
  bool lossless; /* the capture lost less than 0.1 % */
};

/* Folds and judges. The set of the talk is one of the room's memo; its flow is left to the caller. 0, or negative:
 * memory is out. */
int talk_fold(const struct fold_room *room, const struct gathered_talk *from, struct talk *talk_out);

#endif
