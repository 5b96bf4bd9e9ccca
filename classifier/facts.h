/* Facts: what was seen of a flow, a host and a pair of hosts (doc/verdicts.md 1). Nothing here is a judgement.
 *
 * Facts are kept per side, A and B, not per client and server: which side is the client is judged at the end,
 * from the facts. A flow begins as a short one, a cache line that holds one packet of each side; scans and names asked
 * for need no more. Any other flow has two records of one index: the hot one (two cache lines, touched by every
 * packet) and the cold one (touched by the first packets and by resets); few have an extra one. All of them can be
 * merged (classifier/merge.c). */
#ifndef WW_CLASSIFIER_FACTS_H
#define WW_CLASSIFIER_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/stamp.h"

enum { SIDE_A, SIDE_B };

/* A host is its IPv4 address in host order, or the number of its IPv6 address in the shard's list. */
struct host_key {
  uint32_t id;
  uint8_t family; /* 4, 6; 0 = none */
};

/* Endpoint A is the lower one of (id, port). ICMP echo: the port is 1 on the side that asks, 0 on the other. */
struct flow_key {
  uint32_t a, b;
  uint16_t port_a, port_b;
  uint16_t vlan; /* 0 unless VLAN tags tell flows apart */
  uint8_t proto; /* IP protocol number */
  uint8_t family;
};
_Static_assert(sizeof(struct flow_key) == 16, "keys are compared as two words");

/* Of struct flow.state. Bits named _A are shifted left by the side. */
enum flow_state {
  FLOW_BASE_A = 1 << 0,    /* base is set */
  FLOW_SEQ_A = 1 << 2,     /* seq_end is set */
  FLOW_ACK_A = 1 << 4,     /* ack_max is set */
  FLOW_PLAIN_A = 1 << 6,   /* sent a segment with ACK and without SYN and RST */
  FLOW_FIRST_B = 1 << 8,   /* B sent the first packet */
  FLOW_SYN_B = 1 << 9,     /* B sent the first SYN */
  FLOW_TO_GROUP = 1 << 10, /* the first packet went to multicast or broadcast */
  FLOW_TUNNEL = 1 << 11,   /* outer datagrams of a tunnel */
  FLOW_SYN_ECN = 1 << 12,  /* a SYN with ECE and CWR was seen */
  FLOW_SYN_BARE = 1 << 13, /* a SYN without them */
  FLOW_NO_APP = 1 << 14,   /* the application engine is not shown it */
  FLOW_OPENED = 1 << 15,   /* the first packet was a SYN */
};

/* Ordered letters of what happened, five bits each (classifier/history.h). */
typedef uint64_t history_t;

struct flow {
  struct flow_key key;
  stamp_t first, last[2]; /* last of each side; STAMP_NONE = it sent nothing */
  uint64_t bytes[2];      /* transport payload, repeats and copies included */
  uint32_t packets[2];
  uint32_t base[2];    /* initial sequence number, or the one before the first number seen */
  uint32_t seq_end[2]; /* one past the highest sequence number sent */
  uint32_t ack_max[2]; /* highest acknowledgement sent */
  history_t history;
  uint32_t packet_last;
  uint32_t extra; /* index + 1 of its extra record; 0 = none */
  uint32_t packet_first;
  uint16_t len_acked[2];          /* longest payload that was surely acknowledged */
  uint16_t len_pending[2];        /* longest payload sent since everything was acknowledged */
  uint16_t state;                 /* enum flow_state */
  uint8_t n_syn[2], n_syn_ack[2]; /* stop at 255 */
  uint8_t tcp_flags[2];           /* all flags seen */
  uint8_t ttl_min[2], ttl_max[2]; /* of packets that are neither RST nor SYN/ACK; min > max = none */
};
_Static_assert(sizeof(struct flow) == 128, "two cache lines");

/* Of struct flow_cold.rst: the first RST of the flow. */
enum rst_bit {
  RST_SEEN = 1,
  RST_BY_B = 2,    /* B's address sent it */
  RST_ID_ZERO = 4, /* its IP identification was 0 */
  RST_HAS_ID = 8,  /* IPv4 */
  RST_THEN_DATA =
      16, /* its sender's address sent payload later that belongs behind the RST: somebody else sent the RST */
};

/* Of struct flow_cold.id_seen, shifted left by the side: IP identifications seen. And, of the flow: its first datagram
 * looks like the answer to a request to another port (classifier/second_port.h). */
enum { ID_ZERO_A = 1, ID_OTHER_A = 4, FIRST_TFTP = 16 };

