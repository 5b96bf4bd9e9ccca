/* What is remembered of short flows is what judging each of them says: random scans in which links, distances,
 * identifications, round trips, times and visibility differ.
 *
 * WW_SEED sets where the random scans begin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "random_talks.h"

enum { SCANS = 300, SCAN_HOSTS = 5, KNOCKS = 150 };

static const uint8_t syn_more[] = {0, 0, 0, 0xc0}; /* some ask for ECN */

/* What else hosts do: their round trips and distances become known, or that answers pass by, or that packets are
 * missing. */
static void acquaint(struct script *s, struct dice *d) {
  for (unsigned i = 0, n = roll(d, 8); i < n; i++) {
    struct talk t =
        talk_make((uint8_t)(1 + roll(d, SCAN_HOSTS)), (uint16_t)(20000 + i), (uint8_t)(10 + roll(d, SCAN_HOSTS)), 443);
    if (roll(d, 4)) {
      whole_talk(s, &t, 1 + roll(d, 30));
    } else if (roll(d, 4) == 0) { /* what was acknowledged had not all been seen: loss in between */
      handshake(s, &t, 4);
      for (unsigned k = 0; k < 4; k++) data(s, &t, CLIENT, 200), t.next[CLIENT] += 300, later(s, 1);
      data(s, &t, CLIENT, 10), later(s, 3), ack(s, &t, SERVER);
    } else { /* only the client's side is visible */
      syn(s, &t), later(s, 5), t.next[SERVER] = t.isn[SERVER] + 1;
      ack(s, &t, CLIENT), data(s, &t, CLIENT, 80);
    }
    later(s, roll(d, 100));
  }
}

/* A port that refuses, keeps silent, or is refused by somebody else. Some pairs of hosts never see an answer. */
static void knock(struct script *s, struct dice *d, unsigned number) {
  const bool back = roll(d, 12) == 0;
  const unsigned client = roll(d, SCAN_HOSTS), server = roll(d, SCAN_HOSTS);
  const bool kept_apart = (client + server) % 3 == 0;
  struct talk t = talk_make((uint8_t)((back ? 10 : 1) + client), (uint16_t)(30000 + number),
                            (uint8_t)((back ? 1 : 10) + server), (uint16_t)(1 + roll(d, 1000)));
  s->constant_ip_id = roll(d, 8) == 0;
  s->mac = roll(d, 16) ? 0 : (uint8_t)(40 + roll(d, 2));
  syn_flags(s, &t, syn_more[roll(d, 4)]);
  if (!kept_apart && roll(d, 2)) {
    later(s, roll(d, 4) ? roll(d, 3) : roll(d, 40));
    if (roll(d, 8))
      rst(s, &t, SERVER);
    else
      rst_ttl(s, &t, SERVER, (uint8_t)(60 + roll(d, 6)));
  }
  s->constant_ip_id = false, s->mac = 0;
  later(s, roll(d, 40) ? roll(d, 20) : 100000 + roll(d, 60000)); /* now and then everybody is silent for minutes */
}

static void random_scan(struct script *s, uint64_t seed, uint8_t family) {
  struct dice d = {seed};
  script_init(s, family);
  acquaint(s, &d);
  for (unsigned i = 0; i < KNOCKS; i++) {
    knock(s, &d, i);
    if (s->n_gaps < 3 && roll(&d, 100) == 0) gap(s, 1 + roll(&d, 10));
  }
  acquaint(s, &d);
  if (roll(&d, 2)) watch(s, roll(&d, 6));
}

/* How many short flows there are, and how many kinds more than one of them has. */
static unsigned kinds_compare(const struct traffic *t, uint64_t *kinds_seen) {
  struct kind_memo *memo = kind_memo_new();
  unsigned n = 0;
  assert_non_null(memo);
  for (size_t i = 0; i < traffic_flow_count(t); i++) {
    uint64_t judged = 0, remembered = 1;
    const bool is_short = traffic_flow_kind(t, i, NULL, &judged);
    assert_int_equal(traffic_flow_kind(t, i, memo, &remembered), is_short);
    if (!is_short) continue;
    assert_true(judged == remembered);
    *kinds_seen |= UINT64_C(1) << judged % 61;
    n++;
  }
  kind_memo_free(memo);
  return n;
}

static void remembered_as_judged(void **state) {
  static const struct classifier_options options = {.dpi_sparing = true};
  const char *given = getenv("WW_SEED");
  const uint64_t seed = given ? strtoull(given, NULL, 10) : 20261125;
  uint64_t kinds_seen = 0;
  unsigned n = 0;
  (void)state;
  printf("WW_SEED=%llu\n", (unsigned long long)seed);
  for (uint64_t i = 0; i < SCANS; i++) {
    struct script s;
    random_scan(&s, seed + i, i % 4 ? 4 : 6);
    struct traffic *t = script_run(&s, &options);
    n += kinds_compare(t, &kinds_seen);
    traffic_free(t);
    script_fini(&s);
  }
  printf("%u short flows\n", n);
  assert_true(n > SCANS * KNOCKS / 2 && __builtin_popcountll(kinds_seen) > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(remembered_as_judged)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
