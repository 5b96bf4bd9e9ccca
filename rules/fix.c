/* What to change: the rule's own advice, made concrete for the hosts and the device of this finding. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/finding.h"
#include "rules/site_text.h"
#include "rules/words.h"
#include "util/out.h"

enum { PORT_MAPPER = 135 }; /* Windows rules name it RPCEPMap */

/* A device in between said no: nothing on the host needs a change. */
static bool device_denied(const struct cause *c) {
  const struct conversation *first = &c->first->c;
  const struct flow_icmp icmp = cause_icmp(c);
  bool error = first->outcome == OUTCOME_REJECTED && !address_equal(&icmp.from, &first->server);
  return error || first->reset_by == RESET_BY_DEVICE;
}

/* Who has to change something, as far as the packets show. */
static char *place_print(const struct cause *c, char to[2 * WORDS_SIZE]) {
  const struct conversation *first = &c->first->c;
  const struct flow_icmp icmp = cause_icmp(c);
  char host[WORDS_SIZE];
  to[0] = '\0';
  if (first->reset_by == RESET_BY_DEVICE)
    snprintf(to, 2 * WORDS_SIZE, "Change the firewall in front of %s: it reset this traffic. ",
             words_host(host, c->r, &first->server));
  else if (device_denied(c))
    snprintf(to, 2 * WORDS_SIZE, "Change the device at %s: it rejected this traffic. ",
             words_host(host, c->r, &icmp.from));
  else if (first->outcome == OUTCOME_REJECTED)
    snprintf(to, 2 * WORDS_SIZE, "Change the firewall of %s itself: it rejected this traffic. ",
             words_host(host, c->r, &first->server));
  return to;
}

/* The rule is open both ways, and this traffic went the way that its advice does not speak of. */
static bool is_backwards(const struct cause *c) {
  size_t n;
  const uint32_t *entry = match_set(c->r->memo, c->first->set, &n);
  return n && c->r->m->entry[entry[0]].back;
}

/* The rule whose advice fits: the cause's own, unless the traffic went backwards and another rule in force is about
 * just this way (WMI's call back, among the dynamic ports). *backwards_out: none is. */
static const struct policy_rule *advice_rule(const struct cause *c, bool *backwards_out) {
  const struct matcher *m = c->r->m;
  size_t n;
  const uint32_t *entry = match_set(c->r->memo, c->first->set, &n);
  *backwards_out = is_backwards(c);
  for (size_t i = 0; i < n && *backwards_out; i++) {
    const struct match_entry *e = &m->entry[entry[i]];
    if (e->back || !m->rule[e->rule].in_force || m->rule[e->rule].policy_rule < 0) continue;
    *backwards_out = false;
    return &m->policy->rule[m->rule[e->rule].policy_rule];
  }
  return cause_rule(c);
}

/* " Here: from 10.0.0.1 to 4,000 hosts (Client)." */
static void hosts_print(const struct cause *c, struct out *o) {
  const struct conversation *first = &c->first->c;
  size_t clients = c->n_clients, servers = c->n_servers;
  char host[WORDS_SIZE];
  out_printf(o, " Here: from %s",
             clients == 1 ? words_host(host, c->r, &first->client) : words_count(host, clients, "host", "hosts"));
  out_printf(o, " to %s.",
             servers == 1 ? words_host(host, c->r, &first->server) : words_count(host, servers, "host", "hosts"));
}

/* A policy that gives Windows commands is about Windows hosts; for others we know no command. */
static bool is_about_windows(const struct cause *c) {
  const struct policy *p = c->r->m->policy;
  for (size_t i = 0; i < p->n_rules; i++)
    if (p->rule[i].fix_command && strstr(p->rule[i].fix_command, "NetFirewallRule")) return true;
  return false;
}

