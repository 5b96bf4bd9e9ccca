/* Compiles policy and site.
 *
 * Roles and listed ends of allow entries become groups of an address set. Each rule whose condition holds becomes
 * entries: one per from-role, to-role, service and direction. Entries are sorted by preference once (rules in force,
 * then a narrow port range before a wide one, then required before optional, then the order of the documents), so that
 * the first that fits is the rule a conversation is filed under. Finding the entries of a conversation is the business
 * of rules/match_find.c. */
#include "rules/match.h"

#include <stdlib.h>
#include <string.h>

#include "rules/match_internal.h"
#include "rules/site_text.h"
#include "util/array.h"

/* Growing parts while a matcher is made. */
struct build {
  struct matcher *m;
  struct address_member *member;
  size_t n_members, members_capacity, entries_capacity, ranges_capacity, names_capacity;
  uint32_t n_groups;
};

static bool members_add(struct build *b, const struct address_range *range, size_t n, uint32_t group) {
  for (size_t i = 0; i < n; i++) {
    struct address_member *member = ARRAY_PUSH(b->member, b->n_members, b->members_capacity);
    if (!member) return false;
    *member = (struct address_member){.first = range[i].first, .last = range[i].last, .group = group};
    if (!range[i].name || !address_equal(&range[i].first, &range[i].last)) continue;
    struct match_name *name = ARRAY_PUSH(b->m->name, b->m->n_names, b->names_capacity);
    if (!name) return false;
    *name = (struct match_name){.address = range[i].first, .name = range[i].name};
  }
  return true;
}

static bool ranges_add(struct build *b, struct match_entry *e, struct port_range r) {
  struct port_range *slot = ARRAY_PUSH(b->m->range, b->m->n_ranges, b->ranges_capacity);
  if (!slot) return false;
  *slot = r;
  e->n_ranges++;
  return true;
}

static bool entry_add(struct build *b, const struct match_entry *e) {
  struct match_entry *slot = ARRAY_PUSH(b->m->entry, b->m->n_entries, b->entries_capacity);
  if (slot) *slot = *e;
  return slot != NULL;
}

/* One service of a rule between all its roles, both ways if the rule says so. */
static bool service_add(struct build *b, const struct policy_rule *r, struct match_entry e) {
  const struct policy_service *service = &b->m->policy->service[e.service];
  e.transport = service->transport;
  e.learned = service->learned;
  e.range = (uint32_t)b->m->n_ranges;
  for (size_t i = 0; i < service->n_ports; i++)
    if (!ranges_add(b, &e, site_service_ports(b->m->policy, b->m->site, e.service, i))) return false;
  for (size_t i = 0; i < r->n_from; i++) {
    for (size_t k = 0; k < r->n_to; k++) {
      e.from = r->from[i], e.to = r->to[k], e.back = false;
      if (!entry_add(b, &e)) return false;
      if (!r->both || r->from[i] == r->to[k]) continue;
      e.from = r->to[k], e.to = r->from[i], e.back = true;
      if (!entry_add(b, &e)) return false;
    }
  }
  return true;
}

static bool rule_add(struct build *b, size_t index) {
  const struct matcher *m = b->m;
  const struct policy_rule *r = &m->policy->rule[index];
  struct match_entry e = {.rule = (uint32_t)index, .service = r->service};
  if (!m->rule[index].applies || r->manual) return true;
  if (r->service >= 0) return service_add(b, r, e);
  if (r->group < 0) return true;
  const struct policy_group *group = &m->policy->group[r->group];
  for (size_t i = 0; i < group->n_services; i++) {
    e.service = group->service[i];
    e.optional = group->optional && group->optional[i];
    e.part = (uint8_t)(i < 63 ? i : 63);
    if (!service_add(b, r, e)) return false;
  }
  return true;
}

/* The group of one end of an allow entry. */
static bool end_add(struct build *b, const struct site_end *end, int32_t *group_out) {
  if (end->role == SITE_END_ANY) {
    *group_out = MATCH_ANY;
    return true;
  }
  if (end->role >= 0) {
    *group_out = end->role;
    return true;
  }
  *group_out = (int32_t)b->n_groups++;
  return members_add(b, end->range, end->n_ranges, (uint32_t)*group_out);
}

