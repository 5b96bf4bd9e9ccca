/* What a payload is, by its own first bytes: cheap signatures, tried before nDPI and trusted before it. */
#ifndef WW_CLASSIFIER_RECOGNISE_H
#define WW_CLASSIFIER_RECOGNISE_H

#include "capture/packet.h"
#include "classifier/reader.h"

enum { RECOGNISED_PORTS = 4 };
struct recognised {
  enum service service;
  enum reader_kind reader; /* that follows the stream (TCP); READER_NONE = the name is all */
  /* Reads each datagram of the flow (UDP); NULL = the name is all. False: not of this protocol. */
  bool (*datagram)(struct note_taker *t, struct bytes data);
  bool needs_notes;                /* datagram writes to the flow's notes */
  uint16_t datagrams_max;          /* read of one flow; 0 = as usual */
  uint16_t port[RECOGNISED_PORTS]; /* one end must have one of these, up to the first 0; none: any port will do */
};

/* Rows as bits: which can begin with an octet; which need no port, or have one that ends in an octet. */
struct recogniser_rows {
  uint32_t of_octet[UINT8_MAX + 1], any_port, of_port[UINT8_MAX + 1];
};
struct recogniser {
  struct recogniser_rows tcp, udp;
};
void recogniser_init(struct recogniser *r);

/* True and *row_out when a signature fits the packet's payload; recognised_at says what that row means. */
bool recognise(const struct recogniser *r, const struct packet *p, unsigned *row_out);
const struct recognised *recognised_at(unsigned row);

/* Whether a segment that no signature fits may be the beginning of something that one does: a question of its
 * first octet. */
bool recognise_may_begin(const struct packet *p);

#endif
