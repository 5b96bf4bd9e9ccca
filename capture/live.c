/* What is known of a live capture: counts, interfaces, and the timeline of what was captured so far. */
#include "capture/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/live_internal.h"
#include "util/array.h"

struct live_batch *live_next(struct live *l, unsigned timeout_ms, bool *ended_out) {
  return batch_queue_take(l->to_analysis, timeout_ms, ended_out);
}

void live_release(struct live *l, struct live_batch *b) { batch_pool_release(l->pool, b); }

void live_stop(struct live *l) {
  const uint64_t one = 1;
  if (write(l->stop_event, &one, sizeof one) < 0) return; /* it was asked to stop before */
}

struct live_counts live_counts(struct live *l) {
  struct live_counts c = {
      .dropped_analysis = atomic_load(&l->dropped_analysis),
      .dropped_record = atomic_load(&l->dropped_record),
      .fill = batch_pool_fill(l->pool),
      .record_bytes = atomic_load(&l->record_bytes),
      .recording = atomic_load(&l->recording),
  };
  for (size_t i = 0; i < l->n_taps; i++) {
    c.dropped_kernel += atomic_load(&l->tap[i].dropped_kernel);
    c.dropped_pool += atomic_load(&l->tap[i].dropped_pool);
    c.n_up += atomic_load(&l->tap[i].up);
  }
  c.frames = atomic_load(&l->frames); /* after those lost of them */
  if (!l->record || c.recording) return c;
  pthread_mutex_lock(&l->record_lock);
  c.record_why = l->record_why;
  pthread_mutex_unlock(&l->record_lock);
  return c;
}

size_t live_ifaces(struct live *l, struct live_iface out[LIVE_IFACES_MAX]) {
  for (size_t i = 0; i < l->n_taps; i++) {
    struct tap *tap = &l->tap[i];
    out[i] = (struct live_iface){.name = tap->name,
                                 .link = tap->link,
                                 .up = atomic_load(&tap->up),
                                 .frames = atomic_load(&tap->frames),
                                 .dropped_kernel = atomic_load(&tap->dropped_kernel)};
    if (!out[i].up) out[i].why = tap->why;
  }
  return l->n_taps;
}

static void facts_clear(struct live *l) {
  for (size_t i = 0; i < l->n_inputs; i++) free(l->path[i]);
  free(l->path);
  free(l->input);
  free(l->info);
  free(l->iface);
  l->path = NULL;
  l->input = NULL;
  l->info = NULL;
  l->iface = NULL;
  l->n_inputs = 0;
}

static bool facts_room(struct live *l, size_t n) {
  facts_clear(l);
  l->path = array_new(n, sizeof *l->path);
  l->input = array_new(n, sizeof *l->input);
  l->info = array_new(n, sizeof *l->info);
  l->iface = array_new(n * l->n_taps, sizeof *l->iface);
  return l->path && l->input && l->info && l->iface;
}

/* The interfaces, as far as a file of the recording holds their frames; so a replay of it will say. */
static void facts_ifaces(const struct live *l, const struct record_counts *counts, struct source_iface *to) {
  for (size_t i = 0; i < l->n_taps; i++)
    to[i] = (struct source_iface){.name = l->tap[i].name,
                                  .link = l->tap[i].link,
                                  .snap_len = l->tap[i].snap_len,
                                  .frames = counts[i].frames,
                                  .received = counts[i].received,
                                  .dropped = counts[i].dropped,
                                  .drops_known = true};
}

/* Adds an input of which frames base + 1 ... base + frames are; false: memory is out. */
static bool facts_add(struct live *l, const char *path, const struct record_file *file) {
  const size_t i = l->n_inputs;
  l->path[i] = strdup(path);
  if (!l->path[i]) return false;
  facts_ifaces(l, file->counts, &l->iface[i * l->n_taps]);
  l->info[i] = (struct source_info){.format = file->path ? "pcapng" : "live",
                                    .iface = &l->iface[i * l->n_taps],
                                    .n_ifaces = l->n_taps,
                                    .frames = file->frames,
                                    .bytes_read = file->bytes,
                                    .bytes_size = file->bytes};
  l->input[i] = (struct input_facts){.path = l->path[i],
                                     .readable = true,
                                     .same_as = SIZE_MAX,
                                     .packet_base = file->packet_base,
                                     .frames = file->frames,
                                     .first = file->first,
                                     .last = file->last,
                                     .info = &l->info[i]};
  memcpy(l->input[i].sha256, file->sha256, sizeof l->input[i].sha256);
  l->n_inputs++;
  return true;
}

