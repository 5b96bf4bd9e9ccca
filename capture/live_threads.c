/* The two threads of a live capture.
 *
 * The capture thread sleeps in poll() over all interfaces, drains what the kernel has, copies each frame into the batch
 * under way, and passes a batch on when it is full or FLUSH_MS old. It allocates nothing but a batch's first buffer and
 * takes no lock. The recording thread appends batches to the files and flushes them once a second. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "capture/live_internal.h"
#include "util/clock.h"

enum { FLUSH_MS = 50, DISPATCH_FRAMES = 512, DISPATCHES_MAX = 64, RECORD_FLUSH_MS = 1000, STATISTICS_MS = 500 };

/* The kernel keeps frames back until a block is full or BLOCK_TIMEOUT_MS old: so long it is listened to after a stop.
 */
enum { LINGER_MS = 2 * BLOCK_TIMEOUT_MS };

static void pass_on(struct live *l) {
  struct live_batch *b = l->batch;
  if (!b) return;
  const uint64_t n = live_batch_frames(b)->n;
  l->batch = NULL;
  if (n && l->to_record && atomic_load(&l->recording) && !batch_queue_put(l->to_record, b))
    atomic_fetch_add(&l->dropped_record, n);
  if (n && !batch_queue_put(l->to_analysis, b)) atomic_fetch_add(&l->dropped_analysis, n);
  batch_pool_release(l->pool, b);
}

/* A batch with room for one more frame of len bytes; false: none is free. */
static bool make_room(struct live *l, uint32_t len) {
  if (l->batch) {
    const struct frame_batch *f = live_batch_frames(l->batch);
    if (f->n < BATCH_FRAMES && f->size - l->batch_used >= len) return true;
    pass_on(l);
  }
  l->batch = batch_pool_take(l->pool);
  l->batch_used = 0;
  return l->batch != NULL;
}

static void on_frame(u_char *user, const struct pcap_pkthdr *h, const u_char *data) {
  struct tap *tap = (struct tap *)(void *)user;
  struct live *l = tap->live;
  atomic_fetch_add_explicit(&tap->frames, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&l->frames, 1, memory_order_relaxed);
  if (h->caplen > FRAME_LEN_MAX || !make_room(l, h->caplen)) {
    atomic_fetch_add_explicit(&tap->dropped_pool, 1, memory_order_relaxed);
    return;
  }
  struct frame_batch *b = live_batch_frames(l->batch);
  uint8_t *to = b->buffer + l->batch_used;
  memcpy(to, data, h->caplen);
  l->batch_used += h->caplen;
  if (l->packet < UINT32_MAX) l->packet++;
  b->frame[b->n++] = (struct frame){
      .time = stamp_make((uint64_t)h->ts.tv_sec, (uint64_t)h->ts.tv_usec, tap->per_second),
      .data = to,
      .cap_len = h->caplen,
      .wire_len = h->len > h->caplen ? h->len : h->caplen,
      .number = l->packet,
      .packet = l->packet,
      .link = tap->link,
      .iface = (uint16_t)(tap - l->tap),
  };
  const int64_t ns = b->frame[b->n - 1].time.ns;
  atomic_fetch_add_explicit(&l->bytes, h->len, memory_order_relaxed);
  if (ns < atomic_load_explicit(&l->first_ns, memory_order_relaxed)) atomic_store(&l->first_ns, ns);
  if (ns > atomic_load_explicit(&l->last_ns, memory_order_relaxed)) atomic_store(&l->last_ns, ns);
}

/* The interface will deliver no more: it went down, was renamed away or unplugged. */
static void tap_down(struct tap *tap, const char *why) {
  size_t others = 0;
  for (size_t i = 0; i < tap->live->n_taps; i++) others += atomic_load(&tap->live->tap[i].up);
  err_set(&tap->why, "%s: %s; %s", tap->name, why, others > 1 ? "capturing goes on without it" : "capturing ends");
  atomic_store(&tap->up, false);
}

/* What the kernel has, but not for ever: a flood on one interface leaves the others and a request to stop their turn.
 */
static void tap_drain(struct tap *tap) {
  int n = DISPATCH_FRAMES;
  for (int i = 0; i < DISPATCHES_MAX && n == DISPATCH_FRAMES; i++)
    n = pcap_dispatch(tap->pcap, DISPATCH_FRAMES, on_frame, (u_char *)tap);
  if (n < 0 && n != PCAP_ERROR_BREAK) tap_down(tap, n == PCAP_ERROR ? pcap_geterr(tap->pcap) : pcap_statustostr(n));
}

