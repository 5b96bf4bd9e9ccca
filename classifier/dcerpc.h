/* DCE/RPC protocol data units (C706 chapter 12, MS-RPCE 2.2): headers, bindings and their answers, calls.
 *
 * Pure readers: each takes the bytes of one unit and fills a value. What belongs to a conversation (which context is
 * which interface, which call is answered) is in classifier/rpc_session.h. */
#ifndef WW_CLASSIFIER_DCERPC_H
#define WW_CLASSIFIER_DCERPC_H

#include "classifier/app.h"
#include "util/bytes.h"

enum dcerpc_type {
  DCERPC_REQUEST = 0,
  DCERPC_PING = 1,
  DCERPC_RESPONSE = 2,
  DCERPC_FAULT = 3,
  DCERPC_WORKING = 4,
  DCERPC_NOCALL = 5,
  DCERPC_REJECT = 6,
  DCERPC_ACK = 7,
  DCERPC_CL_CANCEL = 8,
  DCERPC_FACK = 9,
  DCERPC_CANCEL_ACK = 10,
  DCERPC_BIND = 11,
  DCERPC_BIND_ACK = 12,
  DCERPC_BIND_NAK = 13,
  DCERPC_ALTER = 14,
  DCERPC_ALTER_ACK = 15,
  DCERPC_AUTH3 = 16,
  DCERPC_SHUTDOWN = 17,
  DCERPC_CO_CANCEL = 18,
  DCERPC_ORPHANED = 19
};

enum { DCERPC_FIRST = 1, DCERPC_LAST = 2, DCERPC_OBJECT = 128 }; /* pfc_flags */
enum { DCERPC_HEADER_LEN = 16, DCERPC_AUTH_TRAILER_LEN = 8 };
enum { DCERPC_AUTH_INTEGRITY = 5, DCERPC_AUTH_PRIVACY = 6 }; /* authentication levels, MS-RPCE 2.2.1.1.8 */
enum { DCERPC_AUTH_NONE_TYPE = 0 };

/* The common header of connection-oriented units. */
struct dcerpc {
  uint8_t type;                /* enum dcerpc_type */
  uint8_t flags;               /* DCERPC_FIRST... */
  bool big;                    /* integers are big-endian */
  uint16_t frag_len, auth_len; /* bytes: the whole unit; its authentication token */
  uint32_t call;
  struct bytes body;             /* after the common header, without authentication; what is there of it */
  struct bytes auth;             /* the token; empty without one, or when the unit is not whole */
  uint8_t auth_type, auth_level; /* 0 without a token */
};

/* True when at least the first bytes of data are a plausible header of a connection-oriented unit (8 bytes settle it;
 * fewer are never plausible). */
bool dcerpc_is_header(struct bytes data);

/* Reads one unit from data, which may hold less or more than it. False: no header there. */
bool dcerpc_parse(struct bytes data, struct dcerpc *unit_out);

/* One presentation context a client proposes. */
struct dcerpc_context {
  uint16_t id;
  struct uuid interface;
  uint16_t major, minor;
  bool ndr64;    /* NDR64 is among its transfer syntaxes */
  bool features; /* only bind-time features: negotiation, never an interface in use */
};
struct dcerpc_contexts {
  struct bytes b;
  bool big;
  uint8_t left;
};
/* Walks the contexts of a bind or alter_context: dcerpc_contexts_open once, then next until false. */
bool dcerpc_contexts_open(const struct dcerpc *unit, struct dcerpc_contexts *contexts_out);
bool dcerpc_contexts_next(struct dcerpc_contexts *contexts, struct dcerpc_context *context_out);

enum { DCERPC_RESULT_ACCEPTED = 0, DCERPC_RESULT_NEGOTIATED = 3 };
struct dcerpc_result {
  uint16_t result; /* 0 accepted, 1 and 2 refused, 3 bind-time features negotiated */
  uint16_t reason;
  bool ndr64; /* the accepted transfer syntax is NDR64 */
};
struct dcerpc_results {
  struct bytes b;
  struct bytes address; /* the secondary address: a port or a pipe name in ASCII, without its NUL */
  bool big;
  uint8_t left;
};
/* Walks the results of a bind_ack or alter_context_resp, in the order of the contexts they answer. */
bool dcerpc_results_open(const struct dcerpc *unit, struct dcerpc_results *results_out);
bool dcerpc_results_next(struct dcerpc_results *results, struct dcerpc_result *result_out);

struct dcerpc_call { /* of a request, response or fault */
  uint32_t alloc_hint;
  uint16_t context;
  uint16_t opnum;  /* request */
  uint32_t status; /* fault */
  struct bytes stub;
};
bool dcerpc_call_parse(const struct dcerpc *unit, struct dcerpc_call *call_out);

/* Reason of a bind_nak (C706 12.6.3.1). */
bool dcerpc_nak_parse(const struct dcerpc *unit, uint16_t *reason_out);

/* A connectionless unit (version 4, over UDP; C706 12.5): the interface stands in every one. */
struct dcerpc_datagram {
  uint8_t type;
  bool big;
  struct uuid interface;
  uint32_t version; /* major in the low 16 bits, minor above */
  uint16_t opnum, fragment;
  struct bytes stub;
};
bool dcerpc_datagram_parse(struct bytes data, struct dcerpc_datagram *datagram_out);

#endif
