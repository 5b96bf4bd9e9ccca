/* A ring of loads between two threads, under one lock.
 *
 * Waking a sleeping thread costs as much as a hundred packets, so nobody is woken for one load: the shard's thread
 * sleeps until SOME loads are there (or no more are to be waited for), the decoding one until as many are free again.
 * The lock is taken twice a load. */
#include "classifier/pipeline.h"

#include <pthread.h>
#include <stdlib.h>

#include "capture/block.h"

enum { LOADS = 32, SOME = 8, LOAD_FRAMES = 128, LOAD_PACKETS = LOAD_FRAMES + PACKETS_PER_FRAME_MAX };

/* What address resolution said, and how many packets of the load came before it. */
struct said {
  struct neighbour neighbour;
  const struct frame *frame;
  unsigned before;
};

struct load {
  struct block *block; /* held; NULL = the frames live elsewhere */
  unsigned n_frames, n_packets, n_said;
  struct frame frame[LOAD_FRAMES]; /* copies, as the batch's are filled again */
  struct packet packet[LOAD_PACKETS];
  struct said said[LOAD_FRAMES];
};

struct pipeline {
  struct decoder *decoder;
  struct shard *shard;
  struct load *load; /* [LOADS], or one without a thread */
  bool threaded;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t filled, emptied;
  unsigned put, taken; /* loads altogether; under lock */
  bool hurry;          /* under lock: somebody waits for everything that was put */
  bool ended;          /* under lock: no more loads will come */
  int failed;          /* under lock: 0, or what the shard answered */
};

/* The packets of a load in runs, each thing said at its place. */
static int load_use(struct shard *s, const struct load *l) {
  unsigned at = 0;
  for (unsigned i = 0; i <= l->n_said; i++) {
    const unsigned to = i < l->n_said ? l->said[i].before : l->n_packets;
    while (at < to) {
      const unsigned n = to - at < SHARD_RUN ? to - at : SHARD_RUN;
      const int r = shard_packets(s, l->packet + at, n);
      if (r < 0) return r;
      at += n;
    }
    if (i == l->n_said) break;
    const struct said *said = &l->said[i];
    const int r = shard_neighbour(s, &said->neighbour, said->frame->time, said->frame->packet);
    if (r < 0) return r;
  }
  return 0;
}

/* --- the shard's thread -------------------------------------------------------------------------------------- */

static bool worth_waking(const struct pipeline *p) {
  const unsigned n = p->put - p->taken;
  return n >= SOME || p->ended || (n && p->hurry);
}

static void *work(void *of) {
  struct pipeline *p = of;
  pthread_mutex_lock(&p->lock);
  for (;;) {
    if (p->put == p->taken)
      while (!worth_waking(p)) pthread_cond_wait(&p->filled, &p->lock);
    if (p->put == p->taken) break;
    struct load *l = &p->load[p->taken % LOADS];
    struct shard *shard = p->failed ? NULL : p->shard;
    pthread_mutex_unlock(&p->lock);
    const int r = shard ? load_use(shard, l) : 0;
    block_drop(l->block);
    l->block = NULL;
    pthread_mutex_lock(&p->lock);
    if (r < 0) p->failed = r;
    p->taken++;
    const unsigned left = p->put - p->taken;
    if (left == 0 || left == LOADS - SOME) pthread_cond_signal(&p->emptied);
  }
  pthread_mutex_unlock(&p->lock);
  return NULL;
}

/* --- the decoding thread ------------------------------------------------------------------------------------- */

struct pipeline *pipeline_new(struct decoder *decoder, struct shard *shard, bool threaded) {
  struct pipeline *p = calloc(1, sizeof *p);
  if (!p) return NULL;
  p->decoder = decoder;
  p->shard = shard;
  pthread_mutex_init(&p->lock, NULL);
  pthread_cond_init(&p->filled, NULL);
  pthread_cond_init(&p->emptied, NULL);
  p->load = calloc(threaded ? LOADS : 1, sizeof *p->load);
  if (!p->load) {
    pipeline_free(p);
    return NULL;
  }
  p->threaded = threaded && pthread_create(&p->thread, NULL, work, p) == 0;
  return p;
}

void pipeline_free(struct pipeline *p) {
  if (!p) return;
  if (p->threaded) {
    pthread_mutex_lock(&p->lock);
    p->ended = true;
    pthread_cond_signal(&p->filled);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
  }
  pthread_cond_destroy(&p->filled);
  pthread_cond_destroy(&p->emptied);
  pthread_mutex_destroy(&p->lock);
  free(p->load);
  free(p);
}

int pipeline_drain(struct pipeline *p) {
  if (!p->threaded) return p->failed;
  pthread_mutex_lock(&p->lock);
  p->hurry = true;
  pthread_cond_signal(&p->filled);
  while (p->put != p->taken) pthread_cond_wait(&p->emptied, &p->lock);
  p->hurry = false;
  const int r = p->failed;
  pthread_mutex_unlock(&p->lock);
  return r;
}

void pipeline_use(struct pipeline *p, struct shard *shard) { p->shard = shard; }

/* The load to fill next; it is nobody else's until it is put. Empty. */
static struct load *load_next(struct pipeline *p, int *failed_out) {
  struct load *l = p->load;
  if (p->threaded) {
    pthread_mutex_lock(&p->lock);
    if (p->put - p->taken == LOADS)
      while (p->put - p->taken > LOADS - SOME) pthread_cond_wait(&p->emptied, &p->lock);
    l = &p->load[p->put % LOADS];
    *failed_out = p->failed;
    pthread_mutex_unlock(&p->lock);
  } else
    *failed_out = p->failed;
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
  pthread_mutex_lock(&p->lock);
  p->put++;
  if (p->put - p->taken == SOME) pthread_cond_signal(&p->filled);
  pthread_mutex_unlock(&p->lock);
}

/* Whether the packet lives in the decoder's own memory (a reassembled datagram), which the next frame overwrites. */
static bool borrowed_from_decoder(const struct packet *p) {
  const uint8_t *from = p->frame->data, *to = from + p->frame->cap_len;
  return p->payload.at < from || p->payload.at > to || p->src < from || p->src >= to;
}

/* Decodes a frame into the load; true when its packets must be used up before the next frame. */
static bool frame_add(struct pipeline *p, struct load *l, const struct frame *from) {
  struct neighbour neighbour;
  struct frame *copy = &l->frame[l->n_frames++];
  if (p->threaded) *copy = *from;
  const struct frame *f = p->threaded ? copy : from;
  const unsigned n = decode_frame(p->decoder, f, l->packet + l->n_packets, &neighbour);
  if (neighbour.family)
    l->said[l->n_said++] = (struct said){.neighbour = neighbour, .frame = f, .before = l->n_packets};
  bool borrowed = false;
  for (unsigned i = 0; i < n; i++) borrowed |= borrowed_from_decoder(&l->packet[l->n_packets + i]);
  l->n_packets += n;
  return borrowed;
}

int pipeline_feed(struct pipeline *p, const struct frame_batch *batch) {
  int r = 0;
  for (size_t i = 0; i < batch->n && r == 0;) {
    struct load *l = load_next(p, &r);
    if (r < 0) break;
    bool borrowed = false;
    while (i < batch->n && l->n_frames < LOAD_FRAMES && l->n_packets <= LOAD_FRAMES && !borrowed)
      borrowed = frame_add(p, l, &batch->frame[i++]);
    load_put(p, l, batch);
    if (borrowed) r = pipeline_drain(p);
  }
  if (r == 0 && (!batch->block || !p->threaded)) r = pipeline_drain(p);
  return r;
}
