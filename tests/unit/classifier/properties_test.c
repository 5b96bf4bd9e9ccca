/* What must not change an outcome: cutting a capture and merging the facts, copies of frames, order within ten
 * milliseconds, the time of day, the address family, traffic of others. What the end of a capture may take away.
 *
 * WW_SEED repeats one case, WW_CASES sets how many are tried. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "random_talks.h"

enum { CASES_DEFAULT = 100, PARTS_MOST = 5 };

/* Outcomes do not hang on payload, and the payload here is none that anybody knows. */
static const struct classifier_options plain = {.no_app = true};

/* One case: a script as it is, and its flows judged. */
struct trial {
  uint64_t seed;
  struct dice dice; /* for the change, apart from the script's */
  struct script s;
  struct talks talks;
  struct traffic *whole;
};

static void trial_begin(struct trial *x, uint64_t seed, uint8_t family) {
  *x = (struct trial){.seed = seed, .dice = {seed ^ 0x5555}};
  random_script(&x->s, &x->talks, seed, family, 1);
  x->whole = script_run(&x->s, &plain);
}

static void trial_end(struct trial *x) {
  traffic_free(x->whole);
  script_fini(&x->s);
}

struct told {
  const char *outcome, *reset_by, *stall_by;
  uint16_t client_port;
  uint32_t n_syn;
};

static struct told told_of(const struct flow_view *v) {
  return (struct told){outcome_name(v->outcome), reset_by_name(v->reset_by), stall_by_name(v->stall_by), v->client_port,
                       v->n_syn};
}

static void expect_same(const struct trial *x, const struct traffic *changed, const char *how) {
  for (unsigned i = 0; i < x->talks.n; i++) {
    const struct flow_view was = flow_of(x->whole, &x->talks.talk[i], 0), is = flow_of(changed, &x->talks.talk[i], 0);
    const struct told a = told_of(&was), b = told_of(&is);
    if (strcmp(a.outcome, b.outcome) == 0 && strcmp(a.reset_by, b.reset_by) == 0 &&
        strcmp(a.stall_by, b.stall_by) == 0 && a.client_port == b.client_port && a.n_syn == b.n_syn)
      continue;
    fail_msg("%s: WW_SEED=%llu IPv%d talk %u (%s): %s/%s/%s client %u SYNs %u became %s/%s/%s client %u SYNs %u", how,
             (unsigned long long)x->seed, x->s.family, i, talk_kind_name(x->talks.kind[i]), a.outcome, a.reset_by,
             a.stall_by, a.client_port, a.n_syn, b.outcome, b.reset_by, b.stall_by, b.client_port, b.n_syn);
  }
}

/* Runs the changed script in place of the trial's own. */
static void expect_unchanged(const struct trial *x, struct script *changed, const char *how) {
  struct traffic *t = script_run(changed, &plain);
  expect_same(x, t, how);
  traffic_free(t);
  script_fini(changed);
}

static void merging(struct trial *x) {
  size_t cut[PARTS_MOST + 1] = {0};
  struct classifier *part[PARTS_MOST];
  const unsigned n = 2 + roll(&x->dice, PARTS_MOST - 1);
  for (unsigned i = 1; i < n; i++) cut[i] = cut[i - 1] + roll(&x->dice, (uint32_t)(x->s.n - cut[i - 1]) + 1);
  cut[n] = x->s.n;
  for (unsigned i = 0; i < n; i++) {
    part[i] = classifier_new(&plain);
    assert_non_null(part[i]);
    assert_int_equal(script_feed(&x->s, cut[i], cut[i + 1], part[i]), 0);
  }
  for (unsigned left = n; left > 1; left--) { /* neighbours, in any order */
    const unsigned at_part = roll(&x->dice, left - 1);
    assert_int_equal(classifier_merge(part[at_part], part[at_part + 1]), 0);
    classifier_free(part[at_part + 1]);
    for (unsigned i = at_part + 1; i + 1 < left; i++) part[i] = part[i + 1];
  }
  struct traffic *t = NULL;
  assert_int_equal(classifier_finish(part[0], &x->s.facts, &t), 0);
  classifier_free(part[0]);
  if (traffic_flow_count(t) != traffic_flow_count(x->whole))
    fail_msg("merging: WW_SEED=%llu IPv%d: %zu flows became %zu", (unsigned long long)x->seed, x->s.family,
             traffic_flow_count(x->whole), traffic_flow_count(t));
  for (size_t i = 0; i < traffic_flow_count(t); i++) { /* counters too, and the order of flows */
    struct flow_view a, b;
    traffic_flow(x->whole, i, &a), traffic_flow(t, i, &b);
    assert_true(a.id == b.id);
    assert_true(a.packets[0] == b.packets[0] && a.packets[1] == b.packets[1] && a.bytes[0] == b.bytes[0]);
    assert_true(a.first.ns == b.first.ns && a.last.ns == b.last.ns);
    assert_true(a.packet_first == b.packet_first && a.packet_last == b.packet_last);
  }
  expect_same(x, t, "merging");
  traffic_free(t);
}

static void copying(struct trial *x) {
  struct script twice;
  script_copy(&twice, &x->s);
  for (size_t i = 0; i < x->s.n; i++) {
    const struct made_frame *f = &x->s.frame[i];
    if (roll(&x->dice, 3) == 0) continue;
    script_append(&twice, (stamp_t){f->time.ns + 1000 * (int64_t)roll(&x->dice, 300)}, f->data, f->len, f->sender);
  }
  script_sort(&twice);
  expect_unchanged(x, &twice, "copying");
}

