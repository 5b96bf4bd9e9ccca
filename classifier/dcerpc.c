/* A connection-oriented unit:
 *
 *   version 5 | minor | type | flags | data representation (4) | fragment length | token length | call
 *   body ... [ padding | type level pad reserved context (8) | token ]
 *
 * The representation's first half-octet gives the order of integers: 1 is little-endian. Lengths are taken as
 * hostile: a body never reaches beyond the fragment, nor into the authentication part. */
#include "classifier/dcerpc.h"

#include "classifier/ndr.h"

static const struct uuid ndr64 = {
    {0x71, 0x71, 0x05, 0x33, 0xbe, 0xba, 0x49, 0x37, 0x83, 0x19, 0xb5, 0xdb, 0xef, 0x9c, 0xcc, 0x36}};
/* Bind-time feature negotiation (MS-RPCE 3.3.1.5.3): 6cb71c2c-9812-4540-, then a bit mask. */
static const uint8_t features[8] = {0x6c, 0xb7, 0x1c, 0x2c, 0x98, 0x12, 0x45, 0x40};

static bool get_u16(struct bytes *b, bool big, uint16_t *value_out) {
  return big ? bytes_be16(b, value_out) : bytes_le16(b, value_out);
}

static bool get_u32(struct bytes *b, bool big, uint32_t *value_out) {
  return big ? bytes_be32(b, value_out) : bytes_le32(b, value_out);
}

/* Order of integers, character set and floating format are all of known kinds (C706 14.2.5). */
static bool is_representation(int integers, int floats) {
  return (integers == 0x10 || integers == 0x00 || integers == 0x11 || integers == 0x01) && floats >= 0 && floats <= 3;
}

bool dcerpc_is_header(struct bytes data) {
  if (bytes_left(&data) < 8) return false;
  return data.at[0] == 5 && data.at[1] <= 1 && data.at[2] <= DCERPC_ORPHANED &&
         is_representation(data.at[4], data.at[5]) && data.at[6] == 0 && data.at[7] == 0;
}

/* Cuts the authentication part off a whole unit's body. */
static void take_auth(struct dcerpc *unit) {
  size_t part = (size_t)unit->auth_len + DCERPC_AUTH_TRAILER_LEN;
  if (!unit->auth_len || bytes_left(&unit->body) < part) return;
  struct bytes trailer = unit->body;
  bytes_skip(&trailer, bytes_left(&unit->body) - part);
  unit->body.end = trailer.at;
  unit->auth_type = trailer.at[0];
  unit->auth_level = trailer.at[1];
  size_t padding = trailer.at[2];
  if (padding <= bytes_left(&unit->body)) unit->body.end -= padding;
  bytes_skip(&trailer, DCERPC_AUTH_TRAILER_LEN);
  unit->auth = trailer;
}

bool dcerpc_parse(struct bytes data, struct dcerpc *unit_out) {
  struct dcerpc u = {0};
  if (!dcerpc_is_header(data)) return false;
  struct bytes b = data;
  const uint8_t *head = bytes_get(&b, 8);
  u.type = head[2];
  u.flags = head[3];
  u.big = !(head[4] & 0x10);
  if (!get_u16(&b, u.big, &u.frag_len) || !get_u16(&b, u.big, &u.auth_len) || !get_u32(&b, u.big, &u.call))
    return false;
  if (u.frag_len < DCERPC_HEADER_LEN ||
      (u.auth_len && (size_t)u.auth_len + DCERPC_AUTH_TRAILER_LEN + DCERPC_HEADER_LEN > u.frag_len))
    return false;
  bool whole = bytes_left(&data) >= u.frag_len;
  bytes_narrow(&b, u.frag_len - DCERPC_HEADER_LEN);
  u.body = b;
  u.auth = (struct bytes){b.end, b.end};
  if (whole) take_auth(&u);
  *unit_out = u;
  return true;
}

bool dcerpc_contexts_open(const struct dcerpc *unit, struct dcerpc_contexts *contexts_out) {
  struct dcerpc_contexts c = {.b = unit->body, .big = unit->big};
  if (!bytes_skip(&c.b, 8) || !bytes_u8(&c.b, &c.left) || !bytes_skip(&c.b, 3)) return false;
  *contexts_out = c;
  return true;
}

