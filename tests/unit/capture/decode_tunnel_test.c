/* What is peeled off, how it is named, and that ordinary traffic is not taken for a tunnel. */
#include "capture/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "capture/link.h"
#include "tests/unit/capture/hex.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define ETH HEX_MACS "08 00 "
#define OUTER(total, proto) "45 00 " total " 00 01 00 00 40 " proto " 00 00 c0 a8 00 01 c0 a8 00 02 "
#define OUTER6(payload, next)                            \
  "60 00 00 00 " payload " " next                        \
  " 40 fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01 " \
  "fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 02 "
#define INNER HEX_IP4 HEX_SYN  /* 44 octets */
#define INNER6 HEX_IP6 HEX_SYN /* 64 */
#define FRAME ETH INNER        /* 58 */
#define UDP_TO(port, len) "c3 51 " port " " len " 00 00 "
#define WLAN_MACS "02 00 00 00 00 10 02 00 00 00 00 01 02 00 00 00 00 02 "
#define SNAP "aa aa 03 00 00 00 08 00 "

/* Each holds the SYN of hex.h; packets: how many the frame gives, the last of which is the SYN. */
static const struct {
  const char *hex, *encap;
  uint16_t link;
  uint8_t packets;
} cases[] = {
    {HEX_MACS "88 47 00 01 00 40 00 01 11 40 " INNER, "mpls 16, mpls 17", LINK_ETHERNET, 1},
    {HEX_MACS "88 47 00 01 01 40 00 00 00 00 " FRAME, "mpls 16", LINK_ETHERNET, 1},
    {HEX_MACS "88 47 00 01 01 40 " FRAME, "mpls 16", LINK_ETHERNET, 1},
    {HEX_MACS "88 64 11 00 00 05 00 2e 00 21 " INNER, "pppoe 5", LINK_ETHERNET, 1},
    {HEX_MACS "88 e7 00 ab cd ef " FRAME, "802.1ah 11259375", LINK_ETHERNET, 1},
    {ETH OUTER("00 44", "2f") "00 00 08 00 " INNER, "gre", LINK_ETHERNET, 1},
    {ETH OUTER("00 50", "2f") "b0 00 08 00 00 00 00 00 00 00 00 4d 00 00 00 01 " INNER, "gre 77", LINK_ETHERNET, 1},
    {ETH OUTER("00 4c", "2f") "40 00 08 00 00 00 00 00 00 00 00 00 " INNER, "gre", LINK_ETHERNET, 1},
    {ETH OUTER("00 52", "2f") "00 00 65 58 " FRAME, "gre", LINK_ETHERNET, 1},
    {ETH OUTER("00 4d", "2f") "30 01 88 0b 00 2d 00 09 00 00 00 01 21 " INNER, "gre 9, ppp", LINK_ETHERNET, 1},
    {ETH OUTER("00 48", "2f") "00 00 88 3e 00 00 00 00 " INNER, "gre", LINK_ETHERNET, 1},
    {ETH OUTER("00 52", "2f") "00 00 88 be " FRAME, "gre, erspan 0", LINK_ETHERNET, 1},
    {ETH OUTER("00 5e", "2f") "10 00 88 be 00 00 00 01 10 01 00 64 00 00 00 00 " FRAME, "gre, erspan 100",
     LINK_ETHERNET, 1},
    {ETH OUTER("00 62", "2f") "10 00 22 eb 00 00 00 01 20 01 00 64 00 00 00 00 00 00 00 00 " FRAME, "gre, erspan 100",
     LINK_ETHERNET, 1},
    {ETH OUTER("00 5c",
               "2f") "10 00 22 eb 00 00 00 01 20 01 00 64 00 00 00 00 00 00 08 01 00 00 00 00 00 00 00 00 " INNER,
     "gre, erspan 100", LINK_ETHERNET, 1},
    {ETH OUTER("00 40", "04") INNER, "ipip", LINK_ETHERNET, 1},
    {ETH OUTER("00 54", "29") INNER6, "6in4", LINK_ETHERNET, 1},
    {HEX_MACS "86 dd " OUTER6("00 40", "29") INNER6, "ipip", LINK_ETHERNET, 1},
    {ETH OUTER("00 50", "61") "30 00 " FRAME, "etherip", LINK_ETHERNET, 1},
    {ETH OUTER("00 5e", "11") UDP_TO("12 b5", "00 4a") "08 00 00 00 00 10 01 00 " FRAME, "vxlan 4097", LINK_ETHERNET,
     2},
    {ETH OUTER("00 5e", "11") UDP_TO("21 18", "00 4a") "88 08 00 10 00 10 01 00 " FRAME, "vxlan 4097", LINK_ETHERNET,
     2},
    {ETH OUTER("00 50", "11") UDP_TO("12 b6", "00 3c") "0c 00 00 01 00 10 01 00 " INNER, "vxlan 4097", LINK_ETHERNET,
     2},
    {ETH OUTER("00 62", "11") UDP_TO("17 c1", "00 4e") "01 00 65 58 00 00 05 00 01 02 00 00 " FRAME, "geneve 5",
     LINK_ETHERNET, 2},
    {ETH OUTER("00 5c", "11") UDP_TO("0d d8", "00 48") INNER6, "teredo", LINK_ETHERNET, 2},
    {ETH OUTER("00 71", "11")
         UDP_TO("0d d8", "00 5d") "00 01 00 00 01 01 01 01 01 01 01 01 00 00 00 12 34 01 02 03 04 " INNER6,
     "teredo", LINK_ETHERNET, 2},
    {ETH OUTER("00 58", "11") UDP_TO("08 68", "00 44") "34 ff 00 34 00 00 ab cd 00 00 00 85 01 10 01 00 " INNER,
     "gtp-u 43981", LINK_ETHERNET, 2},
    {ETH OUTER("00 54", "11") UDP_TO("06 a5", "00 40") "40 02 00 38 00 03 00 04 ff 03 00 21 " INNER, "l2tp 4, ppp",
     LINK_ETHERNET, 2},
    {HEX_MACS "81 00 00 0c 08 00 " OUTER("00 62", "11") UDP_TO("12 b5", "00 4e") "08 00 00 00 00 10 01 00 " HEX_MACS
                                                                                 "81 00 00 0d 08 00 " INNER,
     "vlan 12, vxlan 4097, vlan 13", LINK_ETHERNET, 2},
    {ETH OUTER("00 70", "11") UDP_TO("14 7f", "00 5c") "00 10 03 00 00 00 00 00 01 08 00 00 " WLAN_MACS
                                                       "00 00 " SNAP INNER,
     "capwap, 802.11", LINK_ETHERNET, 2},
    {ETH OUTER("00 70", "11") UDP_TO("14 7f", "00 5c") "00 10 03 00 00 00 00 00 08 01 00 00 " WLAN_MACS
                                                       "00 00 " SNAP INNER,
     "capwap, 802.11", LINK_ETHERNET, 2},
    {ETH OUTER("00 5e", "11") UDP_TO("14 7f", "00 4a") "00 10 02 00 00 00 00 00 " FRAME, "capwap", LINK_ETHERNET, 2},
    {HEX_MACS "89 2f 00 3c 00 01 08 00 " INNER, "", LINK_ETHERNET, 1},             /* HSR */
    {HEX_MACS "89 03 00 01 " FRAME, "", LINK_ETHERNET, 1},                         /* FabricPath */
    {HEX_MACS "22 f3 00 7f 00 01 00 02 00 00 00 00 " FRAME, "", LINK_ETHERNET, 1}, /* TRILL with an option word */
    {HEX_MACS "89 4f 0f c2 02 01 00 00 01 01 " INNER, "", LINK_ETHERNET, 1},       /* service chain */
    {"ff 03 00 21 " INNER, "", LINK_PPP, 1},
    {"0f 00 08 00 " INNER, "", LINK_PPP_HDLC, 1},
    {"8f 00 08 00 " INNER, "", LINK_C_HDLC, 1},
    {"11 00 00 05 00 2e 00 21 " INNER, "pppoe 5", LINK_PPP_ETHER, 1},
    {"08 01 00 00 " WLAN_MACS "00 00 " SNAP INNER, "802.11", LINK_IEEE802_11, 1},
    {"88 02 00 00 " WLAN_MACS "00 00 00 00 " SNAP INNER, "802.11", LINK_IEEE802_11, 1},
    {"08 03 00 00 " WLAN_MACS "00 00 02 02 02 02 02 02 " SNAP INNER, "802.11", LINK_IEEE802_11, 1},
    {"00 00 09 00 02 00 00 00 20 88 01 00 00 " WLAN_MACS "00 00 00 00 00 00 " SNAP INNER, "802.11", LINK_RADIOTAP, 1},
    {"80 21 10 01 00 00 00 0c 00 00 00 00 08 01 00 00 " WLAN_MACS "00 00 " SNAP INNER, "802.11", LINK_AVS, 1},
    {"44 00 00 00 0c 00 00 00 00 00 00 00 08 01 00 00 " WLAN_MACS "00 00 " SNAP INNER, "802.11", LINK_PRISM, 1},
    {"00 00 08 00 01 00 00 00 " FRAME, "", LINK_PPI, 1},
    {"05 02 00 00 00 00 00 00 " INNER, "", LINK_PFLOG, 1},
    {"02 00 00 00 05 00 01 00 08 00 00 00 30 00 09 00 " INNER, "", LINK_NFLOG, 1},
};

