/* Lines are read from the front of the stream while they are whole; a head longer than HEAD_MAX is read as far as
 * that. After the first request's head everything that is told of a flow is known, but who answers may still name
 * itself: as long as it asks for a log-on, its next answer is waited for, and all in between is passed over. */
#include "classifier/http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "classifier/ntlm.h"
#include "util/base64.h"
#include "util/text.h"

enum { HEAD_MAX = 8192, LINES_MAX = 128, TOKEN_MAX = 2048, STATUS_LEN = 12 };

/* RFC 9110 9, WebDAV (RFC 4918), and those of BITS and Configuration Manager. */
static const char *const methods[] = {
    "GET ",      "HEAD ",      "POST ",        "PUT ",          "DELETE ",     "CONNECT ", "OPTIONS ",
    "TRACE ",    "PATCH ",     "PROPFIND ",    "MKCOL ",        "COPY ",       "MOVE ",    "LOCK ",
    "UNLOCK ",   "PROPPATCH ", "CCM_POST ",    "BITS_POST ",    "SEARCH ",     "REPORT ",  "NOTIFY ",
    "M-SEARCH ", "SUBSCRIBE ", "RPC_IN_DATA ", "RPC_OUT_DATA ", "UNSUBSCRIBE "};

/* Agents worth naming: how they begin or what they contain, and our word. */
static const struct {
  const char *mark, *name;
} agents[] = {
    {"ccmsetup", "ccmsetup"},
    {"SMS CCM", "SMS CCM client"},
    {"SMS_MP_CONTROL_MANAGER", "management point check"},
    {"Microsoft BITS", "BITS"},
    {"Windows-Update-Agent", "Windows-Update-Agent"},
    {"Microsoft-Delivery-Optimization", "Delivery Optimization"},
    {"Microsoft-CryptoAPI", "CryptoAPI"},
    {"Microsoft WinRM Client", "WinRM client"},
    {"Microsoft-WNS", "Windows notifications"},
};

static const char *method_of(struct bytes data) {
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    size_t n = strlen(methods[i]);
    if (bytes_left(&data) >= n && memcmp(data.at, methods[i], n) == 0) return methods[i];
  }
  return NULL;
}

static bool is_status(struct bytes data) {
  return bytes_left(&data) >= STATUS_LEN && memcmp(data.at, "HTTP/1.", 7) == 0 && data.at[8] == ' ';
}

/* What is there of it may become a status line. */
static bool is_cut_status(struct bytes data) {
  size_t n = bytes_left(&data);
  return n < STATUS_LEN && memcmp(data.at, "HTTP/1.", n < 7 ? n : 7) == 0;
}

bool http_is_message(struct bytes data) {
  if (is_status(data)) return true;
  const char *method = method_of(data);
  if (!method) return false;
  bytes_skip(&data, strlen(method));
  bytes_narrow(&data, 2048);
  /* The line says HTTP, or it is longer than this packet and its target at least looks like one. */
  if (bytes_find(&data, " HTTP/1.", 8)) return true;
  int first = bytes_peek(&data, 0);
  return (first == '/' || first == 'h') && !memchr(data.at, '\n', bytes_left(&data)) && bytes_left(&data) >= 512;
}

/* The next line without its end; false when it is not whole yet. */
static bool line_take(struct bytes *b, struct bytes *line_out) {
  const uint8_t *end = memchr(b->at, '\n', bytes_left(b));
  if (!end) return false;
  struct bytes line = {b->at, end};
  b->at = end + 1;
  if (bytes_left(&line) && line.end[-1] == '\r') line.end--;
  *line_out = line;
  return true;
}

/* name in small letters. */
static bool header_is(struct bytes line, const char *name, struct bytes *value_out) {
  if ((bytes_peek(&line, 0) | 0x20) != name[0]) return false; /* most lines are another's */
  size_t n = strlen(name);
  if (bytes_left(&line) < n + 1 || strncasecmp((const char *)line.at, name, n) != 0 || line.at[n] != ':') return false;
  bytes_skip(&line, n + 1);
  while (bytes_peek(&line, 0) == ' ' || bytes_peek(&line, 0) == '\t') bytes_skip(&line, 1);
  *value_out = line;
  return true;
}

static void agent_take(struct http_session *s, struct bytes value) {
  for (size_t i = 0; i < sizeof agents / sizeof *agents; i++)
    if (bytes_find(&value, agents[i].mark, strlen(agents[i].mark))) {
      snprintf(s->agent, sizeof s->agent, "%s", agents[i].name);
      return;
    }
  const uint8_t *end = memchr(value.at, ' ', bytes_left(&value));
  if (end) value.end = end;
  text_clean(s->agent, sizeof s->agent, (const char *)value.at, bytes_left(&value));
}

static void request_line(struct http_session *s, struct bytes line, const char *method) {
  snprintf(s->method, sizeof s->method, "%.*s", (int)strlen(method) - 1, method);
  s->request = true;
  bytes_skip(&line, strlen(method));
  const uint8_t *end = bytes_find(&line, " HTTP/1.", 8);
  struct bytes target = {line.at, end ? end : line.end};
  if (end && line.end - end > 8) s->minor = (char)end[8];
  s->tunnel = strcmp(method, "CONNECT ") == 0;
  if (s->tunnel) text_clean(s->host, sizeof s->host, (const char *)target.at, bytes_left(&target));
  s->proxied = s->tunnel || (bytes_left(&target) >= 7 && memcmp(target.at, "http://", 7) == 0);
  s->winrm = bytes_left(&target) >= 6 && memcmp(target.at, "/wsman", 6) == 0;
}

