/* Frames in, traffic out: decodes frames, hands the packets to the shards in runs, gathers what the shards found. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classifier/classifier_internal.h"

struct classifier *classifier_new(const struct classifier_options *options) {
  static const struct classifier_options defaults;
  struct classifier *c = calloc(1, sizeof *c);
  if (!c) return NULL;
  c->options = options ? *options : defaults;
  c->decoder = decoder_new(&(struct decoder_options){.no_dedup = c->options.no_dedup});
  c->shard = shard_new(&c->options);
  if (!c->decoder || !c->shard) {
    classifier_free(c);
    return NULL;
  }
  return c;
}

void classifier_free(struct classifier *c) {
  if (!c) return;
  decoder_free(c->decoder);
  shard_free(c->shard);
  free(c);
}

static int run_end(struct classifier *c) {
  const unsigned n = c->n;
  c->n = 0;
  return n ? shard_packets(c->shard, c->run, n) : 0;
}

/* Whether the packet lives in the decoder's own memory (a reassembled datagram), which the next frame overwrites. */
static bool borrowed_from_decoder(const struct packet *p) {
  const uint8_t *from = p->frame->data, *to = from + p->frame->cap_len;
  return p->payload.at < from || p->payload.at > to || p->src < from || p->src >= to;
}

int classifier_feed(struct classifier *c, const struct frame_batch *batch) {
  struct neighbour nb;
  for (size_t i = 0; i < batch->n; i++) {
    const struct frame *f = &batch->frame[i];
    const unsigned n = decode_frame(c->decoder, f, c->run + c->n, &nb);
    bool now = false;
    for (unsigned k = 0; k < n; k++) now |= borrowed_from_decoder(&c->run[c->n + k]);
    c->n += n;
    int r = 0;
    if (nb.family) r = shard_neighbour(c->shard, &nb, f->time, f->packet);
    if (r == 0 && (now || c->n > RUN_ROOM)) r = run_end(c);
    if (r < 0) return r;
  }
  return run_end(c);
}

static void decode_counts(const struct classifier *c, uint64_t counts_out[DECODE_COUNT]) {
  for (unsigned i = 0; i < DECODE_COUNT; i++) counts_out[i] = c->decoded_apart[i] + decoder_counts(c->decoder)[i];
}

int classifier_merge(struct classifier *c, struct classifier *later) {
  uint64_t counts[DECODE_COUNT];
  int r = run_end(c);
  if (r == 0) r = run_end(later);
  struct shard *fresh = r == 0 ? shard_new(&later->options) : NULL;
  if (!fresh) return r < 0 ? r : -ENOMEM;
  r = shard_merge(c->shard, later->shard);
  shard_free(later->shard);
  later->shard = fresh;
  decode_counts(later, counts);
  for (unsigned i = 0; i < DECODE_COUNT; i++) c->decoded_apart[i] += counts[i];
  return r;
}

int classifier_finish(struct classifier *c, const struct timeline_facts *facts, struct traffic **traffic_out) {
  uint64_t counts[DECODE_COUNT];
  int r = run_end(c);
  if (r < 0) return r;
  decode_counts(c, counts);
  struct shard *fresh = shard_new(&c->options);
  if (!fresh) return -ENOMEM;
  for (size_t i = 0; i < c->shard->n_apps; i++) app_finish(c->shard->app[i]);
  r = traffic_new(c->shard, true, counts, facts, traffic_out);
  if (r < 0) {
    shard_free(fresh);
    return r;
  }
  c->shard = fresh;
  return 0;
}

int classifier_snapshot(struct classifier *c, const struct timeline_facts *facts, struct traffic **traffic_out) {
  uint64_t counts[DECODE_COUNT];
  const int r = run_end(c);
  decode_counts(c, counts);
  return r < 0 ? r : traffic_new(c->shard, false, counts, facts, traffic_out);
}
