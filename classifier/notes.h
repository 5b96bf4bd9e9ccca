/* What the parsers write down about a flow, and who they write it down with.
 *
 * A note_taker stands for one packet (or datagram) of one flow while parsers read it; what they note lands in the
 * flow's notes, in the table of learned endpoints or among the host names. Lists in notes are contiguous; when one
 * grows, the older, shorter copy stays readable, so views handed out earlier remain good. */
#ifndef WW_CLASSIFIER_NOTES_H
#define WW_CLASSIFIER_NOTES_H

#include "classifier/app.h"
#include "classifier/block_pool.h"
#include "classifier/hostname.h"
#include "classifier/learned.h"
#include "classifier/rpc_interface.h"
#include "util/arena.h"

enum { NOTES_RPC_MAX = 256, NOTES_LEARNED_MAX = 4096, NOTES_TREES_MAX = 64, NOTE_DETAIL_SIZE = 256 };

struct notes {
  struct rpc_bind *rpc;
  struct learned *learned;
  const char **tree;
  uint16_t n_rpc, rpc_size, n_learned, learned_size, n_trees, trees_size;
  const struct learned *origin;
  uint32_t not_registered_packet; /* 0 = the mapper never said so */
  bool encrypted;
};

struct dhcp_asks; /* classifier/dhcp.h */

struct note_taker {
  struct arena *arena;
  struct notes *notes; /* of the flow */
  uint32_t packet;
  bool news; /* set by a parser that learned something worth telling of the flow */
  stamp_t time;
  struct block_pool *blocks;
  struct learned_table *learned;
  struct hostname_table *names;
  struct dhcp_asks *dhcp; /* clients whose address is not known yet */
  struct app_counts *counts;
  struct address src, dst;
  uint16_t src_port, dst_port;
  uint8_t proto;
};

enum { NOTE_NOT_KEPT = 0xffff };

/* An interface was bound or altered to, not (yet) accepted; once per flow, interface and version. Returns its place in
 * notes->rpc, or NOTE_NOT_KEPT. */
uint16_t note_bind(struct note_taker *t, const struct uuid *uuid, uint16_t major, uint16_t minor);
void note_bind_accepted(struct note_taker *t, uint16_t place);

/* The sender of this packet announced an endpoint to its receiver. The caller fills uuid, name, service, server, port,
 * proto and by; the rest comes from the packet. */
void note_endpoint(struct note_taker *t, struct learned *endpoint);

/* The sender answered with an endpoint that cannot be read, or asked for one: expects a connection of client to
 * announcer. */
void note_expect(struct note_taker *t, const struct address *client, const struct address *announcer);

/* A share was connected to: "\\host\ADMIN$" as clean text; once per flow. */
void note_tree(struct note_taker *t, const char *text);

#endif
