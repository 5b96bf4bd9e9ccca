/* What a good site file becomes, what it brings along, and what is worth a note. */
#include "rules/site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "rules/site_load_internal.h"
#include "rules/site_text.h"

struct loaded {
  struct policy *policy;
  struct site *site;
};

static struct loaded load(const char *text) {
  struct loaded l = {NULL, NULL};
  struct problem_list problems = {0};
  struct json_doc *doc = NULL;
  int r = json_doc_parse("site.json", text, strlen(text), &doc, &problems);
  if (r == 0) r = site_load_doc(doc, &l.policy, &l.site, &problems);
  if (r < 0) fail_msg("%s", problems.n ? problems.line[0] : "no problem named");
  json_doc_free(doc);
  return l;
}

static void drop(struct loaded *l) {
  policy_free(l->policy);
  site_free(l->site);
}

static const char example[] =
    "\xef\xbb\xbf// Notepad's byte order mark is fine\n"
    "{ \"policy\": \"configmgr-client\", \"site\": \"P01 Amsterdam\",\r\n"
    "  \"roles\": { \"site_server\": \"10.10.1.5\", \"management_point\": [\"10.10.1.6\", \"mp02=10.10.1.7\"],\n"
    "    \"client\": [\"10.10.2.0/24\", \"pc5=10.10.2.5\", \"10.10.3.7-10.10.3.9\", \"2001:db8::/64\"] },\n"
    "  \"features\": [\"client-push\"],\n"
    "  \"parameters\": { \"http_port\": 8080, \"rpc_dynamic_ports\": \"5000-5999\" },\n"
    "  \"switches\": [\"source_given\"],\n"
    "  \"allow\": [ { \"id\": \"backup\", \"from\": \"client\", \"to\": [\"10.10.9.4\"], \"tcp\": [9102, "
    "\"9200-9299\"],\n"
    "               \"icmp_echo\": true, \"why\": \"Bacula\" }, // note\n"
    "             { \"id\": \"any-ntp\", \"from\": \"any\", \"to\": \"10.10.9.1\", \"udp\": 123, \"why\": \"Time // "
    "all\" } ],\n"
    "  \"waivers\": [ { \"rule\": \"remote-control\", \"reason\": \"replaced\", \"ticket\": \"CHG0041\",\n"
    "                 \"expires\": \"2027-03-31\" }, { \"rule\": \"backup\", \"reason\": \"ours\" } ],\n"
    "  \"up\": [ \"10.10.3.7\", { \"hosts\": [\"pc5\", \"site_server\"], \"reason\": \"seen at the desk\" }, "
    "\"client\" ] }";

static void test_example(void **state) {
  (void)state;
  struct loaded l = load(example);
  const struct policy *p = l.policy;
  const struct site *s = l.site;
  int client = policy_role_find(p, "client");
  assert_string_equal(s->name, "P01 Amsterdam");
  assert_int_equal(s->n_role_ranges[client], 4);
  assert_string_equal(s->role[client][1].name, "pc5");
  assert_int_equal(s->role[client][0].last.octet[3], 255);
  assert_int_equal(s->n_role_ranges[policy_role_find(p, "site_server")], 1);
  assert_int_equal(s->parameter[policy_parameter_find(p, "http_port")].first, 8080);
  assert_int_equal(s->parameter[policy_parameter_find(p, "https_port")].first, 443);
  assert_true(s->parameter_given[policy_parameter_find(p, "http_port")]);
  assert_false(s->parameter_given[policy_parameter_find(p, "https_port")]);
  assert_int_equal(s->allow[0].from.role, client);
  assert_int_equal(s->allow[0].to.role, SITE_END_RANGES);
  assert_int_equal(s->allow[0].n_tcp, 2);
  assert_int_equal(s->allow[1].from.role, SITE_END_ANY);
  assert_string_equal(s->allow[1].why, "Time // all");
  assert_int_equal(s->allow[1].udp[0].first, 123);
  stamp_t last_moment;
  assert_true(stamp_parse("2027-03-31 23:59:59.999999999", &last_moment));
  assert_true(s->waiver[0].expires.ns == last_moment.ns);
  assert_false(stamp_known(s->waiver[1].expires));
  assert_int_equal(s->n_ups, 2); /* those without a reason together */
  assert_null(s->up[0].reason);
  assert_true(s->up[0].roles == UINT64_C(1) << client);
  assert_int_equal(s->up[0].n_ranges, 1);
  assert_string_equal(s->up[1].reason, "seen at the desk");
  assert_true(s->up[1].roles == UINT64_C(1) << policy_role_find(p, "site_server"));
  assert_string_equal(s->up[1].range[0].name, "pc5");
  assert_int_equal(s->up[1].range[0].first.octet[3], 5);
  drop(&l);
}

