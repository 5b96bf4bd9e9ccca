/* Readers of a site file's addresses, allow entries and waivers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/address_text.h"
#include "rules/site_load_internal.h"
#include "util/array.h"

enum { ENTRIES_MAX = 10000, PORTS_MAX = 1024 };
#define FIELDS(table) (sizeof(table) / sizeof *(table))

int site_key_refer(struct site_loader *l, const struct json_value *v, const struct name_index *x, const char *what) {
  int i = name_index_find(x, v->key);
  if (i >= 0) return i;
  const char *nearest = problem_log_full(&l->log) ? NULL : name_index_nearest(x, v->key);
  if (nearest)
    problem_key(&l->log, v, "the policy has no %s of this name; did you mean \"%s\"?", what, nearest);
  else
    problem_key(&l->log, v, "the policy has no %s of this name; \"wallwitness policy show\" lists them", what);
  return -1;
}

/* A range and where it was written, for finding doubles. */
struct written {
  const struct address_range *range;
  const struct json_value *at;
};

static int by_first(const void *a, const void *b) {
  const struct written *p = a, *q = b;
  int order = address_compare(&p->range->first, &q->range->first);
  if (order) return order;
  order = address_compare(&q->range->last, &p->range->last); /* the wider one first */
  if (order) return order;
  if (!p->range->name != !q->range->name) return p->range->name ? 1 : -1;
  return p->at->at < q->at->at ? -1 : 1;
}

static bool same(const struct address_range *a, const struct address_range *b) {
  return address_equal(&a->first, &b->first) && address_equal(&a->last, &b->last);
}

/* Sorted by first address: an overlap shows against the one that reaches farthest so far. */
static void doubles_check(struct site_loader *l, struct written *w, size_t n) {
  qsort(w, n, sizeof *w, by_first);
  const struct written *wide = NULL, *named = NULL;
  for (size_t i = 0; i < n; i++) {
    const struct address_range *r = w[i].range;
    const struct written *other = r->name && named && same(named->range, r) ? named : r->name ? NULL : wide;
    if (other && address_compare(&r->first, &other->range->last) <= 0) {
      char text[ADDRESS_RANGE_TEXT_SIZE];
      const struct written *later = other->at->at > w[i].at->at ? other : &w[i],
                           *first = later == other ? &w[i] : other;
      address_range_print(text, first->range);
      problem_at(&l->log, later->at, "\"%.100s\" %s \"%s\" of line %zu; remove one of the two", later->at->text,
                 same(r, other->range) ? "repeats" : "overlaps", text, json_doc_place(l->log.doc, first->at->at).line);
    }
    if (r->name)
      named = &w[i];
    else if (!wide || address_compare(&r->last, &wide->range->last) > 0)
      wide = &w[i];
  }
}

static size_t ranges_parse(struct site_loader *l, const struct json_value *v, struct address_range *ranges,
                           struct written *written) {
  size_t n = 0;
  struct err e;
  for (const struct json_value *item = json_items_first(v); item; item = item == v ? NULL : item->next) {
    if (!json_value_expect(&l->log, item, IS_TEXT)) continue;
    int r = address_range_parse(item->text, &ranges[n], &e);
    if (r == -ENOMEM) l->log.no_memory = true;
    if (r == -EINVAL) problem_at(&l->log, item, "%s", e.text);
    if (r < 0) continue;
    written[n] = (struct written){&ranges[n], item};
    n++;
  }
  return n;
}

void site_ranges_read(struct site_loader *l, const struct json_value *v, struct address_range **ranges_out,
                      size_t *n_out) {
  if (!json_value_expect(&l->log, v, IS_TEXT | IS_LIST)) return;
  size_t most = json_items_count(v);
  struct address_range *ranges = array_new(most, sizeof *ranges);
  struct written *written = array_new(most, sizeof *written);
  if (ranges && written) {
    *n_out = ranges_parse(l, v, ranges, written);
    *ranges_out = ranges;
    doubles_check(l, written, *n_out);
  } else {
    l->log.no_memory = true;
    free(ranges);
  }
  free(written);
}

