/* Readers: the protocols whose conversation is followed over a stream, behind one interface.
 *
 * A reader gets the bytes of either side in order (classifier/stream.h), notes what it finds, and says when nothing
 * more is to be learned. Its state starts zeroed. */
#ifndef WW_CLASSIFIER_READER_H
#define WW_CLASSIFIER_READER_H

#include "classifier/http.h"
#include "classifier/notes.h"
#include "classifier/rpc_session.h"
#include "classifier/smb.h"
#include "classifier/tls.h"

enum reader_kind { READER_NONE, READER_RPC, READER_SMB, READER_TLS, READER_HTTP, READER_COUNT };

union reader_state {
  struct rpc_session rpc;
  struct smb_session smb;
  struct tls_session tls;
  struct http_session http;
};

struct reader {
  /* Reads from the front of data; returns bytes dealt with (may be more than there are), 0 = needs more. */
  size_t (*read)(union reader_state *s, struct note_taker *t, struct bytes data, bool gap);
  /* The service as far as it is known; SERVICE_UNKNOWN leaves the first recognition standing. */
  enum service (*service)(const union reader_state *s, const struct notes *notes);
  bool (*is_done)(const union reader_state *s);
  bool (*is_told)(const union reader_state *s); /* all that describe says is known; NULL = not before it is done */
  void (*describe)(const union reader_state *s, const struct notes *notes, char *to, size_t size);
  void (*end)(union reader_state *s, struct block_pool *blocks);
  bool needs_notes;   /* writes to the flow's notes */
  uint16_t reads_max; /* reads of one side that got on, at most: units, or packets of what makes no sense */
};

/* The reader of that kind; NULL for READER_NONE. */
const struct reader *reader_of(enum reader_kind kind);

#endif
