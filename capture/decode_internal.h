/* How the decoders of one frame pass it on to each other; private to capture/.
 *
 * A walk goes through a frame from the outside in. Each layer is a function that gets the walk and a cursor over
 * its bytes, reads its header, narrows the cursor to the length the header states, and calls the next layer. The
 * packet being built is the next free slot of the caller's array: an inner IP header overwrites what an outer one
 * put there, a transport header completes the slot and counts it. A layer that pushes an encapsulation may fail at
 * depth PACKET_ENCAP_MAX, which bounds the recursion. */
#ifndef WW_CAPTURE_DECODE_INTERNAL_H
#define WW_CAPTURE_DECODE_INTERNAL_H

#include "capture/dedup.h"
#include "capture/defrag.h"
#include "capture/packet.h"

struct decoder {
  uint64_t count[DECODE_COUNT];
  struct dedup *dedup; /* NULL: copies are not looked for */
  struct defrag *defrag;
  uint64_t cut_fragments; /* fragments the snap length cut */
  bool borrowed;          /* packets of the last frame lie in defrag's memory */
};

struct walk {
  struct decoder *d;
  const struct frame *frame;
  struct packet *out; /* the caller's array */
  struct neighbour *neighbour;
  const uint8_t *src_mac; /* innermost link-layer sender, or NULL */
  uint32_t missing;       /* bytes that follow the current cursor on the wire but were not captured */
  bool bounded;           /* some header stated where the current cursor (with missing) ends */
  uint16_t flags;         /* enum packet_flag, for the packets still to come */
  bool fragmented;        /* some header was a fragment's */
  bool first_piece;       /* the cursor is in a first fragment that stands for its datagram */
  uint8_t n;              /* packets done */
  uint8_t n_types;        /* EtherTypes followed so far */
  uint8_t n_encap;
  struct encap encap[PACKET_ENCAP_MAX];
};

typedef void walk_layer(struct walk *w, struct bytes b);

/* Notes one peeled layer; false (and counted) when there are PACKET_ENCAP_MAX already: the caller stops. */
bool walk_push(struct walk *w, enum encap_kind kind, uint32_t value);

static inline void walk_count(struct walk *w, enum decode_count c) { w->d->count[c]++; }

/* A header did not fit: cut by the snap length, or a length that lies. */
static inline void walk_short(struct walk *w) { walk_count(w, w->missing ? DECODE_TRUNCATED : DECODE_MALFORMED); }

/* The bytes from the cursor to its end as they were on the wire. */
static inline uint32_t walk_wire_left(const struct walk *w, const struct bytes *b) {
  return (uint32_t)bytes_left(b) + w->missing;
}

/* Narrows the cursor to the length a header states; what of it was not captured is missing. Inside a part whose own
 * length an outer header stated a header cannot claim more; against the frame's end it can: capture systems cut
 * reassembled (offloaded) frames and state the cut length as the frame's. */
static inline void walk_narrow(struct walk *w, struct bytes *b, uint32_t len) {
  size_t left = bytes_left(b);
  if (len <= left) {
    bytes_narrow(b, len);
    w->missing = 0;
  } else if (!w->bounded || len < left + w->missing) {
    w->missing = len - (uint32_t)left;
  }
  w->bounded = true;
}

/* The eight octets that UDP and ICMP begin with. Where the snap length cut them behind the first least ones, a copy in
 * scratch with zeros for the rest, counted off what is missing; NULL (counted) when even those are not there. */
enum { HEADER_8 = 8 };
const uint8_t *walk_header_8(struct walk *w, struct bytes *b, size_t least, uint8_t scratch[HEADER_8]);

/* The slot being built. */
static inline struct packet *walk_packet(struct walk *w) { return &w->out[w->n]; }

/* decode_link.c: by LINKTYPE_ value; NULL when unknown. */
walk_layer *link_layer(uint16_t link);
/* A frame of a link type that a wrapper (per-packet information, packet tap) names. */
void decode_wrapped(struct walk *w, uint32_t link, struct bytes b);

/* What an EtherType field holds up to here is a length (IEEE 802.3 3.2.6). */
enum { ETHERTYPE_LENGTH_MAX = 1500 };

/* decode_ethernet.c; decode_nsh: a service function chain's header (RFC 8300) */
walk_layer decode_ethernet, decode_llc, decode_nsh;
/* What an EtherType announces; reads no header of its own. Counts what is not IP and not peeled. */
void decode_ethertype(struct walk *w, uint16_t type, struct bytes b);
/* Whether decode_ethertype has a row for it. */
bool ethertype_known(uint16_t type);

/* decode_tunnel.c; the last four are IP protocols, on a slot that holds the outer header */
walk_layer decode_mpls, decode_ppp, decode_chdlc, decode_serial, decode_pppoe, decode_pbb;
walk_layer decode_gre, decode_ipip, decode_ipv6_in_ip, decode_etherip;

/* decode_tunnel_udp.c: by port; NULL when it is no tunnel's. */
walk_layer *udp_tunnel_layer(uint16_t src_port, uint16_t dst_port);
/* Looks into the payload of the datagram just emitted, which becomes a carrier if an inner packet comes out. */
void decode_udp_tunnel(struct walk *w, walk_layer *layer, struct bytes b);

/* decode_wlan.c; swapped: frame control may come in either order (CAPWAP) */
walk_layer decode_wlan, decode_wlan_swapped, decode_radiotap, decode_prism, decode_ppi;

/* decode_ip.c */
walk_layer decode_ipv4, decode_ipv6, decode_ip_any; /* any: by the version nibble */

/* Passes IPv6 extension headers from header proto on; returns the protocol behind them. *start_out is whether b stands
 * at the start of that protocol's header; false: cut, or a later fragment. */
uint8_t ipv6_skip_extensions(uint8_t proto, struct bytes *b, bool *start_out);

/* decode_transport.c, decode_icmp.c: on a slot whose IP fields are set and a cursor narrowed to the IP payload. */
walk_layer decode_tcp, decode_udp, decode_icmp, decode_icmpv6;

/* A quick hash of the bytes copies of a packet share; seed takes in what is not among them. */
uint32_t signature_of(uint64_t seed, const uint8_t *p, size_t len);
/* Of a TCP segment whose header p is there to its end; of a datagram with header p and len captured octets of
 * payload. */
uint32_t signature_of_tcp(const uint8_t *p, size_t header, uint32_t payload_len);
uint32_t signature_of_udp(const uint8_t *p, const uint8_t *payload, size_t len, uint32_t payload_len);

/* The one packet of an ordinary frame, as the walk would find it; false: it is none, and nothing was done. */
bool decode_plain(const struct frame *f, struct packet *out);

/* decode_frame_unmarked by the walk alone. */
unsigned decode_walk(struct decoder *d, const struct frame *f, struct packet *out, struct neighbour *neighbour_out);

/* Longer IP packets on Ethernet were put together or not yet cut by a network card. */
enum { ETHERNET_IP_MAX = 1518 };

/* Completes the slot: everything the walk knows; payload is b, of payload_len bytes on the wire. */
void walk_emit(struct walk *w, struct bytes b, uint32_t payload_len);

/* checksum.c: whether this frame's checksums are looked at; whether that of a whole TCP or UDP segment is wrong. */
bool checksum_is_sampled(const struct frame *f);
bool checksum_is_wrong(const struct packet *p, struct bytes segment);

/* neighbour.c: fills w->neighbour when the message speaks of a host. */
void neighbour_arp(struct walk *w, struct bytes b);
void neighbour_icmpv6(struct walk *w, uint8_t type, struct bytes body);

#endif
