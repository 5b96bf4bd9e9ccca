/* Snoop files by RFC 1761. */
#include "capture/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/capture/read_made.h"

static void put_start(struct made *m, uint32_t version, uint32_t datalink) {
  m->big_endian = true;
  made_bytes(m, "snoop\0\0", 8);
  made_u32(m, version);
  made_u32(m, datalink);
}

static void put_record(struct made *m, uint32_t wire, uint32_t cap, uint32_t record, uint32_t drops, uint32_t s) {
  size_t start = m->len;
  made_u32(m, wire);
  made_u32(m, cap);
  made_u32(m, record);
  made_u32(m, drops);
  made_u32(m, s);
  made_u32(m, 500000);
  if (cap < 100000) made_fill(m, s, cap);
  while (m->len < start + record && record < 100000) made_u8(m, 0);
}

static void reads_records(void **state) {
  (void)state;
  struct made m = {0};
  struct seen seen;
  put_start(&m, 2, 4);
  put_record(&m, 61, 61, 24 + 64, 0, 1000);
  put_record(&m, 1514, 96, 24 + 96, 17, 1001);
  read_made(&m, &seen);
  assert_string_equal(seen.info->format, "snoop");
  assert_int_equal(seen.n, 2);
  assert_int_equal(seen.info->damage, SOURCE_DAMAGE_NONE);
  assert_int_equal(seen.frame[0].time.ns, 1000500000000);
  assert_int_equal(seen.frame[0].cap_len, 61);
  assert_int_equal(seen.frame[1].wire_len, 1514);
  assert_int_equal(seen.frame[1].link, 1);
  assert_int_equal(seen.info->iface[0].dropped, 17);
  assert_true(seen.info->iface[0].drops_known);
  seen_close(&seen);
  made_free(&m);
}

static void names_damage(void **state) {
  (void)state;
  static const struct {
    const char *name;
    uint32_t cap, record;
    size_t cut;
    enum source_damage damage;
    size_t frames;
  } cases[] = {
      {"whole", 60, 84, 0, SOURCE_DAMAGE_NONE, 2},
      {"cut in the frame", 60, 84, 1, SOURCE_DAMAGE_CUT, 1},
      {"cut in the header", 60, 84, 61, SOURCE_DAMAGE_CUT, 1},
      {"cut in the padding", 60, 92, 3, SOURCE_DAMAGE_CUT, 2},
      {"longer than its record", 60, 83, 0, SOURCE_DAMAGE_LENGTH, 1},
      {"record without end", 60, UINT32_MAX, 0, SOURCE_DAMAGE_CUT, 2},
      {"absurd frame", UINT32_MAX, 84, 0, SOURCE_DAMAGE_LENGTH, 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct made m = {0};
    struct seen seen;
    put_start(&m, 2, 4);
    put_record(&m, 60, 60, 84, 0, 1);
    put_record(&m, 60, cases[i].cap, cases[i].record, 0, 2);
    m.len -= cases[i].cut;
    read_made(&m, &seen);
    assert_int_equal(seen.info->damage, cases[i].damage);
    assert_int_equal(seen.n, cases[i].frames);
    seen_close(&seen);
    made_free(&m);
  }
}

static void names_what_it_cannot_read(void **state) {
  (void)state;
  struct made m = {0};
  struct seen seen;
  put_start(&m, 5, 4);
  read_made(&m, &seen);
  assert_null(seen.source);
  assert_non_null(strstr(seen.error.text, "version 5"));
  made_free(&m);
  put_start(&m, 2, 77);
  put_record(&m, 60, 60, 84, 0, 1);
  read_made(&m, &seen);
  assert_int_equal(seen.frame[0].link, UINT16_MAX);
  seen_close(&seen);
  made_free(&m);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(reads_records), cmocka_unit_test(names_damage),
                                     cmocka_unit_test(names_what_it_cannot_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
