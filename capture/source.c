/* Opening an input, finding its format, and the window that the format readers work on (source_internal.h).
 *
 * To open: read the first bytes; unpack if they are compressed; ask each reader whether it knows the rest. Formats are
 * a table. To go on: let the reader take frames from the window, and when it needs more bytes, read on. At the end
 * everything but source_info is released, so that a thousand finished inputs cost little. */
#include "capture/source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/compressed.h"
#include "capture/sniff.h"
#include "capture/source_internal.h"
#include "util/text.h"

enum {
  READ_SIZE = 1 << 20,    /* bytes asked of the system at once */
  READ_ROOM = 1 << 16,    /* before bytes read ahead: for what is left of a record */
  AHEAD_LEAST = 4 << 20,  /* bytes of an input that is read ahead */
  READ_SIZE_MIN = 4096,   /* room left in a block that is worth another read */
  COMMENT_LEN_MAX = 1000, /* bytes of one comment that are kept */
  NAME_LEN_MAX = 255
};

static const struct reader *const readers[] = {&pcapng_reader, &pcap_reader, &snoop_reader};

/* Link types whose frames may be longer than FRAME_LEN_MAX (libpcap's limits); they are cut to that. */
static const struct {
  uint16_t link;
  uint32_t cap_max;
} long_links[] = {
    {231, 128 << 20}, /* D-Bus messages */
    {249, 128 << 20}, /* USBPcap */
    {279, 8 << 20},   /* Elektrobit bus capture */
};

uint32_t source_cap_max(uint16_t link) {
  for (size_t i = 0; i < sizeof long_links / sizeof long_links[0]; i++)
    if (long_links[i].link == link) return long_links[i].cap_max;
  return FRAME_LEN_MAX;
}

/* ---- what readers call ---- */

static void note_damage(struct source *s, enum source_damage kind, uint64_t place, const char *what) {
  if (s->info.damage) return;
  s->info.damage = kind;
  err_set(&s->info.damage_text, "%s at byte %" PRIu64 "%s", what, place,
          s->info.compression ? " of the unpacked capture" : "");
}

/* The cursor's place in the capture: it lies in the window's block. */
enum reader_step source_damaged(struct source *s, const struct bytes *b, enum source_damage kind, const char *what,
                                ...) {
  char text[200];
  va_list args;
  va_start(args, what);
  vsnprintf(text, sizeof text, what, args);
  va_end(args);
  note_damage(s, kind, s->base + (uint64_t)(b->at - s->block->bytes), text);
  s->stopped = true;
  return READER_DAMAGE;
}

bool source_skip(struct source *s, struct bytes *b, uint64_t n) {
  size_t left = bytes_left(b), now = n < left ? (size_t)n : left;
  bytes_skip(b, now);
  s->skip = n - now;
  return s->skip == 0;
}

struct source_iface *source_add_iface(struct source *s, const struct bytes *b, uint16_t link, uint32_t snap_len) {
  if (s->info.n_ifaces >= SOURCE_IFACES_MAX) {
    source_damaged(s, b, SOURCE_DAMAGE_BLOCK, "more than %d interfaces", SOURCE_IFACES_MAX);
    return NULL;
  }
  struct source_iface *i = ARRAY_PUSH(s->info.iface, s->info.n_ifaces, s->iface_room);
  if (!i) return NULL;
  i->link = link;
  i->snap_len = snap_len;
  return i;
}

char *source_text(const uint8_t *text, size_t len, size_t max) {
  size_t size = 3 * (len < max ? len : max) + 1; /* a replaced byte may take three */
  if (size > max + 1) size = max + 1;
  char *clean = malloc(size);
  if (clean) text_clean(clean, size, (const char *)text, len);
  return clean;
}

bool source_add_comment(struct source *s, uint32_t frame, const uint8_t *text, size_t len) {
  if (s->info.n_comments >= SOURCE_COMMENTS_MAX) {
    s->info.left_out++;
    return true;
  }
  struct source_comment *c = ARRAY_PUSH(s->info.comment, s->info.n_comments, s->comment_room);
  if (!c) return false;
  c->frame = frame;
  c->text = source_text(text, len, COMMENT_LEN_MAX);
  if (!c->text) s->info.n_comments--;
  return c->text;
}

bool source_add_name(struct source *s, struct address address, const uint8_t *text, size_t len) {
  if (s->info.n_names >= SOURCE_NAMES_MAX) {
    s->info.left_out++;
    return true;
  }
  struct source_name *n = ARRAY_PUSH(s->info.name, s->info.n_names, s->name_room);
  if (!n) return false;
  n->address = address;
  n->name = source_text(text, len, NAME_LEN_MAX);
  if (!n->name) s->info.n_names--;
  return n->name;
}

