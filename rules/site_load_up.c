/* Reader of "up": hosts that the site knows, by other evidence than packets, to have been up.
 *
 * A list whose items are hosts, or objects that say of several hosts how that is known. A host is an address, a prefix
 * or a range, the name of a role, or a name that the roles give a host. Hosts without a reason make one entry together,
 * wherever they stand in the list. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/address_text.h"
#include "rules/site_load_internal.h"
#include "util/array.h"

enum { ENTRIES_MAX = 10000, ADDRESSES_MAX = 1 << 20 };

struct named {
  const char *name;
  const struct address *address; /* borrowed from the site's roles */
  const struct site_up *taken;   /* the last entry that has it already */
};

/* What the roles of a site give names to. */
struct known_hosts {
  struct named *host; /* by name, then address */
  size_t n;
  struct name_index names; /* roles, then hosts: for advice */
};

/* One entry being read. */
struct entry {
  struct site_loader *l;
  struct known_hosts *known;
  struct site_up *up;
  size_t capacity;
};

static int named_compare(const void *a, const void *b) {
  const struct named *x = a, *y = b;
  int by_name = strcmp(x->name, y->name);
  return by_name ? by_name : address_compare(x->address, y->address);
}

static bool known_add(struct known_hosts *known, const struct address_range *range, size_t n, size_t *capacity) {
  for (size_t i = 0; i < n; i++) {
    if (!range[i].name) continue;
    struct named *host = ARRAY_PUSH(known->host, known->n, *capacity);
    if (!host) return false;
    *host = (struct named){.name = range[i].name, .address = &range[i].first};
    if (name_index_add(&known->names, range[i].name) == -ENOMEM) return false;
  }
  return true;
}

static void known_make(struct site_loader *l, struct known_hosts *known) {
  const struct site *s = l->site;
  size_t capacity = 0;
  bool ok = true;
  for (size_t i = 0; i < s->n_roles && ok; i++) ok = name_index_add(&known->names, l->roles.name[i]) != -ENOMEM;
  for (size_t i = 0; i < s->n_roles && ok; i++) ok = known_add(known, s->role[i], s->n_role_ranges[i], &capacity);
  if (!ok) l->log.no_memory = true;
  if (known->n) qsort(known->host, known->n, sizeof *known->host, named_compare);
}

static void known_drop(struct known_hosts *known) {
  free(known->host);
  name_index_free(&known->names);
}

