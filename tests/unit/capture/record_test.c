/* Recordings: whole and readable whatever happens to the writer or the disk, and their list says what they hold. */
#include "capture/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "capture/link.h"
#include "tests/unit/capture/scratch.h"

enum { FRAMES = 2000, LEN = 120, LINKS = 2 };
static const stamp_t noon = {1774958400000000000}; /* 2026-03-31T12:00:00Z */
static const struct record_iface ifaces[LINKS] = {{"eth0", LINK_ETHERNET, 262144}, {"tun0", LINK_RAW, 1500}};

static struct record *record_start(const struct scratch *s, struct record_options o) {
  struct record *r = NULL;
  struct err e = {""};
  o.dir = s->folder;
  o.now = noon;
  if (record_open(&o, ifaces, LINKS, &r, &e) < 0) fail_msg("%s", e.text);
  return r;
}

static uint8_t byte_of(uint32_t packet) { return (uint8_t)(packet * 7); }

/* Frame number packet, step_ms after the one before it. */
static int put(struct record *r, uint32_t packet, int64_t ms, struct err *e) {
  uint8_t bytes[LEN];
  memset(bytes, byte_of(packet), sizeof bytes);
  const struct frame f = {.time = {noon.ns + ms * 1000000 + 1},
                          .data = bytes,
                          .cap_len = LEN - packet % 4,
                          .wire_len = LEN + 5,
                          .packet = packet,
                          .link = ifaces[packet % LINKS].link,
                          .iface = (uint16_t)(packet % LINKS)};
  return record_frames(r, &f, 1, e);
}

/* Reads a file back; its frames are packet_base + 1 and on. Returns how many, or -1 when something is not as written.
 */
static int64_t read_back(const struct record_file *file) {
  struct source *s;
  struct err e = {""};
  struct frame_batch batch = {0};
  int64_t n = 0;
  bool right = true;
  if (source_open(file->path, &(struct source_options){.hash = true}, &s, &e) < 0) {
    printf("%s\n", e.text);
    return -1;
  }
  while (source_next(s, &batch, &e) > 0)
    for (size_t i = 0; i < batch.n; i++) {
      const struct frame *f = &batch.frame[i];
      const uint32_t packet = file->packet_base + (uint32_t)++n;
      right = right && f->cap_len == LEN - packet % 4 && f->wire_len == LEN + 5 && f->data[0] == byte_of(packet) &&
              f->data[f->cap_len - 1] == byte_of(packet) && f->iface == packet % LINKS &&
              f->link == ifaces[packet % LINKS].link && f->time.ns % 1000000 == 1;
    }
  right = right && source_info(s)->damage == SOURCE_DAMAGE_NONE && source_info(s)->n_ifaces == LINKS;
  for (size_t i = 0; file->counts && i < LINKS && right; i++) {
    const struct source_iface *read = &source_info(s)->iface[i];
    const struct record_counts *kept = &file->counts[i];
    right = read->frames == kept->frames && read->received == kept->received && read->dropped == kept->dropped;
    if (!right) printf("%s: interface %zu: counts differ\n", file->path, i);
  }
  if (file->sha256[0]) right = right && strcmp(source_sha256(s), file->sha256) == 0;
  if (!right) printf("%s: %s\n", file->path, source_info(s)->damage_text.text);
  frame_batch_release(&batch);
  source_close(s);
  return right ? n : -1;
}

/* tshark's word; -1: there is no tshark. */
static int64_t tshark_frames(const char *path) {
  char command[256], line[256];
  int64_t n = 0;
  if (system("command -v tshark >/dev/null 2>&1") != 0) return -1;
  snprintf(command, sizeof command, "tshark -n -r %s -T fields -e frame.number 2>&1", path);
  FILE *f = popen(command, "r");
  while (f && fgets(line, sizeof line, f))
    if (strtol(line, NULL, 10) == n + 1) n++;
  return f && pclose(f) == 0 ? n : -2;
}

