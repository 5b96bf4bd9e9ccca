/* Findings: one for each cause, told right, the same tomorrow. */
#include "rules/finding.h"

#include "tests/unit/rules/conversation_at.h"
#include "tests/unit/rules/world.h"

static void clients_blocked(struct world *w, int n, enum outcome outcome, const char *device) {
  for (int i = 0; i < n; i++) {
    char client[ADDRESS_TEXT_SIZE];
    snprintf(client, sizeof client, "10.1.%d.%d", i / 250, 1 + i % 250);
    struct flow_view *v = add(w, "10.0.0.5", client, 445, outcome);
    if (device) v->icmp.from = fake_address(device);
  }
}

/* 4,000 clients behind one firewall are one finding that lists them all. */
static void test_grouping(void **state) {
  struct world *w = *state;
  clients_blocked(w, 4000, OUTCOME_REJECTED, "10.255.0.1");
  run(w);
  const struct finding *f = only(w, VERDICT_BLOCKED, "push-smb");
  assert_int_equal(f->n_conversations, 4000);
  assert_int_equal(f->severity, SEVERITY_HIGH);
  contains(f->title, "4,000 hosts");
  contains(f->happened, "10.255.0.1");
  contains(f->fix, "10.255.0.1");
  assert_null(f->fix_command); /* nothing on the clients needs a change */
  assert_in_range(f->n_citations, 1, FINDING_CITATIONS_MAX);
  assert_in_range(f->n_flows, 1, FINDING_FLOWS_MAX);
  assert_int_equal(audit_compliance(w->a), NOT_COMPLIANT);
  assert_int_equal(rule(w, "push-smb")->blocked, 4000);
  for (size_t i = 0; i < f->n_conversations; i++)
    assert_int_equal(conversation_at(w->a, f->conversation[i]).verdict, VERDICT_BLOCKED);
}

/* More of no kind than are remembered from the first look at them: the others are looked at again. */
static void test_many_of_no_kind(void **state) {
  struct world *w = *state;
  enum { MANY = 8000 };
  clients_blocked(w, MANY, OUTCOME_NO_ANSWER, NULL);
  for (int i = 0; i < MANY; i++) w->t->flow[i].n_syn = (uint32_t)(3 + i % 2);
  clients_blocked(w, MANY / 4, OUTCOME_NO_ANSWER, NULL); /* some try again */
  run(w);
  const struct finding *f = only(w, VERDICT_BLOCKED, "push-smb");
  assert_int_equal(f->n_conversations, MANY);
  assert_int_equal(f->clients_total + f->servers_total, MANY + 1);
  assert_int_equal(f->attempts, MANY + MANY / 4);
  assert_int_equal(f->n_syn, MANY / 2 * (3 + 4) + MANY / 4 * 3);
  for (size_t i = 0; i < f->n_conversations; i++) {
    const struct conversation c = conversation_at(w->a, f->conversation[i]);
    assert_int_equal(c.attempts, c.n_syn > 4 ? 2 : 1);
    assert_int_equal(c.n_samples, c.attempts);
    assert_true(stamp_known(c.syn_first) && address_equal(&c.client, &f->client[0]));
  }
}

/* Hosts are counted once each and listed in order of address, as many as are shown. */
static void test_hosts(void **state) {
  struct world *w = *state;
  for (int i = 300; i-- > 0;) {
    char client[ADDRESS_TEXT_SIZE];
    snprintf(client, sizeof client, "10.1.%d.%d", i / 250, 1 + i % 250);
    add(w, client, "10.0.0.7", 443, OUTCOME_NO_ANSWER);
    add(w, client, "10.0.0.6", 443, OUTCOME_NO_ANSWER)->n_syn = 4;
  }
  site_features_only(w->s, w->p, "client-requests");
  run(w);
  const struct finding *f = only(w, VERDICT_BLOCKED, "client-requests-https");
  assert_int_equal(f->n_conversations, 600);
  assert_int_equal(f->attempts, 600);
  assert_int_equal(f->successes, 0);
  assert_int_equal(f->n_syn, 300 * (3 + 4));
  assert_int_equal(f->clients_total, 300);
  assert_int_equal(f->n_clients, FINDING_HOSTS_MAX);
  for (size_t i = 1; i < f->n_clients; i++) assert_true(address_compare(&f->client[i - 1], &f->client[i]) < 0);
  assert_int_equal(f->servers_total, 2);
  assert_int_equal(f->n_servers, 2);
  assert_true(address_compare(&f->server[0], &f->server[1]) < 0);
  assert_true(stamp_before(f->first, f->last));
}