/* A host's place in the list by its name alone. */
static size_t known_lower(const struct known_hosts *known, const char *name) {
  size_t low = 0, high = known->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (strcmp(known->host[middle].name, name) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static struct address_range *range_add(struct entry *e) {
  struct address_range *range = ARRAY_PUSH(e->up->range, e->up->n_ranges, e->capacity);
  if (!range) e->l->log.no_memory = true;
  return range;
}

/* Adds every address of a named host. False when the roles name no such host. */
static bool host_add(struct entry *e, const char *name) {
  size_t first = known_lower(e->known, name), at = first;
  for (; at < e->known->n && strcmp(e->known->host[at].name, name) == 0; at++) {
    struct named *host = &e->known->host[at];
    bool again = at > first && address_equal(host->address, host[-1].address); /* it plays several roles */
    bool taken = host->taken == e->up;
    host->taken = e->up;
    struct address_range *range = again || taken ? NULL : range_add(e);
    if (!range) continue;
    *range = (struct address_range){.first = *host->address, .last = *host->address, .name = strdup(name)};
    if (!range->name) e->l->log.no_memory = true;
  }
  return at > first;
}

static void unknown_note(struct entry *e, const struct json_value *v) {
  struct problem_log *log = &e->l->log;
  const char *nearest = problem_log_full(log) ? NULL : name_index_nearest(&e->known->names, v->text);
  if (nearest)
    problem_at(log, v, "no role or named host \"%.80s\"; did you mean \"%s\"?", v->text, nearest);
  else
    problem_at(log, v, "no role or named host \"%.80s\"; write an address, a role, or a name that \"roles\" gives",
               v->text);
}

static void address_add(struct entry *e, const struct json_value *v) {
  struct problem_log *log = &e->l->log;
  struct address_range range;
  struct err why;
  int r = address_range_parse(v->text, &range, &why);
  if (r == -ENOMEM) log->no_memory = true;
  if (r == -EINVAL) problem_at(log, v, "%s", why.text);
  if (r < 0) return;
  if (range.name)
    problem_at(log, v, "\"roles\" gives hosts their names; here write \"%s\" or the address alone", range.name);
  struct address_range *slot = range.name ? NULL : range_add(e);
  free(range.name);
  if (slot) *slot = range; /* without a name */
}

static void host_read(struct entry *e, const struct json_value *v) {
  if (!json_value_expect(&e->l->log, v, IS_TEXT)) return;
  int role = name_index_find(&e->l->roles, v->text);
  if (role >= 0) {
    e->up->roles |= UINT64_C(1) << role;
    return;
  }
  if (host_add(e, v->text)) return;
  if (json_is_name(v->text) && strcspn(v->text, "0123456789") > 0)
    unknown_note(e, v);
  else
    address_add(e, v);
}

/* {"hosts": ..., "reason": ...} */
static void object_read(struct entry *e, const struct json_value *v) {
  enum { HOSTS, REASON };
  static const struct json_field field[] = {[HOSTS] = {"hosts", IS_TEXT | IS_LIST}, [REASON] = {"reason", IS_TEXT}};
  const struct json_value *found[sizeof field / sizeof *field];
  if (!json_fields_read(&e->l->log, v, field, sizeof field / sizeof *field, found)) return;
  const struct json_value *hosts = found[HOSTS];
  if (hosts && json_items_count(hosts) == 0)
    problem_at(&e->l->log, hosts, "an empty list; name the hosts, or remove it");
  for (const struct json_value *m = json_items_first(hosts); m; m = m == hosts ? NULL : m->next) host_read(e, m);
  e->up->reason = json_text_take(&e->l->log, found[REASON]);
}

/* Hosts that stand in the list itself share an entry without a reason. */
static void entries_read(struct site_loader *l, const struct json_value *v, struct known_hosts *known) {
  struct site *s = l->site;
  struct entry plain = {.l = l, .known = known};
  size_t n_addresses = 0;
  for (const struct json_value *m = json_items_first(v); m; m = m == v ? NULL : m->next) {
    if (m->kind == JSON_OBJECT) continue;
    if (!plain.up) plain.up = &s->up[s->n_ups++];
    host_read(&plain, m);
  }
  if (plain.up) n_addresses = plain.up->n_ranges;
  for (const struct json_value *m = json_items_first(v); m; m = m == v ? NULL : m->next) {
    if (m->kind != JSON_OBJECT) continue;
    struct entry e = {.l = l, .known = known, .up = &s->up[s->n_ups++]};
    object_read(&e, m);
    n_addresses += e.up->n_ranges;
    if (n_addresses <= ADDRESSES_MAX) continue;
    problem_at(&l->log, m, "more than %d addresses together; write prefixes or roles", ADDRESSES_MAX);
    return;
  }
}

void site_up_read(struct site_loader *l, const struct json_value *v) {
  size_t n = json_items_count(v);
  struct known_hosts known = {0};
  if (n > ENTRIES_MAX) {
    problem_at(&l->log, v, "%zu entries; at most %d, write prefixes or roles", n, ENTRIES_MAX);
    return;
  }
  l->site->up = array_new(n + 1, sizeof *l->site->up);
  if (!l->site->up) l->log.no_memory = true;
  known_make(l, &known);
  if (!l->log.no_memory) entries_read(l, v, &known);
  known_drop(&known);
}
