/* Ties the IPv4 and the IPv6 address of one host together, so that "blocked over IPv6, works over IPv4" can be said.
 *
 * Only names tie: those that the site file gives, however many addresses have one, and those learned from traffic when
 * exactly one address of each family has the name (round robin names stand for several hosts). Names out of
 * certificates say what a server serves, not who it is, and tie nothing. */
#include "rules/twin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

enum { SEARCH_MAX = 256 }; /* conversations looked at for one that was stopped */

struct named {
  const char *name; /* borrowed from the site or the traffic */
  struct address address;
  bool by_site;
};

/* A talk that met a rule and got through. */
struct passed {
  const struct talk *talk;
  const struct ruling *ruling;
};

struct twins {
  const struct audit_run *r;
  struct named *host; /* by name, then address */
  size_t n_hosts, hosts_capacity;
  struct passed *passed; /* by server, then rule and service */
  size_t n_passed;
};

/* The name an address goes by; false when it has none that ties. */
static bool name_of(const struct audit_run *r, const struct address *a, struct named *named_out) {
  struct host_view v;
  const char *name = match_name_find(r->m, a);
  *named_out = (struct named){.name = name, .address = *a, .by_site = name != NULL};
  if (name) return true;
  if (!traffic_host(r->a->traffic, a, &v) || !v.name) return false;
  if (v.name_source && strcmp(v.name_source, "tls") == 0) return false;
  named_out->name = v.name;
  return true;
}

static int named_compare(const void *a, const void *b) {
  const struct named *x = a, *y = b;
  int by_name = strcasecmp(x->name, y->name);
  return by_name ? by_name : address_compare(&x->address, &y->address);
}

static int rule_compare(const struct ruling *x, int32_t rule, int32_t service) {
  const int by = (x->rule > rule) - (x->rule < rule);
  return by ? by : (x->policy_service > service) - (x->policy_service < service);
}

static int passed_compare(const void *a, const void *b) {
  const struct passed *x = a, *y = b;
  int by = (x->talk->server > y->talk->server) - (x->talk->server < y->talk->server);
  if (!by) by = rule_compare(x->ruling, y->ruling->rule, y->ruling->policy_service);
  return by ? by : (x->talk > y->talk) - (x->talk < y->talk); /* both in one array that is sorted by their ends */
}

static bool is_stopped(const struct ruling *r) {
  return (r->verdict == VERDICT_BLOCKED || r->verdict == VERDICT_DEGRADED) && r->rule >= 0;
}

/* Notes of which family the servers are: of talks with this verdict that were stopped, or that passed. */
static void families_note(const struct audit_run *r, enum verdict verdict, bool family[2]) {
  for (size_t i = r->a->listed_at[verdict]; i < r->a->listed_at[verdict + 1] && !(family[0] && family[1]); i++)
    if (verdict == VERDICT_PASS || is_stopped(listed_ruling(r, i)))
      family[talk_server_address(&r->talks, listed_talk(r, i))->family == 6] = true;
}

/* Whether some family is blocked while the other gets through somewhere. */
static bool worth_it(const struct audit_run *r) {
  bool stopped[2] = {false}, passed[2] = {false};
  families_note(r, VERDICT_BLOCKED, stopped);
  families_note(r, VERDICT_DEGRADED, stopped);
  families_note(r, VERDICT_PASS, passed);
  return (stopped[0] && passed[1]) || (stopped[1] && passed[0]);
}

static int hosts_collect(struct twins *t) {
  size_t n = traffic_host_count(t->r->a->traffic);
  for (size_t i = 0; i < n; i++) {
    struct host_view v;
    struct named named;
    traffic_host_at(t->r->a->traffic, i, &v);
    if (!name_of(t->r, &v.address, &named)) continue;
    struct named *slot = ARRAY_PUSH(t->host, t->n_hosts, t->hosts_capacity);
    if (!slot) return -ENOMEM;
    *slot = named;
  }
  if (t->n_hosts) qsort(t->host, t->n_hosts, sizeof *t->host, named_compare);
  return 0;
}

