/* A desk for parsers in tests: everything a note_taker writes to, and a conversation between 10.0.0.2:50000 (client)
 * and 10.0.0.1:135 (server) to write about. */
#ifndef WW_TESTS_DESK_H
#define WW_TESTS_DESK_H

#include <stdlib.h>
#include <string.h>

#include "classifier/dhcp.h"
#include "classifier/notes.h"
#include "classifier/stream.h"

enum { DESK_SERVER = 0x0a000001, DESK_CLIENT = 0x0a000002, DESK_SERVER_PORT = 135, DESK_CLIENT_PORT = 50000 };

struct desk {
  struct arena arena;
  struct block_pool blocks;
  struct app_counts counts;
  struct notes notes;
  struct dhcp_asks dhcp;
  struct note_taker taker;
};

/* The next packet goes to the client, or to the server; a millisecond later. */
static inline void desk_turn(struct desk *d, bool to_client) {
  struct note_taker *t = &d->taker;
  t->src = address_from_v4(to_client ? DESK_SERVER : DESK_CLIENT);
  t->dst = address_from_v4(to_client ? DESK_CLIENT : DESK_SERVER);
  t->src_port = to_client ? DESK_SERVER_PORT : DESK_CLIENT_PORT;
  t->dst_port = to_client ? DESK_CLIENT_PORT : DESK_SERVER_PORT;
  t->packet++;
  t->time.ns += 1000000;
}

static inline void desk_open(struct desk *d) {
  memset(d, 0, sizeof *d);
  d->taker = (struct note_taker){.arena = &d->arena,
                                 .blocks = &d->blocks,
                                 .learned = learned_table_new(),
                                 .names = hostname_table_new(),
                                 .dhcp = &d->dhcp,
                                 .counts = &d->counts,
                                 .notes = &d->notes,
                                 .proto = PROTO_TCP};
  if (!d->taker.learned || !d->taker.names) abort();
  desk_turn(d, false);
}

/* The streams of both sides. */
struct desk_talk {
  struct desk desk;
  struct stream side[2];
  uint32_t seq[2];
};

/* A segment of one side, from memory that is gone afterwards, read as the engine does. */
typedef size_t desk_read(void *session, struct note_taker *t, struct bytes data, bool gap);
static inline void desk_say(struct desk_talk *t, bool to_client, const void *bytes, size_t len, desk_read *read,
                            void *session) {
  struct stream *s = &t->side[to_client];
  uint8_t *copy = malloc(len + 1);
  struct bytes data;
  bool gap;
  if (!copy) abort();
  memcpy(copy, bytes, len);
  desk_turn(&t->desk, to_client);
  stream_put(s, &t->desk.blocks, t->seq[to_client], bytes_of(copy, len));
  t->seq[to_client] += (uint32_t)len;
  while (stream_get(s, &t->desk.blocks, &data, &gap))
    stream_took(s, &t->desk.blocks, read(session, &t->desk.taker, data, gap));
  stream_rest(s, &t->desk.blocks);
  free(copy);
}

/* Ends the program when something was not given back. */
static inline void desk_close(struct desk *d) {
  if (d->blocks.in_use != 0) abort();
  learned_table_free(d->taker.learned);
  hostname_table_free(d->taker.names);
  block_pool_fini(&d->blocks);
  arena_fini(&d->arena);
}

static inline void desk_talk_close(struct desk_talk *t) {
  for (int i = 0; i < 2; i++) stream_end(&t->side[i], &t->desk.blocks);
  desk_close(&t->desk);
}

#endif