/* Another device, another role pair or another outcome is another cause. */
static void test_causes_apart(void **state) {
  struct world *w = *state;
  clients_blocked(w, 3, OUTCOME_REJECTED, "10.255.0.1");
  struct flow_view *v = add(w, "10.0.0.5", "10.1.9.1", 445, OUTCOME_REJECTED);
  v->icmp.from = fake_address("10.255.0.2");
  add(w, "10.0.0.5", "10.1.9.2", 445, OUTCOME_NO_ANSWER);
  add(w, "10.1.9.3", "10.0.0.5", 445, OUTCOME_NO_ANSWER);
  run(w);
  assert_int_equal(w->a->n_findings, 4);
}

static const struct learned svcctl = {.uuid = {{0x36, 0x7a}},
                                      .name = "svcctl",
                                      .service = SERVICE_RPC,
                                      .server = {.family = 4, .octet = {10, 1, 0, 1}},
                                      .port = 50115,
                                      .proto = TCP,
                                      .by = LEARNED_BY_EPM,
                                      .packet = 44};

static void rpc_story(struct world *w, uint16_t port) {
  add(w, "10.0.0.5", "10.1.0.1", 135, OUTCOME_ESTABLISHED);
  struct flow_view *v = add(w, "10.0.0.5", "10.1.0.1", port, OUTCOME_NO_ANSWER);
  v->n_syn = 5;
  v->syn_last = stamp_from_ms(stamp_ms(v->syn_first) + 15000);
  v->app.origin = &svcctl;
}

/* Hard case 16: the mapper named a port, and the port is silent. */
static void test_rpc_story(void **state) {
  struct world *w = *state;
  rpc_story(w, 50115);
  run(w);
  const struct finding *f = only(w, VERDICT_BLOCKED, "push-rpc-dynamic");
  contains(f->title, "Endpoint mapper open, port 50115 for svcctl blocked");
  contains(f->happened, "5 SYNs without answer over 15.0 s");
  contains(f->happened, "packet 44");
  contains(f->display_filter, "frame.number == 44");
  contains(f->display_filter, "tcp.port == 50115");
  assert_int_equal(f->citation[0].first, 44);
  assert_int_equal(f->citation[1].first, 201);
  assert_int_equal(f->severity, SEVERITY_HIGH);
  assert_int_equal(rule(w, "push-epmap")->status, RULE_PASS);
  assert_int_equal(rule(w, "push-rpc-dynamic")->status, RULE_FAIL);
}

/* Hard case 18: the same interface through a pipe afterwards: the rule failed, the push went on. */
static void test_pipe_fallback(void **state) {
  struct world *w = *state;
  static const struct rpc_bind bind = {
      .uuid = {{0x36, 0x7a}}, .name = "svcctl", .service = SERVICE_RPC, .accepted = true, .packet = 301};
  rpc_story(w, 50115);
  struct flow_view *v = add(w, "10.0.0.5", "10.1.0.1", 445, OUTCOME_ESTABLISHED);
  v->app.rpc = &bind, v->app.n_rpc = 1;
  run(w);
  const struct finding *f = only(w, VERDICT_BLOCKED, "push-rpc-dynamic");
  assert_int_equal(f->severity, SEVERITY_MEDIUM);
  contains(f->happened, "named pipe");
  assert_int_equal(rule(w, "push-rpc-dynamic")->status, RULE_FAIL);
  assert_int_equal(w->a->n_clients, 1);
  for (size_t i = 0; i < w->p->n_stages; i++)
    if (strcmp(w->p->stage[i].name, "service") == 0)
      assert_int_equal(w->a->client[0].cell[i].state, STAGE_PASSED_BY_FALLBACK);
  assert_int_equal(w->a->client[0].first_blocker, -1);
}

/* Hard case 19: notification falls back to HTTP. */
static void test_notification(void **state) {
  struct world *w = *state;
  add(w, "10.1.0.1", "10.0.0.6", 10123, OUTCOME_NO_ANSWER);
  add(w, "10.1.0.1", "10.0.0.7", 80, OUTCOME_ESTABLISHED)->app.service_by = SERVICE_BY_DPI;
  run(w);
  const struct finding *f = only(w, VERDICT_DEGRADED, "client-notification");
  assert_int_equal(f->severity, SEVERITY_MEDIUM);
  assert_int_equal(rule(w, "client-notification")->status, RULE_FAIL);
  assert_int_equal(audit_compliance(w->a), COMPLIANT);
}

/* ... and without anybody carrying the traffic it is a block; another client's success does not count. */
static void test_notification_alone(void **state) {
  struct world *w = *state;
  add(w, "10.1.0.1", "10.0.0.6", 10123, OUTCOME_NO_ANSWER);
  add(w, "10.1.0.2", "10.0.0.6", 80, OUTCOME_ESTABLISHED);
  run(w);
  only(w, VERDICT_BLOCKED, "client-notification");
}

