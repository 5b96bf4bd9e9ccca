/* Looking things up among talks, against walking through all of them; rulings shared and parted. WW_SEED repeats the
 * random cases. */
#include "rules/conversation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOSTS = 6, TALKS = 400, RULINGS = 12, ROUNDS = 60 };

static unsigned any(unsigned n) { return (unsigned)rand() % n; }

static struct address host_address(unsigned i) {
  struct address a = {.family = 4};
  a.octet[3] = (uint8_t)(2 * i + 1);
  return a;
}

static int by_ends(const void *a, const void *b) {
  const struct talk *x = a, *y = b;
  if (x->client != y->client) return x->client < y->client ? -1 : 1;
  if (x->server != y->server) return x->server < y->server ? -1 : 1;
  return x->proto != y->proto ? x->proto - y->proto : x->port - y->port;
}

/* Some talks with different ends. */
static void talks_fill(struct talks *t, size_t n) {
  for (size_t i = 0; i < n; i++)
    t->talk[i] = (struct talk){.client = any(HOSTS),
                               .server = any(HOSTS),
                               .proto = any(2) ? 6 : 17,
                               .port = (uint16_t)any(any(2) ? 9 : 60000)};
  qsort(t->talk, n, sizeof *t->talk, by_ends);
  t->n_talks = 0;
  for (size_t i = 0; i < n; i++)
    if (t->n_talks == 0 || by_ends(&t->talk[t->n_talks - 1], &t->talk[i])) t->talk[t->n_talks++] = t->talk[i];
  memset(t->ruling, 0, RULINGS * sizeof *t->ruling);
  t->n_rulings = RULINGS;
  for (size_t i = 0; i < RULINGS; i++) t->ruling[i].verdict = (uint8_t)any(VERDICT_COUNT);
  for (size_t i = 0; i < t->n_talks; i++) t->ruling[t->ruled[i] = any(RULINGS)].talks++;
}

static void hosts_fill(struct talks *t) {
  for (unsigned i = 0; i < HOSTS; i++) t->host[i].address = host_address(i);
}

static void look_up(const struct talks *t, size_t i) {
  const struct talk *k = &t->talk[i];
  struct address stranger = host_address(k->client);
  stranger.octet[3]++;
  assert_ptr_equal(talks_find_at(t, k->client, k->server, k->proto, k->port), k);
  assert_ptr_equal(talks_find(t, talk_client_address(t, k), talk_server_address(t, k), k->proto, k->port), k);
  assert_null(talks_find(t, &stranger, talk_server_address(t, k), k->proto, k->port));
  assert_null(talks_find_at(t, k->client, k->server, 1, k->port));
  size_t end = i, first, of_client = 0, before = 0;
  while (end < t->n_talks && talk_same_hosts(k, &t->talk[end])) end++;
  assert_int_equal(talks_run_end(t, i), end);
  for (size_t o = 0; o < t->n_talks; o++)
    of_client += t->talk[o].client == k->client, before += t->talk[o].client < k->client;
  assert_int_equal(talks_of_client(t, k->client, &first), of_client);
  assert_int_equal(first, before);
}

static void numbers_check(struct talks *t) {
  size_t listed_at[VERDICT_COUNT + 1], n = 0;
  assert_int_equal(talks_number(t, listed_at), 0);
  for (size_t v = 0; v < VERDICT_COUNT; v++)
    for (size_t i = listed_at[v]; i < listed_at[v + 1]; i++) {
      const struct talk *k = &t->talk[t->listed[i]];
      assert_int_equal(talk_ruling(t, k)->verdict, v);
      assert_int_equal(talk_index(t, k), i);
      if (i > listed_at[v]) assert_true(t->listed[i - 1] < t->listed[i]);
    }
  for (size_t i = 0; i < t->n_talks; i++) n += talk_ruling(t, &t->talk[i])->verdict != VERDICT_OUT_OF_SCOPE;
  assert_int_equal(t->n_listed, n);
  assert_int_equal(listed_at[VERDICT_COUNT], n);
  free(t->listed);
  t->listed = NULL;
}

/* Who changes the ruling of one talk changes no other. */
static void rulings_part(struct talks *t) {
  for (size_t i = 0; i < t->n_talks; i += 1 + any(4)) {
    struct ruling *own = talk_ruling_own(t, &t->talk[i]);
    assert_non_null(own);
    assert_int_equal(own->talks, 1);
    assert_ptr_equal(own, talk_ruling(t, &t->talk[i]));
    own->carried_by = (int32_t)i + 1;
  }
  uint64_t sharing = 0;
  for (size_t i = 0; i < t->n_rulings; i++) sharing += t->ruling[i].talks;
  assert_int_equal(sharing, t->n_talks);
  for (size_t i = 0; i < t->n_talks; i++) {
    const int32_t by = talk_ruling(t, &t->talk[i])->carried_by;
    assert_true(by == 0 || by == (int32_t)i + 1);
  }
}

static void test_random(void **state) {
  (void)state;
  const char *given = getenv("WW_SEED");
  const unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20261125;
  printf("WW_SEED=%u\n", seed);
  srand(seed);
  for (unsigned round = 0; round < ROUNDS; round++) {
    struct talks t = {.talk = calloc(TALKS, sizeof *t.talk),
                      .ruled = calloc(TALKS, sizeof *t.ruled),
                      .ruling = calloc(RULINGS, sizeof *t.ruling),
                      .rulings_capacity = RULINGS,
                      .host = calloc(HOSTS, sizeof *t.host),
                      .n_hosts = HOSTS};
    assert_true(t.talk && t.ruled && t.ruling && t.host);
    hosts_fill(&t);
    talks_fill(&t, any(TALKS));
    for (size_t i = 0; i < t.n_talks; i++) look_up(&t, i);
    numbers_check(&t);
    rulings_part(&t);
    numbers_check(&t);
    talks_free(&t);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
