/* Several inputs as one: order, numbers, copies, gaps, filters, drops. Includes the source to reach what only four
 * thousand million frames would reach. */
#include "capture/timeline.c"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "tests/unit/capture/make_capture.h"
#include "tests/unit/capture/scratch.h"

static const struct timeline_options everything = {.from = {INT64_MIN}, .to = {INT64_MIN}};

/* A pcap file of n frames, one a second from s on. */
static const char *put_file(struct scratch *scratch, const char *name, uint32_t s, uint32_t n) {
  struct made m = {0};
  made_pcap_start(&m, 0xa1b2c3d4, 2, 4, 65535, 1);
  for (uint32_t i = 0; i < n; i++) made_pcap_frame(&m, s + i, 0, 60 + i, 100);
  scratch_write(scratch, name, m.bytes, m.len);
  made_free(&m);
  return scratch_path(scratch, name);
}

/* Reads to the end; packet numbers must rise one by one when nothing is filtered. Returns how many frames came. */
static uint64_t read_through(struct timeline *t, bool dense) {
  struct frame_batch batch = {0};
  uint64_t n = 0;
  while (timeline_next(t, &batch, NULL) > 0)
    for (size_t i = 0; i < batch.n; i++) {
      n++;
      if (dense) assert_int_equal(batch.frame[i].packet, n);
    }
  frame_batch_release(&batch);
  return n;
}

static struct timeline *open_all(const char *const *paths, size_t n, const struct timeline_options *options) {
  struct timeline *t = NULL;
  struct err e = {0};
  if (timeline_open(paths, n, options, &t, &e) < 0) fail_msg("%s", e.text);
  return t;
}

static void orders_and_numbers(void **state) {
  struct scratch *s = *state;
  const char *paths[] = {put_file(s, "b.pcap", 2000, 5), put_file(s, "missing?.pcap", 0, 0),
                         put_file(s, "c.pcap", 3000, 2), put_file(s, "a.pcap", 1000, 3), scratch_path(s, "none.pcap")};
  struct timeline *t = open_all(paths, 5, &everything);
  assert_true(timeline_progress(t) >= 0);
  assert_int_equal(read_through(t, true), 10);
  const struct timeline_facts *f = timeline_facts(t);
  static const struct {
    const char *name;
    uint32_t base;
    uint64_t frames;
    bool readable;
  } expected[] = {{"a.pcap", 0, 3, true},
                  {"none.pcap", 3, 0, false},
                  {"b.pcap", 3, 5, true},
                  {"missing?.pcap", 8, 0, true},
                  {"c.pcap", 8, 2, true}};
  for (size_t i = 0; i < 5; i++) {
    const struct input_facts *in = &f->input[i];
    assert_string_equal(strrchr(in->path, '/') + 1, expected[i].name);
    assert_int_equal(in->packet_base, expected[i].base);
    assert_int_equal(in->frames, expected[i].frames);
    assert_int_equal(in->readable, expected[i].readable);
    assert_int_equal(in->info != NULL, expected[i].readable);
    assert_int_equal(strlen(in->sha256), expected[i].readable ? 64 : 0);
    assert_int_equal(in->error.text[0] != 0, !expected[i].readable);
  }
  assert_true(f->reordered);
  assert_int_equal(f->gaps, 2);
  assert_int_equal(f->gap_at[0].ns, 1002000000000);
  assert_int_equal(f->longest_gap.ns, 998000000000);
  assert_int_equal(f->overlaps, 0);
  assert_int_equal(f->first.ns, 1000000000000);
  assert_int_equal(f->last.ns, 3001000000000);
  assert_int_equal(f->bytes, 1000);
  assert_true(timeline_progress(t) == 1);
  static const struct {
    uint32_t packet;
    size_t input;
    uint32_t number;
  } places[] = {{1, 0, 1}, {3, 0, 3}, {4, 2, 1}, {8, 2, 5}, {9, 4, 1}, {10, 4, 2}};
  for (size_t i = 0; i < 6; i++) {
    size_t input;
    uint32_t number;
    assert_true(timeline_locate(f, places[i].packet, &input, &number));
    assert_int_equal(input, places[i].input);
    assert_int_equal(number, places[i].number);
  }
  size_t input;
  uint32_t number;
  assert_false(timeline_locate(f, 0, &input, &number));
  assert_false(timeline_locate(f, 11, &input, &number));
  assert_false(timeline_locate(f, UINT32_MAX, &input, &number));
  timeline_close(t);
}

