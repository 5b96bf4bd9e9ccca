/* RPC units: real ones, both orders of integers, every truncation, hostile lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifier/dcerpc.h"
#include "tests/unit/classifier/pdus.h"

static struct dcerpc parsed(const uint8_t *bytes, size_t len) {
  struct dcerpc u;
  assert_true(dcerpc_parse(bytes_of(bytes, len), &u));
  return u;
}

static void a_bind_is_read(void **state) {
  (void)state;
  struct dcerpc u = parsed(pdu_bind, sizeof pdu_bind);
  assert_int_equal(u.type, DCERPC_BIND);
  assert_false(u.big);
  assert_int_equal(u.frag_len, sizeof pdu_bind);
  struct dcerpc_contexts walk;
  struct dcerpc_context c;
  char text[UUID_TEXT_SIZE];
  assert_true(dcerpc_contexts_open(&u, &walk));
  static const struct {
    uint16_t id;
    bool ndr64, features;
  } expected[] = {{0, false, false}, {1, true, false}, {2, false, true}};
  for (size_t i = 0; i < 3; i++) {
    assert_true(dcerpc_contexts_next(&walk, &c));
    assert_int_equal(c.id, expected[i].id);
    assert_int_equal(c.ndr64, expected[i].ndr64);
    assert_int_equal(c.features, expected[i].features);
    assert_string_equal(uuid_print(text, &c.interface), "e1af8308-5d1f-11c9-91a4-08002b14a0fa");
    assert_int_equal(c.major, 3);
    assert_int_equal(c.minor, 0);
  }
  assert_false(dcerpc_contexts_next(&walk, &c));
}

static void its_answer_is_read(void **state) {
  (void)state;
  struct dcerpc u = parsed(pdu_bind_ack, sizeof pdu_bind_ack);
  struct dcerpc_results walk;
  struct dcerpc_result r;
  assert_int_equal(u.type, DCERPC_BIND_ACK);
  assert_true(dcerpc_results_open(&u, &walk));
  assert_int_equal(bytes_left(&walk.address), 3);
  assert_memory_equal(walk.address.at, "135", 3);
  static const struct {
    uint16_t result;
    bool ndr64;
  } expected[] = {{2, false}, {DCERPC_RESULT_ACCEPTED, true}, {DCERPC_RESULT_NEGOTIATED, false}};
  for (size_t i = 0; i < 3; i++) {
    assert_true(dcerpc_results_next(&walk, &r));
    assert_int_equal(r.result, expected[i].result);
    assert_int_equal(r.ndr64, expected[i].ndr64);
  }
  assert_false(dcerpc_results_next(&walk, &r));
}

static void a_signed_request_is_read(void **state) {
  (void)state;
  struct dcerpc u = parsed(pdu_create_request, sizeof pdu_create_request);
  struct dcerpc_call c;
  assert_int_equal(u.type, DCERPC_REQUEST);
  assert_true(dcerpc_call_parse(&u, &c));
  assert_int_equal(c.opnum, 4);
  struct dcerpc answer = parsed(pdu_create_answer, sizeof pdu_create_answer);
  assert_int_equal(answer.call, u.call);
}

/* request, call 7, token of 16 octets at level 6 with 4 octets of padding before its trailer. */
static void an_authentication_trailer_is_cut_off(void **state) {
  (void)state;
  static const uint8_t unit[] = {5,  0, 0, 3, 0x10, 0, 0, 0, 64, 0, 16, 0, 7, 0, 0, 0, /* header */
                                 8,  0, 0, 0, 1,    0, 4, 0,                           /* hint, context, operation */
                                 1,  2, 3, 4, 5,    6, 7, 8, 0,  0, 0,  0, 0, 0, 0, 0, /* stub and padding */
                                 10, 6, 8, 0, 0,    0, 0, 0, 1,  2, 3,  4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  struct dcerpc u = parsed(unit, sizeof unit);
  struct dcerpc_call c;
  assert_int_equal(u.auth_type, 10);
  assert_int_equal(u.auth_level, DCERPC_AUTH_PRIVACY);
  assert_int_equal(bytes_left(&u.auth), 16);
  assert_true(dcerpc_call_parse(&u, &c));
  assert_int_equal(bytes_left(&c.stub), 8);
  assert_int_equal(c.context, 1);
}

static void big_endian_is_read(void **state) {
  (void)state;
  static const uint8_t request[] = {5,    0,    0,    0x83, 0, 0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 9, 0, 0, 0, 4, 0,
                                    2,    0,    3,    1,    1, 1, 1, 1, 1, 1,  1, 1, 1, 1, 1, 1, 1, 1, 1, /* object */
                                    0xaa, 0xbb, 0xcc, 0xdd};
  struct dcerpc u = parsed(request, sizeof request);
  struct dcerpc_call c;
  assert_true(u.big);
  assert_int_equal(u.call, 9);
  assert_true(dcerpc_call_parse(&u, &c));
  assert_int_equal(c.context, 2);
  assert_int_equal(c.opnum, 3);
  assert_int_equal(bytes_left(&c.stub), 4);
  static const uint8_t fault[] = {5, 0, 3, 3, 0, 0, 0, 0, 0,    32, 0, 0, 0, 0, 0, 9,
                                  0, 0, 0, 0, 0, 2, 0, 0, 0x1c, 1,  0, 2, 0, 0, 0, 0};
  u = parsed(fault, sizeof fault);
  assert_true(dcerpc_call_parse(&u, &c));
  assert_int_equal(c.status, 0x1c010002);
  static const uint8_t nak[] = {5, 0, 13, 3, 0, 0, 0, 0, 0, 18, 0, 0, 0, 0, 0, 1, 0, 4};
  uint16_t reason;
  u = parsed(nak, sizeof nak);
  assert_true(dcerpc_nak_parse(&u, &reason));
  assert_int_equal(reason, 4);
}

static void what_is_no_header_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *name;
    uint8_t bytes[16];
  } cases[] = {
      {"version 4", {4, 0, 0, 3, 0x10, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0}},
      {"minor 2", {5, 2, 0, 3, 0x10, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0}},
      {"type 20", {5, 0, 20, 3, 0x10, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0}},
      {"integers of kind 2", {5, 0, 0, 3, 0x20, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0}},
      {"floats of kind 4", {5, 0, 0, 3, 0x10, 4, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0}},
      {"reserved octets", {5, 0, 0, 3, 0x10, 0, 1, 0, 16, 0, 0, 0, 0, 0, 0, 0}},
      {"shorter than its header", {5, 0, 0, 3, 0x10, 0, 0, 0, 15, 0, 0, 0, 0, 0, 0, 0}},
      {"token longer than the unit", {5, 0, 0, 3, 0x10, 0, 0, 0, 30, 0, 16, 0, 0, 0, 0, 0}},
      {"a SOCKS greeting", {5, 1, 0, 5, 1, 0, 3, 11, 'e', 'x', 'a', 'm', 'p', 'l', 'e', '.'}},
  };
  struct dcerpc u;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (dcerpc_parse(bytes_of(cases[i].bytes, 16), &u)) fail_msg("%s was taken for a header", cases[i].name);
}

