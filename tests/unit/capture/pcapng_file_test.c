/* pcapng: what libpcap refuses and we read, what both read, the odd and the impossible. */
#include "capture/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "capture/link.h"
#include "tests/unit/capture/read_made.h"

/* Three interfaces as Windows and Linux captures have them, of different link types, snap lengths and clocks, and their
 * counters. */
static void put_mixed(struct made *m, bool big_endian) {
  made_section(m, big_endian);
  made_option_text(m, 1, "taken at the core switch");
  made_block_end(m);
  made_iface(m, LINK_ETHERNET, 65535);
  made_option_text(m, 2, "eth0");
  made_option_text(m, 3, "uplink");
  made_option_number(m, 9, 9, 1);
  made_block_end(m);
  made_iface(m, LINK_LINUX_SLL, 256);
  made_option_text(m, 2, "any");
  made_block_end(m);
  made_iface(m, LINK_RAW, 0);
  made_option_number(m, 9, 0x80 | 10, 1);
  made_option_number(m, 14, (uint64_t)-3600, 8);
  made_block_end(m);
  made_enhanced(m, 0, 1700000000123456789u, 60, 60);
  made_option_text(m, 1, "why is this refused?");
  made_option_number(m, 2, 1, 4);
  made_block_end(m);
  made_enhanced(m, 1, 1700000000500000u, 256, 1516);
  made_option_number(m, 2, 2, 4);
  made_block_end(m);
  made_enhanced(m, 2, 1700003600ull * 1024 + 512, 40, 40);
  made_block_end(m);
  made_statistics(m, 0);
  made_option_number(m, 4, 100, 8);
  made_option_number(m, 5, 1, 8);
  made_block_end(m);
  made_statistics(m, 0); /* later: these count */
  made_option_number(m, 2, 99, 8);
  made_option_number(m, 4, 1000, 8);
  made_option_number(m, 5, 7, 8);
  made_option_number(m, 7, 5, 8);
  made_block_end(m);
  made_statistics(m, 1);
  made_option_number(m, 4, 50, 8);
  made_block_end(m);
}

static void reads_what_libpcap_refuses(void **state) {
  (void)state;
  for (int big = 0; big < 2; big++) {
    struct made m = {0};
    struct seen seen;
    put_mixed(&m, big);
    pcap_t *theirs = libpcap_open(&m);
    struct pcap_pkthdr *h;
    const u_char *bytes;
    if (theirs) assert_int_equal(pcap_next_ex(theirs, &h, &bytes), PCAP_ERROR);
    if (theirs) pcap_close(theirs);
    read_made(&m, &seen);
    assert_int_equal(seen.info->damage, SOURCE_DAMAGE_NONE);
    assert_int_equal(seen.n, 3);
    static const struct {
      int64_t ns;
      uint32_t cap_len, wire_len;
      uint16_t link, iface;
      uint8_t direction;
    } expected[] = {{1700000000123456789, 60, 60, LINK_ETHERNET, 0, FRAME_INBOUND},
                    {1700000000500000000, 256, 1516, LINK_LINUX_SLL, 1, FRAME_OUTBOUND},
                    {1700000000500000000, 40, 40, LINK_RAW, 2, FRAME_DIRECTION_UNKNOWN}};
    for (size_t i = 0; i < 3; i++) {
      assert_int_equal(seen.frame[i].time.ns, expected[i].ns);
      assert_int_equal(seen.frame[i].cap_len, expected[i].cap_len);
      assert_int_equal(seen.frame[i].wire_len, expected[i].wire_len);
      assert_int_equal(seen.frame[i].link, expected[i].link);
      assert_int_equal(seen.frame[i].iface, expected[i].iface);
      assert_int_equal(seen.frame[i].direction, expected[i].direction);
    }
    const struct source_iface *iface = seen.info->iface;
    assert_int_equal(seen.info->n_ifaces, 3);
    assert_string_equal(iface[0].name, "eth0");
    assert_string_equal(iface[0].description, "uplink");
    assert_int_equal(iface[0].received, 1000);
    assert_int_equal(iface[0].dropped, 12);
    assert_int_equal(iface[0].counted_from, 99);
    assert_true(iface[0].drops_known);
    assert_false(iface[1].drops_known);
    assert_int_equal(iface[1].snap_len, 256);
    assert_null(iface[2].name);
    assert_int_equal(iface[2].per_second, 1024);
    assert_int_equal(seen.info->n_comments, 2);
    assert_int_equal(seen.info->comment[0].frame, 0);
    assert_string_equal(seen.info->comment[0].text, "taken at the core switch");
    assert_int_equal(seen.info->comment[1].frame, 1);
    assert_string_equal(seen.info->comment[1].text, "why is this refused?");
    seen_close(&seen);
    made_free(&m);
  }
}