bool dcerpc_contexts_next(struct dcerpc_contexts *contexts, struct dcerpc_context *context_out) {
  if (!contexts->left) return false;
  contexts->left--;
  struct dcerpc_context c = {0};
  struct bytes *b = &contexts->b;
  uint8_t n_syntaxes;
  if (!get_u16(b, contexts->big, &c.id) || !bytes_u8(b, &n_syntaxes) || !bytes_skip(b, 1) ||
      !uuid_read(b, contexts->big, &c.interface) || !get_u16(b, contexts->big, &c.major) ||
      !get_u16(b, contexts->big, &c.minor))
    return false;
  c.features = n_syntaxes > 0;
  for (unsigned i = 0; i < n_syntaxes; i++) {
    struct uuid syntax;
    if (!uuid_read(b, contexts->big, &syntax) || !bytes_skip(b, 4)) {
      contexts->left = 0; /* the interface itself was whole */
      break;
    }
    if (uuid_equal(&syntax, &ndr64)) c.ndr64 = true;
    if (memcmp(syntax.octet, features, sizeof features) != 0) c.features = false;
  }
  *context_out = c;
  return true;
}

bool dcerpc_results_open(const struct dcerpc *unit, struct dcerpc_results *results_out) {
  struct dcerpc_results r = {.b = unit->body, .big = unit->big};
  uint16_t len;
  if (!bytes_skip(&r.b, 8) || !get_u16(&r.b, unit->big, &len) || !bytes_take(&r.b, len, &r.address)) return false;
  if (len && r.address.end[-1] == 0) r.address.end--;
  size_t past = (size_t)(r.b.at - unit->body.at) % 4; /* the common header is 16 bytes: the body is aligned alike */
  if (past && !bytes_skip(&r.b, 4 - past)) return false;
  if (!bytes_u8(&r.b, &r.left) || !bytes_skip(&r.b, 3)) return false;
  *results_out = r;
  return true;
}

bool dcerpc_results_next(struct dcerpc_results *results, struct dcerpc_result *result_out) {
  if (!results->left) return false;
  results->left--;
  struct dcerpc_result r = {0};
  struct uuid syntax;
  if (!get_u16(&results->b, results->big, &r.result) || !get_u16(&results->b, results->big, &r.reason) ||
      !uuid_read(&results->b, results->big, &syntax) || !bytes_skip(&results->b, 4))
    return false;
  r.ndr64 = uuid_equal(&syntax, &ndr64);
  *result_out = r;
  return true;
}

bool dcerpc_call_parse(const struct dcerpc *unit, struct dcerpc_call *call_out) {
  struct dcerpc_call c = {0};
  struct bytes b = unit->body;
  if (!get_u32(&b, unit->big, &c.alloc_hint) || !get_u16(&b, unit->big, &c.context)) return false;
  if (unit->type == DCERPC_REQUEST) {
    if (!get_u16(&b, unit->big, &c.opnum)) return false;
    if ((unit->flags & DCERPC_OBJECT) && !bytes_skip(&b, 16)) return false;
  } else {
    if (!bytes_skip(&b, 2)) return false; /* cancel count, reserved */
    if (unit->type == DCERPC_FAULT && !(get_u32(&b, unit->big, &c.status) && bytes_skip(&b, 4))) return false;
  }
  c.stub = b;
  *call_out = c;
  return true;
}

bool dcerpc_nak_parse(const struct dcerpc *unit, uint16_t *reason_out) {
  struct bytes b = unit->body;
  return get_u16(&b, unit->big, reason_out);
}

bool dcerpc_datagram_parse(struct bytes data, struct dcerpc_datagram *datagram_out) {
  struct dcerpc_datagram d = {0};
  struct bytes b = data;
  const uint8_t *head = bytes_get(&b, 8); /* version, type, two flag octets, representation (3), serial high */
  if (!head || head[0] != 4 || head[1] > DCERPC_CANCEL_ACK || !is_representation(head[4], head[5]) || head[6] != 0)
    return false;
  d.type = head[1];
  d.big = !(head[4] & 0x10);
  uint16_t len;
  if (!bytes_skip(&b, 16) || !uuid_read(&b, d.big, &d.interface) || !bytes_skip(&b, 16 + 4)) return false;
  if (!get_u32(&b, d.big, &d.version) || !bytes_skip(&b, 4) || !get_u16(&b, d.big, &d.opnum) || !bytes_skip(&b, 4) ||
      !get_u16(&b, d.big, &len) || !get_u16(&b, d.big, &d.fragment) || !bytes_skip(&b, 2))
    return false;
  bytes_narrow(&b, len);
  d.stub = b;
  *datagram_out = d;
  return true;
}
