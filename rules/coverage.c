/* How much of the audited hosts' traffic was seen, and which groups of hosts showed themselves at all. */
#include <errno.h>
#include <stdlib.h>

#include "rules/audit_internal.h"
#include "util/array.h"

static void groups_mark(struct audit_run *r, const uint32_t *classes_seen, uint32_t n_classes, uint32_t n_groups) {
  for (uint32_t c = 0; c < n_classes; c++)
    for (uint32_t g = 0; classes_seen[c] && g < n_groups; g++)
      if (address_class_has(r->m->addresses, c, g)) r->group_seen[g] = true;
}

int hosts_count(struct audit_run *r) {
  uint32_t n_classes = address_set_classes(r->m->addresses), n_groups = address_set_groups(r->m->addresses);
  uint32_t *classes_seen = array_new(n_classes, sizeof *classes_seen);
  r->group_seen = array_new(n_groups, sizeof *r->group_seen);
  if (!classes_seen || !r->group_seen) {
    free(classes_seen);
    return -ENOMEM;
  }
  size_t n = traffic_host_count(r->a->traffic);
  r->a->hosts_seen = n;
  for (size_t i = 0; i < n; i++) {
    bool spoke;
    const struct address address = traffic_host_address(r->a->traffic, i, &spoke);
    uint32_t c = address_set_class(r->m->addresses, &address);
    if (address_class_has_below(r->m->addresses, c, r->m->n_roles)) r->a->hosts_audited++;
    if (match_audited(r->m, c)) r->audited_seen = true;
    if (spoke) classes_seen[c] = 1;
  }
  groups_mark(r, classes_seen, n_classes, n_groups);
  free(classes_seen);
  return 0;
}

static int by_server(const void *a, const void *b) {
  const struct talk *x = *(const struct talk *const *)a, *y = *(const struct talk *const *)b;
  int by = address_compare(&x->c.server, &y->c.server);
  if (!by) by = x->c.proto - y->c.proto;
  return by ? by : x->c.port - y->c.port;
}

/* The talks with one server, sorted by port. */
static void host_cover(struct host_coverage *h, const struct talk *const *talk, size_t n) {
  bool answered = false, unexpected = false;
  for (size_t i = 0; i < n; i++) {
    const struct conversation *c = &talk[i]->c;
    bool new_port = i == 0 || c->port != talk[i - 1]->c.port || c->proto != talk[i - 1]->c.proto;
    if (new_port) answered = unexpected = false, h->ports_tried++;
    if (!answered && (c->successes || (talk[i]->flags & FLOW_SERVER_ANSWERED))) answered = true, h->ports_answered++;
    if (!unexpected && c->verdict == VERDICT_UNEXPECTED_OPEN) unexpected = true, h->unexpected++;
    if (talk[i]->flags & FLOW_RETURN_VISIBLE || c->successes) h->both_ways = true;
  }
}

static bool is_audited(const struct audit_run *r, const struct address *a) {
  return match_audited(r->m, address_set_class(r->m->addresses, a));
}

static int coverage_add(struct audit_run *r, const struct host_view *v, const struct talk *const *talk, size_t n) {
  struct audit *a = r->a;
  if (a->n_coverage >= COVERAGE_MAX) {
    a->coverage_refused++;
    return 0;
  }
  struct host_coverage *h = &a->coverage[a->n_coverage++];
  *h = (struct host_coverage){.host = v->address,
                              .packets = v->packets_sent + v->packets_received,
                              .first = v->first_sent,
                              .last = v->last_sent};
  host_cover(h, talk, n);
  return 0;
}

int coverage_make(struct audit_run *r) {
  const struct talk **order = array_new(r->talks.n_talks, sizeof *order);
  r->a->coverage = array_new(COVERAGE_MAX, sizeof *r->a->coverage);
  int rc = order && r->a->coverage ? 0 : -ENOMEM;
  size_t n = 0, at = 0;
  for (size_t i = 0; rc == 0 && i < r->talks.n_talks; i++)
    if (match_audited(r->m, r->talks.talk[i].server_class)) order[n++] = &r->talks.talk[i];
  if (n) qsort(order, n, sizeof *order, by_server);
  for (size_t i = 0; rc == 0 && i < traffic_host_count(r->a->traffic); i++) {
    bool spoke;
    const struct address address = traffic_host_address(r->a->traffic, i, &spoke);
    if (!is_audited(r, &address)) continue;
    struct host_view v;
    traffic_host_at(r->a->traffic, i, &v);
    while (at < n && address_compare(&order[at]->c.server, &v.address) < 0) at++;
    size_t end = at;
    while (end < n && address_equal(&order[end]->c.server, &v.address)) end++;
    rc = coverage_add(r, &v, order + at, end - at);
    at = end;
  }
  free(order);
  return rc;
}
