/* RPC conversations: what is announced, whatever the segments look like; sealed and failed calls; fragments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifier/rpc_session.h"
#include "classifier/stream.h"
#include "tests/unit/classifier/desk.h"
#include "tests/unit/classifier/pdus.h"

struct talk {
  struct desk_talk on;
  struct rpc_session session;
};

static void begin(struct talk *t) {
  memset(t, 0, sizeof *t);
  desk_open(&t->on.desk);
}

static void end(struct talk *t) {
  rpc_session_end(&t->session, &t->on.desk.blocks);
  desk_talk_close(&t->on);
}

static size_t session_read(void *session, struct note_taker *t, struct bytes data, bool gap) {
  return rpc_session_read(session, t, data, gap);
}

static void say(struct talk *t, bool to_client, const void *bytes, size_t len) {
  desk_say(&t->on, to_client, bytes, len, session_read, &t->session);
}

static void say_in_two(struct talk *t, bool to_client, const uint8_t *bytes, size_t len, size_t cut) {
  say(t, to_client, bytes, cut);
  say(t, to_client, bytes + cut, len - cut);
}

/* Splits every unit at the same place; cut is taken modulo the unit's length. */
static void talk_to_mapper(struct talk *t, size_t cut) {
  static const struct {
    bool to_client;
    const uint8_t *bytes;
    size_t len;
  } units[] = {{false, pdu_bind, sizeof pdu_bind},
               {true, pdu_bind_ack, sizeof pdu_bind_ack},
               {false, pdu_map_request_wide, sizeof pdu_map_request_wide},
               {true, pdu_map_answer_wide, sizeof pdu_map_answer_wide}};
  for (size_t i = 0; i < 4; i++) say_in_two(t, units[i].to_client, units[i].bytes, units[i].len, cut % units[i].len);
}

static void the_mapper_is_understood_however_it_is_cut(void **state) {
  (void)state;
  for (size_t cut = 0; cut < sizeof pdu_map_answer_wide; cut++) {
    struct talk t;
    begin(&t);
    talk_to_mapper(&t, cut);
    const struct notes *n = &t.on.desk.notes;
    assert_int_equal(n->n_rpc, 1);
    assert_string_equal(n->rpc[0].name, "epmapper");
    assert_true(n->rpc[0].accepted);
    assert_int_equal(n->n_learned, 1);
    assert_string_equal(n->learned[0].name, "svcctl");
    assert_int_equal(n->learned[0].port, 50115);
    assert_int_equal(n->learned[0].by, LEARNED_BY_EPM);
    assert_int_equal(n->learned[0].packet, t.on.desk.taker.packet);
    assert_int_equal(rpc_service(n), SERVICE_EPMAP);
    end(&t);
  }
}

static void an_answer_without_its_question_is_read_on_the_mappers_port(void **state) {
  (void)state;
  struct talk t;
  begin(&t);
  say(&t, true, pdu_map_answer_wide, sizeof pdu_map_answer_wide);
  say(&t, true, pdu_create_answer, sizeof pdu_create_answer);
  assert_int_equal(t.on.desk.notes.n_learned, 3);
  assert_int_equal(t.on.desk.notes.learned[0].port, 50115);
  assert_int_equal(t.on.desk.notes.learned[1].port, 52419);
  end(&t);
}

static void put_le16(uint8_t *at, size_t v) { at[0] = (uint8_t)v, at[1] = (uint8_t)(v >> 8); }

/* The stub of a real unit in fragments of at most part octets. */
static void say_fragments(struct talk *t, const uint8_t *unit, size_t len, size_t part) {
  size_t head = DCERPC_HEADER_LEN + 8;
  for (size_t at = head; at < len; at += part) {
    uint8_t fragment[2048];
    size_t n = len - at < part ? len - at : part;
    memcpy(fragment, unit, head);
    memcpy(fragment + head, unit + at, n);
    fragment[3] = (uint8_t)((at == head ? DCERPC_FIRST : 0) | (at + n == len ? DCERPC_LAST : 0));
    put_le16(fragment + 8, head + n);
    say(t, true, fragment, head + n);
  }
}

