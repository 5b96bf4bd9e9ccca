/* The application engine of one shard.
 *
 * A flow's slot is the number of its result: 16 bytes that stay until the end. While a flow is looked at it also has an
 * analysis (who is which side, how many packets were shown to whom), and, if its protocol is followed over a stream,
 * a session with two streams and the reader's state. Both come from pools and go back with the answer:
 *
 *   payload -> result -+- settled: nothing more is wanted
 *                      +- datagram: each one is read on its own (names in DNS answers); no state
 *                      +- analysis -> own signatures, then nDPI -> settled, or a session -> settled when it is done
 *
 * A TCP segment too short to tell anything is gathered with those that follow it, in a session without a reader, until
 * a signature fits what came together or it is clear that none will.
 *
 * When too many flows are under analysis, the oldest one has to be content with what is known of it. */
#include "classifier/app.h"

#include <stdlib.h>
#include <string.h>

#include "classifier/dhcp.h"
#include "classifier/dpi_aside.h"
#include "classifier/reader.h"
#include "classifier/recognise.h"
#include "classifier/stream.h"
#include "classifier/text_pool.h"
#include "util/array.h"

enum {
  STREAMS_MAX = 16384,  /* flows under analysis at once, unless the options say otherwise */
  DATAGRAMS_MAX = 64,   /* read of one flow for the names in them, unless the signature's row says otherwise */
  DPI_SECOND_LOOKS = 4, /* packets of a followed flow that nDPI is shown for its own name of it */
  PACKETS_MAX = 16,     /* shown to the signatures and nDPI, both directions together */
  PIECES_BYTES = 256,   /* gathered of a side's beginning to be recognised together */
  PIECES_TEXT = 1024,   /* the same when it begins like a text protocol's request line */
  PIECES_MAX = 1024,    /* segments they may come in */
  PIECE_SHORT = 16,     /* so short it may come from the middle, out of order */
  PIECES_SHARE = 4,     /* of the flows that fit: when more than one part in so many are looked at, none gathers */
  WAITING_SHARE = 16,   /* the same for flows that wait for a name only */
  CHUNK = 1024
};

enum result_flag {
  RESULT_SETTLED = 1,
  RESULT_PAYLOAD = 2,   /* payload was seen */
  RESULT_RPC = 4,       /* the service is known by the interfaces bound */
  RESULT_DATAGRAMS = 8, /* recognised says how each datagram is read */
};

struct result {
  uint32_t detail; /* number in texts; 0 = none */
  uint32_t notes;  /* index + 1; 0 = none */
  union {
    uint32_t analysis;  /* index + 1; 0 = none; of a spare one, the next spare one */
    uint32_t datagrams; /* read so far, with RESULT_DATAGRAMS */
  };
  uint8_t service; /* enum service; SERVICE_UNKNOWN = not recognised */
  uint8_t flags;
  uint8_t ndpi;       /* for dpi_name */
  uint8_t recognised; /* row of the signature, with RESULT_DATAGRAMS */
};
_Static_assert(sizeof(struct result) == 16, "every flow with payload has one");

/* A followed stream; in a block of the pool. */
struct session {
  struct stream side[2];
  uint16_t reads[2];          /* of each side that got on */
  struct note_taker taker[2]; /* of the last packet of each side */
  union reader_state state;
};

struct analysis {
  uint32_t slot;         /* 0 = free */
  uint32_t older, newer; /* neighbours in order of creation, index + 1 */
  uint16_t port;         /* of the side that sent first; its address is src */
  uint8_t family, reader;
  uint8_t side; /* that sent the packet being looked at */
  uint8_t packets[2];
  bool dpi_over, gathered[2]; /* gathered: enough of that side's beginning was tried, or it cannot be had */
  uint8_t src[16];            /* of family 6 */
  uint32_t src_id;            /* of family 4 */
  struct session *session;
  size_t session_size;
  struct dpi_flow *dpi;
};

