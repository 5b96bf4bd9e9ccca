/* From frames to judged flows: octets 0-1 the link type, then for each frame its length (2 octets), the step of the
 * clock (1: 37 ms times the low seven bits, backwards with the high bit) and its bytes. The input is collected twice,
 * in one piece and in two that are merged, then every flow and host is looked at and explained. */
#include <stdlib.h>
#include <string.h>

#include "classifier/explain.h"
#include "classifier/traffic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRAMES_MOST = 512 };

struct frames {
  struct frame frame[FRAMES_MOST];
  size_t n;
  stamp_t first, last;
};

static void frames_read(struct frames *all, const uint8_t *data, size_t size) {
  struct bytes b = bytes_of(data, size), frame;
  uint16_t link, len;
  uint8_t step;
  int64_t ms = 0;
  if (!bytes_be16(&b, &link)) return;
  while (all->n < FRAMES_MOST && bytes_be16(&b, &len) && bytes_u8(&b, &step)) {
    if (len > bytes_left(&b)) len = (uint16_t)bytes_left(&b);
    if (!bytes_take(&b, len, &frame)) break;
    ms += (step & 128 ? -37 : 37) * (int64_t)(step & 127);
    const uint32_t number = (uint32_t)all->n + 1;
    all->frame[all->n++] = (struct frame){.time = stamp_from_ms(ms),
                                          .data = frame.at,
                                          .cap_len = len,
                                          .wire_len = len,
                                          .number = number,
                                          .packet = number,
                                          .link = link};
    if (number == 1) all->first = stamp_from_ms(ms);
    all->last = number == 1 ? stamp_from_ms(ms) : stamp_max(all->last, stamp_from_ms(ms));
  }
}

static void feed(struct classifier *c, struct frame_batch *batch, const struct frames *all, size_t from, size_t to) {
  batch->n = to - from;
  memcpy(batch->frame, all->frame + from, batch->n * sizeof *batch->frame);
  if (c && classifier_feed(c, batch) < 0) abort();
}

static void look(struct traffic *t) {
  struct flow_view v;
  struct host_view h;
  char text[REASON_TEXT_SIZE];
  for (size_t i = 0; i < traffic_flow_count(t); i++) {
    struct out to;
    traffic_flow(t, i, &v);
    if (v.outcome >= OUTCOME_COUNT || v.confidence >= CONFIDENCE_COUNT || !memchr(v.history, 0, sizeof v.history))
      abort();
    for (unsigned r = 0; r < REASON_COUNT; r++) flow_reason_print(text, &v, (enum reason)r);
    out_init(&to, NULL);
    explain_flow(t, i, &to);
    out_close(&to);
  }
  for (size_t i = 0; i < traffic_host_count(t); i++) {
    traffic_host_at(t, i, &h);
    if (!traffic_host(t, &h.address, &h)) abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct frames *all = calloc(1, sizeof *all);
  struct frame_batch *batch = calloc(1, sizeof *batch);
  const struct classifier_options options = {.flows_max = 64, .hosts_max = 32, .no_app = true};
  struct classifier *whole = classifier_new(&options), *later = classifier_new(&options);
  struct traffic *t = NULL;
  if (!all || !batch || !whole || !later) goto out;
  frames_read(all, data, size);
  struct timeline_facts facts = {.frames = all->n, .first = all->first, .last = all->last};
  feed(whole, batch, all, 0, all->n);
  if (classifier_snapshot(whole, &facts, &t) == 0) look(t);
  traffic_free(t), t = NULL;
  if (classifier_finish(whole, &facts, &t) == 0) look(t);
  traffic_free(t), t = NULL;
  feed(whole, batch, all, 0, all->n / 2);
  feed(later, batch, all, all->n / 2, all->n);
  if (classifier_merge(whole, later) == 0 && classifier_finish(whole, &facts, &t) == 0) look(t);
out:
  traffic_free(t);
  classifier_free(whole);
  classifier_free(later);
  free(batch);
  free(all);
  return 0;
}
