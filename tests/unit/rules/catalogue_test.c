/* The built-in policy against the page it comes from: every row of the page, as data, is a rule with these ends, this
 * transport and port, this heading; and every heading named anywhere exists on the page. The page itself is read from
 * the folder in WW_SHARED (or ../shared beside the sources); without it that test alone is skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rules/site_text.h"
#include "tests/unit/rules/builtin.h"
#include "util/digest.h"
#include "util/out.h"

#define PUSH "ports-that-are-used-with-client-push-installation"
#define UPDATE "ports-that-are-used-with-software-update-point-based-installation"
#define GROUP_POLICY "ports-that-are-used-with-group-policy-based-installation"
#define MANUAL "ports-that-are-used-with-manual-installation-and-logon-script-based-installation"
#define DISTRIBUTION "ports-that-are-used-with-software-distribution-based-installation"
#define DIAGNOSTICS "windows-event-viewer-windows-performance-monitor-and-windows-diagnostics"

/* What a rule is about: a service with its ports, a group, or a program. */
static const struct {
  const char *rule, *feature, *from, *to, *what, *ref, *when, *unless;
  bool both;
} row[] = {
    /* features */
    {"queries-statview", "queries", "site_server", "console", "manual", "queries", NULL, NULL, false},
    {"push-file-sharing", "client-push", "site_server", "client", "file-and-printer-sharing",
     "client-push-installation", NULL, NULL, true},
    {"push-wmi", "client-push", "site_server", "client", "wmi", "client-push-installation", NULL, NULL, false},
    {"group-policy-file-sharing", "group-policy", "source_server", "client", "file-and-printer-sharing",
     "client-installation-by-using-group-policy", NULL, NULL, true},
    {"client-requests-http", "client-requests", "client", "management_point", "HTTP (TCP 80)", "client-requests", NULL,
     NULL, false},
    {"client-requests-https", "client-requests", "client", "management_point", "HTTPS (TCP 443)", "client-requests",
     NULL, NULL, false},
    {"client-notification", "client-notification", "client", "management_point", "Client notification (TCP 10123)",
     "client-notification", NULL, NULL, false},
    {"client-notification-http", "client-notification", "client", "management_point", "HTTP (TCP 80)",
     "client-notification", NULL, NULL, false},
    {"client-notification-https", "client-notification", "client", "management_point", "HTTPS (TCP 443)",
     "client-notification", NULL, NULL, false},
    {"remote-control", "remote-control", "console", "client", "Remote control (TCP 2701)", "remote-control", NULL, NULL,
     false},
    {"remote-assistance-epmap", "remote-assistance", "console", "client", "RPC endpoint mapper (TCP 135)",
     "remote-assistance-and-remote-desktop", NULL, NULL, false},
    {"remote-assistance", "remote-assistance", "console", "client", "remote-assistance",
     "remote-assistance-and-remote-desktop", NULL, NULL, false},
    {"remote-desktop", "remote-assistance", "console", "client", "remote-desktop",
     "remote-assistance-and-remote-desktop", NULL, NULL, false},
    {"remote-assistance-program", "remote-assistance", "console", "client", "manual",
     "remote-assistance-and-remote-desktop", NULL, NULL, false},
    {"wake-up-proxy", "wake-up-proxy", "client", "client", "Wake-up proxy (UDP 25536)", "wake-up-proxy", NULL, NULL,
     false},
    {"wake-on-lan", "wake-up-proxy", "client", "client", "Wake-on-LAN (UDP 9)", "wake-up-proxy", NULL, NULL, false},
    {"wake-up-echo", "wake-up-proxy", "client", "client", "ICMP echo", "wake-up-proxy", NULL, NULL, true},
    {"diagnostics-file-sharing", "diagnostics", "console", "client", "file-and-printer-sharing", DIAGNOSTICS, NULL,
     NULL, false},
    /* ports during client deployment */
    {"fallback-status-http", "all-methods", "client", "fallback_status_point", "HTTP (TCP 80)",
     "ports-that-are-used-for-all-installation-methods", "fallback_status_point", NULL, false},
    {"push-echo", "client-push", "site_server", "client", "ICMP echo", PUSH, NULL, NULL, false},
    {"push-smb", "client-push", "site_server", "client", "SMB (TCP 445)", PUSH, NULL, NULL, true},
    {"push-epmap", "client-push", "site_server", "client", "RPC endpoint mapper (TCP 135)", PUSH, NULL, NULL, true},
    {"push-epmap-udp", "client-push", "site_server", "client", "RPC endpoint mapper (UDP 135)", PUSH, NULL, NULL, true},
    {"push-rpc-dynamic", "client-push", "site_server", "client",
     "RPC on a dynamic port (TCP 49152-65535, or announced)", PUSH, NULL, NULL, true},
    {"push-http", "client-push", "client", "management_point", "HTTP (TCP 80)", PUSH, NULL, NULL, false},
    {"push-https", "client-push", "client", "management_point", "HTTPS (TCP 443)", PUSH, NULL, NULL, false},
    {"update-point-http", "software-update-point", "client", "software_update_point", "WSUS over HTTP (TCP 8530, 80)",
     UPDATE, NULL, NULL, false},
    {"update-point-https", "software-update-point", "client", "software_update_point",
     "WSUS over HTTPS (TCP 8531, 443)", UPDATE, NULL, NULL, false},
    {"update-point-source-smb", "software-update-point", "client", "source_server", "SMB (TCP 445)", UPDATE,
     "source_given", NULL, true},
    {"group-policy-http", "group-policy", "client", "management_point", "HTTP (TCP 80)", GROUP_POLICY, NULL, NULL,
     false},
    {"group-policy-https", "group-policy", "client", "management_point", "HTTPS (TCP 443)", GROUP_POLICY, NULL, NULL,
     false},
    {"group-policy-source-smb", "group-policy", "client", "source_server", "SMB (TCP 445)", GROUP_POLICY,
     "source_given", NULL, true},
    {"manual-share-smb", "manual", "client", "network_share", "SMB (TCP 445)", MANUAL, "share_used", NULL, true},
    {"manual-http", "manual", "client", "management_point", "HTTP (TCP 80)", MANUAL, NULL, "source_given", false},
    {"manual-https", "manual", "client", "management_point", "HTTPS (TCP 443)", MANUAL, NULL, "source_given", false},
    {"manual-source-smb", "manual", "client", "source_server", "SMB (TCP 445)", MANUAL, "source_given", NULL, true},
    {"distribution-smb", "software-distribution", "client", "distribution_point", "SMB (TCP 445)", DISTRIBUTION, NULL,
     NULL, true},
    {"distribution-http", "software-distribution", "client", "distribution_point", "HTTP (TCP 80)", DISTRIBUTION, NULL,
     NULL, false},
    {"distribution-https", "software-distribution", "client", "distribution_point", "HTTPS (TCP 443)", DISTRIBUTION,
     NULL, NULL, false},
};
enum { ROWS = sizeof row / sizeof *row };

