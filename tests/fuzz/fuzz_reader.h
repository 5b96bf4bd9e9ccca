/* Feeds a reader of the classifier: the input is a list of segments, each with a head of three octets: side and how the
 * sequence number moves (bit 0: side; bit 1: a byte is lost before it; bit 2: it comes before the one sent last), and
 * its length (2, big-endian). Everything must come back to the pool. */
#ifndef WW_TESTS_FUZZ_READER_H
#define WW_TESTS_FUZZ_READER_H

#include <stdlib.h>
#include <string.h>

#include "classifier/reader.h"
#include "classifier/stream.h"
#include "tests/unit/classifier/desk.h"

static inline bool fuzz_read(const struct reader *reader, union reader_state *state, struct stream *s, struct desk *d) {
  struct bytes data;
  bool gap;
  while (stream_get(s, &d->blocks, &data, &gap)) {
    if (bytes_left(&data) == 0) abort();
    stream_took(s, &d->blocks, reader->read(state, &d->taker, data, gap));
    if (reader->is_done(state)) return false;
  }
  return true;
}

static inline int fuzz_reader(enum reader_kind kind, const uint8_t *bytes, size_t size) {
  const struct reader *reader = reader_of(kind);
  struct bytes in = bytes_of(bytes, size), data;
  struct desk d;
  struct stream side[2] = {{0}, {0}};
  uint32_t seq[2] = {1000, 0xfffffff0};
  union reader_state state;
  char text[NOTE_DETAIL_SIZE];
  memset(&state, 0, sizeof state);
  desk_open(&d);
  uint8_t flags;
  uint16_t len;
  bool more = true;
  while (more && bytes_u8(&in, &flags) && bytes_be16(&in, &len)) {
    int i = flags & 1;
    data = in;
    bytes_narrow(&data, len);
    bytes_skip(&in, bytes_left(&data));
    desk_turn(&d, i);
    seq[i] += (uint32_t)(flags >> 1 & 1);
    uint32_t at = flags & 4 ? seq[i] - (uint32_t)bytes_left(&data) : seq[i];
    if (flags & 8) stream_acknowledged(&side[!i], &d.blocks, seq[!i]);
    stream_put(&side[i], &d.blocks, at, data);
    seq[i] = flags & 4 ? seq[i] : seq[i] + (uint32_t)bytes_left(&data);
    more = fuzz_read(reader, &state, &side[i], &d);
    stream_rest(&side[i], &d.blocks);
  }
  for (int i = 0; i < 2; i++) {
    while (stream_flush(&side[i], &d.blocks) && fuzz_read(reader, &state, &side[i], &d)) continue;
    stream_end(&side[i], &d.blocks);
  }
  reader->describe(&state, &d.notes, text, sizeof text);
  if (memchr(text, 0, sizeof text) == NULL) abort();
  reader->service(&state, &d.notes);
  reader->end(&state, &d.blocks);
  desk_close(&d);
  return 0;
}

#endif
