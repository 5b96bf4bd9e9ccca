/* SMB 1, 2 and 3 over TCP, directly or in a NetBIOS session (MS-CIFS, MS-SMB2, RFC 1002 4.3): dialect, shares, and the
 * RPC that travels in named pipes. */
#ifndef WW_CLASSIFIER_SMB_H
#define WW_CLASSIFIER_SMB_H

#include "classifier/notes.h"
#include "classifier/rpc_session.h"

enum { SMB_PIPES_MAX = 8, SMB_READS_MAX = 16 };

struct smb_session { /* starts as {0} */
  struct smb_pipe {
    uint64_t file;           /* a mix of the file identifier */
    struct rpc_session *rpc; /* of the block pool */
    size_t size;
  } pipe[SMB_PIPES_MAX];
  struct {
    uint64_t message; /* identifier of a read, whose answer does not name the file */
    uint64_t file;
    bool used;
  } read[SMB_READS_MAX];
  uint8_t n_pipes, next_read, next_pipe;
  uint8_t version;  /* 1, 2 (and 3); 0 = not known yet */
  uint16_t dialect; /* 0x0311...; 0 = not known */
  bool encrypted;   /* sealed messages were seen */
  bool compressed;
  bool netbios; /* a NetBIOS session request came first */
};

/* True when data begins with a session header and an SMB message of any version (8 octets settle it). */
bool smb_is_message(struct bytes data);

/* True when data is a NetBIOS session service packet other than a message: request, answer, keep-alive (RFC 1002 4.3).
 */
bool smb_is_netbios_session(struct bytes data);

/* Reads from the front of a stream, as rpc_session_read does. */
size_t smb_session_read(struct smb_session *s, struct note_taker *t, struct bytes data, bool gap);

void smb_session_end(struct smb_session *s, struct block_pool *blocks);

/* "SMB 3.1.1, encrypted, ADMIN$, IPC$ (svcctl)". */
void smb_session_describe(const struct smb_session *s, const struct notes *notes, char *to, size_t size);

#endif