static const char *encap_list(const struct packet *p, char *to, size_t size) {
  size_t len = 0;
  *to = '\0';
  for (unsigned i = 0; i < p->n_encap; i++) {
    char one[ENCAP_TEXT_SIZE];
    len += (size_t)snprintf(to + len, size - len, "%s%s", i ? ", " : "", encap_print(one, p->encap[i]));
  }
  return to;
}

static void test_peeling(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    uint8_t data[HEX_SIZE];
    char text[256];
    struct decoder *d = decoder_new(NULL);
    struct packet packet[PACKETS_PER_FRAME_MAX];
    print_message("%zu: %s\n", i, cases[i].encap);
    unsigned n = hex_decode(d, cases[i].hex, cases[i].link, data, packet);
    assert_int_equal(n, cases[i].packets);
    const struct packet *p = &packet[n - 1];
    assert_string_equal(encap_list(p, text, sizeof text), cases[i].encap);
    assert_int_equal(p->seq, 0x11223344);
    assert_int_equal(p->dst_port, 135);
    assert_int_equal(p->ttl, p->family == 4 ? 0x3f : 0x40);
    assert_int_equal(p->flags & PACKET_TRUNCATED, 0);
    if (n == 2) {
      assert_true(packet->flags & PACKET_CARRIER);
      assert_int_equal(packet->proto, PROTO_UDP);
      assert_int_equal(packet->src[3], 1);
    }
    for (int c = 0; c < DECODE_COUNT; c++) assert_int_equal(decoder_counts(d)[c], 0);
    decoder_free(d);
  }
}