/* One of HTTP and HTTPS is enough. */
static void test_one_of(void **state) {
  struct world *w = *state;
  site_features_only(w->s, w->p, "client-requests");
  add(w, "10.1.0.1", "10.0.0.6", 80, OUTCOME_NO_ANSWER);
  add(w, "10.1.0.1", "10.0.0.6", 443, OUTCOME_ESTABLISHED);
  run(w);
  const struct finding *f = only(w, VERDICT_DEGRADED, "client-requests-http");
  assert_int_equal(f->severity, SEVERITY_LOW);
  assert_int_equal(rule(w, "client-requests-http")->status, RULE_REVIEW);
  assert_int_equal(rule(w, "client-requests-https")->status, RULE_PASS);
  assert_int_equal(audit_compliance(w->a), COMPLIANT);
}

/* A host that answers for itself was reached: the firewall is not to blame (hard case 4). */
static void test_not_listening(void **state) {
  struct world *w = *state;
  add(w, "10.0.0.5", "10.1.0.1", 445, OUTCOME_REFUSED)->reset_by = RESET_BY_HOST;
  run(w);
  const struct finding *f = only(w, VERDICT_REVIEW, "push-smb");
  contains(f->title, "reached, nobody listens");
  assert_int_equal(rule(w, "push-smb")->status, RULE_REVIEW);
  assert_int_equal(rule(w, "push-smb")->why, WHY_NOT_LISTENING);
  assert_int_equal(audit_compliance(w->a), NOT_ASSESSED);
  bool excluded = false;
  for (size_t i = 0; i < f->n_explanations; i++)
    excluded |= f->explanation[i].excluded && strstr(f->explanation[i].cause, "firewall");
  assert_true(excluded);
}

/* A dead target is no block (hard case 2), yet it is worth a line. */
static void test_target_down(void **state) {
  struct world *w = *state;
  add(w, "10.0.0.5", "10.1.0.1", 445, OUTCOME_NO_ANSWER)->flags = 0;
  run(w);
  const struct finding *f = only(w, VERDICT_REVIEW, "push-smb");
  assert_int_equal(f->severity, SEVERITY_INFO);
  assert_string_equal(f->explanation[0].cause, "the host is down");
  assert_int_equal(rule(w, "push-smb")->status, RULE_NOT_ASSESSABLE);
  assert_int_equal(rule(w, "push-smb")->why, WHY_TARGET_DOWN);
}

/* A router that finds nobody there reports a dead host, not a firewall (hard case 6). */
static void test_unreachable(void **state) {
  struct world *w = *state;
  struct flow_view *v = add(w, "10.0.0.5", "10.1.0.1", 445, OUTCOME_REJECTED);
  v->icmp.type = 3, v->icmp.code = 1;
  v->flags = 0;
  run(w);
  const struct finding *f = only(w, VERDICT_REVIEW, "push-smb");
  contains(f->title, "reported unreachable");
  contains(f->explanation[0].text, "10.255.0.1");
  assert_int_equal(rule(w, "push-smb")->why, WHY_TARGET_DOWN);
}

/* When the host was there, the router's words are about the way to it: a path fault, neither a block nor a dead host.
 */
static void test_unreachable_though_alive(void **state) {
  struct world *w = *state;
  struct flow_view *v = add(w, "10.0.0.5", "10.1.0.1", 445, OUTCOME_REJECTED);
  v->icmp.type = 11, v->icmp.code = 0;
  add(w, "10.0.0.5", "10.1.0.1", 445, OUTCOME_NO_ANSWER); /* routers do not repeat themselves for each attempt */
  run(w);
  const struct finding *f = only(w, VERDICT_REVIEW, "push-smb");
  contains(f->title, "reported unreachable although the host was up");
  contains(f->happened, "ICMP type 11 code 0");
  contains(f->explanation[0].cause, "routing");
  contains(f->fix, "10.255.0.1");
  assert_int_equal(f->severity, SEVERITY_LOW);
  assert_int_equal(rule(w, "push-smb")->status, RULE_REVIEW);
  assert_int_equal(rule(w, "push-smb")->why, WHY_UNREACHABLE);
  assert_int_equal(audit_compliance(w->a), NOT_ASSESSED);
  int smb = w->a->client[0].first_blocker;
  assert_string_equal(w->p->stage[smb].name, "smb");
}

/* So it is when only pings were tried: the same machine, the same line. */
static void test_target_down_pinged(void **state) {
  struct world *w = *state;
  const struct address site = fake_address("10.0.0.5"), client = fake_address("10.1.0.1");
  struct flow_view *v = fake_flow(w->t, site, client, ICMP, 0, OUTCOME_NO_ANSWER);
  v->flags = 0;
  v->n_syn = 0;
  run(w);
  const struct finding *f = only(w, VERDICT_REVIEW, "push-echo");
  assert_int_equal(f->severity, SEVERITY_INFO);
  assert_string_equal(f->explanation[0].cause, "the host is down");
}