static uint64_t bytes_in(const char *folder) {
  DIR *d = opendir(folder);
  uint64_t sum = 0;
  struct stat st;
  for (const struct dirent *e; d && (e = readdir(d));)
    if (e->d_name[0] != '.' && fstatat(dirfd(d), e->d_name, &st, 0) == 0) sum += (uint64_t)st.st_size;
  if (d) closedir(d);
  return sum;
}

static void folder_clear(struct scratch *s) {
  DIR *d = opendir(s->folder);
  for (const struct dirent *e; d && (e = readdir(d));)
    if (e->d_name[0] != '.') unlink(scratch_path(s, e->d_name));
  if (d) closedir(d);
}

static void reads_back(void **state) {
  struct scratch *s = *state;
  struct err e = {""};
  struct record *r = record_start(s, (struct record_options){0});
  size_t n;
  for (uint32_t i = 1; i <= FRAMES; i++) assert_int_equal(put(r, i, i, &e), 0);
  record_statistics(r, 0, FRAMES, 3);
  assert_int_equal(record_close(r, &e), 0);
  const struct record_file *f = record_files(r, &n);
  assert_int_equal(n, 1);
  assert_string_equal(f->path, scratch_path(s, "wallwitness_20260331T120000Z_0001.pcapng"));
  assert_int_equal(f->frames, FRAMES);
  assert_int_equal(f->packet_base, 0);
  assert_int_equal(f->first.ns, noon.ns + 1000001);
  assert_int_equal(f->last.ns, noon.ns + FRAMES * 1000000ll + 1);
  assert_int_equal(strlen(f->sha256), DIGEST_TEXT_SIZE - 1);
  assert_int_equal(read_back(f), FRAMES);
  assert_int_equal(record_bytes(r), bytes_in(s->folder));
  const int64_t theirs = tshark_frames(f->path);
  if (theirs != -1) assert_int_equal(theirs, FRAMES);
  record_free(r);
  folder_clear(s);
}

static void nothing_is_overwritten(void **state) {
  struct scratch *s = *state;
  struct err e = {""};
  struct record *r = NULL;
  scratch_write(s, "wallwitness_20260331T120000Z_0001.pcapng", "mine", 4);
  const struct record_options o = {.dir = s->folder, .now = noon};
  assert_int_equal(record_open(&o, ifaces, LINKS, &r, &e), -EEXIST);
  assert_non_null(strstr(e.text, "_0001.pcapng: cannot be made: File exists"));
  assert_int_equal(bytes_in(s->folder), 4);
  folder_clear(s);
}

static void folder_must_be_possible(void **state) {
  (void)state;
  struct err e = {""};
  struct record *r = NULL;
  const struct record_options o = {.dir = "/proc/no/such", .now = noon};
  assert_true(record_open(&o, ifaces, LINKS, &r, &e) < 0);
  assert_string_equal(e.text,
                      "/proc/no/such: cannot be made: No such file or directory; name a folder that can be written");
}

/* Files follow each other without a gap; returns how many frames they hold. */
static int64_t chain_frames(const struct record_file *f, size_t n) {
  int64_t sum = 0;
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(f[i].packet_base, sum);
    if (!f[i].removed) assert_int_equal(read_back(&f[i]), f[i].frames);
    sum += (int64_t)f[i].frames;
  }
  return sum;
}

static void rotates_by_size(void **state) {
  struct scratch *s = *state;
  struct err e = {""};
  struct record *r = record_start(s, (struct record_options){.file_bytes_max = 50000});
  size_t n;
  for (uint32_t i = 1; i <= FRAMES; i++) {
    record_statistics(r, 0, 2 * i, i / 10);
    assert_int_equal(put(r, i, i, &e), 0);
  }
  assert_int_equal(record_close(r, &e), 0);
  const struct record_file *f = record_files(r, &n);
  assert_in_range(n, 5, 9);
  uint64_t received = 0, dropped = 0;
  for (size_t i = 0; i < n; i++) {
    assert_true(f[i].counts[0].received && f[i].counts[0].dropped);
    received += f[i].counts[0].received, dropped += f[i].counts[0].dropped;
  }
  assert_int_equal(received, 2 * FRAMES);
  assert_int_equal(dropped, FRAMES / 10);
  for (size_t i = 0; i < n; i++) assert_in_range(f[i].bytes, i + 1 < n ? 50000 : 1, 50000 + LEN + 200);
  assert_int_equal(chain_frames(f, n), FRAMES);
  assert_non_null(strstr(f[n - 1].path, "Z_000"));
  record_free(r);
  folder_clear(s);
}

