/* How far a push got, and which methods would work. */
#include "classifier/rpc_interface.h"
#include "tests/unit/rules/conversation_at.h"
#include "tests/unit/rules/world.h"

static const char server[] = "10.0.0.5", client[] = "10.1.0.1", point[] = "10.0.0.6", resolver[] = "10.0.0.53";

static const struct stage_cell *cell(const struct world *w, const char *name) {
  assert_int_equal(w->a->n_clients, 1);
  for (size_t i = 0; i < w->p->n_stages; i++)
    if (strcmp(w->p->stage[i].name, name) == 0) return &w->a->client[0].cell[i];
  fail_msg("no stage %s", name);
  return NULL;
}

static const char *blocker(const struct world *w) {
  int stage = w->a->client[0].first_blocker;
  return stage < 0 ? "none" : w->p->stage[stage].name;
}

static const struct method_result *method(const struct world *w, const char *name) {
  for (size_t i = 0; i < w->a->n_methods; i++)
    if (strcmp(w->a->method[i].name, name) == 0) return &w->a->method[i];
  fail_msg("no method %s", name);
  return NULL;
}

static const struct learned announced = {
    .name = "svcctl", .service = SERVICE_RPC, .proto = TCP, .port = 50115, .by = LEARNED_BY_EPM, .packet = 3};

static const struct learned announced_wmi = {
    .service = SERVICE_WMI, .proto = TCP, .port = 50116, .by = LEARNED_BY_OXID, .packet = 4};

/* All the way. */
static void test_whole_push(void **state) {
  struct world *w = *state;
  add_flow(w, server, resolver, UDP, 53, OUTCOME_ANSWERED);
  add_flow(w, server, client, ICMP, 0, OUTCOME_ANSWERED);
  add_flow(w, server, client, TCP, 445, OUTCOME_ESTABLISHED)->bytes[TO_SERVER] = 3000000;
  add_flow(w, server, client, TCP, 135, OUTCOME_ESTABLISHED);
  add_flow(w, server, client, TCP, 50115, OUTCOME_ESTABLISHED)->app.origin = &announced;
  add_flow(w, server, client, TCP, 50116, OUTCOME_ESTABLISHED)->app.origin = &announced_wmi;
  add_flow(w, client, point, TCP, 443, OUTCOME_ESTABLISHED);
  add_flow(w, client, point, TCP, 10123, OUTCOME_ESTABLISHED);
  run(w);
  static const char *const passed[] = {"name-lookup",      "echo",        "smb", "copy", "endpoint-mapper", "service",
                                       "management-point", "notification"};
  for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
    if (cell(w, passed[i])->state != STAGE_PASSED)
      fail_msg("%s: %s", passed[i], stage_state_name(cell(w, passed[i])->state));
  assert_int_equal(cell(w, "fallback-status")->state, STAGE_NOT_STARTED);
  assert_int_equal(cell(w, "name-lookup")->packet, 101);
  assert_int_equal(cell(w, "name-lookup")->conversation, -1);
  assert_int_equal(conversation_at(w->a, (size_t)cell(w, "smb")->conversation).port, 445);
  assert_string_equal(blocker(w), "none");
  assert_int_equal(method(w, "client-push")->state, METHOD_WORKS);
  assert_int_equal(w->a->n_findings, 0);
}

/* A connection to SMB that carries little is no copy. */
static void test_copy_needs_bytes(void **state) {
  struct world *w = *state;
  add_flow(w, server, client, TCP, 445, OUTCOME_ESTABLISHED)->bytes[TO_SERVER] = 2000;
  run(w);
  assert_int_equal(cell(w, "smb")->state, STAGE_PASSED);
  assert_int_equal(cell(w, "copy")->state, STAGE_NOT_STARTED);
}

static const struct {
  const char *name;
  enum outcome outcome;
  uint32_t flags;
  enum reset_by reset_by;
  enum stage_state state;
  const char *blocker;
} ends[] = {
    {"dropped", OUTCOME_NO_ANSWER, FLOW_RETURN_VISIBLE | FLOW_TARGET_ALIVE, 0, STAGE_BLOCKED, "smb"},
    {"rejected", OUTCOME_REJECTED, FLOW_RETURN_VISIBLE | FLOW_TARGET_ALIVE, 0, STAGE_BLOCKED, "smb"},
    {"reset by a device", OUTCOME_REFUSED, FLOW_TARGET_ALIVE, RESET_BY_DEVICE, STAGE_BLOCKED, "smb"},
    {"reset by the host", OUTCOME_REFUSED, FLOW_TARGET_ALIVE, RESET_BY_HOST, STAGE_REFUSED, "smb"},
    {"down", OUTCOME_NO_ANSWER, 0, 0, STAGE_TARGET_DOWN, "smb"},
    {"under way", OUTCOME_UNDETERMINED, FLOW_TARGET_ALIVE, 0, STAGE_IN_PROGRESS, "none"},
    {"one side seen", OUTCOME_ONE_SIDED, FLOW_TARGET_ALIVE, 0, STAGE_UNDETERMINED, "none"},
};