/* A list that names a role, where only addresses may stand. */
static bool list_names_role(struct site_loader *l, const struct json_value *v) {
  for (const struct json_value *m = v->first; m; m = m->next) {
    if (m->kind != JSON_STRING || name_index_find(&l->roles, m->text) < 0) continue;
    problem_at(&l->log, m, "a role stands alone: write \"%s\" instead of the list", m->text);
    return true;
  }
  return false;
}

/* A role's name, "any", or addresses. */
static void end_read(struct site_loader *l, const struct json_value *v, struct site_end *end) {
  end->role = SITE_END_RANGES;
  if (!v) return;
  if (v->kind == JSON_ARRAY && v->n_children == 0) problem_at(&l->log, v, "an empty list; write \"any\" for anybody");
  if (v->kind == JSON_ARRAY && list_names_role(l, v)) return;
  if (v->kind == JSON_STRING && strcmp(v->text, "any") == 0) {
    end->role = SITE_END_ANY;
  } else if (v->kind == JSON_STRING && name_index_find(&l->roles, v->text) >= 0) {
    end->role = name_index_find(&l->roles, v->text);
  } else if (v->kind == JSON_STRING && json_is_name(v->text) && strcspn(v->text, "0123456789") > 0) {
    json_name_refer(&l->log, v, &l->roles, "role");
  } else {
    site_ranges_read(l, v, &end->range, &end->n_ranges);
  }
}

static void ports_read(struct site_loader *l, const struct json_value *v, struct port_range **ports_out,
                       size_t *n_out) {
  size_t most = json_items_count(v);
  if (most > PORTS_MAX) {
    problem_at(&l->log, v, "%zu entries; at most %d, write ranges", most, PORTS_MAX);
    return;
  }
  struct port_range *ports = array_new(most, sizeof *ports);
  if (!ports) {
    l->log.no_memory = true;
    return;
  }
  for (const struct json_value *item = json_items_first(v); item; item = item == v ? NULL : item->next)
    if (json_ports_take(&l->log, item, true, &ports[*n_out])) ++*n_out;
  *ports_out = ports;
}

static void allow_entry_read(struct site_loader *l, const struct json_value *v, struct site_allow *a) {
  enum { ID, FROM, TO, TCP, UDP, ICMP_ECHO, WHY };
  static const struct json_field field[] = {
      [ID] = {"id", IS_TEXT},
      [FROM] = {"from", IS_TEXT | IS_LIST},
      [TO] = {"to", IS_TEXT | IS_LIST},
      [TCP] = {"tcp", IS_NUMBER | IS_TEXT | IS_LIST | MAY_BE_ABSENT},
      [UDP] = {"udp", IS_NUMBER | IS_TEXT | IS_LIST | MAY_BE_ABSENT},
      [ICMP_ECHO] = {"icmp_echo", IS_BOOL | MAY_BE_ABSENT},
      [WHY] = {"why", IS_TEXT},
  };
  const struct json_value *found[FIELDS(field)];
  a->from.role = a->to.role = SITE_END_RANGES;
  if (!json_fields_read(&l->log, v, field, FIELDS(field), found)) return;
  a->id = json_name_take(&l->log, found[ID]);
  if (a->id && strcmp(a->id, "unexpected-open") == 0)
    problem_at(&l->log, found[ID], "\"%s\" has a meaning of its own in waivers; choose another id", a->id);
  if (a->id) json_name_define(&l->log, found[ID], &l->rules, a->id, "rule");
  end_read(l, found[FROM], &a->from);
  end_read(l, found[TO], &a->to);
  ports_read(l, found[TCP], &a->tcp, &a->n_tcp);
  ports_read(l, found[UDP], &a->udp, &a->n_udp);
  a->icmp_echo = json_bool_take(found[ICMP_ECHO]);
  a->why = json_text_take(&l->log, found[WHY]);
  if (!json_items_count(found[TCP]) && !json_items_count(found[UDP]) && !a->icmp_echo)
    problem_at(&l->log, v, "allows nothing; add \"tcp\", \"udp\" or \"icmp_echo\": true");
}