static bool allow_ports_add(struct build *b, struct match_entry e, enum policy_transport t,
                            const struct port_range *range, size_t n) {
  if (n == 0) return true;
  e.transport = t;
  e.range = (uint32_t)b->m->n_ranges;
  for (size_t i = 0; i < n; i++)
    if (!ranges_add(b, &e, range[i])) return false;
  return entry_add(b, &e);
}

static bool allow_add(struct build *b, size_t index) {
  const struct site_allow *a = &b->m->site->allow[index];
  struct match_entry e = {.rule = (uint32_t)(b->m->policy->n_rules + index), .service = -1};
  if (!end_add(b, &a->from, &e.from) || !end_add(b, &a->to, &e.to)) return false;
  if (!allow_ports_add(b, e, TRANSPORT_TCP, a->tcp, a->n_tcp)) return false;
  if (!allow_ports_add(b, e, TRANSPORT_UDP, a->udp, a->n_udp)) return false;
  e.transport = TRANSPORT_ICMP_ECHO;
  return !a->icmp_echo || entry_add(b, &e);
}

static void rules_describe(struct matcher *m) {
  const struct policy *p = m->policy;
  for (size_t i = 0; i < p->n_rules; i++) {
    const struct policy_rule *r = &p->rule[i];
    bool applies = rule_applies(p, m->site, (int)i);
    m->rule[i] = (struct match_rule){.policy_rule = (int32_t)i,
                                     .allow = -1,
                                     .applies = applies,
                                     .in_force = applies && rule_asked_for(p, m->site, (int)i),
                                     .required = r->need == NEED_REQUIRED || r->need == NEED_ONE_OF};
  }
  for (size_t i = 0; i < m->site->n_allows; i++)
    m->rule[p->n_rules + i] =
        (struct match_rule){.policy_rule = -1, .allow = (int32_t)i, .applies = true, .in_force = true};
}

/* Ports an entry spans, as a class: single ports before small ranges before wide ones. */
static int entry_width(const struct matcher *m, const struct match_entry *e) {
  unsigned widest = e->learned ? UINT16_MAX : 0;
  for (uint32_t i = 0; i < e->n_ranges; i++) {
    const struct port_range *r = &m->range[e->range + i];
    if ((unsigned)(r->last - r->first) > widest) widest = (unsigned)(r->last - r->first);
  }
  return widest == 0 ? 0 : widest < MATCH_WIDE ? 1 : 2;
}

static int entry_need(const struct matcher *m, const struct match_entry *e) {
  int32_t rule = m->rule[e->rule].policy_rule;
  if (rule < 0) return NEED_OPTIONAL * 2;
  static const int rank[] = {[NEED_REQUIRED] = 0, [NEED_ONE_OF] = 2, [NEED_OPTIONAL] = 4, [NEED_FALLBACK_FOR] = 6};
  return rank[m->policy->rule[rule].need] + e->optional;
}

static int entry_compare(const void *a, const void *b, void *matcher) {
  const struct match_entry *x = a, *y = b;
  const struct matcher *m = matcher;
  int by_force = m->rule[y->rule].in_force - m->rule[x->rule].in_force;
  if (by_force) return by_force;
  int by_width = entry_width(m, x) - entry_width(m, y);
  if (by_width) return by_width;
  int by_need = entry_need(m, x) - entry_need(m, y);
  if (by_need) return by_need;
  if (x->rule != y->rule) return x->rule < y->rule ? -1 : 1;
  if (x->back != y->back) return x->back ? 1 : -1;
  if (x->service != y->service) return x->service < y->service ? -1 : 1;
  if (x->from != y->from) return x->from < y->from ? -1 : 1;
  if (x->to != y->to) return x->to < y->to ? -1 : 1;
  return (x->range > y->range) - (x->range < y->range);
}

