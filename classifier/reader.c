/* The table of readers, and thin adapters to the sessions that do the work. */
#include "classifier/reader.h"

static size_t rpc_read(union reader_state *s, struct note_taker *t, struct bytes data, bool gap) {
  return rpc_session_read(&s->rpc, t, data, gap);
}

static enum service rpc_service_of(const union reader_state *s, const struct notes *notes) {
  (void)s;
  return rpc_service(notes);
}

static bool rpc_done(const union reader_state *s) {
  (void)s; /* an interface may be altered to at any time */
  return false;
}

static void rpc_describe(const union reader_state *s, const struct notes *notes, char *to, size_t size) {
  rpc_session_describe(&s->rpc, notes, to, size);
}

static void rpc_end(union reader_state *s, struct block_pool *blocks) { rpc_session_end(&s->rpc, blocks); }

static size_t smb_read(union reader_state *s, struct note_taker *t, struct bytes data, bool gap) {
  return smb_session_read(&s->smb, t, data, gap);
}

static enum service smb_service(const union reader_state *s, const struct notes *notes) {
  (void)notes;
  return s->smb.version || s->smb.encrypted ? SERVICE_SMB : SERVICE_UNKNOWN;
}

static bool smb_done(const union reader_state *s) {
  (void)s; /* shares are connected to at any time */
  return false;
}

static void smb_describe(const union reader_state *s, const struct notes *notes, char *to, size_t size) {
  smb_session_describe(&s->smb, notes, to, size);
}

static void smb_end(union reader_state *s, struct block_pool *blocks) { smb_session_end(&s->smb, blocks); }

static size_t tls_read(union reader_state *s, struct note_taker *t, struct bytes data, bool gap) {
  return tls_session_read(&s->tls, t, data, gap);
}

static enum service tls_service(const union reader_state *s, const struct notes *notes) {
  (void)notes;
  return s->tls.http ? SERVICE_HTTPS : SERVICE_TLS;
}

static bool tls_done(const union reader_state *s) { return s->tls.done; }

static void tls_describe(const union reader_state *s, const struct notes *notes, char *to, size_t size) {
  (void)notes;
  tls_session_describe(&s->tls, to, size);
}

static size_t http_read(union reader_state *s, struct note_taker *t, struct bytes data, bool gap) {
  return http_session_read(&s->http, t, data, gap);
}

static enum service http_service(const union reader_state *s, const struct notes *notes) {
  (void)notes;
  return s->http.winrm ? SERVICE_WINRM : SERVICE_HTTP;
}

static bool http_done(const union reader_state *s) { return s->http.done; }
static bool http_told(const union reader_state *s) { return s->http.told; }

static void http_describe(const union reader_state *s, const struct notes *notes, char *to, size_t size) {
  (void)notes;
  http_session_describe(&s->http, to, size);
}

static void nothing_to_end(union reader_state *s, struct block_pool *blocks) { (void)s, (void)blocks; }

static const struct reader readers[] = {
    [READER_RPC] = {rpc_read, rpc_service_of, rpc_done, NULL, rpc_describe, rpc_end, true, 4096},
    [READER_SMB] = {smb_read, smb_service, smb_done, NULL, smb_describe, smb_end, true, 4096},
    [READER_TLS] = {tls_read, tls_service, tls_done, NULL, tls_describe, nothing_to_end, false, 64},
    [READER_HTTP] = {http_read, http_service, http_done, http_told, http_describe, nothing_to_end, false, 16},
};
_Static_assert(sizeof readers / sizeof *readers == READER_COUNT, "a row for every reader");

const struct reader *reader_of(enum reader_kind kind) {
  return kind > READER_NONE && kind < READER_COUNT ? &readers[kind] : NULL;
}
