#include "capture/block.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

enum { POOL_SPARE_MAX = 10 }; /* free blocks kept: a source that reads ahead has about so many in use at most */

struct block_pool {
  pthread_mutex_t lock;
  struct block *spare;
  size_t n_spare;
  size_t users; /* the owner and every block in use */
  size_t size;
};

struct block_pool *block_pool_new(size_t size) {
  struct block_pool *p = calloc(1, sizeof *p);
  if (!p) return NULL;
  if (pthread_mutex_init(&p->lock, NULL)) {
    free(p);
    return NULL;
  }
  p->users = 1;
  p->size = size;
  return p;
}

static void block_free(struct block *b) {
  free(b->mark);
  free(b);
}

/* One user less; the last one takes the pool down. Called with the lock held, returns without it. */
static void leave(struct block_pool *p) {
  bool last = --p->users == 0;
  pthread_mutex_unlock(&p->lock);
  if (!last) return;
  while (p->spare) {
    struct block *b = p->spare;
    p->spare = b->next;
    block_free(b);
  }
  pthread_mutex_destroy(&p->lock);
  free(p);
}

void block_pool_free(struct block_pool *p) {
  if (!p) return;
  pthread_mutex_lock(&p->lock);
  leave(p);
}

static struct block *take_spare(struct block_pool *p, size_t size) {
  struct block *b = NULL;
  pthread_mutex_lock(&p->lock);
  if (size <= p->size && p->spare) {
    b = p->spare;
    p->spare = b->next;
    p->n_spare--;
  }
  p->users++;
  pthread_mutex_unlock(&p->lock);
  return b;
}

struct block *block_new(struct block_pool *p, size_t size) {
  struct block *b = take_spare(p, size);
  if (!b) {
    if (size < p->size) size = p->size;
    b = size <= SIZE_MAX - sizeof *b ? malloc(sizeof *b + size) : NULL;
    if (!b) {
      pthread_mutex_lock(&p->lock);
      leave(p);
      return NULL;
    }
    b->pool = p;
    b->size = size;
    b->mark = NULL;
  }
  b->next = NULL;
  b->n_marks = 0;
  __atomic_store_n(&b->holders, 1, __ATOMIC_RELAXED);
  return b;
}

struct block *block_hold(struct block *b) {
  __atomic_add_fetch(&b->holders, 1, __ATOMIC_RELAXED);
  return b;
}

void block_drop(struct block *b) {
  if (!b || __atomic_sub_fetch(&b->holders, 1, __ATOMIC_ACQ_REL)) return;
  struct block_pool *p = b->pool;
  pthread_mutex_lock(&p->lock);
  if (b->size == p->size && p->n_spare < POOL_SPARE_MAX) {
    b->next = p->spare;
    p->spare = b;
    p->n_spare++;
  } else {
    block_free(b);
  }
  leave(p);
}
