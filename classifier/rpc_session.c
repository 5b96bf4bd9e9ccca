/* Units are dealt with one by one. Calls that matter (mapper, activation, resolution) are read whole; of all others
 * only the header is looked at and the rest is skipped, so that bulk data costs nothing.
 *
 * An answer may come in fragments: their stubs are put together up to DCOM_STUB_MAX, then read once. An answer whose
 * request was not seen (the capture began later) can still be read on the mapper's port: every layout is tried, and
 * all of them check themselves. */
#include "classifier/rpc_session.h"

#include <stdio.h>
#include <string.h>

#include "classifier/dcom.h"
#include "classifier/epm.h"
#include "classifier/ntlm.h"

enum { MAPPER_PORT = 135, NO_CALL = -1 };

static int context_find(const struct rpc_session *s, uint16_t id) {
  for (int i = 0; i < s->n_contexts; i++)
    if (s->context[i].id == id) return i;
  return NO_CALL;
}

static int call_find(const struct rpc_session *s, uint32_t id) {
  for (int i = 0; i < RPC_CALLS_MAX; i++)
    if (s->call[i].used && s->call[i].id == id) return i;
  return NO_CALL;
}

/* A bind or alter_context: notes each interface and remembers what its contexts mean. */
static void read_proposal(struct rpc_session *s, struct note_taker *t, const struct dcerpc *unit) {
  struct dcerpc_contexts walk;
  struct dcerpc_context c;
  s->bound = true;
  s->n_proposed = 0;
  if (!dcerpc_contexts_open(unit, &walk)) return;
  while (dcerpc_contexts_next(&walk, &c)) {
    uint16_t bind = c.features ? NOTE_NOT_KEPT : note_bind(t, &c.interface, c.major, c.minor);
    int at = context_find(s, c.id);
    if (at < 0 && s->n_contexts < RPC_CONTEXTS_MAX) at = s->n_contexts++;
    if (at >= 0) {
      const struct rpc_interface *known = rpc_interface_find(&c.interface);
      s->context[at].id = c.id;
      s->context[at].bind = bind;
      s->context[at].role = (uint8_t)(known ? known->role : RPC_ROLE_PLAIN);
      s->context[at].wide = c.ndr64; /* until the answer says which syntax it is */
    }
    if (s->n_proposed < RPC_CONTEXTS_MAX) s->proposed[s->n_proposed++] = at < 0 ? NOTE_NOT_KEPT : (uint16_t)at;
  }
}

static void read_results(struct rpc_session *s, struct note_taker *t, const struct dcerpc *unit) {
  struct dcerpc_results walk;
  struct dcerpc_result r;
  if (!dcerpc_results_open(unit, &walk)) return;
  for (unsigned i = 0; dcerpc_results_next(&walk, &r) && i < s->n_proposed; i++) {
    uint16_t at = s->proposed[i];
    if (at == NOTE_NOT_KEPT || r.result == DCERPC_RESULT_NEGOTIATED) continue;
    if (r.result != DCERPC_RESULT_ACCEPTED) continue;
    s->context[at].wide = r.ndr64;
    note_bind_accepted(t, s->context[at].bind);
  }
}

static bool is_telling(uint8_t role, uint16_t opnum) {
  return role == RPC_ROLE_MAPPER ? opnum == EPM_MAP || opnum == EPM_LOOKUP : dcom_hands_out((enum rpc_role)role, opnum);
}

static void call_remember(struct rpc_session *s, const struct dcerpc *unit, const struct dcerpc_call *c, int context) {
  int at = call_find(s, unit->call);
  if (at < 0) {
    at = s->next_call;
    s->next_call = (uint8_t)((s->next_call + 1) % RPC_CALLS_MAX);
  }
  s->call[at].id = unit->call;
  s->call[at].opnum = c->opnum;
  s->call[at].role = s->context[context].role;
  s->call[at].wide = s->context[context].wide;
  s->call[at].used = true;
  s->call[at].class = NULL;
}

