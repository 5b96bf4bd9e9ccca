#include "capture/read_ahead.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "util/thread.h"

enum { PIECES = 3 }; /* read and not taken; more would only push what is used out of the cache */

struct read_ahead {
  struct block_pool *pool;
  size_t block_size, room;
  read_ahead_fn *fn;
  void *of;
  bool tried, running; /* the thread */
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool stopping;                         /* under lock */
  struct read_ahead_piece piece[PIECES]; /* under lock */
  size_t first, n;
  bool over; /* nothing comes after last */
  struct read_ahead_piece last;
};

struct read_ahead *read_ahead_new(struct block_pool *pool, size_t block_size, size_t room, read_ahead_fn *fn,
                                  void *of) {
  struct read_ahead *r = calloc(1, sizeof *r);
  if (!r) return NULL;
  *r = (struct read_ahead){.pool = pool, .block_size = block_size, .room = room, .fn = fn, .of = of};
  pthread_mutex_init(&r->lock, NULL);
  pthread_cond_init(&r->changed, NULL);
  return r;
}

static struct read_ahead_piece piece_read(const struct read_ahead *r) {
  struct read_ahead_piece p = {.got = -ENOMEM, .block = block_new(r->pool, r->block_size)};
  if (!p.block) return p;
  p.got = r->fn(r->of, p.block, r->room, p.block->size - r->room, &p.read, &p.why);
  if (p.got > 0) return p;
  block_drop(p.block);
  p.block = NULL;
  return p;
}

static void *read_pieces(void *of) {
  struct read_ahead *r = of;
  bool more = true;
  while (more) {
    struct read_ahead_piece p = piece_read(r);
    more = p.got > 0;
    pthread_mutex_lock(&r->lock);
    while (r->n == PIECES && !r->stopping) pthread_cond_wait(&r->changed, &r->lock);
    if (r->stopping) {
      block_drop(p.block);
      more = false;
    } else {
      r->piece[(r->first + r->n++) % PIECES] = p;
      pthread_cond_signal(&r->changed);
    }
    pthread_mutex_unlock(&r->lock);
  }
  return NULL;
}

static struct read_ahead_piece piece_wait(struct read_ahead *r) {
  pthread_mutex_lock(&r->lock);
  while (r->n == 0) pthread_cond_wait(&r->changed, &r->lock);
  const struct read_ahead_piece p = r->piece[r->first];
  r->first = (r->first + 1) % PIECES;
  r->n--;
  pthread_cond_signal(&r->changed);
  pthread_mutex_unlock(&r->lock);
  return p;
}

struct read_ahead_piece read_ahead_take(struct read_ahead *r) {
  if (r->over) return r->last;
  if (!r->tried) r->running = thread_start(&r->thread, read_pieces, r) == 0;
  r->tried = true;
  const struct read_ahead_piece p = r->running ? piece_wait(r) : piece_read(r);
  if (p.got > 0) return p;
  r->over = true;
  r->last = p;
  return p;
}

void read_ahead_free(struct read_ahead *r) {
  if (!r) return;
  if (r->running) {
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
  }
  for (; r->n; r->n--, r->first = (r->first + 1) % PIECES) block_drop(r->piece[r->first].block);
  pthread_cond_destroy(&r->changed);
  pthread_mutex_destroy(&r->lock);
  free(r);
}
