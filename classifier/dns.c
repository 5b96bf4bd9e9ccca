/* A name is a chain of labels; a pointer may only lead backwards, and only JUMPS_MAX times. Records are walked up to
 * RECORDS_MAX. An address record names the address it holds, by the name it belongs to (behind aliases that is the
 * host's own name); a pointer record names the address its owner spells out. */
#include "classifier/dns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HEADER = 12, JUMPS_MAX = 16, RECORDS_MAX = 64, COUNT_MAX = 512, NETBIOS_LEN = 32, NETBIOS_NAME = 15 };
enum { TYPE_A = 1, TYPE_PTR = 12, TYPE_AAAA = 28, TYPE_NB = 32, TYPE_NBSTAT = 33 };
enum { CLASS_IN = 1, CLASS_NONE = 254, CLASS_ANY = 255, CLASS_TOP_BIT = 0x8000 };
enum { NB_GROUP = 0x8000, SUFFIX_WORKSTATION = 0x00, SUFFIX_SERVER = 0x20 };

struct message {
  struct bytes all;
  struct bytes rest;
  uint16_t flags, n[4]; /* questions, answers, authorities, additional */
};

struct record {
  char owner[DNS_NAME_SIZE];
  uint16_t type, class;
  struct bytes data;
};

static bool open_message(struct bytes data, struct message *m_out) {
  struct message m = {.all = data, .rest = data};
  if (!bytes_skip(&m.rest, 2) || !bytes_be16(&m.rest, &m.flags)) return false;
  for (int i = 0; i < 4; i++)
    if (!bytes_be16(&m.rest, &m.n[i]) || m.n[i] > COUNT_MAX) return false;
  *m_out = m;
  return true;
}

/* Appends a label and a dot; false when the name gets too long. */
static bool label_add(char *to, size_t *at, const uint8_t *label, size_t len) {
  if (*at + len + 2 > DNS_NAME_SIZE) return false;
  memcpy(to + *at, label, len);
  *at += len;
  to[(*at)++] = '.';
  return true;
}

/* The name at *b, past which it moves; without the last dot, octets as they are. */
static bool name_take(const struct message *m, struct bytes *b, char to[DNS_NAME_SIZE]) {
  struct bytes walk = *b;
  size_t at = 0;
  bool jumped = false;
  for (int jumps = 0;;) {
    uint8_t len, low;
    if (!bytes_u8(&walk, &len)) return false;
    if (len >= 0xc0) {
      const uint8_t *here = walk.at - 1;
      if (!bytes_u8(&walk, &low) || ++jumps > JUMPS_MAX) return false;
      if (!jumped) b->at = walk.at;
      jumped = true;
      walk = m->all;
      if (!bytes_skip(&walk, (size_t)(len & 0x3f) << 8 | low) || walk.at >= here) return false;
      continue;
    }
    if (len & 0xc0) return false;
    if (len == 0) break;
    const uint8_t *label = bytes_get(&walk, len);
    if (!label || !label_add(to, &at, label, len)) return false;
  }
  if (!jumped) b->at = walk.at;
  to[at ? at - 1 : 0] = 0;
  return true;
}

static bool question_take(struct message *m, char name[DNS_NAME_SIZE], uint16_t *class_out) {
  uint16_t type;
  return name_take(m, &m->rest, name) && bytes_be16(&m->rest, &type) && bytes_be16(&m->rest, class_out);
}

static bool record_take(struct message *m, struct record *r_out) {
  uint16_t len;
  return name_take(m, &m->rest, r_out->owner) && bytes_be16(&m->rest, &r_out->type) &&
         bytes_be16(&m->rest, &r_out->class) && bytes_skip(&m->rest, 4) && bytes_be16(&m->rest, &len) &&
         bytes_take(&m->rest, len, &r_out->data);
}

static bool is_class(uint16_t class) {
  class &= (uint16_t)~CLASS_TOP_BIT; /* multicast DNS uses the top bit for itself */
  return class == CLASS_IN || class == CLASS_ANY || class == CLASS_NONE;
}

bool dns_is_head(struct bytes data) {
  struct message m;
  return open_message(data, &m) && (m.flags >> 11 & 15) <= 15 && m.n[0] + m.n[1] + m.n[2] + m.n[3] > 0 &&
         m.n[0] <= 32 && bytes_left(&m.rest) >= 5;
}

