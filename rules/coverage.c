/* How much of the audited hosts' traffic was seen, and which groups of hosts showed themselves at all.
 *
 * Hosts have their classes since flows were gathered. Talks of two hosts stand together: such runs are sorted by their
 * server, and the ports of one server after the other are ticked off in a table. */
#include <errno.h>
#include <stdlib.h>

#include "rules/audit_internal.h"
#include "rules/gather.h"
#include "util/array.h"
#include "util/radix.h"

static void groups_mark(struct audit_run *r, const bool *classes_seen, uint32_t n_classes, uint32_t n_groups) {
  for (uint32_t c = 0; c < n_classes; c++)
    for (uint32_t g = 0; classes_seen[c] && g < n_groups; g++)
      if (address_class_has(r->m->addresses, c, g)) r->group_seen[g] = true;
}

int hosts_count(struct audit_run *r) {
  uint32_t n_classes = address_set_classes(r->m->addresses), n_groups = address_set_groups(r->m->addresses);
  bool *classes_seen = array_new(n_classes, sizeof *classes_seen); /* a host of it spoke */
  r->group_seen = array_new(n_groups, sizeof *r->group_seen);
  if (!classes_seen || !r->group_seen) {
    free(classes_seen);
    return -ENOMEM;
  }
  r->a->hosts_seen = traffic_host_count(r->a->traffic);
  for (size_t i = 0, known = 0; i < r->talks.n_hosts; i++) {
    const uint32_t c = r->talks.host[i].class_id;
    if (r->talks.host[i].odd) continue;
    if (address_class_has_below(r->m->addresses, c, r->m->n_roles)) r->a->hosts_audited++;
    if (match_audited(r->m, c)) r->audited_seen = true;
    if (!classes_seen[c]) traffic_host_address(r->a->traffic, known, &classes_seen[c]);
    known++;
  }
  groups_mark(r, classes_seen, n_classes, n_groups);
  free(classes_seen);
  return 0;
}

enum mark { MARK_TRIED = 1, MARK_ANSWERED = 2, MARK_UNEXPECTED = 4, MARK_BOTH_WAYS = 8 };

struct survey {
  const struct talks *talks;
  uint8_t *marks;         /* [ruling]: marks that its talks make; 0 = nobody audits their server */
  struct radix_item *run; /* talks of one client with one audited server. high: server; from talk low on, up to value */
  size_t n, capacity;
  uint8_t *port; /* [row][port]: marks so far, of the server that is looked at; all 0 between servers */
};

/* TCP and UDP have a row of ports each; the third is for protocols without ports, which stand in their place. */
enum { ROW = 1 << 16, ROWS = 3 };
static size_t port_at(const struct talk *k) {
  if (k->proto == PROTO_TCP) return k->port;
  return k->proto == PROTO_UDP ? ROW + (size_t)k->port : 2 * ROW + (size_t)k->proto;
}

static uint8_t ruling_marks(const struct matcher *m, const struct ruling *r) {
  unsigned marks = MARK_TRIED;
  if (!match_audited(m, r->server_class)) return 0;
  if (r->successes || r->flags & FLOW_SERVER_ANSWERED) marks |= MARK_ANSWERED;
  if (r->successes || r->flags & FLOW_RETURN_VISIBLE) marks |= MARK_BOTH_WAYS;
  if (r->verdict == VERDICT_UNEXPECTED_OPEN) marks |= MARK_UNEXPECTED;
  return (uint8_t)marks;
}

/* The runs with audited servers, by server. */
static int survey_make(const struct matcher *m, struct survey *s) {
  const struct talks *talks = s->talks;
  s->marks = array_new(talks->n_rulings, sizeof *s->marks);
  s->port = array_new((size_t)ROWS * ROW, sizeof *s->port);
  if (!s->marks || !s->port) return -ENOMEM;
  for (size_t i = 0; i < talks->n_rulings; i++) s->marks[i] = ruling_marks(m, &talks->ruling[i]);
  for (size_t at = 0, end; at < talks->n_talks; at = end) {
    const uint32_t server = talks->talk[at].server;
    end = talks_run_end(talks, at);
    if (!match_audited(m, talks->host[server].class_id)) continue;
    struct radix_item *run = ARRAY_PUSH(s->run, s->n, s->capacity);
    if (!run) return -ENOMEM;
    *run = (struct radix_item){.high = server, .low = (uint32_t)at, .value = (uint32_t)end};
  }
  return radix_sort(s->run, s->n);
}

static void survey_free(struct survey *s) {
  free(s->marks);
  free(s->run);
  free(s->port);
}

static void run_cover(const struct survey *s, const struct radix_item *run, struct host_coverage *h) {
  for (uint32_t i = run->low; i < run->value; i++) {
    const unsigned marks = s->marks[s->talks->ruled[i]];
    uint8_t *port = &s->port[port_at(&s->talks->talk[i])];
    const unsigned fresh = marks & ~(unsigned)*port;
    h->ports_tried += (fresh & MARK_TRIED) != 0;
    h->ports_answered += (fresh & MARK_ANSWERED) != 0;
    h->unexpected += (fresh & MARK_UNEXPECTED) != 0;
    h->both_ways |= (fresh & MARK_BOTH_WAYS) != 0;
    *port |= (uint8_t)marks;
  }
}

/* The n runs of one host. */
static void host_cover(const struct survey *s, const struct radix_item *run, size_t n, struct host_coverage *h) {
  for (size_t i = 0; i < n; i++) run_cover(s, &run[i], h);
  for (size_t i = 0; i < n; i++)
    for (uint32_t k = run[i].low; k < run[i].value; k++) s->port[port_at(&s->talks->talk[k])] = 0;
}

/* The next host, of this place among those that the traffic knows; NULL: there is no room for it. */
static struct host_coverage *coverage_add(struct audit *a, size_t known) {
  if (a->n_coverage >= COVERAGE_MAX) {
    a->coverage_refused++;
    return NULL;
  }
  struct host_view v;
  traffic_host_at(a->traffic, known, &v);
  struct host_coverage *h = &a->coverage[a->n_coverage++];
  *h = (struct host_coverage){
      .host = v.address, .packets = v.packets_sent + v.packets_received, .first = v.first_sent, .last = v.last_sent};
  return h;
}

int coverage_make(struct audit_run *r) {
  struct survey s = {.talks = &r->talks};
  r->a->coverage = array_new(COVERAGE_MAX, sizeof *r->a->coverage);
  const bool made = r->a->coverage && survey_make(r->m, &s) == 0;
  for (size_t i = 0, known = 0, run = 0; made && i < r->talks.n_hosts; i++) {
    const size_t first = run;
    while (run < s.n && s.run[run].high == i) run++;
    if (r->talks.host[i].odd) continue;
    struct host_coverage *h = match_audited(r->m, r->talks.host[i].class_id) ? coverage_add(r->a, known) : NULL;
    if (h) host_cover(&s, s.run + first, run - first, h);
    known++;
  }
  survey_free(&s);
  return made ? 0 : -ENOMEM;
}