static void an_answer_in_fragments_is_put_together(void **state) {
  (void)state;
  for (size_t part = 1; part < sizeof pdu_map_answer_wide; part++) {
    struct talk t;
    begin(&t);
    say(&t, false, pdu_bind, sizeof pdu_bind);
    say(&t, true, pdu_bind_ack, sizeof pdu_bind_ack);
    say(&t, false, pdu_map_request_wide, sizeof pdu_map_request_wide);
    say_fragments(&t, pdu_map_answer_wide, sizeof pdu_map_answer_wide, part);
    assert_int_equal(t.on.desk.notes.n_learned, 1);
    assert_int_equal(t.on.desk.notes.learned[0].port, 50115);
    end(&t);
  }
}

static void a_hole_does_not_end_understanding(void **state) {
  (void)state;
  struct talk t;
  begin(&t);
  say(&t, false, pdu_bind, sizeof pdu_bind);
  say(&t, true, pdu_bind_ack, sizeof pdu_bind_ack);
  t.on.seq[true] += 333; /* lost */
  say(&t, false, pdu_map_request_wide, sizeof pdu_map_request_wide);
  say(&t, true, (const uint8_t *)"the middle of something", 23);
  say(&t, true, pdu_map_answer_wide, sizeof pdu_map_answer_wide);
  stream_acknowledged(&t.on.side[true], &t.on.desk.blocks, t.on.seq[true]);
  struct bytes data;
  bool gap;
  while (stream_get(&t.on.side[true], &t.on.desk.blocks, &data, &gap))
    stream_took(&t.on.side[true], &t.on.desk.blocks, rpc_session_read(&t.session, &t.on.desk.taker, data, gap));
  assert_int_equal(t.on.desk.notes.n_learned, 1);
  end(&t);
}

/* --- activation ----------------------------------------------------------------------------------------------- */

/* A bind to IRemoteSCMActivator with one context (0) and NDR. */
static const uint8_t bind_activator[] = {
    5,    0,    11,   3,    0x10, 0,    0,    0,    72, 0, 0,    0,    1,    0,    0,    0, 0xd0, 0x16,
    0xd0, 0x16, 0,    0,    0,    0,    1,    0,    0,  0, 0,    0,    1,    0,    0xa0, 1, 0,    0,
    0,    0,    0,    0,    0xc0, 0,    0,    0,    0,  0, 0,    0x46, 0,    0,    0,    0, 4,    0x5d,
    0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 8,  0, 0x2b, 0x10, 0x48, 0x60, 2,    0, 0,    0};

/* A unit of some type with a sealed stub of 8 octets. */
static void say_sealed(struct talk *t, bool to_client, uint8_t type, uint32_t call, uint16_t opnum) {
  uint8_t unit[56] = {5, 0, type, 3, 0x10, 0, 0, 0, 56, 0, 16, 0};
  unit[12] = (uint8_t)call;
  if (type == DCERPC_REQUEST) put_le16(unit + 22, opnum);
  unit[32] = 10;
  unit[33] = DCERPC_AUTH_PRIVACY;
  say(t, to_client, unit, sizeof unit);
}

static bool inferred(struct talk *t, uint16_t port, int64_t after_ms, struct learned *l) {
  struct address client = address_from_v4(DESK_CLIENT), server = address_from_v4(DESK_SERVER);
  stamp_t now = {t->on.desk.taker.time.ns + after_ms * 1000000};
  return learned_infer(t->on.desk.taker.learned, &client, &server, port, now, l);
}

