/* Several inputs as one timeline: ordered by first packet, numbered through, read one after the other.
 *
 * Packets get a number along the whole timeline (frame.packet), so that a rotated set reads like one capture;
 * timeline_locate turns it back into a file and a packet number in it. An input that cannot be opened is noted and left
 * out; the same file given twice is read once. Only the input being read is open, so a thousand rotated files are fine.
 * What can be read only once (standard input, pipes) keeps the place it was given: it follows the input before it. */
#ifndef WW_CAPTURE_TIMELINE_H
#define WW_CAPTURE_TIMELINE_H

#include "capture/source.h"

struct timeline_options {
  const char *filter; /* libpcap filter expression; NULL = everything */
  stamp_t from, to;   /* first and last moment that counts; STAMP_NONE = open; frames outside are skipped and counted */
  bool no_hash;       /* no SHA-256 of the inputs */
  bool ahead;         /* large inputs are read in a thread of their own */
};

struct input_facts {
  const char *path; /* as given, borrowed from the caller of timeline_open */
  bool readable;    /* false: error says why nothing could be read */
  struct err error;
  size_t same_as; /* index of an earlier input with the same bytes (this one was not read again); SIZE_MAX = none */
  uint32_t packet_base;           /* its frame n is packet packet_base + n of the timeline */
  uint64_t frames;                /* read, before the filter */
  stamp_t first, last;            /* earliest and latest frame time; STAMP_NONE without frames */
  const struct source_info *info; /* format, interfaces, damage, comments, names; NULL when not readable */
  char sha256[65];                /* hex; "" when not computed */
};

/* Complete once timeline_next has returned 0; valid until timeline_close. */
struct timeline_facts {
  const struct input_facts *input; /* in timeline order */
  size_t n_inputs;
  uint64_t frames, bytes;    /* delivered; bytes on the wire */
  uint64_t filtered;         /* frames left out by filter, from or to */
  uint64_t filter_unfit;     /* of these: the filter cannot be asked of their link type */
  stamp_t first, last;       /* of delivered frames */
  uint64_t clock_steps_back; /* a frame more than 1 s older than the one before it in the same input */
  uint64_t gaps, overlaps;   /* between consecutive inputs: more than 1 s without a frame; times that overlap */
  stamp_t longest_gap;       /* a span */
  stamp_t *gap_at;           /* start of each gap (the time of the last frame before it), n_gap_at <= 64 kept */
  size_t n_gap_at;
  bool reordered;         /* inputs were given in another order than their first packets have */
  uint64_t dropped;       /* packets the capturing systems say they lost */
  bool drops_known;       /* some input states a drop counter */
  bool numbers_exhausted; /* more than 2^32 - 1 frames: later ones have no number of their own */
};

struct timeline;

/* Opens all inputs. Negative with *e: none of them can be read, the filter does not compile, memory is out. */
int timeline_open(const char *const *paths, size_t n, const struct timeline_options *options,
                  struct timeline **timeline_out, struct err *e);
void timeline_close(struct timeline *t);

/* The next frames. 1: batch has at least one; 0: the end; negative: memory is out. */
int timeline_next(struct timeline *t, struct frame_batch *batch, struct err *e);

const struct timeline_facts *timeline_facts(const struct timeline *t);

/* Share of the input bytes read so far, 0..1; negative when unknown (a pipe). */
double timeline_progress(const struct timeline *t);

/* The input (index into facts) and the packet number in it of a packet of the timeline; false for 0 and unknown ones.
 */
bool timeline_locate(const struct timeline_facts *f, uint32_t packet, size_t *input_out, uint32_t *number_out);

#endif
