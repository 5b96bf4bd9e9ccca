/* What a live capture is inside, for its parts: opening (live_open.c), the capture and recording threads
 * (live_threads.c), and what is known of it (live.c). */
#ifndef WW_CAPTURE_LIVE_INTERNAL_H
#define WW_CAPTURE_LIVE_INTERNAL_H

#include <pcap/pcap.h>
#include <pthread.h>
#include <stdatomic.h>

#include "capture/live.h"

enum { BLOCK_TIMEOUT_MS = 50 }; /* the kernel hands over a block that is not full after this */

/* An interface; the capture thread owns it while it runs, others read the atomics. */
struct tap {
  char *name;
  pcap_t *pcap;
  struct live *live;
  uint16_t link;
  uint32_t snap_len, per_second; /* time units: microseconds or nanoseconds */
  atomic_bool up;
  atomic_ullong frames, dropped_kernel, dropped_pool; /* frames: with those the pool had no room for */
  struct err why;                                     /* written before up turns false */
};

struct live {
  struct tap tap[LIVE_IFACES_MAX];
  size_t n_taps;
  struct batch_pool *pool;
  struct batch_queue *to_analysis, *to_record; /* to_record NULL: no recording */
  struct live_batch *batch;                    /* being filled */
  size_t batch_used;                           /* bytes of its buffer */
  uint32_t packet;                             /* number of the last frame */
  struct record *record;
  pthread_mutex_t record_lock; /* around record's file list and record_why */
  struct err record_why;
  pthread_t capture_thread, record_thread;
  bool capture_started, record_started;
  int stop_event; /* eventfd that ends the capture thread */
  atomic_bool recording;
  atomic_ullong frames, dropped_analysis, dropped_record, record_bytes, bytes;
  atomic_llong first_ns, last_ns; /* frame times */

  struct timeline_facts facts; /* live_facts: the last snapshot */
  struct input_facts *input;
  struct source_info *info;
  struct source_iface *iface; /* n_taps an input */
  char **path;                /* owned copies of the recording's paths */
  size_t n_inputs;
};

void *live_capture_thread(void *live);
void *live_record_thread(void *live);

#endif