static void reads_copies_once(void **state) {
  struct scratch *s = *state;
  for (int no_hash = 0; no_hash < 2; no_hash++) {
    struct timeline_options options = everything;
    options.no_hash = no_hash;
    const char *a = put_file(s, "one.pcap", 100, 4), *b = put_file(s, "two.pcap", 100, 4);
    const char *paths[] = {a, b, put_file(s, "three.pcap", 100, 5), a};
    struct timeline *t = open_all(paths, 4, &options);
    assert_int_equal(read_through(t, true), 9);
    const struct timeline_facts *f = timeline_facts(t);
    assert_int_equal(f->input[0].same_as, SIZE_MAX);
    assert_int_equal(f->input[1].same_as, 0);
    assert_int_equal(f->input[2].same_as, SIZE_MAX);
    assert_int_equal(f->input[3].same_as, 0);
    assert_string_equal(f->input[1].sha256, f->input[0].sha256);
    assert_int_equal(strlen(f->input[3].sha256), no_hash ? 0 : 64);
    assert_false(f->reordered);
    assert_int_equal(f->overlaps, 1);
    timeline_close(t);
  }
}

static void leaves_out_what_is_not_wanted(void **state) {
  struct scratch *s = *state;
  const char *paths[] = {put_file(s, "w.pcap", 100, 10)};
  struct timeline_options options = {.from = stamp_from_s(103), .to = stamp_from_s(106), .filter = "greater 65"};
  struct timeline *t = open_all(paths, 1, &options);
  struct frame_batch batch = {0};
  assert_int_equal(timeline_next(t, &batch, NULL), 1);
  assert_int_equal(batch.n, 4);
  assert_int_equal(batch.frame[0].packet, 4);
  assert_int_equal(batch.frame[0].number, 4);
  assert_int_equal(batch.frame[3].number, 7);
  assert_int_equal(timeline_next(t, &batch, NULL), 0);
  assert_int_equal(timeline_next(t, &batch, NULL), 0);
  assert_int_equal(timeline_facts(t)->frames, 4);
  assert_int_equal(timeline_facts(t)->filtered, 6);
  assert_int_equal(timeline_facts(t)->input[0].frames, 10);
  assert_int_equal(timeline_facts(t)->first.ns, 103000000000);
  timeline_close(t);
}

static void refuses_when_nothing_is_left(void **state) {
  struct scratch *s = *state;
  struct timeline *t = NULL;
  struct err e = {0};
  const char *paths[] = {scratch_path(s, "x.pcap"), scratch_path(s, "y.pcap"), put_file(s, "z.pcap", 1, 1)};
  assert_true(timeline_open(paths, 1, &everything, &t, &e) < 0);
  assert_non_null(strstr(e.text, "x.pcap: cannot be opened"));
  assert_true(timeline_open(paths, 2, &everything, &t, &e) < 0);
  assert_non_null(strstr(e.text, "none of the 2 captures can be read; the first: "));
  assert_true(timeline_open(paths, 0, &everything, &t, &e) < 0);
  struct timeline_options wrong = everything;
  wrong.filter = "tcp and (";
  assert_true(timeline_open(paths, 3, &wrong, &t, &e) < 0);
  assert_non_null(strstr(e.text, "filter"));
}

static void counts_steps_back(void **state) {
  struct scratch *s = *state;
  struct made m = {0};
  static const uint32_t times[] = {100, 101, 100, 90, 91, 92, 200, 100};
  made_pcap_start(&m, 0xa1b2c3d4, 2, 4, 65535, 1);
  for (size_t i = 0; i < 8; i++) made_pcap_frame(&m, times[i], 0, 60, 60);
  scratch_write(s, "steps.pcap", m.bytes, m.len);
  made_free(&m);
  const char *paths[] = {scratch_path(s, "steps.pcap")};
  struct timeline *t = open_all(paths, 1, &everything);
  read_through(t, true);
  assert_int_equal(timeline_facts(t)->clock_steps_back, 2); /* one second is no step */
  assert_int_equal(timeline_facts(t)->input[0].first.ns, 90000000000);
  assert_int_equal(timeline_facts(t)->input[0].last.ns, 200000000000);
  timeline_close(t);
}

/* A rotated set: every file states what the interface has lost since the capture began. */
static const char *put_rotated(struct scratch *s, const char *name, uint64_t units, uint64_t start, uint64_t drops) {
  struct made m = {0};
  made_section(&m, false);
  made_block_end(&m);
  made_iface(&m, 1, 0);
  made_option_text(&m, 2, "eth0");
  made_block_end(&m);
  made_enhanced(&m, 0, units, 60, 60);
  made_block_end(&m);
  made_statistics(&m, 0);
  if (start) made_option_number(&m, 2, start, 8);
  made_option_number(&m, 5, drops, 8);
  made_block_end(&m);
  scratch_write(s, name, m.bytes, m.len);
  made_free(&m);
  return scratch_path(s, name);
}

static void counts_drops_once(void **state) {
  struct scratch *s = *state;
  static const struct {
    const char *name;
    uint64_t start[3], drops[3], expected;
  } cases[] = {{"one capture in three files", {5, 5, 5}, {3, 10, 12}, 12},
               {"three captures", {5, 6, 7}, {3, 10, 12}, 25},
               {"no start stated", {0, 0, 0}, {3, 10, 12}, 25},
               {"as much as can be", {1, 2, 0}, {UINT64_MAX, 1, 1}, UINT64_MAX}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *paths[] = {put_rotated(s, "r1.pcapng", 1000000, cases[i].start[0], cases[i].drops[0]),
                           put_rotated(s, "r2.pcapng", 2000000, cases[i].start[1], cases[i].drops[1]),
                           put_rotated(s, "r3.pcapng", 3000000, cases[i].start[2], cases[i].drops[2])};
    struct timeline *t = open_all(paths, 3, &everything);
    read_through(t, true);
    if (timeline_facts(t)->dropped != cases[i].expected) fail_msg("%s", cases[i].name);
    assert_true(timeline_facts(t)->drops_known);
    assert_int_equal(timeline_facts(t)->gaps, 0);
    timeline_close(t);
  }
}

