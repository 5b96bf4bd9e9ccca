/* Classic pcap: every variant and byte order, the odd and the impossible; libpcap is the judge of what is ordinary. */
#include "capture/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/capture/read_made.h"

static const struct {
  const char *format;
  uint32_t magic;
  int64_t ns; /* of one unit of the fraction */
} variants[] = {
    {"pcap", 0xa1b2c3d4, 1000}, {"pcap (nanoseconds)", 0xa1b23c4d, 1}, {"pcap (modified)", 0xa1b2cd34, 1000}};

static void put_frame(struct made *m, uint32_t magic, uint32_t s, uint32_t fraction, uint32_t cap, uint32_t wire,
                      uint8_t packet_type) {
  made_u32(m, s);
  made_u32(m, fraction);
  made_u32(m, cap);
  made_u32(m, wire);
  if (magic == 0xa1b2cd34) {
    made_u32(m, 3);
    made_u16(m, 0x0800);
    made_u8(m, packet_type);
    made_u8(m, 0);
  }
  made_fill(m, s + fraction, cap);
}

static void reads_every_variant(void **state) {
  (void)state;
  for (size_t v = 0; v < 3; v++)
    for (int big = 0; big < 2; big++) {
      struct made m = {.big_endian = big};
      struct seen seen;
      made_pcap_start(&m, variants[v].magic, 2, 4, 65535, 1);
      put_frame(&m, variants[v].magic, 1596691224, 595086, 60, 60, 0);
      put_frame(&m, variants[v].magic, 4102444800u, 1, 0, 1500, 4); /* the year 2100; nothing captured */
      assert_true(same_as_libpcap(&m, variants[v].format));
      read_made(&m, &seen);
      assert_int_equal(seen.n, 2);
      assert_string_equal(seen.info->format, variants[v].format);
      assert_int_equal(seen.info->damage, SOURCE_DAMAGE_NONE);
      assert_int_equal(seen.info->odd_frames, 0);
      assert_int_equal(seen.frame[0].time.ns, 1596691224000000000 + 595086 * variants[v].ns);
      assert_int_equal(seen.frame[1].time.ns, 4102444800000000000 + variants[v].ns);
      assert_int_equal(seen.frame[0].link, 1);
      assert_int_equal(seen.frame[1].number, 2);
      assert_int_equal(seen.frame[1].wire_len, 1500);
      assert_int_equal(seen.frame[0].direction, v == 2 ? FRAME_INBOUND : FRAME_DIRECTION_UNKNOWN);
      assert_int_equal(seen.frame[1].direction, v == 2 ? FRAME_OUTBOUND : FRAME_DIRECTION_UNKNOWN);
      seen_close(&seen);
      made_free(&m);
    }
}