/* Order in the file changes, times do not: as with two capture queues. */
static void reordering(struct trial *x) {
  struct script mixed;
  script_copy(&mixed, &x->s);
  int64_t *true_time = calloc(mixed.n, sizeof *true_time);
  assert_non_null(true_time);
  for (size_t i = 0; i < mixed.n; i++) {
    true_time[i] = mixed.frame[i].time.ns;
    mixed.frame[i].time.ns += (int64_t)roll(&x->dice, 10000000);
    mixed.frame[i].sender = 0;
  }
  /* sort by the jittered time, then put the true times back: they are found again by the frame's bytes */
  const struct made_frame *was = x->s.frame;
  script_sort(&mixed);
  for (size_t i = 0; i < mixed.n; i++)
    for (size_t k = 0; k < mixed.n; k++)
      if (true_time[k] != INT64_MIN && was[k].len == mixed.frame[i].len &&
          memcmp(was[k].data, mixed.frame[i].data, was[k].len) == 0) {
        mixed.frame[i].time.ns = true_time[k];
        true_time[k] = INT64_MIN;
        break;
      }
  free(true_time);
  expect_unchanged(x, &mixed, "reordering");
}

static void shifting(struct trial *x) {
  struct script moved;
  script_copy(&moved, &x->s);
  const int64_t by = ((int64_t)roll(&x->dice, 2000000000) - 1000000000) * 1000000 + roll(&x->dice, 1000000);
  for (size_t i = 0; i < moved.n; i++) moved.frame[i].time.ns += by;
  expect_unchanged(x, &moved, "shifting");
}

static void swapping_family(struct trial *x) {
  struct script other;
  struct talks talks;
  random_script(&other, &talks, x->seed, x->s.family == 4 ? 6 : 4, 1);
  expect_unchanged(x, &other, "swapping family");
}

static void adding_strangers(struct trial *x) {
  struct script crowd, strangers;
  struct talks talks;
  random_script(&strangers, &talks, x->seed * 31 + 7, x->s.family, 20);
  script_copy(&crowd, &x->s);
  const stamp_t end = x->s.frame[x->s.n - 1].time;
  for (size_t i = 0; i + 1 < strangers.n; i++) {
    const struct made_frame *f = &strangers.frame[i];
    if (!stamp_before(end, f->time)) script_append(&crowd, f->time, f->data, f->len, f->sender);
  }
  script_fini(&strangers);
  script_sort(&crowd);
  expect_unchanged(x, &crowd, "adding strangers");
}

static bool open_outcome(enum outcome o) {
  return o == OUTCOME_ESTABLISHED || o == OUTCOME_ANSWERED || o == OUTCOME_STALLED || o == OUTCOME_CUT;
}
static bool blocked_outcome(enum outcome o) {
  return o == OUTCOME_NO_ANSWER || o == OUTCOME_REFUSED || o == OUTCOME_REJECTED || o == OUTCOME_HALF_OPEN;
}

static void dropping_the_tail(struct trial *x) {
  struct script head;
  script_copy(&head, &x->s);
  const size_t keep = 1 + roll(&x->dice, (uint32_t)head.n);
  for (size_t i = keep; i < head.n; i++) free(head.frame[i].data);
  head.n = keep;
  struct traffic *t = script_run(&head, &plain);
  for (size_t i = 0; i < traffic_flow_count(t); i++) {
    struct flow_view early, late;
    traffic_flow(t, i, &early), traffic_flow(x->whole, i, &late);
    bool delayed = false;
    for (unsigned k = 0; k < x->talks.n; k++)
      if (x->talks.talk[k].port[CLIENT] == late.client_port && talk_kind_delayed(x->talks.kind[k])) delayed = true;
    const bool worse = open_outcome(late.outcome) && blocked_outcome(early.outcome) && !delayed;
    const bool better = blocked_outcome(late.outcome) && open_outcome(early.outcome);
    if (worse || better)
      fail_msg("WW_SEED=%llu IPv%d: %s with %zu frames was %s with all", (unsigned long long)x->seed, x->s.family,
               outcome_name(early.outcome), keep, outcome_name(late.outcome));
  }
  traffic_free(t);
  script_fini(&head);
}

/* The same input twice, and a judgement made twice of the same facts. */
static void repeating(struct trial *x) {
  struct script same;
  script_copy(&same, &x->s);
  expect_unchanged(x, &same, "repeating");
  expect_same(x, x->whole, "judging again");
}

static void try_all(void (*change)(struct trial *x)) {
  const char *one = getenv("WW_SEED"), *many = getenv("WW_CASES");
  const unsigned n = one ? 1 : many ? (unsigned)strtoul(many, NULL, 10) : CASES_DEFAULT;
  for (unsigned i = 0; i < n; i++)
    for (uint8_t family = 4; family <= 6; family += 2) {
      struct trial x;
      trial_begin(&x, one ? strtoull(one, NULL, 10) : i + 1, family);
      change(&x);
      trial_end(&x);
    }
}

#define PROPERTY(name)                    \
  static void test_##name(void **state) { \
    (void)state;                          \
    try_all(name);                        \
  }
PROPERTY(merging)
PROPERTY(copying)
PROPERTY(reordering)
PROPERTY(shifting)
PROPERTY(swapping_family)
PROPERTY(adding_strangers)
PROPERTY(dropping_the_tail)
PROPERTY(repeating)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_merging),           cmocka_unit_test(test_copying),
      cmocka_unit_test(test_reordering),        cmocka_unit_test(test_shifting),
      cmocka_unit_test(test_swapping_family),   cmocka_unit_test(test_adding_strangers),
      cmocka_unit_test(test_dropping_the_tail), cmocka_unit_test(test_repeating),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
