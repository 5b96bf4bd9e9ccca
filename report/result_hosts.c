/* Names of the hosts that the result shows: the site's own names first, then what the traffic taught. */
#include <stdlib.h>

#include "report/result_make.h"
#include "util/array.h"
#include "util/hash.h"

enum { RECENT = 4096 };

/* Lists name the same hosts again and again: most are not collected a second time. */
struct collector {
  struct address *address;
  size_t n, capacity;
  uint32_t *recent; /* [hash]: index + 1 of an address collected before */
  bool failed;
};

static int collect(void *ctx, struct address *a) {
  struct collector *c = ctx;
  uint32_t *recent = &c->recent[hash_octets(a->octet) % RECENT];
  if (*recent && address_equal(&c->address[*recent - 1], a)) return 0;
  struct address *to = ARRAY_PUSH(c->address, c->n, c->capacity);
  if (to) {
    *to = *a;
    *recent = (uint32_t)c->n;
  } else {
    c->failed = true;
  }
  return 0;
}

struct site_name {
  struct address address;
  const char *name;
};
static int by_site_name(const void *a, const void *b) {
  return address_compare(&((const struct site_name *)a)->address, &((const struct site_name *)b)->address);
}

/* Single addresses that the site file names, sorted. */
static struct site_name *site_names(struct maker *m, size_t *n_out) {
  const struct site *s = m->audit->site;
  struct site_name *list = NULL;
  size_t n = 0, capacity = 0;
  for (size_t role = 0; s && role < s->n_roles; role++) {
    for (size_t i = 0; i < s->n_role_ranges[role]; i++) {
      const struct address_range *range = &s->role[role][i];
      if (!range->name || !address_equal(&range->first, &range->last)) continue;
      struct site_name *to = ARRAY_PUSH(list, n, capacity);
      if (to)
        *to = (struct site_name){range->first, range->name};
      else
        m->failed = true;
    }
  }
  if (n) qsort(list, n, sizeof *list, by_site_name);
  *n_out = n;
  return list;
}

static bool name_of(struct maker *m, const struct site_name *site, size_t n_site, const struct address *a,
                    struct result_host *to) {
  struct site_name key = {.address = *a};
  const struct site_name *named = n_site ? bsearch(&key, site, n_site, sizeof *site, by_site_name) : NULL;
  struct host_view host = {0};
  if (!named && (!traffic_host(m->audit->traffic, a, &host) || !host.name)) return false;
  *to = (struct result_host){*a, maker_short_text(m, named ? named->name : host.name),
                             maker_text(m, named ? "site" : host.name_source)};
  return true;
}

void make_hosts(struct maker *m) {
  struct collector shown = {.recent = array_new(RECENT, sizeof *shown.recent)};
  const struct record_visitor visitor = {NULL, collect, &shown};
  struct result *r = m->result;
  struct site_name *site = NULL;
  size_t n_site = 0, capacity = 0;
  if (shown.recent)
    record_walk(&result_record, r, &visitor);
  else
    shown.failed = true;
  if (shown.failed) m->failed = true;
  if (m->failed) goto out;
  if (shown.n) qsort(shown.address, shown.n, sizeof *shown.address, address_order);
  site = site_names(m, &n_site);
  for (size_t i = 0; i < shown.n && !m->failed; i++) {
    struct result_host host;
    if (i && address_equal(&shown.address[i - 1], &shown.address[i])) continue;
    if (!name_of(m, site, n_site, &shown.address[i], &host)) continue;
    struct result_host *to = ARRAY_PUSH(r->host, r->n_hosts, capacity);
    if (!to) {
      m->failed = true;
      break;
    }
    *to = host;
  }
out:
  free(site);
  free(shown.address);
  free(shown.recent);
}
