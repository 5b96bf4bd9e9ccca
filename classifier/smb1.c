/* SMB 1 messages (MS-CIFS 2.2.3): a 32-octet header, then a count of words, the words, a count of octets, the octets.
 * AndX commands chain further commands, each at an offset from the header. */
#include "classifier/ntlm.h"
#include "classifier/smb_internal.h"

enum { HEADER = 32, CHAIN_MAX = 8, FLAG_REPLY = 0x80, FLAG2_UNICODE = 0x8000, TRANSACT_NAMED_PIPE = 0x26 };
enum smb1_command {
  COMMAND_TRANSACTION = 0x25,
  COMMAND_READ_ANDX = 0x2e,
  COMMAND_WRITE_ANDX = 0x2f,
  COMMAND_NEGOTIATE = 0x72,
  COMMAND_SESSION_SETUP_ANDX = 0x73,
  COMMAND_TREE_CONNECT_ANDX = 0x75,
  COMMAND_NT_CREATE_ANDX = 0xa2,
  COMMAND_NONE = 0xff
};

struct smb1 {
  struct bytes message; /* from its header on */
  struct bytes words, octets;
  uint16_t id; /* multiplex identifier */
  bool reply, unicode;
};

/* The path follows the password, at an even distance from the header when it is Unicode. */
static void read_tree_connect(struct smb_session *s, struct note_taker *t, const struct smb1 *m) {
  (void)s;
  struct bytes words = m->words, b = m->octets;
  uint16_t password;
  if (m->reply || !bytes_skip(&words, 6) || !bytes_le16(&words, &password) || !bytes_skip(&b, password)) return;
  if (m->unicode && (b.at - m->message.at) % 2 && !bytes_skip(&b, 1)) return;
  smb_tree(t, b, m->unicode);
}

static void read_session_setup(struct smb_session *s, struct note_taker *t, const struct smb1 *m) {
  (void)s;
  if (m->reply) ntlm_note(t, m->octets);
}

/* TransactNmPipe: write and read in one. */
static void read_transaction(struct smb_session *s, struct note_taker *t, const struct smb1 *m) {
  struct bytes b = m->words, data;
  uint16_t len, offset, function, file;
  uint64_t of;
  if (m->reply) {
    if (smb_read_recall(s, m->id, &of) && bytes_skip(&b, 12) && bytes_le16(&b, &len) && bytes_le16(&b, &offset) &&
        smb_part_take(m->message, offset, len, &data))
      smb_pipe_data(s, t, of, data);
    return;
  }
  if (!bytes_skip(&b, 22) || !bytes_le16(&b, &len) || !bytes_le16(&b, &offset) || !bytes_skip(&b, 2) ||
      !bytes_le16(&b, &function) || function != TRANSACT_NAMED_PIPE || !bytes_le16(&b, &file))
    return;
  smb_read_remember(s, m->id, file);
  if (smb_part_take(m->message, offset, len, &data)) smb_pipe_data(s, t, file, data);
}

static void read_read(struct smb_session *s, struct note_taker *t, const struct smb1 *m) {
  struct bytes b = m->words, data;
  uint16_t file, len, offset;
  uint64_t of;
  if (!m->reply) {
    if (bytes_skip(&b, 4) && bytes_le16(&b, &file)) smb_read_remember(s, m->id, file);
    return;
  }
  if (smb_read_recall(s, m->id, &of) && bytes_skip(&b, 10) && bytes_le16(&b, &len) && bytes_le16(&b, &offset) &&
      smb_part_take(m->message, offset, len, &data))
    smb_pipe_data(s, t, of, data);
}

static void read_write(struct smb_session *s, struct note_taker *t, const struct smb1 *m) {
  struct bytes b = m->words, data;
  uint16_t file, len, offset;
  if (!m->reply && bytes_skip(&b, 4) && bytes_le16(&b, &file) && bytes_skip(&b, 14) && bytes_le16(&b, &len) &&
      bytes_le16(&b, &offset) && smb_part_take(m->message, offset, len, &data))
    smb_pipe_data(s, t, file, data);
}

/* The commands that matter, and those that only lead to further ones. */
static const struct {
  uint8_t command;
  bool andx;
  void (*read)(struct smb_session *s, struct note_taker *t, const struct smb1 *m);
} commands[] = {
    {COMMAND_TRANSACTION, false, read_transaction},
    {COMMAND_READ_ANDX, true, read_read},
    {COMMAND_WRITE_ANDX, true, read_write},
    {COMMAND_SESSION_SETUP_ANDX, true, read_session_setup},
    {COMMAND_TREE_CONNECT_ANDX, true, read_tree_connect},
    {COMMAND_NT_CREATE_ANDX, true, NULL},
};

/* One command of the chain at b; returns the next one's code and offset, COMMAND_NONE at the end. */
static uint8_t command_read(struct smb_session *s, struct note_taker *t, struct smb1 *m, uint8_t command,
                            struct bytes b, uint16_t *offset_out) {
  uint8_t n_words, next;
  uint16_t n_octets;
  if (!bytes_u8(&b, &n_words) || !bytes_take(&b, 2u * n_words, &m->words) || !bytes_le16(&b, &n_octets))
    return COMMAND_NONE;
  bytes_narrow(&b, n_octets);
  m->octets = b;
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    if (commands[i].command != command) continue;
    if (commands[i].read) commands[i].read(s, t, m);
    struct bytes words = m->words;
    if (commands[i].andx && bytes_u8(&words, &next) && bytes_skip(&words, 1) && bytes_le16(&words, offset_out))
      return next;
  }
  return COMMAND_NONE;
}

void smb1_read(struct smb_session *s, struct note_taker *t, struct bytes message) {
  struct smb1 m = {.message = message};
  struct bytes b = message;
  uint8_t command, flags;
  uint16_t flags2, offset = 0;
  if (!bytes_skip(&b, 4) || !bytes_u8(&b, &command) || !bytes_skip(&b, 4) || !bytes_u8(&b, &flags) ||
      !bytes_le16(&b, &flags2) || !bytes_skip(&b, 18) || !bytes_le16(&b, &m.id))
    return;
  m.reply = flags & FLAG_REPLY;
  m.unicode = flags2 & FLAG2_UNICODE;
  if (command != COMMAND_NEGOTIATE || m.reply) smb_dialect(s, t, 1, 0); /* the request may offer SMB 2 as well */
  for (int i = 0; i < CHAIN_MAX && command != COMMAND_NONE; i++) {
    command = command_read(s, t, &m, command, b, &offset);
    b = message;
    if (offset < HEADER || !bytes_skip(&b, offset)) return;
  }
}
