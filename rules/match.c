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
  struct match_entry *service; /* [policy service]: what its entries share */
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

static int range_compare(const void *a, const void *b) {
  const struct port_range *x = a, *y = b;
  return x->first != y->first ? x->first - y->first : x->last - y->last;
}

/* The ranges of one service, sorted and merged, so that a port is found by halving. */
static bool ranges_add(struct build *b, struct match_entry *e, struct port_range *range, size_t n) {
  if (n) qsort(range, n, sizeof *range, range_compare);
  e->range = (uint32_t)b->m->n_ranges;
  e->n_ranges = 0;
  for (size_t i = 0; i < n; i++) {
    struct port_range *last = e->n_ranges ? &b->m->range[b->m->n_ranges - 1] : NULL;
    if (last && range[i].first <= last->last + 1) {
      if (range[i].last > last->last) last->last = range[i].last;
      continue;
    }
    struct port_range *slot = ARRAY_PUSH(b->m->range, b->m->n_ranges, b->ranges_capacity);
    if (!slot) return false;
    *slot = range[i];
    e->n_ranges++;
  }
  return true;
}

static bool entry_add(struct build *b, const struct match_entry *e) {
  if (b->m->n_entries >= MATCH_ENTRIES_MAX) {
    b->m->n_refused++;
    return true;
  }
  struct match_entry *slot = ARRAY_PUSH(b->m->entry, b->m->n_entries, b->entries_capacity);
  if (slot) *slot = *e;
  return slot != NULL;
}

/* What all entries of a service share. */
static bool service_compile(struct build *b, int32_t service) {
  const struct policy_service *s = &b->m->policy->service[service];
  struct match_entry *e = &b->service[service];
  struct port_range *range = array_new(s->n_ports, sizeof *range);
  if (!range) return false;
  *e = (struct match_entry){.service = service, .transport = s->transport, .learned = s->learned};
  for (size_t i = 0; i < s->n_ports; i++) range[i] = site_service_ports(b->m->policy, b->m->site, service, i);
  bool ok = ranges_add(b, e, range, s->n_ports);
  free(range);
  return ok;
}

static struct match_end roles_end(const int *role, size_t n) {
  struct match_end end = {.listed = -1};
  for (size_t i = 0; i < n; i++) end.roles |= UINT64_C(1) << role[i];
  return end;
}

/* One service of a rule, both ways if the rule says so. */
static bool service_add(struct build *b, const struct policy_rule *r, uint32_t rule, int32_t service, uint8_t part,
                        bool optional) {
  struct match_entry e = b->service[service];
  e.rule = rule, e.part = part, e.optional = optional;
  e.from = roles_end(r->from, r->n_from);
  e.to = roles_end(r->to, r->n_to);
  if (!entry_add(b, &e)) return false;
  if (!r->both || e.from.roles == e.to.roles) return true;
  struct match_end from = e.from;
  e.from = e.to, e.to = from, e.back = true;
  return entry_add(b, &e);
}

static bool rule_add(struct build *b, size_t index) {
  const struct matcher *m = b->m;
  const struct policy_rule *r = &m->policy->rule[index];
  if (!m->rule[index].applies || r->manual) return true;
  if (r->service >= 0) return service_add(b, r, (uint32_t)index, r->service, 0, false);
  const struct policy_group *group = r->group >= 0 ? &m->policy->group[r->group] : NULL;
  for (size_t i = 0; group && i < group->n_services; i++) {
    bool optional = group->optional && group->optional[i];
    if (!service_add(b, r, (uint32_t)index, group->service[i], match_part(i), optional)) return false;
  }
  return true;
}

/* One end of an allow entry; listed addresses become a group of their own. */
static bool end_add(struct build *b, const struct site_end *end, struct match_end *end_out) {
  *end_out = (struct match_end){.listed = -1, .any = end->role == SITE_END_ANY};
  if (end->role >= 0) *end_out = roles_end(&end->role, 1);
  if (end->role != SITE_END_RANGES) return true;
  end_out->listed = (int32_t)b->n_groups++;
  return members_add(b, end->range, end->n_ranges, (uint32_t)end_out->listed);
}

static bool ups_add(struct build *b) {
  const struct site *s = b->m->site;
  b->m->up = (struct match_end){.listed = -1};
  if (s->n_ups) b->m->up.listed = (int32_t)b->n_groups++;
  for (size_t i = 0; i < s->n_ups; i++) {
    b->m->up.roles |= s->up[i].roles;
    if (!members_add(b, s->up[i].range, s->up[i].n_ranges, (uint32_t)b->m->up.listed)) return false;
  }
  return true;
}

