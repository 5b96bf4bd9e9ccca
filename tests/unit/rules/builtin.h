/* The built-in policy with a site that changes nothing, for tests that only look at them: fixtures of a whole group. */
#ifndef WW_TESTS_BUILTIN_H
#define WW_TESTS_BUILTIN_H

#include "tests/unit/rules/site_maker.h"

static struct policy *policy;
static struct site *site;

static int builtin_load(void **state) {
  (void)state;
  policy = policy_of("configmgr-client");
  site = site_new(policy);
  return site ? 0 : -1;
}

static int builtin_drop(void **state) {
  (void)state;
  site_free(site);
  policy_free(policy);
  return 0;
}

#endif