/* Every prefix, in memory of exactly that size, must be refused or read inside its bounds. */
static void truncation_is_survived(void **state) {
  (void)state;
  static const struct {
    const uint8_t *bytes;
    size_t len;
  } units[] = {{pdu_bind, sizeof pdu_bind},
               {pdu_bind_ack, sizeof pdu_bind_ack},
               {pdu_create_request, sizeof pdu_create_request}};
  for (size_t k = 0; k < 3; k++)
    for (size_t len = 0; len <= units[k].len; len++) {
      uint8_t *copy = malloc(len + 1);
      assert_non_null(copy);
      memcpy(copy, units[k].bytes, len);
      struct dcerpc u;
      struct dcerpc_contexts contexts;
      struct dcerpc_context c;
      struct dcerpc_results results;
      struct dcerpc_result r;
      struct dcerpc_call call;
      bool ok = dcerpc_parse(bytes_of(copy, len), &u);
      assert_int_equal(ok, len >= DCERPC_HEADER_LEN);
      if (ok && dcerpc_contexts_open(&u, &contexts))
        for (int i = 0; dcerpc_contexts_next(&contexts, &c); i++) assert_true(i < 256);
      if (ok && dcerpc_results_open(&u, &results))
        for (int i = 0; dcerpc_results_next(&results, &r); i++) assert_true(i < 256);
      if (ok) dcerpc_call_parse(&u, &call);
      free(copy);
    }
}

/* A response of the mapper over UDP, header made by hand from C706 12.5: 80 octets. */
static void a_datagram_is_read(void **state) {
  (void)state;
  uint8_t unit[84] = {4, DCERPC_RESPONSE, 0x20, 0, 0x10, 0, 0, 0};
  static const uint8_t mapper[16] = {0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11,
                                     0x91, 0xa4, 8,    0,    0x2b, 0x14, 0xa0, 0xfa};
  memcpy(unit + 24, mapper, 16);
  unit[60] = 3; /* interface version */
  unit[68] = 3; /* operation */
  unit[74] = 4; /* length */
  memcpy(unit + 80, "stub", 4);
  struct dcerpc_datagram d;
  char text[UUID_TEXT_SIZE];
  assert_true(dcerpc_datagram_parse(bytes_of(unit, sizeof unit), &d));
  assert_string_equal(uuid_print(text, &d.interface), "e1af8308-5d1f-11c9-91a4-08002b14a0fa");
  assert_int_equal(d.version, 3);
  assert_int_equal(d.opnum, 3);
  assert_int_equal(bytes_left(&d.stub), 4);
  for (size_t len = 0; len < 80; len++) assert_false(dcerpc_datagram_parse(bytes_of(unit, len), &d));
  unit[0] = 5;
  assert_false(dcerpc_datagram_parse(bytes_of(unit, sizeof unit), &d));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_bind_is_read),           cmocka_unit_test(its_answer_is_read),
      cmocka_unit_test(a_signed_request_is_read), cmocka_unit_test(an_authentication_trailer_is_cut_off),
      cmocka_unit_test(big_endian_is_read),       cmocka_unit_test(what_is_no_header_is_refused),
      cmocka_unit_test(truncation_is_survived),   cmocka_unit_test(a_datagram_is_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
