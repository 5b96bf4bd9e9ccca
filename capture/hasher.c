#include "capture/hasher.h"

#include <pthread.h>
#include <stdlib.h>

#include "util/thread.h"

enum { QUEUE_SIZE = 2 }; /* blocks waiting; with the one being hashed and the reader's own, about 5 MiB */

struct job {
  struct block *block;
  size_t at, len;
};

struct hasher {
  struct digest *digest;
  bool threaded, running, ending, abandoned;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct job queue[QUEUE_SIZE];
  size_t first, n;
};

struct hasher *hasher_new(bool threaded) {
  struct hasher *h = calloc(1, sizeof *h);
  if (!h) return NULL;
  h->digest = digest_new();
  h->threaded = threaded;
  if (!h->digest) {
    free(h);
    return NULL;
  }
  pthread_mutex_init(&h->lock, NULL);
  pthread_cond_init(&h->changed, NULL);
  return h;
}

/* The oldest job, waiting for one; false: there will be no more. */
static bool next_job(struct hasher *h, struct job *job_out) {
  pthread_mutex_lock(&h->lock);
  while (h->n == 0 && !h->ending) pthread_cond_wait(&h->changed, &h->lock);
  bool got = h->n > 0 && !h->abandoned;
  if (got) {
    *job_out = h->queue[h->first];
    h->first = (h->first + 1) % QUEUE_SIZE;
    h->n--;
    pthread_cond_signal(&h->changed);
  }
  pthread_mutex_unlock(&h->lock);
  return got;
}

static void *hash_jobs(void *arg) {
  struct hasher *h = arg;
  for (struct job j; next_job(h, &j);) {
    digest_add(h->digest, j.block->bytes + j.at, j.len);
    block_drop(j.block);
  }
  return NULL;
}

void hasher_add(struct hasher *h, struct block *b, size_t at, size_t len) {
  if (h->threaded && !h->running) {
    h->threaded = h->running = thread_start(&h->thread, hash_jobs, h) == 0;
  }
  if (!h->running) {
    digest_add(h->digest, b->bytes + at, len);
    return;
  }
  pthread_mutex_lock(&h->lock);
  while (h->n == QUEUE_SIZE) pthread_cond_wait(&h->changed, &h->lock);
  h->queue[(h->first + h->n++) % QUEUE_SIZE] = (struct job){block_hold(b), at, len};
  pthread_cond_signal(&h->changed);
  pthread_mutex_unlock(&h->lock);
}

static void stop(struct hasher *h, bool abandon) {
  if (!h->running) return;
  pthread_mutex_lock(&h->lock);
  h->ending = true;
  h->abandoned = abandon;
  pthread_cond_signal(&h->changed);
  pthread_mutex_unlock(&h->lock);
  pthread_join(h->thread, NULL);
  h->running = false;
  for (; h->n; h->n--, h->first = (h->first + 1) % QUEUE_SIZE) block_drop(h->queue[h->first].block);
}

char *hasher_finish(char to[DIGEST_TEXT_SIZE], struct hasher *h) {
  stop(h, false);
  return digest_print(to, h->digest);
}

void hasher_free(struct hasher *h) {
  if (!h) return;
  stop(h, true);
  pthread_cond_destroy(&h->changed);
  pthread_mutex_destroy(&h->lock);
  digest_free(h->digest);
  free(h);
}
