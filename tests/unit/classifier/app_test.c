/* The engine: what a flow is and how that is known, and that its memory comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/classifier/app_talk.h"
#include "tests/unit/classifier/pdus.h"

static void ask_mapper(struct talk *t) {
  syn(t);
  say(t, 0, pdu_bind, sizeof pdu_bind);
  say(t, 1, pdu_bind_ack, sizeof pdu_bind_ack);
  say(t, 0, pdu_map_request_wide, sizeof pdu_map_request_wide);
  say(t, 1, pdu_map_answer_wide, sizeof pdu_map_answer_wide);
}

static void a_silent_flow_is_known_by_port(void **state) {
  (void)state;
  struct app *a = app_new(NULL);
  struct talk t = talk_make(a, 1, 50000, 2, 445);
  syn(&t);
  assert_int_equal(t.slot, 0); /* nothing is kept for it */
  check(&t, SERVICE_SMB, SERVICE_BY_PORT);
  t = talk_make(a, 1, 50000, 2, 50115);
  check(&t, SERVICE_UNKNOWN, SERVICE_BY_PORT);
  app_free(a);
}

/* The mapper says 172.18.39.6:50115 is svcctl; a SYN there is tied to the packet that said so. */
static void a_syn_is_tied_to_its_announcement(void **state) {
  (void)state;
  struct app *a = app_new(NULL);
  struct talk mapper = talk_make(a, 1, 50000, 2, 135);
  ask_mapper(&mapper);
  uint32_t said = packet_number;
  check(&mapper, SERVICE_EPMAP, SERVICE_BY_RPC_BIND);
  struct app_view v = view(&mapper);
  assert_int_equal(v.n_learned, 1);
  assert_int_equal(v.n_rpc, 1);
  struct talk t = talk_make(a, 1, 50001, 2, 50115);
  static const uint8_t told[4] = {172, 18, 39, 6};
  memcpy(t.host[1], told, 4);
  syn(&t);
  check(&t, SERVICE_RPC, SERVICE_BY_EPM);
  v = view(&t);
  assert_non_null(v.origin);
  assert_int_equal(v.origin->packet, said);
  assert_string_equal(v.origin->name, "svcctl");
  assert_int_equal(v.n_rpc, 0);
  struct talk by_announcer = talk_make(a, 1, 50002, 2, 50115); /* the tower's address is translated on the way */
  syn(&by_announcer);
  check(&by_announcer, SERVICE_RPC, SERVICE_BY_EPM);
  app_free(a);
}

static void a_known_endpoint_ties_flows_without_a_syn(void **state) {
  (void)state;
  struct app *a = app_new(NULL);
  struct talk mapper = talk_make(a, 1, 50000, 2, 135), t = talk_make(a, 1, 50001, 2, 50115);
  ask_mapper(&mapper);
  say(&t, 1, "\1\2\3\4\5\6\7\10", 8); /* the server's side first */
  assert_non_null(view(&t).origin);
  check(&t, SERVICE_RPC, SERVICE_BY_EPM);
  app_free(a);
}

/* activation of WMI, then the flow to its port: named by the announcement until the flow itself tells more */
static void wmi_is_known_by_activation(void **state) {
  (void)state;
  struct app *a = app_new(NULL);
  struct talk scm = talk_make(a, 1, 50000, 2, 135);
  syn(&scm);
  say(&scm, 1, pdu_create_answer, sizeof pdu_create_answer); /* older than the capture: the answer alone */
  struct talk t = talk_make(a, 1, 50001, 2, 52419);
  syn(&t);
  check(&t, SERVICE_WMI, SERVICE_BY_OXID);
  struct talk other = talk_make(a, 1, 50002, 2, 52418);
  syn(&other);
  check(&other, SERVICE_UNKNOWN, SERVICE_BY_PORT);
  app_free(a);
}

