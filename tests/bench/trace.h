/* Frames of a made capture: Ethernet, IPv4 or IPv6, TCP, UDP or ICMP with right lengths and checksums, written as a
 * classic pcap file with nanoseconds. */
#ifndef WW_TESTS_BENCH_TRACE_H
#define WW_TESTS_BENCH_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct end {
  uint8_t octet[16]; /* 4 or 16 of them count */
  uint16_t port;     /* ICMP echo: the identifier */
  uint8_t ttl;
};

struct segment {
  int64_t time_ns;
  uint8_t family, proto;
  const struct end *from, *to;
  uint16_t ip_id;
  uint32_t seq, ack;
  uint8_t flags; /* TCP flags; ICMP: the type, then the code in the low byte of seq */
  const uint8_t *payload;
  size_t len;
};

struct trace {
  FILE *to;
  uint64_t packets, bytes;
  bool failed; /* a write did */
};

bool trace_open(struct trace *t, const char *path);
void trace_add(struct trace *t, const struct segment *s);
bool trace_close(struct trace *t); /* false: something was not written */

#endif
