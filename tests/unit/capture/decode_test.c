/* Frames written out byte by byte, and what decode_frame must find in them. */
#include "capture/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "capture/link.h"

/* "45 00 .." to bytes; returns how many. */
static uint32_t from_hex(const char *hex, uint8_t *to, size_t size) {
  uint32_t n = 0;
  while (*hex) {
    char *next;
    unsigned long v = strtoul(hex, &next, 16);
    if (next == hex) break;
    assert_true(n < size && v < 256);
    to[n++] = (uint8_t)v;
    hex = next;
  }
  return n;
}

#define MACS "02 00 00 00 00 02 02 00 00 00 00 01 "
#define IP4 "45 00 00 2c 12 34 40 00 3f 06 00 00 0a 00 00 01 0a 00 00 02 "
#define TCP_SYN4 "c0 00 00 87 11 22 33 44 00 00 00 00 60 02 20 00 00 00 00 00 02 04 05 b4 "
#define IP6                                                                                                            \
  "60 00 00 00 00 18 06 40 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 " \
  "00 02 "

/* The same SYN 10.0.0.1:49152 -> 10.0.0.2:135 (or fd00::1 -> fd00::2) on different links. */
static const struct {
  const char *name, *hex;
  uint16_t link;
  uint8_t family, n_encap;
  uint32_t value; /* of the innermost encapsulation */
} syn_cases[] = {
    {"ethernet", MACS "08 00 " IP4 TCP_SYN4, LINK_ETHERNET, 4, 0, 0},
    {"ethernet, padded", MACS "08 00 " IP4 TCP_SYN4 "ff ff", LINK_ETHERNET, 4, 0, 0},
    {"ethernet, IPv6", MACS "86 dd " IP6 TCP_SYN4, LINK_ETHERNET, 6, 0, 0},
    {"vlan", MACS "81 00 e0 0c 08 00 " IP4 TCP_SYN4, LINK_ETHERNET, 4, 1, 12},
    {"qinq", MACS "88 a8 00 07 81 00 00 0c 08 00 " IP4 TCP_SYN4, LINK_ETHERNET, 4, 2, 12},
    {"llc snap", MACS "00 34 aa aa 03 00 00 00 08 00 " IP4 TCP_SYN4, LINK_ETHERNET, 4, 0, 0},
    {"cooked v1", "00 00 00 01 00 06 02 00 00 00 00 01 00 00 08 00 " IP4 TCP_SYN4, LINK_LINUX_SLL, 4, 0, 0},
    {"cooked v2", "86 dd 00 00 00 00 00 02 00 01 00 06 02 00 00 00 00 01 00 00 " IP6 TCP_SYN4, LINK_LINUX_SLL2, 6, 0,
     0},
    {"raw", IP4 TCP_SYN4, LINK_RAW, 4, 0, 0},
    {"raw 12", IP6 TCP_SYN4, LINK_RAW_BSD, 6, 0, 0},
    {"raw IPv4", IP4 TCP_SYN4, LINK_IPV4, 4, 0, 0},
    {"raw IPv6", IP6 TCP_SYN4, LINK_IPV6, 6, 0, 0},
    {"null, little-endian", "02 00 00 00 " IP4 TCP_SYN4, LINK_NULL, 4, 0, 0},
    {"null, big-endian, Darwin IPv6", "00 00 00 1e " IP6 TCP_SYN4, LINK_NULL, 6, 0, 0},
    {"loop, FreeBSD IPv6", "00 00 00 1c " IP6 TCP_SYN4, LINK_LOOP, 6, 0, 0},
    {"IPv4 options", MACS "08 00 46 00 00 30 12 34 40 00 3f 06 00 00 0a 00 00 01 0a 00 00 02 94 04 00 00 " TCP_SYN4,
     LINK_ETHERNET, 4, 0, 0},
    {"IPv6 extension headers",
     MACS "86 dd 60 00 00 00 00 38 00 40 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 fd 00 00 00 00 00 00 00 00 00 "
          "00 00 "
          "00 00 00 02 33 00 01 04 00 00 00 00 3c 02 00 00 00 00 00 01 00 00 00 05 00 00 00 00 06 00 01 04 00 00 00 "
          "00 " TCP_SYN4,
     LINK_ETHERNET, 6, 0, 0},
};

static struct frame frame_of(const uint8_t *data, uint32_t len, uint16_t link) {
  return (struct frame){
      .time = stamp_from_s(1), .data = data, .cap_len = len, .wire_len = len, .number = 1, .link = link};
}

static void test_syn_on_every_link(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof syn_cases / sizeof *syn_cases; i++) {
    uint8_t data[256];
    struct decoder *d = decoder_new(NULL);
    struct packet packet[PACKETS_PER_FRAME_MAX], *p = packet;
    struct neighbour neighbour;
    struct frame f = frame_of(data, from_hex(syn_cases[i].hex, data, sizeof data), syn_cases[i].link);
    print_message("%s\n", syn_cases[i].name);
    assert_int_equal(decode_frame(d, &f, packet, &neighbour), 1);
    assert_int_equal(p->family, syn_cases[i].family);
    assert_int_equal(p->proto, PROTO_TCP);
    assert_int_equal(p->src_port, 49152);
    assert_int_equal(p->dst_port, 135);
    assert_int_equal(p->seq, 0x11223344);
    assert_int_equal(p->tcp_flags, TCP_SYN);
    assert_int_equal(p->window, 0x2000);
    assert_int_equal(p->payload_len, 0);
    assert_int_equal(p->n_encap, syn_cases[i].n_encap);
    if (p->n_encap) assert_int_equal(p->encap[p->n_encap - 1].value, syn_cases[i].value);
    char text[ADDRESS_TEXT_SIZE];
    struct address dst = packet_dst(p);
    assert_string_equal(address_print(text, &dst), p->family == 4 ? "10.0.0.2" : "fd00::2");
    for (int c = 0; c < DECODE_COUNT; c++) assert_int_equal(decoder_counts(d)[c], 0);
    decoder_free(d);
  }
}

/* Every shorter capture of the same frames: a packet as long as the flags are there, a count otherwise. */
static void test_cut_at_every_byte(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof syn_cases / sizeof *syn_cases; i++) {
    uint8_t data[256];
    uint32_t len = from_hex(syn_cases[i].hex, data, sizeof data);
    for (uint32_t cut = 0; cut < len; cut++) {
      uint8_t *tight = malloc(cut ? cut : 1); /* its end is where a sanitizer looks */
      assert_non_null(tight);
      memcpy(tight, data, cut);
      struct decoder *d = decoder_new(NULL);
      struct packet packet[PACKETS_PER_FRAME_MAX];
      struct neighbour neighbour;
      struct frame f = frame_of(tight, cut, syn_cases[i].link);
      f.wire_len = len;
      unsigned n = decode_frame(d, &f, packet, &neighbour);
      uint64_t counted = 0;
      for (int c = 0; c < DECODE_COUNT; c++) counted += decoder_counts(d)[c];
      assert_int_equal(n + counted, 1);
      if (n) {
        assert_int_equal(packet->tcp_flags, TCP_SYN);
        assert_int_equal(packet->payload_len, 0);
      }
      decoder_free(d);
      free(tight);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_syn_on_every_link),
      cmocka_unit_test(test_cut_at_every_byte),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
