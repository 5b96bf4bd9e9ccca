/* The catalogue row by row: for each row traffic that passes, is dropped, is rejected, runs another protocol, is
 * absent; in both address families, with the ports as shipped and with every parameter changed. The rows are written
 * down here from the design's table, not read from the policy: a rule that goes missing or leads elsewhere fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "rules/audit.h"
#include "tests/unit/rules/fake_traffic.h"
#include "tests/unit/rules/site_maker.h"

enum { TCP = 6, UDP = 17, ECHO = 1 };

struct row {
  const char *rule, *feature, *from, *to;
  uint8_t proto;
  uint16_t port;         /* as shipped */
  const char *parameter; /* that names the port; NULL = fixed */
  const char *ref;
  bool any_protocol;    /* nothing is known of its payload: any will do */
  bool one_way, silent; /* sent is enough; silence proves nothing */
  bool learned;         /* announced by the endpoint mapper */
  bool back;            /* both directions are open */
};

#define PUSH "ports-that-are-used-with-client-push-installation"
#define WSUS "ports-that-are-used-with-software-update-point-based-installation"
#define GPO "ports-that-are-used-with-group-policy-based-installation"
#define MANUAL "ports-that-are-used-with-manual-installation-and-logon-script-based-installation"
#define DISTRIBUTION "ports-that-are-used-with-software-distribution-based-installation"

#define ROW(rule_, feature_, from_, to_, proto_, port_, parameter_, ref_, ...)                    \
  {                                                                                               \
    .rule = rule_, .feature = feature_, .from = from_, .to = to_, .proto = proto_, .port = port_, \
    .parameter = parameter_, .ref = ref_, __VA_ARGS__                                             \
  }

