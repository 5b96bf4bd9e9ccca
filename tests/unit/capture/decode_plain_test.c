/* The short way for ordinary frames against the walk through the layers: what the first finds, the second must find to
 * the last octet; and it must find most of what is ordinary. Frames are damaged at random; WW_SEED repeats a run. */
#include "capture/decode_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/link.h"
#include "tests/unit/capture/hex.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define IP(total, fragment, proto) "45 00 " total " 12 34 " fragment " 3f " proto " 00 00 0a 00 00 01 0a 00 00 02 "
#define IP6(total, proto)                                \
  "60 00 00 00 " total " " proto                         \
  " 40 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 " \
  "fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02 "
#define TCP(offset) "c0 00 00 87 11 22 33 44 01 02 03 04 " offset " 18 20 00 be ef 00 00 "
#define DNS "d2 04 00 35 00 18 ca fe ab cd 01 00 00 01 00 00 00 00 00 00 "

enum { UNSAMPLED = 4097, SAMPLED = 4096, PATTERN = 0xa5 };

static const struct {
  const char *name, *hex;
  bool plain;
} frames[] = {
    {"SYN with options", HEX_MACS "08 00 " HEX_IP4 HEX_SYN, true},
    {"no payload", HEX_MACS "08 00 " IP("00 28", "40 00", "06") TCP("50"), true},
    {"no payload, padded", HEX_MACS "08 00 " IP("00 28", "40 00", "06") TCP("50") "00 00 00 00 00 00", true},
    {"payload", HEX_MACS "08 00 " IP("00 2c", "00 00", "06") TCP("50") "de ad be ef", true},
    {"longest header", HEX_MACS "08 00 " IP("00 30", "00 00", "06") TCP("70") "01 01 08 0a 00 00 00 01", true},
    {"header longer than the packet", HEX_MACS "08 00 " IP("00 28", "00 00", "06") TCP("60") "01 01 01 01", false},
    {"header too short", HEX_MACS "08 00 " IP("00 28", "00 00", "06") TCP("40"), false},
    {"to all", "ff ff ff ff ff ff 00 1b 21 00 00 01 08 00 " IP("00 2c", "00 00", "11") DNS "de ad be ef", true},
    {"datagram", HEX_MACS "08 00 " IP("00 2c", "00 00", "11") DNS "de ad be ef", true},
    {"datagram longer than stated", HEX_MACS "08 00 " IP("00 2f", "00 00", "11") DNS "de ad be ef 01 02 03", true},
    {"datagram of length 0", HEX_MACS "08 00 " IP("00 24", "00 00", "11") "d2 04 00 35 00 00 ca fe 01 02 03 04", false},
    {"datagram cut", HEX_MACS "08 00 " IP("00 2a", "00 00", "11") DNS "de ad", false},
    {"tunnel", HEX_MACS "08 00 " IP("00 2c", "00 00", "11") "c3 51 12 b5 00 18 00 00 08 00 00 00 00 10 01 00 ", false},
    {"first fragment", HEX_MACS "08 00 " IP("00 2c", "20 00", "11") DNS "de ad be ef", false},
    {"later fragment", HEX_MACS "08 00 " IP("00 2c", "00 03", "06") TCP("50") "de ad be ef", false},
    {"length 0", HEX_MACS "08 00 " IP("00 00", "40 00", "06") TCP("50") "de ad be ef", false},
    {"IP options", HEX_MACS "08 00 46 00 00 2c 12 34 40 00 3f 06 00 00 0a 00 00 01 0a 00 00 02 01 01 01 00 " TCP("50"),
     false},
    {"another version", HEX_MACS "08 00 55 00 00 28 12 34 40 00 3f 06 00 00 0a 00 00 01 0a 00 00 02 " TCP("50"), false},
    {"tagged", HEX_MACS "81 00 a0 0c 08 00 " IP("00 28", "40 00", "06") TCP("50"), true},
    {"tagged twice", HEX_MACS "81 00 00 0c 81 00 00 0d 08 00 " IP("00 28", "40 00", "06") TCP("50"), false},
    {"another tag", HEX_MACS "88 a8 00 0c 08 00 " IP("00 28", "40 00", "06") TCP("50"), false},
    {"tagged LLC", HEX_MACS "81 00 00 0c 00 03 42 42 03 " IP("00 28", "40 00", "06") TCP("50"), false},
    {"IPv6", HEX_MACS "86 dd " HEX_IP6 HEX_SYN, true},
    {"IPv6, tagged and padded", HEX_MACS "81 00 00 0c 86 dd " HEX_IP6 HEX_SYN "00 00", true},
    {"IPv6 datagram", HEX_MACS "86 dd " IP6("00 18", "11") DNS "de ad be ef", true},
    {"IPv6 fragment", HEX_MACS "86 dd " IP6("00 20", "2c") "11 00 00 01 00 00 00 07 " DNS "de ad be ef", false},
    {"IPv6 of length 0", HEX_MACS "86 dd " IP6("00 00", "06") TCP("50"), false},
    {"IPv6 with options", HEX_MACS "86 dd " IP6("00 1c", "00") "06 00 01 04 00 00 00 00 " TCP("50"), false},
    {"version 4 as IPv6", HEX_MACS "86 dd " IP("00 28", "40 00", "06") TCP("50") TCP("50"), false},
    {"echo", HEX_MACS "08 00 " IP("00 1c", "40 00", "01") "08 00 00 00 00 01 00 01", false},
};

struct both {
  struct decoder *plain, *walk;
};

static int setup(void **state) {
  static struct both b;
  b = (struct both){decoder_new(NULL), decoder_new(NULL)};
  *state = &b;
  return b.plain && b.walk ? 0 : -1;
}