static void assert_text(const char *rule, const char *what, const char *got, const char *expected) {
  if ((got == NULL) != (expected == NULL) || (got && strcmp(got, expected) != 0))
    fail_msg("%s: %s is %s, not %s", rule, what, got ? got : "(none)", expected ? expected : "(none)");
}

static void assert_what(const struct policy_rule *r, const char *expected) {
  struct out o;
  out_init(&o, NULL);
  if (r->service >= 0)
    site_service_print(policy, site, r->service, &o);
  else
    out_text(&o, r->group >= 0 ? policy->group[r->group].name : "manual");
  assert_text(r->id, "service", out_str(&o), expected);
  out_close(&o);
}

static void test_every_row(void **state) {
  (void)state;
  for (size_t i = 0; i < ROWS; i++) {
    int at = policy_rule_find(policy, row[i].rule);
    if (at < 0) fail_msg("no rule %s", row[i].rule);
    const struct policy_rule *r = &policy->rule[at];
    assert_text(r->id, "feature", policy->feature[r->feature].name, row[i].feature);
    assert_text(r->id, "from", policy->role[r->from[0]].name, row[i].from);
    assert_text(r->id, "to", policy->role[r->to[0]].name, row[i].to);
    assert_text(r->id, "ref", r->ref, row[i].ref);
    assert_text(r->id, "when", r->when, row[i].when);
    assert_text(r->id, "unless", r->unless, row[i].unless);
    assert_int_equal(r->both, row[i].both);
    assert_what(r, row[i].what);
  }
}

/* Rules beyond the page's rows are optional: nothing is demanded that the page does not say. */
static void test_nothing_more_is_required(void **state) {
  (void)state;
  for (size_t i = 0; i < policy->n_rules; i++) {
    bool listed = false;
    for (size_t k = 0; k < ROWS; k++) listed = listed || strcmp(policy->rule[i].id, row[k].rule) == 0;
    if (!listed && policy->rule[i].need != NEED_OPTIONAL) fail_msg("%s is not on the page", policy->rule[i].id);
  }
}