static void rotates_by_time(void **state) {
  struct scratch *s = *state;
  struct err e = {""};
  struct record *r = record_start(s, (struct record_options){.file_span_s = 2});
  size_t n;
  for (uint32_t i = 1; i <= 50; i++) assert_int_equal(put(r, i, 100 * i, &e), 0); /* 5 s */
  assert_int_equal(record_close(r, &e), 0);
  const struct record_file *f = record_files(r, &n);
  assert_int_equal(n, 3);
  assert_int_equal(f[0].frames, 20);
  assert_int_equal(chain_frames(f, n), 50);
  record_free(r);
  folder_clear(s);
}

/* A clock that is set back or far ahead costs at most a new file. */
static void clock_steps(void **state) {
  struct scratch *s = *state;
  struct err e = {""};
  struct record *r = record_start(s, (struct record_options){.file_span_s = 3600});
  size_t n;
  const int64_t ms[] = {0, 10, 20, -7200000, -7199990, -7199980, 360000000, 360000010, 0, 5};
  for (uint32_t i = 0; i < sizeof ms / sizeof *ms; i++) assert_int_equal(put(r, i + 1, ms[i], &e), 0);
  assert_int_equal(record_close(r, &e), 0);
  const struct record_file *f = record_files(r, &n);
  assert_in_range(n, 2, 4);
  assert_int_equal(chain_frames(f, n), sizeof ms / sizeof *ms);
  record_free(r);
  folder_clear(s);
}

static void total_is_kept(void **state) {
  struct scratch *s = *state;
  struct err e = {""};
  static const uint64_t file_max[] = {20000, 0}; /* the second: the default is far beyond the total */
  for (size_t c = 0; c < 2; c++) {
    struct record *r =
        record_start(s, (struct record_options){.file_bytes_max = file_max[c], .total_bytes_max = 60000});
    size_t n, removed = 0;
    for (uint32_t i = 1; i <= FRAMES; i++) {
      assert_int_equal(put(r, i, i, &e), 0);
      if (i % 16 == 0) {
        assert_int_equal(record_flush(r, &e), 0);
        assert_in_range(bytes_in(s->folder), 1, 60000);
        assert_int_equal(record_bytes(r), bytes_in(s->folder));
      }
    }
    assert_int_equal(record_close(r, &e), 0);
    const struct record_file *f = record_files(r, &n);
    for (size_t i = 0; i < n; i++) {
      assert_int_equal(access(f[i].path, F_OK) != 0, f[i].removed);
      removed += f[i].removed;
    }
    assert_true(removed > 2 && f[0].removed && !f[n - 1].removed);
    assert_int_equal(chain_frames(f, n), FRAMES);
    record_free(r);
    folder_clear(s);
  }
}

/* The writer dies without a word: what was flushed is there, and nothing but whole packets. */
static void killed(void **state) {
  struct scratch *s = *state;
  const pid_t child = fork();
  if (child == 0) {
    struct err e;
    struct record *r = record_start(s, (struct record_options){0});
    for (uint32_t i = 1; i <= 100; i++) put(r, i, i, &e);
    record_flush(r, &e);
    for (uint32_t i = 101; i <= 150; i++) put(r, i, i, &e);
    kill(getpid(), SIGKILL);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status));
  const struct record_file f = {.path = strdup(scratch_path(s, "wallwitness_20260331T120000Z_0001.pcapng"))};
  assert_int_equal(read_back(&f), 100);
  free(f.path);
  folder_clear(s);
}