/* Pings are counted as SYNs are. */
static void test_pings_counted(void **state) {
  struct world *w = *state;
  struct flow_view *v = add_flow(w, "10.0.0.5", "10.1.0.1", ICMP, 0, OUTCOME_NO_ANSWER);
  v->packets[TO_SERVER] = 4;
  run(w);
  const struct finding *f = only(w, VERDICT_BLOCKED, "push-echo");
  contains(f->happened, "4 ICMP echo requests without answer over 9.0 s;");
  for (size_t i = 0; i < f->n_explanations; i++) assert_null(strstr(f->explanation[i].cause, "listens")); /* no port */
  contains(f->explanation[1].cause, "not to answer pings");
  v = add_flow(w, "10.0.0.5", "10.1.0.1", ICMP, 0, OUTCOME_NO_ANSWER);
  v->packets[TO_SERVER] = 1200;
  run(w);
  contains(only(w, VERDICT_BLOCKED, "push-echo")->happened, "1,204 ICMP echo requests without answer over 10.0 s in 2");
  w->t->n_flows = 0;
  v = add_flow(w, "2001:db8::5", "2001:db8:1::1", ICMPV6, 0, OUTCOME_NO_ANSWER);
  v->packets[TO_SERVER] = 1, v->last = v->first, v->flags = 0;
  run(w);
  contains(only(w, VERDICT_REVIEW, "push-echo")->happened, "1 ICMPv6 echo request without answer;");
}

/* Stealth mode is excluded when the host refuses other ports itself. */
static void test_stealth_excluded(void **state) {
  struct world *w = *state;
  add(w, "10.0.0.5", "10.1.0.1", 445, OUTCOME_NO_ANSWER)->flags |= FLOW_REFUSES_ELSEWHERE;
  run(w);
  const struct finding *f = only(w, VERDICT_BLOCKED, "push-smb");
  for (size_t i = 0; i < f->n_explanations; i++)
    if (strstr(f->explanation[i].cause, "stealth")) assert_true(f->explanation[i].excluded);
}

/* The same subnet works and other subnets are silent: a rule limited to the local subnet. */
static void test_local_subnet(void **state) {
  struct world *w = *state;
  site_role_add(w->s, policy_role_find(w->p, "site_server"), "10.1.0.200", NULL, NULL);
  add(w, "10.1.0.200", "10.1.0.1", 445, OUTCOME_ESTABLISHED);
  add(w, "10.0.0.5", "10.1.0.1", 445, OUTCOME_NO_ANSWER);
  run(w);
  const struct finding *f = only(w, VERDICT_BLOCKED, "push-smb");
  bool said = false;
  for (size_t i = 0; i < f->n_explanations; i++) said |= strstr(f->explanation[i].cause, "own subnet") != NULL;
  assert_true(said);
}

/* Open ports: administration is severe, and what is not an open port is counted with its reason. */
static void test_unexpected_open(void **state) {
  struct world *w = *state;
  add(w, "192.0.2.9", "10.1.0.1", 3389, OUTCOME_ESTABLISHED);
  add(w, "192.0.2.9", "10.1.0.1", 8081, OUTCOME_HALF_OPEN);
  add(w, "192.0.2.9", "10.1.0.1", 50001, OUTCOME_ESTABLISHED)->flags |= FLOW_SERVER_GUESSED;
  add(w, "192.0.2.9", "10.1.0.1", 4000, OUTCOME_ESTABLISHED)->flags |= FLOW_SERVER_GUESSED;
  add(w, "192.0.2.9", "10.1.0.1", 50115, OUTCOME_ESTABLISHED)->app.origin = &svcctl;
  add(w, "192.0.2.9", "10.1.0.1", 22, OUTCOME_REFUSED);
  add(w, "10.1.0.1", "192.0.2.9", 443, OUTCOME_ESTABLISHED);
  run(w);
  assert_int_equal(w->a->n_findings, 2);
  assert_int_equal(w->a->finding[0].severity, SEVERITY_HIGH);
  contains(w->a->finding[0].title, "TCP 3389");
  contains(w->a->finding[0].happened, "documented for");
  assert_int_equal(w->a->finding[1].severity, SEVERITY_MEDIUM);
  assert_int_equal(w->a->verdicts[VERDICT_UNEXPECTED_OPEN], 2);
  assert_int_equal(w->a->verdicts[VERDICT_DENIED_AS_DOCUMENTED], 1);
  assert_int_equal(w->a->excluded_ephemeral, 1);
  assert_int_equal(w->a->excluded_midstream, 1);
  assert_int_equal(w->a->excluded_learned, 1);
  assert_int_equal(w->a->flows_out_of_scope, 1);
  assert_int_equal(w->a->n_coverage, 1);
  assert_int_equal(w->a->coverage[0].unexpected, 2);
  assert_int_equal(w->a->coverage[0].ports_tried, 6);
}

/* A port that is documented for others must stay open for them: the advice limits it, and blocks only what nobody is
 * documented for. */