/* ---- the window ---- */

/* The capture's next bytes, unpacked (read_ahead.h). */
static ssize_t read_bytes(void *of, struct block *b, size_t at, size_t len, uint64_t *read_out, struct err *why) {
  struct source *s = of;
  const ssize_t got =
      s->decompressor ? decompressor_read(s->decompressor, b->bytes + at, len, why) : input_read(&s->input, b, at, len);
  *read_out = s->input.read;
  return got;
}

/* The same for the thread that reads ahead. Files are read in pieces that its cache holds, so that marking is quick; an
 * error behind the first piece comes again when reading goes on. */
static ssize_t read_marked(void *of, struct block *b, size_t at, size_t len, uint64_t *read_out, struct err *why) {
  enum { PIECE = 256 << 10 };
  struct source *s = of;
  const bool pieces = s->marks.length && s->input.size && !s->decompressor;
  size_t read = 0;
  for (;;) {
    const size_t left = len - read;
    const ssize_t got = read_bytes(of, b, at + read, pieces && left > PIECE ? PIECE : left, read_out, why);
    if (got <= 0) return read ? (ssize_t)read : got;
    if (s->marks.length) marks_add(&s->marks, b, at + read, (size_t)got);
    read += (size_t)got;
    if (!pieces || read == len) return (ssize_t)read;
  }
}

/* What reading ended with: 0 (damage is noted), -ENOMEM. */
static int read_failed(struct source *s, ssize_t got, const struct err *why) {
  if (got == -ENOMEM) return -ENOMEM;
  char text[300];
  enum source_damage kind = got == -EPIPE     ? SOURCE_DAMAGE_CUT
                            : got == -EBADMSG ? SOURCE_DAMAGE_PACKED
                                              : SOURCE_DAMAGE_READ;
  if (got == -EPIPE)
    snprintf(text, sizeof text, "the %s data are cut short", s->info.compression);
  else if (got == -EBADMSG)
    snprintf(text, sizeof text, "the %s data do not unpack (%.200s)", s->info.compression, why->text);
  else
    snprintf(text, sizeof text, "the file cannot be read on (%s)", strerror(-(int)got));
  note_damage(s, kind, s->base + s->end, text);
  return 0;
}

/* Makes room behind the window for need bytes from at on: in the same block, or in a fresh one. */
static int make_room(struct source *s, size_t need) {
  if (s->block && s->at + need <= s->block->size && s->block->size - s->end >= READ_SIZE_MIN) return 0;
  struct block *b = block_new(s->pool, need);
  if (!b) return -ENOMEM;
  size_t left = s->end - s->at;
  if (s->block) memcpy(b->bytes, s->block->bytes + s->at, left);
  block_drop(s->block);
  s->block = b;
  s->walk = (struct marks_walk){NULL, NULL};
  s->base += s->at;
  s->at = 0;
  s->end = left;
  return 0;
}

/* Bytes behind the window, which is to hold need of them: how many, 0 at the end or at damage (noted), -ENOMEM. */
static ssize_t read_behind(struct source *s, size_t need) {
  struct err why = {0};
  if (make_room(s, need > 1 ? need : 1) < 0) return -ENOMEM;
  const ssize_t got = read_bytes(s, s->block, s->end, s->block->size - s->end, &s->info.bytes_read, &why);
  if (got < 0) return read_failed(s, got, &why);
  s->end += (size_t)got;
  return got;
}

/* The block read ahead becomes the window's, with what was left of the window in front. */
static void take_over(struct source *s, struct block *b, size_t len) {
  const size_t left = s->end - s->at, at = READ_ROOM - left;
  if (s->block) memcpy(b->bytes + at, s->block->bytes + s->at, left);
  block_drop(s->block);
  s->base += s->at;
  s->base -= at;
  s->block = b;
  s->at = at;
  s->end = READ_ROOM + len;
  s->walk = marks_walk_of(b);
}

/* As read_behind, with what was read ahead. A record longer than the room is put together in a block of its own. */
static ssize_t read_ahead(struct source *s, size_t need) {
  const struct read_ahead_piece p = read_ahead_take(s->ahead);
  s->info.bytes_read = p.read;
  if (p.got < 0) return read_failed(s, p.got, &p.why);
  if (p.got == 0) return 0;
  const size_t len = (size_t)p.got;
  if (s->end - s->at <= READ_ROOM) {
    take_over(s, p.block, len);
    return p.got;
  }
  int rc = 0;
  if (s->block->size - s->end < len) rc = make_room(s, (need > s->end - s->at ? need : s->end - s->at) + len);
  if (rc == 0) memcpy(s->block->bytes + s->end, p.block->bytes + READ_ROOM, len);
  if (rc == 0) s->end += len;
  block_drop(p.block);
  return rc < 0 ? rc : p.got;
}