static void needs_few_descriptors(void **state) {
  enum { FILES = 300 };
  struct scratch *s = *state;
  struct rlimit before, few = {32, 0};
  static char path[FILES][512];
  const char *paths[FILES];
  for (int i = 0; i < FILES; i++) {
    char name[32];
    snprintf(name, sizeof name, "many%03d.pcap", i);
    snprintf(path[i], sizeof path[i], "%s", put_file(s, name, 10000 - (uint32_t)i, 1));
    paths[i] = path[i];
  }
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  few.rlim_max = before.rlim_max;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
  struct timeline *t = open_all(paths, FILES, &everything);
  assert_int_equal(read_through(t, true), FILES);
  assert_int_equal(timeline_facts(t)->gaps, 0);
  assert_string_equal(timeline_facts(t)->input[0].path, path[FILES - 1]);
  timeline_close(t);
  setrlimit(RLIMIT_NOFILE, &before);
}

static void counts_no_absurd_bytes(void **state) {
  (void)state;
  struct timeline_facts f = {.first = STAMP_NONE};
  static struct frame_batch batch = {
      .frame = {{.cap_len = 60, .wire_len = 1500}, {.cap_len = 42, .wire_len = 1289773229}}, .n = 2};
  count_delivered(&f, &batch);
  assert_int_equal(f.bytes, 1542);
}

struct piped {
  char path[512];
  struct made m;
};
static void *write_piped(void *arg) {
  struct piped *p = arg;
  FILE *f = fopen(p->path, "wb");
  if (!f || fwrite(p->m.bytes, 1, p->m.len, f) != p->m.len || fclose(f)) abort();
  return NULL;
}

/* What can be read only once keeps its place: behind the input given before it. */
static void reads_pipes_where_they_are_given(void **state) {
  struct scratch *s = *state;
  struct piped p = {.m = {0}};
  pthread_t thread;
  made_pcap_start(&p.m, 0xa1b2c3d4, 2, 4, 65535, 1);
  made_pcap_frame(&p.m, 50, 0, 60, 60);
  snprintf(p.path, sizeof p.path, "%s", scratch_path(s, "pipe.pcap"));
  assert_int_equal(mkfifo(p.path, 0600), 0);
  assert_int_equal(pthread_create(&thread, NULL, write_piped, &p), 0);
  const char *paths[] = {put_file(s, "late.pcap", 2000, 2), put_file(s, "early.pcap", 1000, 1), p.path};
  struct timeline *t = open_all(paths, 3, &everything);
  assert_true(timeline_progress(t) < 0);
  assert_int_equal(read_through(t, true), 4);
  const struct timeline_facts *f = timeline_facts(t);
  assert_string_equal(f->input[1].path, p.path);
  assert_int_equal(f->input[1].packet_base, 1);
  assert_int_equal(f->input[2].packet_base, 2);
  assert_int_equal(strlen(f->input[1].sha256), 64);
  assert_int_equal(f->overlaps, 1);
  timeline_close(t);
  pthread_join(thread, NULL);
  made_free(&p.m);
}

static void numbers_end_somewhere(void **state) {
  (void)state;
  struct timeline t = {.before = STAMP_NONE};
  struct input_facts in = {.packet_base = UINT32_MAX - 2, .first = STAMP_NONE, .last = STAMP_NONE};
  static struct frame_batch batch;
  for (uint32_t i = 0; i < 4; i++) batch.frame[i] = (struct frame){.number = i + 1};
  batch.n = 2;
  number_frames(&t, &in, &batch);
  assert_false(t.facts.numbers_exhausted);
  assert_int_equal(batch.frame[1].packet, UINT32_MAX);
  batch.n = 4;
  number_frames(&t, &in, &batch);
  assert_true(t.facts.numbers_exhausted);
  assert_int_equal(batch.frame[3].packet, UINT32_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(orders_and_numbers),
      cmocka_unit_test(reads_copies_once),
      cmocka_unit_test(leaves_out_what_is_not_wanted),
      cmocka_unit_test(refuses_when_nothing_is_left),
      cmocka_unit_test(counts_steps_back),
      cmocka_unit_test(counts_drops_once),
      cmocka_unit_test(needs_few_descriptors),
      cmocka_unit_test(reads_pipes_where_they_are_given),
      cmocka_unit_test(numbers_end_somewhere),
      cmocka_unit_test(counts_no_absurd_bytes),
  };
  return cmocka_run_group_tests(tests, scratch_begin, scratch_end);
}