static void test_open_to_others(void **state) {
  struct world *w = *state;
  static const struct {
    uint16_t port;
    const char *feature, *happened, *fix, *command;
  } row[] = {
      {445, "client-push", "It is documented for Site server only", " is documented for Site server only. Limit",
       "LocalPort -EQ 445 | Get-NetFirewallRule | Where-Object Direction -EQ Inbound | Where-Object Action -EQ Allow | "
       "Set-NetFirewallRule -RemoteAddress 10.0.0.5,2001:db8::5  #"},
      {445, NULL,
       "documented for Site server, Distribution point, Source server (CCMSetup /Source) or Configuration Manager "
       "console only",
       "to block the port would stop them", NULL}, /* no source server is listed: no addresses to name */
      {135, "client-push", "Site server only", "Limit", "LocalPort -EQ RPCEPMap"},
      {3389, "client-push",
       "The policy documents it for Configuration Manager console only, for something that this site",
       "stop it or block the port", "-LocalPort 3389 -Action Block"},
      {3306, "client-push", "answered", "stop it or block the port", "-LocalPort 3306 -Action Block"},
  };
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    w->t->n_flows = 0;
    site_features_only(w->s, w->p, row[i].feature);
    add(w, "192.0.2.9", "10.1.0.1", row[i].port, OUTCOME_ESTABLISHED);
    run(w);
    const struct finding *f = only(w, VERDICT_UNEXPECTED_OPEN, "none");
    contains(f->happened, row[i].happened);
    contains(f->fix, row[i].fix);
    if (row[i].command) contains(f->fix_command, row[i].command);
    if (!row[i].command) assert_null(f->fix_command);
  }
}

/* A second channel needs a first one: FTP that was recognised, not a knock on port 21. */
static void test_second_channels(void **state) {
  struct world *w = *state;
  struct flow_view *v = add(w, "10.1.0.1", "192.0.2.9", 21, OUTCOME_ESTABLISHED);
  v->app.service = SERVICE_FTP, v->app.service_by = SERVICE_BY_DPI;
  add(w, "192.0.2.9", "10.1.0.1", 5001, OUTCOME_ESTABLISHED);
  add(w, "192.0.2.10", "10.1.0.1", 21, OUTCOME_NO_ANSWER);
  add(w, "192.0.2.10", "10.1.0.1", 5002, OUTCOME_ESTABLISHED);
  run(w);
  const struct finding *f = only(w, VERDICT_UNEXPECTED_OPEN, "none");
  contains(f->title, "TCP 5002");
  assert_int_equal(w->a->excluded_learned, 1);
}

/* An allow entry documents its port; from anybody else the port stays undocumented. */
static void test_allow(void **state) {
  struct world *w = *state;
  w->s->allow = array_new(1, sizeof *w->s->allow);
  w->s->n_allows = 1;
  struct site_allow *allow = &w->s->allow[0];
  *allow = (struct site_allow){.id = strdup("backup"),
                               .why = strdup("Bacula"),
                               .from = {.role = SITE_END_RANGES},
                               .to = {.role = policy_role_find(w->p, "client")}};
  allow->from.range = array_new(1, sizeof *allow->from.range);
  allow->from.n_ranges = 1;
  allow->from.range[0].first = allow->from.range[0].last = fake_address("10.9.9.4");
  allow->tcp = array_new(1, sizeof *allow->tcp);
  allow->n_tcp = 1;
  allow->tcp[0] = (struct port_range){9102, 9103};
  add(w, "10.9.9.4", "10.1.0.1", 9103, OUTCOME_ESTABLISHED);
  add(w, "10.9.9.5", "10.1.0.1", 9103, OUTCOME_ESTABLISHED);
  run(w);
  only(w, VERDICT_UNEXPECTED_OPEN, "none");
  const struct rule_result *r = &w->a->rule[w->p->n_rules];
  assert_string_equal(r->id, "backup");
  assert_string_equal(r->from, "listed addresses");
  assert_string_equal(r->service, "TCP 9102-9103");
  assert_int_equal(r->status, RULE_PASS);
}

/* What the site does not ask for is not documented, but still shows which methods would work. */
static void test_not_asked_for(void **state) {
  struct world *w = *state;
  site_features_only(w->s, w->p, "client-requests");
  add(w, "10.0.0.5", "10.1.0.1", 445, OUTCOME_NO_ANSWER);
  add(w, "10.1.0.1", "10.0.0.6", 80, OUTCOME_ESTABLISHED);
  run(w);
  assert_int_equal(w->a->n_findings, 0);
  assert_int_equal(rule(w, "push-smb")->status, RULE_NOT_ASSESSABLE);
  assert_int_equal(rule(w, "push-smb")->why, WHY_OFF);
  assert_int_equal(rule(w, "push-smb")->evidence, RULE_FAIL);
  for (size_t i = 0; i < w->a->n_methods; i++) {
    if (strcmp(w->a->method[i].name, "client-push") == 0) assert_int_equal(w->a->method[i].state, METHOD_BLOCKED);
    if (strcmp(w->a->method[i].name, "group-policy") == 0) assert_int_equal(w->a->method[i].state, METHOD_WORKS);
  }
}

