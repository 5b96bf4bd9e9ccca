/* A decoded packet: what decode_frame found in one frame, borrowed from it.
 *
 * One frame may hold more than one packet: a tunnel over UDP is a datagram of its own (a "carrier") and
 * brings an inner packet. Everything is in host byte order; pointers live as long as the frame's bytes.
 *
 * Packets are passed from thread to thread: what the facts of a flow need is in their first cache line, what payload
 * needs in the second, and nobody has to look at the frame again for either. */
#ifndef WW_CAPTURE_PACKET_H
#define WW_CAPTURE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/source.h"
#include "util/address.h"
#include "util/bytes.h"

/* IP protocol numbers (IANA) that get more than a count. */
enum {
  PROTO_ICMP = 1,
  PROTO_IPIP = 4,
  PROTO_TCP = 6,
  PROTO_UDP = 17,
  PROTO_IPV6 = 41,
  PROTO_GRE = 47,
  PROTO_ICMPV6 = 58
};

/* TCP flags (RFC 9293 3.1), as on the wire. */
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_URG = 32, TCP_ECE = 64, TCP_CWR = 128 };

enum { PACKET_ENCAP_MAX = 8, PACKETS_PER_FRAME_MAX = 8 };

/* What was peeled off around the packet, outermost first. */
enum encap_kind {
  ENCAP_NONE,
  ENCAP_VLAN,  /* value: VLAN identifier */
  ENCAP_MPLS,  /* value: label */
  ENCAP_PPPOE, /* value: session */
  ENCAP_PPP,
  ENCAP_GRE,    /* value: key or 0 */
  ENCAP_ERSPAN, /* value: session */
  ENCAP_VXLAN,  /* value: network identifier */
  ENCAP_GENEVE, /* value: network identifier */
  ENCAP_IPIP,
  ENCAP_6IN4,
  ENCAP_TEREDO,
  ENCAP_GTPU, /* value: tunnel endpoint identifier */
  ENCAP_PBB,  /* 802.1ah; value: service identifier */
  ENCAP_WLAN, /* IEEE 802.11 data frame */
  ENCAP_L2TP, /* value: session */
  ENCAP_ETHERIP,
  ENCAP_CAPWAP,
  ENCAP_KIND_COUNT
};
struct encap {
  uint8_t kind; /* enum encap_kind */
  uint32_t value;
};

/* "vlan 12", "gre", "vxlan 4097"; to has ENCAP_TEXT_SIZE bytes. Returns to. */
enum { ENCAP_TEXT_SIZE = 24 };
char *encap_print(char to[ENCAP_TEXT_SIZE], struct encap e);

enum packet_flag {
  PACKET_TRUNCATED = 1,       /* the capture cut off headers or payload */
  PACKET_PAYLOAD = 2,         /* captured transport payload is there */
  PACKET_CARRIER = 4,         /* a tunnel's outer datagram; its inner packet follows */
  PACKET_QUOTE = 8,           /* an ICMP error; quoted is filled */
  PACKET_LINK_BROADCAST = 16, /* link-layer destination is broadcast or multicast */
  PACKET_NO_IP_ID = 32,       /* IPv6 without a fragment header */
  PACKET_ZERO_LENGTH = 64,    /* IPv4 total length 0: segmentation offload; the frame's length was used */
  PACKET_DUPLICATE = 128, /* a copy of a packet seen within 50 ms (capture/dedup.h): count it, learn nothing from it */
  PACKET_ROUTED_COPY = 2048, /* beside PACKET_DUPLICATE: its time to live is lower, it was routed in between */
  PACKET_CHECKED = 1024,     /* TCP or UDP checksum looked at: first 1024 frames of a file, then every 64th */
  PACKET_BAD_CHECKSUM = 256, /* checked and wrong (offload makes that ordinary): counted, never dropped */
  PACKET_OVERSIZE = 512,     /* an IP packet over 1518 bytes on Ethernet: receive or send offload, or jumbo frames */
  PACKET_WRAPPED = 4096,     /* something was peeled off around it: encap */
};

/* The header an ICMP error quotes (RFC 792, RFC 4443): the packet that caused it, as far as it was quoted. */
struct packet_quote {
  const uint8_t *src, *dst; /* addresses, 4 or 16 octets by the packet's family */
  uint32_t seq;
  uint16_t src_port, dst_port; /* echo: the identifier and 0 */
  uint16_t ip_id;              /* IPv4 only */
  uint8_t proto;
  uint8_t depth; /* 0: addresses only; 1: ports (or echo identifier); 2: TCP sequence number too */
};