static int teardown(void **state) {
  struct both *b = *state;
  decoder_free(b->plain);
  decoder_free(b->walk);
  return 0;
}

/* What lies between the parts of a tag is nobody's. */
static void encap_compare(struct packet *a, struct packet *b) {
  assert_int_equal(a->n_encap, b->n_encap);
  for (unsigned i = 0; i < a->n_encap; i++) {
    assert_int_equal(a->encap[i].kind, b->encap[i].kind);
    assert_int_equal(a->encap[i].value, b->encap[i].value);
  }
  memset(a->encap, 0, sizeof a->encap);
  memset(b->encap, 0, sizeof b->encap);
}

/* Whether the short way took the frame; then the walk says the same. */
static bool hold_against(struct both *b, const struct frame *f) {
  struct packet packet[2][PACKETS_PER_FRAME_MAX], untouched;
  struct neighbour neighbour[2];
  uint64_t before[DECODE_COUNT];
  memset(packet, PATTERN, sizeof packet);
  memset(&untouched, PATTERN, sizeof untouched);
  memcpy(before, decoder_counts(b->walk), sizeof before);
  const bool took = decode_plain(f, packet[0]);
  if (!took) assert_memory_equal(packet[0], &untouched, sizeof untouched);
  const unsigned n = decode_walk(b->walk, f, packet[1], &neighbour[1]);
  if (took) {
    assert_int_equal(n, 1);
    assert_memory_equal(before, decoder_counts(b->walk), sizeof before);
    encap_compare(&packet[0][0], &packet[1][0]);
    assert_memory_equal(packet[0], packet[1], sizeof packet[0]);
    assert_false(neighbour[1].family || decoder_is_borrowed(b->walk));
  }
  assert_int_equal(decode_frame_unmarked(b->plain, f, packet[0], &neighbour[0]), n);
  assert_int_equal(neighbour[0].family, neighbour[1].family);
  assert_int_equal(decoder_is_borrowed(b->plain), decoder_is_borrowed(b->walk));
  assert_memory_equal(decoder_counts(b->plain), decoder_counts(b->walk), sizeof before);
  return took;
}

static void test_cases(void **state) {
  for (size_t i = 0; i < COUNT(frames); i++) {
    uint8_t data[HEX_SIZE];
    struct frame f = hex_frame(data, hex_read(frames[i].hex, data, sizeof data), LINK_ETHERNET);
    print_message("%s\n", frames[i].name);
    f.number = UNSAMPLED;
    assert_int_equal(hold_against(*state, &f), frames[i].plain);
    f.wire_len += 100; /* what a frame lost behind its packet changes nothing */
    assert_int_equal(hold_against(*state, &f), frames[i].plain);
    f.number = SAMPLED; /* its checksum is the walk's to look at */
    assert_false(hold_against(*state, &f));
    f.number = UNSAMPLED;
    f.link = LINK_RAW;
    assert_false(hold_against(*state, &f));
  }
}

/* An offloaded segment, and the longest packet that is none. */
static void test_oversize(void **state) {
  enum { PLACE_OF_LENGTH = 16, LONGEST = 65535 };
  static const uint32_t lens[] = {1500, ETHERNET_IP_MAX, ETHERNET_IP_MAX + 1, 9000, LONGEST};
  uint8_t *data = calloc(1, LONGEST + 14);
  assert_non_null(data);
  hex_read(HEX_MACS "08 00 " IP("00 2c", "40 00", "06") TCP("50"), data, HEX_SIZE);
  for (size_t i = 0; i < COUNT(lens); i++) {
    struct frame f = hex_frame(data, lens[i] + 14, LINK_ETHERNET);
    f.number = UNSAMPLED;
    data[PLACE_OF_LENGTH] = (uint8_t)(lens[i] >> 8);
    data[PLACE_OF_LENGTH + 1] = (uint8_t)lens[i];
    assert_true(hold_against(*state, &f));
    f.cap_len--;
    assert_false(hold_against(*state, &f));
  }
  free(data);
}

static uint32_t next_random(uint32_t *seed) {
  *seed = *seed * 1664525 + 1013904223;
  return *seed >> 8;
}

static void test_damaged(void **state) {
  enum { FRAMES = 300000, HEADS = 64 };
  const char *given = getenv("WW_SEED");
  uint32_t seed = given ? (uint32_t)strtoul(given, NULL, 0) : 20261125, took = 0;
  print_message("WW_SEED=%u\n", seed);
  for (uint32_t i = 0; i < FRAMES; i++) {
    uint8_t data[HEX_SIZE];
    uint32_t len = hex_read(frames[next_random(&seed) % COUNT(frames)].hex, data, sizeof data);
    for (uint32_t changes = next_random(&seed) % 4; changes; changes--)
      data[next_random(&seed) % (len < HEADS ? len : HEADS)] = (uint8_t)next_random(&seed);
    if (next_random(&seed) % 4 == 0) len = next_random(&seed) % (len + 1);
    uint8_t *tight = malloc(len ? len : 1); /* its end is where a sanitizer looks */
    assert_non_null(tight);
    memcpy(tight, data, len);
    struct frame f = hex_frame(tight, len, LINK_ETHERNET);
    f.number = next_random(&seed);
    f.time.ns += i;
    if (next_random(&seed) % 4 == 0) f.wire_len += next_random(&seed) % 2000;
    took += hold_against(*state, &f);
    free(tight);
  }
  print_message("%u of %d by the short way\n", took, FRAMES);
  assert_true(took > FRAMES / 8 && took < FRAMES - FRAMES / 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_cases, setup, teardown),
      cmocka_unit_test_setup_teardown(test_oversize, setup, teardown),
      cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
