/* Opening: what is named and how it is refused; reading: the window, through every size of block and pipe. */
#include "capture/source.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/capture/read_made.h"
#include "tests/unit/capture/scratch.h"

static void refuses_with_a_reason(void **state) {
  struct scratch *scratch = *state;
  static const struct {
    const char *name, *content, *says;
    size_t len;
    int error;
  } cases[] = {
      {"missing.pcap", NULL, "missing.pcap: cannot be opened: No such file or directory", 0, -ENOENT},
      {"empty.pcap", "", "empty.pcap: is empty", 0, -ENODATA},
      {"page.pcap", "<html>", "page.pcap: is an HTML", 6, -ENOTSUP},
      {"trace.etl", "\1\2\3", "trace.etl: is an ETL trace", 3, -ENOTSUP},
      {"one.pcap", "\xd4\xc3\xb2\xa1", "one.pcap: is a pcap file cut short in its header", 4, -EBADMSG},
      {"cut.pcap.gz", "\x1f\x8b\x08\0\0",
       "cut.pcap.gz: begins like compressed data, but with a header that is damaged or cut short", 5, -EBADMSG},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct source *s = NULL;
    struct err e = {0};
    if (cases[i].content) scratch_write(scratch, cases[i].name, cases[i].content, cases[i].len);
    const char *path = scratch_path(scratch, cases[i].name);
    int rc = source_open(path, NULL, &s, &e);
    if (rc != cases[i].error || !strstr(e.text, cases[i].says)) fail_msg("%s: %d %s", cases[i].name, rc, e.text);
  }
  struct source *s = NULL;
  struct err e = {0};
  assert_int_equal(source_open(scratch->folder, NULL, &s, &e), -EISDIR);
  assert_non_null(strstr(e.text, "is a directory"));
  assert_int_equal(source_open("/proc/self/mem", NULL, &s, &e), -EIO); /* opens, but its first byte cannot be read */
  assert_non_null(strstr(e.text, "the file cannot be read on (Input/output error) at byte 0"));
}

static void put_many(struct made *m, uint32_t n) {
  made_pcap_start(m, 0xa1b2c3d4, 2, 4, 262144, 1);
  for (uint32_t i = 0; i < n; i++) made_pcap_frame(m, i, i, i % 7 == 0 ? 20000 : i % 100, 30000);
}

/* Reads all frames, checks each byte, and returns how many. */
static uint32_t check_many(struct source *s) {
  struct frame_batch batch = {0};
  uint32_t n = 0;
  while (source_next(s, &batch, NULL) > 0)
    for (size_t i = 0; i < batch.n; i++, n++) {
      const struct frame *f = &batch.frame[i];
      assert_int_equal(f->number, n + 1);
      assert_int_equal(f->cap_len, n % 7 == 0 ? 20000 : n % 100);
      assert_int_equal(f->packet, 0);
      for (uint32_t k = 0; k < f->cap_len; k++)
        assert_int_equal(f->data[k], (uint8_t)((2 * n * 2654435761u >> 24) + k));
    }
  frame_batch_release(&batch);
  return n;
}

static void reads_through_any_block_size(void **state) {
  (void)state;
  static const size_t sizes[] = {1, 100, 4096, 5000, 65536, 0};
  struct made m = {0};
  put_many(&m, 2000);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct source *s = NULL;
    const struct source_options options = {.hash = true, .read_size = sizes[i]};
    assert_int_equal(source_open_memory(m.bytes, m.len, "made", &options, &s, NULL), 0);
    assert_int_equal(check_many(s), 2000);
    assert_int_equal(source_info(s)->bytes_read, m.len);
    assert_int_equal(source_info(s)->frames, 2000);
    source_close(s);
  }
  made_free(&m);
}

/* A thread reads ahead: every byte, the digest, and what the facts say are the same, with records that fit the room in
 * front of a block and with longer ones. */
