/* SMB: dialects, shares, pipes, sealing, lost borders; the server's name out of a challenge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifier/ntlm.h"
#include "classifier/smb.h"
#include "classifier/stream.h"
#include "tests/unit/classifier/desk.h"
#include "tests/unit/classifier/pdus.h"

struct talk {
  struct desk_talk on;
  struct smb_session session;
};

static void begin(struct talk *t) {
  memset(t, 0, sizeof *t);
  desk_open(&t->on.desk);
}

static void end(struct talk *t) {
  smb_session_end(&t->session, &t->on.desk.blocks);
  desk_talk_close(&t->on);
}

static size_t session_read(void *session, struct note_taker *t, struct bytes data, bool gap) {
  return smb_session_read(session, t, data, gap);
}

static void say(struct talk *t, bool to_client, const void *bytes, size_t len) {
  desk_say(&t->on, to_client, bytes, len, session_read, &t->session);
}

static void real_messages_are_read_however_cut(void **state) {
  (void)state;
  for (size_t cut = 0; cut < sizeof pdu_smb2_tree; cut++) {
    struct talk t;
    char text[NOTE_DETAIL_SIZE];
    begin(&t);
    say(&t, true, pdu_smb2_negotiate, cut);
    say(&t, true, pdu_smb2_negotiate + cut, sizeof pdu_smb2_negotiate - cut);
    say(&t, false, pdu_smb2_tree, cut);
    say(&t, false, pdu_smb2_tree + cut, sizeof pdu_smb2_tree - cut);
    assert_int_equal(t.on.desk.notes.n_trees, 1);
    assert_string_equal(t.on.desk.notes.tree[0], "\\\\WORKSTATION6\\IPC$");
    smb_session_describe(&t.session, &t.on.desk.notes, text, sizeof text);
    assert_string_equal(text, "SMB 2, IPC$");
    end(&t);
  }
}

static void the_challenge_names_the_server(void **state) {
  (void)state;
  struct talk t;
  char name[NTLM_NAME_SIZE];
  begin(&t);
  say(&t, true, pdu_smb2_challenge, sizeof pdu_smb2_challenge);
  assert_int_equal(hostname_count(t.on.desk.taker.names), 1);
  assert_string_equal(hostname_at(t.on.desk.taker.names, 0)->name, "win-svv-pc1.svv.local");
  assert_string_equal(hostname_at(t.on.desk.taker.names, 0)->source, "ntlm");
  end(&t);
  for (size_t len = 0; len < sizeof pdu_smb2_challenge; len++) {
    uint8_t *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy, pdu_smb2_challenge, len);
    ntlm_server_name(bytes_of(copy, len), name);
    free(copy);
  }
}

/* --- made messages -------------------------------------------------------------------------------------------- */

enum { SMB2_READ = 8, SMB2_WRITE = 9, SMB2_IOCTL = 11 };

static void le(uint8_t *at, uint64_t v, size_t n) {
  for (size_t i = 0; i < n; i++) at[i] = (uint8_t)(v >> 8 * i);
}

/* Header of len octets behind a session header; returns where the body begins. */
static uint8_t *smb2(uint8_t *m, size_t len, uint16_t command, bool response, uint64_t id) {
  memset(m, 0, 4 + len);
  m[1] = (uint8_t)(len >> 16), m[2] = (uint8_t)(len >> 8), m[3] = (uint8_t)len;
  memcpy(m + 4, "\xfeSMB\x40", 5);
  le(m + 4 + 12, command, 2);
  le(m + 4 + 16, response, 4);
  le(m + 4 + 24, id, 8);
  return m + 4 + 64;
}

static void say_write(struct talk *t, uint64_t file, const uint8_t *data, size_t n) {
  uint8_t m[2048], *b = smb2(m, 64 + 48 + n, SMB2_WRITE, false, 1);
  le(b, 49, 2), le(b + 2, 112, 2), le(b + 4, n, 4), le(b + 16, file, 8);
  memcpy(b + 48, data, n);
  say(t, false, m, 4 + 64 + 48 + n);
}

static void say_read(struct talk *t, uint64_t id, uint64_t file) {
  uint8_t m[256], *b = smb2(m, 64 + 49, SMB2_READ, false, id);
  le(b, 49, 2), le(b + 16, file, 8);
  say(t, false, m, 4 + 64 + 49);
}

