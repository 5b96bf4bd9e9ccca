/* Facts do not depend on how many threads collect them: random scripts, repeated until the ring between the threads has
 * gone round many times, are fed whole blocks at a time to one thread and to several.
 *
 * WW_SEED repeats one case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/block.h"
#include "random_talks.h"

enum { CASES = 6, TIMES = 40, TEXT = 400 };

/* Frames as a source hands them out: slices of a block that is given back as soon as the batch is. */
static int feed_block(struct classifier *c, const struct made_frame *from, size_t n, uint32_t number, stamp_t later,
                      bool in_block) {
  static struct frame_batch batch;
  struct block_pool *pool = block_pool_new(1);
  assert_non_null(pool);
  size_t size = 1;
  for (size_t i = 0; i < n; i++) size += from[i].len;
  struct block *b = block_new(pool, size);
  assert_non_null(b);
  uint8_t *at = b->bytes;
  for (size_t i = 0; i < n; i++) {
    memcpy(at, from[i].data, from[i].len);
    batch.frame[i] = (struct frame){.time = {from[i].time.ns + later.ns},
                                    .data = at,
                                    .cap_len = from[i].len,
                                    .wire_len = from[i].len,
                                    .number = number + (uint32_t)i,
                                    .packet = number + (uint32_t)i,
                                    .link = 1};
    at += from[i].len;
  }
  batch.n = n;
  batch.block = in_block ? b : NULL;
  const int r = classifier_feed(c, &batch);
  if (!in_block) memset(b->bytes, 0xee, size); /* nobody may look at it any more */
  block_drop(b);
  block_pool_free(pool);
  return r;
}

static struct traffic *collect(const struct script *s, unsigned threads, bool in_block) {
  struct classifier *c = classifier_new(&(struct classifier_options){.threads = threads});
  struct traffic *t = NULL;
  assert_non_null(c);
  uint32_t number = 1;
  for (int64_t k = 0; k < TIMES; k++)
    for (size_t i = 0; i < s->n;) {
      const size_t n = s->n - i < BATCH_FRAMES ? s->n - i : BATCH_FRAMES;
      assert_int_equal(feed_block(c, s->frame + i, n, number, stamp_from_s(k * 300), in_block), 0);
      i += n, number += (uint32_t)n;
    }
  assert_int_equal(classifier_finish(c, &s->facts, &t), 0);
  classifier_free(c);
  return t;
}

static void print_flow(char to[TEXT], const struct traffic *t, size_t index) {
  struct flow_view v;
  traffic_flow(t, index, &v);
  snprintf(to, TEXT, "%llx %d/%d %s %s %x %llu+%llu packets %llu+%llu bytes %u..%u at %lld..%lld %s %s hops %d %d",
           (unsigned long long)v.id, v.client_port, v.server_port, outcome_name(v.outcome),
           confidence_name(v.confidence), v.reasons, (unsigned long long)v.packets[0], (unsigned long long)v.packets[1],
           (unsigned long long)v.bytes[0], (unsigned long long)v.bytes[1], v.packet_first, v.packet_last,
           (long long)v.first.ns, (long long)v.last.ns, v.history, service_name(v.app.service), v.client_hops,
           v.server_hops);
}

static void expect_equal(const struct traffic *one, const struct traffic *many, uint64_t seed) {
  char a[TEXT], b[TEXT];
  assert_int_equal(traffic_flow_count(one), traffic_flow_count(many));
  for (size_t i = 0; i < traffic_flow_count(one); i++) {
    print_flow(a, one, i);
    print_flow(b, many, i);
    if (strcmp(a, b) != 0) fail_msg("WW_SEED=%llu flow %zu: %s became %s", (unsigned long long)seed, i, a, b);
  }
  assert_int_equal(traffic_host_count(one), traffic_host_count(many));
  assert_int_equal(traffic_capture(one)->packets, traffic_capture(many)->packets);
  assert_int_equal(traffic_capture(one)->duplicates, traffic_capture(many)->duplicates);
}

static void test_same_facts(void **state) {
  (void)state;
  const char *wanted = getenv("WW_SEED");
  const uint64_t first = wanted ? strtoull(wanted, NULL, 10) : 1;
  for (uint64_t seed = first; seed < first + (wanted ? 1 : CASES); seed++) {
    struct script s;
    struct talks talks;
    random_script(&s, &talks, seed, seed % 2 ? 4 : 6, 1);
    script_facts(&s);
    struct traffic *one = collect(&s, 1, true);
    for (unsigned threads = 2; threads <= 4; threads += 2) {
      struct traffic *many = collect(&s, threads, true), *loose = collect(&s, threads, false);
      expect_equal(one, many, seed);
      expect_equal(one, loose, seed);
      traffic_free(many);
      traffic_free(loose);
    }
    traffic_free(one);
    script_fini(&s);
  }
}

/* A snapshot in the middle has everything that was fed, and collecting goes on after it. */
static void test_snapshot(void **state) {
  (void)state;
  struct script s;
  struct talks talks;
  random_script(&s, &talks, 7, 4, 1);
  script_facts(&s);
  struct classifier *c = classifier_new(&(struct classifier_options){.threads = 2});
  struct traffic *t = NULL;
  uint64_t each = 0;
  assert_non_null(c);
  const size_t n = s.n < BATCH_FRAMES ? s.n : BATCH_FRAMES;
  for (unsigned k = 1; k <= 3; k++) {
    assert_int_equal(feed_block(c, s.frame, n, 1, stamp_from_s(k * 300), true), 0);
    assert_int_equal(classifier_snapshot(c, &s.facts, &t), 0);
    if (k == 1) each = traffic_capture(t)->packets;
    assert_int_equal(traffic_capture(t)->packets, k * each);
    traffic_free(t);
  }
  classifier_free(c);
  script_fini(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_facts), cmocka_unit_test(test_snapshot)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
