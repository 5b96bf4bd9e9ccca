/* Lines are read from the front of the stream while they are whole; a head longer than HEAD_MAX is read as far as
 * that. After the first request's head everything that is told of a flow is known. */
#include "classifier/http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util/text.h"

enum { HEAD_MAX = 8192, LINES_MAX = 128 };

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
  return bytes_left(&data) >= 12 && memcmp(data.at, "HTTP/1.", 7) == 0 && data.at[8] == ' ';
}

bool http_is_message(struct bytes data) {
  if (is_status(data)) return true;
  const char *method = method_of(data);
  if (!method) return false;
  bytes_skip(&data, strlen(method));
  bytes_narrow(&data, 2048);
  /* The line says HTTP, or it is longer than this packet and its target at least looks like one. */
  if (memmem(data.at, bytes_left(&data), " HTTP/1.", 8)) return true;
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

static bool header_is(struct bytes line, const char *name, struct bytes *value_out) {
  size_t n = strlen(name);
  if (bytes_left(&line) < n + 1 || strncasecmp((const char *)line.at, name, n) != 0 || line.at[n] != ':') return false;
  bytes_skip(&line, n + 1);
  while (bytes_peek(&line, 0) == ' ' || bytes_peek(&line, 0) == '\t') bytes_skip(&line, 1);
  *value_out = line;
  return true;
}

static void agent_take(struct http_session *s, struct bytes value) {
  for (size_t i = 0; i < sizeof agents / sizeof *agents; i++)
    if (memmem(value.at, bytes_left(&value), agents[i].mark, strlen(agents[i].mark))) {
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
  const uint8_t *end = memmem(line.at, bytes_left(&line), " HTTP/1.", 8);
  struct bytes target = {line.at, end ? end : line.end};
  if (end && line.end - end > 8) s->minor = (char)end[8];
  s->tunnel = strcmp(method, "CONNECT ") == 0;
  if (s->tunnel) text_clean(s->host, sizeof s->host, (const char *)target.at, bytes_left(&target));
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

size_t http_session_read(struct http_session *s, struct note_taker *t, struct bytes data, bool gap) {
  struct bytes head = data;
  bytes_narrow(&head, HEAD_MAX);
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
  s->done = t->news = true;
  return bytes_left(&data);
}

void http_session_describe(const struct http_session *s, char *to, size_t size) {
  snprintf(to, size, "HTTP/1.%c%s%s%s%s%s%s", s->minor >= '0' && s->minor <= '9' ? s->minor : '1',
           s->method[0] ? " " : "", s->method, s->host[0] ? (s->tunnel ? " to " : ", host ") : "", s->host,
           s->agent[0] ? ", " : "", s->agent);
}