/* The same problem tomorrow, with other packets, ports and hours, has the same fingerprint; another host has not. */
static void test_fingerprint(void **state) {
  struct world *w = *state;
  rpc_story(w, 50115);
  run(w);
  char today[17];
  strcpy(today, w->a->finding[0].fingerprint);
  assert_int_equal(strlen(today), 16);
  w->t->n_flows = 0;
  for (int i = 0; i < 5; i++) add(w, "10.0.0.5", "10.1.0.1", 445, OUTCOME_ESTABLISHED);
  rpc_story(w, 61234);
  run(w);
  assert_string_equal(only(w, VERDICT_BLOCKED, "push-rpc-dynamic")->fingerprint, today);
  w->t->n_flows = 0;
  struct flow_view *v = add(w, "10.0.0.5", "10.1.0.2", 50115, OUTCOME_NO_ANSWER);
  v->app.origin = &svcctl;
  run(w);
  assert_string_not_equal(only(w, VERDICT_BLOCKED, "push-rpc-dynamic")->fingerprint, today);
}

static void waiver_add(struct world *w, const char *id, int64_t expires_s) {
  w->s->waiver = array_new(1, sizeof *w->s->waiver);
  w->s->n_waivers = 1;
  w->s->waiver[0] = (struct site_waiver){
      .rule = strdup(id), .reason = strdup("later"), .expires = expires_s ? stamp_from_s(expires_s) : STAMP_NONE};
}

/* Waivers count until their day, then only as a warning. */
static void test_waiver(void **state) {
  struct world *w = *state;
  waiver_add(w, "push-smb", 1700000000);
  clients_blocked(w, 1, OUTCOME_NO_ANSWER, NULL);
  run_at(w, stamp_from_s(1690000000));
  assert_int_equal(w->a->finding[0].waiver, 0);
  assert_int_not_equal(audit_compliance(w->a), NOT_COMPLIANT);
  assert_int_equal(w->a->n_warnings, 0);
  stamp_t last_moment = w->s->waiver[0].expires;
  run_at(w, last_moment); /* the day it expires belongs to it */
  assert_int_equal(w->a->finding[0].waiver, 0);
  run_at(w, (stamp_t){last_moment.ns + 1});
  assert_int_equal(w->a->finding[0].waiver, -1);
  run_at(w, stamp_from_s(1710000000));
  assert_int_equal(w->a->finding[0].waiver, -1);
  assert_int_equal(audit_compliance(w->a), NOT_COMPLIANT);
  assert_int_equal(w->a->n_warnings, 1);
  contains(w->a->warning[0], "push-smb");
}

/* A network of clients that holds a server as well makes the server's own ports look open by mistake: said. */
static void test_server_among_clients(void **state) {
  struct world *w = *state;
  site_role_add(w->s, policy_role_find(w->p, "distribution_point"), "10.1.0.50", NULL, NULL);
  for (int i = 0; i < 2; i++) {
    w->t->n_flows = 0;
    add(w, "192.0.2.1", i ? "10.1.0.50" : "10.1.0.51", 3306, OUTCOME_ESTABLISHED);
    run(w);
    const struct finding *f = only(w, VERDICT_UNEXPECTED_OPEN, "none");
    bool found = false;
    for (size_t k = 0; k < f->n_explanations; k++)
      found |= strstr(f->explanation[k].text, "Distribution point") != NULL;
    assert_int_equal(found, i);
  }
}

/* A waiver for one host does not cover a finding about two. */
static void test_waiver_of_hosts(void **state) {
  struct world *w = *state;
  waiver_add(w, "push-smb", 0);
  w->s->waiver[0].hosts = array_new(1, sizeof *w->s->waiver[0].hosts);
  w->s->waiver[0].n_hosts = 1;
  w->s->waiver[0].hosts[0].first = w->s->waiver[0].hosts[0].last = fake_address("10.1.0.1");
  clients_blocked(w, 1, OUTCOME_NO_ANSWER, NULL);
  run(w);
  assert_int_equal(w->a->finding[0].waiver, 0);
  add(w, "10.0.0.5", "10.1.0.9", 445, OUTCOME_NO_ANSWER);
  run(w);
  assert_int_equal(w->a->finding[0].waiver, -1);
}