/* A Windows Firewall rule on the server's side, for findings whose rule has no command of its own. */
static int command_allow(const struct cause *c, struct finding *f) {
  if (!is_about_windows(c)) return 0;
  const struct conversation *first = &c->first->c;
  char client[ADDRESS_TEXT_SIZE];
  if (match_transport(first->proto) == TRANSPORT_ICMP_ECHO)
    return text_set(&f->fix_command,
                    "New-NetFirewallRule -DisplayName 'Echo request for %s' -Direction Inbound -Protocol %s "
                    "-IcmpType %d -Action Allow",
                    words_role(c->r, first->client_role), first->client.family == 6 ? "ICMPv6" : "ICMPv4",
                    first->client.family == 6 ? 128 : 8);
  bool one = c->n_clients == 1;
  const char *port = first->origin ? "RPC" : NULL;
  char number[8];
  snprintf(number, sizeof number, "%u", first->port);
  return text_set(&f->fix_command,
                  "New-NetFirewallRule -DisplayName '%s for %s' -Direction Inbound -Protocol %s -LocalPort %s%s%s "
                  "-Action Allow",
                  f->rule >= 0 ? c->r->a->rule[f->rule].id : "wallwitness", words_role(c->r, first->client_role),
                  words_proto(first->proto), port ? port : number, one ? " -RemoteAddress " : "",
                  one ? address_print(client, &first->client) : "");
}

static int fix_blocked(const struct cause *c, struct finding *f) {
  bool backwards;
  const struct policy_rule *rule = advice_rule(c, &backwards);
  char text[2 * WORDS_SIZE];
  struct out o;
  out_init(&o, NULL);
  out_text(&o, place_print(c, text));
  if (rule && rule->fix)
    site_text_print(c->r->m->policy, c->r->m->site, rule->fix, &o);
  else
    out_printf(&o, "Allow %s on the server's side and on every firewall in between.",
               words_service(text, c->r, &c->first->c));
  hosts_print(c, &o);
  if (c->n_twins) {
    bool v6 = c->first->c.server.family == 6;
    out_printf(&o, " The rules for %s let it through: look at those for %s.", v6 ? "IPv4" : "IPv6",
               v6 ? "IPv6" : "IPv4");
  }
  if (backwards) {
    const struct conversation *first = &c->first->c;
    out_printf(&o, " This connection is started by the %s: allow it inbound on the %s, too.",
               words_role(c->r, first->client_role), words_role(c->r, first->server_role));
  }
  if (!(f->fix = out_take(&o))) return -ENOMEM;
  if (device_denied(c)) return 0; /* a command on a host would change nothing */
  if (!rule || !rule->fix_command || backwards) return command_allow(c, f);
  out_init(&o, NULL);
  site_text_print(c->r->m->policy, c->r->m->site, rule->fix_command, &o);
  return (f->fix_command = out_take(&o)) ? 0 : -ENOMEM;
}

/* Whoever is documented needs the port: others are to be kept out, and the port left open. */
static int fix_open_to_others(const struct cause *c, const struct documented *d, struct finding *f) {
  const struct conversation *first = &c->first->c;
  char service[WORDS_SIZE];
  struct out o;
  out_init(&o, NULL);
  out_printf(&o, "%s is documented for ", words_service(service, c->r, first));
  documented_print(c->r, d, &o);
  out_text(
      &o,
      " only. Limit the rule that lets others in to those hosts; to block the port would stop them, too. If others "
      "may use it, say so in the site file.");
  return (f->fix = out_take(&o)) ? 0 : -ENOMEM;
}

/* The addresses of the documented roles, "10.0.0.5,10.0.0.6"; NULL when they are too many, or not all are known. */
static char *documented_addresses(const struct cause *c, const struct documented *d) {
  const struct policy *p = c->r->m->policy;
  struct out names, o;
  out_init(&names, NULL);
  out_init(&o, NULL);
  for (uint64_t left = d->roles; left; left &= left - 1)
    out_printf(&names, "%s{%s}", left == d->roles ? "" : ",", p->role[__builtin_ctzll(left)].name);
  const char *text = out_str(&names);
  if (text) site_text_print(p, c->r->m->site, text, &o);
  out_close(&names);
  char *addresses = out_take(&o);
  if (addresses && !strstr(addresses, "Any") && !d->listed) return addresses;
  free(addresses);
  return NULL;
}

