/* A ring of loads that three threads pass round: decoded, facts collected, payload looked at, free. Each counts the
 * loads it is done with, and no other writes there.
 *
 * Waking a sleeping thread costs as much as a hundred packets, so nobody is woken for one load: a thread sleeps until
 * SOME loads have come (or no more are to be waited for), the decoding one until as many are free again. */
#include "classifier/pipeline.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "capture/block.h"
#include "util/thread.h"
#include "util/waiter.h"

enum {
  LOADS = 64,
  SOME = 16,
  AHEAD = 8,
  WRITE_AHEAD = 6,
  LOAD_FRAMES = 128,
  LOAD_PACKETS = LOAD_FRAMES + PACKETS_PER_FRAME_MAX
};
_Static_assert((int)LOAD_PACKETS <= (int)JOBS_MAX, "room for what the engine is to do about each");

/* What address resolution said, and how many packets of the load came before it. */
struct said {
  struct neighbour neighbour;
  stamp_t time;
  uint32_t packet;
  unsigned before;
};

struct load {
  struct block *block; /* held; NULL = the frames' bytes live elsewhere */
  unsigned n_frames, n_packets, n_said;
  struct packet packet[LOAD_PACKETS];
  struct said said[LOAD_FRAMES];
  struct app_jobs jobs;
};

/* The threads behind the decoding one, in the order loads reach them. */
enum step { STEP_FACTS, STEP_PAYLOAD, STEP_COUNT };

struct worker {
  struct pipeline *p;
  enum step step;
  pthread_t thread;
  struct waiter filled;
  _Alignas(CACHE_LINE) unsigned done; /* loads altogether */
};

struct pipeline {
  struct decoder *decoder;
  struct shard *shard;
  struct load *load; /* [LOADS], or one without a thread */
  bool threaded;
  struct worker worker[STEP_COUNT];
  unsigned n_workers; /* that run */
  struct waiter emptied;
  _Alignas(CACHE_LINE) unsigned put; /* loads altogether */
  unsigned hurry;                    /* 1: somebody waits for everything that was put */
  unsigned ended;                    /* 1: no more loads will come */
  int failed;                        /* touched atomically: 0, or what the shard answered */
};

/* The packets of a load, each thing said at its place. */
static int load_use(struct shard *s, const struct load *l) {
  unsigned at = 0;
  for (unsigned i = 0; i <= l->n_said; i++) {
    const unsigned to = i < l->n_said ? l->said[i].before : l->n_packets;
    int r = shard_packets(s, l->packet + at, to - at);
    if (r < 0) return r;
    at = to;
    if (i == l->n_said) break;
    const struct said *said = &l->said[i];
    r = shard_neighbour(s, &said->neighbour, said->time, said->packet);
    if (r < 0) return r;
  }
  return 0;
}

/* --- the threads behind the decoding one ---------------------------------------------------------------------- */

static int facts_do(struct shard *s, struct load *l) {
  shard_jobs_begin(s, &l->jobs);
  return load_use(s, l);
}

static int payload_do(struct shard *s, struct load *l) {
  shard_jobs_do(s, &l->jobs);
  return 0;
}

static int step_do(enum step step, struct shard *s, struct load *l) {
  return step == STEP_FACTS ? facts_do(s, l) : payload_do(s, l);
}

/* Loads that have come to the worker so far. */
static unsigned reached(const struct worker *w) {
  return progress_of(w->step == STEP_FACTS ? &w->p->put : &w->p->worker[w->step - 1].done);
}

static bool worth_waking(const void *of) {
  const struct worker *w = of;
  const unsigned done = progress_of(&w->done), n = reached(w) - done, ended = progress_of(&w->p->ended);
  return n >= SOME || (n && (ended || progress_of(&w->p->hurry))) || (ended && done == progress_of(&w->p->put));
}

static void worker_call(struct worker *w) {
  if (waiter_sleeps(&w->filled) && worth_waking(w)) waiter_wake(&w->filled);
}

/* Loads that are in nobody's hands any more. */
static unsigned finished(const struct pipeline *p) { return progress_of(&p->worker[STEP_COUNT - 1].done); }

/* Whether the decoding thread has what it waits for: room for some loads, or nothing left. */
static bool is_emptied(const void *of) {
  const struct pipeline *p = of;
  const unsigned left = progress_of(&p->put) - finished(p);
  return progress_of(&p->hurry) ? left == 0 : left <= LOADS - SOME;
}

/* A load less to do: tells who may wait for it. */
static void step_done(struct worker *w) {
  struct pipeline *p = w->p;
  progress_set(&w->done, w->done + 1);
  if (w->step + 1 < STEP_COUNT)
    worker_call(&p->worker[w->step + 1]);
  else if (waiter_sleeps(&p->emptied) && is_emptied(p))
    waiter_wake(&p->emptied);
}

static int failure(const struct pipeline *p) { return __atomic_load_n(&p->failed, __ATOMIC_SEQ_CST); }

static void *work(void *of) {
  struct worker *w = of;
  struct pipeline *p = w->p;
  for (;;) {
    if (reached(w) == w->done) waiter_sleep(&w->filled, worth_waking, w);
    if (reached(w) == w->done) break;
    struct load *l = &p->load[w->done % LOADS];
    struct shard *shard = failure(p) ? NULL : p->shard;
    if (!shard) l->jobs.n = 0;
    const int r = shard ? step_do(w->step, shard, l) : 0;
    if (w->step + 1 == STEP_COUNT) {
      block_drop(l->block);
      l->block = NULL;
    }
    if (r < 0) __atomic_store_n(&p->failed, r, __ATOMIC_SEQ_CST);
    step_done(w);
  }
  return NULL;
}