/* Two captures behind each other, in different byte orders: interface 0 is another one in the second. */
static void counts_interfaces_per_section(void **state) {
  (void)state;
  struct made m = {0};
  struct seen seen;
  put_mixed(&m, false);
  put_mixed(&m, true);
  read_made(&m, &seen);
  assert_int_equal(seen.n, 6);
  assert_int_equal(seen.info->n_ifaces, 6);
  assert_int_equal(seen.frame[4].iface, 4);
  assert_int_equal(seen.frame[4].link, LINK_LINUX_SLL);
  assert_int_equal(seen.frame[5].number, 6);
  assert_int_equal(seen.info->iface[3].dropped, 12);
  seen_close(&seen);
  made_free(&m);
}

static void reads_old_and_simple_blocks(void **state) {
  (void)state;
  struct made m = {0};
  struct seen seen;
  made_section(&m, false);
  made_block_end(&m);
  made_iface(&m, LINK_ETHERNET, 100);
  made_block_end(&m);
  made_block(&m, 2); /* packet block: interface, lost before it */
  made_u16(&m, 0);
  made_u16(&m, 9);
  made_u32(&m, 0);
  made_u32(&m, 5000000);
  made_u32(&m, 30);
  made_u32(&m, 80);
  made_fill(&m, 1, 30);
  made_pad(&m);
  made_option_number(&m, 2, 2, 4);
  made_block_end(&m);
  made_block(&m, 3); /* simple: cut to the snap length */
  made_u32(&m, 400);
  made_fill(&m, 2, 100);
  made_block_end(&m);
  made_block(&m, 3); /* simple and short: padding is not data */
  made_u32(&m, 33);
  made_fill(&m, 3, 33);
  made_block_end(&m);
  made_enhanced(&m, 0, 6000000, 20, 20);
  made_option_number(&m, 4, 3, 8); /* lost before it */
  made_block_end(&m);
  assert_true(same_as_libpcap(&m, "old and simple blocks"));
  read_made(&m, &seen);
  assert_int_equal(seen.n, 4);
  assert_int_equal(seen.frame[0].direction, FRAME_OUTBOUND);
  assert_int_equal(seen.frame[1].cap_len, 100);
  assert_int_equal(seen.frame[1].wire_len, 400);
  assert_int_equal(seen.frame[1].time.ns, 5000000000);
  assert_int_equal(seen.frame[2].cap_len, 33);
  assert_int_equal(seen.info->iface[0].dropped, 12);
  assert_int_equal(seen.info->iface[0].lost_between, 12);
  assert_true(seen.info->iface[0].drops_known);
  seen_close(&seen);
  made_free(&m);
}