/* A name stands for every address that the roles give it, once, however many roles the host plays. */
static void test_named_hosts_up(void **state) {
  (void)state;
  struct loaded l = load(
      "{\"policy\":\"configmgr-client\",\"roles\":{\"client\":[\"a=10.1.1.1\",\"a=2001:db8::1\",\"b=10.1.1.2\"],"
      "\"console\":[\"a=10.1.1.1\"]},\"up\":[\"a\",\"a\"]}");
  const struct site_up *up = &l.site->up[0];
  assert_int_equal(l.site->n_ups, 1);
  assert_int_equal(up->n_ranges, 2);
  assert_int_equal(up->range[0].first.family, 4);
  assert_int_equal(up->range[1].first.family, 6);
  struct out o;
  out_init(&o, NULL);
  site_up_print(l.policy, up, &o);
  assert_string_equal(out_str(&o), "a");
  out_close(&o);
  drop(&l);
  l = load("{\"policy\":\"configmgr-client\",\"roles\":{},\"up\":\"10.1.0.0/16\"}");
  assert_int_equal(l.site->up[0].n_ranges, 1);
  drop(&l);
}

static void test_what_is_in_force(void **state) {
  (void)state;
  struct loaded l = load(example);
  static const struct {
    const char *rule;
    bool asked, applies;
  } expected[] = {
      {"push-smb", true, true},
      {"fallback-status-http", true, false}, /* comes with client push; its switch is off */
      {"remote-control", false, true},
      {"manual-source-smb", false, true},
      {"manual-http", false, false}, /* unless source_given */
  };
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    int rule = policy_rule_find(l.policy, expected[i].rule);
    assert_true(rule >= 0);
    if (rule_asked_for(l.policy, l.site, rule) != expected[i].asked ||
        rule_applies(l.policy, l.site, rule) != expected[i].applies)
      fail_msg("%s", expected[i].rule);
  }
  drop(&l);
}

static void test_everything_is_asked_for_by_default(void **state) {
  (void)state;
  struct loaded l = load("{\"policy\":\"configmgr-client\",\"roles\":{}}");
  for (size_t i = 0; i < l.policy->n_features; i++) assert_true(l.site->feature[i]);
  drop(&l);
}

static void expect_note(const struct problem_list *notes, const char *text, bool there) {
  bool found = false;
  for (size_t i = 0; i < notes->n; i++) found = found || strstr(notes->line[i], text);
  if (found != there) fail_msg("%s%s", there ? "missing: " : "not expected: ", text);
}

static void test_notes(void **state) {
  (void)state;
  struct loaded l = load(example);
  struct problem_list before = {0}, after = {0}, timeless = {0};
  stamp_t last_day, next_day;
  assert_true(stamp_parse("2027-03-31 12:00", &last_day) && stamp_parse("2027-04-01", &next_day));
  assert_true(site_notes(l.policy, l.site, last_day, &before));
  assert_true(site_notes(l.policy, l.site, next_day, &after));
  assert_true(site_notes(l.policy, l.site, STAMP_NONE, &timeless));
  expect_note(&before, "expired", false);
  expect_note(&timeless, "expired", false);
  expect_note(&after, "waivers[0]: the waiver of \"remote-control\" expired on 2027-03-31 and counts as none", true);
  expect_note(&after, "roles.console", false); /* nothing in force needs one */
  expect_note(&after, "roles.fallback_status_point", false);
  problem_list_free(&before);
  problem_list_free(&after);
  problem_list_free(&timeless);
  drop(&l);
  l = load("{\"policy\":\"configmgr-client\",\"roles\":{\"client\":\"10.1.1.1\"}}");
  assert_true(site_notes(l.policy, l.site, STAMP_NONE, &after));
  expect_note(&after, "roles.console: no host plays", true);
  expect_note(&after, "roles.client", false);
  problem_list_free(&after);
  drop(&l);
}

/* Roles may overlap; what is likely a slip is said. */
static void test_notes_on_overlaps(void **state) {
  (void)state;
  struct problem_list notes = {0};
  struct loaded l = load(
      "{\"policy\":\"configmgr-client\",\"roles\":{\"client\":[\"10.1.0.0/16\",\"10.9.0.9\",\"2001:db8::/64\"],"
      "\"site_server\":[\"cm01=10.1.0.5\",\"10.2.0.5\"],\"management_point\":[\"mp=10.1.0.5\",\"2001:db8::6\",\"10.9.0."
      "9\"],"
      "\"console\":[\"10.1.2.0/24\"]}}");
  assert_true(site_notes(l.policy, l.site, STAMP_NONE, &notes));
  expect_note(&notes,
              "roles.site_server: \"cm01=10.1.0.5\" lies in \"10.1.0.0/16\" of roles.client, too: its open ports",
              true);
  expect_note(&notes, "roles.management_point: \"mp=10.1.0.5\" (and 1 more) lies in \"10.1.0.0/16\"", true);
  expect_note(&notes, "roles.console: \"", false);
  expect_note(&notes, "roles: 10.1.0.5 is called both \"cm01\" and \"mp\"; reports show \"cm01\"", true);
  problem_list_free(&notes);
  drop(&l);
}

