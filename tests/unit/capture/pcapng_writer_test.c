/* What is written reads back the same through our own reader (which is held against libpcap elsewhere). */
#include "capture/pcapng_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "capture/link.h"
#include "tests/unit/capture/read_made.h"

static const uint8_t payload[8] = {1, 2, 3, 4, 5, 6, 7, 8};

/* Reads what was written; the caller frees both. */
static void read_written(struct out *o, struct made *m, struct seen *seen) {
  const char *text = out_str(o);
  assert_non_null(text);
  *m = (struct made){0};
  made_bytes(m, text, o->len);
  out_close(o);
  read_made(m, seen);
  assert_non_null(seen->source);
  assert_int_equal(seen->info->damage, SOURCE_DAMAGE_NONE);
}

static void named_interfaces(void **state) {
  (void)state;
  struct out o;
  struct made m;
  struct seen seen;
  struct pcapng_writer w;
  out_init(&o, NULL);
  pcapng_writer_start(&w, &o, "program 1.0", "a comment");
  pcapng_writer_interface(&w, LINK_ETHERNET, 262144, "eth0");
  pcapng_writer_interface(&w, LINK_RAW, 0, NULL);
  for (uint32_t len = 0; len <= 8; len++)
    pcapng_writer_frame(&w, len % 2, &(struct pcapng_packet){0, {5000000001 + len}, payload, len, 1000 + len, NULL});
  pcapng_writer_statistics(&w, 0, (stamp_t){6000000000}, 1ull << 33, 7);
  read_written(&o, &m, &seen);
  assert_int_equal(seen.n, 9);
  for (uint32_t len = 0; len <= 8; len++) {
    const struct frame *f = &seen.frame[len];
    assert_int_equal(f->cap_len, len);
    assert_int_equal(f->wire_len, 1000 + len);
    assert_int_equal(f->time.ns, 5000000001 + len);
    assert_int_equal(f->iface, len % 2);
    assert_int_equal(f->link, len % 2 ? LINK_RAW : LINK_ETHERNET);
    if (len) assert_int_equal(seen.last[len], len);
  }
  assert_int_equal(seen.info->n_ifaces, 2);
  assert_string_equal(seen.info->iface[0].name, "eth0");
  assert_int_equal(seen.info->iface[0].snap_len, 262144);
  assert_null(seen.info->iface[1].name);
  assert_true(seen.info->iface[0].received == 1ull << 33);
  assert_int_equal(seen.info->iface[0].dropped, 7);
  assert_int_equal(seen.info->n_comments, 1);
  assert_string_equal(seen.info->comment[0].text, "a comment");
  seen_close(&seen);
  made_free(&m);
}

static void comments_are_kept(void **state) {
  (void)state;
  struct out o;
  struct made m;
  struct seen seen;
  struct pcapng_writer w;
  static char text[5001];
  for (size_t i = 0; i < 5000; i += 2) memcpy(text + i, "\xc3\xa4", 2);
  memmove(text + 1, text, 4999), text[0] = 'a'; /* the limit falls inside a character */
  text[4999] = '\0';
  const char *comment[] = {"", "a", "ab", "abc", "abcd", text};
  out_init(&o, NULL);
  pcapng_writer_start(&w, &o, NULL, NULL);
  for (size_t i = 0; i < 6; i++)
    pcapng_writer_packet(&w, &(struct pcapng_packet){LINK_ETHERNET, {1}, payload, 5, 5, comment[i]});
  pcapng_writer_end(&w);
  read_written(&o, &m, &seen);
  assert_int_equal(seen.n, 6);
  size_t at = 0;
  for (size_t i = 1; i < 5; i++) {
    while (at < seen.info->n_comments && seen.info->comment[at].frame != i + 1) at++;
    assert_true(at < seen.info->n_comments);
    assert_string_equal(seen.info->comment[at].text, comment[i]);
  }
  const char *last = seen.info->comment[seen.info->n_comments - 1].text;
  assert_in_range(strlen(last), 1, 4000);
  assert_null(strstr(last, "\xef\xbf\xbd"));
  seen_close(&seen);
  made_free(&m);
}

/* There is no limit below that of the format. */
static void links_get_interfaces(void **state) {
  (void)state;
  enum { LINKS = SEEN_MAX / 2 };
  struct out o;
  struct made m;
  struct seen seen;
  struct pcapng_writer w;
  out_init(&o, NULL);
  pcapng_writer_start(&w, &o, NULL, NULL);
  for (int round = 0; round < 2; round++)
    for (uint16_t link = 0; link < LINKS; link++)
      pcapng_writer_packet(&w, &(struct pcapng_packet){(uint16_t)(200 + link), {1}, payload, 8, 8, NULL});
  pcapng_writer_end(&w);
  assert_int_equal(o.failed, 0);
  read_written(&o, &m, &seen);
  assert_int_equal(seen.n, 2 * LINKS);
  assert_int_equal(seen.info->n_ifaces, LINKS);
  for (size_t i = 0; i < seen.n; i++) assert_int_equal(seen.frame[i].link, 200 + i % LINKS);
  seen_close(&seen);
  made_free(&m);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(named_interfaces), cmocka_unit_test(comments_are_kept),
                                     cmocka_unit_test(links_get_interfaces)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
