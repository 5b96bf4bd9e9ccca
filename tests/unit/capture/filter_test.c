/* One expression over frames of several link types. */
#include "capture/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/link.h"

#define IP4_TCP80                                                                                                     \
  0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0xc0, 0, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, \
      0, 0, 0, 0, 0, 0
static const uint8_t ethernet[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, IP4_TCP80};
static const uint8_t raw[] = {IP4_TCP80};
static const uint8_t cooked[] = {0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0, IP4_TCP80};

static const struct {
  const char *expression;
  enum filter_answer ethernet, raw, cooked;
} cases[] = {
    {"", FILTER_YES, FILTER_YES, FILTER_YES},
    {"tcp port 80", FILTER_YES, FILTER_YES, FILTER_YES},
    {"tcp port 81", FILTER_NO, FILTER_NO, FILTER_NO},
    {"host 10.0.0.2 and not udp", FILTER_YES, FILTER_YES, FILTER_YES},
    {"net 10.0.0.0/8 and tcp dst port 80", FILTER_YES, FILTER_YES, FILTER_YES},
    {"ether host 02:00:00:00:00:01", FILTER_YES, FILTER_UNFIT, FILTER_UNFIT},
    {"tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn", FILTER_YES, FILTER_YES, FILTER_YES},
    {"greater 1000", FILTER_NO, FILTER_NO, FILTER_NO},
    {"inbound", FILTER_UNFIT, FILTER_UNFIT, FILTER_YES}, /* only the cooked header says */
};

static enum filter_answer ask(struct filter *f, uint16_t link, const uint8_t *data, size_t len) {
  const struct frame frame = {.data = data, .cap_len = (uint32_t)len, .wire_len = (uint32_t)len, .link = link};
  return filter_match(f, &frame);
}

static void answers_for_every_link(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct filter *f = NULL;
    struct err e = {0};
    if (filter_new(cases[i].expression, &f, &e) < 0) fail_msg("%s", e.text);
    if (ask(f, LINK_ETHERNET, ethernet, sizeof ethernet) != cases[i].ethernet ||
        ask(f, LINK_RAW, raw, sizeof raw) != cases[i].raw || ask(f, LINK_IPV4, raw, sizeof raw) != cases[i].raw ||
        ask(f, LINK_LINUX_SLL, cooked, sizeof cooked) != cases[i].cooked)
      fail_msg("%s", cases[i].expression);
    filter_free(f);
  }
  filter_free(NULL);
}

static void refuses_wrong_expressions(void **state) {
  (void)state;
  static const char *const wrong[] = {"tcp prot 80",  "port 99999",      "host",
                                      "tcp and (udp", "host 10.0.0.300", "host srv1"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    struct filter *f = NULL;
    struct err e = {0};
    assert_true(filter_new(wrong[i], &f, &e) < 0);
    assert_non_null(strstr(e.text, wrong[i]));
  }
}

/* A capture may state any link type in any frame. */
static void bounds_its_programs(void **state) {
  (void)state;
  struct filter *f = NULL;
  assert_int_equal(filter_new("tcp", &f, NULL), 0);
  for (unsigned link = 0; link < 65536; link += 101) ask(f, (uint16_t)link, raw, sizeof raw);
  assert_int_equal(ask(f, 61001, raw, sizeof raw), FILTER_UNFIT);
  filter_free(f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(answers_for_every_link),
                                     cmocka_unit_test(refuses_wrong_expressions),
                                     cmocka_unit_test(bounds_its_programs)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
