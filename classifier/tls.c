/* A handshake message may be spread over records and segments. The hellos are put together by asking the stream for
 * more until the whole record is there; a message that needs more than one record is read as far as the first record
 * goes, which in practice holds the name. */
#include "classifier/tls.h"

#include <stdio.h>
#include <string.h>

#include "util/text.h"

enum { RECORD_HEADER = 5, RECORD_MAX = 16384 + 256 };
enum { CONTENT_CHANGE = 20, CONTENT_ALERT = 21, CONTENT_HANDSHAKE = 22, CONTENT_DATA = 23 };
enum { HELLO_CLIENT = 1, HELLO_SERVER = 2 };
enum { EXTENSION_NAME = 0, EXTENSION_ALPN = 16, EXTENSION_VERSIONS = 43, EXTENSIONS_MAX = 64 };

bool tls_is_record(struct bytes data) {
  const uint8_t *p = bytes_get(&data, RECORD_HEADER);
  if (!p || p[1] != 3 || p[2] > 4) return false;
  uint16_t len = be16_at(p + 3);
  if (len == 0 || len > RECORD_MAX) return false;
  int first = bytes_peek(&data, 0);
  switch (p[0]) {
    case CONTENT_HANDSHAKE:
      return len >= 4 && first >= 0 && first <= 24;
    case CONTENT_ALERT:
      return (len == 2 && (first == 1 || first == 2)) || len >= 16;
    case CONTENT_CHANGE:
      return len == 1 && first == 1;
    case CONTENT_DATA:
      return len >= 16 && p[2] >= 1;
    default:
      return false;
  }
}

/* The first host name of a server_name extension. */
static void read_name(struct tls_session *s, struct bytes b) {
  uint16_t list, len;
  uint8_t type;
  if (!bytes_be16(&b, &list) || !bytes_u8(&b, &type) || type != 0 || !bytes_be16(&b, &len)) return;
  bytes_narrow(&b, len);
  if (bytes_left(&b) == len && len < TLS_NAME_SIZE / 3) text_clean(s->name, sizeof s->name, (const char *)b.at, len);
}

static void read_alpn(struct tls_session *s, struct bytes b) {
  uint16_t list;
  uint8_t len;
  size_t at = 0;
  if (!bytes_be16(&b, &list)) return;
  bytes_narrow(&b, list);
  while (bytes_u8(&b, &len)) {
    struct bytes name;
    if (!bytes_take(&b, len, &name)) return;
    const char *text = (const char *)name.at;
    s->http |= (len == 2 && !memcmp(text, "h2", 2)) || (len >= 6 && !memcmp(text, "http/1", 6));
    if (at + len + 3 >= sizeof s->alpn) continue;
    if (at) at += (size_t)snprintf(s->alpn + at, sizeof s->alpn - at, ", ");
    at += text_clean(s->alpn + at, sizeof s->alpn - at, text, len);
  }
}

/* A client lists versions, a server names one. */
static void read_versions(struct tls_session *s, struct bytes b, bool client) {
  uint8_t len;
  uint16_t version;
  if (client && !bytes_u8(&b, &len)) return;
  while (bytes_be16(&b, &version))
    if ((version & 0xff00) == 0x0300 && (version > s->version || !client)) s->version = version;
}

static void read_extensions(struct tls_session *s, struct bytes b, bool client) {
  uint16_t all, type, len;
  if (!bytes_be16(&b, &all)) return;
  for (int i = 0; i < EXTENSIONS_MAX && bytes_be16(&b, &type) && bytes_be16(&b, &len); i++) {
    struct bytes data = b;
    bytes_narrow(&data, len);
    if (client && type == EXTENSION_NAME) read_name(s, data);
    if (client && type == EXTENSION_ALPN) read_alpn(s, data);
    if (type == EXTENSION_VERSIONS) read_versions(s, data, client);
    if (!bytes_skip(&b, len)) return;
  }
}

/* version (2) random (32) session (1+n), then a client's suites (2+n) and compressions (1+n), or a server's one each.
 */
static void read_hello(struct tls_session *s, struct bytes b, bool client) {
  uint16_t version, suites;
  uint8_t len;
  if (!bytes_be16(&b, &version) || !bytes_skip(&b, 32) || !bytes_u8(&b, &len) || !bytes_skip(&b, len)) return;
  if (!client) s->version = version;
  if (client && version > s->version) s->version = version;
  if (client && (!bytes_be16(&b, &suites) || !bytes_skip(&b, suites) || !bytes_u8(&b, &len) || !bytes_skip(&b, len)))
    return;
  if (!client && !bytes_skip(&b, 3)) return;
  read_extensions(s, b, client);
}

static void read_handshake(struct tls_session *s, struct note_taker *t, struct bytes b) {
  const uint8_t *head = bytes_get(&b, 4);
  if (!head) return;
  bytes_narrow(&b, be32_at(head) & 0xffffff);
  if (head[0] == HELLO_CLIENT && !s->hello) {
    s->hello = t->news = true;
    read_hello(s, b, true);
    if (s->name[0]) hostname_add(t->names, &t->dst, s->name, strlen(s->name), "tls", &t->counts->names_refused);
  } else if (head[0] == HELLO_SERVER && !s->answered) {
    s->answered = t->news = true;
    read_hello(s, b, false);
  }
}

size_t tls_session_read(struct tls_session *s, struct note_taker *t, struct bytes data, bool gap) {
  struct bytes b = data;
  if (gap || (bytes_left(&b) >= RECORD_HEADER + 1 && !tls_is_record(b))) {
    s->done = true;
    return bytes_left(&data);
  }
  const uint8_t *head = bytes_get(&b, RECORD_HEADER);
  if (!head) return 0;
  uint16_t len = be16_at(head + 3);
  if (head[0] != CONTENT_HANDSHAKE) { /* past the hellos */
    t->news = s->done = true;
    return bytes_left(&data);
  }
  if (bytes_left(&b) < len) return 0;
  bytes_narrow(&b, len);
  read_handshake(s, t, b);
  s->done = s->answered;
  return RECORD_HEADER + (size_t)len;
}

void tls_session_describe(const struct tls_session *s, char *to, size_t size) {
  static const char *const versions[] = {"SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"};
  unsigned minor = s->version & 0xff;
  const char *version = s->version >> 8 == 3 && minor < sizeof versions / sizeof *versions ? versions[minor] : "TLS";
  size_t at = text_put(to, size, 0, version);
  if (s->name[0]) at = text_put(to, size, text_put(to, size, at, ", name "), s->name);
  if (s->alpn[0]) text_put(to, size, text_put(to, size, at, ", ALPN "), s->alpn);
}
