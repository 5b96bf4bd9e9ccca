/* A conversation belongs to a stage when one of the rules it meets is the stage's. Which stages those are depends on
 * the set of entries it meets and on what it carried, which its ruling says: all talks are looked at by ruling, and
 * only those that belong to a stage by themselves.
 *
 * Talks are sorted by their ends: those of two hosts follow each other, and one of them speaks for all. They are walked
 * through in parts on all threads. */
#include "rules/stage_talks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/parallel.h"

struct part {
  struct stage_talk *found;
  size_t n, capacity;
};

struct search {
  const struct audit_run *r;
  uint64_t *by_ruling; /* [ruling]: stages of the rules in force that its talks meet, over the stage's services */
  uint64_t measured;   /* stages that want the client to have sent something */
  size_t n_parts;
  struct part part[PARALLEL_PARTS_MAX];
};

/* The best of two hosts so far. */
struct best {
  uint64_t stages; /* a set: those that have one */
  uint32_t server_class;
  struct stage_talk of[STAGES_MAX];
};

int stage_state_rank(enum stage_state s) {
  static const int rank[] = {
      [STAGE_NOT_STARTED] = 0, [STAGE_UNDETERMINED] = 1, [STAGE_IN_PROGRESS] = 2,        [STAGE_TARGET_DOWN] = 3,
      [STAGE_REFUSED] = 4,     [STAGE_BLOCKED] = 5,      [STAGE_PASSED_BY_FALLBACK] = 6, [STAGE_PASSED] = 7};
  _Static_assert(sizeof rank / sizeof *rank == STAGE_STATE_COUNT, "every state has a rank");
  return rank[s];
}

/* The stages of each rule in force; the caller frees the array. NULL: memory is out. */
static uint64_t *rules_index(const struct audit_run *r) {
  const struct policy *p = r->a->policy;
  uint64_t *by_rule = array_new(r->m->n_rules, sizeof *by_rule);
  for (size_t i = 0; by_rule && i < p->n_stages && i < STAGES_MAX; i++)
    for (size_t k = 0; k < p->stage[i].n_rules; k++)
      if (r->m->rule[p->stage[i].rule[k]].in_force) by_rule[p->stage[i].rule[k]] |= UINT64_C(1) << i;
  return by_rule;
}

static uint64_t ruling_stages(const struct audit_run *r, const uint64_t *by_rule, const struct ruling *ruling) {
  if (ruling->verdict == VERDICT_OUT_OF_SCOPE) return 0;
  size_t n;
  const uint32_t *entry = ruling_entries(&r->talks, ruling, &n);
  uint64_t stages = 0;
  for (size_t i = 0; i < n; i++) stages |= by_rule[r->m->entry[entry[i]].rule];
  for (uint64_t left = stages; left; left &= left - 1) {
    const struct service_set *services = &r->a->policy->stage[__builtin_ctzll(left)].services;
    if (!service_set_is_empty(services) && !service_set_has(services, ruling->service)) stages ^= left & -left;
  }
  return stages;
}

static int rulings_index(struct search *s) {
  const struct policy *p = s->r->a->policy;
  const struct talks *talks = &s->r->talks;
  uint64_t *by_rule = rules_index(s->r);
  s->by_ruling = array_new(talks->n_rulings, sizeof *s->by_ruling);
  for (size_t i = 0; by_rule && s->by_ruling && i < talks->n_rulings; i++)
    s->by_ruling[i] = ruling_stages(s->r, by_rule, &talks->ruling[i]);
  for (size_t i = 0; i < p->n_stages && i < STAGES_MAX; i++)
    if (p->stage[i].bytes_min) s->measured |= UINT64_C(1) << i;
  const bool made = by_rule && s->by_ruling;
  free(by_rule);
  return made ? 0 : -ENOMEM;
}

/* The stages a talk belongs to. One whose client sent too little has not begun as far as this shows. */
static uint64_t talk_stages(const struct search *s, size_t number) {
  const struct talks *talks = &s->r->talks;
  uint64_t stages = s->by_ruling[talks->ruled[number]];
  if (!(stages & s->measured)) return stages;
  const uint64_t sent = talk_bytes_sent(talks, &talks->talk[number]);
  for (uint64_t left = stages & s->measured; left; left &= left - 1)
    if (sent < s->r->a->policy->stage[__builtin_ctzll(left)].bytes_min) stages ^= left & -left;
  return stages;
}