static const struct row rows[] = {
    ROW("fallback-status-http", "all-methods", "client", "fallback_status_point", TCP, 80, "http_port",
        "ports-that-are-used-for-all-installation-methods"),
    ROW("push-echo", "client-push", "site_server", "client", ECHO, 0, NULL, PUSH, .any_protocol = true),
    ROW("push-smb", "client-push", "site_server", "client", TCP, 445, NULL, PUSH, .back = true),
    ROW("push-epmap", "client-push", "site_server", "client", TCP, 135, NULL, PUSH, .back = true),
    ROW("push-epmap-udp", "client-push", "site_server", "client", UDP, 135, NULL, PUSH, .any_protocol = true,
        .silent = true, .back = true),
    ROW("push-rpc-dynamic", "client-push", "site_server", "client", TCP, 49152, "rpc_dynamic_ports", PUSH,
        .back = true),
    ROW("push-rpc-dynamic", "client-push", "site_server", "client", TCP, 2222, NULL, PUSH, .learned = true,
        .back = true),
    ROW("push-http", "client-push", "client", "management_point", TCP, 80, "http_port", PUSH),
    ROW("push-https", "client-push", "client", "management_point", TCP, 443, "https_port", PUSH),
    ROW("client-requests-http", "client-requests", "client", "management_point", TCP, 80, "http_port",
        "client-requests"),
    ROW("client-requests-https", "client-requests", "client", "management_point", TCP, 443, "https_port",
        "client-requests"),
    ROW("client-notification", "client-notification", "client", "management_point", TCP, 10123, "notification_port",
        "client-notification", .any_protocol = true),
    ROW("client-notification-http", "client-notification", "client", "management_point", TCP, 80, "http_port",
        "client-notification"),
    ROW("client-notification-https", "client-notification", "client", "management_point", TCP, 443, "https_port",
        "client-notification"),
    ROW("remote-control", "remote-control", "console", "client", TCP, 2701, "remote_control_port", "remote-control",
        .any_protocol = true),
    ROW("remote-assistance-epmap", "remote-assistance", "console", "client", TCP, 135, NULL,
        "remote-assistance-and-remote-desktop"),
    ROW("remote-desktop", "remote-assistance", "console", "client", TCP, 3389, NULL,
        "remote-assistance-and-remote-desktop"),
    ROW("wake-up-proxy", "wake-up-proxy", "client", "client", UDP, 25536, "wakeup_proxy_port", "wake-up-proxy",
        .any_protocol = true, .silent = true),
    ROW("wake-on-lan", "wake-up-proxy", "client", "client", UDP, 9, "wake_on_lan_port", "wake-up-proxy",
        .any_protocol = true, .one_way = true),
    ROW("wake-up-echo", "wake-up-proxy", "client", "client", ECHO, 0, NULL, "wake-up-proxy", .any_protocol = true),
    ROW("diagnostics-file-sharing", "diagnostics", "console", "client", TCP, 445, NULL,
        "windows-event-viewer-windows-performance-monitor-and-windows-diagnostics"),
    ROW("push-file-sharing", "client-push", "site_server", "client", TCP, 445, NULL, "client-push-installation",
        .back = true),
    ROW("group-policy-file-sharing", "group-policy", "site_server", "client", TCP, 445, NULL,
        "client-installation-by-using-group-policy", .back = true),
    ROW("group-policy-http", "group-policy", "client", "management_point", TCP, 80, "http_port", GPO),
    ROW("group-policy-https", "group-policy", "client", "management_point", TCP, 443, "https_port", GPO),
    ROW("group-policy-source-smb", "group-policy", "client", "source_server", TCP, 445, NULL, GPO, .back = true),
    ROW("update-point-http", "software-update-point", "client", "software_update_point", TCP, 8530, "wsus_http_port",
        WSUS),
    ROW("update-point-https", "software-update-point", "client", "software_update_point", TCP, 8531, "wsus_https_port",
        WSUS),
    ROW("update-point-source-smb", "software-update-point", "client", "source_server", TCP, 445, NULL, WSUS,
        .back = true),
    ROW("manual-share-smb", "manual", "client", "network_share", TCP, 445, NULL, MANUAL, .back = true),
    ROW("manual-http", "manual", "client", "management_point", TCP, 80, "http_port", MANUAL),
    ROW("manual-https", "manual", "client", "management_point", TCP, 443, "https_port", MANUAL),
    ROW("manual-source-smb", "manual", "client", "source_server", TCP, 445, NULL, MANUAL, .back = true),
    ROW("distribution-smb", "software-distribution", "client", "distribution_point", TCP, 445, NULL, DISTRIBUTION,
        .back = true),
    ROW("distribution-http", "software-distribution", "client", "distribution_point", TCP, 80, "http_port",
        DISTRIBUTION),
    ROW("distribution-https", "software-distribution", "client", "distribution_point", TCP, 443, "https_port",
        DISTRIBUTION),
};

enum kind { PASSES, DROPPED, REJECTED, OTHER_PROTOCOL, ABSENT, KINDS };
static const char *const kinds[] = {"passes", "dropped", "rejected", "other protocol", "absent"};

struct world {
  const struct policy *p;
  struct site *s;
  bool v6, changed, back;
};

/* Role r plays 10.0.r.1 and .2, or the like in IPv6. */
static struct address role_host(const struct world *w, int role, int host) {
  char text[ADDRESS_TEXT_SIZE];
  snprintf(text, sizeof text, w->v6 ? "2001:db8:%d::%d" : "10.0.%d.%d", role, host);
  return fake_address(text);
}

static void site_make(struct world *w, const struct row *row) {
  w->s = site_new(w->p);
  assert_non_null(w->s);
  for (size_t i = 0; i < w->p->n_roles; i++)
    for (int host = 1; host <= 2; host++) {
      char text[ADDRESS_TEXT_SIZE];
      struct address a = role_host(w, (int)i, host);
      site_role_add(w->s, (int)i, address_print(text, &a), NULL, NULL);
    }
  site_features_only(w->s, w->p, row->feature);
  const struct policy_rule *rule = &w->p->rule[policy_rule_find(w->p, row->rule)];
  if (rule->when) site_switch_set(w->s, w->p, rule->when, true);
  for (size_t i = 0; w->changed && i < w->p->n_parameters; i++) {
    struct port_range *r = &w->s->parameter[i];
    uint16_t width = (uint16_t)(r->last - r->first);
    r->first = (uint16_t)(20000 + i * 100), r->last = (uint16_t)(r->first + (width > 99 ? 99 : width));
    w->s->parameter_given[i] = true;
  }
}

