/* The bytes of one side of a TCP flow in order, as far as a parser needs them; bounded in every direction.
 *
 * Use: stream_put a segment, then for as long as stream_get gives bytes, read from their front and say with
 * stream_took how many were dealt with: more than there are passes over bytes still to come (bulk data of no
 * interest is never copied), 0 waits for more. stream_rest keeps what is left; it must follow, because the bytes
 * may be the packet's own. Segments ahead of a hole are held back, a few of them; when the other side acknowledges
 * beyond the hole, or too much piles up, the hole is a gap: the parser is told once and resynchronises. */
#ifndef WW_CLASSIFIER_STREAM_H
#define WW_CLASSIFIER_STREAM_H

#include <stdbool.h>

#include "classifier/block_pool.h"
#include "util/bytes.h"

enum { STREAM_HELD_MAX = 8, STREAM_HELD_BYTES = 65536, STREAM_BUFFER_MAX = 65536 };

struct stream {        /* starts as {0} */
  uint32_t next;       /* sequence number after the bytes got so far (passed over ones not included) */
  uint32_t skip;       /* bytes from next on that are to be passed over */
  struct bytes fresh;  /* of the segment being dealt with: borrowed from its packet */
  uint8_t *buffer;     /* bytes kept, of the block pool */
  uint32_t start, len; /* they lie at buffer[start..start+len) */
  uint8_t n_held;
  bool started, gap, moved; /* moved: bytes were dealt with or added since the last stream_get that gave none */
  bool used;                /* something was dealt with: no earlier segment can come first any more */
  uint32_t n_gaps;
  size_t size;
  struct stream_held { /* last: hardly ever used */
    uint8_t *block;
    size_t size;
    uint32_t seq, len;
  } held[STREAM_HELD_MAX];
};

/* Takes a segment; bytes seen before are dropped. */
void stream_put(struct stream *s, struct block_pool *pool, uint32_t seq, struct bytes payload);

/* Passes over a segment of nothing but bytes that are to be passed over, and says so; false: it takes stream_put. */
bool stream_pass(struct stream *s, uint32_t seq, size_t len);

/* The other side acknowledged everything before ack: what is missing before it will not come. Before this side's first
 * segment it says where that begins. */
void stream_acknowledged(struct stream *s, struct block_pool *pool, uint32_t ack);

/* The contiguous bytes to read now; false: none, or nothing new since the parser waited. *gap_out: bytes are missing
 * before them (said once). */
bool stream_get(struct stream *s, struct block_pool *pool, struct bytes *data_out, bool *gap_out);

/* The parser dealt with n bytes of those; 0: it waits for more. */
void stream_took(struct stream *s, struct block_pool *pool, size_t n);

/* Keeps what is left of the segment. */
void stream_rest(struct stream *s, struct block_pool *pool);

/* Nothing more will come: lets held segments go behind a gap. True: stream_get has something; call again after it. */
bool stream_flush(struct stream *s, struct block_pool *pool);

/* Gives everything back. */
void stream_end(struct stream *s, struct block_pool *pool);

#endif
