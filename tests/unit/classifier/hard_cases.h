/* What the two files of hard cases share. */
#ifndef WW_TESTS_HARD_CASES_H
#define WW_TESTS_HARD_CASES_H

#include <stdarg.h>
#include <stdio.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "packet_builder.h"

/* One case being tested: its script, and the traffic once seen() was called. */
struct trial {
  struct script s;
  struct traffic *t;
};

static inline void seen(struct trial *x) {
  traffic_free(x->t);
  x->t = script_run(&x->s, NULL);
}

/* The capture goes on for so many seconds; then the first flow of that talk. */
static inline struct flow_view seen_after(struct trial *x, const struct talk *t, double seconds) {
  watch(&x->s, seconds);
  seen(x);
  return flow_of(x->t, t, 0);
}

static inline bool because(struct flow_view v, enum reason r) { return v.reasons & 1u << r; }

#define EXPECT_OUTCOME(v, o) assert_string_equal(outcome_name((v).outcome), outcome_name(o))
#define EXPECT_CONFIDENCE(v, c) assert_string_equal(confidence_name((v).confidence), confidence_name(c))
#define EXPECT_RESET(v, r) assert_string_equal(reset_by_name((v).reset_by), reset_by_name(r))
#define EXPECT_REASON(v, r) assert_true(because(v, r))
#define EXPECT_NO_REASON(v, r) assert_false(because(v, r))

/* Hosts 1 and 2 have a whole connection to port 445: both alive, both directions visible, distances known. */
static inline void acquaint(struct trial *x, int64_t round_trip_ms) {
  struct talk t = talk_make(1, 40000, 2, 445);
  whole_talk(&x->s, &t, round_trip_ms);
  later(&x->s, 100);
}

static inline void three_syns(struct trial *x, struct talk *t) {
  syn(&x->s, t), later(&x->s, 3000);
  syn(&x->s, t), later(&x->s, 6000);
  syn(&x->s, t);
}

/* Number in doc/verdicts.md 5, name, script. */
struct hard_case {
  int number;
  const char *name;
  void (*run)(struct trial *x);
};

/* Cases 1 to 8: attempts that met silence, a reset or an ICMP error, and halves of a connection. */
extern const struct hard_case attempt_cases[];
extern const size_t n_attempt_cases;

#endif
