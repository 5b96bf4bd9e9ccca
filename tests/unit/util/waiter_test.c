/* Numbers handed from one thread to another through a ring of a few places: all of them, in order, whoever is faster,
 * and nobody sleeps for ever. */
#include "util/waiter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/thread.h"

enum { PLACES = 4, NUMBERS = 50000 };

struct ring {
  struct waiter emptied, filled;
  _Alignas(CACHE_LINE) unsigned put, taken;
  unsigned place[PLACES];
  unsigned room;  /* free places for which the putting thread is woken */
  unsigned pause; /* spins of the putting thread after every so many numbers; 0 = none */
};

static unsigned held(const struct ring *r) { return progress_of(&r->put) - progress_of(&r->taken); }

static bool has_room(const void *of) {
  const struct ring *r = of;
  return held(r) <= PLACES - r->room;
}

static bool has_number(const void *of) { return held(of) > 0; }

static void *put_all(void *of) {
  struct ring *r = of;
  for (unsigned i = 0; i < NUMBERS; i++) {
    if (held(r) == PLACES) waiter_sleep(&r->emptied, has_room, r);
    r->place[i % PLACES] = i;
    progress_set(&r->put, i + 1);
    waiter_wake(&r->filled);
    for (volatile unsigned spin = i % 7 ? 0 : r->pause; spin; spin--) continue;
  }
  return NULL;
}

static void hand_over(unsigned room, unsigned pause_put, unsigned pause_take) {
  struct ring r = {.room = room, .pause = pause_put};
  pthread_t thread;
  unsigned wrong = 0;
  waiter_init(&r.emptied);
  waiter_init(&r.filled);
  assert_int_equal(thread_start(&thread, put_all, &r), 0);
  for (unsigned i = 0; i < NUMBERS; i++) {
    if (!has_number(&r)) waiter_sleep(&r.filled, has_number, &r);
    wrong += r.place[i % PLACES] != i;
    progress_set(&r.taken, i + 1);
    if (waiter_sleeps(&r.emptied) && has_room(&r)) waiter_wake(&r.emptied);
    for (volatile unsigned spin = i % 5 ? 0 : pause_take; spin; spin--) continue;
  }
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(wrong, 0);
  assert_false(waiter_sleeps(&r.emptied) || waiter_sleeps(&r.filled));
  waiter_fini(&r.filled);
  waiter_fini(&r.emptied);
}

static void test_same_pace(void **state) {
  (void)state;
  hand_over(1, 0, 0);
  hand_over(PLACES, 0, 0);
}

static void test_slow_taker(void **state) {
  (void)state;
  hand_over(2, 0, 1000);
}

static void test_slow_putter(void **state) {
  (void)state;
  hand_over(2, 1000, 0);
}

static bool is_true(const void *of) { return *(const bool *)of; }

/* Nothing to wait for: no sleep, and no waking is left over for the next one. */
static void test_at_once(void **state) {
  (void)state;
  struct waiter w;
  const bool yes = true;
  waiter_init(&w);
  waiter_wake(&w);
  for (int i = 0; i < 3; i++) waiter_sleep(&w, is_true, &yes);
  assert_false(waiter_sleeps(&w));
  int posts;
  assert_int_equal(sem_getvalue(&w.woken, &posts), 0);
  assert_int_equal(posts, 0);
  waiter_fini(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_pace), cmocka_unit_test(test_slow_taker),
                                     cmocka_unit_test(test_slow_putter), cmocka_unit_test(test_at_once)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
