/* Messages come behind a four-octet session header: type (0 = message) and length. Only the first MESSAGE_HEAD octets
 * of a message are looked at; the rest of a large one (file data) is passed over. */
#include "classifier/smb.h"

#include <string.h>
#include <strings.h>

#include "classifier/ntlm.h"
#include "classifier/smb_internal.h"
#include "util/text.h"
#include "util/utf16.h"

enum { /* RFC 1002 4.3.1 */
       SESSION_MESSAGE = 0x00,
       SESSION_REQUEST = 0x81,
       SESSION_POSITIVE = 0x82,
       SESSION_NEGATIVE = 0x83,
       SESSION_RETARGET = 0x84,
       SESSION_KEEPALIVE = 0x85
};
enum { SESSION_HEADER = 4, MAGIC = 4, MESSAGE_HEAD = 16384, BULK_HEAD = 128, SMB2_READ = 8, SMB2_WRITE = 9 };
_Static_assert(sizeof(struct rpc_session) <= BLOCK_SIZE_MIN, "a pipe's session fits the smallest block");

/* The octet before "SMB": FF, FE, FD (sealed) or FC (compressed); 0 = no magic. */
static uint8_t magic_of(struct bytes message) {
  const uint8_t *p = bytes_get(&message, MAGIC);
  return p && p[0] >= 0xfc && p[1] == 'S' && p[2] == 'M' && p[3] == 'B' ? p[0] : 0;
}

bool smb_is_message(struct bytes data) {
  const uint8_t *head = bytes_get(&data, SESSION_HEADER);
  return head && head[0] == SESSION_MESSAGE && magic_of(data) != 0;
}

static bool is_session_header(const uint8_t head[4]) {
  uint32_t len = be32_at(head) & 0xffffff;
  switch (head[0]) {
    case SESSION_REQUEST:
      return len >= 34 && len <= 1024; /* two encoded names */
    case SESSION_POSITIVE:
      return len == 0;
    case SESSION_NEGATIVE:
      return len == 1;
    case SESSION_RETARGET:
      return len == 6;
    case SESSION_KEEPALIVE:
      return len == 0;
    default:
      return false;
  }
}

bool smb_is_netbios_session(struct bytes data) {
  const uint8_t *head = bytes_get(&data, SESSION_HEADER);
  if (!head || !is_session_header(head)) return false;
  uint32_t len = be32_at(head) & 0xffffff;
  return bytes_left(&data) == len && (head[0] != SESSION_REQUEST || data.at[0] == 0x20);
}

bool smb_part_take(struct bytes message, uint32_t offset, uint32_t len, struct bytes *part_out) {
  if (!bytes_skip(&message, offset)) return false;
  bytes_narrow(&message, len);
  *part_out = message;
  return true;
}

void smb_dialect(struct smb_session *s, struct note_taker *t, uint8_t version, uint16_t dialect) {
  if (version > s->version) {
    s->version = version;
    t->news = true;
  }
  if (dialect && dialect != s->dialect) {
    s->dialect = dialect;
    t->news = true;
  }
}

void smb_tree(struct note_taker *t, struct bytes path, bool utf16) {
  char text[256];
  if (utf16)
    utf16_clean(text, sizeof text, path);
  else
    text_clean(text, sizeof text, (const char *)path.at, strnlen((const char *)path.at, bytes_left(&path)));
  if (text[0] == '\\') note_tree(t, text);
}

void smb_read_remember(struct smb_session *s, uint64_t message, uint64_t file) {
  s->read[s->next_read].message = message;
  s->read[s->next_read].file = file;
  s->read[s->next_read].used = true;
  s->next_read = (uint8_t)((s->next_read + 1) % SMB_READS_MAX);
}

bool smb_read_recall(struct smb_session *s, uint64_t message, uint64_t *file_out) {
  for (int i = 0; i < SMB_READS_MAX; i++)
    if (s->read[i].used && s->read[i].message == message) {
      s->read[i].used = false;
      *file_out = s->read[i].file;
      return true;
    }
  return false;
}

static void pipe_end(struct smb_pipe *p, struct block_pool *blocks) {
  if (!p->rpc) return;
  rpc_session_end(p->rpc, blocks);
  block_put(blocks, (uint8_t *)p->rpc, p->size);
  p->rpc = NULL;
}

/* The pipe of that file; a new one when its data begins like RPC. */
static struct smb_pipe *pipe_find(struct smb_session *s, struct note_taker *t, uint64_t file, bool is_rpc) {
  for (int i = 0; i < s->n_pipes; i++)
    if (s->pipe[i].file == file && s->pipe[i].rpc) return &s->pipe[i];
  if (!is_rpc) return NULL;
  struct smb_pipe *p = &s->pipe[s->next_pipe];
  pipe_end(p, t->blocks);
  p->rpc = (struct rpc_session *)(void *)block_get(t->blocks, sizeof *p->rpc, &p->size);
  if (!p->rpc) return NULL;
  memset(p->rpc, 0, sizeof *p->rpc);
  p->file = file;
  s->next_pipe = (uint8_t)((s->next_pipe + 1) % SMB_PIPES_MAX);
  if (s->n_pipes < SMB_PIPES_MAX) s->n_pipes++;
  return p;
}

