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

#define SYNS(n, seconds) .n_syn = n, .syn_last = {seconds * 1000000000LL}
#define DECLARED(heard_) \
  { .up = true, .heard = heard_ }

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
    {"1.3 host unreachable though it is there", FLOW(REJECTED, TCP, MEDIUM, ERROR(3, 1, router), .flags = SEEN),
     SENSE_DOUBTFUL, WHY_UNREACHABLE, CONFIDENCE_MEDIUM},
    {"1.3 net unreachable though it is there", FLOW(REJECTED, TCP, MEDIUM, ERROR(3, 0, router), .flags = SEEN),
     SENSE_DOUBTFUL, WHY_UNREACHABLE, CONFIDENCE_MEDIUM},
    {"1.3 a loop on the way", FLOW(REJECTED, TCP, MEDIUM, ERROR(11, 0, router), .flags = SEEN), SENSE_DOUBTFUL,
     WHY_UNREACHABLE, CONFIDENCE_MEDIUM},
    {"1.3 v6 address unreachable though it is there", FLOW(REJECTED, TCP, MEDIUM, ERROR(1, 3, router6), .flags = SEEN),
     SENSE_DOUBTFUL, WHY_UNREACHABLE, CONFIDENCE_MEDIUM},
    {"1.3 v6 a loop on the way", FLOW(REJECTED, TCP, MEDIUM, ERROR(3, 0, router6), .flags = SEEN), SENSE_DOUBTFUL,
     WHY_UNREACHABLE, CONFIDENCE_MEDIUM},
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

/* Of hosts that the site file says were up. */
static struct {
  struct flow_case c;
  struct sense_witness w;
  bool declared;
} word_cases[] = {
    {{"1.2 declared up, 5 SYNs", FLOW(NO_ANSWER, TCP, LOW, SYNS(5, 15)), SENSE_DENIED, WHY_NONE, CONFIDENCE_HIGH},
     DECLARED(true),
     true},
    {{"1.2 declared up, 3 SYNs in a hurry", FLOW(NO_ANSWER, TCP, LOW, SYNS(3, 6)), SENSE_DENIED, WHY_NONE,
      CONFIDENCE_MEDIUM},
     DECLARED(true),
     true},
    {{"1.2 declared up, 2 SYNs", FLOW(NO_ANSWER, TCP, LOW, SYNS(2, 9)), SENSE_DENIED, WHY_NONE, CONFIDENCE_MEDIUM},
     DECLARED(true),
     true},
    {{"1.2 declared up, 1 SYN", FLOW(NO_ANSWER, TCP, LOW, SYNS(1, 0)), SENSE_DENIED, WHY_NONE, CONFIDENCE_LOW},
     DECLARED(true),
     true},
    {{"1.2 declared up, the client hears nobody", FLOW(NO_ANSWER, TCP, LOW, SYNS(5, 15)), SENSE_UNKNOWN, WHY_ONE_SIDED,
      CONFIDENCE_LOW},
     DECLARED(false),
     false},
    {{"1.2 declared up, the capture lost packets", FLOW(NO_ANSWER, TCP, LOW, SYNS(5, 15), .reasons = REASON(LOSS)),
      SENSE_UNKNOWN, WHY_LOSS, CONFIDENCE_LOW},
     DECLARED(true),
     false},
    {{"1.2 declared up, a datagram", FLOW(NO_ANSWER, UDP, LOW, .packets = {5, 0}), SENSE_UNKNOWN, WHY_AMBIGUOUS_UDP,
      CONFIDENCE_LOW},
     DECLARED(true),
     false},
    {{"1.2 declared up, 4 echoes", FLOW(NO_ANSWER, ECHO, LOW, .packets = {4, 0}, .last = {9000000000}), SENSE_DENIED,
      WHY_NONE, CONFIDENCE_HIGH},
     DECLARED(true),
     true},
    {{"1.2 declared up, but packets show it anyway", FLOW(NO_ANSWER, TCP, HIGH, .flags = SEEN, SYNS(5, 15)),
      SENSE_DENIED, WHY_NONE, CONFIDENCE_HIGH},
     DECLARED(true),
     false},
    {{"1.3 no way to a host declared up", FLOW(REJECTED, TCP, MEDIUM, ERROR(3, 0, router)), SENSE_DOUBTFUL,
      WHY_UNREACHABLE, CONFIDENCE_MEDIUM},
     DECLARED(true),
     false},
};

static void flow_check(struct flow_case *c, const struct sense_witness *w, bool declared) {
  c->v.server = server;
  struct sense s = flow_sense(&c->v, w);
  if (s.kind != c->kind || s.why != c->why || s.confidence != c->confidence || s.declared != declared)
    fail_msg("%s: kind %d, why %s, confidence %s", c->name, s.kind, why_name(s.why), confidence_name(s.confidence));
}

