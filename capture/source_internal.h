/* What a source is inside, for the readers of the file formats (pcap_file.c, pcapng_file.c, snoop_file.c).
 *
 * A source keeps a window on the capture's bytes: the part [at, end) of one block that was read and not used yet.
 * A reader is given a cursor over it. It takes records off the front, as many as are whole, puts frames into the batch
 * and says why it stopped. When it needs more bytes, the source reads on behind the window or, when the block is full,
 * moves the few bytes of the record in the middle to the front of a fresh block. So frames of one batch always lie
 * in one block, and nothing else is copied. */
#ifndef WW_CAPTURE_SOURCE_INTERNAL_H
#define WW_CAPTURE_SOURCE_INTERNAL_H

#include "capture/block.h"
#include "capture/input.h"
#include "capture/marks.h"
#include "capture/read_ahead.h"
#include "capture/source.h"
#include "util/array.h"
#include "util/bytes.h"

/* Why a reader stopped. */
enum reader_step {
  READER_FULL,   /* the batch is full */
  READER_MORE,   /* source.need bytes from the cursor on are needed to go on (with source.skip: thrown away first) */
  READER_DAMAGE, /* source.info.damage says why nothing can be read from here on */
  READER_MEMORY  /* memory is out */
};

struct reader {
  bool (*matches)(struct bytes head); /* whether a file that begins so is of this format */
  /* Reads the file's header off *b (the whole of it is there), and says in s->marks how long records are, if they are
   * to be marked. False with *e: damaged, or of an unknown version. */
  bool (*start)(struct source *s, struct bytes *b, struct err *e);
  enum reader_step (*frames)(struct source *s, struct bytes *b, struct frame_batch *batch);
};
extern const struct reader pcap_reader, pcapng_reader, snoop_reader;

struct pcap_state {
  uint32_t record_len; /* of a record's header: 16, or 24 (modified) */
  uint32_t cap_max;    /* a longer frame is damage */
  uint32_t ns;         /* nanoseconds in one unit of the fraction */
  bool big_endian;     /* its numbers */
  uint8_t lengths;     /* enum pcap_lengths (pcap_file.c) */
};
struct pcapng_state {
  size_t first_iface; /* index of this section's interface 0 */
  stamp_t last;       /* time of the frame before, for blocks that state none */
  bool big_endian;    /* this section's numbers */
};

struct decompressor;

struct source {
  struct source_info info;
  size_t iface_room, comment_room, name_room; /* capacities of info's arrays */
  const struct reader *reader;
  union {
    struct pcap_state pcap;
    struct pcapng_state pcapng;
  };
  struct input input;
  struct decompressor *decompressor; /* NULL: the input is the capture itself */
  struct read_ahead *ahead;          /* NULL: bytes are read when they are needed */
  struct marks marks;                /* with ahead: of the thread that reads */
  struct marks_walk walk;            /* of the window's block */
  struct block_pool *pool;
  struct block *block; /* the window: its bytes [at, end) */
  size_t at, end;
  uint64_t base; /* place in the (unpacked) capture of the block's byte 0 */
  size_t need;   /* see READER_MORE */
  uint64_t skip; /* bytes to throw away before anything else */
  bool stopped;  /* the reader cannot go on */
  bool finished; /* source_next has returned 0 */
  char sha256[DIGEST_TEXT_SIZE];
};

/* Like source_open, from memory that is borrowed until source_close. name is for errors. */
int source_open_memory(const void *bytes, size_t len, const char *name, const struct source_options *options,
                       struct source **source_out, struct err *e);

/* Notes damage at the byte the cursor stands at and returns READER_DAMAGE. what: "a frame of 5 GB", .... */
enum reader_step source_damaged(struct source *s, const struct bytes *b, enum source_damage kind, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

/* Asks for n bytes from the cursor on. */
static inline enum reader_step source_more(struct source *s, size_t n) {
  s->need = n;
  return READER_MORE;
}

/* Passes over n bytes. False: they go past the window, the reader must return source_more(s, 0). */
bool source_skip(struct source *s, struct bytes *b, uint64_t n);

/* A new interface with this link type; NULL: memory is out, or (with damage noted) there are too many. */
struct source_iface *source_add_iface(struct source *s, const struct bytes *b, uint16_t link, uint32_t snap_len);

/* Keeps a comment or a name as clean text, within the limits; false: memory is out. */
bool source_add_comment(struct source *s, uint32_t frame, const uint8_t *text, size_t len);
bool source_add_name(struct source *s, struct address address, const uint8_t *text, size_t len);

/* A clean, NUL-terminated copy of at most max bytes; NULL: memory is out. */
char *source_text(const uint8_t *text, size_t len, size_t max);

/* The number of the next frame; stays at the last one when 32 bits do not suffice. */
static inline uint32_t source_next_number(const struct source *s) {
  return s->info.frames < UINT32_MAX ? (uint32_t)s->info.frames + 1 : UINT32_MAX;
}

/* Most bytes a frame of this link type may have: FRAME_LEN_MAX, more for a few buses (as libpcap has it). */
uint32_t source_cap_max(uint16_t link);

static inline uint32_t read_u32(const uint8_t *p, bool big_endian) { return big_endian ? be32_at(p) : le32_at(p); }
static inline uint16_t read_u16(const uint8_t *p, bool big_endian) { return big_endian ? be16_at(p) : le16_at(p); }

#endif
