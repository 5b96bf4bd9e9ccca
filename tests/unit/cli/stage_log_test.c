/* What a person watching is told, from made audits: suspicion, confirmation, retraction, the first blocker. */
#include "cli/stage_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "rules/talk.h"

enum { STAGES = 3, CLIENTS = 2, LINE = 160 };

/* A conversation in a stage, shortly. */
struct seen {
  enum stage_state state;
  int32_t conversation;
};
static struct ruling rulings[] = {
    {.n_syn = 1, .outcome = OUTCOME_NO_ANSWER, .confidence = CONFIDENCE_LOW},
    {.n_syn = 2, .outcome = OUTCOME_NO_ANSWER, .confidence = CONFIDENCE_LOW},
    {.n_syn = 5, .outcome = OUTCOME_NO_ANSWER, .confidence = CONFIDENCE_HIGH},
    {.n_syn = 1, .outcome = OUTCOME_REFUSED, .reset_by = RESET_BY_DEVICE},
    {.n_syn = 2, .successes = 1, .outcome = OUTCOME_NO_ANSWER},
};
enum { TALKS = sizeof rulings / sizeof *rulings };
static struct talk talk[TALKS] = {{.proto = IPPROTO_TCP, .port = 445},
                                  {.proto = IPPROTO_TCP, .port = 445},
                                  {.proto = IPPROTO_TCP, .port = 445},
                                  {.proto = IPPROTO_TCP, .port = 135},
                                  {.proto = IPPROTO_TCP, .port = 445}};
static uint32_t numbers[TALKS] = {0, 1, 2, 3, 4};
static struct gathered_host host;
static struct talks talks = {.talk = talk,
                             .n_talks = TALKS,
                             .ruled = numbers,
                             .ruling = rulings,
                             .n_rulings = TALKS,
                             .listed = numbers,
                             .n_listed = TALKS,
                             .host = &host,
                             .n_hosts = 1};
enum { ONE_SYN, TWO_SYNS, FIVE_SYNS, RESET, ONE_WORKED, NO_TALK = -1 };

struct audience {
  char line[16][LINE];
  size_t n;
};

static void note(void *ctx, const struct stage_change *c) {
  struct audience *a = ctx;
  assert_true(a->n < 16);
  snprintf(a->line[a->n++], LINE, "%d:%zu %s>%s%s%s", c->client.octet[15], c->stage, watch_state_name(c->was),
           watch_state_name(c->now), c->retracted ? " retracted" : "", c->first_blocker ? " first" : "");
}

/* One look: both clients' stages. */
static void look(struct stage_log *l, const struct seen (*seen)[STAGES], const char *expected) {
  struct stage_cell cell[CLIENTS][STAGES];
  struct client_stages client[CLIENTS];
  struct audience heard = {.n = 0};
  char text[16 * LINE] = "";
  for (size_t i = 0; i < CLIENTS; i++) {
    for (size_t s = 0; s < STAGES; s++)
      cell[i][s] = (struct stage_cell){.state = seen[i][s].state, .conversation = seen[i][s].conversation};
    client[i] = (struct client_stages){.cell = cell[i]};
    client[i].client.octet[15] = (uint8_t)(i + 1);
  }
  const struct audit a = {.client = client, .n_clients = CLIENTS, .talks = &talks, .n_conversations = TALKS};
  assert_int_equal(stage_log_update(l, &a, note, &heard), 0);
  for (size_t i = 0; i < heard.n; i++) snprintf(text + strlen(text), LINE + 2, "%s%s", i ? "; " : "", heard.line[i]);
  assert_string_equal(text, expected);
}

#define NOTHING \
  { STAGE_NOT_STARTED, NO_TALK }
#define PASSED \
  { STAGE_PASSED, NO_TALK }