bool dns_is_message(struct bytes data) {
  struct message m;
  char name[DNS_NAME_SIZE];
  uint16_t class;
  if (!open_message(data, &m) || m.n[0] != 1 || (m.flags >> 11 & 15) > 5 || (m.flags & 0x40)) return false;
  if (!question_take(&m, name, &class) || !is_class(class)) return false;
  bool answer = m.flags & 0x8000;
  if (!answer && (m.flags & 15)) return false;
  if (m.n[1] + m.n[2] + m.n[3] == 0) return bytes_left(&m.rest) == 0;
  struct record r;
  return record_take(&m, &r) && (answer || m.n[3] > 0 || m.n[2] > 0);
}

/* 32 letters, a half-octet each (RFC 1001 14.1), into 15 characters without padding, and the last octet. */
static bool netbios_decode(const uint8_t *p, char to[NETBIOS_NAME + 1], uint8_t *suffix_out) {
  uint8_t name[16];
  for (int i = 0; i < 16; i++) {
    uint8_t high = (uint8_t)(p[2 * i] - 'A'), low = (uint8_t)(p[2 * i + 1] - 'A');
    if (high > 15 || low > 15) return false;
    name[i] = (uint8_t)(high << 4 | low);
  }
  size_t len = NETBIOS_NAME;
  while (len && (name[len - 1] == ' ' || name[len - 1] == 0)) len--;
  memcpy(to, name, len);
  to[len] = 0;
  *suffix_out = name[15];
  return true;
}

bool dns_is_netbios(struct bytes data) {
  struct bytes b = data;
  char name[NETBIOS_NAME + 1];
  uint8_t suffix, len;
  const uint8_t *p;
  return bytes_skip(&b, HEADER) && bytes_u8(&b, &len) && len == NETBIOS_LEN &&
         (p = bytes_get(&b, NETBIOS_LEN)) != NULL && netbios_decode(p, name, &suffix);
}

static void add(struct note_taker *t, const struct address *a, const char *name, const char *source) {
  size_t len = strlen(name);
  while (len && name[len - 1] == '.') len--;
  hostname_add(t->names, a, name, len, source, &t->counts->names_refused);
}

static bool ends_with(const char *name, const char *end) {
  size_t n = strlen(name), m = strlen(end);
  return n > m && strncasecmp(name + n - m, end, m) == 0;
}

/* The address that the owner of a pointer record spells (RFC 1035 3.5, RFC 3596 2.5). */
static bool reverse_address(const char *owner, struct address *a_out) {
  if (ends_with(owner, ".in-addr.arpa")) {
    unsigned o[4];
    int used = 0;
    if (sscanf(owner, "%3u.%3u.%3u.%3u.%n", &o[3], &o[2], &o[1], &o[0], &used) < 4 || !used) return false;
    if (o[0] > 255 || o[1] > 255 || o[2] > 255 || o[3] > 255 || strcasecmp(owner + used, "in-addr.arpa") != 0)
      return false;
    *a_out = address_from_v4(o[0] << 24 | o[1] << 16 | o[2] << 8 | o[3]);
    return true;
  }
  if (!ends_with(owner, ".ip6.arpa") || strlen(owner) != 64 + strlen("ip6.arpa")) return false;
  struct address a = {.family = 6};
  for (int i = 0; i < 32; i++) {
    char c = owner[2 * i], *end;
    char digit[2] = {c, 0};
    unsigned long v = strtoul(digit, &end, 16);
    if (*end || owner[2 * i + 1] != '.') return false;
    a.octet[15 - i / 2] |= (uint8_t)(v << (i % 2 ? 4 : 0));
  }
  *a_out = a;
  return true;
}

/* "_ldap._tcp.example": labels with an underscore name services, not hosts (RFC 2782, RFC 8552). */
static bool names_service(const char *name) { return name[0] == '_' || strstr(name, "._"); }

static void add_host(struct note_taker *t, const struct address *a, const char *name, const char *source) {
  if (!names_service(name)) add(t, a, name, source);
}

static void read_record(struct note_taker *t, const struct message *m, const struct record *r, const char *source) {
  struct address a;
  char name[DNS_NAME_SIZE];
  struct bytes data = r->data;
  if ((r->class & (uint16_t)~CLASS_TOP_BIT) != CLASS_IN) return;
  if (r->type == TYPE_A && bytes_left(&data) == 4) {
    a = address_make(4, data.at);
    add_host(t, &a, r->owner, source);
  } else if (r->type == TYPE_AAAA && bytes_left(&data) == 16) {
    a = address_make(6, data.at);
    add_host(t, &a, r->owner, source);
  } else if (r->type == TYPE_PTR && reverse_address(r->owner, &a) && name_take(m, &data, name)) {
    add_host(t, &a, name, source);
  }
}

