/* Threads take the next part until none is left, so that a slow part delays nobody. */
#include "util/parallel.h"

#include <stdatomic.h>

#include "util/thread.h"

enum { PART_LEAST = 4096 };

struct crew {
  parallel_job *job;
  void *of;
  size_t n_parts;
  atomic_size_t next;
  int rc[PARALLEL_PARTS_MAX]; /* each written by who does the part */
};

size_t parallel_parts(size_t n) {
  const size_t parts = n / PART_LEAST;
  if (parts < 2) return 1;
  return parts < PARALLEL_PARTS_MAX ? parts : PARALLEL_PARTS_MAX;
}

size_t parallel_start(size_t n, size_t n_parts, size_t part) {
  const size_t rest = n % n_parts;
  return n / n_parts * part + (part < rest ? part : rest);
}

static void *parts_do(void *of) {
  struct crew *c = of;
  for (size_t part; (part = atomic_fetch_add(&c->next, 1)) < c->n_parts;) c->rc[part] = c->job(c->of, part);
  return NULL;
}

int parallel_run(unsigned threads, size_t n_parts, parallel_job *job, void *of) {
  struct crew c = {.job = job, .of = of, .n_parts = n_parts < PARALLEL_PARTS_MAX ? n_parts : PARALLEL_PARTS_MAX};
  pthread_t thread[PARALLEL_PARTS_MAX];
  size_t n = 0;
  while (n + 1 < threads && n + 1 < c.n_parts && thread_start(&thread[n], parts_do, &c) == 0) n++;
  parts_do(&c);
  while (n > 0) pthread_join(thread[--n], NULL);
  for (size_t part = 0; part < c.n_parts; part++)
    if (c.rc[part]) return c.rc[part];
  return 0;
}
