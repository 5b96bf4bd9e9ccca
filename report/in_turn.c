/* Threads take the next part of the list, print it to a buffer of their own and wait until all parts before it are
 * written:
 *
 *   part 0 1 2 3 ... -> threads -> buffers -> in turn -> out
 */
#include "report/in_turn.h"

#include <pthread.h>

#include "util/parallel.h"

struct turns {
  const struct in_turn *list;
  size_t n_parts;
  struct out *to; /* under lock */
  size_t next;    /* under lock: part to print next */
  size_t turn;    /* under lock: part to write next */
  pthread_mutex_t lock;
  pthread_cond_t written; /* turn has moved on */
};

static void part_print(const struct in_turn *list, size_t part, struct out *to) {
  const size_t from = part * list->part;
  list->print(list->of, from, list->n - from < list->part ? list->n : from + list->part, to);
}

/* Writes what was printed of the part, in its turn. */
static void part_write(struct turns *t, size_t part, struct out *buffer) {
  pthread_mutex_lock(&t->lock);
  while (t->turn != part) pthread_cond_wait(&t->written, &t->lock);
  if (buffer->failed && !t->to->failed) t->to->failed = buffer->failed;
  out_bytes(t->to, buffer->text, buffer->len);
  buffer->len = 0;
  t->turn++;
  pthread_cond_broadcast(&t->written);
  pthread_mutex_unlock(&t->lock);
}

/* The number of a part that nobody has taken; n_parts when there is none, or no sense in one. */
static size_t part_take(struct turns *t) {
  pthread_mutex_lock(&t->lock);
  const size_t part = t->to->failed ? t->n_parts : t->next;
  if (part < t->n_parts) t->next++;
  pthread_mutex_unlock(&t->lock);
  return part;
}

/* One of those who share the work: takes parts until none is left. */
static int parts_do(void *of, size_t unused) {
  struct turns *t = of;
  struct out buffer;
  (void)unused;
  out_init(&buffer, NULL);
  for (size_t part; (part = part_take(t)) < t->n_parts;) {
    part_print(t->list, part, &buffer);
    part_write(t, part, &buffer);
  }
  out_close(&buffer);
  return 0; /* what failed is known to t->to */
}

void in_turn_print(const struct in_turn *list, unsigned threads, struct out *to) {
  struct turns t = {.list = list, .n_parts = (list->n + list->part - 1) / list->part, .to = to};
  if (threads < 2 || t.n_parts < 2) { /* no need of buffers */
    for (size_t part = 0; part < t.n_parts && !to->failed; part++) part_print(list, part, to);
    return;
  }
  pthread_mutex_init(&t.lock, NULL);
  pthread_cond_init(&t.written, NULL);
  parallel_run(threads, t.n_parts, parts_do, &t);
  pthread_cond_destroy(&t.written);
  pthread_mutex_destroy(&t.lock);
}
