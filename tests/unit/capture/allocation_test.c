/* Memory runs out at every single allocation of a reading, one after the other: the reading fails with a clear line or
 * goes on, and nothing leaks. */
#include "tests/unit/fail_alloc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "capture/timeline.h"
#include "tests/unit/capture/pack.h"
#include "tests/unit/capture/read_made.h"
#include "tests/unit/capture/scratch.h"

/* Frames, comments, names, counters, and a block that needs a larger buffer. */
static void put_capture(struct made *m) {
  made_section(m, false);
  made_block_end(m);
  made_iface(m, 1, 0);
  made_option_text(m, 2, "eth0");
  made_option_text(m, 3, "uplink");
  made_block_end(m);
  made_block(m, 4);
  made_option(m, 1, "\x0a\x0a\x01\x05srv1", 9);
  made_block_end(m);
  for (uint32_t i = 0; i < 30; i++) {
    made_enhanced(m, 0, 1000000 * i, i == 20 ? 200000 : 600, 200000);
    made_option_text(m, 1, "comment");
    made_block_end(m);
  }
  made_statistics(m, 0);
  made_option_number(m, 2, 5, 8);
  made_option_number(m, 5, 7, 8);
  made_block_end(m);
}

static int read_to_the_end(const struct made *m, struct err *e) {
  struct source *s = NULL;
  const struct source_options options = {.hash = true, .read_size = 4096};
  struct frame_batch batch = {0};
  int rc = source_open_memory(m->bytes, m->len, "made", &options, &s, e);
  if (rc < 0) return rc;
  do rc = source_next(s, &batch, e);
  while (rc > 0);
  frame_batch_release(&batch);
  source_close(s);
  return rc;
}

static int read_timeline(const char *const *paths, size_t n, struct err *e) {
  struct timeline *t = NULL;
  const struct timeline_options options = {.filter = "greater 10", .from = STAMP_NONE, .to = STAMP_NONE};
  struct frame_batch batch = {0};
  int rc = timeline_open(paths, n, &options, &t, e);
  if (rc < 0) return rc;
  do rc = timeline_next(t, &batch, e);
  while (rc > 0);
  frame_batch_release(&batch);
  timeline_close(t);
  return rc;
}

static void sources_survive(void **state) {
  (void)state;
  struct made plain = {0};
  put_capture(&plain);
  struct made packed = pack(&plain, "gzip");
  const struct made *inputs[] = {&plain, &packed};
  for (size_t i = 0; i < 2; i++) {
    struct err e = {0};
    if (read_to_the_end(inputs[i], &e) < 0) fail_msg("%s", e.text);
    bool failed = true;
    long n = 0;
    for (; failed; n++) {
      e = (struct err){0};
      long before = fail_alloc_in_use();
      fail_alloc_arm(n);
      int rc = read_to_the_end(inputs[i], &e);
      failed = fail_alloc_disarm();
      if (rc < 0 && !e.text[0]) fail_msg("allocation %ld: fails without a word", n);
      if (rc < 0 && !failed) fail_msg("%s", e.text);
      if (fail_alloc_in_use() != before) fail_msg("allocation %ld: leaks (%s)", n, e.text);
    }
    assert_true(n > 20);
  }
  made_free(&plain);
  made_free(&packed);
}

static void timelines_survive(void **state) {
  struct scratch *scratch = *state;
  struct made m = {0};
  put_capture(&m);
  scratch_write(scratch, "a.pcapng", m.bytes, m.len);
  scratch_write(scratch, "b.pcapng", m.bytes, m.len);
  scratch_write(scratch, "c.pcapng", m.bytes, m.len - 10);
  made_free(&m);
  const char *paths[] = {scratch_path(scratch, "a.pcapng"), scratch_path(scratch, "b.pcapng"),
                         scratch_path(scratch, "c.pcapng")};
  struct err e = {0};
  assert_int_equal(read_timeline(paths, 3, &e), 0);
  bool failed = true;
  for (long n = 0; failed; n++) {
    e = (struct err){0};
    long before = fail_alloc_in_use();
    fail_alloc_arm(n);
    int rc = read_timeline(paths, 3, &e);
    failed = fail_alloc_disarm();
    if (rc < 0 && !e.text[0]) fail_msg("allocation %ld: fails without a word", n);
    if (fail_alloc_in_use() != before) fail_msg("allocation %ld: leaks (%s)", n, e.text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(sources_survive), cmocka_unit_test(timelines_survive)};
  return cmocka_run_group_tests(tests, scratch_begin, scratch_end);
}
