/* Two capture points, say on both sides of a firewall: where an attempt was seen tells where it ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "packet_builder.h"

enum { TRIED = 135, FAMILIAR = 445 };

/* What the second point sees. */
struct point {
  int64_t delay_us;
  double from_s, to_s; /* it captures between these */
  bool blocks_tried, misses_tried_once;
  bool changes_syns;     /* as routers that lower the maximum segment size do */
  bool same_place;       /* a mirror of both directions, or a bridge and its port: no hop in between */
  bool skips_other_talk; /* packets of the connection from port 40005 take another way */
};

static bool is_v6(const struct made_frame *f) { return f->data[12] == 0x86; }
static const uint8_t *ports_of(const struct made_frame *f) { return f->data + 14 + (is_v6(f) ? 40 : 20); }
static uint16_t port_at(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }

/* One hop further; the IPv4 checksum follows (RFC 1624). */
static void routed(struct made_frame *f) {
  uint8_t *ip = f->data + 14;
  ip[is_v6(f) ? 7 : 8]--;
  if (is_v6(f)) return;
  uint32_t sum = (uint32_t)(ip[10] << 8 | ip[11]) + 0x100;
  sum = (sum & 0xffff) + (sum >> 16);
  ip[10] = (uint8_t)(sum >> 8), ip[11] = (uint8_t)sum;
}

/* Adds what the second point sees of the script. */
static void second_point(struct script *s, const struct point *point) {
  const int64_t start = s->frame[0].time.ns;
  struct script both;
  unsigned tried = 0;
  script_copy(&both, s);
  for (size_t i = 0; i < s->n; i++) {
    const uint8_t *p = ports_of(&s->frame[i]);
    const double at_s = (double)(s->frame[i].time.ns - start) / 1e9;
    const bool to_tried = port_at(p + 2) == TRIED;
    if (at_s < point->from_s || at_s > point->to_s || (to_tried && point->blocks_tried)) continue;
    if (to_tried && point->misses_tried_once && tried++ == 0) continue;
    if (point->skips_other_talk && (port_at(p) == 40005 || port_at(p + 2) == 40005)) continue;
    script_append(&both, (stamp_t){s->frame[i].time.ns + point->delay_us * 1000}, s->frame[i].data, s->frame[i].len,
                  s->frame[i].sender);
    struct made_frame *f = &both.frame[both.n - 1];
    if (!point->same_place) routed(f);
    if (point->changes_syns && p[13] & 2) f->data[f->len - 1] ^= 1, f->data[14 + (is_v6(f) ? 40 : 20) + 17] ^= 1;
  }
  script_sort(&both);
  script_fini(s);
  *s = both;
}

static void the_second_point_is_a_witness(void **state) {
  (void)state;
  static const struct {
    const char *name;
    struct point point;
    unsigned attempts;
    bool one, both;
    enum confidence confidence;
  } cases[] = {
      {"dropped in between", {.delay_us = 300, .to_s = 99, .blocks_tried = true}, 2, true, false, CONFIDENCE_HIGH},
      {"dropped behind it", {.delay_us = 300, .to_s = 99}, 2, false, true, CONFIDENCE_MEDIUM},
      {"twice at one place", {.delay_us = 300, .to_s = 99, .same_place = true}, 2, false, false, CONFIDENCE_MEDIUM},
      {"one attempt", {.delay_us = 300, .to_s = 99, .blocks_tried = true}, 1, false, false, CONFIDENCE_LOW},
      {"some of them", {.delay_us = 300, .to_s = 99, .misses_tried_once = true}, 3, false, false, CONFIDENCE_MEDIUM},
      {"it began later", {.delay_us = 300, .from_s = 12, .to_s = 99}, 2, false, false, CONFIDENCE_MEDIUM},
      {"it ended before", {.delay_us = 300, .to_s = 5}, 2, false, false, CONFIDENCE_MEDIUM},
      {"it changes SYNs",
       {.delay_us = 300, .to_s = 99, .blocks_tried = true, .changes_syns = true},
       2,
       false,
       false,
       CONFIDENCE_MEDIUM},
      {"two ways",
       {.delay_us = 300, .to_s = 99, .blocks_tried = true, .skips_other_talk = true},
       2,
       false,
       false,
       CONFIDENCE_MEDIUM},
      {"no second point", {.from_s = 98, .to_s = 99}, 2, false, false, CONFIDENCE_MEDIUM},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (uint8_t family = 4; family <= 6; family += 2) {
      struct script s;
      struct talk before = talk_make(1, 40000, 2, FAMILIAR), other = talk_make(1, 40005, 2, FAMILIAR);
      struct talk tried = talk_make(1, 40001, 2, TRIED), after = talk_make(1, 40002, 2, FAMILIAR);
      script_init(&s, family);
      whole_talk(&s, &before, 10), later(&s, 100), whole_talk(&s, &other, 10);
      at(&s, 6);
      for (unsigned k = 0; k < cases[i].attempts; k++) syn(&s, &tried), later(&s, 2000);
      at(&s, 14);
      whole_talk(&s, &after, 10);
      watch(&s, 20);
      second_point(&s, &cases[i].point);
      struct traffic *found = script_run(&s, NULL);
      const struct flow_view v = flow_of(found, &tried, 0);
      const bool one = v.reasons & 1u << REASON_ONE_POINT, both = v.reasons & 1u << REASON_BOTH_POINTS;
      if (one != cases[i].one || both != cases[i].both || v.confidence != cases[i].confidence)
        fail_msg("%s, IPv%d: %s, one point %d, both %d", cases[i].name, family, confidence_name(v.confidence), one,
                 both);
      traffic_free(found);
      script_fini(&s);
    }
}

/* A datagram needs no answer, but one that never passed the second point was dropped. */
static void datagrams_are_witnessed_too(void **state) {
  (void)state;
  for (int dropped = 0; dropped <= 1; dropped++) {
    struct script s;
    struct talk t = talk_make(1, 40000, 2, FAMILIAR), again = talk_make(1, 40002, 2, FAMILIAR);
    struct talk tried = talk_make(1, 40001, 2, TRIED);
    script_init(&s, 4);
    whole_talk(&s, &t, 10), later(&s, 1000);
    for (int i = 0; i < 3; i++) udp(&s, &tried, CLIENT, 20), later(&s, 1000);
    whole_talk(&s, &again, 10);
    watch(&s, 20);
    second_point(&s, &(struct point){.delay_us = 300, .to_s = 99, .blocks_tried = dropped});
    struct traffic *found = script_run(&s, NULL);
    const struct flow_view v = flow_of(found, &tried, 0);
    assert_int_equal(v.outcome, OUTCOME_NO_ANSWER);
    assert_int_equal(v.confidence, dropped ? CONFIDENCE_HIGH : CONFIDENCE_LOW);
    assert_int_equal(v.reasons >> REASON_ONE_POINT & 1, dropped);
    assert_int_equal(v.reasons >> REASON_DATAGRAM_SILENT & 1, !dropped);
    traffic_free(found);
    script_fini(&s);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_second_point_is_a_witness),
      cmocka_unit_test(datagrams_are_witnessed_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
