/* The steps of judgement, by name. */
#include "rules/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define REASON(r) (1u << REASON_##r)
enum { SEEN = FLOW_RETURN_VISIBLE | FLOW_TARGET_ALIVE };

struct flow_case {
  const char *name;
  struct flow_view v;
  enum sense_kind kind;
  enum why why;
  enum confidence confidence;
};

static const struct address server = {.family = 4, .octet = {10, 0, 0, 2}};
static const struct address router = {.family = 4, .octet = {10, 0, 0, 254}};

#define FLOW(outcome_, proto_, confidence_, ...) \
  { .proto = proto_, .outcome = OUTCOME_##outcome_, .confidence = CONFIDENCE_##confidence_, __VA_ARGS__ }
enum { TCP = 6, UDP = 17, ECHO = 1 };
#define ERROR(type_, code_, from_) .icmp = {.type = type_, .code = code_, .from = from_, .packet = 9}

static const struct address router6 = {.family = 6, .octet = {0x20, 1}};

static struct flow_case flow_cases[] = {
    {"1.1 established", FLOW(ESTABLISHED, TCP, HIGH), SENSE_PASSED, WHY_NONE, CONFIDENCE_HIGH},
    {"1.1 answered", FLOW(ANSWERED, UDP, HIGH), SENSE_PASSED, WHY_NONE, CONFIDENCE_HIGH},
    {"1.1 no byte from the server", FLOW(ESTABLISHED, TCP, HIGH, .reasons = REASON(NO_SERVER_DATA), .bytes = {100, 0}),
     SENSE_DOUBTFUL, WHY_PROXY, CONFIDENCE_HIGH},
    {"1.1 no byte from anybody: a port test", FLOW(ESTABLISHED, TCP, HIGH, .reasons = REASON(NO_SERVER_DATA)),
     SENSE_PASSED, WHY_NONE, CONFIDENCE_HIGH},
    {"1.1 the handshake came from elsewhere", FLOW(ESTABLISHED, TCP, HIGH, .reasons = REASON(TTL_CHANGED)),
     SENSE_DOUBTFUL, WHY_PROXY, CONFIDENCE_HIGH},
    {"1.2 silence", FLOW(NO_ANSWER, TCP, HIGH, .flags = SEEN), SENSE_DENIED, WHY_NONE, CONFIDENCE_HIGH},
    {"1.2 silence of a dead host", FLOW(NO_ANSWER, TCP, HIGH), SENSE_UNKNOWN, WHY_TARGET_DOWN, CONFIDENCE_HIGH},
    {"1.2 silence, the way back never visible", FLOW(NO_ANSWER, TCP, HIGH, .flags = FLOW_TARGET_ALIVE), SENSE_UNKNOWN,
     WHY_ONE_SIDED, CONFIDENCE_HIGH},
    {"1.2 silence while the capture lost packets", FLOW(NO_ANSWER, TCP, HIGH, .flags = SEEN, .reasons = REASON(LOSS)),
     SENSE_UNKNOWN, WHY_LOSS, CONFIDENCE_HIGH},
    {"1.2 silence of a datagram", FLOW(NO_ANSWER, UDP, HIGH, .flags = SEEN), SENSE_UNKNOWN, WHY_AMBIGUOUS_UDP,
     CONFIDENCE_HIGH},
    {"1.2 one echo", FLOW(NO_ANSWER, ECHO, LOW, .flags = SEEN, .packets = {1, 0}), SENSE_DENIED, WHY_NONE,
     CONFIDENCE_LOW},
    {"1.2 four echoes", FLOW(NO_ANSWER, ECHO, LOW, .flags = SEEN, .packets = {4, 0}), SENSE_DENIED, WHY_NONE,
     CONFIDENCE_MEDIUM},
    {"1.3 administratively prohibited", FLOW(REJECTED, TCP, HIGH, ERROR(3, 13, router)), SENSE_DENIED, WHY_NONE,
     CONFIDENCE_HIGH},
    {"1.3 host prohibited", FLOW(REJECTED, TCP, HIGH, ERROR(3, 10, router)), SENSE_DENIED, WHY_NONE, CONFIDENCE_HIGH},
    {"1.3 net prohibited", FLOW(REJECTED, TCP, HIGH, ERROR(3, 9, router)), SENSE_DENIED, WHY_NONE, CONFIDENCE_HIGH},
    {"1.3 v6 prohibited", FLOW(REJECTED, TCP, HIGH, ERROR(1, 1, router6)), SENSE_DENIED, WHY_NONE, CONFIDENCE_HIGH},
    {"1.3 v6 source policy", FLOW(REJECTED, TCP, HIGH, ERROR(1, 5, router6)), SENSE_DENIED, WHY_NONE, CONFIDENCE_HIGH},
    {"1.3 v6 reject route", FLOW(REJECTED, TCP, HIGH, ERROR(1, 6, router6)), SENSE_DENIED, WHY_NONE, CONFIDENCE_HIGH},
    {"1.3 v6 no route", FLOW(REJECTED, TCP, HIGH, ERROR(1, 0, router6)), SENSE_UNKNOWN, WHY_TARGET_DOWN,
     CONFIDENCE_HIGH},
    {"1.3 port unreachable for TCP by the host: its filter", FLOW(REJECTED, TCP, LOW, ERROR(3, 3, server)),
     SENSE_DENIED, WHY_NONE, CONFIDENCE_MEDIUM},
    {"1.3 port unreachable by somebody else", FLOW(REJECTED, UDP, HIGH, ERROR(3, 3, router)), SENSE_DENIED, WHY_NONE,
     CONFIDENCE_HIGH},
    {"1.3 port unreachable for a datagram by the host", FLOW(REJECTED, UDP, HIGH, ERROR(3, 3, server)), SENSE_DOUBTFUL,
     WHY_NOT_LISTENING, CONFIDENCE_HIGH},
    {"1.3 host unreachable", FLOW(REJECTED, TCP, HIGH, ERROR(3, 1, router)), SENSE_UNKNOWN, WHY_TARGET_DOWN,
     CONFIDENCE_HIGH},
    {"1.3 fragmentation needed", FLOW(REJECTED, TCP, HIGH, ERROR(3, 4, router)), SENSE_DOUBTFUL, WHY_STALLED,
     CONFIDENCE_HIGH},
    {"1.4 reset by a device", FLOW(REFUSED, TCP, HIGH, .reset_by = RESET_BY_DEVICE), SENSE_DENIED, WHY_NONE,
     CONFIDENCE_HIGH},
    {"1.4 reset by the host", FLOW(REFUSED, TCP, HIGH, .reset_by = RESET_BY_HOST), SENSE_DOUBTFUL, WHY_NOT_LISTENING,
     CONFIDENCE_HIGH},
    {"1.4 reset by somebody", FLOW(REFUSED, TCP, HIGH, .reset_by = RESET_BY_UNKNOWN), SENSE_DOUBTFUL, WHY_RESET_UNKNOWN,
     CONFIDENCE_HIGH},
    {"1.4 datagram refused", FLOW(REFUSED, UDP, HIGH), SENSE_DOUBTFUL, WHY_NOT_LISTENING, CONFIDENCE_HIGH},
    {"1.5 first data reset by a device", FLOW(CUT, TCP, HIGH, .reset_by = RESET_BY_DEVICE), SENSE_DENIED, WHY_NONE,
     CONFIDENCE_HIGH},
    {"1.5 first data reset by the host", FLOW(CUT, TCP, HIGH, .reset_by = RESET_BY_HOST), SENSE_PASSED, WHY_NONE,
     CONFIDENCE_HIGH},
    {"1.6 stalled", FLOW(STALLED, TCP, HIGH), SENSE_DOUBTFUL, WHY_STALLED, CONFIDENCE_HIGH},
    {"1.6 half open", FLOW(HALF_OPEN, TCP, HIGH), SENSE_DOUBTFUL, WHY_HALF_OPEN, CONFIDENCE_HIGH},
    {"1.7 the capture ended", FLOW(UNDETERMINED, TCP, HIGH), SENSE_UNKNOWN, WHY_WINDOW_TOO_SHORT, CONFIDENCE_HIGH},
    {"1.7 one side seen", FLOW(ONE_SIDED, TCP, HIGH), SENSE_UNKNOWN, WHY_ONE_SIDED, CONFIDENCE_HIGH},
    {"1.7 given up", FLOW(ABORTED, TCP, HIGH), SENSE_UNKNOWN, WHY_GAVE_UP, CONFIDENCE_HIGH},
};

static void test_flows(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof flow_cases / sizeof *flow_cases; i++) {
    struct flow_case *c = &flow_cases[i];
    c->v.server = server;
    struct sense s = flow_sense(&c->v);
    if (s.kind != c->kind || s.why != c->why || s.confidence != c->confidence)
      fail_msg("%s: kind %d, why %s, confidence %s", c->name, s.kind, why_name(s.why), confidence_name(s.confidence));
  }
}