struct app {
  struct result **chunk;
  uint32_t spare;   /* slot of a result given back; 0 = none */
  uint32_t unknown; /* slot that all flows share whose payload is of nothing known; 0 = none so far */
  size_t n_results, n_chunks, chunks_size;
  struct notes **notes;
  size_t n_notes, notes_size;
  struct analysis *analysis;
  size_t n_analysis, analysis_size, in_use, streams_max;
  uint32_t free, oldest, newest; /* index + 1 */
  struct arena arena;
  struct block_pool blocks;
  struct text_pool texts;
  struct learned_table *learned;
  struct hostname_table *names;
  struct dhcp_asks dhcp;
  struct recogniser recogniser;
  struct dpi *dpi;
  struct dpi_aside dpi_aside;
  bool dpi_failed, dpi_sparing, finished;
  struct app_counts counts;
  uint64_t failed; /* allocations that counts know of already */
};

const char *learned_by_name(enum learned_by b) {
  static const char *const names[] = {
      [LEARNED_BY_EPM] = "epm", [LEARNED_BY_OXID] = "oxid", [LEARNED_BY_INFERRED] = "inferred"};
  _Static_assert(sizeof names / sizeof *names == LEARNED_BY_COUNT, "a name for every way");
  return b < LEARNED_BY_COUNT ? names[b] : "unknown";
}

struct app *app_new(const struct app_options *options) {
  struct app *a = array_new(1, sizeof *a);
  if (!a) return NULL;
  a->streams_max = options && options->streams_max ? options->streams_max : STREAMS_MAX;
  a->dpi_sparing = options && options->dpi_sparing;
  recogniser_init(&a->recogniser);
  a->learned = learned_table_new();
  a->names = hostname_table_new();
  if (a->learned && a->names) return a;
  app_free(a);
  return NULL;
}

void app_free(struct app *a) {
  if (!a) return;
  app_finish(a);
  for (size_t i = 0; i < a->n_chunks; i++) free(a->chunk[i]);
  free(a->chunk);
  free(a->notes);
  free(a->analysis);
  dpi_aside_wait(&a->dpi_aside);
  dpi_free(a->dpi);
  learned_table_free(a->learned);
  hostname_table_free(a->names);
  text_pool_fini(&a->texts);
  block_pool_fini(&a->blocks);
  arena_fini(&a->arena);
  free(a);
}

void app_dpi_begin(struct app *a) { dpi_aside_begin(&a->dpi_aside); }

void app_dpi_wait(struct app *a) { dpi_aside_wait(&a->dpi_aside); }

static struct result *result_at(const struct app *a, uint32_t slot) {
  return &a->chunk[(slot - 1) / CHUNK][(slot - 1) % CHUNK];
}

/* A new result's slot; 0 when memory is out: the flow is then known by its port only. */
static uint32_t result_new(struct app *a) {
  if (a->spare) {
    const uint32_t slot = a->spare;
    a->spare = result_at(a, slot)->analysis;
    *result_at(a, slot) = (struct result){0};
    return slot;
  }
  if (a->n_results == a->n_chunks * CHUNK) {
    if (a->n_results >= INT32_MAX - CHUNK) return 0; /* the highest bit of a slot is its flow's */
    struct result *chunk = array_new(CHUNK, sizeof *chunk);
    struct result **place = chunk ? ARRAY_PUSH(a->chunk, a->n_chunks, a->chunks_size) : NULL;
    if (!place) {
      free(chunk);
      a->counts.streams_refused++;
      return 0;
    }
    *place = chunk;
  }
  return (uint32_t)++a->n_results;
}

/* Of a settled flow of which nothing is known, one result says all. */
static void result_share(struct app *a, uint32_t *slot) {
  struct result *r = result_at(a, *slot);
  const bool empty = r->service == SERVICE_UNKNOWN && !r->detail && !r->notes && !r->ndpi;
  if (!empty || r->flags != (RESULT_SETTLED | RESULT_PAYLOAD)) return;
  if (!a->unknown) {
    a->unknown = *slot;
    return;
  }
  r->analysis = a->spare;
  a->spare = *slot;
  *slot = a->unknown;
}

