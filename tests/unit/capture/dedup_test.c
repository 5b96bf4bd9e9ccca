/* Pairs of packets and whether the second is a copy of the first. */
#include "capture/dedup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "capture/link.h"
#include "tests/unit/capture/hex.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define SEGMENT "c0 00 00 87 11 22 33 44 00 00 00 01 50 18 20 00 ab cd 00 00 61 62 63 64 "
#define V4(id, ttl) HEX_MACS "08 00 45 00 00 2c " id " 40 00 " ttl " 06 00 00 0a 00 00 01 0a 00 00 02 "
#define V6(hops)                                               \
  HEX_MACS "86 dd 60 00 00 00 00 18 06 " hops                  \
           " fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 " \
           "fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02 "
#define A V4("12 34", "40") SEGMENT
#define A6 V6("40") SEGMENT
#define A0 V4("00 00", "40") SEGMENT

static const struct {
  const char *name, *first, *second;
  int64_t apart_us;
  bool copy;
} cases[] = {
    {"the same frame", A, A, 1, true},
    {"at once", A, A, 0, true},
    {"49 ms later", A, A, 49000, true},
    {"51 ms later", A, A, 51000, false},
    {"stamped a little earlier", A, A, -30, true},
    {"an hour earlier", A, A, -3600000000, false},
    {"routed once", A, V4("12 34", "3f") SEGMENT, 400, true},
    {"routed three times", A, V4("12 34", "3d") SEGMENT, 400, true},
    {"routed four times", A, V4("12 34", "3c") SEGMENT, 400, false},
    {"a higher time to live (traceroute)", A, V4("12 34", "41") SEGMENT, 400, false},
    {"a tagged copy", A,
     HEX_MACS "81 00 00 07 08 00 45 00 00 2c 12 34 40 00 40 06 00 00 0a 00 00 01 0a 00 00 02 " SEGMENT, 5, true},
    {"a mirrored copy (GRE)", A,
     HEX_MACS "08 00 45 00 00 52 00 01 00 00 40 2f 00 00 c0 a8 00 01 c0 a8 00 02 00 00 88 be " A, 5, true},
    {"a retransmission has a new identification", A, V4("12 35", "40") SEGMENT, 5, false},
    {"another sequence number", A,
     V4("12 34", "40") "c0 00 00 87 11 22 33 45 00 00 00 01 50 18 20 00 ab cd 00 00 61 62 63 64", 5, false},
    {"another acknowledgement", A,
     V4("12 34", "40") "c0 00 00 87 11 22 33 44 00 00 00 02 50 18 20 00 ab cd 00 00 61 62 63 64", 5, false},
    {"other flags", A, V4("12 34", "40") "c0 00 00 87 11 22 33 44 00 00 00 01 50 10 20 00 ab cd 00 00 61 62 63 64", 5,
     false},
    {"another window", A, V4("12 34", "40") "c0 00 00 87 11 22 33 44 00 00 00 01 50 18 20 01 ab cd 00 00 61 62 63 64",
     5, false},
    {"another checksum", A, V4("12 34", "40") "c0 00 00 87 11 22 33 44 00 00 00 01 50 18 20 00 ab ce 00 00 61 62 63 64",
     5, false},
    {"another port", A, V4("12 34", "40") "c0 01 00 87 11 22 33 44 00 00 00 01 50 18 20 00 ab cd 00 00 61 62 63 64", 5,
     false},
    {"another address (translated)", A,
     HEX_MACS "08 00 45 00 00 2c 12 34 40 00 40 06 00 00 0a 00 00 09 0a 00 00 02 " SEGMENT, 5, false},
    {"IPv6 at once", A6, A6, 300, true},
    {"IPv6 after more than 2 ms", A6, A6, 2500, false},
    {"IPv6 routed", A6, V6("3f") SEGMENT, 20000, true},
    {"identification 0 at once", A0, A0, 300, true},
    {"identification 0 after more than 2 ms", A0, A0, 2500, false},
    {"identification 0 routed", A0, V4("00 00", "3e") SEGMENT, 20000, true},
};

static unsigned mark_of(const char *first, const char *second, int64_t apart_us,
                        const struct decoder_options *options) {
  struct decoder *d = decoder_new(options);
  struct packet packet[PACKETS_PER_FRAME_MAX];
  struct neighbour neighbour;
  uint8_t data[2][HEX_SIZE];
  struct frame f = hex_frame(data[0], hex_read(first, data[0], HEX_SIZE), LINK_ETHERNET);
  struct frame g = hex_frame(data[1], hex_read(second, data[1], HEX_SIZE), LINK_ETHERNET);
  g.time.ns = f.time.ns + apart_us * 1000;
  assert_int_equal(decode_frame(d, &f, packet, &neighbour), 1);
  assert_int_equal(packet->flags & PACKET_DUPLICATE, 0);
  assert_int_equal(decode_frame(d, &g, packet, &neighbour), 1);
  decoder_free(d);
  return packet->flags & PACKET_DUPLICATE;
}

