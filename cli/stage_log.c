#include "cli/stage_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

struct row {
  struct address client;
  uint8_t *state; /* [stage], enum watch_state */
};

struct stage_log {
  struct row *row; /* in address order */
  size_t n, capacity, n_stages;
};

static const char *const state_names[] = {
    [WATCH_NOT_STARTED] = "not started",
    [WATCH_IN_PROGRESS] = "in progress",
    [WATCH_UNDETERMINED] = "undetermined",
    [WATCH_TARGET_DOWN] = "target down",
    [WATCH_REFUSED] = "refused",
    [WATCH_SUSPECTED] = "suspected",
    [WATCH_BLOCKED] = "blocked",
    [WATCH_PASSED_BY_FALLBACK] = "passed by fallback",
    [WATCH_PASSED] = "passed",
};
_Static_assert(sizeof state_names / sizeof *state_names == WATCH_STATE_COUNT, "a name for every state");

const char *watch_state_name(enum watch_state s) { return state_names[s]; }

/* False when the cell has none. */
static bool cell_conversation(const struct audit *a, const struct stage_cell *cell, struct conversation *c_out) {
  if (cell->conversation < 0) return false;
  audit_conversation(a, (size_t)cell->conversation, c_out);
  return true;
}

/* Two or more SYNs and silence, whatever is still unknown about the host. */
static bool is_silent(const struct conversation *c) {
  return c->n_syn >= 2 && c->successes == 0 && c->outcome == OUTCOME_NO_ANSWER;
}

enum watch_state watch_state_of(const struct audit *a, const struct stage_cell *cell) {
  static const enum watch_state plain[] = {
      [STAGE_NOT_STARTED] = WATCH_NOT_STARTED, [STAGE_IN_PROGRESS] = WATCH_IN_PROGRESS,
      [STAGE_PASSED] = WATCH_PASSED,           [STAGE_PASSED_BY_FALLBACK] = WATCH_PASSED_BY_FALLBACK,
      [STAGE_BLOCKED] = WATCH_BLOCKED,         [STAGE_REFUSED] = WATCH_REFUSED,
      [STAGE_TARGET_DOWN] = WATCH_TARGET_DOWN, [STAGE_UNDETERMINED] = WATCH_UNDETERMINED,
  };
  _Static_assert(sizeof plain / sizeof *plain == STAGE_STATE_COUNT, "every stage state is shown");
  struct conversation c;
  if (!cell_conversation(a, cell, &c)) return plain[cell->state];
  if (cell->state == STAGE_BLOCKED) return c.confidence < CONFIDENCE_HIGH ? WATCH_SUSPECTED : WATCH_BLOCKED;
  if ((cell->state == STAGE_UNDETERMINED || cell->state == STAGE_IN_PROGRESS) && is_silent(&c)) return WATCH_SUSPECTED;
  return plain[cell->state];
}

bool watch_state_stops(enum watch_state s) {
  return s == WATCH_SUSPECTED || s == WATCH_BLOCKED || s == WATCH_REFUSED || s == WATCH_TARGET_DOWN;
}

struct stage_log *stage_log_new(size_t n_stages) {
  struct stage_log *l = calloc(1, sizeof *l);
  if (l) l->n_stages = n_stages;
  return l;
}

void stage_log_free(struct stage_log *l) {
  if (!l) return;
  for (size_t i = 0; i < l->n; i++) free(l->row[i].state);
  free(l->row);
  free(l);
}

/* The row of a client, made in its place when it is new; NULL: memory is out. */
static struct row *row_of(struct stage_log *l, const struct address *client) {
  size_t at = 0;
  while (at < l->n && address_compare(&l->row[at].client, client) < 0) at++;
  if (at < l->n && address_equal(&l->row[at].client, client)) return &l->row[at];
  uint8_t *state = array_new(l->n_stages, sizeof *state);
  if (!state || !ARRAY_PUSH(l->row, l->n, l->capacity)) {
    free(state);
    return NULL;
  }
  memmove(&l->row[at + 1], &l->row[at], (l->n - 1 - at) * sizeof *l->row);
  l->row[at] = (struct row){.client = *client, .state = state};
  return &l->row[at];
}

static size_t first_blocker(const struct audit *a, const struct client_stages *c, size_t n_stages) {
  for (size_t s = 0; s < n_stages; s++)
    if (watch_state_stops(watch_state_of(a, &c->cell[s]))) return s;
  return n_stages;
}

int stage_log_update(struct stage_log *l, const struct audit *a,
                     void (*changed)(void *ctx, const struct stage_change *), void *ctx) {
  for (size_t i = 0; i < a->n_clients; i++) {
    const struct client_stages *c = &a->client[i];
    struct row *row = row_of(l, &c->client);
    if (!row) return -ENOMEM;
    const size_t blocker = first_blocker(a, c, l->n_stages);
    for (size_t s = 0; s < l->n_stages; s++) {
      const enum watch_state was = row->state[s], now = watch_state_of(a, &c->cell[s]);
      if (was == now) continue;
      row->state[s] = (uint8_t)now;
      changed(ctx, &(struct stage_change){
                       .client = c->client,
                       .stage = s,
                       .was = was,
                       .now = now,
                       .retracted = (was == WATCH_SUSPECTED || was == WATCH_BLOCKED) && !watch_state_stops(now),
                       .first_blocker = s == blocker,
                       .cell = &c->cell[s],
                       .audit = a,
                   });
    }
  }
  return 0;
}

char *stage_because(char to[STAGE_BECAUSE_SIZE], const struct audit *a, const struct stage_cell *cell) {
  struct conversation c;
  char port[32] = "ICMP echo", from[ADDRESS_TEXT_SIZE];
  to[0] = '\0';
  if (!cell_conversation(a, cell, &c)) return to;
  const struct flow_icmp icmp = conversation_icmp(&c, a->traffic);
  if (c.port) snprintf(port, sizeof port, "%s %u", c.proto == PROTO_UDP ? "UDP" : "TCP", c.port);
  if (address_known(&icmp.from))
    snprintf(to, STAGE_BECAUSE_SIZE, "%s rejected by %s", port, address_print(from, &icmp.from));
  else if (c.outcome == OUTCOME_REFUSED)
    snprintf(to, STAGE_BECAUSE_SIZE, "%s reset by %s", port,
             c.reset_by == RESET_BY_HOST     ? "the host itself"
             : c.reset_by == RESET_BY_DEVICE ? "a device on the way"
                                             : "somebody");
  else if (c.outcome == OUTCOME_NO_ANSWER && c.n_syn)
    snprintf(to, STAGE_BECAUSE_SIZE, "no answer to %u SYN%s to %s", c.n_syn, c.n_syn == 1 ? "" : "s", port);
  else
    snprintf(to, STAGE_BECAUSE_SIZE, "%s %s", port, outcome_name(c.outcome));
  return to;
}