static int passed_collect(struct twins *t) {
  const size_t first = t->r->a->listed_at[VERDICT_PASS], end = t->r->a->listed_at[VERDICT_PASS + 1];
  t->passed = array_new(end - first, sizeof *t->passed);
  if (!t->passed) return -ENOMEM;
  for (size_t i = first; i < end; i++)
    if (listed_ruling(t->r, i)->rule >= 0)
      t->passed[t->n_passed++] = (struct passed){listed_talk(t->r, i), listed_ruling(t->r, i)};
  if (t->n_passed) qsort(t->passed, t->n_passed, sizeof *t->passed, passed_compare);
  return 0;
}

int twins_make(const struct audit_run *r, struct twins **twins_out) {
  *twins_out = NULL;
  if (!worth_it(r)) return 0;
  struct twins *t = array_new(1, sizeof *t);
  if (!t) return -ENOMEM;
  t->r = r;
  int rc = hosts_collect(t);
  if (rc == 0) rc = passed_collect(t);
  if (rc == 0)
    *twins_out = t;
  else
    twins_free(t);
  return rc;
}

void twins_free(struct twins *t) {
  if (!t) return;
  free(t->host);
  free(t->passed);
  free(t);
}

/* The hosts of a name: host[first_out] on, as many as returned; 0 when the name does not tie. */
static size_t namesakes(const struct twins *t, const struct named *named, size_t *first_out) {
  const struct named first_of_name = {.name = named->name};
  size_t low = 0, high = t->n_hosts, n = 0, families[2] = {0};
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (named_compare(&t->host[middle], &first_of_name) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  bool by_site = true;
  for (; low + n < t->n_hosts && strcasecmp(t->host[low + n].name, named->name) == 0; n++) {
    families[t->host[low + n].address.family == 6]++;
    by_site &= t->host[low + n].by_site;
  }
  *first_out = low;
  return by_site || (families[0] == 1 && families[1] == 1) ? n : 0;
}

static bool same_host(const struct twins *t, const struct address *a, const struct address *b) {
  struct named x, y;
  size_t first;
  if (!name_of(t->r, a, &x) || !name_of(t->r, b, &y) || strcasecmp(x.name, y.name) != 0) return false;
  return namesakes(t, &x, &first) > 0;
}

static bool same_asker(const struct twins *t, const struct passed *p, const struct talk *k) {
  const struct talks *talks = &t->r->talks;
  const int8_t role = talk_ruling(talks, k)->client_role;
  if (p->ruling->client_role != ROLE_NONE && p->ruling->client_role == role) return true;
  return same_host(t, talk_client_address(talks, p->talk), talk_client_address(talks, k));
}

static int server_compare(const struct twins *t, const struct passed *p, const struct address *server,
                          const struct ruling *r) {
  const int by = address_compare(talk_server_address(&t->r->talks, p->talk), server);
  return by ? by : rule_compare(p->ruling, r->rule, r->policy_service);
}

/* What got through to this server for the same rule and service. */
static const struct talk *passed_find(const struct twins *t, const struct address *server, const struct talk *k) {
  const struct ruling *r = talk_ruling(&t->r->talks, k);
  size_t low = 0, high = t->n_passed;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (server_compare(t, &t->passed[middle], server, r) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  const size_t end = t->n_passed - low < SEARCH_MAX ? t->n_passed : low + SEARCH_MAX;
  for (; low < end && server_compare(t, &t->passed[low], server, r) == 0; low++)
    if (same_asker(t, &t->passed[low], k)) return t->passed[low].talk;
  return NULL;
}

const struct talk *twin_find(const struct twins *t, const struct talk *k) {
  struct named named;
  size_t first;
  if (!t || !is_stopped(talk_ruling(&t->r->talks, k))) return NULL;
  const struct address *server = talk_server_address(&t->r->talks, k);
  if (!name_of(t->r, server, &named)) return NULL;
  size_t n = namesakes(t, &named, &first);
  for (size_t i = first; i < first + n; i++) {  // NOLINT: first is set by namesakes
    if (t->host[i].address.family == server->family) continue;
    const struct talk *found = passed_find(t, &t->host[i].address, k);
    if (found) return found;
  }
  return NULL;
}