/* Room for a list's entries; false after a problem. */
static bool entries_new(struct site_loader *l, const struct json_value *v, size_t size, void **items_out) {
  if (v->n_children > ENTRIES_MAX) {
    problem_at(&l->log, v, "%u entries; at most %d", (unsigned)v->n_children, ENTRIES_MAX);
    return false;
  }
  *items_out = array_new(v->n_children, size);
  if (!*items_out) l->log.no_memory = true;
  return *items_out != NULL;
}

void site_allow_read(struct site_loader *l, const struct json_value *v) {
  struct site *s = l->site;
  if (!entries_new(l, v, sizeof *s->allow, (void **)&s->allow)) return;
  for (const struct json_value *m = v->first; m; m = m->next) allow_entry_read(l, m, &s->allow[s->n_allows++]);
}

/* "2027-03-31": the waiver holds to the end of that day. */
static stamp_t expiry_take(struct site_loader *l, const struct json_value *v) {
  stamp_t day;
  if (!v) return STAMP_NONE;
  if (strlen(v->text) == 10 && strchr(v->text, '-') && stamp_parse(v->text, &day))
    return (stamp_t){day.ns + stamp_from_s(86400).ns - 1};
  problem_at(&l->log, v, "\"%.40s\" is not a day; write YEAR-MONTH-DAY, such as \"2027-03-31\"", v->text);
  return STAMP_NONE;
}

static void waiver_read(struct site_loader *l, const struct json_value *v, struct site_waiver *w) {
  enum { RULE, REASON, TICKET, HOSTS, PORTS, EXPIRES };
  static const struct json_field field[] = {
      [RULE] = {"rule", IS_TEXT},
      [REASON] = {"reason", IS_TEXT},
      [TICKET] = {"ticket", IS_TEXT | MAY_BE_ABSENT},
      [HOSTS] = {"hosts", IS_TEXT | IS_LIST | MAY_BE_ABSENT},
      [PORTS] = {"ports", IS_NUMBER | IS_TEXT | IS_LIST | MAY_BE_ABSENT},
      [EXPIRES] = {"expires", IS_TEXT | MAY_BE_ABSENT},
  };
  const struct json_value *found[FIELDS(field)];
  w->expires = STAMP_NONE;
  if (!json_fields_read(&l->log, v, field, FIELDS(field), found)) return;
  bool open_port = found[RULE] && strcmp(found[RULE]->text, "unexpected-open") == 0;
  if (found[RULE] && !open_port) json_name_refer(&l->log, found[RULE], &l->rules, "rule");
  w->rule = json_text_take(&l->log, found[RULE]);
  w->reason = json_text_take(&l->log, found[REASON]);
  w->ticket = json_text_take(&l->log, found[TICKET]);
  if (found[HOSTS]) site_ranges_read(l, found[HOSTS], &w->hosts, &w->n_hosts);
  if (found[PORTS]) ports_read(l, found[PORTS], &w->ports, &w->n_ports);
  if (found[PORTS] && !open_port)
    problem_key(&l->log, found[PORTS], "ports belong to a waiver of \"unexpected-open\"; a rule has its own");
  w->expires = expiry_take(l, found[EXPIRES]);
}

void site_waivers_read(struct site_loader *l, const struct json_value *v) {
  struct site *s = l->site;
  if (!entries_new(l, v, sizeof *s->waiver, (void **)&s->waiver)) return;
  for (const struct json_value *m = v->first; m; m = m->next) waiver_read(l, m, &s->waiver[s->n_waivers++]);
}
