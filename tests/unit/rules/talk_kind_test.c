/* Conversations of one short flow: taken over from one of their kind, they are what folding them makes of them. And
 * when the table of kinds has no room for them all.
 *
 * WW_SEED repeats the random cases. */
#include "rules/talk_kind.h"

#include "tests/unit/rules/world.h"

enum { ROUNDS = 18, FLOWS = 3000 };

static unsigned any(unsigned n) { return (unsigned)rand() % n; }

/* A host of the world, or a stranger, or one of many clients. */
static struct address any_host(uint8_t family) {
  static const char *const v4[] = {"10.0.0.5", "10.0.0.6", "10.0.0.7", "10.9.0.1"};
  static const char *const v6[] = {"2001:db8::5", "2001:db8:1::1", "2001:db8:1::2", "2001:db8:7::7"};
  if (family == 6) return fake_address(v6[any(4)]);
  char text[ADDRESS_TEXT_SIZE];
  snprintf(text, sizeof text, "10.1.0.%u", any(60));
  return fake_address(any(2) ? v4[any(4)] : text);
}

static uint16_t any_port(void) {
  static const uint16_t known[] = {700, 21, 53, 80, 135, 139, 443, 445, 2701, 3389, 8085, 10123, 25536, 49152, 65535};
  return any(4) == 0 ? known[any(15)] : (uint16_t)(any(2) ? 49000 + any(400) : any(65536));
}

/* A flow of at most one packet each way; other outcomes than short flows can have do no harm. */
static void short_flow(struct world *w) {
  const uint8_t family = any(4) ? 4 : 6, proto = any(3) ? TCP : any(4) ? UDP : family == 4 ? ICMP : ICMPV6;
  static const enum outcome outcomes[] = {OUTCOME_UNDETERMINED, OUTCOME_NO_ANSWER, OUTCOME_NO_ANSWER, OUTCOME_REFUSED,
                                          OUTCOME_REFUSED,      OUTCOME_ANSWERED,  OUTCOME_ONE_SIDED, OUTCOME_ONE_WAY};
  struct flow_view *v = fake_flow(w->t, any_host(family), any_host(family), proto, any_port(), outcomes[any(8)]);
  v->n_syn = proto == TCP;
  v->syn_first = v->syn_last = v->n_syn ? v->first : STAMP_NONE;
  v->packets[TO_SERVER] = any(8) != 0;
  v->packets[TO_CLIENT] = v->outcome == OUTCOME_REFUSED || v->outcome == OUTCOME_ANSWERED;
  v->bytes[TO_SERVER] = proto == TCP ? 0 : any(3) * 100, v->bytes[TO_CLIENT] = any(8) ? 0 : 7;
  v->last.ns = v->first.ns + any(1000);
  v->confidence = any(2);
  v->reset_by = v->outcome == OUTCOME_REFUSED ? RESET_BY_HOST + any(2) : RESET_BY_NOBODY;
  v->client_by = any(2) ? CLIENT_BY_PORT : CLIENT_BY_FIRST_PACKET;
  v->reasons = any(8) ? 0 : 1u << any(REASON_COUNT);
  if (any(2)) v->flags &= ~(unsigned)FLOW_TARGET_ALIVE;
  if (any(4) == 0) v->flags = 0;
  if (any(4) == 0) v->flags |= FLOW_SERVER_GUESSED | FLOW_SERVER_ANSWERED;
  if (any(8) == 0) v->flags = any(256) & ~(unsigned)FLOW_CARRIER;
  if (any(64) == 0)
    v->app.service = SERVICE_FTP, v->app.service_by = SERVICE_BY_DPI, v->proto = TCP, v->server_port = 21;
  if (any(64) || v->outcome != OUTCOME_NO_ANSWER || family != 4) return;
  v->outcome = OUTCOME_REJECTED; /* a router says that there is no such host */
  v->icmp = (struct flow_icmp){.type = 3, .code = 1, .from = fake_address("10.255.0.1"), .packet = 9};
}

struct judged {
  struct matcher *m;
  struct gathered g;
  struct up_facts up;
  struct fold_room room;
  unsigned taken_over, folded;
};

