/* Where frames come from: one interface over every kind of input.
 *
 * A source hands out batches. A batch owns one buffer, filled by large read() calls; its frames are slices of
 * that buffer and live until the batch is filled again or released. Reading (rather than mapping) lets pipes
 * and growing files take the same path, and a file cut while being read is an answer, not a signal. */
#ifndef WW_CAPTURE_SOURCE_H
#define WW_CAPTURE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/address.h"
#include "util/error.h"
#include "util/stamp.h"

enum {
  FRAME_LEN_MAX = 262144,  /* captured bytes of one frame; libpcap's and Wireshark's limit too */
  BATCH_FRAMES = 1024,     /* most frames in one batch */
  SOURCE_IFACES_MAX = 4096 /* interface descriptions kept per input; more are damage */
};

/* One captured frame. data is borrowed from its batch. */
struct frame {
  stamp_t time;
  const uint8_t *data;
  uint32_t cap_len;  /* bytes present at data */
  uint32_t wire_len; /* bytes the frame had on the wire, as the capture states it; at least cap_len */
  uint32_t number;   /* from 1 within its file, as Wireshark numbers frames */
  uint32_t packet;   /* from 1 along the whole timeline (capture/timeline.h); a source leaves it 0 */
  uint16_t link;     /* LINKTYPE_ value of its interface */
  uint16_t iface;    /* index into source_info.iface */
  uint8_t direction; /* enum frame_direction */
};
enum frame_direction { FRAME_DIRECTION_UNKNOWN, FRAME_INBOUND, FRAME_OUTBOUND }; /* pcapng epb_flags */

struct frame_batch {
  struct frame frame[BATCH_FRAMES];
  size_t n;
  uint8_t *buffer; /* owned: from malloc, or part of block */
  size_t size;
  struct block *block; /* private to a source: the counted block (capture/block.h) that buffer lies in; else NULL */
};

/* What kind of damage ended or disturbed the reading of an input. */
enum source_damage {
  SOURCE_DAMAGE_NONE,
  SOURCE_DAMAGE_CUT,    /* the file ends inside a header or a frame */
  SOURCE_DAMAGE_LENGTH, /* a length no capture can have */
  SOURCE_DAMAGE_BLOCK,  /* a pcapng block that contradicts itself */
  SOURCE_DAMAGE_READ,   /* the system could not read on */
  SOURCE_DAMAGE_PACKED, /* compressed data that do not unpack */
  SOURCE_DAMAGE_COUNT
};

struct source_iface {
  char *name, *description;   /* clean text, owned by the source; NULL = not stated */
  uint64_t received, dropped; /* interface statistics, summed over its blocks' last values */
  uint64_t lost_between;      /* frames stated as lost between two frames (epb_dropcount); dropped is at least this */
  uint64_t counted_from; /* isb_starttime as written, 0 = not stated: tells counters that go on over rotated files */
  bool drops_known;      /* dropped was stated by the capture */
  uint16_t link;         /* LINKTYPE_ value */
  uint32_t snap_len;     /* 0 = not limited */
  uint64_t frames;       /* read from it so far */
  uint64_t per_second;   /* time units in a second */
  int64_t offset_s;      /* added to its times (if_tsoffset) */
};

/* A comment somebody wrote on a frame (frame 0: on the file). Clean text, owned by the source. */
struct source_comment {
  uint32_t frame;
  char *text;
};
/* A host name the capture brings along. Clean text, owned by the source. */
struct source_name {
  struct address address;
  char *name;
};
enum { SOURCE_COMMENTS_MAX = 10000, SOURCE_NAMES_MAX = 100000 };

/* What is known about an input; valid until the source is closed, complete once source_next has returned 0. */
struct source_info {
  const char *format;      /* "pcap", "pcap (nanoseconds)", "pcapng", ... */
  const char *compression; /* "gzip", "zstd", ...; NULL = none */
  struct source_iface *iface;
  size_t n_ifaces;
  uint64_t frames;                /* read so far */
  struct source_comment *comment; /* frame comments, in file order; at most SOURCE_COMMENTS_MAX */
  size_t n_comments;
  struct source_name *name; /* name resolution blocks; at most SOURCE_NAMES_MAX */
  size_t n_names;
  uint64_t left_out;   /* comments and names beyond those limits */
  uint64_t bytes_read; /* of the file */
  uint64_t bytes_size; /* of the file; 0 = unknown (pipe) */
  enum source_damage damage;
  struct err damage_text;  /* one line: what, at which byte offset */
  uint64_t skipped_blocks; /* pcapng blocks without frames of a kind we do not use */
  uint64_t
      odd_frames; /* frames with more bytes captured than the snap or wire length states, or an absurd wire length */
};

struct source;
struct source_options {
  bool hash;        /* compute the SHA-256 of the file's own bytes (compressed as they are) while reading */
  bool ahead;       /* a large input is read and unpacked in a thread of its own */
  size_t read_size; /* bytes asked of the system at once; 0 = 1 MiB, the fastest; less to look at the start only */
};

/* Opens a capture file, compressed or not; "-" is standard input. On success *source_out must be closed. Negative (and
 * *e says what the thing is and what to do): no such file, a directory, empty, not a capture, an unknown capture
 * format. */
int source_open(const char *path, const struct source_options *options, struct source **source_out, struct err *e);
void source_close(struct source *s);

/* The next frames in file order. 1: *batch has at least one; 0: the end, reached cleanly or at damage (see
 * source_info.damage: what stood before it was delivered); negative: memory is out. */
int source_next(struct source *s, struct frame_batch *batch, struct err *e);

const struct source_info *source_info(const struct source *s);

/* The SHA-256 in hex once source_next has returned 0 (what follows damage is read and hashed too); "" without hash. */
const char *source_sha256(const struct source *s);

/* "cut short", "impossible length", ...: a name for reports. */
const char *source_damage_name(enum source_damage d);

/* A batch starts as {0}; this frees its buffer. */
void frame_batch_release(struct frame_batch *b);

#endif