static void test_pairs(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    print_message("%s\n", cases[i].name);
    assert_int_equal(mark_of(cases[i].first, cases[i].second, cases[i].apart_us, NULL) != 0, cases[i].copy);
  }
}

static void test_no_dedup(void **state) {
  (void)state;
  assert_int_equal(mark_of(A, A, 1, &(struct decoder_options){.no_dedup = true}), 0);
}

/* Datagrams of one length between the same ports, without identification or checksum, as offload leaves them: what
 * tells them apart is their payload. */
static void test_datagrams_with_other_payload(void **state) {
  (void)state;
#define DATAGRAM(bytes)                                                                        \
  HEX_MACS                                                                                     \
  "08 00 45 00 00 2c 00 00 40 00 40 11 00 00 0a 00 00 01 0a 00 00 02 c3 50 01 bb 00 18 00 00 " \
  "40 01 02 03 04 05 06 07 08 09 0a " bytes
  assert_int_not_equal(mark_of(DATAGRAM("01 02 03 04 05"), DATAGRAM("01 02 03 04 05"), 10, NULL), 0);
  assert_int_equal(mark_of(DATAGRAM("01 02 03 04 05"), DATAGRAM("01 02 03 04 06"), 10, NULL), 0);
  assert_int_equal(mark_of(DATAGRAM("01 02 03 04 05"), DATAGRAM("02 02 03 04 05"), 10, NULL), 0);
}

/* A burst as large as the table between packet and copy may lose the mark of a few, never mark a wrong one. */
static void test_interleaved_burst(void **state) {
  (void)state;
  enum { BURST = 2000 };
  struct decoder *d = decoder_new(NULL);
  struct packet packet[PACKETS_PER_FRAME_MAX];
  struct neighbour neighbour;
  uint8_t data[HEX_SIZE];
  uint32_t len = hex_read(A, data, HEX_SIZE);
  unsigned marks[2] = {0};
  for (unsigned i = 0; i < 2 * BURST; i++) {
    unsigned n = i % BURST;
    data[18] = (uint8_t)(n >> 8), data[19] = (uint8_t)n;
    struct frame f = hex_frame(data, len, LINK_ETHERNET);
    f.time.ns += i * 1000;
    decode_frame(d, &f, packet, &neighbour);
    marks[i / BURST] += (packet->flags & PACKET_DUPLICATE) != 0;
  }
  assert_int_equal(marks[0], 0);
  assert_int_equal(marks[1], BURST);
  decoder_free(d);
}

/* The frame of a random sequence in which two of three are copies, some of them routed, near and far away. */
static void some_frame(uint8_t *data, unsigned i, uint32_t *random) {
  *random = *random * 1664525 + 1013904223;
  const unsigned n = *random >> 30 ? i / 3 * 3 : i - i % 7, steps = *random >> 20 & 3;
  data[18] = (uint8_t)(n >> 8), data[19] = (uint8_t)n;
  data[22] = (uint8_t)(0x40 - steps);
}

/* Marking all packets at once is marking them one by one. */
static void test_many_at_once(void **state) {
  (void)state;
  enum { FRAMES = 3000 };
  static uint8_t data[FRAMES][80];
  static struct frame frame[FRAMES];
  static struct packet packet[FRAMES + PACKETS_PER_FRAME_MAX];
  struct decoder *one = decoder_new(NULL), *all = decoder_new(NULL);
  struct neighbour neighbour;
  uint32_t random = 9;
  unsigned copies = 0, routed = 0;
  uint8_t first[sizeof data[0]];
  const uint32_t len = hex_read(A, first, sizeof first);
  for (unsigned i = 0; i < FRAMES; i++) {
    memcpy(data[i], first, len);
    some_frame(data[i], i, &random);
    frame[i] = hex_frame(data[i], len, LINK_ETHERNET);
    frame[i].time.ns += i * 1000;
    assert_int_equal(decode_frame_unmarked(all, &frame[i], &packet[i], &neighbour), 1);
    assert_int_equal(packet[i].flags & (PACKET_DUPLICATE | PACKET_ROUTED_COPY), 0);
  }
  decode_mark_copies(all, packet, FRAMES);
  for (unsigned i = 0; i < FRAMES; i++) {
    struct packet single[PACKETS_PER_FRAME_MAX];
    assert_int_equal(decode_frame(one, &frame[i], single, &neighbour), 1);
    assert_int_equal(packet[i].flags, single->flags);
    copies += (single->flags & PACKET_DUPLICATE) != 0;
    routed += (single->flags & PACKET_ROUTED_COPY) != 0;
  }
  assert_true(copies > FRAMES / 4 && copies < FRAMES && routed > FRAMES / 16 && routed < copies);
  decoder_free(one);
  decoder_free(all);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pairs),
      cmocka_unit_test(test_no_dedup),
      cmocka_unit_test(test_datagrams_with_other_payload),
      cmocka_unit_test(test_interleaved_burst),
      cmocka_unit_test(test_many_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
