/* A flow between a host that plays a role and one that plays none is out of scope: nothing would be said of a client
 * whose network the site file forgot. So each such flow is asked: would a rule in force be about it if the host played
 * the audited role? Only rules that are required count, with few ports and the audited role at one end alone.
 *
 * One such flow means little (everybody asks a web server), several services mean much. A domain controller looks like
 * a client from the site server, which uses SMB and RPC with it: whoever serves Kerberos or LDAP is left out. */
#include "rules/stranger.h"

#include <errno.h>
#include <stdlib.h>

#include "util/array.h"

enum { PORT_KERBEROS = 88, PORT_LDAP = 389, PORT_LDAPS = 636, FEW_PORTS = 16 };

void strangers_init(struct strangers *s, const struct matcher *m) {
  *s = (struct strangers){0};
  int role = m->policy->audited_role;
  if (role < 0 || m->site->proposed) return;
  for (uint32_t c = address_set_classes(m->addresses); c-- > 1;)
    if (address_class_low(m->addresses, c) == UINT64_C(1) << role) s->audited_class = c;
}

void strangers_free(struct strangers *s) { free(s->host); }

static struct stranger *stranger_at(struct strangers *s, uint32_t number) {
  if (!array_reserve((void **)&s->host, &s->capacity, (size_t)number + 1, sizeof *s->host)) return NULL;
  while (s->n <= number) s->host[s->n++] = (struct stranger){0};
  return &s->host[number];
}

static bool is_directory(const struct stranger_flow *f) {
  return f->transport != TRANSPORT_ICMP_ECHO &&
         (f->port == PORT_KERBEROS || f->port == PORT_LDAP || f->port == PORT_LDAPS);
}

static bool entry_tells(const struct matcher *m, const struct match_entry *e, bool stranger_serves) {
  const uint64_t audited = UINT64_C(1) << m->policy->audited_role;
  const struct match_rule *rule = &m->rule[e->rule];
  const struct match_end *near = stranger_serves ? &e->from : &e->to, *far = stranger_serves ? &e->to : &e->from;
  unsigned ports = 0;
  for (uint32_t i = 0; i < e->n_ranges; i++)
    ports += (unsigned)(m->range[e->range + i].last - m->range[e->range + i].first) + 1;
  return rule->in_force && rule->required && rule->policy_rule >= 0 && !e->learned && !e->optional &&
         ports <= FEW_PORTS && (far->roles & audited) && !(near->roles & audited);
}

/* The service that the flow would be, -1 = none. *rc_out: negative when memory is out. */
static int32_t service_if(const struct strangers *s, const struct matcher *m, struct match_memo *memo,
                          const struct stranger_flow *f, bool stranger_serves, int *rc_out) {
  struct match_query q = {.client_class = stranger_serves ? f->client_class : s->audited_class,
                          .server_class = stranger_serves ? s->audited_class : f->server_class,
                          .transport = f->transport,
                          .port = f->port};
  uint32_t set;
  size_t n;
  *rc_out = match_find(memo, &q, &set) ? 0 : -ENOMEM;
  if (*rc_out) return -1;
  const uint32_t *entry = match_set(memo, set, &n);
  for (size_t i = 0; i < n; i++)
    if (entry_tells(m, &m->entry[entry[i]], stranger_serves)) return m->entry[entry[i]].service;
  return -1;
}

bool stranger_plays(const struct matcher *m, uint32_t class_id) {
  return class_id && address_class_has_below(m->addresses, class_id, m->n_roles);
}

int stranger_note(struct strangers *s, const struct matcher *m, struct match_memo *memo,
                  const struct stranger_flow *f) {
  if (!s->audited_class || f->server_class == MATCH_CLASS_GROUP || f->transport >= TRANSPORT_COUNT) return 0;
  const bool client = stranger_plays(m, f->client_class), serves = client;
  if (client == stranger_plays(m, f->server_class)) return 0;
  int rc;
  int32_t service = service_if(s, m, memo, f, serves, &rc);
  const bool directory = serves && is_directory(f);
  if (rc || (service < 0 && !directory)) return rc;
  struct stranger *h = stranger_at(s, serves ? f->server : f->client);
  if (!h) return -ENOMEM;
  h->directory |= directory;
  if (service < 0) return 0;
  h->several |= h->seen && h->port != f->port;
  if (!h->seen) h->seen = true, h->flow = f->flow, h->service = service, h->port = f->port;
  return 0;
}

int strangers_merge(struct strangers *s, const struct strangers *other) {
  for (size_t i = 0; i < other->n; i++) {
    const struct stranger *from = &other->host[i];
    if (!from->seen && !from->directory) continue;
    struct stranger *h = stranger_at(s, (uint32_t)i);
    if (!h) return -ENOMEM;
    const bool directory = h->directory || from->directory;
    const bool several = h->several || from->several || (h->seen && from->seen && h->port != from->port);
    if (from->seen && (!h->seen || from->flow < h->flow)) *h = *from;
    h->directory = directory, h->several = several;
  }
  return 0;
}

struct stranger_count strangers_count(const struct strangers *s, bool several) {
  struct stranger_count c = {0};
  for (size_t i = 0; i < s->n; i++) {
    const struct stranger *h = &s->host[i];
    if (!h->seen || h->directory || (several && !h->several)) continue;
    if (!c.n || h->flow < c.flow) c.flow = h->flow, c.service = h->service;
    c.n++;
  }
  return c;
}
