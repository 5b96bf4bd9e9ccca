/* Activation properties are blobs within blobs (MS-DCOM 2.2.22), whose outer headers changed over the years; what
 * matters in them is one structure that is easy to tell from anything else:
 *
 *   max count (4, or 8 in NDR64) | entries (2) | security offset (2) | entries x 2 octets:
 *     { tower (2) | "host[port]" in UTF-16 | 0 } ... | 0 | { service (2) | authorisation (2) | name | 0 } ... | 0
 *
 * So a stub is searched for it, and each find is held against every rule of the structure: the two counts agree, the
 * string part ends exactly at the security offset, the array ends in a terminator, towers are known ones. */
#include "classifier/dcom.h"

#include <string.h>

#include "classifier/ndr.h"

enum { TOWER_TCP = 7, TOWER_UDP = 8, TOWER_MAX = 0x1f }; /* protocol identifiers, MS-DCOM 2.2.19.3, C706 appendix I */
enum { ENTRIES_MAX = 8192, STEP = 2 };

bool dcom_hands_out(enum rpc_role role, uint16_t opnum) {
  switch (role) {
    case RPC_ROLE_ACTIVATOR:
      return opnum == 3 || opnum == 4; /* RemoteGetClassObject, RemoteCreateInstance */
    case RPC_ROLE_ACTIVATION:
      return opnum == 0; /* RemoteActivation */
    case RPC_ROLE_RESOLVER:
      return opnum == 0 || opnum == 4; /* ResolveOxid, ResolveOxid2 */
    default:
      return false;
  }
}

static uint16_t u16_at(const uint8_t *p, bool big) { return big ? be16_at(p) : le16_at(p); }

static bool is_host_character(uint16_t c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == ':' || c == '%';
}

/* Reads "host[port]"; false when it is anything else, such as a host alone. */
static bool binding_parse(const uint8_t *text, size_t n, bool big, uint16_t tower, struct dcom_binding *binding_out) {
  struct dcom_binding b = {.proto = tower == TOWER_TCP ? PROTO_TCP : PROTO_UDP};
  size_t len = 0, i = 0;
  for (; i < n && u16_at(text + 2 * i, big) != '['; i++) {
    uint16_t c = u16_at(text + 2 * i, big);
    if (!is_host_character(c) || len + 1 >= sizeof b.host) return false;
    b.host[len++] = (char)c;
  }
  uint32_t port = 0;
  size_t digits = 0;
  for (i++; i < n && digits < 6; i++, digits++) {
    uint16_t c = u16_at(text + 2 * i, big);
    if (c < '0' || c > '9') break;
    port = port * 10 + (c - (uint32_t)'0');
  }
  if (i + 1 != n || u16_at(text + 2 * i, big) != ']' || port == 0 || port > 65535) return false;
  b.port = (uint16_t)port;
  *binding_out = b;
  return true;
}

/* The string part: s[0..n) of 16-bit units, ending in a terminator. Counts bindings; with found, hands them over. */
static bool strings_walk(const uint8_t *s, size_t n, bool big, dcom_found *found, void *context, unsigned *count) {
  size_t i = 0;
  while (i + 1 < n) {
    uint16_t tower = u16_at(s + 2 * i, big);
    if (tower == 0 || tower > TOWER_MAX) return false;
    size_t start = ++i;
    while (i < n && u16_at(s + 2 * i, big) != 0) i++;
    if (i + 1 >= n) return false; /* the binding's own terminator and the part's one must follow */
    struct dcom_binding b;
    if (found && (tower == TOWER_TCP || tower == TOWER_UDP) &&
        binding_parse(s + 2 * start, i - start, big, tower, &b)) {
      ++*count;
      if (!found(context, &b)) return true;
    }
    i++;
  }
  return i + 1 == n && u16_at(s + 2 * i, big) == 0;
}

/* An array that starts at b. */
struct array {
  const uint8_t *unit;
  size_t n, security; /* 16-bit units: all of them; those of the string part */
};

static bool array_open(struct bytes b, bool big, bool wide, struct array *array_out) {
  struct ndr n = ndr_of(b, big, wide);
  struct array a = {0};
  uint64_t max;
  uint16_t entries, security;
  if (!ndr_size(&n, &max) || !ndr_u16(&n, &entries) || !ndr_u16(&n, &security)) return false;
  if (max != entries || entries < 4 || entries > ENTRIES_MAX || security < 2 || security >= entries) return false;
  a.n = entries;
  a.security = security;
  a.unit = bytes_get(&n.b, 2 * a.n);
  if (!a.unit || u16_at(a.unit + 2 * (a.n - 1), big) != 0) return false;
  if (!strings_walk(a.unit, a.security, big, NULL, NULL, NULL)) return false;
  *array_out = a;
  return true;
}

unsigned dcom_bindings_find(struct bytes stub, bool big, dcom_found *found, void *context) {
  unsigned count = 0;
  bytes_narrow(&stub, DCOM_STUB_MAX);
  while (bytes_left(&stub) >= 16) {
    struct array a;
    if (array_open(stub, big, false, &a) || array_open(stub, big, true, &a)) {
      strings_walk(a.unit, a.security, big, found, context, &count);
      stub.at = a.unit + 2 * a.n;
    } else {
      bytes_skip(&stub, STEP);
    }
  }
  return count;
}

/* A class identifier has 16 octets that nothing else will repeat by chance: a plain search is enough. */
const struct rpc_class *dcom_class_find(struct bytes stub, bool big) {
  bytes_narrow(&stub, DCOM_STUB_MAX);
  for (size_t i = 0; i < rpc_class_count(); i++) {
    struct uuid wire, text;
    if (!uuid_parse(rpc_class_at(i)->uuid, &text)) continue;
    struct bytes octets = bytes_of(text.octet, sizeof text.octet);
    if (!uuid_read(&octets, big, &wire)) continue; /* reading twice swaps back: this gives the order on the wire */
    if (memmem(stub.at, bytes_left(&stub), wire.octet, sizeof wire.octet)) return rpc_class_at(i);
  }
  return NULL;
}
