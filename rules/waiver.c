/* Waivers: findings that somebody has decided to live with, until a date. An expired waiver counts as none and is
 * reported. */
#include <string.h>

#include "rules/audit_internal.h"

static bool expired(const struct audit_run *r, const struct site_waiver *w) {
  return stamp_known(w->expires) && stamp_known(r->now) && stamp_before(w->expires, r->now);
}

static bool address_in(const struct address_range *range, size_t n, const struct address *a) {
  for (size_t i = 0; i < n; i++)
    if (address_compare(&range[i].first, a) <= 0 && address_compare(a, &range[i].last) <= 0) return true;
  return false;
}

static bool port_in(const struct port_range *range, size_t n, uint16_t port) {
  for (size_t i = 0; i < n; i++)
    if (port >= range[i].first && port <= range[i].last) return true;
  return false;
}

/* All conversations of the finding must be about the waiver's hosts and ports: part of a problem is still one. */
static bool covers(const struct audit_run *r, const struct site_waiver *w, const struct finding *f) {
  const char *id = f->rule >= 0 ? r->a->rule[f->rule].id : verdict_name(f->verdict);
  if (strcmp(w->rule, id) != 0) return false;
  for (size_t i = 0; i < f->n_conversations; i++) {
    const struct talk *k = listed_talk(r, f->conversation[i]);
    const bool host = w->n_hosts == 0 || address_in(w->hosts, w->n_hosts, talk_server_address(&r->talks, k)) ||
                      address_in(w->hosts, w->n_hosts, talk_client_address(&r->talks, k));
    if (!host || (w->n_ports && !port_in(w->ports, w->n_ports, k->port))) return false;
  }
  return true;
}

int32_t waiver_find(const struct audit_run *r, const struct finding *f) {
  const struct site *s = r->a->site;
  for (size_t i = 0; i < s->n_waivers; i++)
    if (!expired(r, &s->waiver[i]) && covers(r, &s->waiver[i], f)) return (int32_t)i;
  return -1;
}

int waivers_check(struct audit_run *r) {
  const struct site *s = r->a->site;
  for (size_t i = 0; i < s->n_waivers; i++) {
    char day[STAMP_TEXT_SIZE];
    if (!expired(r, &s->waiver[i])) continue;
    stamp_print_utc(day, s->waiver[i].expires, 0);
    day[10] = '\0';
    if (warning_add(r, "The waiver for %s expired on %s and has no effect.", s->waiver[i].rule, day)) return -1;
  }
  return 0;
}