static void readable_activation_hands_out_wmi(void **state) {
  (void)state;
  struct talk t;
  struct learned l;
  begin(&t);
  say(&t, false, bind_activator, sizeof bind_activator);
  uint8_t request[sizeof pdu_create_request];
  memcpy(request, pdu_create_request, sizeof request);
  put_le16(request + 20, 0); /* the context of our own bind */
  say(&t, false, request, sizeof request);
  say(&t, true, pdu_create_answer, sizeof pdu_create_answer);
  const struct notes *n = &t.on.desk.notes;
  assert_int_equal(n->n_learned, 2); /* the answering host, and the address that stands in the binding */
  for (uint16_t i = 0; i < 2; i++) {
    assert_int_equal(n->learned[i].service, SERVICE_WMI);
    assert_int_equal(n->learned[i].by, LEARNED_BY_OXID);
    assert_int_equal(n->learned[i].port, 52419);
  }
  assert_false(inferred(&t, 52419, 10, &l)); /* nothing is left to guess */
  assert_int_equal(rpc_service(n), SERVICE_DCOM);
  end(&t);
}

static void sealed_activation_is_expected(void **state) {
  (void)state;
  static const struct {
    const char *name;
    uint16_t port;
    int64_t after_ms;
    bool expected;
  } cases[] = {
      {"dynamic, at once", 49700, 5, true},     {"dynamic, 4.9 s later", 49700, 4900, true},
      {"too late", 49700, 5100, false},         {"an old dynamic port", 1040, 5, true},
      {"a registered service", 3389, 5, false}, {"below 1024", 700, 5, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct talk t;
    struct learned l;
    begin(&t);
    say(&t, false, bind_activator, sizeof bind_activator);
    say_sealed(&t, false, DCERPC_REQUEST, 5, 4);
    say_sealed(&t, true, DCERPC_RESPONSE, 5, 0);
    uint32_t packet = t.on.desk.taker.packet;
    if (inferred(&t, cases[i].port, cases[i].after_ms, &l) != cases[i].expected) fail_msg("%s", cases[i].name);
    if (cases[i].expected) {
      assert_int_equal(l.by, LEARNED_BY_INFERRED);
      assert_int_equal(l.packet, packet);
      assert_int_equal(l.port, cases[i].port);
      assert_false(inferred(&t, 49701, 6, &l)); /* used up */
    }
    assert_int_equal(t.on.desk.notes.n_learned, 0);
    assert_true(t.on.desk.notes.encrypted);
    end(&t);
  }
}

static void a_fault_leaves_nothing_to_expect(void **state) {
  (void)state;
  static const uint8_t fault[32] = {5, 0, 3, 3, 0x10, 0, 0, 0, 32, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5};
  struct talk t;
  struct learned l;
  begin(&t);
  say(&t, false, bind_activator, sizeof bind_activator);
  say_sealed(&t, false, DCERPC_REQUEST, 5, 4);
  say(&t, true, fault, sizeof fault);
  assert_false(inferred(&t, 49700, 5, &l));
  end(&t);
}

static void other_calls_expect_nothing(void **state) {
  (void)state;
  struct talk t;
  struct learned l;
  begin(&t);
  say(&t, false, bind_activator, sizeof bind_activator);
  say_sealed(&t, false, DCERPC_REQUEST, 5, 1);
  say_sealed(&t, true, DCERPC_RESPONSE, 5, 0);
  assert_false(inferred(&t, 49700, 5, &l));
  end(&t);
}

static void an_alteration_adds_an_interface(void **state) {
  (void)state;
  struct talk t;
  uint8_t alter[sizeof bind_activator];
  begin(&t);
  say(&t, false, pdu_bind, sizeof pdu_bind);
  say(&t, true, pdu_bind_ack, sizeof pdu_bind_ack);
  memcpy(alter, bind_activator, sizeof alter);
  alter[2] = DCERPC_ALTER;
  put_le16(alter + 28, 3);
  say(&t, false, alter, sizeof alter);
  static const uint8_t answer[] = {5,    0,    15,   3,    0x10, 0, 0,    0,    56,   0,    0,    0,    1,    0,
                                   0,    0,    0,    0,    0,    0, 0,    0,    0,    0,    0,    0,    0,    0,
                                   1,    0,    0,    0,    0,    0, 0,    0,    4,    0x5d, 0x88, 0x8a, 0xeb, 0x1c,
                                   0xc9, 0x11, 0x9f, 0xe8, 8,    0, 0x2b, 0x10, 0x48, 0x60, 2,    0,    0,    0};
  assert_false(t.on.desk.notes.rpc[1].accepted);
  say(&t, true, answer, sizeof answer);
  assert_int_equal(t.on.desk.notes.n_rpc, 2);
  assert_string_equal(t.on.desk.notes.rpc[1].name, "IRemoteSCMActivator");
  assert_true(t.on.desk.notes.rpc[1].accepted);
  end(&t);
}

static void not_registered_is_told(void **state) {
  (void)state;
  struct talk t;
  char text[NOTE_DETAIL_SIZE];
  /* No towers, no handle, the status alone: NDR64. */
  uint8_t answer[24 + 20 + 4 + 24 + 4] = {5, 0, 2, 3, 0x10, 0, 0, 0, sizeof answer, 0, 0, 0, 2, 0,
                                          0, 0, 0, 0, 0,    0, 1, 0};
  static const uint8_t status[4] = {0xd6, 0xa0, 0xc9, 0x16};
  answer[24 + 24] = 4;
  memcpy(answer + sizeof answer - 4, status, 4);
  begin(&t);
  say(&t, false, pdu_bind, sizeof pdu_bind);
  say(&t, true, pdu_bind_ack, sizeof pdu_bind_ack);
  say(&t, false, pdu_map_request_wide, sizeof pdu_map_request_wide);
  say(&t, true, answer, sizeof answer);
  assert_int_equal(t.on.desk.notes.not_registered_packet, t.on.desk.taker.packet);
  rpc_session_describe(&t.session, &t.on.desk.notes, text, sizeof text);
  assert_string_equal(text, "DCE/RPC epmapper; not registered: svcctl");
  end(&t);
}

/* A binding's answer with a challenge for its token: NTLM (10), level privacy (6). */
static void a_challenge_names_who_answers_the_bind(void **state) {
  (void)state;
  static const char mark[8] = "NTLMSSP";
  const uint8_t *token = memmem(pdu_smb2_challenge, sizeof pdu_smb2_challenge, mark, sizeof mark);
  const size_t len = (size_t)(pdu_smb2_challenge + sizeof pdu_smb2_challenge - token),
               all = sizeof pdu_bind_ack + 8 + len;
  static const uint8_t trailer[8] = {10, 6};
  uint8_t answer[sizeof pdu_bind_ack + sizeof trailer + sizeof pdu_smb2_challenge];
  struct talk t;
  memcpy(answer, pdu_bind_ack, sizeof pdu_bind_ack);
  memcpy(answer + sizeof pdu_bind_ack, trailer, sizeof trailer);
  memcpy(answer + sizeof pdu_bind_ack + sizeof trailer, token, len);
  answer[8] = (uint8_t)all, answer[9] = (uint8_t)(all >> 8);
  answer[10] = (uint8_t)len, answer[11] = (uint8_t)(len >> 8);
  begin(&t);
  say(&t, false, pdu_bind, sizeof pdu_bind);
  say(&t, true, answer, all);
  assert_true(t.on.desk.notes.rpc[0].accepted);
  assert_int_equal(hostname_count(t.on.desk.taker.names), 1);
  const struct address server = address_from_v4(DESK_SERVER);
  assert_true(address_equal(&hostname_at(t.on.desk.taker.names, 0)->address, &server));
  assert_string_equal(hostname_at(t.on.desk.taker.names, 0)->name, "win-svv-pc1.svv.local");
  end(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_mapper_is_understood_however_it_is_cut),
      cmocka_unit_test(an_answer_without_its_question_is_read_on_the_mappers_port),
      cmocka_unit_test(an_answer_in_fragments_is_put_together),
      cmocka_unit_test(a_hole_does_not_end_understanding),
      cmocka_unit_test(readable_activation_hands_out_wmi),
      cmocka_unit_test(sealed_activation_is_expected),
      cmocka_unit_test(a_fault_leaves_nothing_to_expect),
      cmocka_unit_test(other_calls_expect_nothing),
      cmocka_unit_test(an_alteration_adds_an_interface),
      cmocka_unit_test(not_registered_is_told),
      cmocka_unit_test(a_challenge_names_who_answers_the_bind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