static void read_request(struct rpc_session *s, struct note_taker *t, const struct dcerpc *unit) {
  struct dcerpc_call c;
  if (!dcerpc_call_parse(unit, &c)) return;
  int context = context_find(s, c.context);
  if (context < 0 || !is_telling(s->context[context].role, c.opnum)) return;
  if (unit->flags & DCERPC_FIRST) call_remember(s, unit, &c, context);
  int at = call_find(s, unit->call);
  if (at < 0) return;
  bool sealed = unit->auth_level >= DCERPC_AUTH_PRIVACY;
  if (s->call[at].role == RPC_ROLE_MAPPER) {
    struct epm_endpoint wanted;
    s->wanted = NULL;
    if (!sealed && c.opnum == EPM_MAP && epm_request_parse(ndr_of(c.stub, unit->big, s->call[at].wide), &wanted)) {
      const struct rpc_interface *known = rpc_interface_find(&wanted.uuid);
      s->wanted = known ? known->name : NULL;
    }
    return;
  }
  if (!sealed && !s->call[at].class) s->call[at].class = dcom_class_find(c.stub, unit->big);
  note_expect(t, &t->src, &t->dst); /* withdrawn when the answer can be read */
}

static bool mapper_found(void *context, const struct epm_endpoint *e) {
  struct note_taker *t = context;
  if (!e->proto || !e->port) return true;
  const struct rpc_interface *known = rpc_interface_find(&e->uuid);
  struct learned l = {.uuid = e->uuid,
                      .name = known ? known->name : NULL,
                      .service = known ? known->service : SERVICE_RPC,
                      .server = e->address,
                      .port = e->port,
                      .proto = e->proto,
                      .by = LEARNED_BY_EPM};
  note_endpoint(t, &l);
  return true;
}

static bool count_only(void *context, const struct epm_endpoint *e) {
  (void)e;
  ++*(unsigned *)context;
  return true;
}

/* True when the stub is an answer of the mapper and was noted. */
static bool read_mapper_answer(struct rpc_session *s, struct note_taker *t, struct ndr stub, uint16_t opnum) {
  unsigned n = 0;
  int64_t status = epm_answer_parse(stub, opnum, count_only, &n);
  if (status < 0 && n == 0) return false;
  epm_answer_parse(stub, opnum, mapper_found, t);
  if (status == EPM_NOT_REGISTERED && opnum == EPM_MAP && n == 0) {
    s->not_registered = t->news = true;
    t->notes->not_registered_packet = t->packet;
  }
  return true;
}

struct binding_taker {
  struct note_taker *t;
  const struct rpc_class *class;
};

static bool binding_found(void *context, const struct dcom_binding *b) {
  const struct binding_taker *taker = context;
  struct learned l = {.name = taker->class ? taker->class->name : NULL,
                      .service = taker->class ? taker->class->service : SERVICE_DCOM,
                      .port = b->port,
                      .proto = b->proto,
                      .by = LEARNED_BY_OXID};
  struct learned listed = l;
  note_endpoint(taker->t, &l); /* a name, or one of several addresses: the host that answered is meant */
  if (address_parse(b->host, strlen(b->host), &listed.server) && !address_is_special(&listed.server))
    note_endpoint(taker->t, &listed);
  return true;
}

static bool read_bindings(struct note_taker *t, struct bytes stub, bool big, const struct rpc_class *class) {
  struct binding_taker taker = {t, class ? class : dcom_class_find(stub, big)};
  return dcom_bindings_find(stub, big, binding_found, &taker) || dcom_bindings_find(stub, !big, binding_found, &taker);
}

/* No request is known for this answer; on the mapper's port it is still worth trying. */
static void read_orphan(struct rpc_session *s, struct note_taker *t, struct bytes stub, bool big) {
  if (s->bound || t->src_port != MAPPER_PORT) return;
  for (int wide = 0; wide < 2; wide++) {
    if (read_mapper_answer(s, t, ndr_of(stub, big, wide), EPM_MAP)) return;
    if (read_mapper_answer(s, t, ndr_of(stub, big, wide), EPM_LOOKUP)) return;
  }
  read_bindings(t, stub, big, NULL);
}

static void stub_drop(struct rpc_session *s, struct block_pool *blocks) {
  block_put(blocks, s->stub, s->stub_size);
  s->stub = NULL;
  s->stub_len = s->stub_size = 0;
}

