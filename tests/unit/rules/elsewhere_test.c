/* A service on another port than the site file says is named with the parameter that was forgotten. */
#include "rules/elsewhere.h"

#include "tests/unit/rules/world.h"

static const char client[] = "10.1.0.1", point[] = "10.0.0.6";

static struct flow_view *speaks(struct world *w, const char *from, const char *to, uint16_t port, enum service s) {
  struct flow_view *v = add(w, from, to, port, OUTCOME_ESTABLISHED);
  v->app.service = s, v->app.service_by = SERVICE_BY_DPI;
  return v;
}

static void expect(struct world *w, size_t n, const char *first) {
  run(w);
  if (w->a->n_warnings != n) fail_msg("%zu warnings: %s", w->a->n_warnings, w->a->n_warnings ? w->a->warning[0] : "");
  if (n) contains(w->a->warning[0], first);
}

static void test_http_moved(void **state) {
  struct world *w = *state;
  for (int i = 0; i < 9; i++) speaks(w, client, point, 8080, SERVICE_HTTP);
  expect(w, 1,
         "HTTP was seen on TCP 8080 (from 10.1.0.1 to 10.0.0.6), where no rule expects it, and not on the port of "
         "push-http: if that is the port here, set the parameter http_port.");
}

static void test_both_moved(void **state) {
  struct world *w = *state;
  speaks(w, client, point, 8080, SERVICE_HTTP);
  speaks(w, "10.1.0.2", "10.0.0.7", 8443, SERVICE_TLS);
  expect(w, 2, "http_port");
  contains(w->a->warning[1], "HTTPS was seen on TCP 8443 (from 10.1.0.2 to 10.0.0.7)");
  contains(w->a->warning[1], "set the parameter https_port.");
}

/* Told by the file, nothing is left to say. */
static void test_parameter_set(void **state) {
  struct world *w = *state;
  int parameter = policy_parameter_find(w->p, "http_port");
  w->s->parameter[parameter] = (struct port_range){8080, 8080};
  speaks(w, client, point, 8080, SERVICE_HTTP);
  expect(w, 0, NULL);
}

static void test_nothing_to_say(void **state) {
  struct world *w = *state;
  static const struct {
    const char *from, *to;
    uint16_t port;
    enum service service;
    enum service_by by;
  } row[] = {
      {"10.1.0.1", "10.0.0.6", 8080, SERVICE_HTTP, SERVICE_BY_PORT},  /* only the number says so */
      {"10.1.0.1", "10.0.0.6", 8080, SERVICE_SSH, SERVICE_BY_DPI},    /* another protocol */
      {"10.0.0.6", "10.0.0.5", 8080, SERVICE_HTTP, SERVICE_BY_DPI},   /* no rule joins these roles so */
      {"10.1.0.1", "192.0.2.80", 8080, SERVICE_HTTP, SERVICE_BY_DPI}, /* to somebody in no role */
      {"10.9.0.1", "10.0.0.6", 8080, SERVICE_HTTP, SERVICE_BY_DPI},   /* by somebody in no role */
  };
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    w->t->n_flows = 0;
    speaks(w, row[i].from, row[i].to, row[i].port, row[i].service)->app.service_by = row[i].by;
    add(w, client, "10.0.0.5", 9999, OUTCOME_ESTABLISHED);
    expect(w, 0, NULL);
  }
}

/* The rule, or another of its choice, is used on its own port: what else runs there is another matter. */
static void test_used_where_it_belongs(void **state) {
  struct world *w = *state;
  speaks(w, client, point, 8080, SERVICE_HTTP);
  speaks(w, client, point, 443, SERVICE_TLS);
  expect(w, 0, NULL);
  w->t->flow[1].server_port = 80, w->t->flow[1].app.service = SERVICE_HTTP;
  expect(w, 0, NULL);
}

/* However many ports are tried, memory stays what it is and the first are told. */
static void test_many_ports(void **state) {
  struct world *w = *state;
  for (uint16_t i = 0; i < 3000; i++) speaks(w, client, point, (uint16_t)(20000 + i), SERVICE_HTTP);
  run(w);
  assert_in_range(w->a->n_warnings, 1, ELSEWHERE_MAX);
  contains(w->a->warning[0], "TCP 20000");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(test_http_moved),
      CASE(test_both_moved),
      CASE(test_parameter_set),
      CASE(test_nothing_to_say),
      CASE(test_used_where_it_belongs),
      CASE(test_many_ports),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