static void say_read_answer(struct talk *t, uint64_t id, const uint8_t *data, size_t n) {
  uint8_t m[2048], *b = smb2(m, 64 + 16 + n, SMB2_READ, true, id);
  le(b, 17, 2), b[2] = 80, le(b + 4, n, 4);
  memcpy(b + 16, data, n);
  say(t, true, m, 4 + 64 + 16 + n);
}

static void say_ioctl(struct talk *t, bool response, uint64_t file, const uint8_t *data, size_t n) {
  size_t fixed = response ? 48 : 56;
  uint8_t m[2048], *b = smb2(m, 64 + fixed + n, SMB2_IOCTL, response, 9);
  le(b, fixed + 1, 2), le(b + 4, 0x0011c017, 4), le(b + 8, file, 8);
  le(b + (response ? 32 : 24), 64 + fixed, 4), le(b + (response ? 36 : 28), n, 4);
  memcpy(b + fixed, data, n);
  say(t, response, m, 4 + 64 + fixed + n);
}

static void pipes_are_told_apart(void **state) {
  (void)state;
  struct talk t;
  uint8_t other[sizeof pdu_bind];
  begin(&t);
  memcpy(other, pdu_bind, sizeof other);
  for (size_t i = 0; i < 3; i++) other[28 + 4 + 44 * i] = 0x77; /* another interface, same contexts and call */
  say_write(&t, 0x1111, pdu_bind, sizeof pdu_bind);
  say_write(&t, 0x2222, other, sizeof other);
  say_read(&t, 70, 0x2222);
  say_read(&t, 71, 0x1111);
  say_read_answer(&t, 71, pdu_bind_ack, sizeof pdu_bind_ack);
  assert_int_equal(t.on.desk.notes.n_rpc, 2);
  assert_string_equal(t.on.desk.notes.rpc[0].name, "epmapper");
  assert_true(t.on.desk.notes.rpc[0].accepted);
  assert_false(t.on.desk.notes.rpc[1].accepted); /* its pipe has not answered yet */
  say_read_answer(&t, 70, pdu_bind_ack, sizeof pdu_bind_ack);
  assert_true(t.on.desk.notes.rpc[1].accepted);
  end(&t);
}

static void transactions_on_pipes_are_read(void **state) {
  (void)state;
  struct talk t;
  begin(&t);
  say_ioctl(&t, false, 0x3333, pdu_bind, sizeof pdu_bind);
  say_ioctl(&t, true, 0x3333, pdu_bind_ack, sizeof pdu_bind_ack);
  assert_int_equal(t.on.desk.notes.n_rpc, 1);
  assert_true(t.on.desk.notes.rpc[0].accepted);
  say_ioctl(&t, false, 0x3333, pdu_map_request_wide, sizeof pdu_map_request_wide);
  say_ioctl(&t, true, 0x3333, pdu_map_answer_wide, sizeof pdu_map_answer_wide);
  assert_int_equal(t.on.desk.notes.n_learned, 1); /* the mapper answers on its pipe too */
  end(&t);
}

/* The name of the kind: what a bulk transfer must not cost, and what comes after it is still seen. */
static void bulk_data_is_passed_over(void **state) {
  (void)state;
  struct talk t;
  static uint8_t bulk[1 << 20];
  begin(&t);
  uint8_t *b = smb2(bulk, sizeof bulk - 4, SMB2_WRITE, false, 3);
  le(b, 49, 2), le(b + 2, 112, 2), le(b + 4, sizeof bulk - 4 - 112, 4);
  for (size_t at = 0; at < sizeof bulk; at += 1448) {
    say(&t, false, bulk + at, sizeof bulk - at < 1448 ? sizeof bulk - at : 1448);
    assert_true(t.on.desk.blocks.in_use <= BLOCK_SIZE_MIN);
  }
  say(&t, false, pdu_smb2_tree, sizeof pdu_smb2_tree);
  assert_int_equal(t.on.desk.notes.n_trees, 1);
  end(&t);
}

static void sealed_messages_say_so(void **state) {
  (void)state;
  static const uint8_t sealed[] = {0, 0, 0, 60, 0xfd, 'S', 'M', 'B'};
  uint8_t m[64] = {0};
  char text[NOTE_DETAIL_SIZE];
  struct talk t;
  memcpy(m, sealed, sizeof sealed);
  uint8_t negotiate[sizeof pdu_smb2_negotiate];
  memcpy(negotiate, pdu_smb2_negotiate, sizeof negotiate);
  negotiate[4 + 64 + 4] = 0x11, negotiate[4 + 64 + 5] = 0x03; /* the dialect chosen */
  begin(&t);
  say(&t, true, negotiate, sizeof negotiate);
  say(&t, false, m, sizeof m);
  smb_session_describe(&t.session, &t.on.desk.notes, text, sizeof text);
  assert_string_equal(text, "SMB 3.1.1, encrypted");
  assert_true(t.on.desk.notes.encrypted);
  end(&t);
}

