/* Scripts of packets for tests: readable lines that become real frames.
 *
 *   struct script s; script_init(&s, 4);
 *   struct talk t = talk_make(1, 50000, 2, 445);     host 1 port 50000 talks to host 2 port 445
 *   syn(&s, &t); later(&s, 20); syn_ack(&s, &t); later(&s, 20); ack(&s, &t, CLIENT); data(&s, &t, CLIENT, 100);
 *   struct traffic *found = script_run(&s);
 *
 * Hosts are numbers; the family turns them into addresses. Every frame is Ethernet with correct checksums; a host's IP
 * identification counts up. */
#ifndef WW_TESTS_PACKET_BUILDER_H
#define WW_TESTS_PACKET_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifier/traffic.h"

enum { CLIENT, SERVER };
enum { HOSTS = 64, GROUP_HOST = 250 }; /* GROUP_HOST: a multicast address */

struct made_frame {
  stamp_t time;
  uint8_t *data;
  uint32_t len;
  uint8_t sender; /* host number */
};

struct script {
  uint8_t family; /* 4 or 6 */
  int64_t now_ms;
  struct made_frame *frame;
  size_t n, capacity;
  uint16_t ip_id[HOSTS];
  stamp_t gap_at[4]; /* where rotated files do not join */
  size_t n_gaps;
  double end_s; /* the capture goes on until then at least (a packet of strangers); 0 = ends with the script */
  /* What the next frames bear, until changed. */
  bool constant_ip_id; /* IP identification 0 */
  bool bad_checksum;
  bool vlan;                   /* tagged with VLAN 7 */
  uint8_t mac;                 /* the sender's link address ends in this; 0 = the host's number */
  struct timeline_facts facts; /* set by script_run */
};

struct talk {
  uint8_t host[2]; /* CLIENT, SERVER */
  uint16_t port[2];
  uint8_t ttl[2];
  uint32_t isn[2], next[2];
};

void script_init(struct script *s, uint8_t family);
void script_fini(struct script *s);

static inline void later(struct script *s, int64_t ms) { s->now_ms += ms; }
/* Moves the clock to seconds after the start. */
void at(struct script *s, double seconds);
/* The capture goes on for so many seconds: a packet of two strangers marks its end. */
void watch(struct script *s, double seconds);
/* The file ends here and the next one begins later. */
void gap(struct script *s, double seconds);

struct talk talk_make(uint8_t client, uint16_t client_port, uint8_t server, uint16_t server_port);
struct address host_address(uint8_t family, uint8_t host);

/* TCP; side is CLIENT or SERVER. Segments advance the side's next sequence number. */
void syn(struct script *s, struct talk *t);
void syn_flags(struct script *s, struct talk *t, uint8_t more_flags);
void syn_ack(struct script *s, struct talk *t);
void ack(struct script *s, struct talk *t, unsigned side);
void data(struct script *s, struct talk *t, unsigned side, uint32_t len);
void again(struct script *s, struct talk *t, unsigned side, uint32_t len); /* the last len bytes once more */
void fin(struct script *s, struct talk *t, unsigned side);
void rst(struct script *s, struct talk *t, unsigned side);
void rst_ttl(struct script *s, struct talk *t, unsigned side, uint8_t ttl);
void tcp_segment(struct script *s, const struct talk *t, unsigned side, uint8_t flags, uint32_t seq, uint32_t ack_no,
                 uint32_t len, uint8_t ttl);
/* SYN, SYN/ACK, ACK, half a round trip apart. */
void handshake(struct script *s, struct talk *t, int64_t round_trip_ms);
/* Handshake, request, answer, both FINs. */
void whole_talk(struct script *s, struct talk *t, int64_t round_trip_ms);

void udp(struct script *s, const struct talk *t, unsigned side, uint32_t len);
void udp_bytes(struct script *s, const struct talk *t, unsigned side, const void *bytes, uint32_t len);
void echo(struct script *s, const struct talk *t, bool reply);

/* An ICMP error of host "from" that quotes the last packet side sent (SYN for TCP): to the sender. v6 types differ:
 * pass both. */
struct icmp_code {
  uint8_t type4, code4, type6, code6;
};
void icmp_error(struct script *s, uint8_t from, const struct talk *t, unsigned side, uint8_t proto, struct icmp_code c);
/* ARP or neighbour discovery. */
void neighbour_ask(struct script *s, uint8_t asker, uint8_t target);
void neighbour_answer(struct script *s, uint8_t answerer, uint8_t asker);

/* Everything fed and judged; valid as long as the script. Release with traffic_free. */
struct traffic *script_run(struct script *s, const struct classifier_options *options);

/* Copies of a script's frames, changed. */
void script_copy(struct script *to, const struct script *from);
void script_append(struct script *s, stamp_t time, const uint8_t *bytes, uint32_t len, uint8_t sender);
void script_sort(struct script *s);  /* by time, order kept among equals */
void script_facts(struct script *s); /* sets s->facts */
/* Feeds frames [from, to) to a classifier, numbered by their place in the script. */
int script_feed(const struct script *s, size_t from, size_t to, struct classifier *c);

/* The nth flow (from 0) between these ends, either way round; fails the test when there is none. */
struct flow_view flow_of(const struct traffic *t, const struct talk *k, unsigned nth);

#endif