static int name_compare(const void *a, const void *b) {
  const struct match_name *x = a, *y = b;
  int by_address = address_compare(&x->address, &y->address);
  return by_address ? by_address : strcmp(x->name, y->name);
}

/* Marks the classes that entries start or end at. */
static bool classes_mark(struct matcher *m, uint32_t n_groups, bool starts, bool **mark_out) {
  uint32_t n = address_set_classes(m->addresses);
  uint64_t *groups = array_new(n_groups / 64 + (size_t)1, sizeof *groups);
  bool *mark = array_new(n, sizeof *mark);
  bool any = false, ok = groups && mark;
  for (size_t i = 0; ok && i < m->n_entries; i++) {
    int32_t group = starts ? m->entry[i].from : m->entry[i].to;
    if (group == MATCH_ANY)
      any = true;
    else
      groups[group / 64] |= UINT64_C(1) << (group % 64);
  }
  for (uint32_t i = 0; ok && i < n; i++) mark[i] = any || address_class_meets(m->addresses, i, groups);
  free(groups);
  *mark_out = mark;
  return ok;
}

static bool build_all(struct build *b) {
  struct matcher *m = b->m;
  for (size_t i = 0; i < m->n_roles && i < m->site->n_roles; i++)
    if (!members_add(b, m->site->role[i], m->site->n_role_ranges[i], (uint32_t)i)) return false;
  for (size_t i = 0; i < m->policy->n_rules; i++)
    if (!rule_add(b, i)) return false;
  for (size_t i = 0; i < m->site->n_allows; i++)
    if (!allow_add(b, i)) return false;
  qsort_r(m->entry, m->n_entries, sizeof *m->entry, entry_compare, m);
  if (m->n_names) qsort(m->name, m->n_names, sizeof *m->name, name_compare);
  m->addresses = address_set_new(b->member, b->n_members, b->n_groups);
  m->index = match_index_new(m);
  if (!m->addresses || !m->index) return false;
  return classes_mark(m, b->n_groups, true, &m->starts) && classes_mark(m, b->n_groups, false, &m->serves);
}

struct matcher *matcher_new(const struct policy *p, const struct site *s) {
  struct matcher *m = array_new(1, sizeof *m);
  if (!m) return NULL;
  *m = (struct matcher){.policy = p, .site = s, .n_roles = (uint32_t)p->n_roles, .n_rules = p->n_rules + s->n_allows};
  struct build b = {.m = m, .n_groups = m->n_roles};
  m->rule = array_new(m->n_rules, sizeof *m->rule);
  bool ok = m->rule != NULL;
  if (ok) {
    rules_describe(m);
    ok = build_all(&b);
  }
  free(b.member);
  if (ok) return m;
  matcher_free(m);
  return NULL;
}

void matcher_free(struct matcher *m) {
  if (!m) return;
  address_set_free(m->addresses);
  match_index_free(m->index);
  free(m->starts);
  free(m->serves);
  free(m->rule);
  free(m->entry);
  free(m->range);
  free(m->name);
  free(m);
}

const char *match_name_find(const struct matcher *m, const struct address *a) {
  size_t low = 0, high = m->n_names;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (address_compare(&m->name[middle].address, a) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low < m->n_names && address_equal(&m->name[low].address, a) ? m->name[low].name : NULL;
}

bool match_may(const struct matcher *m, uint32_t client_class, uint32_t server_class) {
  return m->starts[client_class] && (server_class == MATCH_CLASS_GROUP || m->serves[server_class]);
}

bool match_audited(const struct matcher *m, uint32_t class_id) {
  if (class_id == MATCH_CLASS_GROUP) return false;
  if (m->policy->audited_role >= 0) return address_class_has(m->addresses, class_id, (uint32_t)m->policy->audited_role);
  return address_class_has_below(m->addresses, class_id, m->n_roles);
}

enum policy_transport match_transport(uint8_t proto) {
  switch (proto) {
    case 6:
      return TRANSPORT_TCP;
    case 17:
      return TRANSPORT_UDP;
    case 1:
    case 58:
      return TRANSPORT_ICMP_ECHO;
    default:
      return TRANSPORT_COUNT;
  }
}
