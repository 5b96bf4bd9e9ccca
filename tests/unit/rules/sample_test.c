/* The samples, judged: what the README promises of them, and that a finding's display filter selects the packets it
 * cites and no others when tshark applies it to the capture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/rules/conversation_at.h"
#include "tests/unit/rules/replay.h"

static const struct rule_result *rule(const struct replay *r, const char *id) {
  int i = policy_rule_find(r->policy, id);
  assert_true(i >= 0);
  return &r->audit->rule[i];
}

static struct conversation conversation(const struct replay *r, uint16_t port) {
  size_t i = 0;
  while (i < r->audit->n_conversations && conversation_at(r->audit, i).port != port) i++;
  if (i == r->audit->n_conversations) fail_msg("no conversation on port %u", port);
  return conversation_at(r->audit, i);
}

static enum stage_state stage(const struct replay *r, const char *name) {
  assert_int_equal(r->audit->n_clients, 1);
  for (size_t i = 0; i < r->policy->n_stages; i++)
    if (strcmp(r->policy->stage[i].name, name) == 0) return r->audit->client[0].cell[i].state;
  fail_msg("no stage %s", name);
  return STAGE_NOT_STARTED;
}

static void sample(struct replay *r, const char *folder, const char *capture) {
  char site[1024], path[1024];
  if (access(path_in(path, folder, capture), R_OK) != 0) {
    print_message("%s is not here\n", path);
    skip();
  }
  assert_true(replay_run(r, path_in(site, "samples", "site.json"), path, false));
}

static void test_blocked(void **state) {
  (void)state;
  struct replay r;
  sample(&r, "samples", "push-rpc-blocked.pcap");
  assert_int_equal(audit_compliance(r.audit), NOT_COMPLIANT);
  assert_int_equal(r.audit->n_findings, 1);
  const struct finding *f = &r.audit->finding[0];
  assert_int_equal(f->verdict, VERDICT_BLOCKED);
  assert_int_equal(f->confidence, CONFIDENCE_HIGH);
  assert_string_equal(r.audit->rule[f->rule].id, "push-rpc-dynamic");
  assert_non_null(strstr(f->title, "port 50115 for svcctl blocked"));
  assert_non_null(strstr(f->title, "172.18.39.5"));
  assert_non_null(strstr(f->title, "172.18.39.6"));
  assert_non_null(strstr(f->happened, "5 SYNs without answer over 15.0 s"));
  assert_int_equal(f->n_citations, 2);
  assert_int_equal(f->citation[0].first, 44);
  assert_int_equal(f->citation[1].first, 45);
  assert_int_equal(f->citation[1].last, 58);
  assert_int_equal(f->citation[1].count, 5);
  assert_true(f->n_explanations >= 2);
  assert_false(f->explanation[0].excluded);
  assert_int_equal(rule(&r, "push-smb")->status, RULE_PASS);
  assert_int_equal(rule(&r, "push-epmap")->status, RULE_PASS);
  assert_int_equal(rule(&r, "push-rpc-dynamic")->status, RULE_FAIL);
  assert_int_equal(stage(&r, "service"), STAGE_PASSED_BY_FALLBACK);
  assert_int_equal(stage(&r, "name-lookup"), STAGE_PASSED);
  replay_free(&r);
}

static void test_works(void **state) {
  (void)state;
  struct replay r;
  sample(&r, "samples", "push-works.pcap");
  assert_int_equal(audit_compliance(r.audit), COMPLIANT);
  assert_int_equal(r.audit->n_findings, 0);
  assert_int_equal(rule(&r, "push-wmi")->status, RULE_PASS);
  assert_int_equal(stage(&r, "service"), STAGE_PASSED);
  replay_free(&r);
}

/* WMI's port comes out of DCOM's answer, and passes. */
static void test_wmi_port(void **state) {
  (void)state;
  struct replay r;
  sample(&r, "shared", "otrf__covenant_sharpwmi_create_dcerpc_wmi_2020-08-06035621.cap");
  const struct conversation c = conversation(&r, 52419);
  assert_int_equal(c.verdict, VERDICT_PASS);
  assert_int_equal(c.service, SERVICE_WMI);
  assert_non_null(c.origin);
  assert_int_equal(c.origin->by, LEARNED_BY_OXID);
  assert_int_equal(audit_compliance(r.audit), COMPLIANT);
  replay_free(&r);
}

/* The endpoint mapper itself is silent, and the host never shows itself: named, with the stage, and not called a block
 * on silence alone. */
static void test_mapper_silent(void **state) {
  (void)state;
  struct replay r;
  sample(&r, "shared", "otrf__covenant_dcom_executeexcel4macro_blocked_2020-09-17173147.cap");
  assert_int_equal(r.audit->n_findings, 1);
  const struct finding *f = &r.audit->finding[0];
  assert_int_equal(f->verdict, VERDICT_REVIEW);
  assert_string_equal(r.audit->rule[f->rule].id, "push-epmap");
  assert_int_equal(f->citation[0].first, 102);
  assert_int_equal(f->citation[0].last, 118);
  assert_int_equal(stage(&r, "endpoint-mapper"), STAGE_TARGET_DOWN);
  assert_string_equal(r.policy->stage[r.audit->client[0].first_blocker].name, "endpoint-mapper");
  replay_free(&r);
}

