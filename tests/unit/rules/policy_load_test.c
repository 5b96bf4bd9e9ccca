/* The built-in policy loads, whole. */
#include "rules/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct policy *load(const char *name) {
  struct policy *p = NULL;
  struct problem_list problems = {0};
  int r = policy_load(name, &p, &problems);
  for (size_t i = 0; i < problems.n; i++) print_error("%s\n", problems.line[i]);
  problem_list_free(&problems);
  assert_int_equal(r, 0);
  return p;
}

static void test_every_builtin_loads(void **state) {
  (void)state;
  for (const char *const *n = policy_builtin_names(); *n; n++) {
    struct policy *p = load(*n);
    assert_string_equal(p->name, *n);
    assert_int_equal(strlen(p->sha256), 64);
    policy_free(p);
  }
}

static void test_catalogue_particulars(void **state) {
  (void)state;
  struct policy *p = load("configmgr-client");
  const struct policy_rule *notification = &p->rule[policy_rule_find(p, "client-notification")];
  assert_int_equal((int)notification->window_s, 900);
  const struct policy_rule *fallback = &p->rule[policy_rule_find(p, "client-notification-http")];
  assert_int_equal(fallback->need, NEED_FALLBACK_FOR);
  assert_ptr_equal(&p->rule[fallback->fallback_for], notification);
  assert_true(p->service[policy_service_find(p, "wake-on-lan")].one_way);
  assert_true(p->service[policy_service_find(p, "epmap-udp")].silence_ok);
  const struct policy_service *dynamic = &p->service[policy_service_find(p, "rpc-dynamic")];
  assert_true(dynamic->learned);
  assert_int_equal(dynamic->ports[0].parameter, policy_parameter_find(p, "rpc_dynamic_ports"));
  assert_true(service_set_has(&dynamic->accepts, SERVICE_WMI));
  assert_false(service_set_has(&dynamic->accepts, SERVICE_SSH));
  assert_string_equal(p->role[p->audited_role].name, "client");
  policy_free(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_builtin_loads),
      cmocka_unit_test(test_catalogue_particulars),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
