/* Every shared capture cut at random places and with random bits flipped, read and classified: no crash, no finding of
 * a sanitizer, in bounded time. Prints its seed; WW_SEED repeats a run, WW_ROUNDS says how many of each (10; an issue's
 * proof takes 200).
 *
 *   classify_damaged_test    reads $WW_SHARED/captures, else $WW_SOURCE/../shared/captures; 77 when there are none */
#include "capture/source_internal.h"

#include "classifier/traffic.h"
#include "tests/oracle/shared_captures.h"

struct damage {
  unsigned rounds, failed;
  uint32_t seed, files;
  uint64_t frames, runs;
};

static uint32_t next_random(struct damage *d) {
  d->seed = d->seed * 1664525 + 1013904223;
  return d->seed >> 4;
}

static uint8_t *read_file(const char *path, size_t *len_out) {
  FILE *f = fopen(path, "rb");
  if (!f) return NULL;
  uint8_t *bytes = NULL;
  long len = fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
  if (len > 0 && (bytes = malloc((size_t)len)) != NULL) {
    rewind(f);
    *len_out = fread(bytes, 1, (size_t)len, f);
  }
  fclose(f);
  return bytes;
}

/* Reads one damaged capture into c; false: memory was said to be out, which such small files cannot cause. */
static bool feed(struct damage *d, struct classifier *c, const uint8_t *bytes, size_t len) {
  struct err e = {0};
  struct source *s = NULL;
  struct frame_batch batch = {0};
  int r = 0;
  d->runs++;
  if (source_open_memory(bytes, len, "damaged", &(struct source_options){0}, &s, &e) < 0) return true;
  while (r == 0 && source_next(s, &batch, &e) > 0) {
    for (size_t i = 0; i < batch.n; i++) batch.frame[i].packet = (uint32_t)++d->frames;
    r = classifier_feed(c, &batch);
  }
  frame_batch_release(&batch);
  source_close(s);
  return r >= 0;
}

/* A copy of the exact size, so that the sanitizer sees every byte read beyond it. */
static bool feed_damaged(struct damage *d, struct classifier *c, const uint8_t *bytes, size_t len, unsigned flips) {
  uint8_t *copy = malloc(len ? len : 1);
  if (!copy) return false;
  memcpy(copy, bytes, len);
  for (unsigned i = 0; i < flips && len; i++) copy[next_random(d) % len] ^= (uint8_t)(1u << next_random(d) % 8);
  bool ok = feed(d, c, copy, len);
  free(copy);
  return ok;
}

/* All that was collected, looked at once. */
static bool finish(struct classifier *c) {
  static const struct timeline_facts facts;
  struct traffic *t = NULL;
  struct flow_view view;
  if (classifier_finish(c, &facts, &t) < 0) return false;
  for (size_t i = 0; i < traffic_flow_count(t); i++) traffic_flow(t, i, &view);
  traffic_free(t);
  return true;
}

/* One classifier takes all rounds of a capture: what one left behind meets the next, and nDPI is set up once. */
static void try_capture(const char *path, void *context) {
  struct damage *d = context;
  size_t len = 0;
  uint8_t *bytes = read_file(path, &len);
  struct classifier *c = classifier_new(NULL);
  uint32_t seed = d->seed;
  bool ok = bytes && c;
  d->files++;
  for (unsigned i = 0; i < d->rounds && ok; i++)
    ok = feed_damaged(d, c, bytes, next_random(d) % (len + 1), 0) &&
         feed_damaged(d, c, bytes, len, 1 + next_random(d) % 200);
  if (!ok || !finish(c)) {
    printf("%s: WW_SEED=%u\n", path, seed);
    d->failed++;
  }
  classifier_free(c);
  free(bytes);
}

int main(void) {
  const char *seed = getenv("WW_SEED"), *rounds = getenv("WW_ROUNDS");
  struct damage d = {.seed = seed ? (uint32_t)strtoul(seed, NULL, 0) : 20240613,
                     .rounds = rounds ? (unsigned)strtoul(rounds, NULL, 0) : 10};
  printf("WW_SEED=%u\n", d.seed);
  if (!shared_captures_each(try_capture, &d)) return SHARED_SKIPPED;
  printf("%u captures, %llu damaged, %llu frames\n", d.files, (unsigned long long)d.runs, (unsigned long long)d.frames);
  return d.failed || d.files == 0;
}