static void content_beats_the_port(void **state) {
  (void)state;
  static const struct {
    uint16_t port;
    const void *bytes;
    size_t len;
    enum service service;
  } cases[] = {
      {80, pdu_client_hello, sizeof pdu_client_hello, SERVICE_TLS},
      {443, "SSH-2.0-OpenSSH_9.2\r\n", 21, SERVICE_SSH},
      {8530, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", 28, SERVICE_HTTP},
      {5985, "POST /wsman HTTP/1.1\r\nHost: a\r\n\r\n", 33, SERVICE_WINRM},
      {4445, pdu_smb2_negotiate, sizeof pdu_smb2_negotiate, SERVICE_SMB},
      {10123, pdu_client_hello, sizeof pdu_client_hello, SERVICE_TLS},
      {8531, pdu_client_hello, sizeof pdu_client_hello, SERVICE_HTTPS},
      {636, pdu_client_hello, sizeof pdu_client_hello, SERVICE_LDAPS},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct app *a = app_new(NULL);
    struct talk t = talk_make(a, 1, 50000, 2, cases[i].port);
    syn(&t);
    say(&t, 0, cases[i].bytes, cases[i].len);
    check(&t, cases[i].service, SERVICE_BY_DPI);
    assert_false(view(&t).unrecognised);
    app_free(a);
  }
}

static void unrecognised_payload_is_said_to_be_so(void **state) {
  (void)state;
  struct app *a = app_new(NULL);
  struct talk t = talk_make(a, 1, 50000, 2, 10123);
  syn(&t);
  for (int i = 0; i < 80; i++) say(&t, i % 2, "\x90\x91\x92\x93\x94\x95\x96\x97\x98", 9);
  assert_false(t.wanted); /* given up */
  check(&t, SERVICE_NOTIFICATION, SERVICE_BY_PORT);
  assert_true(view(&t).unrecognised);
  assert_int_equal(app_counts(a)->state_bytes, 0);
  app_free(a);
}

static void ndpi_says_its_name(void **state) {
  (void)state;
  struct app *a = app_new(NULL);
  struct talk t = talk_make(a, 1, 50000, 2, 8530);
  static const char request[] =
      "GET /selfupdate/wuident.cab HTTP/1.1\r\nHost: wsus.corp\r\nUser-Agent: Windows-Update-Agent\r\n\r\n";
  say(&t, 0, request, strlen(request));
  struct app_view v = view(&t);
  assert_non_null(v.ndpi);
  assert_non_null(strstr(v.ndpi, "HTTP"));
  assert_string_equal(v.detail, "HTTP/1.1 GET, host wsus.corp, Windows-Update-Agent");
  app_free(a);
}

static void memory_comes_back(void **state) {
  (void)state;
  struct app *a = app_new(NULL);
  struct talk t[64];
  for (int i = 0; i < 64; i++) {
    t[i] = talk_make(a, 1, (uint16_t)(40000 + i), 2, i % 2 ? 445 : 135);
    if (i % 2)
      say(&t[i], 0, pdu_smb2_tree, sizeof pdu_smb2_tree / 2); /* half a message: kept */
    else
      say(&t[i], 0, pdu_bind, sizeof pdu_bind);
  }
  assert_true(app_counts(a)->state_bytes > 64 * 1024);
  for (int i = 0; i < 32; i++) app_close(a, &t[i].slot);
  uint64_t half = app_counts(a)->state_bytes;
  assert_true(half > 0);
  app_finish(a);
  assert_int_equal(app_counts(a)->state_bytes, 0);
  assert_true(app_counts(a)->state_bytes_peak > half);
  for (int i = 0; i < 64; i += 2) check(&t[i], SERVICE_EPMAP, SERVICE_BY_RPC_BIND); /* what was learned stays */
  say(&t[0], 0, "more", 4);
  assert_false(t[0].wanted);
  app_free(a);
}

static void the_oldest_gives_way(void **state) {
  (void)state;
  struct app *a = app_new(&(struct app_options){.streams_max = 4});
  struct talk t[10];
  for (int i = 0; i < 10; i++) {
    t[i] = talk_make(a, 1, (uint16_t)(40000 + i), 2, 135);
    say(&t[i], 0, pdu_bind, sizeof pdu_bind);
  }
  assert_int_equal(app_counts(a)->streams_refused, 6);
  for (int i = 0; i < 10; i++) check(&t[i], SERVICE_EPMAP, SERVICE_BY_RPC_BIND);
  say(&t[0], 1, pdu_bind_ack, sizeof pdu_bind_ack);
  say(&t[9], 1, pdu_bind_ack, sizeof pdu_bind_ack);
  assert_false(view(&t[0]).rpc[0].accepted);
  assert_true(view(&t[9]).rpc[0].accepted);
  app_free(a);
}

/* Requests that nobody answers wait for a name in the answer, but not at the cost of others. */
static void unanswered_requests_take_no_room(void **state) {
  (void)state;
  struct app *a = app_new(&(struct app_options){.streams_max = 256});
  static const char request[] = "GET / HTTP/1.1\r\nHost: mp1\r\n\r\n";
  struct talk mapper = talk_make(a, 1, 50000, 2, 135);
  say(&mapper, 0, pdu_bind, sizeof pdu_bind);
  const uint64_t alone = app_counts(a)->state_bytes;
  for (int i = 0; i < 1000; i++) {
    struct talk t = talk_make(a, 1, (uint16_t)(20000 + i), 3, 80);
    say(&t, 0, request, strlen(request));
    check(&t, SERVICE_HTTP, SERVICE_BY_DPI);
    assert_string_equal(view(&t).detail, "HTTP/1.1 GET, host mp1");
  }
  assert_int_equal(app_counts(a)->streams_refused, 0);
  assert_true(app_counts(a)->state_bytes <= 17 * alone);
  say(&mapper, 1, pdu_bind_ack, sizeof pdu_bind_ack);
  assert_true(view(&mapper).rpc[0].accepted);
  app_free(a);
}

/* nDPI set up by a thread of its own, whether it is needed or not. */
static void ndpi_is_ready_ahead(void **state) {
  (void)state;
  struct app *idle = app_new(NULL), *unused = app_new(NULL), *a = app_new(NULL);
  app_dpi_begin(idle);
  app_free(idle);
  app_dpi_begin(unused);
  app_finish(unused);
  app_dpi_wait(unused);
  app_free(unused);
  app_dpi_begin(a);
  struct talk t = talk_make(a, 1, 50000, 2, 8530);
  static const char request[] = "GET / HTTP/1.1\r\nHost: wsus.corp\r\n\r\n";
  say(&t, 0, request, strlen(request));
  app_finish(a);
  assert_string_equal(view(&t).ndpi, "HTTP");
  app_dpi_wait(a);
  assert_string_equal(view(&t).ndpi, "HTTP");
  assert_int_equal(app_counts(a)->state_bytes, 0);
  app_free(a);
}

static void say_nonsense(struct app *a, uint16_t server_port) {
  struct talk t = talk_make(a, 1, 60000, 3, server_port);
  say(&t, 0, "\x90\x91\x92\x93\x94\x95\x96\x97\x98", 9);
  app_close(a, &t.slot);
}

static const char *says_bgp(struct app *a) {
  struct talk t = talk_make(a, 1, 50000, 2, 179);
  say(&t, 0, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\x13\4", 19);
  return view(&t).ndpi;
}

/* Where all is of nothing nDPI knows, it is spared: 256 flows in a row on one port, 16 on each of many. */
static void ndpi_is_spared(void **state) {
  (void)state;
  enum { PORTS = 400, FIRST = 5000 };
  const struct app_options sparing = {.dpi_sparing = true};
  struct app *one = app_new(&sparing), *many = app_new(&sparing);
  for (int i = 0; i < 256; i++) say_nonsense(one, FIRST);
  assert_int_equal(app_counts(one)->dpi_spared, 0);
  for (int i = 0; i < 160; i++) say_nonsense(one, FIRST);
  assert_int_equal(app_counts(one)->dpi_spared, 150);
  say_nonsense(one, FIRST + 1);
  assert_int_equal(app_counts(one)->dpi_spared, 150);
  for (int i = 0; i < 16 * PORTS; i++) say_nonsense(many, (uint16_t)(FIRST + i % PORTS));
  assert_int_equal(app_counts(many)->dpi_spared, 0);
  for (int i = 0; i < 16 * PORTS; i++) say_nonsense(many, (uint16_t)(FIRST + i % PORTS));
  assert_int_equal(app_counts(many)->dpi_spared, 15 * PORTS);
  assert_string_equal(says_bgp(many), "BGP");
  app_free(one);
  app_free(many);
}

/* More flows than nDPI may hold, none of which it can name: a later one still gets its name. */
static void ndpi_is_not_starved(void **state) {
  (void)state;
  struct app *a = app_new(NULL);
  for (int i = 0; i < 5000; i++) {
    struct talk t = talk_make(a, 1, (uint16_t)(20000 + i), 3, 10123);
    say(&t, 0, "\x90\x91\x92\x93\x94\x95\x96\x97\x98", 9);
    assert_true(t.wanted);
  }
  struct talk t = talk_make(a, 1, 50000, 2, 8530);
  static const char request[] = "GET / HTTP/1.1\r\nHost: wsus.corp\r\n\r\n";
  say(&t, 0, request, strlen(request));
  assert_non_null(view(&t).ndpi);
  app_finish(a);
  assert_int_equal(app_counts(a)->state_bytes, 0);
  app_free(a);
}

static void datagrams_are_read_one_by_one(void **state) {
  (void)state;
  struct app *a = app_new(NULL);
  struct talk t = talk_make(a, 1, 50000, 2, 53);
  t.proto = PROTO_UDP;
  static const uint8_t query[] = {1,   2,   1, 0,   0,   1,   0,   0, 0, 0, 0, 0, 2,
                                  'd', 'c', 4, 'c', 'o', 'r', 'p', 0, 0, 1, 0, 1};
  static const uint8_t answer[] = {1, 2, 0x81, 0x80, 0,    1,  0, 1, 0, 0, 0, 0, 2, 'd', 'c', 4, 'c', 'o', 'r', 'p', 0,
                                   0, 1, 0,    1,    0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9,   0,   4, 10,  7,   7,   7};
  say(&t, 0, query, sizeof query);
  assert_int_equal(app_counts(a)->state_bytes, 0); /* nothing is held between datagrams */
  say(&t, 1, answer, sizeof answer);
  assert_int_equal(app_name_count(a), 1);
  assert_string_equal(app_name(a, 0)->name, "dc.corp");
  check(&t, SERVICE_DNS, SERVICE_BY_DPI);
  for (int i = 0; i < 200; i++) say(&t, 0, query, sizeof query);
  assert_false(t.wanted);
  app_free(a);
}

static void nonsense_slots_are_no_flows(void **state) {
  (void)state;
  struct app *a = app_new(NULL);
  uint32_t slot = 0;
  app_close(a, &slot);
  assert_null(app_name(a, 0));
  app_finish(a);
  app_finish(a);
  app_free(a);
  app_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_silent_flow_is_known_by_port),
      cmocka_unit_test(a_syn_is_tied_to_its_announcement),
      cmocka_unit_test(a_known_endpoint_ties_flows_without_a_syn),
      cmocka_unit_test(wmi_is_known_by_activation),
      cmocka_unit_test(content_beats_the_port),
      cmocka_unit_test(unrecognised_payload_is_said_to_be_so),
      cmocka_unit_test(ndpi_says_its_name),
      cmocka_unit_test(memory_comes_back),
      cmocka_unit_test(the_oldest_gives_way),
      cmocka_unit_test(unanswered_requests_take_no_room),
      cmocka_unit_test(ndpi_is_not_starved),
      cmocka_unit_test(ndpi_is_spared),
      cmocka_unit_test(ndpi_is_ready_ahead),
      cmocka_unit_test(datagrams_are_read_one_by_one),
      cmocka_unit_test(nonsense_slots_are_no_flows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
