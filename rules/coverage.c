/* How much of the audited hosts' traffic was seen, and which groups of hosts showed themselves at all. */
#include <errno.h>
#include <stdlib.h>

#include "rules/audit_internal.h"
#include "util/array.h"
#include "util/radix.h"

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

/* The talks with one server, sorted by port. */
static void host_cover(struct host_coverage *h, const struct audit_run *r, const struct radix_item *item, size_t n) {
  bool answered = false, unexpected = false;
  for (size_t i = 0; i < n; i++) {
    const struct talk *k = &r->talks.talk[item[i].value];
    const struct conversation *c = &k->c;
    if (i == 0 || item[i].low != item[i - 1].low) answered = unexpected = false, h->ports_tried++;
    if (!answered && (c->successes || (k->flags & FLOW_SERVER_ANSWERED))) answered = true, h->ports_answered++;
    if (!unexpected && c->verdict == VERDICT_UNEXPECTED_OPEN) unexpected = true, h->unexpected++;
    if (k->flags & FLOW_RETURN_VISIBLE || c->successes) h->both_ways = true;
  }
}

static bool is_audited(const struct audit_run *r, const struct address *a) {
  return match_audited(r->m, address_set_class(r->m->addresses, a));
}

static int coverage_add(struct audit_run *r, const struct host_view *v, const struct radix_item *item, size_t n) {
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
  host_cover(h, r, item, n);
  return 0;
}

/* The talks whose server is audited, by server, protocol, port. */
static int talks_by_server(const struct audit_run *r, struct radix_item **item_out, size_t *n_out) {
  size_t n = 0, capacity = 0;
  struct radix_item *item = NULL;
  if (!array_reserve((void **)&item, &capacity, r->talks.n_talks + 1, sizeof *item)) return -ENOMEM;
  for (size_t i = 0; i < r->talks.n_talks; i++) {
    const struct talk *k = &r->talks.talk[i];
    if (!match_audited(r->m, k->server_class)) continue;
    item[n++] = (struct radix_item){
        .high = k->server_place, .low = (uint32_t)k->c.proto << 16 | k->c.port, .value = (uint32_t)i};
  }
  const int rc = radix_sort(item, n);
  if (rc) {
    free(item);
    return rc;
  }
  *item_out = item;
  *n_out = n;
  return 0;
}

static const struct address *item_server(const struct audit_run *r, const struct radix_item *item) {
  return &r->talks.talk[item->value].c.server;
}

int coverage_make(struct audit_run *r) {
  struct radix_item *item = NULL;
  size_t n = 0, at = 0;
  r->a->coverage = array_new(COVERAGE_MAX, sizeof *r->a->coverage);
  int rc = r->a->coverage ? talks_by_server(r, &item, &n) : -ENOMEM;
  for (size_t i = 0; rc == 0 && i < traffic_host_count(r->a->traffic); i++) {
    bool spoke;
    const struct address address = traffic_host_address(r->a->traffic, i, &spoke);
    if (!is_audited(r, &address)) continue;
    struct host_view v;
    traffic_host_at(r->a->traffic, i, &v);
    while (at < n && address_compare(item_server(r, &item[at]), &v.address) < 0) at++;
    size_t end = at;
    while (end < n && address_equal(item_server(r, &item[end]), &v.address)) end++;
    rc = coverage_add(r, &v, item + at, end - at);
    at = end;
  }
  free(item);
  return rc;
}
