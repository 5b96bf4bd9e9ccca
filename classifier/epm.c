/* The two answers as they lie in the stub (32-bit form; counts and pointers are 8 bytes in NDR64):
 *
 *   ept_map:    handle (20) | n | max offset actual | pointer x actual | { size length octets } ... | status
 *   ept_lookup: handle (20) | n | max offset actual | { object (16) pointer offset actual text } ... | towers | status
 *
 * A tower is a count of floors; a floor is a left part (protocol identifier and its data) and a right part (address
 * data), each with its length. Floor 1 is the interface, 2 the transfer syntax, 3 the RPC protocol, 4 the port or
 * pipe, 5 the host. */
#include "classifier/epm.h"

enum { /* protocol identifiers, C706 appendix I */
       FLOOR_TCP = 0x07,
       FLOOR_UDP = 0x08,
       FLOOR_IP = 0x09,
       FLOOR_UUID = 0x0d,
       FLOOR_HTTP = 0x1f
};
enum { FLOORS_MAX = 16, TOWER_LEN_MAX = 4096, ANNOTATION_MAX = 64 };

static bool uuid_floor(struct bytes left, struct bytes right, struct epm_endpoint *e) {
  return uuid_read(&left, false, &e->uuid) && bytes_le16(&left, &e->major) && bytes_le16(&right, &e->minor);
}

static void address_floor(uint8_t id, struct bytes right, struct epm_endpoint *e) {
  const uint8_t *p;
  if ((id == FLOOR_TCP || id == FLOOR_HTTP) && (p = bytes_get(&right, 2))) {
    e->proto = PROTO_TCP;
    e->port = be16_at(p);
    e->http = id == FLOOR_HTTP;
  } else if (id == FLOOR_UDP && (p = bytes_get(&right, 2))) {
    e->proto = PROTO_UDP;
    e->port = be16_at(p);
  } else if (id == FLOOR_IP && bytes_left(&right) == 16) {
    e->address = address_make(6, right.at);
  } else if (id == FLOOR_IP && (p = bytes_get(&right, 4))) {
    e->address = address_make(4, p);
  }
}

bool epm_tower_parse(struct bytes tower, struct epm_endpoint *endpoint_out) {
  struct epm_endpoint e = {0};
  uint16_t n;
  if (!bytes_le16(&tower, &n) || n < 3 || n > FLOORS_MAX) return false;
  for (unsigned i = 0; i < n; i++) {
    uint16_t left_len, right_len;
    struct bytes left, right;
    uint8_t id;
    if (!bytes_le16(&tower, &left_len) || !bytes_take(&tower, left_len, &left) || !bytes_le16(&tower, &right_len) ||
        !bytes_take(&tower, right_len, &right) || !bytes_u8(&left, &id))
      return false;
    if (i < 2) {
      if (id != FLOOR_UUID) return false;
      if (i == 0 && !uuid_floor(left, right, &e)) return false;
    } else {
      address_floor(id, right, &e);
    }
  }
  static const struct address any4 = {.family = 4}, any6 = {.family = 6};
  if (address_equal(&e.address, &any4) || address_equal(&e.address, &any6)) e.address = (struct address){0};
  *endpoint_out = e;
  return true;
}

/* size (conformance), length, octets: what a tower's pointer points to. */
static bool tower_take(struct ndr *n, struct bytes *tower_out) {
  uint64_t size;
  uint32_t len;
  return ndr_size(n, &size) && ndr_u32(n, &len) && len <= TOWER_LEN_MAX && len <= size &&
         bytes_take(&n->b, len, tower_out);
}

/* Skips what stands before and between the tower pointers of a lookup's entries: object, pointer, annotation. */
static bool entry_take(struct ndr *n, uint64_t *pointer_out) {
  uint32_t offset, actual;
  if (!ndr_align(n, n->wide ? 8 : 4) || !bytes_skip(&n->b, 16) || !ndr_size(n, pointer_out)) return false;
  if (n->wide) {
    uint64_t offset64, actual64;
    return ndr_size(n, &offset64) && ndr_size(n, &actual64) && offset64 == 0 && actual64 <= ANNOTATION_MAX &&
           bytes_skip(&n->b, (size_t)actual64);
  }
  return ndr_u32(n, &offset) && ndr_u32(n, &actual) && offset == 0 && actual <= ANNOTATION_MAX &&
         bytes_skip(&n->b, actual);
}

/* Hands over the towers that follow; one that is damaged inside is left out. */
static bool towers_read(struct ndr *n, uint64_t n_towers, epm_found *found, void *context) {
  for (uint64_t i = 0; i < n_towers; i++) {
    struct bytes tower;
    struct epm_endpoint e;
    if (!tower_take(n, &tower)) return false;
    if (epm_tower_parse(tower, &e) && !found(context, &e)) return false;
  }
  return true;
}

int64_t epm_answer_parse(struct ndr stub, uint16_t opnum, epm_found *found, void *context) {
  struct ndr n = stub;
  uint32_t count, status;
  uint64_t max, offset, actual, n_towers = 0;
  if (opnum != EPM_MAP && opnum != EPM_LOOKUP) return -1;
  if (!bytes_skip(&n.b, 20) || !ndr_u32(&n, &count) || !ndr_size(&n, &max) || !ndr_size(&n, &offset) ||
      !ndr_size(&n, &actual))
    return -1;
  if (offset != 0 || actual > max || actual > EPM_TOWERS_MAX || count > actual) return -1;
  for (uint64_t i = 0; i < actual; i++) {
    uint64_t pointer;
    if (!(opnum == EPM_MAP ? ndr_size(&n, &pointer) : entry_take(&n, &pointer))) return -1;
    n_towers += pointer != 0;
  }
  if (!towers_read(&n, n_towers, found, context) || !ndr_u32(&n, &status)) return -1;
  return status;
}

bool epm_request_parse(struct ndr stub, struct epm_endpoint *wanted_out) {
  struct ndr n = stub;
  uint64_t pointer;
  struct bytes tower;
  if (!ndr_size(&n, &pointer)) return false;
  if (pointer && !(ndr_align(&n, n.wide ? 8 : 4) && bytes_skip(&n.b, 16))) return false;
  return ndr_size(&n, &pointer) && pointer && tower_take(&n, &tower) && epm_tower_parse(tower, wanted_out);
}