/* Records of a NetBIOS answer or registration: a unique name and the addresses that own it. */
static void read_netbios_record(struct note_taker *t, const struct record *r) {
  char name[NETBIOS_NAME + 1];
  uint8_t suffix;
  struct bytes data = r->data;
  uint16_t flags;
  const uint8_t *p;
  if (r->type != TYPE_NB || strlen(r->owner) < NETBIOS_LEN) return;
  if (!netbios_decode((const uint8_t *)r->owner, name, &suffix)) return;
  if (suffix != SUFFIX_WORKSTATION && suffix != SUFFIX_SERVER) return; /* others may be users or domains */
  while (bytes_be16(&data, &flags) && (p = bytes_get(&data, 4))) {
    struct address a = address_make(4, p);
    if (!(flags & NB_GROUP)) add(t, &a, name, "nbns");
  }
}

/* The answer to a status question: the sender's own names. */
static void read_netbios_status(struct note_taker *t, const struct record *r) {
  struct bytes data = r->data;
  uint8_t n;
  const uint8_t *p;
  if (r->type != TYPE_NBSTAT || !bytes_u8(&data, &n)) return;
  while (n-- && (p = bytes_get(&data, 18))) {
    size_t len = NETBIOS_NAME;
    while (len && (p[len - 1] == ' ' || p[len - 1] == 0)) len--;
    if (p[15] == SUFFIX_WORKSTATION && !(be16_at(p + 16) & NB_GROUP))
      hostname_add(t->names, &t->src, (const char *)p, len, "nbns", &t->counts->names_refused);
  }
}

static bool read_message(struct note_taker *t, struct bytes data, const char *source, bool netbios) {
  struct message m;
  char name[DNS_NAME_SIZE];
  uint16_t class;
  if (!open_message(data, &m)) return false;
  for (unsigned i = 0; i < m.n[0]; i++)
    if (!question_take(&m, name, &class)) return false;
  unsigned records = (unsigned)m.n[1] + m.n[2] + m.n[3];
  struct record r;
  for (unsigned i = 0; i < records && i < RECORDS_MAX && record_take(&m, &r); i++) {
    if (netbios) {
      read_netbios_record(t, &r);
      read_netbios_status(t, &r);
    } else if (m.flags & 0x8000) {
      read_record(t, &m, &r, source);
    }
  }
  return true;
}

bool dns_read(struct note_taker *t, struct bytes data) { return read_message(t, data, "dns", false); }
bool dns_read_mdns(struct note_taker *t, struct bytes data) { return read_message(t, data, "mdns", false); }
bool dns_read_llmnr(struct note_taker *t, struct bytes data) { return read_message(t, data, "llmnr", false); }
bool dns_read_netbios(struct note_taker *t, struct bytes data) { return read_message(t, data, "nbns", true); }

bool dns_is_netbios_datagram(struct bytes data) {
  const uint8_t *p = bytes_get(&data, 10); /* old senders set flag bits that should be zero */
  return p && p[0] >= 0x10 && p[0] <= 0x16 && be16_at(p + 8) == 138;
}

/* type flags id (2) source address (4) source port (2) length (2) offset (2) source name ... */
bool dns_read_netbios_datagram(struct note_taker *t, struct bytes data) {
  struct bytes b = data;
  char name[NETBIOS_NAME + 1];
  uint8_t suffix, len;
  const uint8_t *address, *p;
  if (!dns_is_netbios_datagram(data)) return false;
  if (data.at[0] > 0x12 || !bytes_skip(&b, 4) || !(address = bytes_get(&b, 4)) || !bytes_skip(&b, 6)) return true;
  if (bytes_u8(&b, &len) && len == NETBIOS_LEN && (p = bytes_get(&b, NETBIOS_LEN)) &&
      netbios_decode(p, name, &suffix) && (suffix == SUFFIX_WORKSTATION || suffix == SUFFIX_SERVER) &&
      t->src.family == 4 && memcmp(address, t->src.octet, 4) == 0)
    add(t, &t->src, name, "nbns");
  return true;
}
