/* TLS client hellos (RFC 8446 4.1.2): the server's name and the protocols offered inside. */
#ifndef WW_CLASSIFIER_TLS_H
#define WW_CLASSIFIER_TLS_H

#include "classifier/notes.h"

enum { TLS_NAME_SIZE = 256, TLS_ALPN_SIZE = 64 };

struct tls_session {        /* starts as {0} */
  char name[TLS_NAME_SIZE]; /* server name (RFC 6066 3), clean; "" = none */
  char alpn[TLS_ALPN_SIZE]; /* protocols offered (RFC 7301), "h2, http/1.1", clean */
  uint16_t version;         /* highest offered, or chosen by the server once it has answered */
  bool http;                /* HTTP is among the protocols offered */
  bool hello, answered;     /* the client's and the server's hello were read */
  bool done;
};

/* True when data begins with a TLS record of a handshake, an alert or application data (RFC 8446 5.1). */
bool tls_is_record(struct bytes data);

/* Reads from the front of a stream: the two hellos, then it is done. */
size_t tls_session_read(struct tls_session *s, struct note_taker *t, struct bytes data, bool gap);

/* "TLS 1.3, name www.example.com, ALPN h2, http/1.1". */
void tls_session_describe(const struct tls_session *s, char *to, size_t size);

#endif