static int command_limit(const struct cause *c, const struct documented *d, struct finding *f) {
  const struct conversation *first = &c->first->c;
  char *addresses = documented_addresses(c, d), port[8];
  if (!addresses) return 0;
  snprintf(port, sizeof port, "%u", first->port);
  int rc = text_set(&f->fix_command,
                    "Get-NetFirewallPortFilter -Protocol %s | Where-Object LocalPort -EQ %s | Get-NetFirewallRule | "
                    "Where-Object Direction -EQ Inbound | Where-Object Action -EQ Allow | Set-NetFirewallRule "
                    "-RemoteAddress %s  # on the host; rules of a Group Policy are changed there",
                    words_proto(first->proto), first->port == PORT_MAPPER ? "RPCEPMap" : port, addresses);
  free(addresses);
  return rc;
}

static int fix_open(const struct cause *c, struct finding *f) {
  const struct conversation *first = &c->first->c;
  char service[WORDS_SIZE], host[WORDS_SIZE];
  struct documented d;
  if (cause_documented(c, &d) && d.in_force)
    return fix_open_to_others(c, &d, f) || (is_about_windows(c) && command_limit(c, &d, f)) ? -ENOMEM : 0;
  size_t n = c->n_servers;
  if (n == 1)
    words_host(host, c->r, &first->server);
  else
    words_count(host, n, "host", "hosts");
  if (text_set(&f->fix,
               "Find out what answers %s on %s. If it is wanted, document it with an allow entry in the site file; if "
               "not, stop it or block the port.",
               words_service(service, c->r, first), host))
    return -ENOMEM;
  if (!is_about_windows(c)) return 0;
  return text_set(
      &f->fix_command,
      "New-NetFirewallRule -DisplayName 'Block %s %u' -Direction Inbound -Protocol %s -LocalPort %u -Action "
      "Block",
      words_proto(first->proto), first->port, words_proto(first->proto), first->port);
}

static int fix_review(const struct cause *c, struct finding *f) {
  const struct conversation *first = &c->first->c;
  const struct flow_icmp icmp = cause_icmp(c);
  char service[WORDS_SIZE], host[WORDS_SIZE];
  words_service(service, c->r, first);
  switch (first->why) {
    case WHY_TARGET_DOWN:
      return text_set(&f->fix, "Check that the host is on and reachable, then try %s again.%s", service,
                      c->first->up_denied ? "" : " If it was up, by other evidence, say so in the site file (\"up\").");
    case WHY_UNREACHABLE:
      return text_set(&f->fix, "Check the routes and the last link at %s, not the port rules for %s.",
                      words_host(host, c->r, &icmp.from), service);
    case WHY_NOT_LISTENING:
      return text_set(&f->fix,
                      "The network lets %s through. Start the service on the host, or check whether it should "
                      "run there.",
                      service);
    case WHY_STALLED:
      return text_set(&f->fix,
                      "Check the path's packet size limit (tunnels, \"fragmentation needed\" messages), not the "
                      "port rules for %s.",
                      service);
    case WHY_ONE_ATTEMPT:
      return text_set(&f->fix, "Try %s again while capturing for at least 30 seconds.", service);
    case WHY_HALF_OPEN:
      return text_set(&f->fix, "Check the way back from the server: its answers for %s get lost.", service);
    default:
      return text_set(&f->fix, "Look at the packets of %s, and capture nearer to the server.", service);
  }
}

int finding_fix(const struct cause *c, struct finding *f) {
  switch (f->verdict) {
    case VERDICT_BLOCKED:
    case VERDICT_DEGRADED:
      return fix_blocked(c, f);
    case VERDICT_UNEXPECTED_OPEN:
      return fix_open(c, f);
    case VERDICT_REVIEW:
      return c->first->c.why == WHY_OPTIONAL ? fix_blocked(c, f) : fix_review(c, f);
    default:
      return text_set(&f->fix, "Move %s off this port, or change the documents if it belongs here.",
                      service_name(c->first->wrong));
  }
}