static void keeps_times_in_range(void **state) {
  (void)state;
  static const struct {
    const char *name;
    uint8_t resolution;
    int64_t offset;
    uint64_t units;
    int64_t ns;
  } cases[] = {
      {"microseconds", 6, 0, 1500000, 1500000000},
      {"seconds", 0, 0, 7, 7000000000},
      {"picoseconds", 12, 0, 1234567890123456, 1234567890123},
      {"finest decimal", 19, 0, 20000000000000000u, 2000000},
      {"finest binary", 0x80 | 63, 0, 1ull << 62, 500000000},
      {"binary", 0x80 | 1, 0, 3, 1500000000},
      {"offset", 6, -2, 1000000, -1000000000},
      {"far future", 6, 0, UINT64_MAX, INT64_MAX},
      {"far future in nanoseconds", 9, 0, UINT64_MAX, INT64_MAX},
      {"offset without end", 0, INT64_MAX, UINT64_MAX, INT64_MAX},
      {"offset far back", 6, INT64_MIN, 0, INT64_MIN + 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct made m = {0};
    struct seen seen;
    made_section(&m, false);
    made_block_end(&m);
    made_iface(&m, LINK_ETHERNET, 0);
    made_option_number(&m, 9, cases[i].resolution, 1);
    if (cases[i].offset) made_option_number(&m, 14, (uint64_t)cases[i].offset, 8);
    made_block_end(&m);
    made_enhanced(&m, 0, cases[i].units, 4, 4);
    made_block_end(&m);
    read_made(&m, &seen);
    assert_int_equal(seen.n, 1);
    assert_true(seen.frame[0].time.ns == cases[i].ns);
    seen_close(&seen);
    made_free(&m);
  }
}

static void put_start(struct made *m) {
  made_section(m, false);
  made_block_end(m);
  made_iface(m, LINK_ETHERNET, 0);
  made_block_end(m);
  made_enhanced(m, 0, 1, 60, 60);
  made_block_end(m);
}

static void bad_trailer(struct made *m) {
  made_enhanced(m, 0, 2, 60, 60);
  made_block_end(m);
  m->bytes[m->len - 4]++;
}
static void bad_iface(struct made *m) { made_enhanced(m, 1, 2, 60, 60), made_block_end(m); }
static void bad_cap_len(struct made *m) {
  made_enhanced(m, 0, 2, 60, 60);
  made_block_end(m);
  m->bytes[m->block + 20] = 200;
}
static void absurd_cap_len(struct made *m) { bad_cap_len(m), m->bytes[m->block + 23] = 0xff; }
static void short_block(struct made *m) { made_block(m, 6), made_u32(m, 0), made_block_end(m); }
static void short_iface(struct made *m) { made_block(m, 1), made_u32(m, 0), made_block_end(m); }
static void short_section(struct made *m) { made_block(m, 0x0a0d0d0a), made_u32(m, 0x1a2b3c4d), made_block_end(m); }
static void no_order(struct made *m) { made_block(m, 0x0a0d0d0a), made_u64(m, 0), made_u64(m, 0), made_block_end(m); }
static void version_2(struct made *m) { made_section(m, false), made_block_end(m), m->bytes[m->block + 12] = 2; }
static void tiny_length(struct made *m) { made_u32(m, 6), made_u32(m, 8), made_u32(m, 8); }
static void huge_length(struct made *m) { made_u32(m, 6), made_u32(m, 0x7fffff00), made_u32(m, 8); }
static void no_clock(struct made *m) { made_iface(m, 1, 0), made_option_number(m, 9, 20, 1), made_block_end(m); }
static void cut_block(struct made *m) { made_enhanced(m, 0, 2, 60, 60), made_block_end(m), m->len -= 3; }
static void cut_head(struct made *m) { made_u32(m, 6), made_u32(m, 92); }
static void endless_unknown(struct made *m) { made_u32(m, 0x4d3c2b1a), made_u32(m, 0xfffffff0), made_u32(m, 8); }
static void simple_too_small(struct made *m) {
  made_block(m, 3), made_u32(m, 61), made_fill(m, 1, 20), made_block_end(m);
}
static void bad_option(struct made *m) {
  made_enhanced(m, 0, 2, 60, 60);
  made_u16(m, 1);
  made_u16(m, 5000);
  made_block_end(m);
}
static void unknown_blocks(struct made *m) {
  for (uint32_t type = 7; type < 12; type++) made_block(m, type), made_fill(m, type, 70000), made_block_end(m);
  made_enhanced(m, 0, 2, 60, 60);
  made_block_end(m);
}
/* The length states no padding, but there is some; tshark reads such blocks. */
static void unpadded_length(struct made *m) {
  made_enhanced(m, 0, 2, 61, 61);
  made_block_end(m);
  m->bytes[m->block + 4] -= 3;
  m->bytes[m->len - 4] -= 3;
}
static void stray_statistics(struct made *m) { made_statistics(m, 8), made_block_end(m), bad_option(m); }

static void names_damage(void **state) {
  (void)state;
  static const struct {
    const char *name;
    void (*put)(struct made *m);
    enum source_damage damage;
    size_t frames, skipped;
  } cases[] = {
      {"lengths differ", bad_trailer, SOURCE_DAMAGE_BLOCK, 1, 0},
      {"interface not described", bad_iface, SOURCE_DAMAGE_BLOCK, 1, 0},
      {"frame longer than its block", bad_cap_len, SOURCE_DAMAGE_BLOCK, 1, 0},
      {"absurd frame", absurd_cap_len, SOURCE_DAMAGE_LENGTH, 1, 0},
      {"packet block too small", short_block, SOURCE_DAMAGE_BLOCK, 1, 0},
      {"interface block too small", short_iface, SOURCE_DAMAGE_BLOCK, 1, 0},
      {"section too small", short_section, SOURCE_DAMAGE_BLOCK, 1, 0},
      {"section without order", no_order, SOURCE_DAMAGE_BLOCK, 1, 0},
      {"version 2", version_2, SOURCE_DAMAGE_BLOCK, 1, 0},
      {"tiny length", tiny_length, SOURCE_DAMAGE_LENGTH, 1, 0},
      {"huge length", huge_length, SOURCE_DAMAGE_LENGTH, 1, 0},
      {"impossible clock", no_clock, SOURCE_DAMAGE_BLOCK, 1, 0},
      {"cut in a block", cut_block, SOURCE_DAMAGE_CUT, 1, 0},
      {"cut in a block's head", cut_head, SOURCE_DAMAGE_CUT, 1, 0},
      {"unknown block without end", endless_unknown, SOURCE_DAMAGE_CUT, 1, 1},
      {"simple packet too small", simple_too_small, SOURCE_DAMAGE_BLOCK, 1, 0},
      {"option too long: ignored", bad_option, SOURCE_DAMAGE_NONE, 2, 0},
      {"unknown blocks: passed over", unknown_blocks, SOURCE_DAMAGE_NONE, 2, 5},
      {"length without padding", unpadded_length, SOURCE_DAMAGE_NONE, 2, 0},
      {"statistics of nobody: ignored", stray_statistics, SOURCE_DAMAGE_NONE, 2, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct made m = {0};
    struct seen seen;
    put_start(&m);
    cases[i].put(&m);
    read_made(&m, &seen);
    if (seen.info->damage != cases[i].damage) fail_msg("%s: %s", cases[i].name, seen.info->damage_text.text);
    assert_int_equal(seen.n, cases[i].frames);
    assert_int_equal(seen.info->skipped_blocks, cases[i].skipped);
    assert_int_equal(seen.info->bytes_read, m.len);
    seen_close(&seen);
    made_free(&m);
  }
}

static void limits_interfaces(void **state) {
  (void)state;
  struct made m = {0};
  struct seen seen;
  put_start(&m);
  for (int i = 0; i < SOURCE_IFACES_MAX; i++) made_iface(&m, 1, 0), made_block_end(&m);
  read_made(&m, &seen);
  assert_int_equal(seen.info->damage, SOURCE_DAMAGE_BLOCK);
  assert_int_equal(seen.info->n_ifaces, SOURCE_IFACES_MAX);
  seen_close(&seen);
  made_free(&m);
}

static void random_files_as_libpcap(void **state) {
  (void)state;
  struct dice d = dice_new();
  for (int run = 0; run < 200; run++) {
    struct made m = {0};
    static const struct {
      uint8_t code;
      uint64_t per_second;
    } clocks[] = {{6, 1000000},        {9, 1000000000},      {3, 1000},           {0, 1},
                  {12, 1000000000000}, {0x80 | 10, 1 << 10}, {0x80 | 30, 1 << 30}};
    size_t clock = dice_roll(&d, 7);
    made_section(&m, dice_roll(&d, 2));
    if (dice_roll(&d, 2)) made_option_text(&m, 1, "comment");
    made_block_end(&m);
    made_iface(&m, LINK_ETHERNET, 300);
    made_option_number(&m, 9, clocks[clock].code, 1);
    if (dice_roll(&d, 2)) made_option_number(&m, 14, dice_roll(&d, 100000), 8);
    made_block_end(&m);
    for (uint32_t n = dice_roll(&d, 200); n; n--) {
      uint32_t cap = dice_roll(&d, 300);
      uint64_t units =
          dice_roll(&d, 1 << 22) * clocks[clock].per_second + dice_roll(&d, UINT32_MAX) % clocks[clock].per_second;
      made_enhanced(&m, 0, units, cap, dice_roll(&d, 400));
      if (dice_roll(&d, 4) == 0) made_option_text(&m, 1, "a comment");
      if (dice_roll(&d, 4) == 0) made_option(&m, 0, "", 0);
      made_block_end(&m);
      if (dice_roll(&d, 10) == 0) made_block(&m, 0x0bad), made_fill(&m, n, dice_roll(&d, 9000)), made_block_end(&m);
    }
    assert_true(same_as_libpcap(&m, "random"));
    made_free(&m);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_what_libpcap_refuses),
      cmocka_unit_test(counts_interfaces_per_section),
      cmocka_unit_test(reads_old_and_simple_blocks),
      cmocka_unit_test(keeps_times_in_range),
      cmocka_unit_test(names_damage),
      cmocka_unit_test(limits_interfaces),
      cmocka_unit_test(random_files_as_libpcap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
