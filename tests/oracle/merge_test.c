/* Every shared capture cut in two at places all along it, the facts of the parts collected apart and merged: the same
 * flows with the same outcomes as in one piece.
 *
 * What the decoder remembers from frame to frame (copies, fragments) is not known across a cut, so packets that stand
 * within its reach of the cut may be counted differently; outcomes may not differ for that.
 *
 *   merge_test    reads the shared captures; exit status 77 when there are none */
#include "capture/timeline.h"
#include "classifier/traffic.h"
#include "shared_captures.h"
#include "util/array.h"

enum { CUTS = 12 };

struct frames {
  struct frame *item;
  size_t n, capacity;
};

struct totals {
  unsigned captures, cuts, datagrams_cut, differences;
  unsigned long flows;
};

static const struct classifier_options plain = {.no_app = true};

static void die(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

static void frames_keep(struct frames *all, const struct frame_batch *batch) {
  for (size_t i = 0; i < batch->n; i++) {
    struct frame *f = ARRAY_PUSH(all->item, all->n, all->capacity);
    uint8_t *data = malloc(batch->frame[i].cap_len + 1u);
    if (!f || !data) die("no memory");
    *f = batch->frame[i];
    memcpy(data, f->data, f->cap_len);
    f->data = data;
  }
}

static void frames_free(struct frames *all) {
  for (size_t i = 0; i < all->n; i++) free((void *)(uintptr_t)all->item[i].data);
  free(all->item);
}

static struct classifier *collect(const struct frames *all, size_t from, size_t to) {
  static struct frame_batch batch;
  struct classifier *c = classifier_new(&plain);
  if (!c) die("no memory");
  while (from < to) {
    batch.n = 0;
    while (from < to && batch.n < BATCH_FRAMES) batch.frame[batch.n++] = all->item[from++];
    if (classifier_feed(c, &batch) < 0) die("no memory");
  }
  return c;
}

static struct traffic *judge(struct classifier *c, const struct timeline_facts *facts) {
  struct traffic *t;
  if (classifier_finish(c, facts, &t) < 0) die("no memory");
  classifier_free(c);
  return t;
}

static bool same(const struct flow_view *a, const struct flow_view *b) {
  return a->id == b->id && a->outcome == b->outcome && a->reset_by == b->reset_by && a->stall_by == b->stall_by &&
         a->client_port == b->client_port && address_equal(&a->client, &b->client);
}

static void compare(const struct traffic *whole, const struct traffic *parts, const char *path, size_t cut,
                    struct totals *totals) {
  const size_t n = traffic_flow_count(whole);
  if (traffic_flow_count(parts) != n) {
    printf("%s cut at %zu: %zu flows became %zu\n", path, cut, n, traffic_flow_count(parts));
    totals->differences++;
    return;
  }
  for (size_t i = 0; i < n; i++) {
    struct flow_view a, b;
    traffic_flow(whole, i, &a), traffic_flow(parts, i, &b);
    totals->flows++;
    if (same(&a, &b)) continue;
    printf("%s cut at %zu: flow %zu, port %u to %u: %s became %s\n", path, cut, i, a.client_port, a.server_port,
           outcome_name(a.outcome), outcome_name(b.outcome));
    totals->differences++;
  }
}

static void capture_try(const char *path, void *context) {
  const struct timeline_options options = {.from = STAMP_NONE, .to = STAMP_NONE, .no_hash = true};
  static struct frame_batch batch;
  struct totals *totals = context;
  struct frames all = {0};
  struct timeline *line;
  struct err e;
  int r;
  if (timeline_open(&path, 1, &options, &line, &e) < 0) return;
  while ((r = timeline_next(line, &batch, &e)) > 0) frames_keep(&all, &batch);
  if (r < 0) die(e.text);
  const struct timeline_facts *facts = timeline_facts(line);
  struct traffic *whole = judge(collect(&all, 0, all.n), facts);
  totals->captures++;
  for (size_t k = 1; k <= CUTS; k++) {
    const size_t cut = all.n * k / (CUTS + 1);
    struct classifier *c = collect(&all, 0, cut), *later = collect(&all, cut, all.n);
    if (classifier_merge(c, later) < 0) die("merge failed");
    classifier_free(later);
    struct traffic *parts = judge(c, facts);
    const unsigned fragments = DECODE_FRAGMENT; /* of a datagram cut in two, neither part makes a packet */
    if (traffic_capture(parts)->decode[fragments] > traffic_capture(whole)->decode[fragments] ||
        traffic_capture(parts)->packets < traffic_capture(whole)->packets)
      totals->datagrams_cut++;
    else
      compare(whole, parts, path, cut, totals);
    traffic_free(parts);
    totals->cuts++;
  }
  traffic_free(whole);
  frame_batch_release(&batch);
  timeline_close(line);
  frames_free(&all);
}

int main(void) {
  struct totals totals = {0};
  if (!shared_captures_each(capture_try, &totals)) return SHARED_SKIPPED;
  printf("%u captures, %u cuts (%u through a fragmented datagram, left out), %lu flows compared, %u differences\n",
         totals.captures, totals.cuts, totals.datagrams_cut, totals.flows, totals.differences);
  return totals.captures == 0 || totals.differences ? 1 : 0;
}
