/* Contiguous bytes are the buffer followed by the fresh segment; they are only copied together when both have some.
 * Distances between sequence numbers are signed 32-bit differences, so wrapping needs no care (RFC 9293 3.4). */
#include "classifier/stream.h"

#include <string.h>

static int32_t distance(uint32_t from, uint32_t to) { return (int32_t)(to - from); }

static void buffer_drop(struct stream *s, struct block_pool *pool) {
  block_put(pool, s->buffer, s->size);
  s->buffer = NULL;
  s->size = 0;
  s->start = s->len = 0;
}

static bool buffer_add(struct stream *s, struct block_pool *pool, struct bytes more) {
  uint32_t n = (uint32_t)bytes_left(&more);
  if (s->start + s->len + n > s->size) {
    size_t size = s->size;
    uint8_t *to = s->buffer;
    if (s->len + n > s->size && !(to = block_get(pool, s->len + n, &size))) return false;
    if (s->len) memmove(to, s->buffer + s->start, s->len);
    if (to != s->buffer) block_put(pool, s->buffer, s->size);
    s->buffer = to;
    s->size = size;
    s->start = 0;
  }
  if (n) memcpy(s->buffer + s->start + s->len, more.at, n);  // NOLINT: n bytes are there
  s->len += n;
  return true;
}

/* More than fits: the oldest bytes go and the parser starts anew at more. */
static void buffer_add_or_gap(struct stream *s, struct block_pool *pool, struct bytes more) {
  if (buffer_add(s, pool, more)) return;
  buffer_drop(s, pool);
  s->gap = true;
  s->n_gaps++;
  buffer_add(s, pool, more); /* failing again means memory is out: the gap stands */
}

/* The segment that begins at next: passes over what is to be skipped and takes the rest. */
static void accept(struct stream *s, struct block_pool *pool, struct bytes payload, bool borrowed) {
  uint32_t len = (uint32_t)bytes_left(&payload), passed = len < s->skip ? len : s->skip;
  s->skip -= passed;
  s->next += len;
  bytes_skip(&payload, passed);
  if (passed == len) return;
  s->moved = true;
  if (bytes_left(&s->fresh)) stream_rest(s, pool); /* what came before stays before */
  if (borrowed && !s->len)
    s->fresh = payload;
  else
    buffer_add_or_gap(s, pool, payload);
}

static void held_drop(struct stream *s, struct block_pool *pool, unsigned i) {
  block_put(pool, s->held[i].block, s->held[i].size);
  s->held[i] = s->held[--s->n_held];
}

static bool hold(struct stream *s, struct block_pool *pool, uint32_t seq, struct bytes payload) {
  uint32_t len = (uint32_t)bytes_left(&payload), total = len;
  for (unsigned i = 0; i < s->n_held; i++) {
    if (s->held[i].seq == seq && s->held[i].len >= len) return true;
    total += s->held[i].len;
  }
  if (s->n_held == STREAM_HELD_MAX || total > STREAM_HELD_BYTES) return false;
  struct stream_held h = {.seq = seq, .len = len};
  h.block = block_get(pool, len, &h.size);
  if (!h.block) return false;
  memcpy(h.block, payload.at, len);
  s->held[s->n_held++] = h;
  return true;
}

/* Gives up on the bytes before seq. */
static void gap_to(struct stream *s, struct block_pool *pool, uint32_t seq) {
  buffer_drop(s, pool);
  s->fresh = (struct bytes){0};
  s->next = seq;
  s->skip = 0;
  s->gap = true;
  s->n_gaps++;
}

static void gap_to_held(struct stream *s, struct block_pool *pool) {
  uint32_t lowest = s->held[0].seq;
  for (unsigned i = 1; i < s->n_held; i++)
    if (distance(lowest, s->held[i].seq) < 0) lowest = s->held[i].seq;
  gap_to(s, pool, lowest);
}

/* A held segment that now fits. */
static bool held_take(struct stream *s, struct block_pool *pool) {
  for (unsigned i = 0; i < s->n_held; i++) {
    int32_t ahead = distance(s->next, s->held[i].seq);
    if (ahead > 0 && (uint32_t)ahead > s->skip) continue;
    struct bytes payload = bytes_of(s->held[i].block, s->held[i].len);
    if (ahead > 0) {
      s->skip -= (uint32_t)ahead;
      s->next = s->held[i].seq;
    } else {
      bytes_skip(&payload, (uint32_t)-ahead < s->held[i].len ? (uint32_t)-ahead : s->held[i].len);
    }
    if (bytes_left(&payload)) accept(s, pool, payload, false);
    held_drop(s, pool, i);
    return true;
  }
  return false;
}

