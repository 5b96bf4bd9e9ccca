/* How much the capture itself lost, over time: bytes acknowledged by the receiver and never seen here, beside all bytes
 * acknowledged, in buckets of one second that double in width when the capture outgrows LOSS_BUCKETS of them. Buckets
 * are aligned to absolute time, so that parts of a capture add up to the same buckets. */
#ifndef WW_CLASSIFIER_LOSS_H
#define WW_CLASSIFIER_LOSS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/stamp.h"

enum { LOSS_BUCKETS = 4096 };

struct loss_bucket {
  int64_t lost;   /* bytes; late arrivals are taken off again, so a bucket may be negative */
  uint64_t acked; /* bytes */
};
struct loss {
  struct loss_bucket *bucket; /* NULL until the first entry */
  struct loss_bucket *now;    /* of the last entry */
  int64_t now_from, now_to;   /* ns; what it covers */
  int64_t width;              /* ns */
  int64_t low;                /* number of bucket[0]: floor(time / width) */
  uint32_t n;
  int64_t lost; /* totals */
  uint64_t acked;
};

void loss_fini(struct loss *l);

/* Moves l->now to the bucket of this time. Negative: memory is out. */
int loss_seek(struct loss *l, stamp_t time);

static inline int loss_add(struct loss *l, stamp_t time, int64_t lost, uint64_t acked) {
  if (time.ns < l->now_from || time.ns >= l->now_to) {
    const int r = loss_seek(l, time);
    if (r < 0) return r;
  }
  l->now->lost += lost;
  l->now->acked += acked;
  l->lost += lost;
  l->acked += acked;
  return 0;
}

int loss_merge(struct loss *l, const struct loss *other);

/* False: loss_share is 0 between any two moments. */
bool loss_is_anywhere(const struct loss *l);

/* Share of acknowledged bytes that were lost between two moments, 0..1. */
double loss_share(const struct loss *l, stamp_t from, stamp_t to);

#endif
