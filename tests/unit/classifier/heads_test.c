/* TLS and HTTP heads: what is told of a flow, however its first bytes are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifier/http.h"
#include "classifier/stream.h"
#include "classifier/tls.h"
#include "tests/unit/classifier/desk.h"
#include "tests/unit/classifier/pdus.h"

struct talk {
  struct desk desk;
  struct stream stream;
  uint32_t seq;
  struct tls_session tls;
  struct http_session http;
  bool is_tls;
};

static void say(struct talk *t, const void *bytes, size_t len) {
  struct bytes data;
  bool gap;
  stream_put(&t->stream, &t->desk.blocks, t->seq, bytes_of(bytes, len));
  t->seq += (uint32_t)len;
  while (!t->tls.done && !t->http.done && stream_get(&t->stream, &t->desk.blocks, &data, &gap))
    stream_took(&t->stream, &t->desk.blocks,
                t->is_tls ? tls_session_read(&t->tls, &t->desk.taker, data, gap)
                          : http_session_read(&t->http, &t->desk.taker, data, gap));
  stream_rest(&t->stream, &t->desk.blocks);
}

static void begin(struct talk *t, bool is_tls) {
  memset(t, 0, sizeof *t);
  desk_open(&t->desk);
  t->is_tls = is_tls;
}

static void end(struct talk *t) {
  stream_end(&t->stream, &t->desk.blocks);
  desk_close(&t->desk);
}

static void a_hello_is_read_however_cut(void **state) {
  (void)state;
  for (size_t cut = 0; cut < sizeof pdu_client_hello; cut++) {
    struct talk t;
    begin(&t, true);
    say(&t, pdu_client_hello, cut);
    say(&t, pdu_client_hello + cut, sizeof pdu_client_hello - cut);
    assert_true(t.tls.hello);
    assert_true(t.tls.name[0] != 0);
    assert_int_equal(hostname_count(t.desk.taker.names), 1);
    assert_string_equal(hostname_at(t.desk.taker.names, 0)->source, "tls");
    end(&t);
  }
}

/* A hello with ALPN, supported versions and a name; built from RFC 8446 4.1.2. */
static void its_extensions_are_read(void **state) {
  (void)state;
  static const uint8_t record[] = {
      22, 3, 1, 0,  97, 1,  0,  0, 93, 3,   3,   1,   2,   3,   4,   5,   6,   7,   8,   1,   2,    3,  4,  5, 6, 7,
      8,  1, 2, 3,  4,  5,  6,  7, 8,  1,   2,   3,   4,   5,   6,   7,   8,   0,   0,   2,   0x13, 1,  1,  0, 0, 52,
      0,  0, 0, 16, 0,  14, 0,  0, 11, 'm', 'p', '1', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0,    43, 0,  5, 4, 3,
      4,  3, 3, 0,  16, 0,  14, 0, 12, 2,   'h', '2', 8,   'h', 't', 't', 'p', '/', '1', '.', '1',  0,  10, 0, 1, 0};
  struct talk t;
  char text[NOTE_DETAIL_SIZE];
  begin(&t, true);
  say(&t, record, sizeof record);
  tls_session_describe(&t.tls, text, sizeof text);
  assert_string_equal(text, "TLS 1.3, name mp1.example, ALPN h2, http/1.1");
  assert_true(t.tls.http);
  static const uint8_t answer[] = {22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2,    3,    4, 5,
                                   6,  7, 8, 1, 2,  3, 4, 5, 6,  7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0xc0, 0x2f, 0};
  say(&t, answer, sizeof answer);
  end(&t);
}