#define KIND(k, n, why_, conf, ...) \
  [SENSE_##                         \
      k] = {.flows = n, .sense = {.kind = SENSE_##k, .why = WHY_##why_, .confidence = CONFIDENCE_##conf}, __VA_ARGS__}
#define SILENT(n, conf) \
  [SENSE_DENIED] = {.flows = n, .sense = {.kind = SENSE_DENIED, .confidence = CONFIDENCE_##conf, .silent = true}}

static const struct {
  const char *name;
  struct talk_facts f;
  enum verdict verdict;
  enum why why;
  enum confidence confidence;
} talk_cases[] = {
    {"2.1 nobody's business", {.kind = {KIND(PASSED, 1, NONE, HIGH)}}, VERDICT_OUT_OF_SCOPE, WHY_NONE, CONFIDENCE_HIGH},
    {"2.1 sent to a group",
     {.audited = true, .group = true, .kind = {KIND(UNKNOWN, 1, AMBIGUOUS_UDP, LOW)}},
     VERDICT_OUT_OF_SCOPE,
     WHY_NONE,
     CONFIDENCE_LOW},
    {"2.2 open",
     {.audited = true, .answered = true, .kind = {KIND(PASSED, 1, NONE, HIGH)}},
     VERDICT_UNEXPECTED_OPEN,
     WHY_NONE,
     CONFIDENCE_HIGH},
    {"2.2 open, half the handshake",
     {.audited = true, .answered = true, .kind = {KIND(DOUBTFUL, 1, HALF_OPEN, LOW)}},
     VERDICT_UNEXPECTED_OPEN,
     WHY_NONE,
     CONFIDENCE_MEDIUM},
    {"2.2 a client's own port",
     {.audited = true, .answered = true, .excluded = WHY_EPHEMERAL, .kind = {KIND(PASSED, 1, NONE, HIGH)}},
     VERDICT_NOT_ASSESSABLE,
     WHY_EPHEMERAL,
     CONFIDENCE_HIGH},
    {"2.3 dropped",
     {.audited = true, .kind = {SILENT(1, HIGH)}},
     VERDICT_DENIED_AS_DOCUMENTED,
     WHY_NONE,
     CONFIDENCE_HIGH},
    {"2.3 closed",
     {.audited = true, .kind = {KIND(DOUBTFUL, 1, NOT_LISTENING, HIGH)}},
     VERDICT_DENIED_AS_DOCUMENTED,
     WHY_NONE,
     CONFIDENCE_HIGH},
    {"2.4 only one side, the server's answer unseen",
     {.audited = true, .kind = {KIND(PASSED, 1, NONE, HIGH)}},
     VERDICT_NOT_ASSESSABLE,
     WHY_ONE_SIDED,
     CONFIDENCE_HIGH},
    {"2.4 target down",
     {.audited = true, .kind = {KIND(UNKNOWN, 1, TARGET_DOWN, LOW)}},
     VERDICT_NOT_ASSESSABLE,
     WHY_TARGET_DOWN,
     CONFIDENCE_LOW},
    {"3.1 pass", {.matched = true, .kind = {KIND(PASSED, 1, NONE, HIGH)}}, VERDICT_PASS, WHY_NONE, CONFIDENCE_HIGH},
    {"3.1 pass after failures",
     {.matched = true,
      .kind = {KIND(PASSED, 1, NONE, HIGH, .first = {50}, .last = {50}),
               [SENSE_DENIED] = {.flows = 3, .sense = {.confidence = CONFIDENCE_HIGH, .silent = true}, .first = {10}}}},
     VERDICT_PASS,
     WHY_NONE,
     CONFIDENCE_HIGH},
    {"3.1 pass, then denied",
     {.matched = true,
      .kind = {KIND(PASSED, 1, NONE, HIGH, .first = {5}, .last = {5}), [SENSE_DENIED] = {.flows = 1,
                                                                                         .sense = {.confidence =
                                                                                                       CONFIDENCE_HIGH,
                                                                                                   .silent = true},
                                                                                         .first = {10}}}},
     VERDICT_REVIEW,
     WHY_INTERMITTENT,
     CONFIDENCE_HIGH},
    {"3.1 wrong protocol",
     {.matched = true, .wrong = true, .kind = {KIND(PASSED, 1, NONE, MEDIUM)}},
     VERDICT_WRONG_PROTOCOL,
     WHY_NONE,
     CONFIDENCE_HIGH},
    {"3.1 large segments stall",
     {.matched = true, .mtu_stall = true, .kind = {KIND(PASSED, 1, NONE, HIGH), KIND(DOUBTFUL, 1, STALLED, MEDIUM)}},
     VERDICT_REVIEW,
     WHY_STALLED,
     CONFIDENCE_MEDIUM},
    {"3.2 some attempts silent, the host said no itself",
     {.matched = true, .kind = {SILENT(2, HIGH), KIND(DOUBTFUL, 1, NOT_LISTENING, HIGH)}},
     VERDICT_REVIEW,
     WHY_NOT_LISTENING,
     CONFIDENCE_HIGH},
    {"3.3 dropped", {.matched = true, .kind = {SILENT(1, HIGH)}}, VERDICT_BLOCKED, WHY_NONE, CONFIDENCE_HIGH},
    {"3.3 two weak attempts",
     {.matched = true, .kind = {SILENT(2, LOW)}},
     VERDICT_BLOCKED,
     WHY_NONE,
     CONFIDENCE_MEDIUM},
    {"3.3 two attempts, nothing lost",
     {.matched = true, .lossless = true, .kind = {SILENT(2, MEDIUM)}},
     VERDICT_BLOCKED,
     WHY_NONE,
     CONFIDENCE_HIGH},
    {"3.3 two attempts, some loss",
     {.matched = true, .kind = {SILENT(2, MEDIUM)}},
     VERDICT_BLOCKED,
     WHY_NONE,
     CONFIDENCE_MEDIUM},
    {"3.3 a device said no, repeated or not",
     {.matched = true, .kind = {KIND(DENIED, 9, NONE, MEDIUM)}},
     VERDICT_BLOCKED,
     WHY_NONE,
     CONFIDENCE_MEDIUM},
    {"3.4 reached, nobody listens",
     {.matched = true, .kind = {KIND(DOUBTFUL, 1, NOT_LISTENING, HIGH)}},
     VERDICT_REVIEW,
     WHY_NOT_LISTENING,
     CONFIDENCE_HIGH},
    {"3.5 one weak attempt is never a block",
     {.matched = true, .kind = {SILENT(1, LOW)}},
     VERDICT_REVIEW,
     WHY_ONE_ATTEMPT,
     CONFIDENCE_LOW},
    {"3.5 a weak reset is never a block",
     {.matched = true, .kind = {KIND(DENIED, 5, NONE, LOW)}},
     VERDICT_REVIEW,
     WHY_ONE_ATTEMPT,
     CONFIDENCE_LOW},
    {"3.6 one-way, sent",
     {.matched = true, .one_way = true, .kind = {KIND(UNKNOWN, 1, AMBIGUOUS_UDP, LOW)}},
     VERDICT_PASS,
     WHY_NONE,
     CONFIDENCE_MEDIUM},
    {"3.6 one-way, rejected",
     {.matched = true, .one_way = true, .kind = {KIND(DENIED, 1, NONE, HIGH)}},
     VERDICT_BLOCKED,
     WHY_NONE,
     CONFIDENCE_HIGH},
    {"3.7 silence is fine here",
     {.matched = true, .silence_ok = true, .kind = {SILENT(3, HIGH)}},
     VERDICT_NOT_ASSESSABLE,
     WHY_AMBIGUOUS_UDP,
     CONFIDENCE_LOW},
    {"3.7 target down",
     {.matched = true, .kind = {KIND(UNKNOWN, 4, TARGET_DOWN, LOW)}},
     VERDICT_NOT_ASSESSABLE,
     WHY_TARGET_DOWN,
     CONFIDENCE_LOW},
};

static void test_talks(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof talk_cases / sizeof *talk_cases; i++) {
    struct ruling r = talk_judge(&talk_cases[i].f);
    if (r.verdict != talk_cases[i].verdict || r.why != talk_cases[i].why || r.confidence != talk_cases[i].confidence)
      fail_msg("%s: %s, why %s, confidence %s", talk_cases[i].name, verdict_name(r.verdict), why_name(r.why),
               confidence_name(r.confidence));
    assert_true(talk_cases[i].f.kind[r.decided_by].flows > 0);
  }
}

/* Whatever the facts: low confidence never blocks, and a block needs a rule. */
static void test_never_blocked_on_little(void **state) {
  (void)state;
  for (unsigned bits = 0; bits < 1u << 12; bits++) {
    struct talk_facts f = {.matched = bits & 1, .audited = bits & 2, .answered = bits & 4, .one_way = bits & 8};
    f.kind[SENSE_PASSED].flows = bits >> 4 & 1;
    f.kind[SENSE_DENIED].flows = bits >> 5 & 3;
    f.kind[SENSE_DENIED].sense =
        (struct sense){.kind = SENSE_DENIED, .confidence = (bits >> 7) % 3, .silent = bits >> 9 & 1};
    f.kind[SENSE_DOUBTFUL].flows = bits >> 10 & 1;
    f.kind[SENSE_UNKNOWN].flows = bits >> 11 & 1;
    struct ruling r = talk_judge(&f);
    if (r.verdict != VERDICT_BLOCKED) continue;
    assert_true(f.matched);
    assert_true(r.confidence > CONFIDENCE_LOW);
    assert_int_equal(f.kind[SENSE_PASSED].flows, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_flows),
      cmocka_unit_test(test_talks),
      cmocka_unit_test(test_never_blocked_on_little),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
