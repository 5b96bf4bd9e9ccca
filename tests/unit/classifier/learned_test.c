/* Announced endpoints: which announcement a connection came from, and what is expected after a sealed one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "classifier/learned.h"

static struct learned endpoint(uint32_t client, uint32_t server, uint16_t port, int64_t s, uint32_t packet) {
  struct learned l = {.client = address_from_v4(client),
                      .server = address_from_v4(server),
                      .announcer = address_from_v4(server),
                      .port = port,
                      .proto = PROTO_TCP,
                      .by = LEARNED_BY_EPM,
                      .packet = packet,
                      .time = stamp_from_s(s)};
  return l;
}

static uint32_t origin(const struct learned_table *t, uint32_t client, uint32_t server, uint16_t port, int64_t s) {
  struct address c = address_from_v4(client), v = address_from_v4(server);
  const struct learned *l = learned_find(t, &c, &v, port, PROTO_TCP, stamp_from_s(s));
  return l ? l->packet : 0;
}

static void the_best_announcement_is_found(void **state) {
  (void)state;
  struct learned_table *t = learned_table_new();
  uint64_t refused = 0;
  const struct learned in[] = {endpoint(1, 100, 50000, 10, 11), endpoint(2, 100, 50000, 20, 12),
                               endpoint(1, 100, 50000, 30, 13), endpoint(3, 101, 50000, 30, 14),
                               endpoint(1, 100, 50001, 40, 15)};
  for (size_t i = 0; i < sizeof in / sizeof *in; i++) assert_non_null(learned_add(t, &in[i], &refused));
  static const struct {
    const char *name;
    uint32_t client, server;
    uint16_t port;
    int64_t s;
    uint32_t packet;
  } cases[] = {
      {"the newest to this client", 1, 100, 50000, 50, 13},
      {"another client's own", 2, 100, 50000, 50, 12},
      {"a stranger takes the newest", 9, 100, 50000, 50, 13},
      {"another server", 9, 101, 50000, 50, 14},
      {"another port", 1, 100, 50001, 50, 15},
      {"never announced", 1, 100, 50002, 50, 0},
      {"not for that server", 1, 102, 50000, 50, 0},
      {"recent to anyone beats old to this client", 2, 100, 50000, 325, 13},
      {"all old: to this client", 2, 100, 50000, 9999, 12},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (origin(t, cases[i].client, cases[i].server, cases[i].port, cases[i].s) != cases[i].packet)
      fail_msg("%s", cases[i].name);
  struct address c = address_from_v4(1), v = address_from_v4(100);
  assert_null(learned_find(t, &c, &v, 50000, PROTO_UDP, stamp_from_s(50)));
  assert_int_equal(refused, 0);
  learned_table_free(t);
}

static void a_translated_address_is_found_under_both(void **state) {
  (void)state;
  struct learned_table *t = learned_table_new();
  uint64_t refused = 0;
  struct learned l = endpoint(1, 100, 50000, 10, 11);
  l.announcer = address_from_v4(200);
  learned_add(t, &l, &refused);
  assert_int_equal(origin(t, 1, 100, 50000, 11), 11);
  assert_int_equal(origin(t, 1, 200, 50000, 11), 11);
  learned_table_free(t);
}

static void a_full_table_says_so(void **state) {
  (void)state;
  struct learned_table *t = learned_table_new();
  uint64_t refused = 0;
  for (uint32_t i = 0; i < LEARNED_MAX + 5; i++) {
    struct learned l = endpoint(1, i, (uint16_t)i, 10, i + 1);
    learned_add(t, &l, &refused);
  }
  assert_int_equal(refused, 5);
  assert_int_equal(origin(t, 1, 40000, 40000, 11), 40001);
  learned_table_free(t);
}

static void expectations_are_bounded(void **state) {
  (void)state;
  struct learned_table *t = learned_table_new();
  struct learned out;
  for (uint32_t i = 0; i < LEARNED_EXPECTED_MAX + 10; i++) {
    struct learned hint = endpoint(i, 100, 0, i / 100, i + 1);
    hint.by = LEARNED_BY_INFERRED;
    learned_expect(t, &hint);
  }
  struct address first = address_from_v4(0), last = address_from_v4(LEARNED_EXPECTED_MAX + 9),
                 server = address_from_v4(100);
  assert_false(learned_infer(t, &first, &server, 50000, stamp_from_s(3), &out)); /* the oldest gave way */
  assert_true(learned_infer(t, &last, &server, 50000, stamp_from_s(3), &out));
  assert_int_equal(out.packet, LEARNED_EXPECTED_MAX + 10);
  learned_table_free(t);
}

static void time_running_backwards_infers_nothing(void **state) {
  (void)state;
  struct learned_table *t = learned_table_new();
  struct learned hint = endpoint(1, 100, 0, 50, 7), out;
  learned_expect(t, &hint);
  assert_false(learned_infer(t, &hint.client, &hint.server, 50000, stamp_from_s(49), &out));
  assert_true(learned_infer(t, &hint.client, &hint.server, 50000, stamp_from_s(51), &out));
  learned_table_free(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_best_announcement_is_found),
      cmocka_unit_test(a_translated_address_is_found_under_both),
      cmocka_unit_test(a_full_table_says_so),
      cmocka_unit_test(expectations_are_bounded),
      cmocka_unit_test(time_running_backwards_infers_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