static void a_push(void **state) {
  (void)state;
  struct stage_log *l = stage_log_new(STAGES);
  look(l, (const struct seen[CLIENTS][STAGES]){{NOTHING, NOTHING, NOTHING}, {NOTHING, NOTHING, NOTHING}}, "");
  look(l,
       (const struct seen[CLIENTS][STAGES]){{PASSED, {STAGE_IN_PROGRESS, ONE_SYN}, NOTHING},
                                            {NOTHING, NOTHING, NOTHING}},
       "1:0 not started>passed; 1:1 not started>in progress");
  look(l,
       (const struct seen[CLIENTS][STAGES]){{PASSED, {STAGE_IN_PROGRESS, TWO_SYNS}, NOTHING},
                                            {NOTHING, NOTHING, NOTHING}},
       "1:1 in progress>suspected first");
  look(l,
       (const struct seen[CLIENTS][STAGES]){{PASSED, {STAGE_UNDETERMINED, TWO_SYNS}, NOTHING},
                                            {PASSED, NOTHING, NOTHING}},
       "2:0 not started>passed"); /* the suspicion holds, and is said once */
  look(l,
       (const struct seen[CLIENTS][STAGES]){{PASSED, {STAGE_BLOCKED, FIVE_SYNS}, {STAGE_REFUSED, RESET}},
                                            {PASSED, NOTHING, NOTHING}},
       "1:1 suspected>blocked first; 1:2 not started>refused");
  look(l, (const struct seen[CLIENTS][STAGES]){{PASSED, PASSED, {STAGE_REFUSED, RESET}}, {PASSED, NOTHING, NOTHING}},
       "1:1 blocked>passed retracted");
  stage_log_free(l);
  stage_log_free(NULL);
}

static void suspicion_ends(void **state) {
  (void)state;
  struct stage_log *l = stage_log_new(STAGES);
  look(l,
       (const struct seen[CLIENTS][STAGES]){{{STAGE_BLOCKED, TWO_SYNS}, NOTHING, NOTHING},
                                            {{STAGE_TARGET_DOWN, FIVE_SYNS}, NOTHING, NOTHING}},
       "1:0 not started>suspected first; 2:0 not started>target down first");
  look(l,
       (const struct seen[CLIENTS][STAGES]){{PASSED, NOTHING, NOTHING}, {{STAGE_BLOCKED, FIVE_SYNS}, NOTHING, NOTHING}},
       "1:0 suspected>passed retracted; 2:0 target down>blocked first");
  stage_log_free(l);
}

static void states(void **state) {
  (void)state;
  static const struct {
    enum stage_state state;
    int32_t conversation;
    const char *shown;
  } cases[] = {
      {STAGE_NOT_STARTED, NO_TALK, "not started"},
      {STAGE_IN_PROGRESS, ONE_SYN, "in progress"},
      {STAGE_IN_PROGRESS, TWO_SYNS, "suspected"},
      {STAGE_IN_PROGRESS, ONE_WORKED, "in progress"}, /* another attempt got through */
      {STAGE_UNDETERMINED, ONE_SYN, "undetermined"},
      {STAGE_UNDETERMINED, FIVE_SYNS, "suspected"},
      {STAGE_UNDETERMINED, NO_TALK, "undetermined"},
      {STAGE_BLOCKED, TWO_SYNS, "suspected"},
      {STAGE_BLOCKED, FIVE_SYNS, "blocked"},
      {STAGE_BLOCKED, NO_TALK, "blocked"},
      {STAGE_REFUSED, RESET, "refused"},
      {STAGE_PASSED, NO_TALK, "passed"},
      {STAGE_PASSED_BY_FALLBACK, NO_TALK, "passed by fallback"},
      {STAGE_TARGET_DOWN, FIVE_SYNS, "target down"},
  };
  const struct audit a = {.talks = &talks, .n_conversations = TALKS};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const struct stage_cell cell = {.state = cases[i].state, .conversation = cases[i].conversation};
    assert_string_equal(watch_state_name(watch_state_of(&a, &cell)), cases[i].shown);
  }
}

static void because(void **state) {
  (void)state;
  static const struct {
    int32_t conversation;
    const char *text;
  } cases[] = {
      {ONE_SYN, "no answer to 1 SYN to TCP 445"},
      {TWO_SYNS, "no answer to 2 SYNs to TCP 445"},
      {RESET, "TCP 135 reset by a device on the way"},
      {NO_TALK, ""},
  };
  char text[STAGE_BECAUSE_SIZE];
  const struct audit a = {.talks = &talks, .n_conversations = TALKS};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const struct stage_cell cell = {.conversation = cases[i].conversation};
    assert_string_equal(stage_because(text, &a, &cell), cases[i].text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_push), cmocka_unit_test(suspicion_ends),
                                     cmocka_unit_test(states), cmocka_unit_test(because)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
