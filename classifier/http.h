/* HTTP/1 request and status lines with the few headers an audit names (RFC 9112). */
#ifndef WW_CLASSIFIER_HTTP_H
#define WW_CLASSIFIER_HTTP_H

#include "classifier/notes.h"

enum { HTTP_TEXT_SIZE = 96 };

struct http_session { /* starts as {0} */
  char method[20];
  char host[HTTP_TEXT_SIZE];  /* Host header, or CONNECT's target; clean */
  char agent[HTTP_TEXT_SIZE]; /* what we make of the User-Agent: "ccmsetup", or its first product; clean */
  char minor;                 /* of the version, '0' or '1'; 0 = not seen */
  bool winrm;                 /* a WS-Management request */
  bool tunnel;                /* CONNECT */
  bool proxied;               /* asked of a proxy, on the way to somebody else */
  bool request, answer;       /* were read */
  bool told;                  /* all that is described is known */
  bool done;
};

/* True when data begins with a request line of a known method or a status line. */
bool http_is_message(struct bytes data);

/* Reads from the front of a stream: the first request's head, or the answer's when there is no request; then answers,
 * while they ask for a log-on: the computer's name in an NTLM challenge goes to the host names. */
size_t http_session_read(struct http_session *s, struct note_taker *t, struct bytes data, bool gap);

/* "HTTP/1.1 GET, host mp1, ccmsetup". */
void http_session_describe(const struct http_session *s, char *to, size_t size);

#endif