struct flow_cold {
  stamp_t syn_last; /* of the last SYN; STAMP_NONE */
  stamp_t answer;   /* first SYN/ACK, else first RST; of datagrams: the first one back; STAMP_NONE */
  uint16_t encap;   /* index of what was peeled off around its first packet */
  uint16_t mac[2];  /* hash of the sender's link address on each side's first packet; 0 = none */
  uint16_t rst_mac;
  uint8_t rst; /* enum rst_bit */
  uint8_t rst_ttl;
  uint8_t syn_ack_ttl; /* of the first SYN/ACK; 0 = none */
  uint8_t id_seen;
};
_Static_assert(sizeof(struct flow_cold) == 32, "half a cache line");

/* Of struct flow_short.ids, shifted left by twice the packet's number. */
enum { SHORT_ID_ZERO = 1, SHORT_ID_OTHER = 2 };

/* A flow of one packet, or of one of each side (classifier/short_flow.h). What is per packet is in their order; state
 * tells who sent the first. */
struct flow_short {
  struct flow_key key;
  stamp_t first;
  uint32_t after; /* nanoseconds from the first packet to the second */
  uint32_t packet[2];
  uint32_t seq;    /* TCP: of the first */
  uint16_t len[2]; /* transport payload */
  uint16_t mac[2]; /* hash of the sender's link address; 0 = none */
  uint16_t encap;
  uint16_t state; /* enum flow_state, as the first packet begins it */
  uint8_t ttl[2], tcp_flags[2];
  uint8_t ids;     /* IP identifications */
  uint8_t id_seen; /* FIRST_TFTP */
  uint8_t n;       /* packets: 1, 2 */
};
_Static_assert(sizeof(struct flow_short) == 64, "a cache line");

/* A segment sent again and again: kept while nothing acknowledges it. */
struct tail {
  uint32_t seq;
  uint16_t count;      /* repeats, the first copy not counted; 0 = none */
  uint16_t len;        /* payload */
  stamp_t first, last; /* the packet of that side before the first repeat; the last repeat */
};

/* Sequence numbers not seen so far although later ones were. */
struct hole {
  uint32_t from, to; /* from == to: none */
  uint32_t missing;  /* bytes in it still unseen */
  bool counted;      /* acknowledged while unseen: in the loss estimate */
};

struct icmp_facts {
  uint8_t type, code;
  uint8_t side; /* whose packet it quotes */
  struct host_key from;
  uint32_t packet; /* 0 = none */
  stamp_t time;
};

struct flow_extra {
  uint32_t previous; /* index + 1 of the flow before it with the same ends; 0 = none */
  uint32_t duplicates[2], retransmits[2];
  struct tail tail[2];
  struct hole hole[2];
  uint64_t lost[2];       /* acknowledged but never seen, holes closed so far */
  struct icmp_facts icmp; /* the ICMP error that quoted it: the first that rejects, else the first */
  uint32_t answered_by;   /* index + 1 of the flow in which the answer came, from another port; 0 = none */
  uint32_t answers;       /* index + 1 of the flow that asked for this one; 0 = none */
  uint8_t routed;         /* set of 1 << side: a copy had a lower time to live, so it was seen behind a router */
};

/* Hop distances of a host's packets. */
struct hop_range {
  uint8_t n;                    /* packets; stops at 255 */
  uint8_t min, max;             /* hops; min > max = none */
  uint8_t class_min, class_max; /* initial values: 32, 64, 128, 255 */
};

enum { REFUSED_SEVERAL = 1 << 17 };
struct host_facts {
  struct host_key key;
  uint32_t number;             /* in its table */
  uint32_t refused;            /* a port that it refused itself, + 1; REFUSED_SEVERAL; 0 = none. Judged, not merged */
  uint32_t packet_first;       /* it sent; 0 = none */
  uint16_t asked, answered;    /* by ARP and neighbour discovery; stop at 65535 */
  uint16_t mac;                /* hash of its link address; 0 = none */
  struct hop_range tcp, other; /* of its TCP packets; of its datagrams */
  uint8_t id_seen;             /* ID_ZERO_A, ID_OTHER_A */
  bool macs_differ;
  bool deaf; /* it acknowledged what nobody was seen to send */
  uint64_t sent, received;
  stamp_t first_sent, last_sent; /* STAMP_NONE: never */
  stamp_t rtt_min;               /* least time from SYN to its SYN/ACK; STAMP_NONE */
};
_Static_assert(sizeof(struct host_facts) == 80, "every host has one");

/* What passed between two hosts, A the lower key. */
enum pair_bit {
  PAIR_SEEN_A = 1,   /* A's packets to B are visible here; shifted left by the side */
  PAIR_DEAF_A = 4,   /* A acknowledged what B never was seen to send; shifted left by the side */
  PAIR_TWICE_A = 16, /* a connection's packets from A to B were seen at two capture points; shifted by the side */
  PAIR_ONCE_A = 64,  /* those of another flow were not, or not all; shifted by the side */
};
struct pair_facts {
  uint32_t a, b;
  uint8_t family;
  uint8_t seen; /* enum pair_bit */
};

#endif