/* Adds a fragment's stub to the answer being put together. */
static bool stub_add(struct rpc_session *s, struct block_pool *blocks, struct bytes part) {
  size_t len = bytes_left(&part);
  if (s->stub_len + len > s->stub_size) {
    size_t size = 0;
    uint8_t *larger = block_get(blocks, s->stub_len + len, &size);
    if (!larger) return false;
    if (s->stub) memcpy(larger, s->stub, s->stub_len);
    block_put(blocks, s->stub, s->stub_size);
    s->stub = larger;
    s->stub_size = size;
  }
  if (len) memcpy(s->stub + s->stub_len, part.at, len);
  s->stub_len += len;
  return true;
}

static void read_whole_answer(struct rpc_session *s, struct note_taker *t, const struct dcerpc *unit, struct bytes stub,
                              int call) {
  if (call < 0) {
    read_orphan(s, t, stub, unit->big);
    return;
  }
  s->call[call].used = false;
  if (s->call[call].role == RPC_ROLE_MAPPER) {
    read_mapper_answer(s, t, ndr_of(stub, unit->big, s->call[call].wide), s->call[call].opnum);
    return;
  }
  learned_expect_not(t->learned, &t->dst, &t->src);
  read_bindings(t, stub, unit->big, s->call[call].class);
}

static void read_answer(struct rpc_session *s, struct note_taker *t, const struct dcerpc *unit) {
  struct dcerpc_call c;
  int call = call_find(s, unit->call);
  if (!dcerpc_call_parse(unit, &c)) return;
  if (unit->auth_level >= DCERPC_AUTH_PRIVACY) {
    if (call >= 0 && s->call[call].role != RPC_ROLE_MAPPER) note_expect(t, &t->dst, &t->src);
    if (call >= 0 && (unit->flags & DCERPC_LAST)) s->call[call].used = false;
    return;
  }
  if ((unit->flags & (DCERPC_FIRST | DCERPC_LAST)) == (DCERPC_FIRST | DCERPC_LAST)) {
    read_whole_answer(s, t, unit, c.stub, call);
    return;
  }
  if (unit->flags & DCERPC_FIRST) {
    stub_drop(s, t->blocks);
    s->stub_call = unit->call;
  } else if (!s->stub || s->stub_call != unit->call) {
    return;
  }
  if (!stub_add(s, t->blocks, c.stub)) {
    stub_drop(s, t->blocks);
    return;
  }
  if (!(unit->flags & DCERPC_LAST)) return;
  read_whole_answer(s, t, unit, bytes_of(s->stub, s->stub_len), call);
  stub_drop(s, t->blocks);
}

static void read_fault(struct rpc_session *s, struct note_taker *t, const struct dcerpc *unit) {
  s->n_faults++;
  int call = call_find(s, unit->call);
  if (call < 0) return;
  s->call[call].used = false;
  if (s->call[call].role != RPC_ROLE_MAPPER) learned_expect_not(t->learned, &t->dst, &t->src);
}

/* Only these have to be there to their last byte; of the others the header says enough. */
static bool must_be_whole(const struct rpc_session *s, const struct note_taker *t, const struct dcerpc *unit) {
  struct dcerpc_call c;
  switch (unit->type) {
    case DCERPC_BIND:
    case DCERPC_ALTER:
    case DCERPC_BIND_ACK:
    case DCERPC_ALTER_ACK:
      return true;
    case DCERPC_REQUEST: {
      if (!dcerpc_call_parse(unit, &c)) return false;
      int at = context_find(s, c.context);
      return at >= 0 && is_telling(s->context[at].role, c.opnum);
    }
    case DCERPC_RESPONSE:
      return call_find(s, unit->call) >= 0 || (!s->bound && t->src_port == MAPPER_PORT);
    default:
      return false;
  }
}

static void read_unit(struct rpc_session *s, struct note_taker *t, const struct dcerpc *unit) {
  s->n_units++;
  if (s->n_units == 1) t->news = true;
  if (unit->auth_level > s->level) {
    s->level = unit->auth_level;
    t->news = true;
  }
  if (s->level >= DCERPC_AUTH_PRIVACY) t->notes->encrypted = true;
  switch (unit->type) {
    case DCERPC_BIND:
    case DCERPC_ALTER:
      read_proposal(s, t, unit);
      break;
    case DCERPC_BIND_ACK:
    case DCERPC_ALTER_ACK:
      read_results(s, t, unit);
      ntlm_note(t, unit->auth);
      break;
    case DCERPC_BIND_NAK:
      s->refused = t->news = true;
      break;
    case DCERPC_REQUEST:
      read_request(s, t, unit);
      break;
    case DCERPC_RESPONSE:
      read_answer(s, t, unit);
      break;
    case DCERPC_FAULT:
      read_fault(s, t, unit);
      break;
    default:
      break;
  }
}

