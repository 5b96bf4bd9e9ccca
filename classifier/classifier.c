/* Frames in, traffic out: what a classifier is made of, and how its facts are added up. */
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
  if (c->shard && c->options.dpi_ahead) app_dpi_begin(c->shard->app[0]);
  if (c->decoder && c->shard) c->pipeline = pipeline_new(c->decoder, c->shard, c->options.threads > 1);
  if (!c->pipeline) {
    classifier_free(c);
    return NULL;
  }
  return c;
}

void classifier_free(struct classifier *c) {
  if (!c) return;
  pipeline_free(c->pipeline);
  decoder_free(c->decoder);
  shard_free(c->shard);
  free(c);
}

int classifier_feed(struct classifier *c, const struct frame_batch *batch) { return pipeline_feed(c->pipeline, batch); }

/* From now on facts are collected in another shard. */
static void shard_change(struct classifier *c, struct shard *fresh) {
  c->shard = fresh;
  pipeline_use(c->pipeline, fresh);
}

static void decode_counts(const struct classifier *c, uint64_t counts_out[DECODE_COUNT]) {
  for (unsigned i = 0; i < DECODE_COUNT; i++) counts_out[i] = c->decoded_apart[i] + decoder_counts(c->decoder)[i];
}

int classifier_merge(struct classifier *c, struct classifier *later) {
  uint64_t counts[DECODE_COUNT];
  int r = pipeline_drain(c->pipeline);
  if (r == 0) r = pipeline_drain(later->pipeline);
  struct shard *fresh = r == 0 ? shard_new(&later->options) : NULL;
  if (!fresh) return r < 0 ? r : -ENOMEM;
  r = shard_merge(c->shard, later->shard);
  shard_free(later->shard);
  shard_change(later, fresh);
  decode_counts(later, counts);
  for (unsigned i = 0; i < DECODE_COUNT; i++) c->decoded_apart[i] += counts[i];
  return r;
}

int classifier_finish(struct classifier *c, const struct timeline_facts *facts, struct traffic **traffic_out) {
  uint64_t counts[DECODE_COUNT];
  int r = pipeline_drain(c->pipeline);
  if (r < 0) return r;
  decode_counts(c, counts);
  struct shard *fresh = shard_new(&c->options);
  if (!fresh) return -ENOMEM;
  for (size_t i = 0; i < c->shard->n_apps; i++) app_finish(c->shard->app[i]);
  const struct traffic_source from = {
      .shard = c->shard, .owned = true, .threads = c->options.threads, .decode = counts};
  r = traffic_new(&from, facts, traffic_out);
  for (size_t i = 0; i < c->shard->n_apps; i++) app_dpi_wait(c->shard->app[i]);
  if (r < 0) {
    shard_free(fresh);
    return r;
  }
  shard_change(c, fresh);
  return 0;
}

int classifier_snapshot(struct classifier *c, const struct timeline_facts *facts, struct traffic **traffic_out) {
  uint64_t counts[DECODE_COUNT];
  const int r = pipeline_drain(c->pipeline);
  decode_counts(c, counts);
  const struct traffic_source from = {.shard = c->shard, .threads = c->options.threads, .decode = counts};
  return r < 0 ? r : traffic_new(&from, facts, traffic_out);
}
