/* A small site with traffic made by hand and what the audit says of it, for tests of the judgement.
 *
 * 10.0.0.5 (cm01, 2001:db8::5) is the site server, 10.0.0.6 and .7 are management points, 10.1.0.0/16 and
 * 2001:db8:1::/112 are clients, all of the built-in policy. A test uses world_setup and world_teardown as fixtures. */
#ifndef WW_TESTS_WORLD_H
#define WW_TESTS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "rules/audit.h"
#include "tests/unit/rules/fake_traffic.h"
#include "tests/unit/rules/site_maker.h"

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58 };

struct world {
  struct policy *p;
  struct site *s;
  struct traffic *t;
  struct audit *a;
};

static inline int world_setup(void **state) {
  struct world *w = array_new(1, sizeof *w);
  w->p = policy_of("configmgr-client");
  w->s = site_new(w->p);
  w->t = fake_new();
  int server = policy_role_find(w->p, "site_server"), client = policy_role_find(w->p, "client");
  site_role_add(w->s, server, "10.0.0.5", NULL, "cm01");
  site_role_add(w->s, server, "2001:db8::5", NULL, "cm01");
  site_role_add(w->s, policy_role_find(w->p, "management_point"), "10.0.0.6", "10.0.0.7", NULL);
  site_role_add(w->s, client, "10.1.0.0", "10.1.255.255", NULL);
  site_role_add(w->s, client, "2001:db8:1::", "2001:db8:1::ffff", NULL);
  *state = w;
  return 0;
}

static inline int world_teardown(void **state) {
  struct world *w = *state;
  audit_free(w->a);
  fake_free(w->t);
  site_free(w->s);
  policy_free(w->p);
  free(w);
  return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

static inline struct flow_view *add_flow(struct world *w, const char *client, const char *server, uint8_t proto,
                                         uint16_t port, enum outcome o) {
  return fake_flow(w->t, fake_address(client), fake_address(server), proto, port, o);
}

/* Over TCP. */
static inline struct flow_view *add(struct world *w, const char *client, const char *server, uint16_t port,
                                    enum outcome o) {
  return add_flow(w, client, server, TCP, port, o);
}

static inline void run_at(struct world *w, stamp_t now) {
  struct audit_options options = {.now = now};
  audit_free(w->a);
  w->a = NULL;
  assert_int_equal(audit_run(w->p, w->s, w->t, &options, &w->a, NULL), 0);
}
static inline void run(struct world *w) { run_at(w, STAMP_NONE); }

static inline const struct rule_result *rule(const struct world *w, const char *id) {
  int i = policy_rule_find(w->p, id);
  assert_true(i >= 0);
  return &w->a->rule[i];
}

/* The one finding there is. */
static inline const struct finding *only(const struct world *w, enum verdict verdict, const char *rule_id) {
  if (w->a->n_findings != 1) fail_msg("%zu findings", w->a->n_findings);
  const struct finding *f = &w->a->finding[0];
  if (f->verdict != verdict) fail_msg("%s, not %s: %s", verdict_name(f->verdict), verdict_name(verdict), f->happened);
  assert_string_equal(f->rule >= 0 ? w->a->rule[f->rule].id : "none", rule_id);
  return f;
}

static inline void contains(const char *text, const char *part) {
  if (!text || !strstr(text, part)) fail_msg("\"%s\" is not in \"%s\"", part, text ? text : "(none)");
}

#endif