static void test_ends(void **state) {
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    struct world *w = *state;
    w->t->n_flows = 0;
    struct flow_view *v = add_flow(w, server, client, TCP, 445, ends[i].outcome);
    v->flags = ends[i].flags;
    v->reset_by = ends[i].reset_by;
    run(w);
    if (cell(w, "smb")->state != ends[i].state || strcmp(blocker(w), ends[i].blocker) != 0)
      fail_msg("%s: %s, blocker %s", ends[i].name, stage_state_name(cell(w, "smb")->state), blocker(w));
  }
}

/* HTTP or HTTPS: one is enough, whichever comes first. */
static void test_either_way(void **state) {
  struct world *w = *state;
  add_flow(w, server, client, TCP, 445, OUTCOME_ESTABLISHED);
  add_flow(w, client, point, TCP, 80, OUTCOME_NO_ANSWER);
  add_flow(w, client, point, TCP, 443, OUTCOME_ESTABLISHED);
  run(w);
  assert_int_equal(cell(w, "management-point")->state, STAGE_PASSED);
}

/* An unanswered name lookup is shown and blames nobody. */
static void test_lookup_fails(void **state) {
  struct world *w = *state;
  add_flow(w, server, resolver, UDP, 53, OUTCOME_NO_ANSWER);
  add_flow(w, server, client, TCP, 445, OUTCOME_NO_ANSWER);
  run(w);
  assert_int_equal(cell(w, "name-lookup")->state, STAGE_UNDETERMINED);
  assert_string_equal(blocker(w), "smb");
}

/* Clients that only talk to their management point were not pushed to. */
static void test_nobody_pushed(void **state) {
  struct world *w = *state;
  add_flow(w, client, point, TCP, 80, OUTCOME_ESTABLISHED);
  run(w);
  assert_int_equal(w->a->n_clients, 0);
}

/* Blocked push, working HTTP: the page's own advice is to install another way. */
/* The port announced for service control is blocked and the push goes on over the named pipe: its stage passed by
 * fallback, so the method is not blocked by it; nor does it work unless everything else does. */
static void test_method_by_fallback(void **state) {
  struct world *w = *state;
  static struct rpc_bind bind = {.name = "svcctl", .service = SERVICE_RPC, .accepted = true, .packet = 900};
  static const struct learned wmi = {.service = SERVICE_WMI, .proto = TCP, .port = 2222, .by = LEARNED_BY_OXID};
  static struct learned svcctl;
  svcctl = announced;
  assert_true(uuid_parse("367abb81-9844-35f1-ad32-98f038001003", &svcctl.uuid));
  bind.uuid = svcctl.uuid;
  add_flow(w, server, client, TCP, 135, OUTCOME_ESTABLISHED);
  add_flow(w, server, client, TCP, 50115, OUTCOME_NO_ANSWER)->app.origin = &svcctl;
  struct flow_view *v = add_flow(w, server, client, TCP, 445, OUTCOME_ESTABLISHED);
  v->app.rpc = &bind, v->app.n_rpc = 1;
  run(w);
  assert_int_equal(cell(w, "service")->state, STAGE_PASSED_BY_FALLBACK);
  assert_int_equal(rule(w, "push-rpc-dynamic")->status, RULE_FAIL);
  assert_int_equal(method(w, "client-push")->state, METHOD_NOT_PROVEN);
  add_flow(w, server, client, ICMP, 0, OUTCOME_ANSWERED);
  add_flow(w, client, point, TCP, 80, OUTCOME_ESTABLISHED);
  add_flow(w, server, client, TCP, 2222, OUTCOME_ESTABLISHED)->app.origin = &wmi;
  run(w);
  assert_int_equal(method(w, "client-push")->state, METHOD_WORKS);
  contains(method(w, "client-push")->note, "push-rpc-dynamic only by its fallback");
  add_flow(w, server, "10.1.0.2", TCP, 50115, OUTCOME_NO_ANSWER)->app.origin = &svcctl; /* nothing carries this one */
  run(w);
  assert_int_equal(method(w, "client-push")->state, METHOD_BLOCKED);
}

static void test_methods(void **state) {
  struct world *w = *state;
  add_flow(w, server, client, TCP, 445, OUTCOME_NO_ANSWER);
  add_flow(w, client, point, TCP, 80, OUTCOME_ESTABLISHED);
  run(w);
  assert_int_equal(method(w, "client-push")->state, METHOD_BLOCKED);
  assert_string_equal(w->a->rule[method(w, "client-push")->rule].id, "push-smb");
  assert_int_equal(method(w, "group-policy")->state, METHOD_WORKS);
  assert_int_equal(method(w, "manual")->state, METHOD_WORKS);
  assert_int_equal(method(w, "software-distribution")->state, METHOD_NOT_PROVEN);
}

int main(void) {
  const struct CMUnitTest tests[] = {CASE(test_whole_push), CASE(test_copy_needs_bytes),  CASE(test_ends),
                                     CASE(test_either_way), CASE(test_lookup_fails),      CASE(test_nobody_pushed),
                                     CASE(test_methods),    CASE(test_method_by_fallback)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
