/* Capturing from network interfaces, through libpcap (TPACKET_V3 on Linux).
 *
 * One thread reads all interfaces into batches and never waits for anybody: a full pool or queue costs packets, which
 * are counted by place. A second thread records, if asked to. The caller takes batches at its own pace (live_next).
 * What was captured reads as a timeline whose inputs are the recording's files, or the interfaces when nothing is
 * recorded. */
#ifndef WW_CAPTURE_LIVE_H
#define WW_CAPTURE_LIVE_H

#include "capture/hand_over.h"
#include "capture/record.h"
#include "capture/timeline.h"

enum { LIVE_IFACES_MAX = 16 };

struct live_options {
  const char *const *iface; /* names; borrowed until live_close */
  size_t n_ifaces;
  const char *filter;     /* libpcap filter expression; NULL = everything */
  uint32_t snap_len;      /* 0 = whole frames */
  uint32_t kernel_buffer; /* bytes an interface; 0 = 64 MiB */
  bool promiscuous;
};

/* How one interface is doing. */
struct live_iface {
  const char *name;
  uint16_t link;
  bool up;                 /* still delivering */
  struct err why;          /* when not */
  uint64_t frames;         /* delivered by the system */
  uint64_t dropped_kernel; /* lost in the system, for want of buffer */
};

struct live_counts {
  uint64_t frames;           /* captured */
  uint64_t dropped_pool;     /* no free batch: analysis and recording both behind */
  uint64_t dropped_analysis; /* recorded (if asked to), but not analysed */
  uint64_t dropped_record;   /* analysed, but not recorded */
  uint64_t dropped_kernel;   /* over all interfaces */
  double fill;               /* of the batch pool, 0..1 */
  uint64_t record_bytes;     /* on disk */
  bool recording;            /* false: none was asked for, or it ended */
  struct err record_why;     /* why it ended */
  size_t n_up;               /* interfaces still delivering */
};

struct live;

/* Opens the interfaces, without starting. Negative with *e: no such interface, no permission (says what to do), the
 * filter is wrong, memory is out. */
int live_open(const struct live_options *options, struct live **live_out, struct err *e);

/* Starts a recording, before live_start; needs no privileges but the folder's. Negative with *e: the folder cannot be
 * written, memory is out. */
int live_record(struct live *l, const struct record_options *options, struct err *e);

/* Starts the threads; call after privileges are dropped. Negative with *e: none can be started. */
int live_start(struct live *l, struct err *e);

/* The next batch, to be given back with live_release; NULL when none came within timeout_ms, or *ended_out: no more
 * will come. */
struct live_batch *live_next(struct live *l, unsigned timeout_ms, bool *ended_out);
void live_release(struct live *l, struct live_batch *b);

/* Asks the capture thread to end; what is on its way still comes out of live_next. May be called in a signal handler.
 */
void live_stop(struct live *l);

/* Waits for the threads; the recording is complete then. Call when live_next has said that it ended. */
void live_join(struct live *l);

struct live_counts live_counts(struct live *l);
size_t live_ifaces(struct live *l, struct live_iface out[LIVE_IFACES_MAX]);

/* What was captured so far, as a timeline. A snapshot, borrowed until the next call or live_close. NULL: memory is out.
 */
const struct timeline_facts *live_facts(struct live *l);

void live_close(struct live *l); /* accepts NULL */

/* Interfaces that can be captured from: "eth0  Ethernet, up, 10.0.0.5", a line each; negative with *e. */
int live_list(void (*line)(void *ctx, const char *text), void *ctx, struct err *e);

#endif