/* Reads whole lines of a head; true when the head ended. */
static bool head_read(struct http_session *s, struct bytes *b) {
  struct bytes line, value;
  for (int i = 0; i < LINES_MAX && line_take(b, &line); i++) {
    if (!bytes_left(&line)) return true;
    const char *method = i == 0 ? method_of(line) : NULL;
    if (method) request_line(s, line, method);
    if (i == 0 && is_status(line)) s->minor = (char)line.at[7];
    if (header_is(line, "host", &value) && !s->tunnel)
      text_clean(s->host, sizeof s->host, (const char *)value.at, bytes_left(&value));
    if (header_is(line, "user-agent", &value)) agent_take(s, value);
  }
  return false;
}

/* What the head of an answer says of a log-on. */
struct log_on {
  bool relayed;             /* a gateway stands in between: who asks is not who sent this */
  struct bytes host, proxy; /* token of the one asked for, of the proxy in front of it */
};

/* "NTLM" or "Negotiate", then a token in base64. */
static void token_take(struct bytes value, struct bytes *token_out) {
  static const char *const schemes[] = {"ntlm ", "negotiate "};
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
    size_t n = strlen(schemes[i]);
    if (bytes_left(&value) > n && strncasecmp((const char *)value.at, schemes[i], n) == 0) {
      bytes_skip(&value, n);
      *token_out = value;
      return;
    }
  }
}

/* 401 or 407: the client is to try again; 1xx: the answer is still to come. */
static bool status_goes_on(struct bytes line) {
  static const char *const codes[] = {"401", "407", "1"};
  for (size_t i = 0; is_status(line) && i < sizeof codes / sizeof *codes; i++)
    if (memcmp(line.at + 9, codes[i], strlen(codes[i])) == 0) return true;
  return false;
}

/* True when the head ended. */
static bool log_on_read(struct bytes head, struct log_on *l) {
  struct bytes line, value;
  for (int i = 0; i < LINES_MAX && line_take(&head, &line); i++) {
    if (!bytes_left(&line)) return true;
    if (header_is(line, "via", &value)) l->relayed = true;
    if (header_is(line, "www-authenticate", &value)) token_take(value, &l->host);
    if (header_is(line, "proxy-authenticate", &value)) token_take(value, &l->proxy);
  }
  return false;
}

/* An answer's head: its sender may name itself in an NTLM challenge (MS-NTHT, RFC 4559). False: it did. */
static bool log_on_note(const struct http_session *s, struct note_taker *t, const struct log_on *l) {
  uint8_t blob[TOKEN_MAX];
  const struct bytes token = s->proxied ? l->proxy : l->host;
  if (!bytes_left(&token) || (l->relayed && !s->proxied)) return true;
  return !ntlm_note(t, bytes_of(blob, base64_decode(token, blob, sizeof blob)));
}

/* Reads on after the first head. */
static size_t follow(struct http_session *s, struct note_taker *t, struct bytes data) {
  struct bytes head = data;
  struct log_on l = {0};
  if (is_cut_status(data)) return 0;
  if (!is_status(data)) return bytes_left(&data);
  bytes_narrow(&head, HEAD_MAX);
  s->done = !status_goes_on(data);
  if (!s->done && !log_on_read(head, &l) && bytes_left(&data) < HEAD_MAX) return 0;
  s->answer = true;
  if (!s->done) s->done = !log_on_note(s, t, &l);
  return bytes_left(&data);
}

size_t http_session_read(struct http_session *s, struct note_taker *t, struct bytes data, bool gap) {
  struct bytes head = data;
  bytes_narrow(&head, HEAD_MAX);
  if (s->told && !gap) return follow(s, t, data);
  if (gap || !(method_of(data) || is_status(data))) {
    s->done = t->news = true;
    return bytes_left(&data);
  }
  struct http_session seen = {0};
  bool status = is_status(data), whole = head_read(&seen, &head) || bytes_left(&data) >= HEAD_MAX;
  if (!whole && bytes_left(&data) < HEAD_MAX) {
    if (!s->request && seen.request) { /* the first line is enough to tell something */
      *s = seen;
      t->news = true;
    }
    return 0;
  }
  if (!s->minor) s->minor = seen.minor;
  s->answer |= status;
  if (seen.request) {
    seen.answer = s->answer;
    *s = seen;
  }
  s->told = t->news = true;
  return status ? follow(s, t, data) : bytes_left(&data);
}

void http_session_describe(const struct http_session *s, char *to, size_t size) {
  const char minor[] = {s->minor >= '0' && s->minor <= '9' ? s->minor : '1', '\0'};
  const char *const parts[] = {"HTTP/1.",
                               minor,
                               s->method[0] ? " " : "",
                               s->method,
                               s->host[0] ? (s->tunnel ? " to " : ", host ") : "",
                               s->host,
                               s->agent[0] ? ", " : "",
                               s->agent};
  size_t at = 0;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) at = text_put(to, size, at, parts[i]);
}
