/* Holds one of our sources against libpcap reading the same bytes, frame by frame.
 *
 * Where ours deliver something else on purpose (the heads of pcap_file.c and pcapng_file.c), exactly that is allowed:
 * - libpcap cuts a frame to the snap length; we count such a frame as odd and keep its bytes.
 * - libpcap keeps a wire length below the captured length; we raise it to the captured length.
 * - libpcap takes a simple packet block to be of 1970; we give it the time of the frame before it.
 * - libpcap takes seconds beyond 2^31 in a pcap file as negative. */
#ifndef WW_TESTS_COMPARE_READERS_H
#define WW_TESTS_COMPARE_READERS_H

#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include "capture/source.h"

struct readers {
  const char *name;
  struct source *ours;
  pcap_t *theirs;
  struct frame_batch batch;
  size_t at;
  uint64_t frames;
};

static inline int readers_differ(const struct readers *r, const char *what, uint64_t ours, uint64_t theirs) {
  printf("%s: frame %" PRIu64 ": %s: ours %" PRIu64 ", libpcap %" PRIu64 "\n", r->name, r->frames, what, ours, theirs);
  return 1;
}

static inline const struct frame *readers_our_next(struct readers *r) {
  if (r->at == r->batch.n) {
    struct err e = {0};
    r->at = 0;
    if (source_next(r->ours, &r->batch, &e) <= 0) return NULL;
  }
  return &r->batch.frame[r->at++];
}

static inline int readers_compare_frame(const struct readers *r, const struct frame *f, const struct pcap_pkthdr *h,
                                        const u_char *bytes) {
  const struct source_iface *i = &source_info(r->ours)->iface[f->iface];
  uint32_t snap = (uint32_t)pcap_snapshot(r->theirs);
  uint32_t cap = f->cap_len > snap && i->snap_len ? snap : f->cap_len;
  int64_t seconds = (int64_t)h->ts.tv_sec;
  if (seconds < 0 && strcmp(source_info(r->ours)->format, "pcapng") != 0) seconds += (int64_t)1 << 32;
  int64_t ns = seconds * 1000000000 + (int64_t)h->ts.tv_usec;
  if (cap != h->caplen) return readers_differ(r, "captured length", f->cap_len, h->caplen);
  if (f->wire_len != (h->len > f->cap_len ? h->len : f->cap_len))
    return readers_differ(r, "length", f->wire_len, h->len);
  if (f->time.ns != ns && ns != 0) return readers_differ(r, "time", (uint64_t)f->time.ns, (uint64_t)ns);
  if (memcmp(f->data, bytes, cap) != 0) return readers_differ(r, "bytes", 0, 0);
  if (f->number != r->frames) return readers_differ(r, "number", f->number, r->frames);
  return 0;
}

/* 0: the same; 1: not (it says so). What libpcap refuses half way is told when tell is set. */
static inline int readers_compare(struct readers *r, bool tell) {
  struct pcap_pkthdr *h;
  const u_char *bytes;
  int rc;
  while ((rc = pcap_next_ex(r->theirs, &h, &bytes)) == 1) {
    r->frames++;
    const struct frame *f = readers_our_next(r);
    if (!f) return readers_differ(r, "no such frame", 0, 1);
    if (readers_compare_frame(r, f, h, bytes)) return 1;
  }
  uint64_t more = 0;
  while (readers_our_next(r)) more++;
  const struct source_info *info = source_info(r->ours);
  if (rc == PCAP_ERROR_BREAK && more) return readers_differ(r, "frames more than libpcap's", more, 0);
  if (rc != PCAP_ERROR_BREAK && tell)
    printf("%s: libpcap stops after %" PRIu64 " (%s); ours after %" PRIu64 " (%s)\n", r->name, r->frames,
           pcap_geterr(r->theirs), info->frames, info->damage ? info->damage_text.text : "the end");
  return 0;
}

#endif
