/* The flows list: every flow of a traffic, one record a line, in the order of first packets.
 *
 * Flows do not depend on each other. Threads take the next part of the list, print it to a buffer of their own and wait
 * until all parts before it are written; so there is never more than one part a thread in memory, and what is written
 * does not depend on how many threads there are:
 *
 *   part 0 1 2 3 ... -> threads -> buffers -> in turn -> out
 */
#include <pthread.h>

#include "report/flow_record.h"
#include "report/writer.h"
#include "util/parallel.h"

enum { PART = 256, AHEAD = 8 }; /* flows; a part stays in the cache until it is written */

typedef void print_record(const struct flow_view *v, const struct timeline_facts *facts, struct out *to);

struct listing {
  const struct traffic *traffic;
  print_record *print;
  size_t n_parts;
  struct out *to; /* under lock */
  size_t next;    /* under lock: part to print next */
  size_t turn;    /* under lock: part to write next */
  pthread_mutex_t lock;
  pthread_cond_t written; /* turn has moved on */
};

static void part_print(const struct listing *l, size_t part, struct out *to) {
  const struct timeline_facts *facts = traffic_capture(l->traffic)->timeline;
  const size_t n = traffic_flow_count(l->traffic), from = part * PART, end = n - from < PART ? n : from + PART;
  struct flow_view v;
  for (size_t i = from; i < end && !to->failed; i++) {
    if (i + AHEAD < n) traffic_flow_prefetch(l->traffic, i + AHEAD);
    traffic_flow(l->traffic, i, &v);
    l->print(&v, facts, to);
  }
}

/* Writes what was printed of the part, in its turn. */
static void part_write(struct listing *l, size_t part, struct out *buffer) {
  pthread_mutex_lock(&l->lock);
  while (l->turn != part) pthread_cond_wait(&l->written, &l->lock);
  if (buffer->failed && !l->to->failed) l->to->failed = buffer->failed;
  out_bytes(l->to, buffer->text, buffer->len);
  buffer->len = 0;
  l->turn++;
  pthread_cond_broadcast(&l->written);
  pthread_mutex_unlock(&l->lock);
}

/* The number of a part that nobody has taken; n_parts when there is none, or no sense in one. */
static size_t part_take(struct listing *l) {
  pthread_mutex_lock(&l->lock);
  const size_t part = l->to->failed ? l->n_parts : l->next;
  if (part < l->n_parts) l->next++;
  pthread_mutex_unlock(&l->lock);
  return part;
}

/* One of those who share the work: takes parts until none is left. */
static int parts_do(void *of, size_t unused) {
  struct listing *l = of;
  struct out buffer;
  (void)unused;
  out_init(&buffer, NULL);
  for (size_t part; (part = part_take(l)) < l->n_parts;) {
    part_print(l, part, &buffer);
    part_write(l, part, &buffer);
  }
  out_close(&buffer);
  return 0; /* what failed is known to l->to */
}

static void list(const struct traffic *t, print_record *print, unsigned threads, struct out *to) {
  struct listing l = {.traffic = t, .print = print, .n_parts = (traffic_flow_count(t) + PART - 1) / PART, .to = to};
  pthread_mutex_init(&l.lock, NULL);
  pthread_cond_init(&l.written, NULL);
  parallel_run(threads, l.n_parts, parts_do, &l);
  pthread_cond_destroy(&l.written);
  pthread_mutex_destroy(&l.lock);
}

void report_flows_jsonl(const struct traffic *t, unsigned threads, struct out *to) {
  list(t, flow_record_jsonl, threads, to);
}

void report_flows_tsv(const struct traffic *t, unsigned threads, struct out *to) {
  flow_record_tsv_head(to);
  list(t, flow_record_tsv, threads, to);
}
