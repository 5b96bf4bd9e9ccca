/* Reassembly of IPv4 and IPv6 fragments (RFC 791 3.2, RFC 8200 4.5), bounded in number, bytes and time.
 *
 * Where fragments overlap, the byte that came first counts, and the datagram is counted as an overlap. The oldest
 * datagram gives way when a bound is reached, and one whose fragments stop coming is dropped after 30 s of capture
 * time. */
#ifndef WW_CAPTURE_DEFRAG_H
#define WW_CAPTURE_DEFRAG_H

#include <stdbool.h>
#include <stdint.h>

#include "util/bytes.h"
#include "util/stamp.h"

enum {
  DEFRAG_TIMEOUT_S = 30,
  DEFRAG_DATAGRAMS_MAX = 256,
  DEFRAG_BYTES_MAX = 4 << 20,
  DEFRAG_DATAGRAM_LEN_MAX = 65535,
  DEFRAG_RANGES_MAX = 64, /* separate pieces of one datagram */
  DEFRAG_COPY_MS = 50,    /* how long fragments of a finished datagram count as copies */
};

/* One fragment as its IP header describes it. */
struct fragment {
  const uint8_t *src, *dst; /* 4 or 16 octets by family */
  uint32_t id;
  uint32_t offset; /* of its first byte in the datagram, in bytes */
  uint8_t family;
  uint8_t proto;     /* IPv4: part of what tells datagrams apart; IPv6: what follows the fragment header */
  bool more;         /* not the last one */
  struct bytes data; /* all of it: a fragment that the snap length cut must not be given */
  stamp_t time;
};

struct defrag;

struct defrag *defrag_new(void); /* NULL: memory is out */
void defrag_free(struct defrag *d);

/* Takes one fragment. 1: it completed a datagram; *whole_out are its bytes, borrowed until defrag_settle, *proto_out
 * the protocol its first fragment states. 0: kept, or a copy of one known. Negative: dropped, as it contradicts the
 * end of the datagram, reaches past 65535 bytes, leaves more than DEFRAG_RANGES_MAX holes, or memory is out. */
int defrag_add(struct defrag *d, const struct fragment *f, struct bytes *whole_out, uint8_t *proto_out);

/* Ends the loans of all datagrams completed so far. */
void defrag_settle(struct defrag *d);

/* Fragments that brought no datagram: dropped, or waiting for the rest. */
uint64_t defrag_lost(const struct defrag *d);
/* Datagrams with fragments that say different things about the same byte. */
uint64_t defrag_overlaps(const struct defrag *d);

#endif
