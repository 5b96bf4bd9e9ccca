/* Recording what a live capture delivers: pcapng files of one section each, rotated by size and by time.
 *
 * Blocks collect in memory and go to the file whole (record_flush, or when enough have gathered), so that a file whose
 * writer is killed is complete up to the last flush. A full disk ends the recording, never the watching. One thread. */
#ifndef WW_CAPTURE_RECORD_H
#define WW_CAPTURE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/source.h"
#include "util/digest.h"
#include "util/error.h"
#include "util/stamp.h"

struct record_options {
  const char *dir;          /* made when missing; borrowed */
  stamp_t now;              /* start of the recording, for the files' names */
  uint64_t file_bytes_max;  /* a new file once it holds so much; 0 = 100 MiB; at most half of total_bytes_max */
  int64_t file_span_s;      /* a new file once it covers so much capture time; 0 = no limit */
  uint64_t total_bytes_max; /* oldest files are removed beyond this; 0 = no limit */
};

struct record_iface {
  const char *name; /* borrowed */
  uint16_t link;    /* LINKTYPE_ value */
  uint32_t snap_len;
};

/* What one file holds of an interface, as its statistics block says it: counters grow from file to file, these are
 * this file's share. received and dropped are 0 until the file is finished. */
struct record_counts {
  uint64_t frames, received, dropped;
};

/* One file of the recording. */
struct record_file {
  char *path;
  uint32_t packet_base; /* its frame n is packet packet_base + n */
  uint64_t frames, bytes;
  stamp_t first, last;           /* frame times; STAMP_NONE without frames */
  struct record_counts *counts;  /* one an interface, in their order */
  char sha256[DIGEST_TEXT_SIZE]; /* once it is finished */
  bool removed;                  /* to keep within total_bytes_max */
};

struct record;

/* Starts a recording and its first file. Negative with *e: the folder cannot be made or written, memory is out. iface
 * is copied but for its names. */
int record_open(const struct record_options *options, const struct record_iface *iface, size_t n_ifaces,
                struct record **record_out, struct err *e);

/* Appends frames (frame.iface numbers the interfaces, frame.packet is set and rises by one). Negative with *e: this
 * recording is over (a full disk); what was flushed stays, later calls do nothing. */
int record_frames(struct record *r, const struct frame *frame, size_t n, struct err *e);

/* Hands all blocks to the system. As record_frames. */
int record_flush(struct record *r, struct err *e);

/* What an interface counted since the start, for the statistics at the end of each file. */
void record_statistics(struct record *r, size_t iface, uint64_t received, uint64_t dropped);

/* Ends the last file. Negative with *e: it could not be completed. record_files stay readable until record_free. */
int record_close(struct record *r, struct err *e);
void record_free(struct record *r); /* accepts NULL */

/* The files so far, in order; valid until the next call. */
const struct record_file *record_files(const struct record *r, size_t *n_out);
uint64_t record_bytes(const struct record *r); /* on disk now */
bool record_is_over(const struct record *r);

#endif
