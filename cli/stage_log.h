/* What changed between two looks at a running client push: which stage of which client passed, is suspected to be
 * blocked, is confirmed so, or turned out well after all. Remembers the last state of every stage that has begun. */
#ifndef WW_CLI_STAGE_LOG_H
#define WW_CLI_STAGE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/audit.h"

/* What a person watching is told of a stage. Suspected: silence after the second SYN; confirmed at the confidence the
 * dictionary calls high (doc/verdicts.md). */
enum watch_state {
  WATCH_NOT_STARTED,
  WATCH_IN_PROGRESS,
  WATCH_UNDETERMINED,
  WATCH_TARGET_DOWN,
  WATCH_REFUSED,
  WATCH_SUSPECTED,
  WATCH_BLOCKED,
  WATCH_PASSED_BY_FALLBACK,
  WATCH_PASSED,
  WATCH_STATE_COUNT
};
const char *watch_state_name(enum watch_state s); /* "suspected" */

/* The state of a stage of a client now. */
enum watch_state watch_state_of(const struct audit *a, const struct stage_cell *cell);

/* Whether it stops a push: suspected, blocked, refused. */
bool watch_state_stops(enum watch_state s);

struct stage_change {
  struct address client;
  size_t stage; /* policy stage index */
  enum watch_state was, now;
  bool retracted;     /* a suspicion or a block that a late answer proved wrong */
  bool first_blocker; /* the earliest stage of this client that stops it */
  const struct stage_cell *cell;
  const struct audit *audit; /* both borrowed for the call */
};

struct stage_log;

struct stage_log *stage_log_new(size_t n_stages); /* NULL: memory is out */
void stage_log_free(struct stage_log *l);

/* Compares with the last audit and calls back for every change, in client and stage order. Negative: memory is out. */
int stage_log_update(struct stage_log *l, const struct audit *a,
                     void (*changed)(void *ctx, const struct stage_change *), void *ctx);

/* "no answer to 2 SYNs to TCP 445", "reset by a device"; what a change rests on. Returns to. */
enum { STAGE_BECAUSE_SIZE = 200 };
char *stage_because(char to[STAGE_BECAUSE_SIZE], const struct audit *a, const struct stage_cell *cell);

#endif