static uint16_t row_port(const struct world *w, const struct row *row) {
  if (!row->parameter) return row->port;
  int i = policy_parameter_find(w->p, row->parameter);
  assert_true(i >= 0);
  if (!w->changed) assert_int_equal(w->p->parameter[i].value.first, row->port);
  return w->s->parameter[i].first;
}

/* What belongs on the row's port. */
static enum service row_service(const struct row *row) {
  if (row->proto == ECHO) return SERVICE_ICMP_ECHO;
  if (row->learned || row->port == 49152) return SERVICE_RPC;
  enum service s = service_of_port(row->proto, row->port);
  return s == SERVICE_UNKNOWN && row->port == 8530 ? SERVICE_HTTP : s;
}

static const struct learned announcement = {
    .name = "svcctl", .service = SERVICE_RPC, .proto = TCP, .port = 2222, .by = LEARNED_BY_EPM, .packet = 7};

static void traffic_make(const struct world *w, const struct row *row, enum kind kind, struct traffic *t) {
  static const enum outcome tcp[] = {OUTCOME_ESTABLISHED, OUTCOME_NO_ANSWER, OUTCOME_REJECTED, OUTCOME_ESTABLISHED};
  static const enum outcome other[] = {OUTCOME_ANSWERED, OUTCOME_NO_ANSWER, OUTCOME_REJECTED, OUTCOME_ANSWERED};
  int from = policy_role_find(w->p, row->from), to = policy_role_find(w->p, row->to);
  struct address client = role_host(w, w->back ? to : from, 1), server = role_host(w, w->back ? from : to, 2);
  if (kind == ABSENT) {
    fake_host(t, &client, true);
    return;
  }
  uint8_t proto = row->proto == ECHO && w->v6 ? 58 : row->proto;
  enum outcome outcome = proto == TCP ? tcp[kind] : other[kind];
  struct flow_view *v = fake_flow(t, client, server, proto, row_port(w, row), outcome);
  v->app.service = row_service(row);
  if (kind == PASSES && v->app.service) v->app.service_by = SERVICE_BY_DPI;
  if (kind == OTHER_PROTOCOL) v->app.service = SERVICE_SSH, v->app.service_by = SERVICE_BY_DPI;
  if (row->learned) v->app.origin = &announcement;
}

static enum rule_status expected(const struct row *row, enum kind kind) {
  switch (kind) {
    case PASSES:
      return RULE_PASS;
    case DROPPED:
      return row->one_way ? RULE_PASS : row->silent ? RULE_NOT_ASSESSABLE : RULE_FAIL;
    case REJECTED:
      return RULE_FAIL;
    case OTHER_PROTOCOL:
      return row->any_protocol ? RULE_PASS : RULE_FAIL;
    default:
      return RULE_NOT_ASSESSABLE;
  }
}

static void case_check(struct world *w, const struct row *row, enum kind kind) {
  site_make(w, row);
  struct traffic *t = fake_new();
  traffic_make(w, row, kind, t);
  struct audit *a = NULL;
  struct err e = {{0}};
  assert_int_equal(audit_run(w->p, w->s, t, NULL, &a, &e), 0);
  const struct rule_result *r = &a->rule[policy_rule_find(w->p, row->rule)];
  if (r->status != expected(row, kind) || strcmp(r->ref, row->ref) != 0)
    fail_msg("%s %s, %s, ports %s%s: %s (%s), ref %s", row->rule, kinds[kind], w->v6 ? "IPv6" : "IPv4",
             w->changed ? "changed" : "as shipped", w->back ? ", backwards" : "", rule_status_name(r->status),
             why_name(r->why), r->ref);
  assert_true(r->in_force);
  if (kind == ABSENT) assert_int_not_equal(r->why, WHY_NONE);
  bool fails = expected(row, kind) == RULE_FAIL;
  assert_int_equal(audit_compliance(a), fails ? NOT_COMPLIANT : r->status == RULE_PASS ? COMPLIANT : NOT_ASSESSED);
  assert_int_equal(a->n_findings, fails);
  if (fails) {
    const struct finding *f = &a->finding[0];
    assert_int_equal(f->verdict, kind == OTHER_PROTOCOL ? VERDICT_WRONG_PROTOCOL : VERDICT_BLOCKED);
    assert_string_equal(a->rule[f->rule].feature, row->feature);
    assert_true(f->confidence > CONFIDENCE_LOW);
    assert_non_null(f->fix);
    if (kind == DROPPED) assert_non_null(f->fix_command);
    if (kind == REJECTED) assert_non_null(strstr(f->fix, w->v6 ? "2001:db8:ffff::1" : "10.255.0.1"));
  }
  audit_free(a);
  fake_free(t);
  site_free(w->s);
}

