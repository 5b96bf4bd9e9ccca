/* Feeds a reader of the classifier: the input is a list of segments, each with a head of three octets: side and how the
 * sequence number moves (bit 0: side; bit 1: a byte is lost before it; bit 2: it comes before the one sent last), and
 * its length (2, big-endian). Everything must come back to the pool. */
#ifndef WW_TESTS_FUZZ_READER_H
#define WW_TESTS_FUZZ_READER_H

#include <stdlib.h>
#include <string.h>

#include "classifier/reader.h"
#include "classifier/stream.h"

struct fuzz_desk { /* where notes go */
  struct arena arena;
  struct block_pool blocks;
  struct app_counts counts;
  struct notes notes;
  struct note_taker taker;
};

static inline void fuzz_desk_open(struct fuzz_desk *d) {
  memset(d, 0, sizeof *d);
  d->taker = (struct note_taker){.arena = &d->arena,
                                 .blocks = &d->blocks,
                                 .learned = learned_table_new(),
                                 .names = hostname_table_new(),
                                 .counts = &d->counts,
                                 .notes = &d->notes,
                                 .src = address_from_v4(0x0a000001),
                                 .dst = address_from_v4(0x0a000002),
                                 .src_port = 135,
                                 .dst_port = 50000,
                                 .proto = PROTO_TCP};
  if (!d->taker.learned || !d->taker.names) abort();
}

static inline void fuzz_desk_close(struct fuzz_desk *d) {
  if (d->blocks.in_use != 0) abort();
  for (uint16_t i = 0; i < d->notes.n_trees; i++)
    if (!d->notes.tree[i][0]) abort();
  learned_table_free(d->taker.learned);
  hostname_table_free(d->taker.names);
  block_pool_fini(&d->blocks);
  arena_fini(&d->arena);
}

static inline void fuzz_turn(struct note_taker *t, bool to_client) {
  t->src = address_from_v4(to_client ? 0x0a000001 : 0x0a000002);
  t->dst = address_from_v4(to_client ? 0x0a000002 : 0x0a000001);
  t->src_port = to_client ? 135 : 50000;
  t->dst_port = to_client ? 50000 : 135;
  t->packet++;
  t->time.ns += 1000000;
}

static inline bool fuzz_read(const struct reader *reader, union reader_state *state, struct stream *s,
                             struct fuzz_desk *d) {
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
  struct fuzz_desk d;
  struct stream side[2] = {{0}, {0}};
  uint32_t seq[2] = {1000, 0xfffffff0};
  union reader_state state;
  char text[NOTE_DETAIL_SIZE];
  memset(&state, 0, sizeof state);
  fuzz_desk_open(&d);
  uint8_t flags;
  uint16_t len;
  bool more = true;
  while (more && bytes_u8(&in, &flags) && bytes_be16(&in, &len)) {
    int i = flags & 1;
    data = in;
    bytes_narrow(&data, len);
    bytes_skip(&in, bytes_left(&data));
    fuzz_turn(&d.taker, i);
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
  fuzz_desk_close(&d);
  return 0;
}

#endif
