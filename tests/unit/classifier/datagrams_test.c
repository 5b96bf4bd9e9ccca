/* Datagrams: who the client is, and answers that come from another port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "packet_builder.h"

/* Host 1 sends first. */
static void whoever_asks_is_the_client(void **state) {
  (void)state;
  static const struct {
    const char *name;
    uint16_t from, to;
    uint8_t client; /* host */
    bool guessed;
  } cases[] = {
      {"ephemeral to registered", 50000, 53, 1, false},
      {"ephemeral to system", 50000, 700, 1, false},
      {"ephemeral to user", 50000, 27015, 1, false},
      {"user to ephemeral", 27015, 50000, 1, true}, /* the first packet says more than a port nobody registered */
      {"user to user", 1030, 27015, 1, true},
      {"low user to dynamic", 1500, 49160, 1, true},
      {"ephemeral to ephemeral", 50001, 50000, 1, true},
      {"user to registered", 1500, 5353, 1, false},
      {"reserved to registered", 800, 2049, 1, true}, /* as NFS clients do */
      {"registered answers", 2049, 800, 1, true},     /* older than the capture: nothing tells */
      {"registered low answers", 53, 5353, 2, false},
      {"registered answers ephemeral", 53, 50000, 2, false},
      {"system answers ephemeral", 700, 50000, 2, false},
      {"both the same", 500, 500, 1, true},
      {"both low", 68, 67, 1, true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct script s;
    struct talk t = talk_make(1, cases[i].from, 2, cases[i].to);
    script_init(&s, 4);
    udp(&s, &t, CLIENT, 40), later(&s, 20), udp(&s, &t, SERVER, 60);
    struct traffic *found = script_run(&s, NULL);
    const struct flow_view v = flow_of(found, &t, 0);
    const struct address expected = host_address(4, cases[i].client);
    if (!address_equal(&v.client, &expected) || !(v.flags & FLOW_SERVER_GUESSED) == cases[i].guessed)
      fail_msg("%s: client by %s%s", cases[i].name, client_by_name(v.client_by),
               v.flags & FLOW_SERVER_GUESSED ? ", guessed" : "");
    traffic_free(found);
    script_fini(&s);
  }
}

#define BYTES(text) text, sizeof text - 1
#define REQUEST BYTES("\0\1boot\\x64\\wdsnbp.com\0octet\0")

static void a_transfer_answers_its_request(void **state) {
  (void)state;
  static const struct {
    const char *name, *answer;
    uint32_t len;
    int64_t delay_ms;
    uint16_t asked, to, from; /* ports: that was asked, that the answer goes to and comes from */
    uint8_t host;             /* that answers */
    bool answered;
  } cases[] = {
      {"data", BYTES("\0\3\0\1data"), 10, 69, 3000, 50000, 2, true},
      {"options",
       BYTES("\0\6tsize\0"
             "1234\0"),
       10, 69, 3000, 50000, 2, true},
      {"error", BYTES("\0\5\0\1not found\0"), 10, 69, 3000, 50000, 2, true},
      {"leave to write", BYTES("\0\4\0\0"), 10, 69, 3000, 50000, 2, true},
      {"from a user port", BYTES("\0\3\0\1data"), 10, 69, 3000, 1025, 2, true},
      {"late", BYTES("\0\3\0\1data"), 4900, 69, 3000, 50000, 2, true},
      {"too late", BYTES("\0\3\0\1data"), 5100, 69, 3000, 50000, 2, false},
      {"to another port", BYTES("\0\3\0\1data"), 10, 69, 3001, 50000, 2, false},
      {"of another host", BYTES("\0\3\0\1data"), 10, 69, 3000, 50000, 3, false},
      {"to another service", BYTES("\0\3\0\1data"), 10, 700, 3000, 50000, 2, false},
      {"the second block", BYTES("\0\3\0\2data"), 10, 69, 3000, 50000, 2, false},
      {"something else", BYTES("\1\3\0\1data"), 10, 69, 3000, 50000, 2, false},
      {"a request", REQUEST, 10, 69, 3000, 50000, 2, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (uint8_t family = 4; family <= 6; family += 2) {
      struct script s;
      struct talk ask = talk_make(1, 3000, 2, cases[i].asked);
      struct talk answer = talk_make(1, cases[i].to, cases[i].host, cases[i].from);
      script_init(&s, family);
      udp_bytes(&s, &ask, CLIENT, REQUEST), later(&s, cases[i].delay_ms);
      udp_bytes(&s, &answer, SERVER, cases[i].answer, cases[i].len), watch(&s, 20);
      struct traffic *found = script_run(&s, NULL);
      const struct flow_view v = flow_of(found, &ask, 0), w = flow_of(found, &answer, 0);
      const bool answered = v.outcome == OUTCOME_ANSWERED && v.flags & FLOW_SERVER_ANSWERED;
      if (answered != cases[i].answered) fail_msg("%s: %s", cases[i].name, outcome_name(v.outcome));
      if (answered) {
        assert_int_equal(v.app.service, SERVICE_TFTP);
        assert_int_equal(w.app.service, SERVICE_TFTP);
        assert_true(w.flags & FLOW_SERVER_GUESSED);
        assert_int_equal(w.client_port, 3000);
      }
      traffic_free(found);
      script_fini(&s);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whoever_asks_is_the_client),
      cmocka_unit_test(a_transfer_answers_its_request),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