static void test_rows(void **state) {
  struct world w = *(struct world *)*state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (policy_rule_find(w.p, rows[i].rule) < 0) fail_msg("%s is missing", rows[i].rule);
    for (enum kind k = PASSES; k < KINDS; k++) {
      if (rows[i].proto == ECHO && k == OTHER_PROTOCOL) continue; /* an echo carries nothing else */
      w.back = false;
      case_check(&w, &rows[i], k);
      w.back = rows[i].back;
      if (w.back) case_check(&w, &rows[i], k);
    }
  }
}

/* Every rule of the policy has its row here, or is a program exception that no packet shows. */
static void test_no_rule_without_row(void **state) {
  const struct world *w = *state;
  static const char *const elsewhere[] = {"push-wmi", "push-wmi-callback", "remote-assistance"};
  for (size_t i = 0; i < w->p->n_rules; i++) {
    bool found = w->p->rule[i].manual;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) found |= strcmp(rows[k].rule, w->p->rule[i].id) == 0;
    for (size_t k = 0; k < sizeof elsewhere / sizeof *elsewhere; k++)
      found |= strcmp(elsewhere[k], w->p->rule[i].id) == 0;
    if (!found) fail_msg("%s has no row", w->p->rule[i].id);
  }
}

/* Program exceptions stay not assessable whatever the traffic. */
static void test_manual(void **state) {
  struct world w = *(struct world *)*state;
  for (size_t i = 0; i < w.p->n_rules; i++) {
    if (!w.p->rule[i].manual) continue;
    struct row row = {.rule = w.p->rule[i].id, .feature = w.p->feature[w.p->rule[i].feature].name};
    site_make(&w, &row);
    struct traffic *t = fake_new();
    fake_flow(t, role_host(&w, 0, 1), role_host(&w, 1, 1), TCP, 445, OUTCOME_ESTABLISHED);
    struct audit *a = NULL;
    assert_int_equal(audit_run(w.p, w.s, t, NULL, &a, NULL), 0);
    assert_int_equal(a->rule[i].status, RULE_NOT_ASSESSABLE);
    assert_int_equal(a->rule[i].why, WHY_MANUAL);
    audit_free(a);
    fake_free(t);
    site_free(w.s);
  }
}

int main(void) {
  struct policy *p = policy_of("configmgr-client");
  struct world v4 = {.p = p}, v6 = {.p = p, .v6 = true}, v4_changed = {.p = p, .changed = true},
               v6_changed = {.p = p, .v6 = true, .changed = true};
  const struct CMUnitTest tests[] = {
      {"rows, IPv4", test_rows, NULL, NULL, &v4},
      {"rows, IPv6", test_rows, NULL, NULL, &v6},
      {"rows, IPv4, every port changed", test_rows, NULL, NULL, &v4_changed},
      {"rows, IPv6, every port changed", test_rows, NULL, NULL, &v6_changed},
      {"every rule has a row", test_no_rule_without_row, NULL, NULL, &v4},
      {"program exceptions", test_manual, NULL, NULL, &v4},
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  policy_free(p);
  return failed;
}
