#include "capture/read_ahead.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "util/thread.h"
#include "util/waiter.h"

enum {
  PIECES = 3, /* read and not taken; more would only push what is used out of the cache */
  SOME = 2,   /* taken before a sleeping reader is woken: that costs as much as reading a twentieth of a piece */
};

struct read_ahead {
  struct block_pool *pool;
  size_t block_size, room;
  read_ahead_fn *fn;
  void *of;
  bool tried, running; /* the thread */
  pthread_t thread;
  struct read_ahead_piece piece[PIECES];
  bool over; /* nothing comes after last */
  struct read_ahead_piece last;
  struct waiter reader, taker;
  unsigned stopping;                   /* 1: the reader ends */
  _Alignas(CACHE_LINE) unsigned put;   /* pieces, by the reader */
  _Alignas(CACHE_LINE) unsigned taken; /* pieces, by the other */
};

struct read_ahead *read_ahead_new(struct block_pool *pool, size_t block_size, size_t room, read_ahead_fn *fn,
                                  void *of) {
  struct read_ahead *r = aligned_alloc(_Alignof(struct read_ahead), sizeof *r);
  if (!r) return NULL;
  *r = (struct read_ahead){.pool = pool, .block_size = block_size, .room = room, .fn = fn, .of = of};
  waiter_init(&r->reader);
  waiter_init(&r->taker);
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

static unsigned waiting(const struct read_ahead *r) { return progress_of(&r->put) - progress_of(&r->taken); }

static bool has_room(const void *of) {
  const struct read_ahead *r = of;
  return waiting(r) <= PIECES - SOME || progress_of(&r->stopping);
}

static bool has_piece(const void *of) { return waiting(of) > 0; }

static void *read_pieces(void *of) {
  struct read_ahead *r = of;
  for (bool more = true; more;) {
    const struct read_ahead_piece p = piece_read(r);
    if (waiting(r) == PIECES) waiter_sleep(&r->reader, has_room, r);
    if (progress_of(&r->stopping)) {
      block_drop(p.block);
      break;
    }
    more = p.got > 0;
    r->piece[r->put % PIECES] = p;
    progress_set(&r->put, r->put + 1);
    waiter_wake(&r->taker);
  }
  return NULL;
}

static struct read_ahead_piece piece_wait(struct read_ahead *r) {
  if (!has_piece(r)) waiter_sleep(&r->taker, has_piece, r);
  const struct read_ahead_piece p = r->piece[r->taken % PIECES];
  progress_set(&r->taken, r->taken + 1);
  if (waiter_sleeps(&r->reader) && has_room(r)) waiter_wake(&r->reader);
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
    progress_set(&r->stopping, 1);
    waiter_wake(&r->reader);
    pthread_join(r->thread, NULL);
  }
  for (; r->taken != r->put; r->taken++) block_drop(r->piece[r->taken % PIECES].block);
  waiter_fini(&r->taker);
  waiter_fini(&r->reader);
  free(r);
}
