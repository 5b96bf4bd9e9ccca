/* Our readers and libpcap's must see the same frames: time, lengths, bytes, of every shared capture that libpcap opens.
 *
 *   readers_test [FILE...]    without files: every capture in $WW_SHARED/captures or SOURCE/../shared/captures */
#include "tests/oracle/compare_readers.h"

#include <dirent.h>
#include <stdlib.h>

enum { SKIPPED = 77, FILES_LEAST = 55 };

/* 0: the same; 1: not; 2: libpcap does not open it. */
static int compare_file(const char *path, uint64_t *frames) {
  char why[PCAP_ERRBUF_SIZE];
  struct err e = {0};
  struct readers r = {.name = path};
  r.theirs = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
  int opened = source_open(path, &(struct source_options){.hash = true}, &r.ours, &e);
  int result = 2;
  if (!r.theirs)
    printf("%s: libpcap: %s; ours: %s\n", path, why, opened < 0 ? e.text : "read");
  else if (opened < 0)
    result = printf("%s\n", e.text) > 0;
  else
    result = readers_compare(&r, true);
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