static void reads_ahead(void **state) {
  (void)state;
  static const uint32_t lengths[] = {1000, 60000, 300000, 3000000};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    struct made m = {0};
    struct source *s[2];
    struct frame_batch batch[2] = {0};
    made_pcap_start(&m, 0xa1b2c3d4, 2, 4, 0, 231);
    for (uint32_t k = 0; m.len < 12000000; k++) made_pcap_frame(&m, k, k, lengths[i] - k % 100, lengths[i]);
    m.len -= 7; /* the last one is cut */
    for (int ahead = 0; ahead < 2; ahead++) {
      const struct source_options options = {.hash = true, .ahead = ahead};
      assert_int_equal(source_open_memory(m.bytes, m.len, "made", &options, &s[ahead], NULL), 0);
    }
    size_t at[2] = {0, 0};
    for (;;) {
      bool more[2];
      for (int ahead = 0; ahead < 2; ahead++) {
        more[ahead] = at[ahead] < batch[ahead].n || source_next(s[ahead], &batch[ahead], NULL) > 0;
        if (at[ahead] >= batch[ahead].n) at[ahead] = 0;
      }
      assert_int_equal(more[0], more[1]);
      if (!more[0]) break;
      const struct frame *a = &batch[0].frame[at[0]++], *b = &batch[1].frame[at[1]++];
      assert_int_equal(a->number, b->number);
      assert_int_equal(a->cap_len, b->cap_len);
      assert_memory_equal(a->data, b->data, a->cap_len);
      for (int ahead = 0; ahead < 2; ahead++)
        if (at[ahead] == batch[ahead].n) batch[ahead].n = at[ahead] = 0;
    }
    assert_string_equal(source_sha256(s[0]), source_sha256(s[1]));
    assert_int_equal(source_info(s[0])->bytes_read, source_info(s[1])->bytes_read);
    assert_string_equal(source_info(s[0])->damage_text.text, source_info(s[1])->damage_text.text);
    for (int ahead = 0; ahead < 2; ahead++) {
      frame_batch_release(&batch[ahead]);
      source_close(s[ahead]);
    }
    made_free(&m);
  }
}

/* Whoever stops in the middle leaves no thread behind. */
static void stops_reading_ahead(void **state) {
  (void)state;
  struct made m = {0};
  put_many(&m, 4000);
  for (int takes = 0; takes < 4; takes++) {
    struct source *s = NULL;
    struct frame_batch batch = {0};
    const struct source_options options = {.hash = true, .ahead = true};
    assert_int_equal(source_open_memory(m.bytes, m.len, "made", &options, &s, NULL), 0);
    for (int i = 0; i < takes; i++) assert_int_equal(source_next(s, &batch, NULL), 1);
    source_close(s);
    frame_batch_release(&batch);
  }
  made_free(&m);
}

static void put_pcap(struct made *m, uint32_t n) {
  made_pcap_start(m, 0xa1b2c3d4, 2, 4, 65535, 1);
  for (uint32_t i = 0; i < n; i++) made_pcap_frame(m, i, 0, 10, 10);
}
static void put_pcapng(struct made *m, uint32_t n) {
  made_section(m, true), made_block_end(m);
  made_iface(m, 1, 0), made_block_end(m);
  for (uint32_t i = 0; i < n; i++) made_enhanced(m, 0, i, 10, 10), made_block_end(m);
}
static void put_snoop(struct made *m, uint32_t n) {
  m->big_endian = true;
  made_bytes(m, "snoop\0\0\0\0\0\0\2\0\0\0\4", 16);
  for (uint32_t i = 0; i < n; i++) {
    const uint32_t head[] = {10, 10, 36, 0, i, 0};
    for (size_t k = 0; k < 6; k++) made_u32(m, head[k]);
    made_fill(m, i, 12);
  }
}

/* More frames in one block than a batch holds. */
static void fills_batches(void **state) {
  (void)state;
  void (*const put[])(struct made *, uint32_t) = {put_pcap, put_pcapng, put_snoop};
  for (size_t i = 0; i < 3; i++) {
    struct made m = {0};
    struct source *s = NULL;
    struct frame_batch batch = {0};
    uint32_t number = 0;
    put[i](&m, 2 * BATCH_FRAMES + 9);
    assert_int_equal(source_open_memory(m.bytes, m.len, "made", NULL, &s, NULL), 0);
    for (size_t b = 0; b < 3; b++) {
      assert_int_equal(source_next(s, &batch, NULL), 1);
      assert_int_equal(batch.n, b < 2 ? BATCH_FRAMES : 9);
      for (size_t k = 0; k < batch.n; k++) assert_int_equal(batch.frame[k].number, ++number);
    }
    assert_int_equal(source_next(s, &batch, NULL), 0);
    assert_int_equal(source_info(s)->iface[0].frames, number);
    assert_int_equal(source_info(s)->damage, SOURCE_DAMAGE_NONE);
    source_close(s);
    made_free(&m);
  }
}

struct writer {
  const struct made *m;
  int fd;
};
/* Small and odd pieces, as a pipe delivers them. */
static void *write_pieces(void *arg) {
  struct writer *w = arg;
  for (size_t at = 0, piece = 1; at < w->m->len; at += piece, piece = piece * 5 % 7919 + 1) {
    if (piece > w->m->len - at) piece = w->m->len - at;
    if (write(w->fd, w->m->bytes + at, piece) != (ssize_t)piece) break;
  }
  close(w->fd);
  return NULL;
}