static void lost_borders_are_found_again(void **state) {
  (void)state;
  struct talk t;
  uint8_t noise[5000];
  for (size_t i = 0; i < sizeof noise; i++) noise[i] = (uint8_t)(i * 37 + 11);
  begin(&t);
  say(&t, true, pdu_smb2_negotiate, sizeof pdu_smb2_negotiate);
  for (size_t n = 1; n < sizeof noise; n += 977) {
    say(&t, false, noise, n);
    say(&t, false, pdu_smb2_tree, 7); /* the border itself is cut */
    say(&t, false, pdu_smb2_tree + 7, sizeof pdu_smb2_tree - 7);
  }
  assert_int_equal(t.on.desk.notes.n_trees, 1);
  end(&t);
}

/* SMB 1: a session setup with a tree connect chained to it, in Unicode. */
static void a_chained_tree_connect_is_read(void **state) {
  (void)state;
  uint8_t m[4 + 32 + 3 + 8 + 2 + 9 + 2 + 60] = {0};
  uint8_t *h = m + 4, *at = h + 32;
  static const char path[] = "\\\\s1\\ADMIN$";
  struct talk t;
  char text[NOTE_DETAIL_SIZE];
  memcpy(h, "\xffSMB\x73", 5);
  le(h + 10, 0x8000, 2);
  *at++ = 4; /* words: next command, its offset */
  at[0] = 0x75, le(at + 2, 32 + 1 + 8 + 2, 2), at += 8;
  at += 2; /* no octets */
  *at++ = 4;
  at[0] = 0xff, le(at + 6, 1, 2), at += 8; /* a password of one octet */
  uint8_t *count = at;
  at += 2;
  *at++ = 0;
  if ((at - h) % 2) *at++ = 0;
  for (size_t i = 0; i < sizeof path; i++, at += 2) le(at, (uint8_t)path[i], 2);
  le(count, (size_t)(at - count - 2), 2);
  size_t len = (size_t)(at - m);
  m[3] = (uint8_t)(len - 4);
  begin(&t);
  say(&t, false, m, len);
  assert_int_equal(t.on.desk.notes.n_trees, 1);
  assert_string_equal(t.on.desk.notes.tree[0], path);
  smb_session_describe(&t.session, &t.on.desk.notes, text, sizeof text);
  assert_string_equal(text, "SMB 1, ADMIN$");
  note_tree(&t.on.desk.taker, "\\\\s1\\jane.doe$"); /* a home share is named after a person */
  smb_session_describe(&t.session, &t.on.desk.notes, text, sizeof text);
  assert_string_equal(text, "SMB 1, ADMIN$, another share");
  end(&t);
}

static void session_packets_are_known(void **state) {
  (void)state;
  static const struct {
    const char *name;
    uint8_t len, bytes[8];
    bool expected;
  } cases[] = {{"positive answer", 4, {0x82, 0, 0, 0}, true},
               {"negative answer", 5, {0x83, 0, 0, 1, 0x82}, true},
               {"keep-alive", 4, {0x85, 0, 0, 0}, true},
               {"wrong length", 5, {0x82, 0, 0, 0, 1}, false},
               {"no such type", 4, {0x86, 0, 0, 0}, false},
               {"a message", 4, {0, 0, 0, 0}, false},
               {"cut", 3, {0x82, 0, 0}, false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (smb_is_netbios_session(bytes_of(cases[i].bytes, cases[i].len)) != cases[i].expected)
      fail_msg("%s", cases[i].name);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(real_messages_are_read_however_cut),
      cmocka_unit_test(the_challenge_names_the_server),
      cmocka_unit_test(pipes_are_told_apart),
      cmocka_unit_test(transactions_on_pipes_are_read),
      cmocka_unit_test(bulk_data_is_passed_over),
      cmocka_unit_test(sealed_messages_say_so),
      cmocka_unit_test(lost_borders_are_found_again),
      cmocka_unit_test(a_chained_tree_connect_is_read),
      cmocka_unit_test(session_packets_are_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