static struct notes *notes_of(const struct app *a, const struct result *r) {
  return r->notes ? a->notes[r->notes - 1] : NULL;
}

/* The flow's notes, made at first need; NULL when memory is out. */
static struct notes *notes_need(struct app *a, struct result *r) {
  if (r->notes) return a->notes[r->notes - 1];
  struct notes *n = arena_get(&a->arena, sizeof *n);
  struct notes **place = n ? ARRAY_PUSH(a->notes, a->n_notes, a->notes_size) : NULL;
  if (!place) {
    a->counts.streams_refused++;
    return NULL;
  }
  *place = n;
  r->notes = (uint32_t)a->n_notes;
  return n;
}

static void count_state(struct app *a) {
  a->counts.state_bytes = a->blocks.in_use + a->in_use * sizeof(struct analysis) + dpi_bytes_in_use(a->dpi);
  if (a->counts.state_bytes > a->counts.state_bytes_peak) a->counts.state_bytes_peak = a->counts.state_bytes;
}

/* --- analysis ------------------------------------------------------------------------------------------------ */

static void analysis_unlink(struct app *a, struct analysis *n) {
  if (n->older)
    a->analysis[n->older - 1].newer = n->newer;
  else
    a->oldest = n->newer;
  if (n->newer)
    a->analysis[n->newer - 1].older = n->older;
  else
    a->newest = n->older;
}

/* Puts it at the end of the line, as the newest. */
static void analysis_link(struct app *a, uint32_t i) {
  struct analysis *n = &a->analysis[i - 1];
  n->older = a->newest;
  n->newer = 0;
  if (a->newest)
    a->analysis[a->newest - 1].newer = i;
  else
    a->oldest = i;
  a->newest = i;
}

static void describe(struct app *a, struct result *r, const struct analysis *n) {
  const struct reader *reader = reader_of(n->reader);
  if (!reader || !n->session) return;
  struct notes none = {0}, *notes = notes_of(a, r);
  char text[NOTE_DETAIL_SIZE];
  reader->describe(&n->session->state, notes ? notes : &none, text, sizeof text);
  r->detail = text_pool_add(&a->texts, text);
  if (text[0] && !r->detail) a->counts.names_refused++;
  enum service service = reader->service(&n->session->state, notes ? notes : &none);
  if (service == SERVICE_UNKNOWN) return;
  r->service = (uint8_t)service;
  if (notes && notes->n_rpc && n->reader == READER_RPC) r->flags |= RESULT_RPC;
}

static void session_end(struct app *a, struct analysis *n) {
  if (!n->session) return;  // NOLINT: a result that numbers an analysis has one
  for (int i = 0; i < 2; i++) stream_end(&n->session->side[i], &a->blocks);
  if (n->reader) reader_of(n->reader)->end(&n->session->state, &a->blocks);
  block_put(&a->blocks, (uint8_t *)n->session, n->session_size);
  n->session = NULL;
}

/* Gives back all that the flow has; what is known of it stands. */
static void analysis_end(struct app *a, struct result *r) {
  if (r->flags & RESULT_DATAGRAMS || !r->analysis) return;
  struct analysis *n = &a->analysis[r->analysis - 1];
  session_end(a, n);
  if (n->dpi) dpi_release(a->dpi, &n->dpi);
  analysis_unlink(a, n);
  *n = (struct analysis){.newer = a->free};
  a->free = r->analysis;
  a->in_use--;
  r->analysis = 0;
  count_state(a);
}

static void settle(struct app *a, struct result *r) {
  analysis_end(a, r);
  r->flags |= RESULT_SETTLED;
}

