/* Frames written out byte by byte, and what decode_frame must find in them. */
#include "capture/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "capture/link.h"
#include "tests/unit/capture/hex.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* The same SYN 10.0.0.1:49152 -> 10.0.0.2:135 (or fd00::1 -> fd00::2) on different links. */
static const struct {
  const char *name, *hex;
  uint16_t link;
  uint8_t family, n_encap;
  uint32_t value; /* of the innermost encapsulation */
} syn_cases[] = {
    {"ethernet", HEX_MACS "08 00 " HEX_IP4 HEX_SYN, LINK_ETHERNET, 4, 0, 0},
    {"ethernet, padded", HEX_MACS "08 00 " HEX_IP4 HEX_SYN "ff ff", LINK_ETHERNET, 4, 0, 0},
    {"ethernet, IPv6", HEX_MACS "86 dd " HEX_IP6 HEX_SYN, LINK_ETHERNET, 6, 0, 0},
    {"vlan", HEX_MACS "81 00 e0 0c 08 00 " HEX_IP4 HEX_SYN, LINK_ETHERNET, 4, 1, 12},
    {"qinq", HEX_MACS "88 a8 00 07 81 00 00 0c 08 00 " HEX_IP4 HEX_SYN, LINK_ETHERNET, 4, 2, 12},
    {"VN-Tag", HEX_MACS "89 26 00 00 00 00 08 00 " HEX_IP4 HEX_SYN, LINK_ETHERNET, 4, 0, 0},
    {"E-Tag", HEX_MACS "89 3f 00 00 00 00 00 00 08 00 " HEX_IP4 HEX_SYN, LINK_ETHERNET, 4, 0, 0},
    {"llc snap", HEX_MACS "00 34 aa aa 03 00 00 00 08 00 " HEX_IP4 HEX_SYN, LINK_ETHERNET, 4, 0, 0},
    {"llc IP", HEX_MACS "00 2f 06 06 03 " HEX_IP4 HEX_SYN, LINK_ETHERNET, 4, 0, 0},
    {"cooked v1", "00 00 00 01 00 06 02 00 00 00 00 01 00 00 08 00 " HEX_IP4 HEX_SYN, LINK_LINUX_SLL, 4, 0, 0},
    {"cooked v2", "86 dd 00 00 00 00 00 02 00 01 00 06 02 00 00 00 00 01 00 00 " HEX_IP6 HEX_SYN, LINK_LINUX_SLL2, 6, 0,
     0},
    {"raw", HEX_IP4 HEX_SYN, LINK_RAW, 4, 0, 0},
    {"raw 12", HEX_IP6 HEX_SYN, LINK_RAW_BSD, 6, 0, 0},
    {"raw 14", HEX_IP6 HEX_SYN, LINK_RAW_OPENBSD, 6, 0, 0},
    {"raw IPv4", HEX_IP4 HEX_SYN, LINK_IPV4, 4, 0, 0},
    {"raw IPv6", HEX_IP6 HEX_SYN, LINK_IPV6, 6, 0, 0},
    {"null, little-endian", "02 00 00 00 " HEX_IP4 HEX_SYN, LINK_NULL, 4, 0, 0},
    {"null, big-endian, Darwin IPv6", "00 00 00 1e " HEX_IP6 HEX_SYN, LINK_NULL, 6, 0, 0},
    {"null, little-endian, NetBSD IPv6", "18 00 00 00 " HEX_IP6 HEX_SYN, LINK_NULL, 6, 0, 0},
    {"null with an EtherType", "0f 00 08 00 " HEX_IP4 HEX_SYN, LINK_NULL, 4, 0, 0},
    {"null with PPP", "ff 03 00 21 " HEX_IP4 HEX_SYN, LINK_NULL, 4, 0, 0},
    {"loop, FreeBSD IPv6", "00 00 00 1c " HEX_IP6 HEX_SYN, LINK_LOOP, 6, 0, 0},
    {"mpls", "00 01 01 40 " HEX_IP4 HEX_SYN, LINK_MPLS, 4, 1, 16},
    {"IPv4 options", HEX_MACS "08 00 46 00 00 30 12 34 40 00 3f 06 00 00 0a 00 00 01 0a 00 00 02 94 04 00 00 " HEX_SYN,
     LINK_ETHERNET, 4, 0, 0},
    {"IPv6 extension headers",
     HEX_MACS "86 dd 60 00 00 00 00 38 00 40 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 fd 00 00 00 00 00 00 00 "
              "00 00 00 00 "
              "00 00 00 02 33 00 01 04 00 00 00 00 3c 02 00 00 00 00 00 01 00 00 00 05 00 00 00 00 06 00 01 04 00 00 "
              "00 00 " HEX_SYN,
     LINK_ETHERNET, 6, 0, 0},
};