struct packet {
  _Alignas(64) stamp_t time;   /* of its frame */
  const uint8_t *src, *dst;    /* 4 or 16 octets by family, network order */
  uint32_t src_id, dst_id;     /* the same of family 4 as numbers; of family 6 their hash_octets */
  uint32_t number;             /* of its frame, from 1 along the whole timeline */
  uint32_t payload_len;        /* on the wire; at least what payload holds */
  uint32_t seq, ack;           /* TCP */
  uint16_t flags;              /* enum packet_flag */
  uint16_t src_port, dst_port; /* ICMP echo: 0 */
  uint16_t ip_id;
  uint16_t window;  /* TCP, unscaled */
  uint16_t src_mac; /* hash of the sender's link address; 0 = the link has none */
  uint8_t family;   /* 4 or 6 */
  uint8_t proto;    /* IP protocol number of the transport */
  uint8_t ttl;      /* time to live or hop limit */
  uint8_t tcp_flags;
  struct bytes payload; /* captured transport payload */
  uint32_t signature;   /* of the transport header and checksum: equal for copies of one packet */
  uint16_t echo_id;     /* ICMP echo identifier */
  uint8_t icmp_type, icmp_code;
  uint8_t n_encap;
  struct packet_quote quote; /* with PACKET_QUOTE */
  struct encap encap[PACKET_ENCAP_MAX];
};
enum { PACKET_LINE = 64 };
_Static_assert(offsetof(struct packet, payload) == PACKET_LINE && offsetof(struct packet, encap) == 2 * PACKET_LINE,
               "facts in one line, payload in the next; the third is touched by few");

/* Asks some packets ahead for one that another thread has filled, or for the room of one that another thread has read.
 * Inlined always: a function that does nothing but prefetch is taken for one without effect, and calls to it left out.
 */
__attribute__((always_inline)) static inline void packet_prefetch(const struct packet *p) {
  __builtin_prefetch(p);
  __builtin_prefetch(&p->payload);
}
__attribute__((always_inline)) static inline void packet_prefetch_for_write(struct packet *p) {
  __builtin_prefetch(p, 1);
  __builtin_prefetch(&p->payload, 1);
}

/* Why a frame gave no packet, or only part of one: data, counted, never an error. */
enum decode_count {
  DECODE_LINK,      /* link type we cannot look into */
  DECODE_NOT_IP,    /* ARP, spanning tree and other non-IP frames */
  DECODE_TRUNCATED, /* cut by the snap length before the ports */
  DECODE_MALFORMED, /* a header that contradicts itself */
  DECODE_PROTOCOL,  /* IP protocol without ports: counted, not followed */
  DECODE_FRAGMENT,  /* a fragment of a datagram that was never completed, or did not fit our bounds */
  DECODE_OVERLAP,   /* fragments that contradict each other: the first byte seen counts */
  DECODE_DEPTH,     /* more nested headers than we peel */
  DECODE_COUNT
};
/* "unsupported link type", ...: for reports. */
const char *decode_count_name(enum decode_count c);

/* Hosts that link-layer address resolution shows: ARP (RFC 826) and neighbour discovery (RFC 4861). */
struct neighbour {
  uint8_t family; /* 0 = the frame had none */
  bool answer; /* false: sender asks for target; true: target spoke for itself (reply, advertisement, announcement) */
  const uint8_t *sender, *target;
};

struct decoder;

struct decoder_options {
  bool no_dedup; /* every frame counts, copies too */
};
struct decoder *decoder_new(const struct decoder_options *options); /* NULL: memory is out */
void decoder_free(struct decoder *d);

/* The packets of one frame, in order from the outermost; returns how many (0..PACKETS_PER_FRAME_MAX). What could
 * not be decoded is counted. Packets borrow the frame's bytes; a reassembled datagram borrows the decoder's until
 * the next call. *neighbour_out is set for every frame. */
unsigned decode_frame(struct decoder *d, const struct frame *f, struct packet out[PACKETS_PER_FRAME_MAX],
                      struct neighbour *neighbour_out);

/* The same in two steps, which is faster for many frames: the packets of each frame without PACKET_DUPLICATE and
 * PACKET_ROUTED_COPY, then these marked on all of them, in their order and while what they borrow is valid. */
unsigned decode_frame_unmarked(struct decoder *d, const struct frame *f, struct packet out[PACKETS_PER_FRAME_MAX],
                               struct neighbour *neighbour_out);
void decode_mark_copies(struct decoder *d, struct packet *p, unsigned n);

/* Whether packets of the last frame borrow the decoder's memory. */
bool decoder_is_borrowed(const struct decoder *d);

/* Counters since decoder_new, by enum decode_count. */
const uint64_t *decoder_counts(const struct decoder *d);

/* The hash kept in packet.src_mac of a link address of 6 octets. */
uint16_t link_address_hash(const uint8_t address[6]);

static inline struct address packet_src(const struct packet *p) { return address_make(p->family, p->src); }
static inline struct address packet_dst(const struct packet *p) { return address_make(p->family, p->dst); }

#endif