static void test_texts_take_the_sites_ports(void **state) {
  (void)state;
  struct loaded l = load(example);
  static const struct {
    const char *text, *expected;
  } row[] = {
      {"Open {http_port} and {rpc_dynamic_ports}.", "Open 8080 and 5000-5999."},
      {"{https_port}", "443"},
      {"-RemoteAddress {management_point}", "-RemoteAddress 10.10.1.6,10.10.1.7"},
      {"-RemoteAddress {console}", "-RemoteAddress Any"},
      {"{client}", "10.10.2.0/24,10.10.2.5,10.10.3.7-10.10.3.9,2001:db8::/64"},
      {"Where-Object { $_.Enabled } {nothing} {", "Where-Object { $_.Enabled } {nothing} {"},
      {"{{http_port}}", "{8080}"},
      {"", ""},
  };
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    struct out o;
    out_init(&o, NULL);
    site_text_print(l.policy, l.site, row[i].text, &o);
    assert_string_equal(out_str(&o), row[i].expected);
    out_close(&o);
  }
  static const struct {
    const char *service, *expected;
  } service[] = {
      {"smb", "SMB (TCP 445)"},
      {"http", "HTTP (TCP 8080)"},
      {"rpc-dynamic", "RPC on a dynamic port (TCP 5000-5999, or announced)"},
      {"wmi", "WMI on a dynamic port (TCP port that was announced)"},
      {"wsus-http", "WSUS over HTTP (TCP 8530, 80)"},
      {"icmp-echo", "ICMP echo"},
  };
  for (size_t i = 0; i < sizeof service / sizeof *service; i++) {
    struct out o;
    out_init(&o, NULL);
    site_service_print(l.policy, l.site, policy_service_find(l.policy, service[i].service), &o);
    assert_string_equal(out_str(&o), service[i].expected);
    out_close(&o);
  }
  drop(&l);
}

/* A policy beside the site file is found from anywhere. */
static void test_policy_beside_the_site_file(void **state) {
  (void)state;
  char path[4096];
  struct policy *p = NULL;
  struct site *s = NULL;
  struct problem_list problems = {0};
  snprintf(path, sizeof path, "%s/samples/webshop.site.json", getenv("WW_SOURCE"));
  assert_int_equal(chdir("/"), 0);
  if (site_or_policy_load(path, &p, &s, &problems) < 0) fail_msg("%s", problems.line[0]);
  assert_string_equal(p->name, "webshop");
  assert_string_equal(s->policy_name, "webshop.policy.json");
  policy_free(p);
  site_free(s);
}

/* 10,000 rules and 100,000 addresses: nothing here is quadratic, or this would take minutes. */
static void test_large(void **state) {
  (void)state;
  char folder[] = "/tmp/ww-large-XXXXXX";
  assert_non_null(mkdtemp(folder));
  assert_int_equal(chdir(folder), 0);
  FILE *f = fopen("big.policy.json", "w");
  assert_non_null(f);
  fputs("{\"name\":\"big\",\"features\":{\"f\":{}},\"roles\":{\"r0\":\"Role\"", f);
  for (int i = 1; i < POLICY_ROLES_MAX; i++) fprintf(f, ",\"r%d\":\"Role\"", i);
  fputs("},\"services\":{\"s0\":{\"transport\":\"tcp\",\"ports\":[1]}", f);
  for (int i = 1; i < 2000; i++) fprintf(f, ",\"s%d\":{\"transport\":\"tcp\",\"ports\":[%d]}", i, i + 1);
  fputs("},\"rules\":[", f);
  for (int i = 0; i < 10000; i++)
    fprintf(f, "%s{\"id\":\"rule-%d\",\"feature\":\"f\",\"from\":\"r%d\",\"to\":\"r%d\",\"service\":\"s%d\"}",
            i ? ",\n" : "", i, i % 64, i * 7 % 64, i % 2000);
  fputs("]}", f);
  fclose(f);
  f = fopen("big.site.json", "w");
  assert_non_null(f);
  fputs("{\"policy\":\"big.policy.json\",\"roles\":{", f);
  for (int role = 0; role < 10; role++) {
    fprintf(f, "%s\"r%d\":[", role ? ",\n" : "", role);
    for (int i = 0; i < 10000; i++) fprintf(f, "%s\"10.%d.%d.%d\"", i ? "," : "", role, i / 256, i % 256);
    fputs("]", f);
  }
  fputs("}}", f);
  fclose(f);
  struct policy *p = NULL;
  struct site *s = NULL;
  struct problem_list problems = {0};
  if (site_load("big.site.json", &p, &s, &problems) < 0) fail_msg("%s", problems.line[0]);
  assert_int_equal(p->n_rules, 10000);
  policy_free(p);
  site_free(s);
  unlink("big.policy.json");
  unlink("big.site.json");
  assert_int_equal(chdir("/"), 0);
  rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_example),
      cmocka_unit_test(test_named_hosts_up),
      cmocka_unit_test(test_what_is_in_force),
      cmocka_unit_test(test_everything_is_asked_for_by_default),
      cmocka_unit_test(test_notes),
      cmocka_unit_test(test_notes_on_overlaps),
      cmocka_unit_test(test_texts_take_the_sites_ports),
      cmocka_unit_test(test_policy_beside_the_site_file),
      cmocka_unit_test(test_large),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
