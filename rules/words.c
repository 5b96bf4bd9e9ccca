/* Words and owned texts of the comparison. */
#include "rules/words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/site_text.h"
#include "util/array.h"
#include "util/out.h"
#include "util/text.h"

int text_set(char **to, const char *format, ...) {
  char *text;
  va_list args;
  va_start(args, format);
  int n = vasprintf(&text, format, args);
  va_end(args);
  if (n < 0) return -ENOMEM;
  free(*to);
  *to = text;
  return 0;
}

int warning_add(struct audit_run *r, const char *format, ...) {
  struct audit *a = r->a;
  if (a->n_warnings >= WARNINGS_MAX) return 0;
  if (!a->warning) a->warning = array_new(WARNINGS_MAX, sizeof *a->warning);
  if (!a->warning) return -ENOMEM;
  va_list args;
  va_start(args, format);
  char *text;
  int n = vasprintf(&text, format, args);
  va_end(args);
  if (n < 0) return -ENOMEM;
  a->warning[a->n_warnings++] = text;
  return 0;
}

const char *words_proto(uint8_t proto) {
  switch (proto) {
    case 6:
      return "TCP";
    case 17:
      return "UDP";
    case 58:
      return "ICMPv6";
    default:
      return "ICMP";
  }
}

const char *words_role(const struct audit_run *r, int32_t role) {
  return role >= 0 && (size_t)role < r->m->policy->n_roles ? r->m->policy->role[role].title : "other host";
}

/* printf into a buffer of WORDS_SIZE that never splits a character. */
static char *words_print(char to[WORDS_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3)));
static char *words_print(char to[WORDS_SIZE], const char *format, ...) {
  char text[2 * WORDS_SIZE];
  va_list args;
  va_start(args, format);
  int n = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
  text_clean(to, WORDS_SIZE, text, len);
  return to;
}

char *words_host(char to[WORDS_SIZE], const struct audit_run *r, const struct address *a) {
  char text[ADDRESS_TEXT_SIZE];
  address_print(text, a);
  const char *name = match_name_find(r->m, a);
  struct host_view v;
  if (!name && traffic_host(r->a->traffic, a, &v)) name = v.name;
  return name ? words_print(to, "%s (%s)", text, name) : words_print(to, "%s", text);
}

char *words_service(char to[WORDS_SIZE], const struct audit_run *r, const struct conversation *c) {
  bool echo = match_transport(c->proto) == TRANSPORT_ICMP_ECHO;
  if (echo) return words_print(to, "%s echo", words_proto(c->proto));
  if (c->policy_service >= 0)
    return words_print(to, "%s (%s %u)", r->m->policy->service[c->policy_service].title, words_proto(c->proto),
                       c->port);
  if (c->service == SERVICE_UNKNOWN) return words_print(to, "%s %u", words_proto(c->proto), c->port);
  return words_print(to, "%s %u (%s)", words_proto(c->proto), c->port, service_name(c->service));
}

/* Digits in groups of three. */
static char *number_print(char to[32], uint64_t n) {
  char digits[24];
  int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
  char *at = to;
  for (int i = 0; i < len; i++) {
    if (i && (len - i) % 3 == 0) *at++ = ',';
    *at++ = digits[i];
  }
  *at = '\0';
  return to;
}

char *words_count(char to[WORDS_SIZE], uint64_t n, const char *one, const char *many) {
  char number[32];
  return words_print(to, "%s %s", number_print(number, n), n == 1 ? one : many);
}

const char *words_learned(const struct learned *l) {
  if (l->name) return l->name;
  return l->service == SERVICE_UNKNOWN ? "an RPC interface" : service_name(l->service);
}

static void range_print(struct out *o, const char *before, const char *transport, struct port_range p) {
  if (p.first == p.last)
    out_printf(o, "%s%s %u", before, transport, p.first);
  else
    out_printf(o, "%s%s %u-%u", before, transport, p.first, p.last);
}

char *out_take(struct out *o) {
  const char *text = out_str(o);
  char *copy = text ? strdup(text) : NULL;
  out_close(o);
  return copy;
}

char *service_describe(const struct audit_run *r, int32_t service) {
  struct out o;
  out_init(&o, NULL);
  site_service_print(r->m->policy, r->m->site, service, &o);
  return out_take(&o);
}

char *allow_describe_ports(const struct site_allow *a) {
  struct out o;
  out_init(&o, NULL);
  const char *before = "";
  for (size_t i = 0; i < a->n_tcp; i++, before = ", ") range_print(&o, before, "TCP", a->tcp[i]);
  for (size_t i = 0; i < a->n_udp; i++, before = ", ") range_print(&o, before, "UDP", a->udp[i]);
  if (a->icmp_echo) out_printf(&o, "%sICMP echo", before);
  return out_take(&o);
}
