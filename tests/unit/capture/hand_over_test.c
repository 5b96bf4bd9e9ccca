/* The hand-over between a capture thread and its users: nothing waits, nothing is lost unsaid, no batch is filled again
 * while somebody still reads it. The last test uses real threads (and runs in the thread-sanitizer build). */
#include "capture/hand_over.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

enum { POOL = 8, SIZE = 256, QUEUE = 4 };

static void pool_gives_what_it_has(void **state) {
  (void)state;
  struct batch_pool *p = batch_pool_new(POOL, SIZE);
  struct live_batch *taken[POOL];
  for (int i = 0; i < POOL; i++) {
    taken[i] = batch_pool_take(p);
    assert_non_null(taken[i]);
    assert_int_equal(live_batch_frames(taken[i])->size, SIZE);
    for (int k = 0; k < i; k++) assert_ptr_not_equal(taken[i], taken[k]);
  }
  assert_null(batch_pool_take(p));
  assert_true(batch_pool_fill(p) == 1.0);
  live_batch_frames(taken[3])->n = 7;
  batch_pool_release(p, taken[3]);
  struct live_batch *again = batch_pool_take(p);
  assert_ptr_equal(again, taken[3]);
  assert_int_equal(live_batch_frames(again)->n, 0);
  for (int i = 0; i < POOL; i++) batch_pool_release(p, taken[i]);
  assert_true(batch_pool_fill(p) == 0);
  batch_pool_free(p);
  batch_pool_free(NULL);
}

static void last_holder_gives_back(void **state) {
  (void)state;
  struct batch_pool *p = batch_pool_new(1, SIZE);
  struct batch_queue *one = batch_queue_new(QUEUE), *two = batch_queue_new(QUEUE);
  struct live_batch *b = batch_pool_take(p);
  bool ended;
  assert_true(batch_queue_put(one, b));
  assert_true(batch_queue_put(two, b));
  batch_pool_release(p, b);
  assert_null(batch_pool_take(p));
  assert_ptr_equal(batch_queue_take(one, 0, &ended), b);
  batch_pool_release(p, b);
  assert_null(batch_pool_take(p));
  assert_ptr_equal(batch_queue_take(two, 0, &ended), b);
  batch_pool_release(p, b);
  assert_ptr_equal(batch_pool_take(p), b);
  batch_pool_release(p, b);
  batch_queue_free(one);
  batch_queue_free(two);
  batch_queue_free(NULL);
  batch_pool_free(p);
}

static void queue_keeps_order_and_says_full(void **state) {
  (void)state;
  struct batch_pool *p = batch_pool_new(64, SIZE);
  struct batch_queue *q = batch_queue_new(QUEUE);
  struct live_batch *put[64], *refused = NULL;
  size_t n = 0;
  bool ended;
  while (!refused) {
    put[n] = batch_pool_take(p);
    assert_non_null(put[n]);
    if (!batch_queue_put(q, put[n])) refused = put[n];
    batch_pool_release(p, put[n]); /* the queue holds it, or nobody does */
    n++;
  }
  assert_true(n > QUEUE);
  assert_ptr_equal(batch_pool_take(p), refused); /* it went back at once */
  batch_pool_release(p, refused);
  batch_queue_end(q);
  for (size_t i = 0; i + 1 < n; i++) {
    assert_ptr_equal(batch_queue_take(q, 0, &ended), put[i]);
    assert_false(ended);
    batch_pool_release(p, put[i]);
  }
  for (int i = 0; i < 3; i++) {
    assert_null(batch_queue_take(q, 1000, &ended));
    assert_true(ended); /* however often one asks */
  }
  batch_queue_free(q);
  batch_pool_free(p);
}

static void waiting_ends(void **state) {
  (void)state;
  struct batch_queue *q = batch_queue_new(QUEUE);
  bool ended = true;
  assert_null(batch_queue_take(q, 20, &ended));
  assert_false(ended);
  batch_queue_free(q);
}

/* ---- threads ---- */

enum { ROUNDS = 20000, THREAD_POOL = 16 };

struct line {
  struct batch_pool *pool;
  struct batch_queue *queue;
  uint64_t put, taken, frames; /* put: by the producer */
  bool wrong;
  unsigned nap; /* yields every so many batches: a slow user */
};

/* Every byte and number of a batch follows from its round. */
static void fill(struct live_batch *b, uint32_t round) {
  struct frame_batch *f = live_batch_frames(b);
  memset(f->buffer, (int)(round & 0xff), f->size);
  f->n = 1 + round % 5;
  for (size_t i = 0; i < f->n; i++) f->frame[i] = (struct frame){.packet = round, .data = f->buffer, .cap_len = SIZE};
}

static bool is_whole(struct live_batch *b, uint32_t *round_out) {
  const struct frame_batch *f = live_batch_frames(b);
  const uint32_t round = f->frame[0].packet;
  bool whole = f->n == 1 + round % 5;
  for (size_t i = 0; i < f->n; i++) whole = whole && f->frame[i].packet == round;
  for (size_t i = 0; i < f->size; i++) whole = whole && f->buffer[i] == (round & 0xff);
  *round_out = round;
  return whole;
}

static void *use(void *line) {
  struct line *l = line;
  bool ended = false;
  uint32_t last = 0, round;
  while (!ended) {
    struct live_batch *b = batch_queue_take(l->queue, 50, &ended);
    if (!b) continue;
    if (l->nap && l->taken % l->nap == 0) sched_yield();
    if (!is_whole(b, &round) || round <= last) l->wrong = true;
    last = round;
    l->taken++;
    l->frames += live_batch_frames(b)->n;
    batch_pool_release(l->pool, b);
  }
  return NULL;
}

static void threads_lose_nothing(void **state) {
  (void)state;
  struct batch_pool *p = batch_pool_new(THREAD_POOL, SIZE);
  struct line line[2] = {{.pool = p, .queue = batch_queue_new(QUEUE), .nap = 3},
                         {.pool = p, .queue = batch_queue_new(THREAD_POOL)}};
  uint64_t none = 0, frames[2] = {0, 0};
  pthread_t thread[2];
  for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&thread[i], NULL, use, &line[i]), 0);
  for (uint32_t round = 1; round <= ROUNDS; round++) {
    struct live_batch *b = batch_pool_take(p);
    if (!b) {
      none++;
      sched_yield();
      continue;
    }
    fill(b, round);
    const uint64_t n = live_batch_frames(b)->n;
    for (int i = 0; i < 2; i++)
      if (batch_queue_put(line[i].queue, b)) line[i].put++, frames[i] += n;
    batch_pool_release(p, b);
    if (round % 4 == 0) sched_yield();
  }
  for (int i = 0; i < 2; i++) batch_queue_end(line[i].queue);
  for (int i = 0; i < 2; i++) {
    pthread_join(thread[i], NULL);
    assert_false(line[i].wrong);
    assert_int_equal(line[i].taken, line[i].put);
    assert_int_equal(line[i].frames, frames[i]);
    batch_queue_free(line[i].queue);
  }
  assert_int_equal(line[1].put, ROUNDS - none); /* as long as the pool: never full */
  assert_true(batch_pool_fill(p) == 0);
  batch_pool_free(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(pool_gives_what_it_has), cmocka_unit_test(last_holder_gives_back),
                                     cmocka_unit_test(queue_keeps_order_and_says_full), cmocka_unit_test(waiting_ends),
                                     cmocka_unit_test(threads_lose_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
