/* policy explain: every name of the built-in policy is explained, ports lead to their rules, unknown words to a hint.
 */
#include "rules/explain.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/rules/builtin.h"
#include "util/out.h"

static const struct {
  const char *what;
  const char *says[4]; /* all of them */
  const char * not ;   /* and not this */
} good[] = {
    {"tcp/445",
     {"Rule push-smb:", "Rule distribution-smb:", "SMB (TCP 445)", "ports-that-are-used-with-client-push"},
     "UDP 135"},
    {"udp/9", {"Rule wake-on-lan:", "One way by design"}, "Rule push"},
    {"135", {"Rule push-epmap:", "Rule push-epmap-udp:", "Rule remote-assistance-epmap:"}, "Rule client-"},
    {"tcp/135", {"Rule push-epmap:"}, "Rule push-epmap-udp:"},
    {"tcp/50115", {"Rule push-rpc-dynamic:", "49152-65535, or announced"}, "documented by no rule"},
    {"udp/50115", {"documented by no rule", "unexpected-open"}, "Rule "},
    {"icmp", {"Rule push-echo:", "Rule wake-up-echo:"}, "Rule push-smb"},
    {"client-push", {"Feature client-push:", "Installation method client-push:", "one of"}, NULL},
    {"client-notification", {"when it fails", "client-notification", "10123", "900 seconds"}, NULL},
    {"client-notification-http", {"when client-notification does not get through"}, NULL},
    {"file-and-printer-sharing", {"Windows Firewall group", "NetBIOS session (TCP 139), optional"}, NULL},
    {"management_point", {"Role management_point:", "nobody", "Is connected to:"}, NULL},
    {"http_port", {"usual: 80", "Used by service http"}, "given by the site"},
    {"source_given", {"off at this site", "manual-source-smb", "manual-http"}, NULL},
    {"smb", {"Service smb:", "Stage smb:", "wrong-protocol"}, NULL},
    {"queries-statview", {"no packet shows it", "Statview.exe"}, NULL},
};

static void test_good(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct out o;
    struct err e = {""};
    out_init(&o, NULL);
    if (policy_explain(policy, site, good[i].what, &o, &e) != 0) fail_msg("%s: %s", good[i].what, e.text);
    for (size_t k = 0; k < 4 && good[i].says[k]; k++)
      if (!strcasestr(out_str(&o), good[i].says[k]))
        fail_msg("%s lacks \"%s\":\n%s", good[i].what, good[i].says[k], out_str(&o));
    if (good[i].not &&strstr(out_str(&o), good[i].not )) fail_msg("%s says \"%s\"", good[i].what, good[i].not );
    out_close(&o);
  }
}

/* Every rule is reached, has its reference, and leaves no parameter in braces. */
static void test_every_rule(void **state) {
  (void)state;
  for (size_t i = 0; i < policy->n_rules; i++) {
    struct out o;
    struct err e;
    out_init(&o, NULL);
    assert_int_equal(policy_explain(policy, site, policy->rule[i].id, &o, &e), 0);
    assert_non_null(strstr(out_str(&o), policy->rule[i].ref));
    assert_null(strstr(out_str(&o), "_port}"));
    assert_non_null(strstr(out_str(&o), "To allow:"));
    assert_non_null(strstr(out_str(&o), "Command:"));
    out_close(&o);
  }
}

static void test_unknown(void **state) {
  (void)state;
  static const struct {
    const char *what, *hint;
  } row[] = {
      {"client-pus", "did you mean \"client-push\"?"},
      {"qqqqqqqqqqqq", "name a port"},
      {"tcp/0", "says nothing of \"tcp/0\""},
      {"tcp/65536", "says nothing"},
      {"", "says nothing"},
      {"tcp/1-5", "says nothing"},
  };
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    struct out o;
    struct err e = {""};
    out_init(&o, NULL);
    assert_int_equal(policy_explain(policy, site, row[i].what, &o, &e), -ENOENT);
    assert_int_equal(o.len, 0);
    if (!strstr(e.text, row[i].hint)) fail_msg("%s: %s", row[i].what, e.text);
    out_close(&o);
  }
}

/* With a site: its ports, hosts, switches and allow entries. */
static void test_site(void **state) {
  (void)state;
  static const struct {
    const char *what, *says;
  } row[] = {
      {"tcp/9100", "monitoring: allowed by this site: Node exporter"},
      {"icmp", "monitoring: allowed by this site"},
      {"tcp/9443", "Rule web-app:"},
      {"tcp/8443", "documented by no rule of webshop and by no allow entry of this site"},
      {"udp/9100", "from a host with a role"},
      {"web", "10.20.1.0/28, 2001:db8:20:1::/64"},
      {"app_port", "9443 (given by the site); usual: 8443"},
      {"central_logs", "on at this site"},
      {"logs", "in force"},
      {"order", "Step 1, one of"},
      {"names", "Load balancer or Web server or Application server"},
  };
  char path[4096];
  struct policy *p = NULL;
  struct site *s = NULL;
  struct problem_list problems = {0};
  snprintf(path, sizeof path, "%s/samples/webshop.site.json", getenv("WW_SOURCE"));
  if (site_load(path, &p, &s, &problems) < 0) fail_msg("%s", problems.line[0]);
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    struct out o;
    struct err e = {""};
    out_init(&o, NULL);
    if (policy_explain(p, s, row[i].what, &o, &e) != 0) fail_msg("%s: %s", row[i].what, e.text);
    if (!strstr(out_str(&o), row[i].says)) fail_msg("%s lacks \"%s\":\n%s", row[i].what, row[i].says, out_str(&o));
    out_close(&o);
  }
  policy_free(p);
  site_free(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_good),
      cmocka_unit_test(test_every_rule),
      cmocka_unit_test(test_unknown),
      cmocka_unit_test(test_site),
  };
  return cmocka_run_group_tests(tests, builtin_load, builtin_drop);
}
