/* Whom the documents let in on the port of a finding: what is open to a stranger may well be meant for somebody else.
 */
#include "rules/finding.h"
#include "rules/words.h"

/* True when the entry is about this port of this server. */
static bool is_about(const struct cause *c, const struct match_entry *e) {
  const struct talk_view *k = c->first;
  return e->transport == match_transport(k->c.proto) && match_entry_port(c->r->m, e, k->c.port) && !e->from.any &&
         match_end_has(c->r->m, &e->to, k->server_class);
}

bool cause_documented(const struct cause *c, struct documented *documented_out) {
  const struct matcher *m = c->r->m;
  struct documented d = {0};
  for (size_t i = 0; i < m->n_entries; i++) { /* those in force come first */
    const struct match_entry *e = &m->entry[i];
    bool in_force = m->rule[e->rule].in_force;
    if (d.in_force && !in_force) break;
    if (!is_about(c, e)) continue;
    d.in_force |= in_force;
    d.roles |= e->from.roles;
    d.listed |= e->from.listed >= 0;
  }
  *documented_out = d;
  return d.roles || d.listed;
}

void documented_print(const struct audit_run *r, const struct documented *d, struct out *to) {
  const char *before = "";
  for (uint64_t left = d->roles; left; left &= left - 1) {
    bool last = !(left & (left - 1)) && !d->listed;
    out_printf(to, "%s%s", left == d->roles ? "" : last ? " or " : before, words_role(r, __builtin_ctzll(left)));
    before = ", ";
  }
  if (d->listed) out_printf(to, "%sother addresses", d->roles ? " or " : "");
}
