/* Frames written as hex text in tests, and what decode_frame makes of them. */
#ifndef WW_TESTS_UNIT_CAPTURE_HEX_H
#define WW_TESTS_UNIT_CAPTURE_HEX_H

#include <stdint.h>
#include <stdlib.h>

#include "capture/packet.h"

enum { HEX_SIZE = 1024 };

/* "45 00 .." to at most size octets; returns how many. */
static inline uint32_t hex_read(const char *hex, uint8_t *to, size_t size) {
  uint32_t n = 0;
  for (char *next; n < size; hex = next) {
    unsigned long v = strtoul(hex, &next, 16);
    if (next == hex) break;
    to[n++] = (uint8_t)v;
  }
  return n;
}

/* A frame captured whole, one second after 1970. */
static inline struct frame hex_frame(const uint8_t *data, uint32_t len, uint16_t link) {
  return (struct frame){
      .time = stamp_from_s(1), .data = data, .cap_len = len, .wire_len = len, .number = 1, .packet = 1, .link = link};
}

/* Decodes one frame of hex text; data has HEX_SIZE octets and must outlive the packets. */
static inline unsigned hex_decode(struct decoder *d, const char *hex, uint16_t link, uint8_t *data,
                                  struct packet packet[PACKETS_PER_FRAME_MAX]) {
  static struct frame f; /* packets point at it */
  struct neighbour neighbour;
  f = hex_frame(data, hex_read(hex, data, HEX_SIZE), link);
  return decode_frame(d, &f, packet, &neighbour);
}

#define HEX_MACS "00 50 56 00 00 02 00 1b 21 00 00 01 "
#define HEX_IP4 "45 00 00 2c 12 34 40 00 3f 06 00 00 0a 00 00 01 0a 00 00 02 " /* 44 octets, TCP */
#define HEX_IP6                                                              \
  "60 00 00 00 00 18 06 40 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 " \
  "fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02 " /* 64 octets, TCP */
#define HEX_SYN "c0 00 00 87 11 22 33 44 00 00 00 00 60 02 20 00 00 00 00 00 02 04 05 b4 "

#endif