static const char *const pushes[] = {
    "otrf__covenant_dcom_executeexcel4macro_blocked_2020-09-17173147.cap",
    "otrf__covenant_sharpsc_create_dcerpc_smb_svcctl_2020-08-06022635.cap",
    "otrf__covenant_sharpsc_query_dcerpc_smb_svcctl_2020-08-06012009.cap",
    "otrf__covenant_sharpwmi_create_dcerpc_wmi_2020-08-06035621.cap",
    "otrf__empire_dcom_shellwindows_WORKSTATION5_2020-09-18130751.cap",
    "otrf__empire_dcom_shellwindows_WORKSTATION6_2020-09-18130751.cap",
    "otrf__empire_msbuild_dcerpc_wmi_smb_WORKSTATION5_2020-09-20173857.cap",
    "otrf__empire_msbuild_dcerpc_wmi_smb_WORKSTATION6_2020-09-20173857.cap",
    "otrf__empire_psexec_dcerpc_tcp_svcctl_WORKSTATION5_2020-09-20121608.cap",
    "otrf__empire_psexec_dcerpc_tcp_svcctl_WORKSTATION6_2020-09-20121608.cap",
    "otrf__schtask_create_2020-12-1907003032.pcapng",
};

/* Whoever pushed is proposed as the site server, whoever was pushed to as the client, and the report says so. */
static void test_proposals(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof pushes / sizeof *pushes; i++) {
    char path[1024], text[ADDRESS_TEXT_SIZE];
    if (access(path_in(path, "shared", pushes[i]), R_OK) != 0) skip();
    struct replay r;
    assert_true(replay_run(&r, "configmgr-client", path, true));
    assert_true(r.site->proposed);
    assert_true(r.audit->n_warnings > 0);
    int server = policy_role_find(r.policy, "site_server"), client = policy_role_find(r.policy, "client");
    if (r.site->n_role_ranges[server] != 1 || r.site->n_role_ranges[client] != 1) fail_msg("%s", pushes[i]);
    assert_string_equal(address_print(text, &r.site->role[server][0].first), "172.18.39.5");
    assert_string_equal(address_print(text, &r.site->role[client][0].first), "172.18.39.6");
    replay_free(&r);
  }
}

/* The numbers of the frames that a display filter selects, as tshark sees it. */
static size_t tshark_select(const char *capture, const char *filter, unsigned *number, size_t room) {
  char command[8192];
  snprintf(command, sizeof command, "tshark -n -r '%s' -Y '%s' -T fields -e frame.number 2>/dev/null", capture, filter);
  FILE *in = popen(command, "r");
  size_t n = 0;
  while (in && n < room && fscanf(in, "%u", &number[n]) == 1) n++;
  if (in) pclose(in);
  return n;
}

static void filters_check(const struct replay *r, const char *capture) {
  for (size_t i = 0; i < r->audit->n_findings; i++) {
    const struct finding *f = &r->audit->finding[i];
    unsigned number[4096];
    size_t n = tshark_select(capture, f->display_filter, number, 4096), cited = 0;
    for (size_t k = 0; k < f->n_citations; k++) cited += f->citation[k].count;
    if (n != cited) fail_msg("%s: %s selects %zu frames, %zu are cited", capture, f->display_filter, n, cited);
    for (size_t k = 0; k < n; k++) {
      bool inside = false;
      for (size_t c = 0; c < f->n_citations; c++)
        inside |= number[k] >= f->citation[c].first && number[k] <= f->citation[c].last;
      if (!inside) fail_msg("%s: %s selects frame %u", capture, f->display_filter, number[k]);
    }
  }
}

static void test_filters(void **state) {
  (void)state;
  char path[1024];
  struct replay r;
  if (system("tshark --version >/dev/null 2>&1") != 0) skip();
  sample(&r, "samples", "push-rpc-blocked.pcap");
  assert_true(r.audit->n_findings > 0);
  filters_check(&r, path_in(path, "samples", "push-rpc-blocked.pcap"));
  replay_free(&r);
  sample(&r, "shared", "otrf__covenant_dcom_executeexcel4macro_blocked_2020-09-17173147.cap");
  filters_check(&r, path_in(path, "shared", "otrf__covenant_dcom_executeexcel4macro_blocked_2020-09-17173147.cap"));
  replay_free(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_blocked),       cmocka_unit_test(test_works),     cmocka_unit_test(test_wmi_port),
      cmocka_unit_test(test_mapper_silent), cmocka_unit_test(test_proposals), cmocka_unit_test(test_filters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
