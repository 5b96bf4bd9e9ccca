/* How much of the audited hosts' traffic was seen, and which groups of hosts showed themselves at all.
 *
 * Hosts have their classes since flows were gathered, and conversations know the place of their server among them: each
 * becomes one small record that is filed under its server, and the ports of a server are ticked off in a table. */
#include <errno.h>
#include <stdlib.h>

#include "rules/audit_internal.h"
#include "rules/gather.h"
#include "util/array.h"

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

/* One conversation with an audited server. */
struct tried {
  uint8_t proto;
  uint8_t marks; /* of enum mark */
  uint16_t port;
};

struct survey {
  struct tried *tried; /* by server */
  uint32_t *begin;     /* [host]: where those with it begin in tried; one more at the end */
  uint8_t *port;       /* [row][port]: marks so far, of the server that is looked at; all 0 between servers */
};

/* TCP and UDP have a row of ports each; the third is for protocols without ports, which stand in their place. */
enum { ROW = 1 << 16, ROWS = 3 };
static size_t port_at(const struct tried *t) {
  if (t->proto == PROTO_TCP) return t->port;
  return t->proto == PROTO_UDP ? ROW + (size_t)t->port : 2 * ROW + (size_t)t->proto;
}

static struct tried tried_of(const struct talk *k, const struct ruling *r) {
  unsigned marks = MARK_TRIED;
  if (r->successes || r->flags & FLOW_SERVER_ANSWERED) marks |= MARK_ANSWERED;
  if (r->successes || r->flags & FLOW_RETURN_VISIBLE) marks |= MARK_BOTH_WAYS;
  if (r->verdict == VERDICT_UNEXPECTED_OPEN) marks |= MARK_UNEXPECTED;
  return (struct tried){.proto = k->proto, .marks = (uint8_t)marks, .port = k->port};
}

/* Files the conversations with audited servers: what to file, and how many each server has; then each in its place. */
static int survey_file(const struct audit_run *r, struct survey *s) {
  struct filed {
    uint32_t server;
    struct tried tried;
  } *filed = array_new(r->talks.n_talks, sizeof *filed);
  size_t n = 0;
  if (!filed) return -ENOMEM;
  for (size_t i = 0; i < r->talks.n_talks; i++) {
    const struct talk *k = &r->talks.talk[i];
    const struct ruling *ruling = talk_ruling(&r->talks, k);
    if (!match_audited(r->m, ruling->server_class)) continue;
    filed[n++] = (struct filed){.server = k->server, .tried = tried_of(k, ruling)};
    s->begin[k->server + 2]++;
  }
  for (size_t i = 0; i < r->talks.n_hosts; i++) s->begin[i + 2] += s->begin[i + 1];
  for (size_t i = 0; i < n; i++) s->tried[s->begin[filed[i].server + 1]++] = filed[i].tried;
  free(filed);
  return 0;
}

static void host_cover(const struct survey *s, size_t host, struct host_coverage *h) {
  const uint32_t begin = s->begin[host], end = s->begin[host + 1];
  for (uint32_t i = begin; i < end; i++) {
    uint8_t *port = &s->port[port_at(&s->tried[i])];
    const unsigned fresh = s->tried[i].marks & ~*port;
    h->ports_tried += (fresh & MARK_TRIED) != 0;
    h->ports_answered += (fresh & MARK_ANSWERED) != 0;
    h->unexpected += (fresh & MARK_UNEXPECTED) != 0;
    h->both_ways |= (fresh & MARK_BOTH_WAYS) != 0;
    *port |= s->tried[i].marks;
  }
  for (uint32_t i = begin; i < end; i++) s->port[port_at(&s->tried[i])] = 0;
}

/* The host of this place among all, and among those that the traffic knows. */
static void coverage_add(struct audit *a, const struct survey *s, size_t host, size_t known) {
  if (a->n_coverage >= COVERAGE_MAX) {
    a->coverage_refused++;
    return;
  }
  struct host_view v;
  traffic_host_at(a->traffic, known, &v);
  struct host_coverage *h = &a->coverage[a->n_coverage++];
  *h = (struct host_coverage){
      .host = v.address, .packets = v.packets_sent + v.packets_received, .first = v.first_sent, .last = v.last_sent};
  host_cover(s, host, h);
}

int coverage_make(struct audit_run *r) {
  struct survey s = {.tried = array_new(r->talks.n_talks, sizeof *s.tried),
                     .begin = array_new(r->talks.n_hosts + 2, sizeof *s.begin),
                     .port = array_new((size_t)ROWS * ROW, sizeof *s.port)};
  r->a->coverage = array_new(COVERAGE_MAX, sizeof *r->a->coverage);
  const bool made = s.tried && s.begin && s.port && r->a->coverage && survey_file(r, &s) == 0;
  for (size_t i = 0, known = 0; made && i < r->talks.n_hosts; i++) {
    const struct gathered_host *h = &r->talks.host[i];
    if (h->odd) continue;
    if (match_audited(r->m, h->class_id)) coverage_add(r->a, &s, i, known);
    known++;
  }
  free(s.tried);
  free(s.begin);
  free(s.port);
  return made ? 0 : -ENOMEM;
}
