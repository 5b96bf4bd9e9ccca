/* Policy texts and services with the site's ports in them: "{http_port}" becomes the value in force. Braces around
 * anything that is no name alone (as in PowerShell's script blocks) stay what they are. */
#include <string.h>

#include "rules/address_text.h"
#include "rules/site_text.h"

enum { HOSTS_PRINTED = 16 }; /* of one role; with more a command would be no line any more */

bool placeholder_next(const char *text, struct placeholder *found_out) {
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
    size_t n = strspn(open + 1, allowed);
    if (n == 0 || n >= sizeof found_out->name || open[1 + n] != '}') continue;
    found_out->at = open;
    found_out->end = open + n + 2;
    memcpy(found_out->name, open + 1, n);
    found_out->name[n] = '\0';
    return true;
  }
  return false;
}

/* The addresses of a role, as PowerShell's -RemoteAddress takes them. */
static void role_hosts_print(const struct site *s, int role, struct out *to) {
  size_t n = s->n_role_ranges[role];
  if (n == 0 || n > HOSTS_PRINTED) out_text(to, "Any");
  for (size_t i = 0; i < n && n <= HOSTS_PRINTED; i++) {
    char text[ADDRESS_RANGE_TEXT_SIZE];
    struct address_range nameless = {.first = s->role[role][i].first, .last = s->role[role][i].last};
    out_printf(to, "%s%s", i ? "," : "", address_range_print(text, &nameless));
  }
}

void site_text_print(const struct policy *p, const struct site *s, const char *text, struct out *to) {
  struct placeholder found;
  while (placeholder_next(text, &found)) {
    int parameter = policy_parameter_find(p, found.name), role = policy_role_find(p, found.name);
    char value[PORT_RANGE_TEXT_SIZE];
    out_bytes(to, text, (size_t)(found.at - text));
    if (parameter >= 0)
      out_text(to, port_range_print(value, &s->parameter[parameter]));
    else if (role >= 0)
      role_hosts_print(s, role, to);
    else
      out_bytes(to, found.at, (size_t)(found.end - found.at));
    text = found.end;
  }
  out_text(to, text);
}

struct port_range site_service_ports(const struct policy *p, const struct site *s, int service, size_t k) {
  const struct policy_ports *ports = &p->service[service].ports[k];
  return ports->parameter >= 0 ? s->parameter[ports->parameter] : ports->literal;
}

/* Whether an earlier entry stands for the same ports: two parameters may have one value. */
static bool said_before(const struct policy *p, const struct site *s, int service, size_t k) {
  struct port_range r = site_service_ports(p, s, service, k);
  for (size_t i = 0; i < k; i++) {
    struct port_range earlier = site_service_ports(p, s, service, i);
    if (earlier.first == r.first && earlier.last == r.last) return true;
  }
  return false;
}

void site_service_print(const struct policy *p, const struct site *s, int service, struct out *to) {
  static const char *const transport[] = {
      [TRANSPORT_TCP] = "TCP", [TRANSPORT_UDP] = "UDP", [TRANSPORT_ICMP_ECHO] = "ICMP echo"};
  _Static_assert(sizeof transport / sizeof *transport == TRANSPORT_COUNT, "a word for every transport");
  const struct policy_service *v = &p->service[service];
  out_text(to, v->title);
  if (v->transport == TRANSPORT_ICMP_ECHO) return;
  out_printf(to, " (%s", transport[v->transport]);
  for (size_t k = 0; k < v->n_ports; k++) {
    struct port_range r = site_service_ports(p, s, service, k);
    char text[PORT_RANGE_TEXT_SIZE];
    if (!said_before(p, s, service, k)) out_printf(to, "%s %s", k ? "," : "", port_range_print(text, &r));
  }
  if (v->learned) out_text(to, v->n_ports ? ", or announced" : " port that was announced");
  out_char(to, ')');
}
