/* Buckets of loss. */
#include "classifier/loss.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

static int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b < 0); }

void loss_fini(struct loss *l) {
  free(l->bucket);
  *l = (struct loss){0};
}

/* Doubles the width: bucket k takes 2k and 2k + 1 by absolute number. */
static void widen(struct loss *l) {
  const int64_t low = floor_divide(l->low, 2);
  struct loss_bucket *b = l->bucket;
  for (uint32_t i = 0; i < l->n; i++) {
    const size_t to = (size_t)(floor_divide(l->low + i, 2) - low);
    const struct loss_bucket from = b[i];
    b[i] = (struct loss_bucket){0};
    b[to].lost += from.lost;
    b[to].acked += from.acked;
  }
  l->n = (uint32_t)(floor_divide(l->low + l->n - 1, 2) - low + 1);
  l->low = low;
  l->width *= 2;
}

/* Whether bucket number k fits beside those there are. */
static bool fits(const struct loss *l, int64_t k) {
  return k >= l->low ? k - l->low < LOSS_BUCKETS : l->low + l->n - k <= LOSS_BUCKETS;
}

static int start(struct loss *l, stamp_t time) {
  l->bucket = array_new(LOSS_BUCKETS, sizeof *l->bucket);
  if (!l->bucket) return -ENOMEM;
  l->width = 1000000000;
  l->low = floor_divide(time.ns, l->width);
  l->n = 1;
  return 0;
}

int loss_seek(struct loss *l, stamp_t time) {
  if (!l->bucket) {
    const int r = start(l, time);
    if (r < 0) return r;
  }
  while (!fits(l, floor_divide(time.ns, l->width))) widen(l);
  const int64_t k = floor_divide(time.ns, l->width);
  if (k < l->low) {
    const size_t by = (size_t)(l->low - k);
    memmove(l->bucket + by, l->bucket, l->n * sizeof *l->bucket);
    memset(l->bucket, 0, by * sizeof *l->bucket);
    l->n += (uint32_t)by;
    l->low = k;
  }
  if (k - l->low >= l->n) l->n = (uint32_t)(k - l->low + 1);
  l->now = &l->bucket[k - l->low];
  if (__builtin_mul_overflow(k, l->width, &l->now_from)) l->now_from = INT64_MIN;
  if (__builtin_add_overflow(l->now_from, l->width, &l->now_to)) l->now_to = INT64_MAX;
  return 0;
}

int loss_merge(struct loss *l, const struct loss *other) {
  if (!other->bucket) return 0;
  while (l->bucket && l->width < other->width) widen(l);
  l->now_from = l->now_to = 0;
  for (uint32_t i = 0; i < other->n; i++) {
    const struct loss_bucket *b = &other->bucket[i];
    if (!b->lost && !b->acked) continue;
    const int r = loss_add(l, (stamp_t){(other->low + i) * other->width}, b->lost, b->acked);
    if (r < 0) return r;
  }
  while (l->bucket && l->width < other->width) widen(l);
  l->now_from = l->now_to = 0;
  return 0;
}

bool loss_is_anywhere(const struct loss *l) {
  for (uint32_t i = 0; i < l->n; i++)
    if (l->bucket[i].lost > 0) return true;
  return false;
}

double loss_share(const struct loss *l, stamp_t from, stamp_t to) {
  if (!l->bucket) return 0;
  int64_t first = floor_divide(from.ns, l->width) - l->low, last = floor_divide(to.ns, l->width) - l->low;
  if (first < 0) first = 0;
  if (last >= l->n) last = (int64_t)l->n - 1;
  int64_t lost = 0;
  uint64_t acked = 0;
  for (int64_t i = first; i <= last; i++) {
    lost += l->bucket[i].lost;
    acked += l->bucket[i].acked;
  }
  if (lost <= 0 || acked == 0) return 0;
  return (double)lost >= (double)acked ? 1 : (double)lost / (double)acked;
}