static void throw_away(struct source *s) {
  size_t left = s->end - s->at, now = s->skip < left ? (size_t)s->skip : left;
  s->at += now;
  s->skip -= now;
}

/* Reads until need bytes are in the window: 1; 0: the input ends before (the window holds what is left); -ENOMEM. */
static int fill(struct source *s, size_t need) {
  throw_away(s);
  while (s->skip || s->end - s->at < need) {
    const ssize_t got = s->ahead ? read_ahead(s, need) : read_behind(s, need);
    if (got <= 0) return (int)got;
    throw_away(s);
  }
  return 1;
}

static struct bytes window(const struct source *s) { return bytes_of(s->block->bytes + s->at, s->end - s->at); }

/* ---- opening ---- */

static int find_format(struct source *s, const char *path, struct err *e) {
  struct bytes b = window(s);
  if (s->end == s->at) {
    err_set(e, "%s", s->info.compression ? "is empty after unpacking" : "is empty");
    return -ENODATA;
  }
  for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
    if (!readers[i]->matches(b)) continue;
    s->reader = readers[i];
    if (!s->reader->start(s, &b, e)) return -EBADMSG;
    s->at = (size_t)(b.at - s->block->bytes);
    return 0;
  }
  err_set(e, "%s", sniff_advice(b, path));
  return -ENOTSUP;
}

/* Puts a decompressor between the input, of which the window holds the first bytes, and the window. */
static int begin_unpacking(struct source *s, const char *compression, struct err *e) {
  int rc = decompressor_new(&s->input, s->pool, s->block, s->end, &s->decompressor, e);
  if (rc < 0) return rc;
  s->info.compression = compression;
  block_drop(s->block);
  s->block = NULL;
  s->at = s->end = 0;
  return fill(s, SNIFF_SIZE);
}

/* Reading goes on in another thread; without one, as usual. Marks begin where the first record does. */
static void begin_ahead(struct source *s) {
  s->marks.next = s->marks.read = s->base + s->at;
  if (s->marks.length) marks_add(&s->marks, s->block, s->at, s->end - s->at);
  s->walk = marks_walk_of(s->block);
  s->ahead = read_ahead_new(s->pool, READ_ROOM + READ_SIZE, READ_ROOM, read_marked, s);
}

static int begin(struct source *s, const char *path, const struct source_options *options, struct err *e) {
  const size_t ahead = options && options->ahead ? READ_ROOM : 0;
  s->pool = block_pool_new(options && options->read_size ? options->read_size : READ_SIZE + ahead);
  int rc = s->pool && (!options || !options->hash || input_hash(&s->input) == 0) ? 0 : -ENOMEM;
  if (rc == 0) rc = fill(s, SNIFF_SIZE);
  s->info.bytes_size = s->input.size;
  const char *compression = rc >= 0 && s->end ? sniff_compression(window(s)) : NULL;
  if (compression) rc = begin_unpacking(s, compression, e);
  if (rc == -ENOMEM) err_set(e, "memory is out");
  if (rc < 0) return rc;
  if (s->info.damage && s->end == s->at) {
    *e = s->info.damage_text;
    return -EIO;
  }
  rc = find_format(s, path, e);
  if (rc == 0 && options && options->ahead && (s->input.size == 0 || s->input.size >= AHEAD_LEAST)) begin_ahead(s);
  return rc;
}

static int finish_open(struct source *s, const char *path, const struct source_options *options,
                       struct source **source_out, struct err *e) {
  struct err why = {0};
  int rc = begin(s, path, options, &why);
  if (rc < 0) {
    err_set(e, "%s: %s", strcmp(path, "-") == 0 ? "standard input" : path, why.text);
    source_close(s);
    return rc;
  }
  *source_out = s;
  return 0;
}

int source_open(const char *path, const struct source_options *options, struct source **source_out, struct err *e) {
  struct input in;
  int rc = input_open(&in, path, e);
  if (rc < 0) return rc;
  struct source *s = calloc(1, sizeof *s);
  if (!s) {
    input_close(&in);
    err_set(e, "%s: memory is out", path);
    return -ENOMEM;
  }
  s->input = in;
  return finish_open(s, path, options, source_out, e);
}

