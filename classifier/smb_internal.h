/* Shared by smb.c, smb1.c and smb2.c: what a message of either version does to the session. */
#ifndef WW_CLASSIFIER_SMB_INTERNAL_H
#define WW_CLASSIFIER_SMB_INTERNAL_H

#include "classifier/smb.h"

/* Read one message, from its magic on; message may be cut short. */
void smb1_read(struct smb_session *s, struct note_taker *t, struct bytes message);
void smb2_read(struct smb_session *s, struct note_taker *t, struct bytes message);

/* A part of a message that its body points to, by its distance from the message's header; as much of it as is there.
 * False: the message ends before it. */
bool smb_part_take(struct bytes message, uint32_t offset, uint32_t len, struct bytes *part_out);

/* Data written to or read from a file that may be a pipe with RPC in it. */
void smb_pipe_data(struct smb_session *s, struct note_taker *t, uint64_t file, struct bytes data);

/* A read's answer does not name the file: the message identifier leads back to it. Forget and find in one. */
void smb_read_remember(struct smb_session *s, uint64_t message, uint64_t file);
bool smb_read_recall(struct smb_session *s, uint64_t message, uint64_t *file_out);

/* A tree path: "\\host\share", in UTF-16 or in the host's octets. */
void smb_tree(struct note_taker *t, struct bytes path, bool utf16);

/* A share's name is only asked for once. Sets the dialect and tells of it. */
void smb_dialect(struct smb_session *s, struct note_taker *t, uint8_t version, uint16_t dialect);

#endif
