/* Our readers and libpcap's must see the same frames: time, lengths, bytes, of every shared capture that libpcap
 * opens. Where ours deliver more on purpose (the heads of pcap_file.c and pcapng_file.c say so), exactly that is
 * allowed.
 *
 *   readers_test [FILE...]    without files: every capture in $WW_SHARED/captures or SOURCE/../shared/captures */
#include "capture/source.h"

#include <dirent.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SKIPPED = 77, FILES_LEAST = 55 };

struct run {
  const char *path;
  struct source *ours;
  pcap_t *theirs;
  struct frame_batch batch;
  size_t at;
  uint64_t frames;
};

static int complain(const struct run *r, const char *what, uint64_t ours, uint64_t theirs) {
  printf("%s: frame %" PRIu64 ": %s: ours %" PRIu64 ", libpcap %" PRIu64 "\n", r->path, r->frames, what, ours, theirs);
  return 1;
}

static const struct frame *next_of_ours(struct run *r) {
  if (r->at == r->batch.n) {
    struct err e = {0};
    r->at = 0;
    if (source_next(r->ours, &r->batch, &e) <= 0) return NULL;
  }
  return &r->batch.frame[r->at++];
}

/* libpcap cuts a frame to the snap length; we count such a frame as odd and keep its bytes. A frame with more bytes
 * captured than on the wire: we state the captured length for both. libpcap takes a simple packet block to be of 1970.
 */
static int compare(const struct run *r, const struct frame *f, const struct pcap_pkthdr *h, const u_char *bytes) {
  const struct source_iface *i = &source_info(r->ours)->iface[f->iface];
  uint32_t snap = (uint32_t)pcap_snapshot(r->theirs);
  uint32_t cap = f->cap_len > snap && i->snap_len ? snap : f->cap_len;
  int64_t ns = (int64_t)h->ts.tv_sec * 1000000000 + (int64_t)h->ts.tv_usec;
  if (cap != h->caplen) return complain(r, "captured length", f->cap_len, h->caplen);
  if (f->wire_len != (h->len > f->cap_len ? h->len : f->cap_len)) return complain(r, "length", f->wire_len, h->len);
  if (f->time.ns != ns && ns != 0) return complain(r, "time", (uint64_t)f->time.ns, (uint64_t)ns);
  if (memcmp(f->data, bytes, cap) != 0) return complain(r, "bytes", 0, 0);
  if (f->number != r->frames) return complain(r, "number", f->number, r->frames);
  return 0;
}

static int compare_all(struct run *r) {
  struct pcap_pkthdr *h;
  const u_char *bytes;
  int rc;
  while ((rc = pcap_next_ex(r->theirs, &h, &bytes)) == 1) {
    r->frames++;
    const struct frame *f = next_of_ours(r);
    if (!f) return complain(r, "no such frame", 0, 1);
    if (compare(r, f, h, bytes)) return 1;
  }
  uint64_t more = 0;
  while (next_of_ours(r)) more++;
  const struct source_info *info = source_info(r->ours);
  if (rc == PCAP_ERROR_BREAK && more) return complain(r, "frames more than libpcap's", more, 0);
  if (rc != PCAP_ERROR_BREAK)
    printf("%s: libpcap stops after %" PRIu64 " (%s); ours after %" PRIu64 " (%s)\n", r->path, r->frames,
           pcap_geterr(r->theirs), info->frames, info->damage ? info->damage_text.text : "the end");
  return 0;
}

/* 0: the same; 1: not; 2: libpcap does not open it. */
static int compare_file(const char *path, uint64_t *frames) {
  char why[PCAP_ERRBUF_SIZE];
  struct err e = {0};
  struct run r = {.path = path};
  r.theirs = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
  int opened = source_open(path, &(struct source_options){.hash = true}, &r.ours, &e);
  int result = 2;
  if (!r.theirs)
    printf("%s: libpcap: %s; ours: %s\n", path, why, opened < 0 ? e.text : "read");
  else if (opened < 0)
    result = printf("%s\n", e.text) > 0;
  else
    result = compare_all(&r);
  *frames += r.frames;
  frame_batch_release(&r.batch);
  source_close(r.ours);
  if (r.theirs) pcap_close(r.theirs);
  return result;
}

static void find_folder(char *to, size_t size) {
  const char *shared = getenv("WW_SHARED"), *source = getenv("WW_SOURCE");
  if (shared)
    snprintf(to, size, "%s/captures", shared);
  else
    snprintf(to, size, "%s/../shared/captures", source ? source : ".");
}

static bool is_capture(const char *name) {
  const char *dot = strrchr(name, '.');
  return dot && (!strcmp(dot, ".pcap") || !strcmp(dot, ".pcapng") || !strcmp(dot, ".cap") || !strcmp(dot, ".snoop"));
}

int main(int argc, char **argv) {
  unsigned by_result[3] = {0};
  uint64_t frames = 0;
  for (int i = 1; i < argc; i++) by_result[compare_file(argv[i], &frames)]++;
  if (argc == 1) {
    char folder[2048], path[4096];
    find_folder(folder, sizeof folder);
    DIR *d = opendir(folder);
    if (!d) {
      printf("skipped: no captures at %s; set WW_SHARED\n", folder);
      return SKIPPED;
    }
    for (const struct dirent *e; (e = readdir(d));) {
      snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
      if (is_capture(e->d_name)) by_result[compare_file(path, &frames)]++;
    }
    closedir(d);
  }
  printf("%u captures the same (%" PRIu64 " frames), %u differ, %u that libpcap does not open\n", by_result[0], frames,
         by_result[1], by_result[2]);
  return by_result[1] > 0 || (argc == 1 && by_result[0] < FILES_LEAST);
}