/* Ten attempts from ten ports are one conversation and one finding, of high confidence though each is weak. */
static void test_attempts(void **state) {
  struct world *w = *state;
  for (int i = 0; i < 10; i++) {
    struct flow_view *v = add(w, "10.0.0.5", "10.1.0.1", 445, OUTCOME_NO_ANSWER);
    v->confidence = CONFIDENCE_MEDIUM;
    v->n_syn = 2;
  }
  run(w);
  const struct finding *f = only(w, VERDICT_BLOCKED, "push-smb");
  assert_int_equal(f->n_conversations, 1);
  assert_int_equal(f->confidence, CONFIDENCE_HIGH);
  assert_int_equal(conversation_at(w->a, f->conversation[0]).attempts, 10);
  assert_int_equal(conversation_at(w->a, f->conversation[0]).n_syn, 20);
  contains(f->happened, "in 10 attempts");
}

/* The answer that names the port is sealed and nothing followed it: nobody can say that the port was not tried. */
static void test_sealed_answer(void **state) {
  struct world *w = *state;
  static const char *const learned[] = {"push-rpc-dynamic", "push-wmi"};
  struct flow_view *v = add(w, "10.0.0.5", "10.1.0.1", 135, OUTCOME_ESTABLISHED);
  v->app.service = SERVICE_DCOM, v->app.service_by = SERVICE_BY_RPC_BIND;
  for (int sealed = 0; sealed < 2; sealed++) {
    w->t->flow[0].app.encrypted = sealed;
    run(w);
    for (size_t i = 0; i < 2; i++) {
      assert_int_equal(rule(w, learned[i])->status, RULE_NOT_ASSESSABLE);
      assert_int_equal(rule(w, learned[i])->why, sealed ? WHY_ENCRYPTED : WHY_OPPORTUNITY_UNUSED);
    }
    assert_int_equal(rule(w, "push-epmap")->status, RULE_PASS);
    assert_int_equal(rule(w, "push-smb")->why, WHY_OPPORTUNITY_UNUSED);
  }
  contains(rule(w, "push-rpc-dynamic")->note, "sealed (flow of packet 101)");
  contains(rule(w, "push-wmi")->note, "Seen to work: RPC endpoint mapper. Not shown: WMI");
  contains(rule(w, "push-wmi")->note, "sealed (flow of packet 101)");
}

/* An interface that the mapper does not know is absent; no firewall is to blame. */
static void test_not_registered(void **state) {
  struct world *w = *state;
  struct flow_view *v = add(w, "10.0.0.5", "10.1.0.1", 135, OUTCOME_ESTABLISHED);
  v->app.mapper_not_registered = true, v->app.mapper_not_registered_packet = 102;
  run(w);
  assert_int_equal(w->a->n_findings, 0);
  assert_int_equal(rule(w, "push-rpc-dynamic")->status, RULE_NOT_ASSESSABLE);
  contains(rule(w, "push-rpc-dynamic")->note, "not registered (packet 102)");
  assert_int_equal(rule(w, "push-epmap")->status, RULE_PASS);
  assert_null(rule(w, "push-epmap")->note);
}

/* A rule that is open both ways, blocked the other way round: the advice turns with it. */
static void test_backwards(void **state) {
  struct world *w = *state;
  add(w, "10.1.0.1", "10.0.0.5", 445, OUTCOME_NO_ANSWER);
  run(w);
  const struct finding *f = only(w, VERDICT_BLOCKED, "push-smb");
  contains(f->fix, "started by the Client computer");
  contains(f->fix_command, "-Direction Inbound -Protocol TCP -LocalPort 445 -RemoteAddress 10.1.0.1");
}

/* A changed port is still client notification: the policy says so, no payload does. */
static void test_service_by_policy(void **state) {
  struct world *w = *state;
  w->s->parameter[policy_parameter_find(w->p, "notification_port")] = (struct port_range){20123, 20123};
  add(w, "10.1.0.1", "10.0.0.6", 20123, OUTCOME_ESTABLISHED);
  run(w);
  assert_int_equal(conversation_at(w->a, 0).service, SERVICE_NOTIFICATION);
  assert_int_equal(conversation_at(w->a, 0).service_by, SERVICE_BY_POLICY);
}

/* TCP 139 is an optional part of File and Printer Sharing: its block fails nothing. */
static void test_optional_part(void **state) {
  struct world *w = *state;
  add(w, "10.0.0.5", "10.1.0.1", 445, OUTCOME_ESTABLISHED);
  add(w, "10.0.0.5", "10.1.0.1", 139, OUTCOME_NO_ANSWER);
  run(w);
  const struct finding *f = only(w, VERDICT_REVIEW, "push-file-sharing");
  assert_int_equal(f->severity, SEVERITY_INFO);
  assert_int_equal(rule(w, "push-file-sharing")->status, RULE_PASS);
  contains(rule(w, "push-file-sharing")->note, "optional");
  assert_int_equal(audit_compliance(w->a), COMPLIANT);
}

/* The endpoint mapper is a part that File and Printer Sharing can do without: that rule says why it is to be reviewed.
 */
