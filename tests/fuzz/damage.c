/* Every shared capture, cut at random places and with random bytes flipped, must be read and decoded to some end: no
 * crash, no hang, no frame that breaks a promise. In front of a cut, the frames are those of the whole capture.
 *
 *   damage [FILE...]    WW_DAMAGE: rounds of each kind per capture (default 2); WW_SEED repeats a run */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "capture/packet.h"
#include "tests/fuzz/fuzz_source.h"
#include "tests/oracle/shared_captures.h"
#include "tests/unit/capture/make_capture.h"
#include "util/hash.h"

enum { SECONDS_MAX = 60, FLIPS_MAX = 20 };

struct run {
  struct dice dice;
  unsigned long rounds;
  uint64_t readings, frames;
};

/* What a capture gave: a digest of each frame. */
struct reading {
  uint64_t *frame;
  size_t n, room;
  enum source_damage damage;
};

static void fail(const char *name, const char *what) {
  printf("%s: %s\n", name, what);
  fflush(stdout);
  abort();
}

static void read_frames(struct source *s, struct decoder *d, struct reading *r) {
  struct frame_batch batch = {0};
  uint32_t number = 0;
  while (source_next(s, &batch, NULL) > 0)
    for (size_t i = 0; i < batch.n; i++) {
      const struct frame *f = &batch.frame[i];
      struct packet packet[PACKETS_PER_FRAME_MAX];
      struct neighbour neighbour;
      fuzz_check_frame(f, source_info(s), &number);
      decode_frame(d, f, packet, &neighbour);
      uint64_t *digest = ARRAY_PUSH(r->frame, r->n, r->room);
      if (!digest) abort();
      *digest = hash_bytes((uint64_t)f->time.ns ^ (uint64_t)f->wire_len << 32, f->data, f->cap_len);
    }
  frame_batch_release(&batch);
  r->damage = source_info(s)->damage;
}

static struct reading read_bytes(const char *name, const uint8_t *bytes, size_t len) {
  struct reading r = {0};
  struct source *s = NULL;
  struct decoder *d = decoder_new(&(struct decoder_options){0});
  alarm(SECONDS_MAX);
  if (d && source_open_memory(bytes, len, name, &(struct source_options){.hash = true}, &s, NULL) == 0) {
    read_frames(s, d, &r);
    source_close(s);
  }
  alarm(0);
  decoder_free(d);
  return r;
}

static void cut(struct run *run, const char *name, const struct made *m, const struct reading *whole) {
  size_t len = dice_roll(&run->dice, (uint32_t)m->len + 1);
  uint8_t *exact = malloc(len ? len : 1); /* so that the sanitizer sees every byte read beyond it */
  if (!exact) abort();
  memcpy(exact, m->bytes, len);
  struct reading r = read_bytes(name, exact, len);
  if (r.n > whole->n || (r.n && memcmp(r.frame, whole->frame, r.n * sizeof *r.frame) != 0))
    fail(name, "other frames in front of a cut");
  run->frames += r.n;
  free(r.frame);
  free(exact);
}

static void flip(struct run *run, const char *name, struct made *m) {
  uint8_t *copy = malloc(m->len);
  if (!copy) abort();
  memcpy(copy, m->bytes, m->len);
  for (uint32_t n = 1 + dice_roll(&run->dice, FLIPS_MAX); n; n--)
    copy[dice_roll(&run->dice, (uint32_t)m->len)] = (uint8_t)dice_roll(&run->dice, 256);
  struct reading r = read_bytes(name, copy, m->len);
  run->frames += r.n;
  free(r.frame);
  free(copy);
}

static void damage_file(const char *path, void *context) {
  struct run *run = context;
  struct made m = {0};
  char piece[65536];
  FILE *f = fopen(path, "rb");
  if (!f) fail(path, "cannot be opened");
  for (size_t got; (got = fread(piece, 1, sizeof piece, f)) > 0;) made_bytes(&m, piece, got);
  fclose(f);
  struct reading whole = read_bytes(path, m.bytes, m.len);
  for (unsigned long i = 0; i < run->rounds; i++) {
    cut(run, path, &m, &whole);
    flip(run, path, &m);
  }
  run->readings += 2 * run->rounds + 1;
  free(whole.frame);
  made_free(&m);
}

int main(int argc, char **argv) {
  const char *rounds = getenv("WW_DAMAGE");
  struct run run = {.dice = dice_new(), .rounds = rounds ? strtoul(rounds, NULL, 10) : 2};
  for (int i = 1; i < argc; i++) damage_file(argv[i], &run);
  if (argc == 1 && !shared_captures_each(damage_file, &run)) return SHARED_SKIPPED;
  printf("%" PRIu64 " damaged captures read, %" PRIu64 " frames\n", run.readings, run.frames);
  return run.readings == 0;
}