static void reads_standard_input(void **state) {
  (void)state;
  struct made m = {0};
  struct source *s = NULL;
  struct err e = {0};
  pthread_t thread;
  int ends[2], kept = dup(STDIN_FILENO);
  put_many(&m, 700);
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
  close(ends[0]);
  struct writer w = {&m, ends[1]};
  assert_int_equal(pthread_create(&thread, NULL, write_pieces, &w), 0);
  assert_int_equal(source_open("-", &(struct source_options){.hash = true}, &s, &e), 0);
  assert_int_equal(source_info(s)->bytes_size, 0);
  assert_int_equal(check_many(s), 700);
  pthread_join(thread, NULL);
  char from_pipe[DIGEST_TEXT_SIZE];
  memcpy(from_pipe, source_sha256(s), sizeof from_pipe);
  source_close(s);
  assert_int_equal(source_open_memory(m.bytes, m.len, "made", &(struct source_options){.hash = true}, &s, &e), 0);
  assert_int_equal(check_many(s), 700);
  assert_string_equal(source_sha256(s), from_pipe);
  source_close(s);
  dup2(kept, STDIN_FILENO);
  close(kept);
  made_free(&m);
}

/* Somebody who types "wallwitness audit -" and waits. */
static void refuses_a_terminal(void **state) {
  (void)state;
  struct source *s = NULL;
  struct err e = {0};
  int terminal = posix_openpt(O_RDWR | O_NOCTTY), kept = dup(STDIN_FILENO);
  assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
  int ours = open(ptsname(terminal), O_RDWR | O_NOCTTY);
  assert_int_equal(dup2(ours, STDIN_FILENO), STDIN_FILENO);
  int rc = source_open("-", NULL, &s, &e);
  dup2(kept, STDIN_FILENO);
  close(kept);
  close(ours);
  close(terminal);
  assert_int_equal(rc, -EINVAL);
  assert_string_equal(e.text, "standard input is a terminal: name a capture file, or pipe one in");
}

/* A file that somebody still writes: read to where it ends when we get there. */
static void reads_a_growing_file(void **state) {
  struct scratch *scratch = *state;
  struct made m = {0};
  struct source *s = NULL;
  struct frame_batch batch = {0};
  put_many(&m, 100);
  size_t half = m.len / 2;
  scratch_write(scratch, "growing.pcap", m.bytes, half);
  assert_int_equal(source_open(scratch_path(scratch, "growing.pcap"), NULL, &s, NULL), 0);
  assert_int_equal(source_next(s, &batch, NULL), 1);
  scratch_append(scratch, "growing.pcap", m.bytes + half, m.len - half);
  size_t n = batch.n;
  while (source_next(s, &batch, NULL) > 0) n += batch.n;
  assert_int_equal(n, 100);
  assert_int_equal(source_info(s)->damage, SOURCE_DAMAGE_NONE);
  frame_batch_release(&batch);
  source_close(s);
  made_free(&m);
}

/* What a batch holds stays whole after its source is gone. */
static void batches_outlive_their_source(void **state) {
  (void)state;
  struct made m = {0};
  struct source *s = NULL;
  struct frame_batch batch = {0};
  put_many(&m, 10);
  assert_int_equal(source_open_memory(m.bytes, m.len, "made", NULL, &s, NULL), 0);
  assert_int_equal(source_next(s, &batch, NULL), 1);
  source_close(s);
  assert_int_equal(batch.frame[7].data[1], (uint8_t)(batch.frame[7].data[0] + 1));
  frame_batch_release(&batch);
  frame_batch_release(&batch);
  batch.buffer = malloc(10); /* another maker's batch */
  frame_batch_release(&batch);
  source_close(NULL);
  made_free(&m);
}

static void names_every_damage(void **state) {
  (void)state;
  for (enum source_damage d = 0; d < SOURCE_DAMAGE_COUNT; d++) assert_true(strlen(source_damage_name(d)) > 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refuses_with_a_reason),
      cmocka_unit_test(reads_through_any_block_size),
      cmocka_unit_test(reads_ahead),
      cmocka_unit_test(stops_reading_ahead),
      cmocka_unit_test(fills_batches),
      cmocka_unit_test(reads_standard_input),
      cmocka_unit_test(refuses_a_terminal),
      cmocka_unit_test(reads_a_growing_file),
      cmocka_unit_test(batches_outlive_their_source),
      cmocka_unit_test(names_every_damage),
  };
  return cmocka_run_group_tests(tests, scratch_begin, scratch_end);
}