static void assert_syn(const struct packet *p, uint8_t family) {
  char text[ADDRESS_TEXT_SIZE];
  struct address dst = packet_dst(p);
  assert_int_equal(p->family, family);
  assert_string_equal(address_print(text, &dst), family == 4 ? "10.0.0.2" : "fd00::2");
  assert_int_equal(p->proto, PROTO_TCP);
  assert_int_equal(p->src_port, 49152);
  assert_int_equal(p->dst_port, 135);
  assert_int_equal(p->seq, 0x11223344);
  assert_int_equal(p->tcp_flags, TCP_SYN);
  assert_int_equal(p->window, 0x2000);
  assert_int_equal(p->payload_len, 0);
}

static void test_syn_on_every_link(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(syn_cases); i++) {
    uint8_t data[HEX_SIZE];
    struct decoder *d = decoder_new(NULL);
    struct packet packet[PACKETS_PER_FRAME_MAX];
    print_message("%s\n", syn_cases[i].name);
    assert_int_equal(hex_decode(d, syn_cases[i].hex, syn_cases[i].link, data, packet), 1);
    assert_syn(packet, syn_cases[i].family);
    assert_int_equal(packet->n_encap, syn_cases[i].n_encap);
    if (packet->n_encap) assert_int_equal(packet->encap[packet->n_encap - 1].value, syn_cases[i].value);
    for (int c = 0; c < DECODE_COUNT; c++) assert_int_equal(decoder_counts(d)[c], 0);
    assert_true(link_supported(syn_cases[i].link));
    assert_non_null(link_name(syn_cases[i].link));
    decoder_free(d);
  }
}

