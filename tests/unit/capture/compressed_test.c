/* Every compression gives the frames of the plain file; cut, damaged, nested and bomb-like data stay bounded. */
#include "capture/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "tests/unit/capture/pack.h"
#include "tests/unit/capture/read_made.h"

static struct made plain_capture(uint32_t frames) {
  struct made m = {0};
  struct dice d = {42};
  made_pcap_start(&m, 0xa1b2c3d4, 2, 4, 65535, 1);
  for (uint32_t i = 0; i < frames; i++) made_pcap_frame(&m, i, dice_roll(&d, 1000000), 60, 60);
  return m;
}

static const char *const filters[] = {"gzip", "zstd", "xz", "lz4", "bzip2"};
enum { N_FILTERS = sizeof filters / sizeof filters[0] };

static void unpacks_every_kind(void **state) {
  (void)state;
  struct made plain = plain_capture(50);
  struct seen expected, seen;
  read_made(&plain, &expected);
  for (int i = 0; i < N_FILTERS; i++) {
    struct made packed = pack(&plain, filters[i]);
    read_made(&packed, &seen);
    assert_non_null(seen.source);
    assert_string_equal(seen.info->compression, filters[i]);
    assert_string_equal(seen.info->format, "pcap");
    assert_int_equal(seen.info->damage, SOURCE_DAMAGE_NONE);
    assert_memory_equal(seen.frame, expected.frame, sizeof seen.frame);
    assert_memory_equal(seen.last, expected.last, sizeof seen.last);
    assert_int_equal(seen.info->bytes_read, packed.len);
    assert_string_not_equal(source_sha256(seen.source), source_sha256(expected.source)); /* of the file as it is */
    seen_close(&seen);
    made_free(&packed);
  }
  seen_close(&expected);
  made_free(&plain);
}

static void keeps_what_came_before_a_cut(void **state) {
  (void)state;
  struct made plain = plain_capture(20000);
  for (int i = 0; i < N_FILTERS; i++) {
    struct made packed = pack(&plain, filters[i]);
    struct seen seen;
    packed.len = packed.len * 9 / 10;
    read_made(&packed, &seen);
    if (seen.source) { /* a block compressor may have nothing to show yet */
      assert_int_equal(seen.info->damage, SOURCE_DAMAGE_CUT);
      assert_true(seen.n < 20000);
      assert_non_null(strstr(seen.info->damage_text.text, filters[i]));
      if (i == 0) assert_true(seen.n > 10000);
    } else {
      assert_non_null(strstr(seen.error.text, "cut short"));
    }
    seen_close(&seen);
    made_free(&packed);
  }
  made_free(&plain);
}

static void names_damaged_data(void **state) {
  (void)state;
  struct made plain = plain_capture(20000), packed = pack(&plain, "gzip");
  struct seen seen;
  memset(packed.bytes + packed.len / 2, 0xff, 64);
  read_made(&packed, &seen);
  assert_non_null(seen.source);
  assert_true(seen.info->damage != SOURCE_DAMAGE_NONE);
  assert_true(seen.n > 1000 && seen.n < 20000);
  assert_int_equal(strlen(source_sha256(seen.source)), 64);
  seen_close(&seen);
  made_free(&packed);
  made_free(&plain);
}

static void refuses_deep_nesting(void **state) {
  (void)state;
  struct made packed = plain_capture(5);
  for (int depth = 1; depth <= 6; depth++) {
    struct made inner = packed;
    struct seen seen;
    packed = pack(&inner, filters[depth % N_FILTERS]);
    made_free(&inner);
    read_made(&packed, &seen);
    assert_int_equal(seen.source != NULL, depth <= 3);
    if (depth > 3) assert_non_null(strstr(seen.error.text, "more than 3 times over"));
    seen_close(&seen);
  }
  made_free(&packed);
}

/* A block nobody knows, of 128 MiB of nothing, out of 128 KiB: read to its end in constant memory. */
static void stays_small_with_bombs(void **state) {
  (void)state;
  enum { PIECE = 1 << 20, PIECES = 128 };
  static const uint8_t nothing[PIECE];
  struct packer p;
  struct made m = {0};
  struct rusage before, after;
  struct seen seen;
  made_section(&m, false);
  made_block_end(&m);
  made_u32(&m, 0x0bad);
  made_u32(&m, PIECE * PIECES + 12);
  made_u32(&m, 0);
  pack_begin(&p, "gzip", PIECE);
  pack_more(&p, m.bytes, m.len);
  for (int i = 0; i < PIECES; i++) pack_more(&p, nothing, PIECE);
  pack_end(&p);
  getrusage(RUSAGE_SELF, &before);
  read_made(&p.packed, &seen);
  getrusage(RUSAGE_SELF, &after);
  assert_non_null(seen.source);
  assert_int_equal(seen.info->damage, SOURCE_DAMAGE_NONE);
  assert_int_equal(seen.info->skipped_blocks, 1);
#ifndef __SANITIZE_ADDRESS__
  assert_true(after.ru_maxrss - before.ru_maxrss < 8 * 1024); /* KiB */
#endif
  seen_close(&seen);
  made_free(&p.packed);
  made_free(&m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(unpacks_every_kind),     cmocka_unit_test(keeps_what_came_before_a_cut),
      cmocka_unit_test(names_damaged_data),     cmocka_unit_test(refuses_deep_nesting),
      cmocka_unit_test(stays_small_with_bombs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