void smb_pipe_data(struct smb_session *s, struct note_taker *t, uint64_t file, struct bytes data) {
  struct smb_pipe *p = pipe_find(s, t, file, dcerpc_is_header(data));
  if (!p) return;
  uint16_t port = t->src_port; /* the mapper's port means nothing inside a pipe */
  t->src_port = 0;
  while (bytes_left(&data)) {
    size_t took = rpc_session_read(p->rpc, t, data, false);
    if (!took || took > bytes_left(&data)) break;
    bytes_skip(&data, took);
  }
  t->src_port = port;
}

/* Octets of the message that must be there before it is read. */
static size_t wanted_of(struct bytes message, size_t len) {
  if (len <= MESSAGE_HEAD) return len;
  if (magic_of(message) == 0xfe && bytes_peek(&message, 13) == 0) {
    int command = bytes_peek(&message, 12);
    if (command == SMB2_READ || command == SMB2_WRITE) return BULK_HEAD;
  }
  return magic_of(message) >= 0xfe ? MESSAGE_HEAD : BULK_HEAD;
}

static void read_message(struct smb_session *s, struct note_taker *t, struct bytes message) {
  switch (magic_of(message)) {
    case 0xff:
      smb1_read(s, t, message);
      break;
    case 0xfe:
      smb2_read(s, t, message);
      break;
    case 0xfd:
      if (!s->encrypted) s->encrypted = t->news = true;
      t->notes->encrypted = true;
      smb_dialect(s, t, 2, 0);
      break;
    case 0xfc:
      if (!s->compressed) s->compressed = t->news = true;
      smb_dialect(s, t, 2, 0);
      break;
    default:
      break;
  }
}

static size_t resynchronise(struct bytes data) {
  enum { BEFORE = SESSION_HEADER + 1 }; /* octets of a message before "SMB" */
  struct bytes b = data;
  const uint8_t *found;
  bytes_skip(&b, 1); /* what stands at the front is known to be none */
  while ((found = memmem(b.at, bytes_left(&b), "SMB", 3))) {
    size_t at = (size_t)(found - data.at);
    struct bytes message = data;
    if (at > BEFORE && bytes_skip(&message, at - BEFORE) && smb_is_message(message)) return at - BEFORE;
    b.at = found + 1;
  }
  size_t keep = BEFORE + 2; /* the start of a message may be the end of these bytes */
  return bytes_left(&data) > keep ? bytes_left(&data) - keep : 1;
}

size_t smb_session_read(struct smb_session *s, struct note_taker *t, struct bytes data, bool gap) {
  (void)gap;
  struct bytes b = data;
  const uint8_t *head = bytes_get(&b, SESSION_HEADER);
  if (!head) return 0;
  size_t len = be32_at(head) & 0xffffff, whole = SESSION_HEADER + len;
  if (is_session_header(head)) {
    if (head[0] != SESSION_KEEPALIVE) s->netbios = t->news = true;
    return whole;
  }
  if (bytes_left(&b) < MAGIC) return 0;
  if (head[0] != SESSION_MESSAGE || !magic_of(b)) return resynchronise(data);
  size_t wanted = bytes_left(&b) < 16 && len >= 16 ? 16 : wanted_of(b, len);
  if (bytes_left(&b) < wanted) return 0;
  bytes_narrow(&b, len < MESSAGE_HEAD ? len : MESSAGE_HEAD);
  read_message(s, t, b);
  return whole;
}

void smb_session_end(struct smb_session *s, struct block_pool *blocks) {
  for (int i = 0; i < SMB_PIPES_MAX; i++) pipe_end(&s->pipe[i], blocks);
}

static const char *dialect_name(uint8_t version, uint16_t dialect) {
  static const struct {
    uint16_t dialect;
    const char *name;
  } names[] = {{0x0202, "SMB 2.0.2"}, {0x0210, "SMB 2.1"},   {0x02ff, "SMB 2"},
               {0x0300, "SMB 3.0"},   {0x0302, "SMB 3.0.2"}, {0x0311, "SMB 3.1.1"}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (names[i].dialect == dialect) return names[i].name;
  return version == 1 ? "SMB 1" : version ? "SMB 2 or 3" : "SMB";
}

/* Shares that Windows and Configuration Manager make; the name of any other may be that of a person. */
static bool is_known_share(const char *leaf) {
  static const char *const names[] = {"ADMIN$", "IPC$", "print$", "fax$", "SYSVOL", "NETLOGON", "REMINST", "CCM"};
  const bool drive = leaf[0] && leaf[1] == '$' && !leaf[2];
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcasecmp(leaf, names[i]) == 0) return true;
  return drive || strncasecmp(leaf, "SMS", 3) == 0;
}

void smb_session_describe(const struct smb_session *s, const struct notes *notes, char *to, size_t size) {
  enum { TREES_SHOWN = 6 };
  size_t at = text_put(to, size, 0, dialect_name(s->version, s->dialect));
  if (s->netbios) at = text_put(to, size, at, " over NetBIOS");
  if (s->encrypted) at = text_put(to, size, at, ", encrypted");
  if (s->compressed) at = text_put(to, size, at, ", compressed");
  for (uint16_t i = 0; i < notes->n_trees && i < TREES_SHOWN; i++) {
    const char *leaf = strrchr(notes->tree[i], '\\');
    at = text_put(to, size, at, ", ");
    at = text_put(to, size, at, leaf && is_known_share(leaf + 1) ? leaf + 1 : "another share");
  }
  for (uint16_t i = 0; i < notes->n_rpc && i < TREES_SHOWN; i++) {
    at = text_put(to, size, at, i ? ", " : "; pipe ");
    at = text_put(to, size, at, notes->rpc[i].name ? notes->rpc[i].name : "RPC");
  }
}
