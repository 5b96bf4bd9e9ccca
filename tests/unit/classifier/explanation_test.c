/* Explanations: they show the steps of the judgement itself, its reasons, and what would change it. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "classifier/explain.h"
#include "classifier/judgement.h"
#include "packet_builder.h"

static void expect(const char *text, const char *part) {
  if (!strstr(text, part)) fail_msg("missing \"%s\" in:\n%s", part, text);
}

static void explains_silence(void **state) {
  struct script s;
  struct out to;
  (void)state;
  script_init(&s, 4);
  struct talk other = talk_make(1, 40000, 2, 445), t = talk_make(1, 40001, 2, 135);
  whole_talk(&s, &other, 10);
  syn(&s, &t), later(&s, 3000), syn(&s, &t), later(&s, 6000), syn(&s, &t), watch(&s, 20);
  struct traffic *seen = script_run(&s, NULL);
  out_init(&to, NULL);
  assert_int_equal(explain_flow(seen, 1, &to), 0);
  const char *text = out_str(&to);
  expect(text, "TCP 10.0.0.1 port 40001 -> 10.0.0.2 port 135");
  expect(text, "no-answer, confidence high");
  expect(text, "2.1   no ");
  expect(text, "2.4   yes");
  expect(text, "3 SYNs over 9.0 s, no packet back");
  expect(text, "2 hops from this tap");
  expect(text, "What would change this");
  assert_null(strstr(text, "2.5 "));
  for (const char *line = text; line;) { /* fits a terminal */
    const char *end = strchr(line, '\n');
    assert_true((end ? (size_t)(end - line) : strlen(line)) <= 100);
    line = end ? end + 1 : NULL;
  }
  out_close(&to);
  traffic_free(seen);
  script_fini(&s);
}

static void explains_a_reset(void **state) {
  struct script s;
  struct out to;
  (void)state;
  script_init(&s, 6);
  struct talk other = talk_make(1, 40000, 2, 445), t = talk_make(1, 40001, 2, 135);
  whole_talk(&s, &other, 40);
  syn(&s, &t), later(&s, 2), rst_ttl(&s, &t, SERVER, 128), watch(&s, 20);
  struct traffic *seen = script_run(&s, NULL);
  out_init(&to, NULL);
  explain_flow(seen, 1, &to);
  const char *text = out_str(&to);
  expect(text, "refused, confidence high, reset by device");
  expect(text, "first reset: bears the server's address, time to live 128 (0 hops)");
  expect(text, "the host's shortest round trip is 40");
  expect(text, "2.5   yes");
  out_close(&to);
  traffic_free(seen);
  script_fini(&s);
}

/* The steps are numbered in order and the last one of each protocol holds whatever the facts are. */
static void steps_end(void **state) {
  static const uint8_t protos[] = {PROTO_TCP, PROTO_UDP, PROTO_ICMP, PROTO_ICMPV6};
  (void)state;
  for (size_t i = 0; i < sizeof protos; i++) {
    size_t n = 0;
    const struct outcome_step *step = outcome_steps(protos[i], &n);
    assert_true(n >= 5);
    for (size_t k = 0; k < n; k++) assert_non_null(step[k].holds);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(explains_silence), cmocka_unit_test(explains_a_reset),
                                     cmocka_unit_test(steps_end)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