/* No file may grow beyond so much: what a full disk looks like. */
static void disk_limit(rlim_t bytes) {
  struct rlimit l;
  getrlimit(RLIMIT_FSIZE, &l);
  l.rlim_cur = bytes;
  setrlimit(RLIMIT_FSIZE, &l);
}

static void full_disk(void **state) {
  struct scratch *s = *state;
  struct err e = {""};
  struct record *r = record_start(s, (struct record_options){0});
  size_t n;
  uint32_t i = 1;
  int rc = 0;
  signal(SIGXFSZ, SIG_IGN);
  disk_limit(100000);
  for (; i <= FRAMES && rc == 0; i++) {
    rc = put(r, i, i, &e);
    if (rc == 0 && i % 100 == 0) rc = record_flush(r, &e);
  }
  disk_limit(RLIM_INFINITY);
  assert_int_equal(rc, -EFBIG);
  assert_non_null(strstr(e.text, "_0001.pcapng: cannot be written: File too large; the recording ends here"));
  assert_true(record_is_over(r));
  assert_int_equal(put(r, i, i, &e), -EPIPE);
  assert_int_equal(record_flush(r, &e), -EPIPE);
  assert_true(record_close(r, &e) < 0);
  const struct record_file *f = record_files(r, &n);
  assert_int_equal(n, 1);
  assert_int_equal(f->frames % 100, 0); /* the flushed ones: packets beyond are not said to be in the file */
  assert_int_equal(f->last.ns, noon.ns + (int64_t)f->frames * 1000000 + 1);
  assert_int_equal(read_back(f), f->frames);
  assert_int_equal(f->bytes, bytes_in(s->folder));
  record_free(r);
  folder_clear(s);
}

/* The disk is full when a new file is to begin: no empty file stays, and the list does not name one. */
static void full_at_rotation(void **state) {
  struct scratch *s = *state;
  struct err e = {""};
  struct record *r = record_start(s, (struct record_options){.file_span_s = 1});
  size_t n;
  for (uint32_t i = 1; i <= 10; i++) assert_int_equal(put(r, i, i, &e), 0);
  assert_int_equal(record_flush(r, &e), 0);
  signal(SIGXFSZ, SIG_IGN);
  const pid_t child = fork(); /* the first file cannot end either under such a limit: tried in a child */
  if (child == 0) {
    disk_limit(64);
    put(r, 11, 5000, &e);
    disk_limit(RLIM_INFINITY);
    record_close(r, &e);
    record_files(r, &n);
    _exit(record_is_over(r) && n == 1 ? 0 : 1);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(WEXITSTATUS(status), 0);
  assert_int_equal(record_close(r, &e), 0);
  record_free(r);
  folder_clear(s);

  r = record_start(s, (struct record_options){.file_span_s = 1});
  for (uint32_t i = 1; i <= 10; i++) assert_int_equal(put(r, i, i, &e), 0);
  scratch_write(s, "wallwitness_20260331T120000Z_0002.pcapng", "", 0); /* the next name is taken */
  assert_int_equal(put(r, 11, 5000, &e), -EEXIST);
  assert_non_null(strstr(e.text, "_0002.pcapng: cannot be made"));
  assert_true(record_close(r, &e) < 0);
  const struct record_file *f = record_files(r, &n);
  assert_int_equal(n, 1);
  assert_int_equal(read_back(f), 10);
  assert_int_equal(strlen(f->sha256), DIGEST_TEXT_SIZE - 1);
  record_free(r);
  folder_clear(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_back),      cmocka_unit_test(nothing_is_overwritten),
      cmocka_unit_test(rotates_by_size), cmocka_unit_test(folder_must_be_possible),
      cmocka_unit_test(rotates_by_time), cmocka_unit_test(clock_steps),
      cmocka_unit_test(total_is_kept),   cmocka_unit_test(killed),
      cmocka_unit_test(full_disk),       cmocka_unit_test(full_at_rotation),
  };
  return cmocka_run_group_tests(tests, scratch_begin, scratch_end);
}
