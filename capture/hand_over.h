/* Frames from the capture thread to those who use them, without the capture thread ever waiting.
 *
 *            take                put                       take
 *   pool ----------> capture -----------> queue (record)   ------> recorder --.
 *    ^                  |                                                      | release
 *    |                  `------------->  queue (analysis) ------> analysis ----+
 *    `-------------------------------------------------------------------------'
 *
 * A batch has as many holders as queues it was put in; the last release gives it back to the pool. Without a free batch
 * the capture thread counts a drop and goes on. Built on Concurrency Kit's ring. */
#ifndef WW_CAPTURE_HAND_OVER_H
#define WW_CAPTURE_HAND_OVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/source.h"

/* A batch on its way: frames are filled by the capture thread and only read from then on. */
struct live_batch;
struct frame_batch *live_batch_frames(struct live_batch *b);

struct batch_pool;

/* At most n batches with buffers of size bytes, allocated when first needed. NULL: memory is out. */
struct batch_pool *batch_pool_new(size_t n, size_t size);
void batch_pool_free(struct batch_pool *p); /* accepts NULL; every batch must have been released */

/* An empty batch with one holder, the caller. NULL: all are in use, or memory is out. One thread only. */
struct live_batch *batch_pool_take(struct batch_pool *p);

/* One holder less. Any thread. */
void batch_pool_release(struct batch_pool *p, struct live_batch *b);

/* Share of the pool in use, 0..1. Any thread. */
double batch_pool_fill(const struct batch_pool *p);

struct batch_queue;

/* For up to n batches, n a power of two. NULL: memory is out. */
struct batch_queue *batch_queue_new(size_t n);
void batch_queue_free(struct batch_queue *q); /* accepts NULL */

/* Adds a holder and passes the batch on; false (and nothing done) when the queue is full. One thread only. */
bool batch_queue_put(struct batch_queue *q, struct live_batch *b);

/* The next batch, held by the caller now; NULL when none came within timeout_ms, or the end was reached (ended_out).
 * One thread only. */
struct live_batch *batch_queue_take(struct batch_queue *q, unsigned timeout_ms, bool *ended_out);

/* No more batches will be put. */
void batch_queue_end(struct batch_queue *q);

#endif
