/* The stream against a model: the byte at sequence number n always has the value pattern(n), so whatever is delivered
 * can be checked. Each step of the input has four octets: what, an offset, a length, how much the parser takes. */
#include <stdlib.h>

#include "classifier/stream.h"

enum { PUT, ACKNOWLEDGE, FLUSH, KINDS };

static uint8_t pattern(uint32_t seq) { return (uint8_t)(seq * 2654435761u >> 24); }

/* Not counted by the fuzzer (uncounted.txt), so it must stay a function: it looks at the same bytes whatever they are.
 */
__attribute__((noinline)) static bool pattern_holds(const uint8_t *bytes, size_t n, uint32_t seq) {
  for (size_t i = 0; i < n; i++)
    if (bytes[i] != pattern(seq + (uint32_t)i)) return false;
  return true;
}

__attribute__((noinline)) static void pattern_fill(uint8_t *bytes, size_t n, uint32_t seq) {
  for (size_t i = 0; i < n; i++) bytes[i] = pattern(seq + (uint32_t)i);
}

struct model {
  uint32_t read; /* next byte that the parser will see */
  bool known;    /* read is known */
};

static void deliver(struct stream *s, struct block_pool *pool, struct model *m, uint8_t take) {
  struct bytes data;
  bool gap;
  for (int rounds = 0; stream_get(s, pool, &data, &gap); rounds++) {
    if (bytes_left(&data) == 0 || rounds > 100000) abort();
    uint32_t at = s->next - (uint32_t)bytes_left(&data);
    if (m->known && !gap && at != m->read) abort(); /* bytes lost or repeated without a word */
    /* All of it the first time; then, byte by byte, what comes next: the rest was looked at before. */
    size_t look = rounds == 0 || bytes_left(&data) < 64 ? bytes_left(&data) : 64;
    if (!pattern_holds(data.at, look, at)) abort();
    size_t n = take == 255 ? bytes_left(&data) + 1000 : take;
    stream_took(s, pool, n);
    m->read = at + (uint32_t)n;
    m->known = s->used;
  }
  stream_rest(s, pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct bytes in = bytes_of(data, size);
  struct block_pool pool = {0};
  struct stream s = {0};
  struct model m = {0};
  uint32_t base = 0xffffff00, top = base;
  static uint8_t segment[255 * 40];
  const uint8_t *step;
  while ((step = bytes_get(&in, 4))) {
    uint32_t seq = top + (uint32_t)(int32_t)((int8_t)step[1]) * 8, len = step[2] * (step[0] & 0x80 ? 40u : 1u);
    switch (step[0] % KINDS) {
      case PUT:
        pattern_fill(segment, len, seq);
        stream_put(&s, &pool, seq, bytes_of(segment, len));
        deliver(&s, &pool, &m, step[3]);
        if ((int32_t)(seq + len - top) > 0) top = seq + len;
        break;
      case ACKNOWLEDGE:
        stream_acknowledged(&s, &pool, seq);
        break;
      default:
        stream_flush(&s, &pool);
        deliver(&s, &pool, &m, step[3]);
        break;
    }
    if (pool.in_use > 2 * STREAM_BUFFER_MAX + 2 * STREAM_HELD_BYTES + STREAM_HELD_MAX * BLOCK_SIZE_MIN) abort();
  }
  stream_end(&s, &pool);
  if (pool.in_use) abort();
  block_pool_fini(&pool);
  return 0;
}
