/* stages STAGE CAPTURE [THREADS]: one stage of the work and all before it, for bench.py to time.
 *
 *   loop      an empty libpcap loop: what everything is compared with
 *   read      our reader alone
 *   decode    and decoding
 *   flows     and the flow table, outcomes folded
 *   services  and the application engine
 *
 * Prints one JSON line: frames, packets, flows. */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/timeline.h"
#include "classifier/traffic.h"

struct seen {
  uint64_t frames, packets, flows;
};

static const struct timeline_options timeline_plain = {.from = STAMP_NONE, .to = STAMP_NONE, .no_hash = true, .ahead = true};

static void count_frame(u_char *user, const struct pcap_pkthdr *h, const u_char *data) {
  (void)h, (void)data;
  ((struct seen *)(void *)user)->frames++;
}

static int loop_run(const char *path, unsigned threads, struct seen *seen) {
  char error[PCAP_ERRBUF_SIZE];
  (void)threads;
  pcap_t *p = pcap_open_offline(path, error);
  if (!p) return -1;
  const int r = pcap_loop(p, -1, count_frame, (u_char *)seen);
  pcap_close(p);
  return r;
}

static int read_run(const char *path, unsigned threads, struct seen *seen) {
  (void)threads;
  struct err e = {0};
  struct timeline *t;
  static struct frame_batch batch;
  if (timeline_open(&path, 1, &timeline_plain, &t, &e) < 0) return -1;
  int r;
  while ((r = timeline_next(t, &batch, &e)) > 0) seen->frames += batch.n;
  frame_batch_release(&batch);
  timeline_close(t);
  return r;
}

static int decode_run(const char *path, unsigned threads, struct seen *seen) {
  (void)threads;
  struct err e = {0};
  struct timeline *t;
  static struct frame_batch batch;
  struct packet packet[PACKETS_PER_FRAME_MAX];
  struct neighbour neighbour;
  struct decoder *d = decoder_new(&(struct decoder_options){0});
  if (!d) return -1;
  int r = timeline_open(&path, 1, &timeline_plain, &t, &e);
  if (r < 0) goto out;
  while ((r = timeline_next(t, &batch, &e)) > 0) {
    seen->frames += batch.n;
    for (size_t i = 0; i < batch.n; i++) seen->packets += decode_frame(d, &batch.frame[i], packet, &neighbour);
  }
  frame_batch_release(&batch);
  timeline_close(t);
out:
  decoder_free(d);
  return r;
}

static int classify(const char *path, struct classifier_options options, struct seen *seen) {
  struct err e = {0};
  struct timeline *t;
  struct traffic *traffic = NULL;
  static struct frame_batch batch;
  struct classifier *c = classifier_new(&options);
  if (!c) return -1;
  int r = timeline_open(&path, 1, &timeline_plain, &t, &e);
  if (r < 0) goto out;
  while ((r = timeline_next(t, &batch, &e)) > 0) {
    seen->frames += batch.n;
    if ((r = classifier_feed(c, &batch)) < 0) break;
  }
  frame_batch_release(&batch);
  if (r == 0) r = classifier_finish(c, timeline_facts(t), &traffic);
  if (r == 0) {
    seen->packets = traffic_capture(traffic)->packets;
    seen->flows = traffic_flow_count(traffic);
    traffic_free(traffic);
  }
  timeline_close(t);
out:
  classifier_free(c);
  return r;
}

static int flows_run(const char *path, unsigned threads, struct seen *seen) {
  return classify(path, (struct classifier_options){.threads = threads, .no_app = true}, seen);
}

static int services_run(const char *path, unsigned threads, struct seen *seen) {
  return classify(path, (struct classifier_options){.threads = threads, .dpi_sparing = true}, seen);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    int (*run)(const char *path, unsigned threads, struct seen *seen);
  } stage[] = {
      {"loop", loop_run}, {"read", read_run}, {"decode", decode_run}, {"flows", flows_run}, {"services", services_run}};
  struct seen seen = {0};
  for (size_t i = 0; argc >= 3 && i < sizeof stage / sizeof *stage; i++) {
    if (strcmp(stage[i].name, argv[1]) != 0) continue;
    if (stage[i].run(argv[2], argc > 3 ? (unsigned)atoi(argv[3]) : 1, &seen) < 0) {
      fprintf(stderr, "stages: %s cannot be read\n", argv[2]);
      return 1;
    }
    printf("{\"frames\":%llu,\"packets\":%llu,\"flows\":%llu}\n", (unsigned long long)seen.frames,
           (unsigned long long)seen.packets, (unsigned long long)seen.flows);
    return 0;
  }
  fprintf(stderr, "usage: stages loop|read|decode|flows|services CAPTURE [THREADS]\n");
  return 2;
}