/* Two subframes in one 802.11 frame are two packets. */
static void test_aggregate(void **state) {
  (void)state;
  uint8_t data[HEX_SIZE];
  struct decoder *d = decoder_new(NULL);
  struct packet packet[PACKETS_PER_FRAME_MAX];
  const char *hex =
      "88 01 00 00 " WLAN_MACS "00 00 80 00 " HEX_MACS "00 34 " SNAP INNER "00 00 " HEX_MACS "00 34 " SNAP INNER;
  assert_int_equal(hex_decode(d, hex, LINK_IEEE802_11, data, packet), 2);
  assert_int_equal(packet[1].seq, 0x11223344);
  assert_true(packet[1].src > packet[0].src);
  decoder_free(d);
}

/* Datagrams on the port of a tunnel that are something else: one packet, nothing counted. */
static const char *const ordinary[] = {
    ETH OUTER("00 24", "11") UDP_TO("12 b5", "00 10") "08 00 00 00 00 10 01 00",         /* nothing inside */
    ETH OUTER("00 5e", "11") UDP_TO("12 b5", "00 4a") "09 00 00 00 00 10 01 00 " FRAME,  /* a reserved flag */
    ETH OUTER("00 5e", "11") UDP_TO("12 b5", "00 4a") "08 00 00 00 00 10 01 01 " FRAME,  /* a reserved octet */
    ETH OUTER("00 5e", "11") UDP_TO("17 c1", "00 4a") "40 00 65 58 00 00 05 00 " FRAME,  /* version 1 */
    ETH OUTER("00 5c", "11") UDP_TO("0d d8", "00 48") "60 00 00 00 00 19 06 40 " INNER6, /* IPv6 length too long */
    ETH OUTER("00 50", "11") UDP_TO("08 68", "00 3c") "30 ff 00 40 00 00 ab cd " INNER,  /* length too long */
    ETH OUTER("00 50", "11") UDP_TO("08 68", "00 3c") "30 01 00 2c 00 00 ab cd " INNER,  /* an echo request */
    ETH OUTER("00 54", "11")
        UDP_TO("06 a5", "00 40") "c8 02 00 38 00 03 00 04 ff 03 00 21 " INNER,          /* a control message */
    ETH OUTER("00 5e", "11") UDP_TO("14 7f", "00 4a") "00 10 02 88 00 00 00 00 " FRAME, /* a fragment */
    ETH OUTER("00 2e", "11") "00 35 12 b5 00 1a 00 00 12 34 81 80 00 01 00 00 00 00 00 00 01 61 00 00 01 00", /* DNS */
    ETH OUTER("00 5e", "11") "12 b5 c3 51 00 4a 00 00 08 00 00 00 00 10 01 00 " FRAME, /* from the port only */
};

