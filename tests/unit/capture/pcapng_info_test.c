/* What pcapng says beside frames: names, texts, limits. */
#include "capture/pcapng_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/capture/read_made.h"

static void put_start(struct made *m) {
  made_section(m, true);
  made_block_end(m);
  made_iface(m, 1, 0);
  made_block_end(m);
}

static void reads_names(void **state) {
  (void)state;
  struct made m = {0};
  struct seen seen;
  const uint8_t v6[16] = {0xfd, [15] = 9};
  put_start(&m);
  made_block(&m, 4);
  made_option(&m, 1,
              "\x0a\x0a\x01\x05"
              "srv1\0srv1.example.org",
              26);
  made_option(&m, 2, v6, 15); /* shorter than an address: passed over */
  made_option(&m, 1,
              "\x0a\x0a\x01\x06"
              "no end",
              10);            /* the NUL is missing */
  made_option(&m, 9, "?", 1); /* a kind of record nobody knows */
  struct made record = {0};
  made_bytes(&record, v6, 16);
  made_bytes(&record, "six\n", 5);
  made_option(&m, 2, record.bytes, record.len);
  made_free(&record);
  made_option(&m, 0, "", 0);
  made_option(&m, 1,
              "\x0a\x0a\x01\x07"
              "after the end",
              18);
  made_block_end(&m);
  read_made(&m, &seen);
  static const struct {
    const char *address, *name;
  } expected[] = {
      {"10.10.1.5", "srv1"}, {"10.10.1.5", "srv1.example.org"}, {"10.10.1.6", "no end"}, {"fd00::9", "six?"}};
  assert_int_equal(seen.info->n_names, 4);
  for (size_t i = 0; i < 4; i++) {
    char text[ADDRESS_TEXT_SIZE];
    assert_string_equal(address_print(text, &seen.info->name[i].address), expected[i].address);
    assert_string_equal(seen.info->name[i].name, expected[i].name);
  }
  seen_close(&seen);
  made_free(&m);
}

/* More comments than are kept, and long, dirty ones: counted and cut. */
static void limits_comments(void **state) {
  (void)state;
  struct made m = {0};
  struct seen seen;
  char text[3000];
  memset(text, 'x', sizeof text);
  memcpy(text, "\x1b[31m\xff", 6);
  put_start(&m);
  made_enhanced(&m, 0, 1, 10, 10);
  made_option(&m, 1, text, sizeof text);
  for (int i = 0; i < SOURCE_COMMENTS_MAX + 4; i++) made_option_text(&m, 1, "again");
  made_block_end(&m);
  read_made(&m, &seen);
  assert_int_equal(seen.n, 1);
  assert_int_equal(seen.info->n_comments, SOURCE_COMMENTS_MAX);
  assert_int_equal(seen.info->left_out, 5);
  const char *kept = seen.info->comment[0].text;
  assert_int_equal(strlen(kept), 1000);
  assert_null(strchr(kept, 0x1b));
  assert_string_equal(seen.info->comment[1].text, "again");
  seen_close(&seen);
  made_free(&m);
}

static void stops_at_the_last_whole_option(void **state) {
  (void)state;
  static const uint8_t options[] = {0, 1, 0, 2, 'h', 'i', 0, 0, /* whole */
                                    0, 1, 0, 1, 'x',            /* padding is missing: still there */
                                    0, 1};
  struct bytes b = bytes_of(options, 13);
  struct pcapng_option o;
  assert_true(pcapng_option_next(&b, true, &o));
  assert_int_equal(o.code, 1);
  assert_int_equal(bytes_left(&o.value), 2);
  assert_true(pcapng_option_next(&b, true, &o));
  assert_int_equal(*o.value.at, 'x');
  assert_false(pcapng_option_next(&b, true, &o));
  b = bytes_of(options, 5); /* value cut off */
  assert_false(pcapng_option_next(&b, true, &o));
  b = bytes_of(options, 3); /* head cut off */
  assert_false(pcapng_option_next(&b, true, &o));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(reads_names), cmocka_unit_test(limits_comments),
                                     cmocka_unit_test(stops_at_the_last_whole_option)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