static char *read_page(size_t *len_out) {
  char path[4096];
  const char *shared = getenv("WW_SHARED"), *root = getenv("WW_SOURCE");
  static const char name[] = "seed/windows-firewall-and-port-settings-for-clients.nl.md";
  if (shared)
    snprintf(path, sizeof path, "%s/%s", shared, name);
  else
    snprintf(path, sizeof path, "%s/../shared/%s", root ? root : ".", name);
  FILE *f = fopen(path, "rb");
  if (!f) return NULL;
  char *text = calloc(1, 1 << 20);
  assert_non_null(text);
  *len_out = fread(text, 1, (1 << 20) - 1, f);
  fclose(f);
  return text;
}

static void assert_heading(const char *page, const char *of, const char *ref) {
  char anchor[256];
  snprintf(anchor, sizeof anchor, "name=\"%s\"", ref);
  if (!ref[0] || !strstr(page, anchor)) fail_msg("%s: the page has no heading \"%s\"", of, ref);
}

static void test_headings_exist_on_the_page(void **state) {
  (void)state;
  size_t len = 0;
  char *page = read_page(&len);
  if (!page) {
    print_message("the page is not here: headings not checked\n");
    skip();
  }
  for (size_t i = 0; i < policy->n_rules; i++) assert_heading(page, policy->rule[i].id, policy->rule[i].ref);
  for (size_t i = 0; i < policy->n_features; i++) assert_heading(page, policy->feature[i].name, policy->feature[i].ref);
  for (size_t i = 0; i < policy->n_methods; i++) assert_heading(page, policy->method[i].name, policy->method[i].ref);
  for (size_t i = 0; i < policy->n_groups; i++) assert_heading(page, policy->group[i].name, policy->group[i].ref);
  for (size_t i = 0; i < policy->n_constraints; i++) assert_heading(page, "constraint", policy->constraint[i].ref);
  char sha256[DIGEST_TEXT_SIZE];
  struct digest *d = digest_new();
  digest_add(d, page, len);
  assert_string_equal(digest_print(sha256, d), policy->source_sha256);
  digest_free(d);
  free(page);
}

/* Every way to install is judged, step by step, with the rules of its own table on the page. */
static void test_methods(void **state) {
  (void)state;
  static const struct {
    const char *method, *ref;
    size_t steps;
  } method[] = {{"client-push", PUSH, 7},
                {"software-update-point", UPDATE, 3},
                {"group-policy", GROUP_POLICY, 3},
                {"manual", MANUAL, 4},
                {"software-distribution", DISTRIBUTION, 2}};
  assert_int_equal(policy->n_methods, sizeof method / sizeof *method);
  for (size_t i = 0; i < policy->n_methods; i++) {
    const struct policy_method *m = &policy->method[policy_method_find(policy, method[i].method)];
    assert_text(m->name, "ref", m->ref, method[i].ref);
    assert_int_equal(m->n_steps, method[i].steps);
    assert_text(m->name, "last step", policy->rule[m->step[m->n_steps - 1].rule[0]].id, "fallback-status-http");
  }
  static const char *const stage[] = {
      "name-lookup",     "echo",        "smb", "copy", "endpoint-mapper", "service", "management-point",
      "fallback-status", "notification"};
  assert_int_equal(policy->n_stages, sizeof stage / sizeof *stage);
  for (size_t i = 0; i < policy->n_stages; i++) assert_string_equal(policy->stage[i].name, stage[i]);
}

/* The commands open what the rule is about, on the side that must let it in or out. */
static void test_commands_fit_their_rules(void **state) {
  (void)state;
  for (size_t i = 0; i < policy->n_rules; i++) {
    const struct policy_rule *r = &policy->rule[i];
    bool client_starts = strcmp(policy->role[r->from[0]].name, "client") == 0;
    assert_non_null(r->fix);
    assert_non_null(r->fix_command);
    assert_non_null(strstr(r->fix_command, "# "));
    bool on_client = strstr(r->fix_command, "on the client") != NULL;
    if (strstr(r->fix_command, "-Direction Outbound")) {
      if (!client_starts || !on_client || strstr(r->fix_command, "-LocalPort")) fail_msg("%s", r->fix_command);
    } else if (strstr(r->fix_command, "-Direction Inbound")) {
      if (strstr(r->fix_command, "-RemotePort")) fail_msg("%s", r->fix_command);
      bool to_client = strcmp(policy->role[r->to[0]].name, "client") == 0;
      if (on_client != to_client && !strstr(r->fix_command, "on the console")) fail_msg("%s", r->fix_command);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_row),
      cmocka_unit_test(test_nothing_more_is_required),
      cmocka_unit_test(test_headings_exist_on_the_page),
      cmocka_unit_test(test_methods),
      cmocka_unit_test(test_commands_fit_their_rules),
  };
  return cmocka_run_group_tests(tests, builtin_load, builtin_drop);
}