/* Every shorter capture of the same frames: a packet as long as the flags are there, a count otherwise. */
static void test_cut_at_every_byte(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(syn_cases); i++) {
    uint8_t data[HEX_SIZE];
    uint32_t len = hex_read(syn_cases[i].hex, data, sizeof data);
    for (uint32_t cut = 0; cut < len; cut++) {
      uint8_t *tight = malloc(cut ? cut : 1); /* its end is where a sanitizer looks */
      assert_non_null(tight);
      memcpy(tight, data, cut);
      struct decoder *d = decoder_new(NULL);
      struct packet packet[PACKETS_PER_FRAME_MAX];
      struct neighbour neighbour;
      struct frame f = hex_frame(tight, cut, syn_cases[i].link);
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

#define UDP4(total) "45 00 " total " 12 34 00 00 3f 11 00 00 0a 00 00 01 0a 00 00 02 "
#define PORTS "c3 50 00 35 "

/* Lengths: what of a datagram is payload, how long it was on the wire, what flags tell. */
static const struct {
  const char *name, *hex;
  uint32_t wire_len; /* 0: as captured */
  uint32_t payload_len, captured;
  unsigned flags; /* without those about checksums, and PACKET_PAYLOAD, which all have */
} length_cases[] = {
    {"plain", HEX_MACS "08 00 " UDP4("00 20") PORTS "00 0c 00 00 01 02 03 04", 0, 4, 4, 0},
    {"padding is not payload", HEX_MACS "08 00 " UDP4("00 20") PORTS "00 0c 00 00 01 02 03 04 00 00 00 00", 0, 4, 4, 0},
    {"cut by the snap length", HEX_MACS "08 00 " UDP4("00 20") PORTS "00 0c 00 00 01", 46, 4, 1, PACKET_TRUNCATED},
    {"cut, and padded on the wire", HEX_MACS "08 00 " UDP4("00 20") PORTS "00 0c 00 00 01", 60, 4, 1, PACKET_TRUNCATED},
    {"only padding cut", HEX_MACS "08 00 " UDP4("00 20") PORTS "00 0c 00 00 01 02 03 04", 60, 4, 4, 0},
    {"IP length beyond the frame", HEX_MACS "08 00 " UDP4("00 30") PORTS "00 1c 00 00 01 02 03 04", 0, 20, 4,
     PACKET_TRUNCATED},
    {"IP length 0", HEX_MACS "08 00 " UDP4("00 00") PORTS "00 0c 00 00 01 02 03 04", 0, 4, 4, PACKET_ZERO_LENGTH},
    {"UDP length 0", HEX_MACS "08 00 " UDP4("00 20") PORTS "00 00 00 00 01 02 03 04", 0, 4, 4, 0},
    {"UDP length beyond IP", HEX_MACS "08 00 " UDP4("00 20") PORTS "00 ff 00 00 01 02 03 04", 0, 4, 4, 0},
    {"UDP length below IP", HEX_MACS "08 00 " UDP4("00 20") PORTS "00 0a 00 00 01 02 03 04", 0, 2, 2, 0},
    {"IP length beyond PPPoE", HEX_MACS "88 64 11 00 00 01 00 20 00 21 " UDP4("00 22") PORTS "00 0e 00 00 01 02 00 00",
     0, 2, 2, PACKET_WRAPPED},
    {"to everybody", "ff ff ff ff ff ff 00 1b 21 00 00 01 08 00 " UDP4("00 20") PORTS "00 0c 00 00 01 02 03 04", 0, 4,
     4, PACKET_LINK_BROADCAST},
    {"fragment cut by the snap length",
     HEX_MACS "08 00 45 00 00 24 12 34 20 00 3f 11 00 00 0a 00 00 01 0a 00 00 02 " PORTS "00 30 00 00 01", 50, 40, 1,
     PACKET_TRUNCATED},
};

static void test_lengths(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(length_cases); i++) {
    uint8_t data[HEX_SIZE];
    struct decoder *d = decoder_new(NULL);
    struct packet packet[PACKETS_PER_FRAME_MAX], *p = packet;
    struct neighbour neighbour;
    struct frame f = hex_frame(data, hex_read(length_cases[i].hex, data, sizeof data), LINK_ETHERNET);
    if (length_cases[i].wire_len) f.wire_len = length_cases[i].wire_len;
    print_message("%s\n", length_cases[i].name);
    assert_int_equal(decode_frame(d, &f, packet, &neighbour), 1);
    assert_int_equal(p->src_port, 50000);
    assert_int_equal(p->dst_port, 53);
    assert_int_equal(p->payload_len, length_cases[i].payload_len);
    assert_int_equal(bytes_left(&p->payload), length_cases[i].captured);
    assert_int_equal(p->flags & ~(PACKET_CHECKED | PACKET_BAD_CHECKSUM), length_cases[i].flags | PACKET_PAYLOAD);
    assert_int_equal(p->src_mac, link_address_hash(data + 6));
    decoder_free(d);
  }
}

#define ERROR4 HEX_MACS "08 00 45 00 00 ff 00 01 00 00 40 01 00 00 0a 00 00 fe 0a 00 00 01 03 0d 00 00 00 00 00 00 "
#define ERROR6                                                                     \
  HEX_MACS                                                                         \
  "86 dd 60 00 00 00 00 ff 3a 40 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 fe " \
  "fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 01 01 00 00 00 00 00 00 "
#define QUOTED6(next)                                    \
  "60 00 00 00 00 18 " next                              \
  " 40 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 " \
  "fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02 "

static const struct {
  const char *name, *hex;
  uint8_t proto, depth;
  uint16_t src_port, dst_port;
  uint32_t seq;
} quote_cases[] = {
    {"TCP", ERROR4 HEX_IP4 HEX_SYN, PROTO_TCP, 2, 49152, 135, 0x11223344},
    {"TCP, ports only", ERROR4 HEX_IP4 "c0 00 00 87 11 22", PROTO_TCP, 1, 49152, 135, 0},
    {"addresses only", ERROR4 HEX_IP4 "c0 00 00", PROTO_TCP, 0, 0, 0, 0},
    {"UDP", ERROR4 UDP4("00 20") PORTS "00 0c 00 00", PROTO_UDP, 1, 50000, 53, 0},
    {"echo", ERROR4 "45 00 00 20 12 34 00 00 3f 01 00 00 0a 00 00 01 0a 00 00 02 08 00 00 00 43 21 00 07", PROTO_ICMP,
     1, 0x4321, 0, 0},
    {"a later fragment has no ports", ERROR4 "45 00 00 20 12 34 00 01 3f 11 00 00 0a 00 00 01 0a 00 00 02 c3 50 00 35",
     PROTO_UDP, 0, 0, 0, 0},
    {"IPv6 TCP", ERROR6 QUOTED6("06") HEX_SYN, PROTO_TCP, 2, 49152, 135, 0x11223344},
    {"IPv6 behind options", ERROR6 QUOTED6("00") "06 00 01 04 00 00 00 00 " HEX_SYN, PROTO_TCP, 2, 49152, 135,
     0x11223344},
    {"IPv6 first fragment", ERROR6 QUOTED6("2c") "06 00 00 01 00 00 00 01 " HEX_SYN, PROTO_TCP, 2, 49152, 135,
     0x11223344},
    {"IPv6 later fragment", ERROR6 QUOTED6("2c") "06 00 00 11 00 00 00 01 " HEX_SYN, PROTO_TCP, 0, 0, 0, 0},
};

static void test_quotes(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(quote_cases); i++) {
    uint8_t data[HEX_SIZE];
    struct decoder *d = decoder_new(NULL);
    struct packet packet[PACKETS_PER_FRAME_MAX];
    const struct packet_quote *q = &packet->quote;
    print_message("%s\n", quote_cases[i].name);
    assert_int_equal(hex_decode(d, quote_cases[i].hex, LINK_ETHERNET, data, packet), 1);
    assert_true(packet->flags & PACKET_QUOTE);
    assert_int_equal(q->proto, quote_cases[i].proto);
    assert_int_equal(q->depth, quote_cases[i].depth);
    assert_int_equal(q->src_port, quote_cases[i].src_port);
    assert_int_equal(q->dst_port, quote_cases[i].dst_port);
    assert_int_equal(q->seq, quote_cases[i].seq);
    assert_int_equal(q->ip_id, packet->family == 4 ? 0x1234 : 0);
    assert_int_equal(q->src[packet->family == 4 ? 3 : 15], 1);
    assert_int_equal(q->dst[packet->family == 4 ? 3 : 15], 2);
    decoder_free(d);
  }
}

