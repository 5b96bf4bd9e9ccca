/* op(1) htype(1) hlen(1) hops(1) xid(4) secs(2) flags(2) ciaddr(4) yiaddr(4) siaddr(4) giaddr(4) chaddr(16) sname(64)
 * file(128) cookie(4), then options: code, length, value; 0 pads, 255 ends (RFC 2132). */
#include "classifier/dhcp.h"

#include <string.h>

enum { FIXED = 236, CIADDR = 12, YIADDR = 16, CHADDR = 28, COOKIE = 0x63825363, OPTIONS_MAX = 128 };
enum {
  OP_REQUEST = 1,
  OP_REPLY = 2,
  OPTION_PAD = 0,
  OPTION_HOST = 12,
  OPTION_TYPE = 53,
  OPTION_DOMAIN = 81,
  OPTION_END = 255
};
enum { TYPE_DISCOVER = 1, TYPE_REQUEST = 3, TYPE_ACK = 5, TYPE_INFORM = 8 };
enum { DOMAIN_WIRE = 4 }; /* flag of option 81: the name is in DNS's form */

struct message {
  uint8_t op, type;
  uint32_t exchange;
  uint32_t client, yours; /* addresses; 0 = none */
  const uint8_t *hardware;
  struct bytes host, domain;
  bool wire;
};

bool dhcp_is_message(struct bytes data, bool any_bootp) {
  const uint8_t *head = bytes_get(&data, FIXED);
  uint32_t cookie;
  return head && (head[0] == OP_REQUEST || head[0] == OP_REPLY) && head[1] <= 40 && head[2] <= 16 &&
         ((bytes_be32(&data, &cookie) && cookie == COOKIE) || any_bootp);
}

static void domain_take(struct message *m, struct bytes value) {
  uint8_t flags;
  if (!bytes_u8(&value, &flags) || !bytes_skip(&value, 2)) return; /* result codes of old servers */
  m->wire = flags & DOMAIN_WIRE;
  m->domain = value;
}

static bool message_open(struct bytes data, struct message *m_out) {
  struct bytes b = data;
  if (!dhcp_is_message(data, false)) return false;
  const uint8_t *head = bytes_get(&b, FIXED);
  bytes_skip(&b, 4);
  struct message m = {.op = head[0],
                      .exchange = be32_at(head + 4),
                      .client = be32_at(head + CIADDR),
                      .yours = be32_at(head + YIADDR),
                      .hardware = head + CHADDR};
  for (int i = 0; i < OPTIONS_MAX; i++) {
    uint8_t code, len;
    struct bytes value;
    if (!bytes_u8(&b, &code) || code == OPTION_END) break;
    if (code == OPTION_PAD) continue;
    if (!bytes_u8(&b, &len) || !bytes_take(&b, len, &value)) break;
    if (code == OPTION_TYPE) bytes_u8(&value, &m.type);
    if (code == OPTION_HOST) m.host = value;
    if (code == OPTION_DOMAIN) domain_take(&m, value);
  }
  *m_out = m;
  return true;
}

/* Labels, each after its length (RFC 1035 3.1), as dotted text. */
static size_t wire_text(struct bytes b, char to[DHCP_NAME_SIZE]) {
  size_t n = 0;
  uint8_t len;
  struct bytes label;
  while (bytes_u8(&b, &len) && len && len < 64 && bytes_take(&b, len, &label)) {
    if (n + len + 2 > DHCP_NAME_SIZE) return 0;
    if (n) to[n++] = '.';
    memcpy(to + n, label.at, len);
    n += len;
  }
  return n;
}

/* The name in its longest form: the domain name, else the host name; without the ends some systems add. */
static bool name_of(const struct message *m, char name_out[DHCP_NAME_SIZE]) {
  char name[DHCP_NAME_SIZE];
  size_t n = m->wire ? wire_text(m->domain, name) : 0;
  const struct bytes text = bytes_left(&m->domain) && !m->wire ? m->domain : m->host;
  if (!n && (n = bytes_left(&text)) < sizeof name && n) memcpy(name, text.at, n);
  while (n && n < sizeof name && (name[n - 1] == 0 || name[n - 1] == '.')) n--;
  if (!n || n >= sizeof name || memchr(name, 0, n)) return false;
  memcpy(name_out, name, n);
  name_out[n] = 0;
  return true;
}

static struct dhcp_ask *ask_find(struct dhcp_asks *asks, const struct message *m) {
  for (unsigned i = 0; i < DHCP_ASKS_MAX; i++) {
    struct dhcp_ask *a = &asks->ask[i];
    if (a->name[0] && a->exchange == m->exchange && memcmp(a->hardware, m->hardware, sizeof a->hardware) == 0) return a;
  }
  return NULL;
}

static void ask_keep(struct dhcp_asks *asks, const struct message *m, const char *name) {
  struct dhcp_ask *a = ask_find(asks, m);
  if (!a) {
    a = &asks->ask[asks->next];
    asks->next = (asks->next + 1) % DHCP_ASKS_MAX;
  }
  a->exchange = m->exchange;
  memcpy(a->hardware, m->hardware, sizeof a->hardware);
  memcpy(a->name, name, strlen(name) + 1);
}

static void note(struct note_taker *t, uint32_t address, const char *name) {
  const struct address a = address_from_v4(address);
  hostname_add(t->names, &a, name, strlen(name), "dhcp", &t->counts->names_refused);
}

/* A client that has an address says so; that of one that is still to get it waits. */
static void read_request(struct note_taker *t, const struct message *m) {
  char name[DHCP_NAME_SIZE];
  if (m->type != TYPE_DISCOVER && m->type != TYPE_REQUEST && m->type != TYPE_INFORM) return;
  if (!name_of(m, name)) return;
  if (m->client)
    note(t, m->client, name);
  else
    ask_keep(t->dhcp, m, name);
}

/* What the server says of the name counts first: it may have completed or changed it. */
static void read_acknowledgement(struct note_taker *t, const struct message *m) {
  char name[DHCP_NAME_SIZE];
  struct dhcp_ask *a = ask_find(t->dhcp, m);
  const uint32_t address = m->yours ? m->yours : m->client;
  if (m->type != TYPE_ACK || !address) return;
  if (name_of(m, name))
    note(t, address, name);
  else if (a)
    note(t, address, a->name);
  if (a) a->name[0] = 0;
}

bool dhcp_read(struct note_taker *t, struct bytes data) {
  struct message m;
  if (!message_open(data, &m)) return false;
  if (m.op == OP_REQUEST)
    read_request(t, &m);
  else
    read_acknowledgement(t, &m);
  return true;
}