/* What is read of the talk, by its own ruling and by that of its kind. */
static void views_compare(const struct judged *j, struct talk *talk, struct ruling ruling[2]) {
  struct talk_view view[2];
  uint64_t bytes_sent[2];
  for (uint32_t i = 0; i < 2; i++) {
    const struct talks talks = {
        .traffic = j->room.traffic, .talk = talk, .n_talks = 1, .ruled = &i, .ruling = ruling, .host = j->g.host};
    memset(&view[i], 0, sizeof view[i]);
    talk_view(&talks, talk, &view[i]);
    bytes_sent[i] = talk_bytes_sent(&talks, talk);
    assert_int_equal(talk_decider(&talks, talk), view[i].c.sample[0]);
  }
  assert_memory_equal(&view[0].c, &view[1].c, sizeof view[0].c);
  assert_memory_equal(&view[0], &view[1], sizeof view[0]);
  assert_int_equal(bytes_sent[0], bytes_sent[1]);
}

/* The rulings themselves, without what a brief one leaves to its flow. */
static void rulings_compare(struct ruling ruling[2]) {
  assert_false(ruling[0].brief);
  assert_true(ruling[1].brief);
  assert_int_equal(stamp_known(ruling[0].syn_first), stamp_known(ruling[1].syn_first));
  for (size_t i = 0; i < 2; i++) {
    ruling[i].brief = false, ruling[i].bytes_sent = 0, ruling[i].syn_first = ruling[i].syn_last = STAMP_NONE;
    memset(ruling[i].sample, 0, sizeof ruling[i].sample);
  }
  assert_memory_equal(&ruling[0], &ruling[1], sizeof *ruling);
}

static void talk_compare(struct judged *j, const struct gathered_talk *from) {
  struct talk whole, short_cut;
  struct ruling ruling[2];
  memset(&whole, 0, sizeof whole), memset(&short_cut, 0, sizeof short_cut), memset(ruling, 0, sizeof ruling);
  const int kind = talk_kind(&j->room, from);
  assert_true(kind >= TALK_KIND_NONE && kind < TALK_KINDS_MAX);
  j->folded++;
  if (kind == TALK_KIND_NONE) return;
  talk_from_kind(&j->room, from, &short_cut);
  assert_int_equal(talk_fold(&j->room, from, &whole, &ruling[0]), 0);
  assert_memory_equal(&whole, &short_cut, sizeof whole);
  ruling[1] = *talk_kind_ruling(j->room.kinds, kind);
  views_compare(j, &whole, ruling);
  rulings_compare(ruling);
  j->taken_over++;
}

static void world_judge(struct world *w, struct judged *j) {
  j->m = matcher_new(w->p, w->s);
  assert_non_null(j->m);
  assert_int_equal(gather(w->t, j->m, 1 << 20, 1, &j->g), 0);
  assert_int_equal(up_make(w->t, j->m, &j->g, &j->up), 0);
  j->room = (struct fold_room){.traffic = w->t,
                               .m = j->m,
                               .g = &j->g,
                               .up = &j->up,
                               .memo = match_memo_new(j->m),
                               .kinds = talk_kinds_new(),
                               .lossless = any(2)};
  assert_true(j->room.memo && j->room.kinds);
  for (size_t at = 0; at < j->g.n_flows;) {
    const struct gathered_talk from = gathered_talk_at(&j->g, at);
    talk_compare(j, &from);
    at += from.n_flows;
  }
  talk_kinds_free(j->room.kinds);
  match_memo_free(j->room.memo);
  up_free(&j->up);
  gathered_free(&j->g);
  matcher_free(j->m);
}

static void test_as_if_folded(void **state) {
  struct world *w = *state;
  const char *given = getenv("WW_SEED");
  const unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20261125;
  struct judged j = {.taken_over = 0};
  printf("WW_SEED=%u\n", seed);
  srand(seed);
  for (unsigned round = 0; round < ROUNDS; round++) {
    fake_free(w->t);
    w->t = fake_new();
    site_features_only(w->s, w->p, round % 3 == 1 ? w->p->feature[0].name : NULL);
    w->s->parameter[round % w->p->n_parameters] = (struct port_range){8085, 8085};
    if (round == ROUNDS / 2) site_up_add(w->s, policy_role_find(w->p, "client"), NULL, NULL);
    if (round == ROUNDS - 2) site_up_add(w->s, -1, "10.0.0.6", "it answered the phone");
    for (unsigned i = 0; i < FLOWS; i++) short_flow(w);
    for (size_t i = 0; i < w->t->n_hosts; i++) w->t->host[i].packets_received *= any(2);
    world_judge(w, &j);
  }
  printf("%u of %u conversations taken over\n", j.taken_over, j.folded);
  assert_true(j.taken_over > j.folded / 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {CASE(test_as_if_folded)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