static void tap_statistics(struct tap *tap) {
  struct pcap_stat s;
  if (atomic_load(&tap->up) && pcap_stats(tap->pcap, &s) == 0)
    atomic_store(&tap->dropped_kernel, (unsigned long long)s.ps_drop + s.ps_ifdrop);
}

/* Sleeps until an interface has something or is gone, or it is time to pass a batch on, and drains. Negative: no
 * interface is left. *stop_out: asked to end; not asked about again once it is true. */
static int taps_step(struct live *l, bool *stop_out) {
  struct pollfd wait[LIVE_IFACES_MAX + 1];
  size_t n = 0, of[LIVE_IFACES_MAX + 1];
  wait[n++] = (struct pollfd){.fd = *stop_out ? -1 : l->stop_event, .events = POLLIN};
  for (size_t i = 0; i < l->n_taps; i++) {
    if (!atomic_load(&l->tap[i].up)) continue;
    of[n] = i;
    wait[n++] = (struct pollfd){.fd = pcap_get_selectable_fd(l->tap[i].pcap), .events = POLLIN};
  }
  if (n == 1 || (poll(wait, n, FLUSH_MS) < 0 && errno != EINTR)) return -1;
  for (size_t i = 1; i < n; i++)
    if (wait[i].revents) tap_drain(&l->tap[of[i]]);
  *stop_out = *stop_out || wait[0].revents;
  return 0;
}

static void taps_statistics(struct live *l) {
  for (size_t i = 0; i < l->n_taps; i++) tap_statistics(&l->tap[i]);
}

void *live_capture_thread(void *live) {
  struct live *l = live;
  int64_t passed = clock_ms(), counted = passed, end = INT64_MAX;
  bool stop = false;
  while (clock_ms() < end && taps_step(l, &stop) == 0) {
    const int64_t now = clock_ms();
    if (now - passed >= FLUSH_MS) pass_on(l), passed = now;
    if (now - counted >= STATISTICS_MS) taps_statistics(l), counted = now;
    if (stop && end == INT64_MAX) end = now + LINGER_MS;
  }
  taps_statistics(l);
  pass_on(l);
  if (l->to_record) batch_queue_end(l->to_record);
  batch_queue_end(l->to_analysis);
  return NULL;
}

static void record_counters(struct live *l) {
  for (size_t i = 0; i < l->n_taps; i++)
    record_statistics(l->record, i, atomic_load(&l->tap[i].frames), atomic_load(&l->tap[i].dropped_kernel));
}

/* One batch into the files, or a flush; false: the recording is over. */
static bool record_step(struct live *l, struct live_batch *b, bool flush) {
  struct err why = {""};
  int rc = 0;
  pthread_mutex_lock(&l->record_lock);
  record_counters(l);
  if (b) rc = record_frames(l->record, live_batch_frames(b)->frame, live_batch_frames(b)->n, &why);
  if (rc == 0 && flush) rc = record_flush(l->record, &why);
  atomic_store(&l->record_bytes, record_bytes(l->record));
  if (rc < 0 && atomic_load(&l->recording)) {
    l->record_why = why;
    atomic_store(&l->recording, false);
  }
  pthread_mutex_unlock(&l->record_lock);
  return rc == 0;
}

void *live_record_thread(void *live) {
  struct live *l = live;
  bool ended = false;
  int64_t flushed = clock_ms();
  while (!ended) {
    struct live_batch *b = batch_queue_take(l->to_record, RECORD_FLUSH_MS / 4, &ended);
    const int64_t now = clock_ms();
    const bool flush = now - flushed >= RECORD_FLUSH_MS / 2;
    if (flush) flushed = now;
    if (!record_step(l, b, flush) && b) atomic_fetch_add(&l->dropped_record, live_batch_frames(b)->n);
    if (b) batch_pool_release(l->pool, b);
  }
  pthread_mutex_lock(&l->record_lock);
  struct err why = {""};
  record_counters(l);
  if (record_close(l->record, &why) < 0 && atomic_load(&l->recording)) l->record_why = why;
  atomic_store(&l->record_bytes, record_bytes(l->record));
  atomic_store(&l->recording, false);
  pthread_mutex_unlock(&l->record_lock);
  return NULL;
}
