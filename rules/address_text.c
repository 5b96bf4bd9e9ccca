/* A prefix with bits set behind its length is refused rather than rounded: "10.10.2.5/24" may have meant the host or
 * the network, and the two differ by 255 hosts. */
#include "rules/address_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned bits_of(const struct address *a) { return a->family == 6 ? 128 : 32; }

/* The address with every bit from bit `length` on set to 0 or to 1. */
static struct address fill_from(struct address a, unsigned length, bool ones) {
  for (unsigned bit = length; bit < bits_of(&a); bit++) {
    uint8_t mask = (uint8_t)(0x80 >> bit % 8);
    a.octet[bit / 8] = (uint8_t)(ones ? a.octet[bit / 8] | mask : a.octet[bit / 8] & ~mask);
  }
  return a;
}

/* A decimal number of at most five digits, alone; -1 otherwise. */
static long small_number(const char *text, size_t len) {
  long value = 0;
  if (len == 0 || len > 5) return -1;
  for (size_t i = 0; i < len; i++) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = 10 * value + (text[i] - '0');
  }
  return value;
}

static bool fail(struct err *e, const char *text, const char *why) {
  err_set(e, "\"%.100s\" is not an address, prefix or range: %s", text, why);
  return false;
}

/* One address inside text, with the mistakes that people make. */
static bool parse_address(const char *text, const char *part, size_t len, struct address *out, struct err *e) {
  static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
  if (len == 0) return fail(e, text, "an address is missing");
  if (memchr(part, '%', len)) return fail(e, text, "a zone (%...) means nothing in a capture; leave it out");
  if (memchr(part, ' ', len) || memchr(part, ',', len))
    return fail(e, text, "it holds a space or comma; write several addresses as a list");
  if (!address_parse(part, len, out)) {
    bool digits = strspn(part, "0123456789.") >= len;
    return fail(e, text,
                digits ? "an IPv4 address is four numbers from 0 to 255 without leading zeros"
                       : "write an IPv4 or IPv6 address; names are not looked up, but you may write name=address");
  }
  if (out->family == 6 && memcmp(out->octet, mapped, sizeof mapped) == 0)
    return fail(e, text, "write the IPv4 address itself instead of ::ffff:...");
  return true;
}

static bool parse_prefix(const char *text, const char *body, const char *slash, struct address_range *r,
                         struct err *e) {
  char line[160], network[ADDRESS_TEXT_SIZE], host[ADDRESS_TEXT_SIZE];
  struct address a;
  if (!parse_address(text, body, (size_t)(slash - body), &a, e)) return false;
  unsigned bits = bits_of(&a);
  long length = small_number(slash + 1, strlen(slash + 1));
  if (length < 0 || length > (long)bits) {
    snprintf(line, sizeof line, "a prefix length for IPv%d is 0 to %u%s", a.family, bits,
             strchr(slash, '.') ? " (255.255.255.0 is written 24)" : "");
    return fail(e, text, line);
  }
  struct address first = fill_from(a, (unsigned)length, false);
  if (!address_equal(&first, &a)) {
    snprintf(line, sizeof line, "it has host bits set; write %s/%ld for the network or %s for the host",
             address_print(network, &first), length, address_print(host, &a));
    return fail(e, text, line);
  }
  r->first = first;
  r->last = fill_from(a, (unsigned)length, true);
  return true;
}

static bool parse_span(const char *text, const char *body, const char *dash, struct address_range *r, struct err *e) {
  if (!parse_address(text, body, (size_t)(dash - body), &r->first, e)) return false;
  if (!parse_address(text, dash + 1, strlen(dash + 1), &r->last, e)) return false;
  if (r->first.family != r->last.family) return fail(e, text, "its two ends are of different families");
  if (address_compare(&r->first, &r->last) > 0) return fail(e, text, "its first address is after its last; swap them");
  return true;
}

static bool is_name(const char *text, size_t len) {
  const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return len > 0 && len <= 63 && strspn(text, allowed) >= len;
}

int address_range_parse(const char *text, struct address_range *range_out, struct err *e) {
  struct address_range r = {.name = NULL};
  const char *equals = strchr(text, '='), *body = equals ? equals + 1 : text;
  const char *slash = strchr(body, '/'), *dash = strchr(body, '-');
  bool good;
  if (equals && !is_name(text, (size_t)(equals - text))) {
    good = fail(e, text, "the name before = is 1 to 63 letters, digits, '-', '_' or '.', without spaces");
  } else if (equals && (slash || dash)) {
    good = fail(e, text, "a name stands for one address, not for several");
  } else if (slash) {
    good = parse_prefix(text, body, slash, &r, e);
  } else if (dash) {
    good = parse_span(text, body, dash, &r, e);
  } else {
    good = parse_address(text, body, strlen(body), &r.first, e);
    r.last = r.first;
  }
  if (!good) return -EINVAL;
  if (equals) {
    r.name = strndup(text, (size_t)(equals - text));
    if (!r.name) return -ENOMEM;
  }
  *range_out = r;
  return 0;
}

/* The length of the prefix that the range is; -1 when it is none. */
static int prefix_length(const struct address_range *r) {
  unsigned bits = bits_of(&r->first), length = 0;
  while (length < bits && !((r->first.octet[length / 8] ^ r->last.octet[length / 8]) & 0x80 >> length % 8)) length++;
  struct address low = fill_from(r->first, length, false), high = fill_from(r->first, length, true);
  return address_equal(&low, &r->first) && address_equal(&high, &r->last) ? (int)length : -1;
}

char *address_range_print(char to[ADDRESS_RANGE_TEXT_SIZE], const struct address_range *r) {
  char first[ADDRESS_TEXT_SIZE], last[ADDRESS_TEXT_SIZE];
  address_print(first, &r->first);
  address_print(last, &r->last);
  int length = prefix_length(r);
  const char *name = r->name ? r->name : "", *equals = r->name ? "=" : "";
  if (address_equal(&r->first, &r->last))
    snprintf(to, ADDRESS_RANGE_TEXT_SIZE, "%.63s%s%s", name, equals, first);
  else if (length >= 0)
    snprintf(to, ADDRESS_RANGE_TEXT_SIZE, "%s/%d", first, length);
  else
    snprintf(to, ADDRESS_RANGE_TEXT_SIZE, "%s-%s", first, last);
  return to;
}

bool port_range_parse(const char *text, struct port_range *ports_out, struct err *e) {
  const char *dash = strchr(text, '-');
  size_t len = dash ? (size_t)(dash - text) : strlen(text);
  long first = small_number(text, len), last = dash ? small_number(dash + 1, strlen(dash + 1)) : first;
  if (first < 1 || last < 1 || first > 65535 || last > 65535) {
    err_set(e, "\"%.40s\" is not a port or range: ports are whole numbers from 1 to 65535, a range is \"FIRST-LAST\"",
            text);
    return false;
  }
  if (first > last) {
    err_set(e, "\"%.40s\" is reversed: write \"%ld-%ld\"", text, last, first);
    return false;
  }
  ports_out->first = (uint16_t)first;
  ports_out->last = (uint16_t)last;
  return true;
}

char *port_range_print(char to[PORT_RANGE_TEXT_SIZE], const struct port_range *r) {
  if (r->first == r->last)
    snprintf(to, PORT_RANGE_TEXT_SIZE, "%u", (unsigned)r->first);
  else
    snprintf(to, PORT_RANGE_TEXT_SIZE, "%u-%u", (unsigned)r->first, (unsigned)r->last);
  return to;
}