static void test_flows(void **state) {
  (void)state;
  const struct sense_witness nothing = {0};
  for (size_t i = 0; i < sizeof flow_cases / sizeof *flow_cases; i++) flow_check(&flow_cases[i], &nothing, false);
  for (size_t i = 0; i < sizeof word_cases / sizeof *word_cases; i++)
    flow_check(&word_cases[i].c, &word_cases[i].w, word_cases[i].declared);
}

#define KIND(k, n, why_, conf, ...) \
  [SENSE_##                         \
      k] = {.flows = n, .sense = {.kind = SENSE_##k, .why = WHY_##why_, .confidence = CONFIDENCE_##conf}, __VA_ARGS__}
#define SILENT(n, conf) \
  [SENSE_DENIED] = {.flows = n, .sense = {.kind = SENSE_DENIED, .confidence = CONFIDENCE_##conf, .silent = true}}

#define BY_WORD(n, conf) \
  [SENSE_DENIED] = {     \
      .flows = n, .sense = {.kind = SENSE_DENIED, .confidence = CONFIDENCE_##conf, .silent = true, .declared = true}}

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
    {"3.3 by the site file's word, nothing lost",
     {.matched = true, .lossless = true, .kind = {BY_WORD(1, HIGH)}},
     VERDICT_BLOCKED,
     WHY_NONE,
     CONFIDENCE_MEDIUM},
    {"3.3 by the site file's word, many attempts",
     {.matched = true, .lossless = true, .kind = {BY_WORD(9, HIGH)}},
     VERDICT_BLOCKED,
     WHY_NONE,
     CONFIDENCE_MEDIUM},
    {"3.5 by the site file's word, some loss",
     {.matched = true, .kind = {BY_WORD(1, HIGH)}},
     VERDICT_REVIEW,
     WHY_ONE_ATTEMPT,
     CONFIDENCE_LOW},
    {"3.5 by the site file's word, two SYNs",
     {.matched = true, .lossless = true, .kind = {BY_WORD(1, MEDIUM)}},
     VERDICT_REVIEW,
     WHY_ONE_ATTEMPT,
     CONFIDENCE_LOW},
    {"2.3 by the site file's word",
     {.audited = true, .lossless = true, .kind = {BY_WORD(1, HIGH)}},
     VERDICT_DENIED_AS_DOCUMENTED,
     WHY_NONE,
     CONFIDENCE_MEDIUM},
    {"3.2 some attempts silent, a router knew no way",
     {.matched = true, .kind = {SILENT(2, HIGH), KIND(DOUBTFUL, 1, UNREACHABLE, MEDIUM)}},
     VERDICT_REVIEW,
     WHY_UNREACHABLE,
     CONFIDENCE_MEDIUM},
    {"2.4 no way to a host that no rule is about",
     {.audited = true, .kind = {KIND(DOUBTFUL, 1, UNREACHABLE, MEDIUM)}},
     VERDICT_NOT_ASSESSABLE,
     WHY_UNREACHABLE,
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
    struct decision r = talk_judge(&talk_cases[i].f);
    if (r.verdict != talk_cases[i].verdict || r.why != talk_cases[i].why || r.confidence != talk_cases[i].confidence)
      fail_msg("%s: %s, why %s, confidence %s", talk_cases[i].name, verdict_name(r.verdict), why_name(r.why),
               confidence_name(r.confidence));
    assert_true(talk_cases[i].f.kind[r.decided_by].flows > 0);
  }
}

/* Whatever the facts: low confidence never blocks, a block needs a rule, and the site file's word alone is never worth
 * high confidence. */
static void test_never_blocked_on_little(void **state) {
  (void)state;
  for (unsigned bits = 0; bits < 1u << 14; bits++) {
    struct talk_facts f = {.matched = bits & 1, .audited = bits & 2, .answered = bits & 4, .one_way = bits & 8};
    f.kind[SENSE_PASSED].flows = bits >> 4 & 1;
    f.kind[SENSE_DENIED].flows = bits >> 5 & 3;
    f.kind[SENSE_DENIED].sense =
        (struct sense){.kind = SENSE_DENIED, .confidence = (bits >> 7) % 3, .silent = bits >> 9 & 1};
    f.kind[SENSE_DENIED].sense.declared = f.kind[SENSE_DENIED].sense.silent && bits >> 12 & 1;
    f.lossless = bits >> 13 & 1;
    f.kind[SENSE_DOUBTFUL].flows = bits >> 10 & 1;
    f.kind[SENSE_UNKNOWN].flows = bits >> 11 & 1;
    struct decision r = talk_judge(&f);
    if (r.verdict != VERDICT_BLOCKED) continue;
    assert_true(f.matched);
    assert_true(r.confidence > CONFIDENCE_LOW);
    assert_int_equal(f.kind[SENSE_PASSED].flows, 0);
    assert_false(f.kind[SENSE_DENIED].sense.declared && r.confidence == CONFIDENCE_HIGH);
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
