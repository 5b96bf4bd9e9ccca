/* SMB 2 and 3 messages (MS-SMB2 2.2): a 64-octet header and a body, or several of them, each saying where the next
 * begins. Offsets in bodies count from the message's own header. */
#include "classifier/ntlm.h"
#include "classifier/smb_internal.h"
#include "util/hash.h"

enum { HEADER = 64, COMPOUNDS_MAX = 16, FLAG_RESPONSE = 1, FSCTL_PIPE_TRANSCEIVE = 0x0011c017 };
enum smb2_command {
  COMMAND_NEGOTIATE = 0,
  COMMAND_SESSION_SETUP = 1,
  COMMAND_TREE_CONNECT = 3,
  COMMAND_READ = 8,
  COMMAND_WRITE = 9,
  COMMAND_IOCTL = 11
};

struct smb2 {
  struct bytes message; /* from its header on */
  struct bytes body;
  uint64_t id;
  uint16_t command;
  bool response;
};

static bool file_read(struct bytes *b, uint64_t *file_out) {
  uint64_t persistent, transient;
  if (!bytes_le64(b, &persistent) || !bytes_le64(b, &transient)) return false;
  *file_out = hash_two(persistent, transient);
  return true;
}

static void read_negotiate(struct smb_session *s, struct note_taker *t, const struct smb2 *m) {
  struct bytes b = m->body;
  uint16_t dialect;
  if (m->response && bytes_skip(&b, 4) && bytes_le16(&b, &dialect)) smb_dialect(s, t, 2, dialect);
}

static void read_session_setup(struct smb_session *s, struct note_taker *t, const struct smb2 *m) {
  (void)s;
  struct bytes b = m->body, blob;
  uint16_t offset, len;
  if (m->response && bytes_skip(&b, 4) && bytes_le16(&b, &offset) && bytes_le16(&b, &len) &&
      smb_part_take(m->message, offset, len, &blob))
    ntlm_note(t, blob);
}

static void read_tree_connect(struct smb_session *s, struct note_taker *t, const struct smb2 *m) {
  (void)s;
  struct bytes b = m->body, path;
  uint16_t offset, len;
  if (!m->response && bytes_skip(&b, 4) && bytes_le16(&b, &offset) && bytes_le16(&b, &len) &&
      smb_part_take(m->message, offset, len, &path))
    smb_tree(t, path, true);
}

static void read_read(struct smb_session *s, struct note_taker *t, const struct smb2 *m) {
  struct bytes b = m->body, data;
  uint64_t file;
  if (!m->response) {
    if (bytes_skip(&b, 16) && file_read(&b, &file)) smb_read_remember(s, m->id, file);
    return;
  }
  uint8_t offset;
  uint32_t len;
  if (smb_read_recall(s, m->id, &file) && bytes_skip(&b, 2) && bytes_u8(&b, &offset) && bytes_skip(&b, 1) &&
      bytes_le32(&b, &len) && smb_part_take(m->message, offset, len, &data))
    smb_pipe_data(s, t, file, data);
}

static void read_write(struct smb_session *s, struct note_taker *t, const struct smb2 *m) {
  struct bytes b = m->body, data;
  uint16_t offset;
  uint32_t len;
  uint64_t file;
  if (!m->response && bytes_skip(&b, 2) && bytes_le16(&b, &offset) && bytes_le32(&b, &len) && bytes_skip(&b, 8) &&
      file_read(&b, &file) && smb_part_take(m->message, offset, len, &data))
    smb_pipe_data(s, t, file, data);
}

static void read_ioctl(struct smb_session *s, struct note_taker *t, const struct smb2 *m) {
  struct bytes b = m->body, data;
  uint32_t code, offset, len;
  uint64_t file;
  if (!bytes_skip(&b, 4) || !bytes_le32(&b, &code) || code != FSCTL_PIPE_TRANSCEIVE || !file_read(&b, &file)) return;
  if (m->response && !bytes_skip(&b, 8)) return; /* an answer's data is its output */
  if (bytes_le32(&b, &offset) && bytes_le32(&b, &len) && smb_part_take(m->message, offset, len, &data))
    smb_pipe_data(s, t, file, data);
}

static const struct {
  uint16_t command;
  void (*read)(struct smb_session *s, struct note_taker *t, const struct smb2 *m);
} readers[] = {
    {COMMAND_NEGOTIATE, read_negotiate},
    {COMMAND_SESSION_SETUP, read_session_setup},
    {COMMAND_TREE_CONNECT, read_tree_connect},
    {COMMAND_READ, read_read},
    {COMMAND_WRITE, read_write},
    {COMMAND_IOCTL, read_ioctl},
};

/* Reads the header; *next_out is the distance to the next message, 0 = none. */
static bool header_read(struct bytes message, struct smb2 *m_out, uint32_t *next_out) {
  struct smb2 m = {.message = message};
  struct bytes b = message;
  uint16_t size;
  uint32_t flags;
  const uint8_t *magic = bytes_get(&b, 4);
  if (!magic || magic[0] != 0xfe || !bytes_le16(&b, &size) || size != HEADER || !bytes_skip(&b, 6) ||
      !bytes_le16(&b, &m.command) || !bytes_skip(&b, 2) || !bytes_le32(&b, &flags) || !bytes_le32(&b, next_out) ||
      !bytes_le64(&b, &m.id) || !bytes_skip(&b, 32))
    return false;
  if (*next_out) bytes_narrow(&m.message, *next_out);
  m.response = flags & FLAG_RESPONSE;
  m.body = (struct bytes){b.at, m.message.end > b.at ? m.message.end : b.at};
  *m_out = m;
  return true;
}

void smb2_read(struct smb_session *s, struct note_taker *t, struct bytes message) {
  smb_dialect(s, t, 2, 0);
  for (int i = 0; i < COMPOUNDS_MAX; i++) {
    struct smb2 m;
    uint32_t next;
    if (!header_read(message, &m, &next)) return;
    for (size_t k = 0; k < sizeof readers / sizeof *readers; k++)
      if (readers[k].command == m.command) readers[k].read(s, t, &m);
    if (next < HEADER || !bytes_skip(&message, next)) return;
  }
}
