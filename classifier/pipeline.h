/* Decoding in one thread, facts in another, payload in a third.
 *
 * Frames and their packets travel in loads, in the order of the capture:
 *
 *   frames -> decode -> load -> flows and hosts -> application engine
 *
 * A load is also what one thread alone works in, so that both ways do the same in the same order and the facts do not
 * depend on how many threads there are. What the packets borrow lives until their load is done: the block of the batch
 * is held, and what cannot be held is waited for. */
#ifndef WW_CLASSIFIER_PIPELINE_H
#define WW_CLASSIFIER_PIPELINE_H

#include "classifier/shard.h"

struct pipeline;

/* With threads for facts and payload when threaded, else everything happens in pipeline_feed. Both are borrowed. NULL:
 * memory is out. When the system refuses a thread it works without. */
struct pipeline *pipeline_new(struct decoder *decoder, struct shard *shard, bool threaded);
void pipeline_free(struct pipeline *p); /* accepts NULL */

/* Collects facts from the frames of a batch, which may be filled again afterwards. Negative: memory is out, now or at
 * an earlier batch. */
int pipeline_feed(struct pipeline *p, const struct frame_batch *batch);

/* Returns when the facts of everything fed are in the shard, which nobody touches until the next feed. Negative: memory
 * was out. */
int pipeline_drain(struct pipeline *p);

/* Goes on with another shard; everything must be drained. */
void pipeline_use(struct pipeline *p, struct shard *shard);

#endif