/* "eth0, eth1": the interfaces as one input. */
static void facts_name(const struct live *l, char *to, size_t size) {
  size_t len = 0;
  to[0] = '\0';
  for (size_t i = 0; i < l->n_taps && len < size; i++)
    len += (size_t)snprintf(to + len, size - len, "%s%s", i ? ", " : "", l->tap[i].name);
}

/* What the interfaces counted beyond what the files hold of them. */
static void facts_rest(struct live *l, const struct record_file *file, size_t n, struct record_counts *rest_out) {
  for (size_t i = 0; i < l->n_taps; i++) {
    const struct tap *tap = &l->tap[i];
    struct record_counts c = {.received = atomic_load(&tap->frames), .dropped = atomic_load(&tap->dropped_kernel)};
    const uint64_t lost = atomic_load(&tap->dropped_pool);
    c.frames = c.received > lost ? c.received - lost : 0;
    for (size_t k = 0; k < n; k++) {
      const struct record_counts *in = &file[k].counts[i];
      c.frames -= in->frames < c.frames ? in->frames : c.frames;
      c.received -= in->received < c.received ? in->received : c.received;
      c.dropped -= in->dropped < c.dropped ? in->dropped : c.dropped;
    }
    rest_out[i] = c;
  }
}

/* The recording's files, then what was not recorded. */
static bool facts_inputs(struct live *l, const struct timeline_facts *f) {
  size_t n = 0;
  const struct record_file *file = l->record ? record_files(l->record, &n) : NULL;
  struct record_counts counts[LIVE_IFACES_MAX];
  struct record_file rest = {.frames = f->frames, .first = f->first, .last = f->last, .counts = counts};
  char name[LIVE_IFACES_MAX * 20];
  facts_name(l, name, sizeof name);
  if (!facts_room(l, n + 1)) return false;
  for (size_t i = 0; i < n; i++) {
    if (!facts_add(l, file[i].path, &file[i])) return false;
    if (!file[i].frames) continue;
    rest.packet_base = file[i].packet_base + (uint32_t)file[i].frames;
    rest.frames = f->frames > rest.packet_base ? f->frames - rest.packet_base : 0;
  }
  if (n && atomic_load(&l->recording)) return true;
  facts_rest(l, file, n, counts);
  return (n && !rest.frames) || facts_add(l, n ? "(not recorded)" : name, &rest);
}

const struct timeline_facts *live_facts(struct live *l) {
  struct timeline_facts f = {.first = STAMP_NONE, .last = STAMP_NONE, .drops_known = true};
  const struct live_counts c = live_counts(l);
  f.frames = c.frames - c.dropped_pool;
  f.bytes = atomic_load(&l->bytes);
  f.dropped = c.dropped_kernel + c.dropped_pool + c.dropped_analysis;
  if (f.frames) f.first = (stamp_t){atomic_load(&l->first_ns)}, f.last = (stamp_t){atomic_load(&l->last_ns)};
  f.numbers_exhausted = f.frames >= UINT32_MAX;
  pthread_mutex_lock(&l->record_lock);
  const bool made = facts_inputs(l, &f);
  pthread_mutex_unlock(&l->record_lock);
  if (!made) return NULL;
  f.input = l->input;
  f.n_inputs = l->n_inputs;
  l->facts = f;
  return &l->facts;
}

void live_close(struct live *l) {
  if (!l) return;
  if (l->capture_started || l->record_started) {
    live_stop(l);
    live_join(l);
  }
  for (size_t i = 0; i < l->n_taps; i++)
    if (l->tap[i].pcap) pcap_close(l->tap[i].pcap);
  facts_clear(l);
  record_free(l->record);
  for (size_t i = 0; i < l->n_taps; i++) free(l->tap[i].name);
  batch_queue_free(l->to_record);
  batch_queue_free(l->to_analysis);
  batch_pool_free(l->pool);
  if (l->stop_event >= 0) close(l->stop_event);
  pthread_mutex_destroy(&l->record_lock);
  free(l);
}