/* --- the decoding thread ------------------------------------------------------------------------------------- */

/* Starts the threads; false when the system refuses one. */
static bool workers_start(struct pipeline *p) {
  for (enum step i = 0; i < STEP_COUNT; i++) {
    struct worker *w = &p->worker[i];
    w->p = p;
    w->step = i;
    if (thread_start(&w->thread, work, w) != 0) return false;
    p->n_workers++;
  }
  return true;
}

static void workers_stop(struct pipeline *p) {
  progress_set(&p->ended, 1);
  for (unsigned i = 0; i < STEP_COUNT; i++) worker_call(&p->worker[i]);
  for (unsigned i = 0; i < p->n_workers; i++) pthread_join(p->worker[i].thread, NULL);
  p->n_workers = 0;
}

struct pipeline *pipeline_new(struct decoder *decoder, struct shard *shard, bool threaded) {
  struct pipeline *p = aligned_alloc(_Alignof(struct pipeline), sizeof *p);
  if (!p) return NULL;
  memset(p, 0, sizeof *p);
  p->decoder = decoder;
  p->shard = shard;
  waiter_init(&p->emptied);
  for (unsigned i = 0; i < STEP_COUNT; i++) waiter_init(&p->worker[i].filled);
  const size_t n = threaded ? LOADS : 1;
  p->load = aligned_alloc(_Alignof(struct load), n * sizeof *p->load);
  if (!p->load) {
    pipeline_free(p);
    return NULL;
  }
  for (size_t i = 0; i < n; i++) p->load[i].block = NULL;
  p->threaded = threaded && workers_start(p);
  if (threaded && !p->threaded) workers_stop(p);
  return p;
}

void pipeline_free(struct pipeline *p) {
  if (!p) return;
  if (p->threaded) workers_stop(p);
  for (unsigned i = 0; i < STEP_COUNT; i++) waiter_fini(&p->worker[i].filled);
  waiter_fini(&p->emptied);
  free(p->load);
  free(p);
}

int pipeline_drain(struct pipeline *p) {
  if (!p->threaded) return p->failed;
  progress_set(&p->hurry, 1);
  for (unsigned i = 0; i < STEP_COUNT; i++) worker_call(&p->worker[i]);
  if (!is_emptied(p)) waiter_sleep(&p->emptied, is_emptied, p);
  progress_set(&p->hurry, 0);
  return failure(p);
}

void pipeline_use(struct pipeline *p, struct shard *shard) { p->shard = shard; }

/* The load to fill next; it is nobody else's until it is put. Empty. */
static struct load *load_next(struct pipeline *p, int *failed_out) {
  struct load *l = p->load;
  if (p->threaded) {
    if (p->put - finished(p) == LOADS) waiter_sleep(&p->emptied, is_emptied, p);
    l = &p->load[p->put % LOADS];
  }
  *failed_out = failure(p);
  l->n_frames = l->n_packets = l->n_said = 0;
  return l;
}

static void load_put(struct pipeline *p, struct load *l, const struct frame_batch *batch) {
  if (!p->threaded) {
    const int r = load_use(p->shard, l);
    if (r < 0) p->failed = r;
    return;
  }
  l->block = batch->block ? block_hold(batch->block) : NULL;
  progress_set(&p->put, p->put + 1);
  worker_call(&p->worker[STEP_FACTS]);
}

/* Decodes a frame into the load; true when its packets must be used up before the next frame: some lie in the decoder's
 * own memory (a reassembled datagram), which that overwrites. */
static bool frame_add(struct pipeline *p, struct load *l, const struct frame *f) {
  struct neighbour neighbour;
  const unsigned n = decode_frame_unmarked(p->decoder, f, l->packet + l->n_packets, &neighbour);
  l->n_frames++;
  if (neighbour.family)
    l->said[l->n_said++] =
        (struct said){.neighbour = neighbour, .time = f->time, .packet = f->packet, .before = l->n_packets};
  l->n_packets += n;
  return decoder_is_borrowed(p->decoder);
}

int pipeline_feed(struct pipeline *p, const struct frame_batch *batch) {
  int r = 0;
  for (size_t i = 0; i < batch->n && r == 0;) {
    struct load *l = load_next(p, &r);
    if (r < 0) break;
    bool borrowed = false;
    while (i < batch->n && l->n_frames < LOAD_FRAMES && l->n_packets <= LOAD_FRAMES && !borrowed) {
      if (batch->n - i > AHEAD) { /* another thread has read them: their heads come from far */
        __builtin_prefetch(batch->frame[i + AHEAD].data);
        __builtin_prefetch(batch->frame[i + AHEAD].data + 64);
      }
      packet_prefetch_for_write(&l->packet[l->n_packets + WRITE_AHEAD]);
      borrowed = frame_add(p, l, &batch->frame[i++]);
    }
    decode_mark_copies(p->decoder, l->packet, l->n_packets);
    load_put(p, l, batch);
    if (borrowed) r = pipeline_drain(p);
  }
  if (r == 0 && (!batch->block || !p->threaded)) r = pipeline_drain(p);
  return r;
}