static void test_no_quote_in_what_is_no_error(void **state) {
  (void)state;
  uint8_t data[HEX_SIZE];
  struct decoder *d = decoder_new(NULL);
  struct packet packet[PACKETS_PER_FRAME_MAX];
  const char *echo =
      HEX_MACS "08 00 45 00 00 30 12 34 00 00 3f 01 00 00 0a 00 00 01 0a 00 00 02 08 00 00 00 43 21 00 07 " HEX_IP4;
  assert_int_equal(hex_decode(d, echo, LINK_ETHERNET, data, packet), 1);
  assert_false(packet->flags & PACKET_QUOTE);
  assert_int_equal(packet->echo_id, 0x4321);
  assert_int_equal(packet->icmp_type, 8);
  assert_int_equal(packet->src_port | packet->dst_port, 0);
  assert_int_equal(hex_decode(d, ERROR4 "55 00 00 20", LINK_ETHERNET, data, packet), 1);
  assert_false(packet->flags & PACKET_QUOTE);
  decoder_free(d);
}

#define ARP(op, sender, target)                                                   \
  HEX_MACS "08 06 00 01 08 00 06 04 00 " op " 00 1b 21 00 00 01 0a 00 00 " sender \
           " 00 00 00 00 00 00 0a 00 "                                            \
           "00 " target
#define ND(type)                                                                   \
  HEX_MACS                                                                         \
  "86 dd 60 00 00 00 00 18 3a ff fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 " \
  "fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02 " type                          \
  " 00 00 00 00 00 00 00 "                                                         \
  "fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 03"

static const struct {
  const char *name, *hex;
  uint8_t family, sender, target; /* last octets */
  bool answer;
} neighbour_cases[] = {
    {"ARP request", ARP("01", "01", "02"), 4, 1, 2, false},
    {"ARP reply", ARP("02", "02", "01"), 4, 2, 2, true},
    {"ARP announcement", ARP("01", "05", "05"), 4, 5, 5, true},
    {"reverse ARP", ARP("03", "05", "05"), 0, 0, 0, false},
    {"solicitation", ND("87"), 6, 1, 3, false},
    {"advertisement", ND("88"), 6, 1, 3, true},
    {"redirect", ND("89"), 0, 0, 0, false},
};

static void test_neighbours(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(neighbour_cases); i++) {
    uint8_t data[HEX_SIZE];
    struct decoder *d = decoder_new(NULL);
    struct packet packet[PACKETS_PER_FRAME_MAX];
    struct neighbour nb;
    struct frame f = hex_frame(data, hex_read(neighbour_cases[i].hex, data, sizeof data), LINK_ETHERNET);
    print_message("%s\n", neighbour_cases[i].name);
    decode_frame(d, &f, packet, &nb);
    assert_int_equal(nb.family, neighbour_cases[i].family);
    if (nb.family) {
      size_t last = nb.family == 4 ? 3 : 15;
      assert_int_equal(nb.answer, neighbour_cases[i].answer);
      assert_int_equal(nb.sender[last], neighbour_cases[i].sender);
      assert_int_equal(nb.target[last], neighbour_cases[i].target);
    }
    decoder_free(d);
  }
}

