/* One DCE/RPC conversation: which context is which interface, which call an answer belongs to, and what the answers
 * of the endpoint mapper and of DCOM announce.
 *
 * It lives as long as its flow is under analysis. Over TCP it reads the stream; over a named pipe (SMB) the same
 * session reads the pipe's messages. */
#ifndef WW_CLASSIFIER_RPC_SESSION_H
#define WW_CLASSIFIER_RPC_SESSION_H

#include "classifier/dcerpc.h"
#include "classifier/notes.h"

enum { RPC_CONTEXTS_MAX = 32, RPC_CALLS_MAX = 16 };

struct rpc_session { /* starts as {0} */
  struct {
    uint16_t id;
    uint16_t bind; /* place in notes->rpc */
    uint8_t role;  /* enum rpc_role */
    bool wide;     /* NDR64 was agreed on */
  } context[RPC_CONTEXTS_MAX];
  struct {
    uint32_t id;
    uint16_t opnum;
    uint8_t role;
    bool used, wide;
    const struct rpc_class *class; /* that it activates, when readable and known */
  } call[RPC_CALLS_MAX];
  uint16_t proposed[RPC_CONTEXTS_MAX]; /* context slots in the order of the last proposal; NOTE_NOT_KEPT = none */
  uint8_t n_contexts, n_proposed, next_call;
  uint8_t level;       /* highest authentication level seen */
  bool bound;          /* a bind was seen: contexts are known */
  bool refused;        /* a bind was refused as a whole */
  bool not_registered; /* the mapper said so; wanted names the interface */
  const char *wanted;  /* interface the mapper was last asked for; NULL = unknown */
  uint32_t stub_call;  /* the answer being put together */
  uint8_t *stub;       /* of the block pool */
  size_t stub_len, stub_size;
  uint32_t n_units, n_faults;
};

/* Reads from the front of data. Returns how many bytes are dealt with, which may be more than there are (the rest of a
 * unit of no interest); 0: more is needed. After a gap in the stream it looks for the next unit. */
size_t rpc_session_read(struct rpc_session *s, struct note_taker *t, struct bytes data, bool gap);

/* Gives back what the session holds. */
void rpc_session_end(struct rpc_session *s, struct block_pool *blocks);

/* The service that the interfaces bound so far make of the flow: the most telling one. SERVICE_UNKNOWN without any. */
enum service rpc_service(const struct notes *notes);

/* "svcctl, IRemUnknown2; sealed": what to tell a person of a session's flow. */
void rpc_session_describe(const struct rpc_session *s, const struct notes *notes, char *to, size_t size);

/* A connectionless unit in a datagram. False: it is none. */
bool rpc_datagram_read(struct note_taker *t, struct bytes data);

#endif
