/* Any bytes as a frame of any link type: random ones, and frames of the tunnels with random damage. Nothing to expect
 * but that what decode_frame says holds together; the sanitizers do the rest. WW_SEED repeats a run. */
#include "capture/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "capture/link.h"
#include "tests/unit/capture/hex.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define OUTER(total, proto) "45 00 " total " 00 01 00 00 40 " proto " 00 00 c0 a8 00 01 c0 a8 00 02 "
#define FRAME HEX_MACS "08 00 " HEX_IP4 HEX_SYN

static const uint16_t links[] = {
    LINK_NULL,     LINK_ETHERNET,  LINK_TOKEN_RING,  LINK_PPP,   LINK_FDDI,       LINK_RAW_BSD,
    LINK_PPP_HDLC, LINK_PPP_ETHER, LINK_ATM_RFC1483, LINK_RAW,   LINK_C_HDLC,     LINK_IEEE802_11,
    LINK_FRELAY,   LINK_ENC,       LINK_LINUX_SLL,   LINK_PFLOG, LINK_PRISM,      LINK_IP_OVER_FC,
    LINK_RADIOTAP, LINK_FIREWIRE,  LINK_AVS,         LINK_PPI,   LINK_MPLS,       LINK_IPNET,
    LINK_IPV4,     LINK_IPV6,      LINK_NFLOG,       LINK_PKTAP, LINK_LINUX_SLL2, 147,
};

static const char *const seeds[] = {
    FRAME,
    HEX_MACS "86 dd " HEX_IP6 HEX_SYN,
    HEX_MACS "08 00 45 00 00 2c 12 34 20 00 3f 06 00 00 0a 00 00 01 0a 00 00 02 " HEX_SYN,
    HEX_MACS "08 00 45 00 00 2c 12 34 00 03 3f 06 00 00 0a 00 00 01 0a 00 00 02 " HEX_SYN,
    HEX_MACS "08 00 " OUTER("00 5e", "2f") "10 00 88 be 00 00 00 01 10 01 00 64 00 00 00 00 " FRAME,
    HEX_MACS "08 00 " OUTER("00 62", "11") "c3 51 12 b5 00 4e 00 00 08 00 00 00 00 10 01 00 " FRAME,
    HEX_MACS "08 00 " OUTER("00 5c", "11") "c3 51 0d d8 00 48 00 00 " HEX_IP6 HEX_SYN,
    HEX_MACS "08 00 " OUTER(
        "00 58", "11") "c3 51 08 68 00 44 00 00 34 ff 00 34 00 00 ab cd 00 00 00 85 01 10 01 00 " HEX_IP4 HEX_SYN,
    HEX_MACS
    "08 00 45 00 00 48 00 01 00 00 40 01 00 00 0a 00 00 fe 0a 00 00 01 03 0d 00 00 00 00 00 00 " HEX_IP4 HEX_SYN,
    HEX_MACS "88 47 00 01 00 40 00 01 11 40 " HEX_IP4 HEX_SYN,
    "88 01 00 00 02 00 00 00 00 10 02 00 00 00 00 01 02 00 00 00 00 02 00 00 80 00 " HEX_MACS
    "00 34 aa aa 03 00 00 00 08 00 " HEX_IP4 HEX_SYN,
};

static uint32_t next_random(uint32_t *seed) {
  *seed = *seed * 1664525 + 1013904223;
  return *seed >> 8;
}

static uint32_t make_frame(uint8_t *to, uint32_t *seed) {
  uint32_t len;
  if (next_random(seed) % 4 == 0) {
    len = next_random(seed) % 200;
    for (uint32_t i = 0; i < len; i++) to[i] = (uint8_t)next_random(seed);
    return len;
  }
  len = hex_read(seeds[next_random(seed) % COUNT(seeds)], to, HEX_SIZE);
  for (uint32_t changes = next_random(seed) % 6; changes; changes--)
    to[next_random(seed) % len] = (uint8_t)next_random(seed);
  return next_random(seed) % 3 ? len : next_random(seed) % (len + 1);
}

static uint32_t check_bytes(const uint8_t *p, size_t n) {
  uint32_t sum = 0;
  for (size_t i = 0; i < n; i++) sum += p[i];
  return sum;
}

/* Everything a packet points at can be read, and lengths agree. */
static uint32_t check_packet(const struct packet *p, const struct frame *f) {
  size_t size = p->family == 6 ? 16 : 4;
  assert_true(p->family == 4 || p->family == 6);
  assert_true(p->time.ns == f->time.ns && p->number == f->packet);
  assert_true(p->n_encap <= PACKET_ENCAP_MAX);
  assert_true(bytes_left(&p->payload) <= p->payload_len);
  uint32_t sum = check_bytes(p->src, size) + check_bytes(p->dst, size);
  sum += check_bytes(p->payload.at, bytes_left(&p->payload));
  if (p->flags & PACKET_QUOTE) sum += check_bytes(p->quote.src, size) + check_bytes(p->quote.dst, size);
  return sum;
}

static void test_random(void **state) {
  (void)state;
  enum { FRAMES = 300000 };
  const char *given = getenv("WW_SEED");
  uint32_t seed = given ? (uint32_t)strtoul(given, NULL, 0) : 20240612;
  print_message("WW_SEED=%u\n", seed);
  struct decoder *d = decoder_new(NULL);
  uint64_t packets = 0, sum = 0, counted = 0;
  for (uint32_t i = 0; i < FRAMES; i++) {
    uint8_t data[HEX_SIZE];
    struct packet packet[PACKETS_PER_FRAME_MAX];
    struct neighbour nb;
    uint32_t len = make_frame(data, &seed);
    uint8_t *tight = malloc(len ? len : 1); /* its end is where a sanitizer looks */
    assert_non_null(tight);
    memcpy(tight, data, len);
    struct frame f = hex_frame(tight, len, i % 3 ? LINK_ETHERNET : links[next_random(&seed) % COUNT(links)]);
    if (next_random(&seed) % 4 == 0) f.wire_len += next_random(&seed) % 2000;
    f.time.ns += i * 1000;
    f.number = i; /* of most the checksum is not looked at: they go the short way when they can */
    unsigned n = decode_frame(d, &f, packet, &nb);
    assert_true(n <= PACKETS_PER_FRAME_MAX);
    packets += n;
    for (unsigned k = 0; k < n; k++) sum += check_packet(&packet[k], &f);
    if (nb.family)
      sum += check_bytes(nb.sender, nb.family == 6 ? 16 : 4) + check_bytes(nb.target, nb.family == 6 ? 16 : 4);
    free(tight);
  }
  for (int c = 0; c < DECODE_COUNT; c++) counted += decoder_counts(d)[c];
  print_message("%llu packets, %llu counted otherwise (%llu)\n", (unsigned long long)packets,
                (unsigned long long)counted, (unsigned long long)sum);
  assert_true(packets > FRAMES / 4 && counted > FRAMES / 10);
  decoder_free(d);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