static struct analysis *analysis_new(struct app *a, struct result *r, uint32_t slot, const struct packet *p) {
  if (a->in_use >= a->streams_max && a->oldest) {
    a->counts.streams_refused++;
    settle(a, result_at(a, a->analysis[a->oldest - 1].slot));
  }
  uint32_t i = a->free;
  if (i)
    a->free = a->analysis[i - 1].newer;
  else if (ARRAY_PUSH(a->analysis, a->n_analysis, a->analysis_size))
    i = (uint32_t)a->n_analysis;
  else {
    a->counts.streams_refused++;
    return NULL;
  }
  struct analysis *n = &a->analysis[i - 1];
  *n = (struct analysis){.slot = slot, .port = p->src_port, .family = p->family, .src_id = p->src_id};
  if (p->family == 6) memcpy(n->src, p->src, 16);
  analysis_link(a, i);
  a->in_use++;
  r->analysis = i;
  return n;
}

static uint8_t side_of(const struct analysis *n, const struct packet *p) {
  if (p->src_port != n->port) return 1;
  return n->family == 6 ? memcmp(p->src, n->src, 16) != 0 : p->src_id != n->src_id;
}

/* --- streams ------------------------------------------------------------------------------------------------- */

static struct note_taker note_taker_of(struct app *a, struct notes *notes, const struct packet *p) {
  return (struct note_taker){.arena = &a->arena,
                             .blocks = &a->blocks,
                             .learned = a->learned,
                             .names = a->names,
                             .dhcp = &a->dhcp,
                             .counts = &a->counts,
                             .notes = notes,
                             .src = packet_src(p),
                             .dst = packet_dst(p),
                             .src_port = p->src_port,
                             .dst_port = p->dst_port,
                             .proto = p->proto,
                             .packet = p->number,
                             .time = p->time};
}

/* What changes from one packet of a side to the next. */
static void taker_turn(struct note_taker *t, struct app *a, struct notes *notes, const struct packet *p) {
  if (!t->arena) *t = note_taker_of(a, NULL, p);
  t->notes = notes;
  t->packet = p->number;
  t->time = p->time;
  t->news = false;
}

/* An empty session for that reader, or for gathering pieces (READER_NONE). */
static bool session_open(struct app *a, struct result *r, struct analysis *n, enum reader_kind kind) {
  const struct reader *reader = reader_of(kind);
  if (reader && reader->needs_notes && !notes_need(a, r)) return false;
  session_end(a, n);
  n->session = (struct session *)(void *)block_get(&a->blocks, sizeof *n->session, &n->session_size);
  if (!n->session) return false;
  memset(n->session, 0, sizeof *n->session);
  n->reader = (uint8_t)kind;
  return true;
}

/* A flow of which all is told waits for a name at most: not when that takes room from others. */
static bool is_not_worth_waiting(const struct app *a, const struct analysis *n) {
  const struct reader *reader = reader_of(n->reader);
  return a->in_use > a->streams_max / WAITING_SHARE && reader->is_told && reader->is_told(&n->session->state);
}

/* Lets the reader have what the stream holds. False: it is done, or it has read as much as it may. */
static bool session_read(struct app *a, struct analysis *n, int side, struct note_taker *t) {
  const struct reader *reader = reader_of(n->reader);
  struct session *s = n->session;
  struct bytes data;
  bool gap;
  while (stream_get(&s->side[side], &a->blocks, &data, &gap)) {
    size_t took = reader->read(&s->state, t, data, gap);
    stream_took(&s->side[side], &a->blocks, took);
    if (took) s->reads[side]++;
    if (reader->is_done(&s->state) || s->reads[side] >= reader->reads_max) return false;
  }
  return !is_not_worth_waiting(a, n);
}

/* False: nothing more is to be learned from this flow. */
static bool session_feed(struct app *a, struct result *r, struct analysis *n, const struct packet *p) {
  const int side = n->side;
  struct session *s = n->session;
  struct note_taker *t = &s->taker[side];
  taker_turn(t, a, notes_of(a, r), p);
  if (p->tcp_flags & TCP_ACK) stream_acknowledged(&s->side[!side], &a->blocks, p->ack);
  bool more;
  if (stream_pass(&s->side[side], p->seq, bytes_left(&p->payload))) {
    more = !is_not_worth_waiting(a, n);
  } else {
    stream_put(&s->side[side], &a->blocks, p->seq, p->payload);
    more = session_read(a, n, side, t);
    stream_rest(&s->side[side], &a->blocks);
    if (t->news) describe(a, r, n);
  }
  count_state(a);
  return more;
}