static void test_optional_part_of_another_rule(void **state) {
  struct world *w = *state;
  add(w, "10.0.0.5", "10.1.0.1", 135, OUTCOME_NO_ANSWER);
  run(w);
  only(w, VERDICT_BLOCKED, "push-epmap");
  assert_int_equal(rule(w, "push-wmi")->status, RULE_FAIL);
  assert_int_equal(rule(w, "push-file-sharing")->status, RULE_REVIEW);
  assert_int_equal(rule(w, "push-file-sharing")->why, WHY_OPTIONAL);
  contains(rule(w, "push-file-sharing")->note, "optional part");
}

/* Windows tries 445 and 139 at once and lets go of the second: nothing to look at while the first works. */
static void test_optional_part_tried_once(void **state) {
  struct world *w = *state;
  static const enum outcome weak[] = {OUTCOME_NO_ANSWER, OUTCOME_REFUSED};
  static const enum why why[] = {WHY_ONE_ATTEMPT, WHY_NOT_LISTENING};
  for (size_t i = 0; i < 2; i++) {
    w->t->n_flows = 0;
    add(w, "10.0.0.5", "10.1.0.1", 445, OUTCOME_ESTABLISHED);
    struct flow_view *v = add(w, "10.0.0.5", "10.1.0.1", 139, weak[i]);
    v->n_syn = 1, v->confidence = CONFIDENCE_LOW, v->reset_by = i ? RESET_BY_HOST : RESET_BY_NOBODY;
    run(w);
    assert_int_equal(w->a->n_findings, 0);
    assert_int_equal(rule(w, "push-file-sharing")->status, RULE_PASS);
    const struct conversation c = conversation_at(w->a, w->a->n_conversations - 1);
    assert_int_equal(c.port, 139);
    assert_int_equal(c.verdict, VERDICT_NOT_ASSESSABLE);
    assert_int_equal(c.why, why[i]);
    assert_int_equal(w->a->verdicts[VERDICT_REVIEW], 0);
    assert_int_equal(w->a->verdicts[VERDICT_NOT_ASSESSABLE], 1);
  }
}

/* But it is, when the other way works for other hosts only, or not at all. */
static void test_optional_part_alone(void **state) {
  struct world *w = *state;
  add(w, "10.0.0.5", "10.1.0.2", 445, OUTCOME_ESTABLISHED);
  struct flow_view *v = add(w, "10.0.0.5", "10.1.0.1", 139, OUTCOME_NO_ANSWER);
  v->n_syn = 1, v->confidence = CONFIDENCE_LOW;
  run(w);
  assert_int_equal(only(w, VERDICT_REVIEW, "push-file-sharing")->severity, SEVERITY_LOW);
}

/* Guessed sides are turned when the roles know better. */
static void test_roles_orient(void **state) {
  struct world *w = *state;
  struct flow_view *v = add(w, "10.0.0.6", "10.1.0.1", 50000, OUTCOME_ESTABLISHED);
  v->client_port = 10123;
  v->flags |= FLOW_SERVER_GUESSED | FLOW_MIDSTREAM;
  run(w);
  assert_int_equal(w->a->n_findings, 0);
  assert_int_equal(rule(w, "client-notification")->status, RULE_PASS);
}

/* Wake-on-LAN to broadcast is sent to nobody in particular: sent is enough. */
static void test_broadcast(void **state) {
  struct world *w = *state;
  site_features_only(w->s, w->p, "wake-up-proxy");
  fake_flow(w->t, fake_address("10.1.0.1"), fake_address("255.255.255.255"), UDP, 9, OUTCOME_ONE_WAY);
  run(w);
  assert_int_equal(rule(w, "wake-on-lan")->status, RULE_PASS);
  assert_int_equal(w->a->n_findings, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(test_grouping),
      CASE(test_many_of_no_kind),
      CASE(test_hosts),
      CASE(test_causes_apart),
      CASE(test_rpc_story),
      CASE(test_pipe_fallback),
      CASE(test_notification),
      CASE(test_notification_alone),
      CASE(test_one_of),
      CASE(test_not_listening),
      CASE(test_target_down),
      CASE(test_target_down_pinged),
      CASE(test_pings_counted),
      CASE(test_stealth_excluded),
      CASE(test_local_subnet),
      CASE(test_unexpected_open),
      CASE(test_open_to_others),
      CASE(test_second_channels),
      CASE(test_allow),
      CASE(test_not_asked_for),
      CASE(test_fingerprint),
      CASE(test_waiver),
      CASE(test_server_among_clients),
      CASE(test_waiver_of_hosts),
      CASE(test_attempts),
      CASE(test_roles_orient),
      CASE(test_broadcast),
      CASE(test_optional_part),
      CASE(test_optional_part_of_another_rule),
      CASE(test_optional_part_tried_once),
      CASE(test_optional_part_alone),
      CASE(test_not_registered),
      CASE(test_sealed_answer),
      CASE(test_backwards),
      CASE(test_unreachable),
      CASE(test_unreachable_though_alive),
      CASE(test_service_by_policy),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
