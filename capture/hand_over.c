/* The pool is a stack, so that the batches in use stay few and warm: only one thread takes from it, which is what makes
 * the plain push and pop safe (a node cannot leave and come back while that thread looks at it). */
#include "capture/hand_over.h"

#include <ck_ring.h>
#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct live_batch {
  struct live_batch *_Atomic next; /* in the pool */
  atomic_uint holders;
  struct frame_batch frames;
};

struct batch_pool {
  struct live_batch *_Atomic idle;
  struct live_batch *batch;
  size_t n, size;
  atomic_size_t n_used;
};

struct frame_batch *live_batch_frames(struct live_batch *b) {
  return &b->frames;
}

struct batch_pool *batch_pool_new(size_t n, size_t size) {
  struct batch_pool *p = calloc(1, sizeof *p);
  if (!p) return NULL;
  p->batch = calloc(n, sizeof *p->batch);
  if (!p->batch) {
    free(p);
    return NULL;
  }
  p->n = n;
  p->size = size;
  for (size_t i = n; i-- > 0;) {
    atomic_store(&p->batch[i].next, i + 1 < n ? &p->batch[i + 1] : NULL);
    atomic_store(&p->idle, &p->batch[i]);
  }
  return p;
}

void batch_pool_free(struct batch_pool *p) {
  if (!p) return;
  for (size_t i = 0; i < p->n; i++) frame_batch_release(&p->batch[i].frames);
  free(p->batch);
  free(p);
}

/* Any thread. */
static void idle_push(struct batch_pool *p, struct live_batch *b) {
  struct live_batch *top = atomic_load(&p->idle);
  do atomic_store(&b->next, top);
  while (!atomic_compare_exchange_weak(&p->idle, &top, b));
}

/* One thread; NULL: none is idle. */
static struct live_batch *idle_pop(struct batch_pool *p) {
  struct live_batch *top = atomic_load(&p->idle);
  while (top && !atomic_compare_exchange_weak(&p->idle, &top, atomic_load(&top->next))) continue;
  return top;
}

struct live_batch *batch_pool_take(struct batch_pool *p) {
  struct live_batch *b = idle_pop(p);
  if (!b) return NULL;
  if (!b->frames.buffer) {
    b->frames.buffer = malloc(p->size);
    if (!b->frames.buffer) {
      idle_push(p, b);
      return NULL;
    }
    b->frames.size = p->size;
  }
  b->frames.n = 0;
  atomic_store(&b->holders, 1);
  atomic_fetch_add(&p->n_used, 1);
  return b;
}

void batch_pool_release(struct batch_pool *p, struct live_batch *b) {
  if (atomic_fetch_sub(&b->holders, 1) != 1) return;
  atomic_fetch_sub(&p->n_used, 1);
  idle_push(p, b);
}

double batch_pool_fill(const struct batch_pool *p) { return (double)atomic_load(&p->n_used) / (double)p->n; }

struct batch_queue {
  ck_ring_t ring;
  ck_ring_buffer_t *slot;
  sem_t waiting;                /* batches put and not yet taken */
  atomic_size_t n_put, n_taken; /* order what the two ends do to slots and batches, in terms the compiler knows */
  atomic_bool ended;
};

struct batch_queue *batch_queue_new(size_t n) {
  struct batch_queue *q = calloc(1, sizeof *q);
  if (!q) return NULL;
  q->slot = calloc(n * 2, sizeof *q->slot); /* a ring of m slots holds m - 1 */
  if (!q->slot || sem_init(&q->waiting, 0, 0) != 0) {
    free(q->slot);
    free(q);
    return NULL;
  }
  ck_ring_init(&q->ring, (unsigned)(n * 2));
  return q;
}

void batch_queue_free(struct batch_queue *q) {
  if (!q) return;
  sem_destroy(&q->waiting);
  free(q->slot);
  free(q);
}

bool batch_queue_put(struct batch_queue *q, struct live_batch *b) {
  atomic_fetch_add(&b->holders, 1);
  (void)atomic_load(&q->n_taken);
  if (!ck_ring_enqueue_spsc(&q->ring, q->slot, b)) {
    atomic_fetch_sub(&b->holders, 1);
    return false;
  }
  atomic_fetch_add(&q->n_put, 1);
  sem_post(&q->waiting);
  return true;
}

void batch_queue_end(struct batch_queue *q) {
  atomic_store(&q->ended, true);
  sem_post(&q->waiting);
}

static struct timespec moment_in(unsigned ms) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  t.tv_sec += ms / 1000;
  t.tv_nsec += (long)(ms % 1000) * 1000000;
  if (t.tv_nsec >= 1000000000) t.tv_nsec -= 1000000000, t.tv_sec++;
  return t;
}

struct live_batch *batch_queue_take(struct batch_queue *q, unsigned timeout_ms, bool *ended_out) {
  void *b = NULL;
  const struct timespec until = moment_in(timeout_ms);
  *ended_out = false;
  while (sem_clockwait(&q->waiting, CLOCK_MONOTONIC, &until) != 0)
    if (errno != EINTR) return NULL;
  (void)atomic_load(&q->n_put);
  if (ck_ring_dequeue_spsc(&q->ring, q->slot, &b)) {
    atomic_fetch_add(&q->n_taken, 1);
    return b;
  }
  *ended_out = atomic_load(&q->ended);
  if (*ended_out) sem_post(&q->waiting); /* so that asking again answers again */
  return NULL;
}
