/* A real capture of the loopback interface: what a socket sends is what comes out, in order and counted, and what the
 * recording holds. Needs the right to capture (root, or cap_net_raw in a container); skipped without. */
#include "capture/live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "tests/unit/capture/scratch.h"

enum { DATAGRAMS = 300, HEADERS = 14 + 20 + 8, WAIT_S = 20 };

/* A socket that sends to itself. */
struct talker {
  int fd;
  struct sockaddr_in to;
  char filter[32];
};

static void talker_open(struct talker *t) {
  socklen_t len = sizeof t->to;
  t->fd = socket(AF_INET, SOCK_DGRAM, 0);
  t->to = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  assert_int_equal(bind(t->fd, (struct sockaddr *)&t->to, sizeof t->to), 0);
  assert_int_equal(getsockname(t->fd, (struct sockaddr *)&t->to, &len), 0);
  snprintf(t->filter, sizeof t->filter, "udp port %u", ntohs(t->to.sin_port));
}

static void talker_say(const struct talker *t, uint32_t number) {
  char heard[8];
  assert_int_equal(sendto(t->fd, &number, sizeof number, 0, (const struct sockaddr *)&t->to, sizeof t->to),
                   sizeof number);
  assert_int_equal(recv(t->fd, heard, sizeof heard, 0), sizeof number);
}

/* Opens the loopback interface for the talker; ends the test as skipped where capturing is not allowed. */
static struct live *open_loopback(const struct talker *t) {
  const char *const iface[] = {"lo"};
  struct live *l = NULL;
  struct err e = {""};
  int rc = live_open(
      &(struct live_options){.iface = iface, .n_ifaces = 1, .filter = t->filter, .kernel_buffer = 1 << 20}, &l, &e);
  if (rc == -EPERM || rc == -EACCES || (rc < 0 && geteuid() != 0)) {
    print_message("no right to capture: %s\n", e.text);
    close(t->fd);
    skip();
  }
  if (rc < 0) fail_msg("%s", e.text);
  return l;
}

/* Takes batches until there are so many frames, or the end; each must hold the next number that was said. */
static uint32_t hear(struct live *l, uint32_t from, uint32_t most) {
  bool ended = false;
  const time_t last = time(NULL) + WAIT_S;
  while (from < most && !ended && time(NULL) < last) {
    struct live_batch *b = live_next(l, 200, &ended);
    const struct frame_batch *f = b ? live_batch_frames(b) : NULL;
    for (size_t i = 0; f && i < f->n; i++, from++) {
      assert_int_equal(f->frame[i].cap_len, HEADERS + sizeof from);
      assert_memory_equal(f->frame[i].data + HEADERS, &from, sizeof from);
      assert_true(stamp_known(f->frame[i].time));
    }
    if (b) live_release(l, b);
  }
  return from;
}

static void finish(struct live *l) {
  bool ended = false;
  live_stop(l);
  for (int rounds = 0; !ended && rounds < 100; rounds++) {
    struct live_batch *b = live_next(l, 200, &ended);
    if (b) live_release(l, b);
  }
  assert_true(ended);
  live_join(l);
}

static void captures_what_is_said(void **state) {
  (void)state;
  struct talker t;
  talker_open(&t);
  struct live *l = open_loopback(&t);
  assert_int_equal(live_start(l, NULL), 0);
  for (uint32_t i = 0; i < DATAGRAMS; i++) talker_say(&t, i);
  assert_int_equal(hear(l, 0, DATAGRAMS), DATAGRAMS);
  struct live_iface iface[LIVE_IFACES_MAX];
  assert_int_equal(live_ifaces(l, iface), 1);
  assert_true(iface[0].up);
  assert_string_equal(iface[0].name, "lo");
  finish(l);
  const struct live_counts c = live_counts(l);
  assert_int_equal(c.frames, DATAGRAMS);
  assert_int_equal(c.dropped_pool + c.dropped_analysis + c.dropped_record, 0);
  assert_false(c.recording);
  const struct timeline_facts *facts = live_facts(l);
  assert_non_null(facts);
  assert_int_equal(facts->n_inputs, 1);
  assert_int_equal(facts->frames, DATAGRAMS);
  const struct source_info *info = facts->input[0].info;
  assert_int_equal(info->n_ifaces, 1);
  assert_string_equal(info->iface[0].name, "lo");
  assert_int_equal(info->iface[0].frames, DATAGRAMS);
  assert_int_equal(info->iface[0].received, DATAGRAMS);
  live_close(l);
  close(t.fd);
}

static uint32_t count_recorded(const char *path) {
  struct source *s = NULL;
  struct frame_batch batch = {0};
  uint32_t n = 0;
  assert_int_equal(source_open(path, &(struct source_options){0}, &s, NULL), 0);
  while (source_next(s, &batch, NULL) > 0)
    for (size_t i = 0; i < batch.n; i++, n++) assert_memory_equal(batch.frame[i].data + HEADERS, &n, sizeof n);
  assert_int_equal(source_info(s)->damage, SOURCE_DAMAGE_NONE);
  frame_batch_release(&batch);
  source_close(s);
  return n;
}

static void records_what_is_said(void **state) {
  struct talker t;
  talker_open(&t);
  struct live *l = open_loopback(&t);
  const struct record_options options = {.dir = scratch_path(*state, "recording"), .now = stamp_from_ms(0)};
  assert_int_equal(live_record(l, &options, NULL), 0);
  assert_int_equal(live_start(l, NULL), 0);
  for (uint32_t i = 0; i < DATAGRAMS; i++) talker_say(&t, i);
  assert_int_equal(hear(l, 0, DATAGRAMS), DATAGRAMS);
  finish(l);
  const struct timeline_facts *facts = live_facts(l);
  assert_non_null(facts);
  assert_int_equal(facts->n_inputs, 1);
  assert_int_equal(count_recorded(facts->input[0].path), DATAGRAMS);
  assert_int_equal(strlen(facts->input[0].sha256), 64);
  unlink(facts->input[0].path);
  rmdir(options.dir);
  live_close(l);
  close(t.fd);
}

static void refuses_with_a_reason(void **state) {
  (void)state;
  const char *const lo[] = {"lo"}, *const missing[] = {"no-such-iface"};
  const struct {
    const char *name;
    struct live_options options;
  } cases[] = {
      {"no such interface", {.iface = missing, .n_ifaces = 1}},
      {"a faulty filter", {.iface = lo, .n_ifaces = 1, .filter = "tcp prot 80"}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct live *l = NULL;
    struct err e = {""};
    if (live_open(&cases[i].options, &l, &e) >= 0 || l || !e.text[0]) fail_msg("%s", cases[i].name);
  }
}

static void take_line(void *ctx, const char *text) {
  if (strncmp(text, "lo", 2) == 0) *(bool *)ctx = true;
}

static void lists_the_loopback(void **state) {
  (void)state;
  bool found = false;
  struct err e = {""};
  if (live_list(take_line, &found, &e) < 0 || geteuid() != 0) skip();
  assert_true(found);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(captures_what_is_said),
      cmocka_unit_test(records_what_is_said),
      cmocka_unit_test(refuses_with_a_reason),
      cmocka_unit_test(lists_the_loopback),
  };
  return cmocka_run_group_tests(tests, scratch_begin, scratch_end);
}