/* Frames that give no packet, and what they are counted as. */
static const struct {
  const char *name, *hex;
  uint16_t link;
  enum decode_count count;
} no_packet_cases[] = {
    {"unknown link", "00", 147, DECODE_LINK},
    {"spanning tree", HEX_MACS "00 26 42 42 03 00 00 00", LINK_ETHERNET, DECODE_NOT_IP},
    {"LLDP", HEX_MACS "88 cc 02 07", LINK_ETHERNET, DECODE_NOT_IP},
    {"ARP", ARP("01", "01", "02"), LINK_ETHERNET, DECODE_NOT_IP},
    {"PPPoE discovery", HEX_MACS "88 63 11 09 00 00 00 00", LINK_ETHERNET, DECODE_NOT_IP},
    {"short Ethernet", "00 50 56", LINK_ETHERNET, DECODE_MALFORMED},
    {"IPv4 with version 5", HEX_MACS "08 00 55 00 00 2c 12 34 40 00 3f 06 00 00 0a 00 00 01 0a 00 00 02 " HEX_SYN,
     LINK_ETHERNET, DECODE_MALFORMED},
    {"IPv4 header of 4 words", HEX_MACS "08 00 44 00 00 2c 12 34 40 00 3f 06 00 00 0a 00 00 01 0a 00 00 02 " HEX_SYN,
     LINK_ETHERNET, DECODE_MALFORMED},
    {"IPv4 length below its header",
     HEX_MACS "08 00 45 00 00 13 12 34 40 00 3f 06 00 00 0a 00 00 01 0a 00 00 02 " HEX_SYN, LINK_ETHERNET,
     DECODE_MALFORMED},
    {"TCP header of 4 words",
     HEX_MACS "08 00 " HEX_IP4 "c0 00 00 87 11 22 33 44 00 00 00 00 40 02 20 00 00 00 00 00 00 00 00 00", LINK_ETHERNET,
     DECODE_MALFORMED},
    {"TCP header beyond the packet",
     HEX_MACS "08 00 " HEX_IP4 "c0 00 00 87 11 22 33 44 00 00 00 00 f0 02 20 00 00 00 00 00 00 00 00 00", LINK_ETHERNET,
     DECODE_MALFORMED},
    {"OSPF", HEX_MACS "08 00 45 00 00 18 12 34 40 00 3f 59 00 00 0a 00 00 01 0a 00 00 02 00 00 00 00", LINK_ETHERNET,
     DECODE_PROTOCOL},
    {"IPv6 without next header",
     HEX_MACS "86 dd 60 00 00 00 00 00 3b 40 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 fd 00 00 00 00 00 00 00 "
              "00 00 00 00 00 00 00 02",
     LINK_ETHERNET, DECODE_PROTOCOL},
    {"IPv6 options beyond the packet",
     HEX_MACS "86 dd 60 00 00 00 00 08 00 40 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 fd 00 00 00 00 00 00 00 "
              "00 00 00 00 00 00 00 02 06 01 00 00 00 00 00 00",
     LINK_ETHERNET, DECODE_MALFORMED},
    {"first fragment",
     HEX_MACS "08 00 45 00 00 1c 12 34 20 00 3f 11 00 00 0a 00 00 01 0a 00 00 02 " PORTS "00 30 00 00", LINK_ETHERNET,
     DECODE_FRAGMENT},
};

static void test_counted(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(no_packet_cases); i++) {
    uint8_t data[HEX_SIZE];
    struct decoder *d = decoder_new(NULL);
    struct packet packet[PACKETS_PER_FRAME_MAX];
    print_message("%s\n", no_packet_cases[i].name);
    assert_int_equal(hex_decode(d, no_packet_cases[i].hex, no_packet_cases[i].link, data, packet), 0);
    for (int c = 0; c < DECODE_COUNT; c++) assert_int_equal(decoder_counts(d)[c], c == (int)no_packet_cases[i].count);
    decoder_free(d);
  }
  assert_false(link_supported(147));
  for (int c = 0; c < DECODE_COUNT; c++) assert_non_null(decode_count_name((enum decode_count)c));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_syn_on_every_link),
      cmocka_unit_test(test_cut_at_every_byte),
      cmocka_unit_test(test_lengths),
      cmocka_unit_test(test_quotes),
      cmocka_unit_test(test_no_quote_in_what_is_no_error),
      cmocka_unit_test(test_neighbours),
      cmocka_unit_test(test_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
