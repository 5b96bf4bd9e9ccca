/* Reads a made capture and remembers its frames, with their bytes. */
#ifndef WW_TESTS_READ_MADE_H
#define WW_TESTS_READ_MADE_H

#include "capture/source_internal.h"
#include "tests/oracle/compare_readers.h"
#include "tests/unit/capture/make_capture.h"

enum { SEEN_MAX = 64 };

struct seen {
  struct source *source; /* NULL: it does not open, error says why */
  const struct source_info *info;
  struct err error;
  struct frame frame[SEEN_MAX];
  uint8_t first[SEEN_MAX], last[SEEN_MAX]; /* first and last byte of each */
  size_t n;
};

static inline void read_made(const struct made *m, struct seen *seen) {
  memset(seen, 0, sizeof *seen);
  const struct source_options options = {.hash = true, .read_size = 4096};
  if (source_open_memory(m->bytes, m->len, "made", &options, &seen->source, &seen->error) < 0) return;
  struct frame_batch batch = {0};
  while (source_next(seen->source, &batch, &seen->error) > 0)
    for (size_t i = 0; i < batch.n; i++, seen->n++) {
      if (seen->n >= SEEN_MAX) continue;
      const struct frame *f = &batch.frame[i];
      seen->frame[seen->n] = *f;
      seen->frame[seen->n].data = NULL;
      seen->first[seen->n] = f->cap_len ? f->data[0] : 0;
      seen->last[seen->n] = f->cap_len ? f->data[f->cap_len - 1] : 0;
    }
  seen->info = source_info(seen->source);
  frame_batch_release(&batch);
}

static inline void seen_close(struct seen *seen) { source_close(seen->source); }

/* libpcap on the same bytes; NULL: it refuses them. */
static inline pcap_t *libpcap_open(const struct made *m) {
  char why[PCAP_ERRBUF_SIZE];
  FILE *f = fmemopen(m->bytes, m->len, "rb");
  pcap_t *p = f ? pcap_fopen_offline_with_tstamp_precision(f, PCAP_TSTAMP_PRECISION_NANO, why) : NULL;
  if (!p && f) fclose(f);
  return p;
}

/* Whether libpcap opens it and sees the same frames. */
static inline bool same_as_libpcap(const struct made *m, const char *name) {
  struct err e = {0};
  struct readers r = {.name = name, .theirs = libpcap_open(m)};
  const struct source_options options = {.read_size = 4096};
  if (source_open_memory(m->bytes, m->len, name, &options, &r.ours, &e) < 0) printf("%s\n", e.text);
  if (!r.theirs) printf("%s: libpcap refuses it\n", name);
  bool same = r.ours && r.theirs && readers_compare(&r, false) == 0;
  frame_batch_release(&r.batch);
  source_close(r.ours);
  if (r.theirs) pcap_close(r.theirs);
  return same;
}

#endif