/* Old versions have the two lengths the other way round. */
static void knows_old_versions(void **state) {
  (void)state;
  static const struct {
    const char *name;
    uint16_t major, minor;
    uint32_t third, fourth; /* as written */
    bool opens;
  } cases[] = {
      {"2.4", 2, 4, 40, 90, true},         {"2.3 plain", 2, 3, 40, 90, true}, {"2.3 swapped", 2, 3, 90, 40, true},
      {"2.2 swapped", 2, 2, 90, 40, true}, {"DG/UX", 543, 0, 90, 40, true},   {"1.4", 1, 4, 40, 90, false},
      {"2.5", 2, 5, 40, 90, false},        {"3.0", 3, 0, 40, 90, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct made m = {0};
    struct seen seen;
    made_pcap_start(&m, 0xa1b2c3d4, cases[i].major, cases[i].minor, 65535, 1);
    made_u32(&m, 1);
    made_u32(&m, 2);
    made_u32(&m, cases[i].third);
    made_u32(&m, cases[i].fourth);
    made_fill(&m, 7, 40);
    read_made(&m, &seen);
    assert_int_equal(seen.source != NULL, cases[i].opens);
    if (cases[i].opens) {
      assert_true(same_as_libpcap(&m, cases[i].name));
      assert_int_equal(seen.frame[0].cap_len, 40);
      assert_int_equal(seen.frame[0].wire_len, 90);
    } else {
      assert_non_null(strstr(seen.error.text, "version"));
    }
    seen_close(&seen);
    made_free(&m);
  }
}

static void keeps_odd_frames(void **state) {
  (void)state;
  struct made m = {0};
  struct seen seen;
  made_pcap_start(&m, 0xa1b2c3d4, 2, 4, 68, 1);
  made_pcap_frame(&m, 1, 0, 68, 1500);
  made_pcap_frame(&m, 2, 0, 100, 100); /* above the snap length */
  made_pcap_frame(&m, 3, 0, 60, 40);   /* more captured than on the wire */
  made_pcap_frame(&m, 4, 0, 10, 10);
  made_pcap_frame(&m, 5, 0, 10, 1289773229); /* a writer's slip, seen in the wild */
  assert_true(same_as_libpcap(&m, "odd frames"));
  read_made(&m, &seen);
  assert_int_equal(seen.n, 5);
  assert_int_equal(seen.info->odd_frames, 3);
  assert_int_equal(seen.frame[1].cap_len, 100);
  assert_int_equal(seen.frame[2].wire_len, 60);
  seen_close(&seen);
  made_free(&m);
}

/* The link type's upper bits state a frame check sequence; frames of a few buses may be huge. */
static void knows_link_types(void **state) {
  (void)state;
  struct made m = {0};
  struct seen seen;
  made_pcap_start(&m, 0xa1b2c3d4, 2, 4, 0, 0x54000001);
  made_pcap_frame(&m, 1, 0, 64, 64);
  read_made(&m, &seen);
  assert_int_equal(seen.frame[0].link, 1);
  assert_int_equal(seen.info->iface[0].snap_len, 0);
  seen_close(&seen);
  made_free(&m);
  made_pcap_start(&m, 0xa1b2c3d4, 2, 4, 0, 231);
  made_pcap_frame(&m, 1, 0, 300000, 300000);
  made_pcap_frame(&m, 2, 0, 5, 5);
  read_made(&m, &seen);
  assert_int_equal(seen.n, 2);
  assert_int_equal(seen.frame[0].cap_len, FRAME_LEN_MAX);
  assert_int_equal(seen.frame[0].wire_len, 300000);
  assert_int_equal(seen.frame[1].cap_len, 5);
  seen_close(&seen);
  made_free(&m);
}

static void names_damage(void **state) {
  (void)state;
  static const struct {
    const char *name, *text;
    uint32_t cap;
    size_t keep; /* bytes of the second record */
    enum source_damage damage;
    size_t frames;
  } cases[] = {
      {"whole", "", 60, 76, SOURCE_DAMAGE_NONE, 2},
      {"cut in the header", "byte 115", 60, 15, SOURCE_DAMAGE_CUT, 1},
      {"cut in the frame", "byte 175", 60, 75, SOURCE_DAMAGE_CUT, 1},
      {"absurd length", "4294967295 bytes, more than any can have at byte 100", UINT32_MAX, 76, SOURCE_DAMAGE_LENGTH,
       1},
      {"one byte too long", "262145 bytes", 262145, 76, SOURCE_DAMAGE_LENGTH, 1},
      {"just possible, but not there", "byte 176", 262144, 76, SOURCE_DAMAGE_CUT, 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct made m = {0};
    struct seen seen;
    made_pcap_start(&m, 0xa1b2c3d4, 2, 4, 262144, 1);
    made_pcap_frame(&m, 1, 0, 60, 60);
    size_t second = m.len;
    made_pcap_frame(&m, 2, 0, 60, 60);
    memcpy(m.bytes + second + 8, &cases[i].cap, 4);
    m.len = second + cases[i].keep;
    read_made(&m, &seen);
    assert_int_equal(seen.info->damage, cases[i].damage);
    assert_int_equal(seen.n, cases[i].frames);
    assert_non_null(strstr(seen.info->damage_text.text, cases[i].text));
    assert_int_equal(strlen(source_sha256(seen.source)), 64);
    assert_int_equal(seen.info->bytes_read, m.len);
    seen_close(&seen);
    made_free(&m);
  }
}

static void refuses_a_cut_header(void **state) {
  (void)state;
  struct made m = {0};
  struct seen seen;
  made_pcap_start(&m, 0xa1b2c3d4, 2, 4, 65535, 1);
  m.len = 23;
  read_made(&m, &seen);
  assert_null(seen.source);
  assert_string_equal(seen.error.text, "made: is a pcap file cut short in its header: it holds no frames");
  made_free(&m);
}

static void random_files_as_libpcap(void **state) {
  (void)state;
  struct dice d = dice_new();
  for (int run = 0; run < 300; run++) {
    struct made m = {.big_endian = dice_roll(&d, 2)};
    uint32_t magic = variants[dice_roll(&d, 3)].magic;
    bool swapped = dice_roll(&d, 4) == 0;
    made_pcap_start(&m, magic, 2, swapped ? 2 : 4, dice_roll(&d, 2) ? 100 : 65535, 1);
    for (uint32_t n = dice_roll(&d, 200); n; n--) {
      uint32_t cap = dice_roll(&d, 200), wire = swapped ? cap : dice_roll(&d, 200);
      put_frame(&m, magic, dice_roll(&d, UINT32_MAX), dice_roll(&d, 1000000), cap, wire, (uint8_t)dice_roll(&d, 5));
    }
    if (dice_roll(&d, 2)) m.len -= dice_roll(&d, (uint32_t)(m.len - 24 + 1));
    assert_true(same_as_libpcap(&m, "random"));
    made_free(&m);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_every_variant),
      cmocka_unit_test(knows_old_versions),
      cmocka_unit_test(keeps_odd_frames),
      cmocka_unit_test(knows_link_types),
      cmocka_unit_test(names_damage),
      cmocka_unit_test(refuses_a_cut_header),
      cmocka_unit_test(random_files_as_libpcap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