static void records_are_told_from_others(void **state) {
  (void)state;
  static const struct {
    const char *name;
    uint8_t len, bytes[8];
    bool expected;
  } cases[] = {{"handshake", 8, {22, 3, 1, 2, 0, 1, 0, 1}, true},  {"alert", 7, {21, 3, 3, 0, 2, 2, 40}, true},
               {"data", 8, {23, 3, 3, 0, 200, 1, 2, 3}, true},     {"version 4", 8, {22, 4, 1, 2, 0, 1, 0, 1}, false},
               {"no length", 8, {22, 3, 1, 0, 0, 1, 0, 1}, false}, {"too long", 8, {22, 3, 1, 0x50, 0, 1, 0, 1}, false},
               {"SSL 2", 8, {0x80, 46, 1, 3, 1, 0, 21, 0}, false}, {"cut", 4, {22, 3, 1, 2}, false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (tls_is_record(bytes_of(cases[i].bytes, cases[i].len)) != cases[i].expected) fail_msg("%s", cases[i].name);
}

static void http_heads_are_told(void **state) {
  (void)state;
  static const struct {
    const char *head, *text;
    bool winrm;
  } cases[] = {
      {"GET /ccm_client/ccmsetup.cab HTTP/1.1\r\nHost: mp1\r\nUser-Agent: ccmsetup\r\n\r\n",
       "HTTP/1.1 GET, host mp1, ccmsetup", false},
      {"CCM_POST /ccm_system/request HTTP/1.1\r\nhost: MP1:8080\r\nUSER-AGENT: SMS CCM 5.0\r\n\r\nbody",
       "HTTP/1.1 CCM_POST, host MP1:8080, SMS CCM client", false},
      {"HEAD /f HTTP/1.0\r\nUser-Agent: Microsoft BITS/7.8\r\nHost: dp1\r\n\r\n", "HTTP/1.0 HEAD, host dp1, BITS",
       false},
      {"POST /wsman?PSVersion=5.1 HTTP/1.1\r\nUser-Agent: Microsoft WinRM Client\r\nHost: c1:5985\r\n\r\n",
       "HTTP/1.1 POST, host c1:5985, WinRM client", true},
      {"CONNECT www.example.com:443 HTTP/1.1\r\nHost: proxy\r\n\r\n", "HTTP/1.1 CONNECT to www.example.com:443", false},
      {"GET / HTTP/1.1\r\nUser-Agent: Mozilla/5.0 (Windows NT 10.0)\r\nHost: a\x1b[2J<b>\r\n\r\n",
       "HTTP/1.1 GET, host a?[2J<b>, Mozilla/5.0", false},
      {"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", "HTTP/1.1", false},
      {"GET /\n\n", "HTTP/1.1 GET", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t len = strlen(cases[i].head);
    for (size_t cut = 4; cut < len; cut++) {
      struct talk t;
      char text[NOTE_DETAIL_SIZE];
      begin(&t, false);
      if (cut >= 13) { /* enough to tell a request or an answer from other things */
        say(&t, cases[i].head, cut);
        say(&t, cases[i].head + cut, len - cut);
      } else {
        say(&t, cases[i].head, len);
      }
      http_session_describe(&t.http, text, sizeof text);
      assert_string_equal(text, cases[i].text);
      assert_int_equal(t.http.winrm, cases[i].winrm);
      end(&t);
    }
  }
}

static size_t read_http(void *session, struct note_taker *t, struct bytes data, bool gap) {
  struct http_session *s = session;
  return s->done ? bytes_left(&data) : http_session_read(s, t, data, gap);
}

static void http_is_told_from_others(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    bool expected;
  } cases[] = {{"GET / HTTP/1.1\r\n", true},
               {"HTTP/1.1 404 Not Found\r\n", true},
               {"GETTING / HTTP/1.1\r\n", false},
               {"GET x\r\nnothing", false},
               {"SSH-2.0-x", false},
               {"get / HTTP/1.1\r\n", false},
               {"HTTP/2", false},
               {"", false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (http_is_message(bytes_of(cases[i].bytes, strlen(cases[i].bytes))) != cases[i].expected)
      fail_msg("%s", cases[i].bytes);
}

static void an_endless_head_is_given_up(void **state) {
  (void)state;
  struct talk t;
  char line[1000];
  begin(&t, false);
  memset(line, 'x', sizeof line);
  say(&t, "GET / HTTP/1.1\r\nHost: h\r\nX: ", 29);
  for (int i = 0; i < 20; i++) say(&t, line, sizeof line);
  assert_true(t.http.told);
  assert_string_equal(t.http.host, "h");
  end(&t);
}

/* A challenge (MS-NLMP 2.2.1.2) of the computer SRV1, srv1.corp; its target is the domain CORP, whose user is nobody's
 * business. In base64. */
#define CHALLENGE                                                                                        \
  "TlRMTVNTUAACAAAACAAIADgAAAAFAokCESIzRFVmd4gAAAAAAAAAAD4APgBAAAAACgBjRQAAAA9DAE8AUgBQAAIACABDAE8AUgBQ" \
  "AAEACABTAFIAVgAxAAMAEgBzAHIAdgAxAC4AYwBvAHIAcAAHAAgAAAAAAAAAAAAAAAAA"
#define FIRST "TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAGNFAAAADw=="

static void http_answers_name_their_sender(void **state) {
  (void)state;
  static const struct {
    const char *name, *turn[4]; /* of the client, of the server, ... */
    bool named;
  } cases[] = {
      {"at the second try",
       {"GET /sms_mp HTTP/1.1\r\nHost: mp1\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n\r\nnot so",
        "GET /sms_mp HTTP/1.1\r\nHost: mp1\r\nAuthorization: NTLM " FIRST "\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM " CHALLENGE "\r\n\r\n"},
       true},
      {"at once",
       {"POST /wsman HTTP/1.1\r\nAuthorization: Negotiate " FIRST "\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 401 \r\nServer: Microsoft-HTTPAPI/2.0\r\nwww-authenticate: Negotiate " CHALLENGE "\r\n\r\n"},
       true},
      {"after a hundred",
       {"POST /wsman HTTP/1.1\r\nAuthorization: Negotiate " FIRST "\r\nExpect: 100-continue\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n", "body of the request",
        "HTTP/1.1 401 \r\nWWW-Authenticate: Negotiate " CHALLENGE "\r\n\r\n"},
       true},
      {"a proxy's own",
       {"CONNECT www.example.com:443 HTTP/1.1\r\nProxy-Authorization: NTLM " FIRST "\r\n\r\n",
        "HTTP/1.1 407 Denied\r\nProxy-Authenticate: NTLM " CHALLENGE "\r\n\r\n"},
       true},
      {"behind a proxy",
       {"GET http://intranet/ HTTP/1.1\r\nAuthorization: NTLM " FIRST "\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM " CHALLENGE "\r\n\r\n"},
       false},
      {"behind a gateway",
       {"GET / HTTP/1.1\r\nAuthorization: NTLM " FIRST "\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\nVia: 1.1 edge\r\nWWW-Authenticate: NTLM " CHALLENGE "\r\n\r\n"},
       false},
      {"in a page",
       {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nWWW-Authenticate: NTLM " CHALLENGE "\r\n\r\n"},
       false},
      {"by the client",
       {"GET / HTTP/1.1\r\nWWW-Authenticate: NTLM " CHALLENGE "\r\n\r\n", "HTTP/1.1 401 \r\n\r\n"},
       false},
      {"the answer only", {NULL, "HTTP/1.1 401 \r\nWWW-Authenticate: NTLM " CHALLENGE "\r\n\r\n"}, true},
      {"cut off", {NULL, "HTTP/1.1 401 \r\nWWW-Authenticate: NTLM TlRMTVNTUAACAAAACAAIADgAAAAFAok\r\n\r\n"}, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct desk_talk t = {0};
    struct http_session s = {0};
    desk_open(&t.desk);
    for (int k = 0; k < 4; k++)
      if (cases[i].turn[k]) desk_say(&t, k % 2, cases[i].turn[k], strlen(cases[i].turn[k]), read_http, &s);
    const struct host_name *name = hostname_at(t.desk.taker.names, 0);
    if ((name != NULL) != cases[i].named || hostname_count(t.desk.taker.names) > 1) fail_msg("%s", cases[i].name);
    if (name) {
      const struct address server = address_from_v4(DESK_SERVER);
      assert_string_equal(name->name, "srv1.corp");
      assert_string_equal(name->source, "ntlm");
      assert_true(address_equal(&name->address, &server));
    }
    desk_talk_close(&t);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_hello_is_read_however_cut),    cmocka_unit_test(its_extensions_are_read),
      cmocka_unit_test(records_are_told_from_others),   cmocka_unit_test(http_heads_are_told),
      cmocka_unit_test(http_is_told_from_others),       cmocka_unit_test(an_endless_head_is_given_up),
      cmocka_unit_test(http_answers_name_their_sender),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