int source_open_memory(const void *bytes, size_t len, const char *name, const struct source_options *options,
                       struct source **source_out, struct err *e) {
  struct source *s = calloc(1, sizeof *s);
  if (!s) {
    err_set(e, "%s: memory is out", name);
    return -ENOMEM;
  }
  input_open_memory(&s->input, bytes, len);
  return finish_open(s, name, options, source_out, e);
}

/* ---- reading ---- */

/* Everything but what source_info shows. */
static void release(struct source *s) {
  read_ahead_free(s->ahead);
  s->ahead = NULL;
  decompressor_free(s->decompressor);
  s->decompressor = NULL;
  block_drop(s->block);
  s->block = NULL;
  input_close(&s->input);
  block_pool_free(s->pool);
  s->pool = NULL;
}

/* The file's remaining bytes count for its hash, wherever the reading of frames ended. */
static int hash_rest(struct source *s) {
  if (!s->input.hasher) return 0;
  for (;;) {
    struct block *b = block_new(s->pool, 1);
    if (!b) return -ENOMEM;
    ssize_t got = input_read(&s->input, b, 0, b->size);
    block_drop(b);
    if (got < 0) return 0; /* no hash of a file that cannot be read */
    if (got == 0) break;
  }
  hasher_finish(s->sha256, s->input.hasher);
  return 0;
}

static int end(struct source *s) {
  read_ahead_free(s->ahead); /* from here on nobody else reads or hashes */
  s->ahead = NULL;
  int rc = hash_rest(s);
  s->info.bytes_read = s->input.read;
  release(s);
  s->finished = true;
  return rc;
}

static enum reader_step take_frames(struct source *s, struct frame_batch *batch) {
  if (!s->block || s->skip) return READER_MORE;
  struct bytes b = window(s);
  enum reader_step step = s->reader->frames(s, &b, batch);
  s->at = (size_t)(b.at - s->block->bytes);
  if (!batch->n) return step;
  batch->block = block_hold(s->block);
  batch->buffer = s->block->bytes;
  batch->size = s->block->size;
  return step;
}

/* The input ended where more was needed: all is well when it ended between two records. */
static int end_of_input(struct source *s) {
  if (s->at != s->end || s->skip)
    note_damage(s, SOURCE_DAMAGE_CUT, s->base + s->end, "the file ends in the middle of a record,");
  return end(s);
}

int source_next(struct source *s, struct frame_batch *batch, struct err *e) {
  frame_batch_release(batch);
  while (!s->finished) {
    s->need = 1;
    enum reader_step step = s->stopped ? READER_DAMAGE : take_frames(s, batch);
    if (batch->n) return 1;
    int rc = step == READER_MEMORY ? -ENOMEM : step == READER_DAMAGE ? 0 : fill(s, s->need);
    if (rc > 0) continue;
    if (rc == 0) rc = step == READER_DAMAGE ? end(s) : end_of_input(s);
    if (rc < 0) {
      err_set(e, "memory is out");
      return rc;
    }
  }
  return 0;
}

void source_close(struct source *s) {
  if (!s) return;
  release(s);
  for (size_t i = 0; i < s->info.n_ifaces; i++) {
    free(s->info.iface[i].name);
    free(s->info.iface[i].description);
  }
  for (size_t i = 0; i < s->info.n_comments; i++) free(s->info.comment[i].text);
  for (size_t i = 0; i < s->info.n_names; i++) free(s->info.name[i].name);
  free(s->info.iface);
  free(s->info.comment);
  free(s->info.name);
  free(s);
}

const struct source_info *source_info(const struct source *s) { return &s->info; }

const char *source_sha256(const struct source *s) { return s->sha256; }

const char *source_damage_name(enum source_damage d) {
  static const char *const names[] = {
      [SOURCE_DAMAGE_NONE] = "none",
      [SOURCE_DAMAGE_CUT] = "cut short",
      [SOURCE_DAMAGE_LENGTH] = "impossible length",
      [SOURCE_DAMAGE_BLOCK] = "contradictory block",
      [SOURCE_DAMAGE_READ] = "read error",
      [SOURCE_DAMAGE_PACKED] = "damaged compression",
  };
  _Static_assert(sizeof names / sizeof names[0] == SOURCE_DAMAGE_COUNT, "one name for each kind of damage");
  return names[d];
}

void frame_batch_release(struct frame_batch *b) {
  if (b->block)
    block_drop(b->block);
  else
    free(b->buffer);
  b->buffer = NULL;
  b->block = NULL;
  b->size = 0;
  b->n = 0;
}
