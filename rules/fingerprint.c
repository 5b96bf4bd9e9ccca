/* The stable name of a problem: the same in tomorrow's capture, so that two results can be compared.
 *
 * Made of the rule (or the open port), the roles, what happened and the hosts. A host goes in by the name the site
 * gives it, else by its address. When one cause stops many hosts, their number changes from day to day; then the role
 * stands for that end. Packet numbers, temporary ports and announced ports never go in. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/finding.h"
#include "rules/words.h"
#include "util/hash.h"
#include "util/out.h"

static void host_name_add(struct out *o, const struct cause *c, const struct address *a, size_t n_hosts) {
  char text[ADDRESS_TEXT_SIZE];
  const char *name = match_name_find(c->r->m, a);
  if (n_hosts > 1)
    out_text(o, "many");
  else
    out_text(o, name ? name : address_print(text, a));
  out_char(o, '\n');
}

static const char *role_id(const struct cause *c, int32_t role) {
  return role >= 0 ? c->r->m->policy->role[role].name : "other";
}

/* The announced interface when it is one, so that a cause that stops several does not depend on which comes first. */
static const char *interface_of(const struct cause *c) {
  const char *name = NULL;
  for (size_t i = 0; i < c->n; i++) {
    const struct learned *l = cause_ruling(c, i)->origin;
    if (!l) return "";
    if (name && strcmp(name, words_learned(l)) != 0) return "several";
    name = words_learned(l);
  }
  return name;
}

/* The service end without anything a capture chooses anew. */
static void service_add(struct out *o, const struct cause *c, const struct conversation *first) {
  if (first->policy_service >= 0)
    out_text(o, c->r->m->policy->service[first->policy_service].name);
  else
    out_printf(o, "%u/%u", first->proto, first->port);
  out_printf(o, "\n%s\n", first->rule >= 0 ? interface_of(c) : "");
}

int finding_fingerprint(const struct cause *c, struct finding *f) {
  const struct conversation *first = &c->first->c;
  const struct flow_icmp icmp = cause_icmp(c);
  char device[ADDRESS_TEXT_SIZE];
  struct out o;
  out_init(&o, NULL);
  out_printf(&o, "%s\n", first->rule >= 0 ? c->r->a->rule[first->rule].id : "unexpected-open");
  out_printf(&o, "%s\n%s\n", role_id(c, first->client_role), role_id(c, first->server_role));
  service_add(&o, c, first);
  out_printf(&o, "%s\n%s\n", verdict_name(first->verdict),
             first->verdict == VERDICT_UNEXPECTED_OPEN ? "" : outcome_name(first->outcome));
  out_printf(&o, "%s\n", address_known(&icmp.from) ? address_print(device, &icmp.from) : "");
  out_printf(&o, "%s %s\n", reset_by_name(first->reset_by), c->first->carried_by >= 0 ? "carried" : "");
  if (first->verdict == VERDICT_WRONG_PROTOCOL) out_printf(&o, "%s\n", service_name(c->first->wrong));
  if (c->first->declared) out_text(&o, "declared\n");
  if (first->why) out_printf(&o, "%s\n", why_name(first->why));
  host_name_add(&o, c, &first->client, c->n_clients);
  host_name_add(&o, c, &first->server, c->n_servers);
  char *text = out_take(&o);
  if (!text) return -ENOMEM;
  uint64_t hash = hash_bytes(0, text, strlen(text));
  free(text);
  snprintf(f->fingerprint, sizeof f->fingerprint, "%016llx", (unsigned long long)hash);
  return 0;
}
