/* Our readers and libpcap's must see the same frames: time, lengths, bytes, of every shared capture that libpcap opens.
 *
 *   readers_test [FILE...]    without files: every shared capture */
#include "tests/oracle/compare_readers.h"
#include "tests/oracle/shared_captures.h"

enum { FILES_LEAST = 55 };

struct score {
  unsigned same, differ, refused; /* refused: by libpcap */
  uint64_t frames;
};

static void compare_file(const char *path, void *context) {
  struct score *score = context;
  char why[PCAP_ERRBUF_SIZE];
  struct err e = {0};
  struct readers r = {.name = path};
  r.theirs = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
  int opened = source_open(path, &(struct source_options){.hash = true}, &r.ours, &e);
  if (!r.theirs) {
    printf("%s: libpcap: %s; ours: %s\n", path, why, opened < 0 ? e.text : "read");
    score->refused++;
  } else if (opened < 0) {
    printf("%s\n", e.text);
    score->differ++;
  } else if (readers_compare(&r, true)) {
    score->differ++;
  } else {
    score->same++;
  }
  score->frames += r.frames;
  frame_batch_release(&r.batch);
  source_close(r.ours);
  if (r.theirs) pcap_close(r.theirs);
}

int main(int argc, char **argv) {
  struct score score = {0};
  for (int i = 1; i < argc; i++) compare_file(argv[i], &score);
  if (argc == 1 && !shared_captures_each(compare_file, &score)) return SHARED_SKIPPED;
  printf("%u captures the same (%" PRIu64 " frames), %u differ, %u that libpcap does not open\n", score.same,
         score.frames, score.differ, score.refused);
  return score.differ > 0 || (argc == 1 && score.same < FILES_LEAST);
}