static void test_ordinary_datagrams(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(ordinary); i++) {
    uint8_t data[HEX_SIZE];
    struct decoder *d = decoder_new(NULL);
    struct packet packet[PACKETS_PER_FRAME_MAX];
    print_message("%zu\n", i);
    assert_int_equal(hex_decode(d, ordinary[i], LINK_ETHERNET, data, packet), 1);
    assert_int_equal(packet->proto, PROTO_UDP);
    assert_int_equal(packet->flags & PACKET_CARRIER, 0);
    assert_int_equal(packet->n_encap, 0);
    for (int c = 0; c < DECODE_COUNT; c++) assert_int_equal(decoder_counts(d)[c], 0);
    decoder_free(d);
  }
}

/* n times the header hex, each of size octets, then the SYN's. */
static unsigned nested(const char *hex, size_t n, const char *inside, uint64_t *too_deep_out) {
  static uint8_t data[65536];
  struct decoder *d = decoder_new(NULL);
  struct packet packet[PACKETS_PER_FRAME_MAX];
  struct neighbour neighbour;
  uint32_t len = hex_read(HEX_MACS, data, sizeof data);
  for (size_t i = 0; i < n; i++) len += hex_read(hex, data + len, sizeof data - len);
  len += hex_read(inside, data + len, sizeof data - len);
  struct frame f = hex_frame(data, len, LINK_ETHERNET);
  unsigned found = decode_frame(d, &f, packet, &neighbour);
  *too_deep_out = decoder_counts(d)[DECODE_DEPTH];
  decoder_free(d);
  return found;
}

static void test_depth(void **state) {
  (void)state;
  uint64_t too_deep;
  assert_int_equal(nested("81 00 00 07 ", 8, "08 00 " INNER, &too_deep), 1);
  assert_int_equal(too_deep, 0);
  assert_int_equal(nested("81 00 00 07 ", 9, "08 00 " INNER, &too_deep), 0);
  assert_int_equal(too_deep, 1);
  assert_int_equal(nested("65 58 " HEX_MACS, 16, "08 00 " INNER, &too_deep), 1);
  assert_int_equal(nested("65 58 " HEX_MACS, 4000, "08 00 " INNER, &too_deep), 0);
  assert_int_equal(too_deep, 1);
  assert_int_equal(nested("89 26 00 00 00 00 ", 9000, "08 00 " INNER, &too_deep), 0);
  assert_int_equal(too_deep, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_peeling),
      cmocka_unit_test(test_aggregate),
      cmocka_unit_test(test_ordinary_datagrams),
      cmocka_unit_test(test_depth),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