/* --- pieces -------------------------------------------------------------------------------------------------- */

static bool begins_text(struct bytes b) {
  int first = bytes_peek(&b, 0);
  return first >= 'A' && first <= 'Z';
}

/* Begins to gather, unless the side's first segment is long enough to have been recognised by itself, or cannot be the
 * beginning of anything known. */
static bool pieces_open(struct app *a, struct result *r, struct analysis *n, const struct packet *p) {
  const int side = n->side;
  if (n->gathered[side] || p->proto != PROTO_TCP) return false;
  const size_t len = bytes_left(&p->payload);
  const bool hopeful =
      len < PIECES_BYTES && a->in_use <= a->streams_max / PIECES_SHARE && (len < PIECE_SHORT || recognise_may_begin(p));
  n->gathered[side] = !hopeful || !session_open(a, r, n, READER_NONE);
  return !n->gathered[side];
}

/* Puts the segment to what its side sent before. True and *front_out: the side's beginning as far as it is there;
 * valid until pieces_rest. */
static bool pieces_add(struct app *a, struct analysis *n, const struct packet *p, struct bytes *front_out) {
  const int side = n->side;
  struct session *s = n->session;
  bool gap;
  if (n->gathered[side]) return false;
  taker_turn(&s->taker[side], a, NULL, p);
  if (p->tcp_flags & TCP_ACK) stream_acknowledged(&s->side[!side], &a->blocks, p->ack);
  stream_put(&s->side[side], &a->blocks, p->seq, p->payload);
  return stream_get(&s->side[side], &a->blocks, front_out, &gap);
}

/* After pieces_add, when its side is not recognised yet: keeps the segment; says when there is no more sense in it. */
static void pieces_rest(struct app *a, struct analysis *n) {
  const int side = n->side;
  if (!n->session || n->gathered[side]) return;
  struct stream *s = &n->session->side[side];
  stream_rest(s, &a->blocks);
  const bool text = s->len && begins_text(bytes_of(s->buffer + s->start, s->len));
  n->gathered[side] = s->len >= (text ? PIECES_TEXT : PIECES_BYTES) || ++n->session->reads[side] >= PIECES_MAX;
  if (n->gathered[side]) stream_end(s, &a->blocks);
}

/* The pieces of both sides are the beginning of what the reader follows. False: nothing more is to be learned. */
static bool pieces_read(struct app *a, struct result *r, struct analysis *n, enum reader_kind kind) {
  const struct reader *reader = reader_of(kind);
  struct notes *notes = reader->needs_notes ? notes_need(a, r) : NULL;
  if (reader->needs_notes && !notes) return false;
  struct session *s = n->session;
  n->reader = (uint8_t)kind;
  bool more = true;
  for (int side = 0; side < 2; side++) {
    s->reads[side] = 0;
    s->taker[side].notes = notes;
    stream_rest(&s->side[side], &a->blocks);
    more = more && session_read(a, n, side, &s->taker[side]);
    if (s->taker[side].news) describe(a, r, n);
  }
  return more;
}

/* --- recognition --------------------------------------------------------------------------------------------- */

/* Our own signatures know the flow already. */
static bool dpi_is_known(struct app *a, const struct result *r, struct analysis *n) {
  if (r->service == SERVICE_UNKNOWN) return false;
  dpi_release(a->dpi, &n->dpi);
  n->dpi_over = true;
  return true;
}

/* Shows the packet to nDPI while it may still say something new. While it puzzles over many flows already, further ones
 * are shown it once: nearly everything it knows it names at the first packet. */
