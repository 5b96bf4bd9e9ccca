/* Copies of one packet: what SPAN ports, several capture points of one host and routed paths add to a capture.
 *
 * A copy has the same addresses, transport header (sequence, acknowledgement, flags, options, checksum), length and
 * IP identification as a packet seen shortly before, and a time to live that is equal or lower by at most three
 * (it was routed). VLAN tags and tunnels around it may differ. A true retransmission gets a new identification. For
 * packets without one (IPv6, or identification 0 as Linux sends in SYN-ACK and RST) a lower time to live still tells a
 * copy; without that only a much shorter time counts, shorter than any retransmission timer. */
#ifndef WW_CAPTURE_DEDUP_H
#define WW_CAPTURE_DEDUP_H

#include "capture/packet.h"

enum { DEDUP_WINDOW_MS = 50, DEDUP_WINDOW_NO_ID_MS = 2, DEDUP_TTL_STEPS = 3 };

struct dedup;

struct dedup *dedup_new(void); /* NULL: memory is out */
void dedup_free(struct dedup *d);

/* Marks each of n packets, in the order they came, with PACKET_DUPLICATE when it is a copy of one before it, and with
 * PACKET_ROUTED_COPY when that was routed in between; what is no copy is remembered. Uses signature. */
void dedup_mark(struct dedup *d, struct packet *p, unsigned n);

#endif