static bool allow_ports_add(struct build *b, struct match_entry e, enum policy_transport t,
                            const struct port_range *range, size_t n) {
  if (n == 0) return true;
  struct port_range *copy = array_new(n, sizeof *copy);
  if (!copy) return false;
  memcpy(copy, range, n * sizeof *copy);
  e.transport = t;
  bool ok = ranges_add(b, &e, copy, n) && entry_add(b, &e);
  free(copy);
  return ok;
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
    const struct match_end *end = starts ? &m->entry[i].from : &m->entry[i].to;
    any |= end->any;
    groups[0] |= end->roles;
    if (end->listed >= 0) groups[end->listed / 64] |= UINT64_C(1) << (end->listed % 64);
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
  for (size_t i = 0; i < m->policy->n_services; i++)
    if (!service_compile(b, (int32_t)i)) return false;
  for (size_t i = 0; i < m->policy->n_rules; i++)
    if (!rule_add(b, i)) return false;
  for (size_t i = 0; i < m->site->n_allows; i++)
    if (!allow_add(b, i)) return false;
  if (!ups_add(b)) return false;
  if (m->n_entries) qsort_r(m->entry, m->n_entries, sizeof *m->entry, entry_compare, m);
  if (m->n_names) qsort(m->name, m->n_names, sizeof *m->name, name_compare);
  m->addresses = address_set_new(b->member, b->n_members, b->n_groups);
  m->index = match_index_new(m);
  if (!m->addresses || !m->index) return false;
  return classes_mark(m, b->n_groups, true, &m->starts) && classes_mark(m, b->n_groups, false, &m->serves);
}

static void services_name(struct matcher *m) {
  for (size_t i = 0; i < m->policy->n_services; i++) {
    const enum service s = service_of_name(m->policy->service[i].name);
    m->named[i] = s == SERVICE_COUNT ? SERVICE_UNKNOWN : s;
  }
}

struct matcher *matcher_new(const struct policy *p, const struct site *s) {
  struct matcher *m = array_new(1, sizeof *m);
  if (!m) return NULL;
  *m = (struct matcher){.policy = p, .site = s, .n_roles = (uint32_t)p->n_roles, .n_rules = p->n_rules + s->n_allows};
  struct build b = {.m = m, .n_groups = m->n_roles};
  m->rule = array_new(m->n_rules, sizeof *m->rule);
  b.service = array_new(p->n_services, sizeof *b.service);
  m->named = array_new(p->n_services, sizeof *m->named);
  bool ok = m->rule && b.service && m->named;
  if (ok) {
    services_name(m);
    rules_describe(m);
    ok = build_all(&b);
  }
  free(b.member);
  free(b.service);
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
  free(m->named);
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

static uint64_t roles_of(const struct matcher *m, uint32_t class_id) {
  uint64_t all = m->n_roles >= 64 ? UINT64_MAX : (UINT64_C(1) << m->n_roles) - 1;
  return address_class_low(m->addresses, class_id) & all;
}

bool match_end_has(const struct matcher *m, const struct match_end *end, uint32_t class_id) {
  if (end->any || roles_of(m, class_id) & end->roles) return true;
  return end->listed >= 0 && address_class_has(m->addresses, class_id, (uint32_t)end->listed);
}

int32_t match_end_role(const struct matcher *m, const struct match_end *end, uint32_t class_id) {
  uint64_t shared = roles_of(m, class_id) & end->roles;
  return shared ? __builtin_ctzll(shared) : -1;
}

const struct site_up *match_up_find(const struct matcher *m, const struct address *a, uint32_t class_id) {
  if (class_id == MATCH_CLASS_GROUP || !match_end_has(m, &m->up, class_id)) return NULL;
  for (size_t i = 0; i < m->site->n_ups; i++) {
    const struct site_up *up = &m->site->up[i];
    if (roles_of(m, class_id) & up->roles) return up;
    for (size_t k = 0; k < up->n_ranges; k++)
      if (address_compare(&up->range[k].first, a) <= 0 && address_compare(a, &up->range[k].last) <= 0) return up;
  }
  return NULL;
}

bool match_entry_port(const struct matcher *m, const struct match_entry *e, uint16_t port) {
  const struct port_range *range = m->range + e->range;
  uint32_t low = 0, high = e->n_ranges; /* ranges before low end before the port */
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (range[middle].last < port)
      low = middle + 1;
    else
      high = middle;
  }
  return low < e->n_ranges && range[low].first <= port;
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