/* Bytes to pass over until something like a header begins; keeps the last few, which may be the start of one. */
static size_t resynchronise(struct bytes data) {
  struct bytes b = data;
  struct dcerpc unit;
  while (bytes_left(&b) >= DCERPC_HEADER_LEN) {
    if (dcerpc_parse(b, &unit)) return (size_t)(b.at - data.at);
    const uint8_t *version = memchr(b.at + 1, 5, bytes_left(&b) - 1);
    b.at = version ? version : b.end - (DCERPC_HEADER_LEN - 1);
    if (bytes_left(&b) < DCERPC_HEADER_LEN) break;
  }
  return (size_t)(b.at - data.at);
}

size_t rpc_session_read(struct rpc_session *s, struct note_taker *t, struct bytes data, bool gap) {
  struct dcerpc unit;
  if (gap) stub_drop(s, t->blocks);
  if (bytes_left(&data) < DCERPC_HEADER_LEN) return 0;
  if (!dcerpc_parse(data, &unit)) return resynchronise(data);
  bool whole = bytes_left(&data) >= unit.frag_len;
  size_t head = unit.frag_len < DCERPC_HEADER_LEN + 8 ? unit.frag_len : DCERPC_HEADER_LEN + 8;
  if (bytes_left(&data) < head) return 0; /* opnum and context stand in the eight bytes after the header */
  if (!whole && must_be_whole(s, t, &unit)) return 0;
  read_unit(s, t, &unit);
  return unit.frag_len;
}

void rpc_session_end(struct rpc_session *s, struct block_pool *blocks) { stub_drop(s, blocks); }

enum service rpc_service(const struct notes *notes) {
  static const uint8_t weight[SERVICE_COUNT] = {
      [SERVICE_RPC] = 1, [SERVICE_DCOM] = 2, [SERVICE_EPMAP] = 3, [SERVICE_WMI] = 4};
  enum service best = SERVICE_UNKNOWN;
  for (uint16_t i = 0; i < notes->n_rpc; i++)
    if (weight[notes->rpc[i].service] > weight[best]) best = notes->rpc[i].service;
  return best;
}

static void append(char *to, size_t size, const char *text) {
  size_t len = strlen(to);
  if (len + strlen(text) < size) memcpy(to + len, text, strlen(text) + 1);
}

void rpc_session_describe(const struct rpc_session *s, const struct notes *notes, char *to, size_t size) {
  enum { NAMES_MAX = 6 };
  to[0] = 0;
  append(to, size, "DCE/RPC");
  for (uint16_t i = 0; i < notes->n_rpc && i < NAMES_MAX; i++) {
    char uuid[UUID_TEXT_SIZE];
    append(to, size, i ? ", " : " ");
    append(to, size, notes->rpc[i].name ? notes->rpc[i].name : uuid_print(uuid, &notes->rpc[i].uuid));
  }
  if (notes->n_rpc > NAMES_MAX) append(to, size, ", ...");
  if (s->level >= DCERPC_AUTH_PRIVACY) append(to, size, "; calls sealed");
  if (s->level == DCERPC_AUTH_INTEGRITY) append(to, size, "; calls signed");
  if (s->refused) append(to, size, "; bind refused");
  if (s->not_registered) {
    append(to, size, "; not registered: ");
    append(to, size, s->wanted ? s->wanted : "the interface asked for");
  }
}

bool rpc_datagram_read(struct note_taker *t, struct bytes data) {
  struct dcerpc_datagram d;
  if (!dcerpc_datagram_parse(data, &d)) return false;
  uint16_t at = note_bind(t, &d.interface, (uint16_t)d.version, (uint16_t)(d.version >> 16));
  if (d.type == DCERPC_RESPONSE) note_bind_accepted(t, at);
  const struct rpc_interface *known = rpc_interface_find(&d.interface);
  if (d.type == DCERPC_RESPONSE && known && known->role == RPC_ROLE_MAPPER && d.fragment == 0) {
    struct rpc_session s = {0};
    read_mapper_answer(&s, t, ndr_of(d.stub, d.big, false), d.opnum);
  }
  return true;
}