static void ask_dpi(struct app *a, struct result *r, struct analysis *n, const struct packet *p) {
  if (n->dpi_over || a->dpi_failed || n->packets[n->side] > DPI_PACKETS_MAX) return;
  if (a->dpi_sparing && dpi_is_known(a, r, n)) return;
  if (!a->dpi && !(a->dpi = dpi_aside_get(&a->dpi_aside))) {
    a->dpi_failed = true;
    a->counts.streams_refused++;
    return;
  }
  if (a->dpi_sparing && !n->dpi && !dpi_is_worth(a->dpi, p)) {
    n->dpi_over = true;
    a->counts.dpi_spared++;
    return;
  }
  struct dpi_answer answer;
  if (!dpi_packet(a->dpi, &n->dpi, p, &answer)) return;
  r->ndpi = answer.name;
  if (r->service == SERVICE_UNKNOWN) r->service = (uint8_t)answer.service;
  bool enough = n->packets[0] + n->packets[1] >= DPI_SECOND_LOOKS;
  if (answer.name || (r->service != SERVICE_UNKNOWN && enough) || dpi_is_busy(a->dpi)) {
    n->dpi_over = true;
    dpi_release(a->dpi, &n->dpi);
  }
}

/* A datagram of a protocol whose every datagram is read. */
static bool read_datagram(struct app *a, struct result *r, const struct packet *p) {
  const struct recognised *as = recognised_at(r->recognised);
  struct notes *notes = as->needs_notes ? notes_need(a, r) : NULL;
  if (as->needs_notes && !notes) return false;
  struct note_taker t = note_taker_of(a, notes, p);
  as->datagram(&t, p->payload);
  if (notes && notes->n_rpc) {
    r->service = (uint8_t)rpc_service(notes);
    r->flags |= RESULT_RPC;
  }
  return ++r->datagrams < (as->datagrams_max ? as->datagrams_max : DATAGRAMS_MAX);
}

/* A protocol whose conversation is followed: its name alone is not all that can be known of a flow. */
static bool is_followed(enum service s) {
  return s == SERVICE_SMB || s == SERVICE_TLS || s == SERVICE_HTTP || s == SERVICE_RPC;
}

/* Recognises the packet together with what its side sent before (*in_pieces_out), or by itself. NULL: not yet. */
static const struct recognised *recognise_packet(struct app *a, struct result *r, struct analysis *n,
                                                 const struct packet *p, unsigned *row_out, bool *in_pieces_out) {
  struct bytes front;
  *in_pieces_out = false;
  if (n->session && pieces_add(a, n, p, &front)) {
    struct packet together = *p;
    together.payload = front;
    *in_pieces_out = recognise(&a->recogniser, &together, row_out);
  }
  if (*in_pieces_out || recognise(&a->recogniser, p, row_out)) return recognised_at(*row_out);
  if (!n->session && pieces_open(a, r, n, p)) pieces_add(a, n, p, &front);
  pieces_rest(a, n);
  return NULL;
}

/* Looks at a packet of a flow that is not settled. False: nothing more of the flow is wanted. */
static bool look(struct app *a, struct result *r, struct analysis *n, const struct packet *p) {
  const int side = n->side = side_of(n, p);
  if (n->packets[side] < UINT8_MAX) n->packets[side]++;
  if (n->session && n->reader) {
    if (n->packets[0] + n->packets[1] <= DPI_SECOND_LOOKS) ask_dpi(a, r, n, p);
    return session_feed(a, r, n, p);
  }
  unsigned row;
  bool in_pieces;
  const struct recognised *as = recognise_packet(a, r, n, p, &row, &in_pieces);
  if (as) r->service = (uint8_t)as->service;
  ask_dpi(a, r, n, p);
  count_state(a);
  if (as && as->datagram) {
    settle(a, r);
    r->flags = (uint8_t)((r->flags & ~RESULT_SETTLED) | RESULT_DATAGRAMS);
    r->datagrams = 0;
    r->recognised = (uint8_t)row;
    return read_datagram(a, r, p);
  }
  if (as && as->reader != READER_NONE && in_pieces) return pieces_read(a, r, n, as->reader);
  if (as && as->reader != READER_NONE && session_open(a, r, n, as->reader)) return session_feed(a, r, n, p);
  const bool gathering = n->session && !n->gathered[side];
  if (r->service != SERVICE_UNKNOWN || r->ndpi) return !as && gathering && is_followed((enum service)r->service);
  return gathering || n->packets[0] + n->packets[1] < PACKETS_MAX;
}