static enum stage_state ruling_state(const struct ruling *r) {
  switch (r->verdict) {
    case VERDICT_PASS:
      return STAGE_PASSED;
    case VERDICT_DEGRADED:
      return STAGE_PASSED_BY_FALLBACK;
    case VERDICT_BLOCKED:
      return r->carried_by >= 0 ? STAGE_PASSED_BY_FALLBACK : STAGE_BLOCKED;
    case VERDICT_WRONG_PROTOCOL:
      return STAGE_BLOCKED;
    default:
      break;
  }
  bool refused = r->why == WHY_NOT_LISTENING || r->why == WHY_RESET_UNKNOWN || r->why == WHY_UNREACHABLE;
  if (refused) return STAGE_REFUSED;
  if (r->why == WHY_TARGET_DOWN) return STAGE_TARGET_DOWN;
  if (r->why == WHY_WINDOW_TOO_SHORT) return STAGE_IN_PROGRESS;
  return STAGE_UNDETERMINED;
}

static void best_offer(struct best *b, uint32_t talk, uint64_t stages, enum stage_state state) {
  for (; stages; stages &= stages - 1) {
    const unsigned stage = (unsigned)__builtin_ctzll(stages);
    const bool has = b->stages >> stage & 1;
    if (has && stage_state_rank(state) <= stage_state_rank(b->of[stage].state)) continue;
    b->of[stage] = (struct stage_talk){.talk = talk, .stage = (uint8_t)stage, .state = state};
    b->stages |= UINT64_C(1) << stage;
  }
}

static int best_take(struct part *p, struct best *b) {
  for (; b->stages; b->stages &= b->stages - 1) {
    struct stage_talk *to = ARRAY_PUSH(p->found, p->n, p->capacity);
    if (!to) return -ENOMEM;
    *to = b->of[__builtin_ctzll(b->stages)];
  }
  return 0;
}

/* Rulings that said what they have to say of the two hosts, as far as they are remembered. */
enum { SAID = 64 };
struct said {
  uint32_t ruling, since; /* the talk where what is being collected began, + 1 */
};

/* The talks from first on up to end, of the same hosts. A ruling says it once, unless it matters what a talk sent. */
static int run_search(const struct search *s, struct part *p, struct said said[SAID], size_t first, size_t end) {
  const struct talks *talks = &s->r->talks;
  struct best best = {.stages = 0};
  uint32_t since = (uint32_t)first + 1;
  for (size_t i = first; i < end; i++) {
    const uint32_t ruling = talks->ruled[i];
    struct said *before = &said[ruling % SAID];
    if (!s->by_ruling[ruling] || (before->ruling == ruling && before->since == since)) continue;
    const struct ruling *r = &talks->ruling[ruling];
    const uint64_t stages = talk_stages(s, i);
    if (!stages) continue;
    if (best.stages && best.server_class != r->server_class) {
      if (best_take(p, &best)) return -ENOMEM;
      since = (uint32_t)i + 1;
    }
    best.server_class = r->server_class;
    best_offer(&best, (uint32_t)i, stages, ruling_state(r));
    if (!(s->by_ruling[ruling] & s->measured)) *before = (struct said){ruling, since};
  }
  return best_take(p, &best);
}

static int part_search(void *of, size_t number) {
  const struct search *s = of;
  const struct talks *talks = &s->r->talks;
  struct part *p = &((struct search *)of)->part[number];
  const size_t end = parallel_start(talks->n_talks, s->n_parts, number + 1);
  struct said said[SAID] = {{0}};
  int rc = 0;
  for (size_t at = parallel_start(talks->n_talks, s->n_parts, number), next; rc == 0 && at < end; at = next) {
    next = talks_run_end(talks, at);
    if (next > end) next = end;
    rc = run_search(s, p, said, at, next);
  }
  return rc;
}

static int parts_join(const struct search *s, struct stage_talk **list_out, size_t *n_out) {
  size_t n = 0;
  for (size_t i = 0; i < s->n_parts; i++) n += s->part[i].n;
  struct stage_talk *list = array_new(n, sizeof *list);
  if (!list) return -ENOMEM;
  *list_out = list;
  *n_out = n;
  for (size_t i = 0; i < s->n_parts; list += s->part[i++].n)
    if (s->part[i].n) memcpy(list, s->part[i].found, s->part[i].n * sizeof *list);
  return 0;
}

int stage_talks_find(const struct audit_run *r, struct stage_talk **list_out, size_t *n_out) {
  struct search s = {.r = r, .n_parts = parallel_parts(r->talks.n_talks)};
  int rc = rulings_index(&s);
  if (rc == 0) rc = parallel_run(r->threads, s.n_parts, part_search, &s);
  if (rc == 0) rc = parts_join(&s, list_out, n_out);
  for (size_t i = 0; i < s.n_parts; i++) free(s.part[i].found);
  free(s.by_ruling);
  return rc;
}