/* The first segment seen was not the first one sent: what came of it waits. False: it cannot be so. */
static bool rebase(struct stream *s, struct block_pool *pool, uint32_t seq) {
  if (s->used || s->skip || distance(s->next, seq) < -STREAM_BUFFER_MAX) return false;
  if (s->len && !hold(s, pool, s->next - s->len, bytes_of(s->buffer + s->start, s->len))) return false;
  buffer_drop(s, pool);
  s->next = seq;
  return true;
}

void stream_put(struct stream *s, struct block_pool *pool, uint32_t seq, struct bytes payload) {
  if (!bytes_left(&payload)) return;
  if (!s->started) {
    s->started = true;
    s->next = seq;
  }
  int32_t ahead = distance(s->next, seq);
  bool probe = bytes_left(&payload) == 1 && !s->len; /* a keep-alive repeats the byte before what comes next */
  if (ahead < 0 && !probe && distance(s->next - s->len, seq) < 0 && rebase(s, pool, seq)) ahead = 0;
  if (ahead < 0) {
    if (!bytes_skip(&payload, (size_t) - (int64_t)ahead) || !bytes_left(&payload)) return;
  } else if (ahead > 0 && (uint32_t)ahead <= s->skip) {
    s->skip -= (uint32_t)ahead;
    s->next = seq;
  } else if (ahead > 0) {
    if (hold(s, pool, seq, payload)) return;
    if (s->n_held) gap_to_held(s, pool);
    while (held_take(s, pool)) continue;
    ahead = distance(s->next, seq);
    if (ahead > 0) gap_to(s, pool, seq);
    if (ahead < 0 && (!bytes_skip(&payload, (size_t) - (int64_t)ahead) || !bytes_left(&payload))) return;
  }
  accept(s, pool, payload, true);
}

bool stream_pass(struct stream *s, uint32_t seq, size_t len) {
  if (!s->started || s->n_held || seq != s->next || len > s->skip) return false;
  s->skip -= (uint32_t)len;
  s->next += (uint32_t)len;
  return true;
}

void stream_acknowledged(struct stream *s, struct block_pool *pool, uint32_t ack) {
  if (!s->started) { /* what this side sends first begins there, whatever part of it comes first */
    s->started = true;
    s->next = ack;
  }
  if (!s->n_held || distance(s->next + s->skip, ack) <= 0) return;
  if (held_take(s, pool)) return;
  gap_to_held(s, pool);
}

bool stream_get(struct stream *s, struct block_pool *pool, struct bytes *data_out, bool *gap_out) {
  while (held_take(s, pool)) continue;
  if (!s->moved) return false;
  if (bytes_left(&s->fresh) && s->len) {
    struct bytes fresh = s->fresh;
    s->fresh = (struct bytes){0};
    buffer_add_or_gap(s, pool, fresh);
  }
  struct bytes data = s->fresh;
  if (!bytes_left(&data) && s->len) data = bytes_of(s->buffer + s->start, s->len);
  if (!bytes_left(&data)) return false;
  *data_out = data;
  *gap_out = s->gap;
  s->gap = false;
  return true;
}

void stream_took(struct stream *s, struct block_pool *pool, size_t n) {
  if (!n) {
    s->moved = false;
    return;
  }
  s->used = true;
  size_t there = bytes_left(&s->fresh) ? bytes_left(&s->fresh) : s->len;
  if (n >= there) {
    size_t more = n - there;
    s->skip += more > UINT32_MAX / 4 ? UINT32_MAX / 4 : (uint32_t)more;
    s->fresh = (struct bytes){0};
    buffer_drop(s, pool);
  } else if (bytes_left(&s->fresh)) {
    bytes_skip(&s->fresh, n);
  } else {
    s->start += (uint32_t)n;
    s->len -= (uint32_t)n;
  }
}

void stream_rest(struct stream *s, struct block_pool *pool) {
  if (!bytes_left(&s->fresh)) return;
  struct bytes fresh = s->fresh;
  s->fresh = (struct bytes){0};
  buffer_add_or_gap(s, pool, fresh);
}

bool stream_flush(struct stream *s, struct block_pool *pool) {
  if (!s->n_held) return false;
  gap_to_held(s, pool);
  while (held_take(s, pool)) continue;
  return true;
}

void stream_end(struct stream *s, struct block_pool *pool) {
  buffer_drop(s, pool);
  while (s->n_held) held_drop(s, pool, s->n_held - 1u);
  *s = (struct stream){0};
}