/* The announcement this flow's server endpoint came from, whichever end the server is. */
static void tie(struct app *a, struct result *r, const struct packet *p) {
  if (!learned_has_port(a->learned, p->dst_port) && !learned_has_port(a->learned, p->src_port)) return;
  struct address src = packet_src(p), dst = packet_dst(p);
  stamp_t now = p->time;
  const struct learned *l = learned_find(a->learned, &src, &dst, p->dst_port, p->proto, now);
  if (!l) l = learned_find(a->learned, &dst, &src, p->src_port, p->proto, now);
  struct notes *notes = l ? notes_need(a, r) : NULL;
  if (notes) notes->origin = l;
}

bool app_expects(const struct app *a, uint16_t port) {
  return learned_has_port(a->learned, port) || learned_expects(a->learned);
}

void app_syn(struct app *a, uint32_t *slot, const struct packet *p) {
  if (*slot || !app_expects(a, p->dst_port)) return;
  struct address client = packet_src(p), server = packet_dst(p);
  const struct learned *l = learned_find(a->learned, &client, &server, p->dst_port, p->proto, p->time);
  struct learned inferred;
  if (!l && learned_infer(a->learned, &client, &server, p->dst_port, p->time, &inferred))
    l = learned_add(a->learned, &inferred, &a->counts.learned_refused);
  if (!l || !(*slot = result_new(a))) return;
  struct notes *notes = notes_need(a, result_at(a, *slot));
  if (notes) notes->origin = l;
}

bool app_payload(struct app *a, uint32_t *slot, const struct packet *p) {
  struct result *r = *slot ? result_at(a, *slot) : NULL;
  if (r && r->flags & RESULT_SETTLED) return false;
  if (!r) {
    if (!(*slot = result_new(a))) return false;
    r = result_at(a, *slot);
    tie(a, r, p);
  }
  bool more;
  r->flags |= RESULT_PAYLOAD;
  if (r->flags & RESULT_DATAGRAMS) {
    more = read_datagram(a, r, p);
  } else {
    struct analysis *n = r->analysis ? &a->analysis[r->analysis - 1] : analysis_new(a, r, *slot, p);
    more = n && look(a, r, n, p);
  }
  if (more) return true;
  settle(a, r);
  result_share(a, slot);
  return false;
}

void app_prefetch(const struct app *a, uint32_t slot) {
  if (slot) __builtin_prefetch(result_at(a, slot), 1);
}

/* What the streams still hold behind holes is read before the flow is settled. */
static void flush(struct app *a, struct result *r) {
  if (r->flags & RESULT_DATAGRAMS || !r->analysis) return;
  struct analysis *n = &a->analysis[r->analysis - 1];
  for (int side = 0; n->session && n->reader && side < 2; side++) {
    struct note_taker *t = &n->session->taker[side];
    while (stream_flush(&n->session->side[side], &a->blocks))
      if (!session_read(a, n, side, t)) break;
    if (t->news) describe(a, r, n);
  }
}

void app_close(struct app *a, uint32_t *slot) {
  if (!*slot) return;
  struct result *r = result_at(a, *slot);
  if (r->flags & RESULT_SETTLED) return;
  flush(a, r);
  settle(a, r);
  result_share(a, slot);
}

