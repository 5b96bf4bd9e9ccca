/* What each pair of hosts did for each stage of client push. */
#ifndef WW_RULES_STAGE_TALKS_H
#define WW_RULES_STAGE_TALKS_H

#include "rules/audit_internal.h"

/* Of the talks of two hosts, one that says more about a stage than those before it. */
struct stage_talk {
  uint32_t talk;
  uint8_t stage; /* below STAGES_MAX */
  enum stage_state state : 8;
};

enum { STAGES_MAX = 64 }; /* of a policy; those behind have no conversations */

/* Those of all pairs of hosts, in the order of pairs; a pair may have several of a stage, of which the best state
 * counts, and of equal ones the first. The caller frees the list. Negative: memory is out. */
int stage_talks_find(const struct audit_run *r, struct stage_talk **list_out, size_t *n_out);

/* True for two talks of the same hosts that were both sent to a host, or both to a group. */
static inline bool same_ends(const struct talks *talks, const struct talk *a, const struct talk *b) {
  return talk_same_hosts(a, b) && talk_ruling(talks, a)->server_class == talk_ruling(talks, b)->server_class;
}

/* Which state wins when a stage has several conversations: the higher. */
int stage_state_rank(enum stage_state s);

#endif