void app_finish(struct app *a) {
  if (a->finished) return;
  a->finished = true;
  while (a->oldest) {
    struct result *r = result_at(a, a->analysis[a->oldest - 1].slot);
    flush(a, r);
    settle(a, r);
  }
  /* Flows whose readers asked for room in vain have not been looked into to their end. */
  const uint64_t failed = a->blocks.failed + a->arena.failed + dpi_failures(a->dpi);
  a->counts.streams_refused += failed - a->failed;
  a->failed = failed;
  if (a->dpi_aside.running) a->dpi = dpi_aside_get(&a->dpi_aside);
  dpi_aside_rest(&a->dpi_aside, a->dpi);
  block_pool_rest(&a->blocks);
}

/* --- views --------------------------------------------------------------------------------------------------- */

static enum service_by by_of_learned(enum learned_by by) {
  static const uint8_t as[] = {[LEARNED_BY_EPM] = SERVICE_BY_EPM,
                               [LEARNED_BY_OXID] = SERVICE_BY_OXID,
                               [LEARNED_BY_INFERRED] = SERVICE_BY_INFERRED};
  _Static_assert(sizeof as / sizeof *as == LEARNED_BY_COUNT, "an answer for every way");
  return (enum service_by)as[by];
}

/* TLS is named after what the port says is inside it, when it says so (doc/services.md). */
static enum service tls_on(uint16_t server_port) {
  enum service s = service_of_port(PROTO_TCP, server_port);
  bool wraps =
      s == SERVICE_HTTPS || s == SERVICE_LDAPS || s == SERVICE_RDP || (s == SERVICE_WINRM && server_port == 5986);
  return wraps ? s : SERVICE_TLS;
}

/* An announcement tells more than a flow whose calls only show that it is RPC or DCOM. */
static bool origin_tells_more(const struct learned *origin, enum service seen, const struct notes *notes) {
  if (seen == SERVICE_UNKNOWN) return true;
  if (seen == SERVICE_RPC && !notes->n_rpc) return origin->service != SERVICE_RPC;
  return seen == SERVICE_DCOM && origin->service == SERVICE_WMI;
}

void app_view(const struct app *a, uint32_t slot, uint8_t proto, uint16_t client_port, uint16_t server_port,
              struct app_view *view_out) {
  (void)client_port;
  struct app_view v = {.service = service_of_port(proto, server_port), .service_by = SERVICE_BY_PORT};
  const struct result *r = slot ? result_at(a, slot) : NULL;
  const struct notes *n = r ? notes_of(a, r) : NULL;
  if (r && r->service != SERVICE_UNKNOWN) {
    v.service = (enum service)r->service;
    v.service_by = r->flags & RESULT_RPC ? SERVICE_BY_RPC_BIND : SERVICE_BY_DPI;
    if (v.service == SERVICE_TLS) v.service = tls_on(server_port);
  }
  if (r) {
    v.ndpi = dpi_name(a->dpi, r->ndpi);
    v.detail = text_pool_at(&a->texts, r->detail);
    v.unrecognised = (r->flags & RESULT_PAYLOAD) && r->service == SERVICE_UNKNOWN;
  }
  if (n) {
    v.rpc = n->rpc;
    v.n_rpc = n->n_rpc;
    v.learned = n->learned;
    v.n_learned = n->n_learned;
    v.trees = n->tree;
    v.n_trees = n->n_trees;
    v.origin = n->origin;
    v.mapper_not_registered = n->not_registered_packet != 0;
    v.mapper_not_registered_packet = n->not_registered_packet;
    v.encrypted = n->encrypted;
    if (n->origin && origin_tells_more(n->origin, (enum service)r->service, n)) {
      v.service = n->origin->service;
      v.service_by = by_of_learned(n->origin->by);
    }
  }
  *view_out = v;
}

const struct learned *app_origin(const struct app *a, uint32_t slot) {
  const struct notes *n = slot ? notes_of(a, result_at(a, slot)) : NULL;
  return n ? n->origin : NULL;
}

size_t app_name_count(const struct app *a) { return hostname_count(a->names); }

const struct host_name *app_name(const struct app *a, size_t index) { return hostname_at(a->names, index); }

const struct app_counts *app_counts(const struct app *a) { return &a->counts; }
