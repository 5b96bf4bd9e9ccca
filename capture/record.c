/* Files are opened with O_EXCL: a recording never writes into something that is there already. */
#include "capture/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "capture/pcapng_writer.h"
#include "util/array.h"
#include "util/out.h"

enum { PENDING_MAX = 1 << 18, FILE_BYTES_DEFAULT = 100 << 20, RECORD_NUMBER_MAX = 999999 };

struct iface {
  struct record_iface is;
  uint64_t received, dropped;               /* since the start */
  uint64_t received_stated, dropped_stated; /* in earlier files */
};

struct record {
  struct record_options options;
  char *dir;
  struct iface *iface;
  size_t n_ifaces;
  struct record_file *file;
  struct record_file flushed; /* the file that is open, as it was at the last flush; its counts are our own */
  size_t n_files, files_capacity;
  size_t n_removed;
  struct out pending; /* whole blocks, not yet written */
  struct pcapng_writer writer;
  struct digest *digest;
  uint64_t bytes_removed, bytes; /* of removed files; of all files ever */
  int fd;                        /* -1 = no file is open */
  bool over;
};

static struct record_file *current(struct record *r) { return &r->file[r->n_files - 1]; }

/* wallwitness_20261231T235959Z_0001.pcapng in the folder; NULL: memory is out. */
static char *file_path(const struct record *r, size_t number) {
  const time_t s = (time_t)(r->options.now.ns / 1000000000);
  struct tm tm;
  char stamp[32];
  char *path = NULL;
  gmtime_r(&s, &tm);
  strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
  return asprintf(&path, "%s/wallwitness_%s_%04zu.pcapng", r->dir, stamp, number) < 0 ? NULL : path;
}

static void file_remember(struct record *r) {
  struct record_counts *counts = r->flushed.counts;
  r->flushed = *current(r);
  r->flushed.counts = counts;
  memcpy(counts, current(r)->counts, r->n_ifaces * sizeof *counts);
}

static void file_go_back(struct record *r) {
  struct record_counts *counts = current(r)->counts;
  *current(r) = r->flushed;
  current(r)->counts = counts;
  memcpy(counts, r->flushed.counts, r->n_ifaces * sizeof *counts);
}

/* What was not flushed is lost, and the file's facts are those of what it holds. */
static int give_up(struct record *r, const char *path, int rc, struct err *e, const char *what) {
  err_set(e, "%s: %s: %s; the recording ends here", path, what, strerror(-rc));
  if (r->fd >= 0) file_go_back(r);
  r->over = true;
  r->pending.len = 0;
  return rc;
}

/* Oldest files go until the rest fits. */
static void keep_within_total(struct record *r) {
  const uint64_t most = r->options.total_bytes_max;
  while (most && r->bytes - r->bytes_removed > most && r->n_removed + 1 < r->n_files) {
    struct record_file *f = &r->file[r->n_removed++];
    f->removed = unlink(f->path) == 0;
    r->bytes_removed += f->bytes;
  }
}

int record_flush(struct record *r, struct err *e) {
  if (r->over) return -EPIPE;
  if (r->pending.failed) return give_up(r, current(r)->path, -r->pending.failed, e, "cannot be kept in memory");
  size_t done = 0;
  while (done < r->pending.len) {
    const ssize_t n = write(r->fd, r->pending.text + done, r->pending.len - done);
    if (n < 0 && errno == EINTR) continue;
    if (n > 0) {
      done += (size_t)n;
      continue;
    }
    const int rc = n < 0 ? -errno : -EIO;
    if (ftruncate(r->fd, (off_t)current(r)->bytes) < 0)
      return give_up(r, current(r)->path, rc, e, "cannot be written, and ends in a part of a packet");
    return give_up(r, current(r)->path, rc, e, "cannot be written");
  }
  digest_add(r->digest, r->pending.text, done);
  current(r)->bytes += done;
  r->bytes += done;
  r->pending.len = 0;
  file_remember(r);
  keep_within_total(r);
  return 0;
}

static void digest_forget(struct record *r) {
  digest_free(r->digest);
  r->digest = NULL;
}

/* What a file that has just been opened begins with; the file is gone again when even that does not fit. */
static int file_head(struct record *r, struct err *e) {
  pcapng_writer_start(&r->writer, &r->pending, "wallwitness " WW_VERSION, NULL);
  for (size_t i = 0; i < r->n_ifaces; i++)
    pcapng_writer_interface(&r->writer, r->iface[i].is.link, r->iface[i].is.snap_len, r->iface[i].is.name);
  const int rc = record_flush(r, e);
  if (rc == 0) return 0;
  close(r->fd);
  r->fd = -1;
  digest_forget(r);
  unlink(current(r)->path);
  r->n_files--;
  free(r->file[r->n_files].path);
  free(r->file[r->n_files].counts);
  return rc;
}

static int file_start(struct record *r, struct err *e) {
  char *path = file_path(r, r->n_files + 1);
  struct record_counts *counts = array_new(r->n_ifaces, sizeof *counts);
  r->digest = digest_new();
  if (!path || !counts || !r->digest) goto memory;
  r->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (r->fd < 0) {
    const int rc = give_up(r, path, -errno, e, "cannot be made");
    digest_forget(r);
    free(path);
    free(counts);
    return rc;
  }
  struct record_file *f = ARRAY_PUSH(r->file, r->n_files, r->files_capacity);
  if (!f) goto memory;
  *f = (struct record_file){.path = path, .first = STAMP_NONE, .last = STAMP_NONE, .counts = counts};
  file_remember(r);
  return file_head(r, e);
memory:
  if (r->fd >= 0) close(r->fd), r->fd = -1;
  digest_forget(r);
  free(path);
  free(counts);
  return give_up(r, r->dir, -ENOMEM, e, "no new file");
}

/* This file's share of what an interface counted. */
static void put_statistics(struct record *r, uint32_t i) {
  struct iface *from = &r->iface[i];
  struct record_file *f = current(r);
  f->counts[i].received = from->received - from->received_stated;
  f->counts[i].dropped = from->dropped - from->dropped_stated;
  from->received_stated = from->received;
  from->dropped_stated = from->dropped;
  pcapng_writer_statistics(&r->writer, i, f->last, f->counts[i].received, f->counts[i].dropped);
}

/* Closes the file that is open, with its statistics when it can still be written. */
static int file_end(struct record *r, struct err *e) {
  struct record_file *f = current(r);
  int rc = r->over ? -EPIPE : 0;
  if (!r->over) {
    for (uint32_t i = 0; i < r->n_ifaces && stamp_known(f->last); i++) put_statistics(r, i);
    rc = record_flush(r, e);
  }
  if (r->fd >= 0 && close(r->fd) < 0 && rc == 0) rc = give_up(r, f->path, -errno, e, "cannot be completed");
  r->fd = -1;
  if (r->digest) digest_print(f->sha256, r->digest);
  digest_forget(r);
  return rc;
}

static bool file_is_full(struct record *r, const struct frame *next) {
  const struct record_file *f = current(r);
  if (f->frames == 0 || r->n_files >= RECORD_NUMBER_MAX) return false;
  const int64_t span = r->options.file_span_s;
  if (span && stamp_since(f->first, next->time).ns >= stamp_from_s(span).ns) return true;
  return f->bytes + r->pending.len >= r->options.file_bytes_max;
}

int record_frames(struct record *r, const struct frame *frame, size_t n, struct err *e) {
  for (size_t i = 0; i < n; i++) {
    int rc = 0;
    const struct frame *f = &frame[i];
    if (r->over) return -EPIPE;
    if (file_is_full(r, f)) {
      if ((rc = file_end(r, e)) == 0) rc = file_start(r, e);
    } else if (r->pending.len >= PENDING_MAX) {
      rc = record_flush(r, e);
    }
    if (rc < 0) return rc;
    struct record_file *to = current(r);
    if (to->frames++ == 0) to->packet_base = f->packet - 1, to->first = to->last = f->time;
    to->first = stamp_min(to->first, f->time);
    to->last = stamp_max(to->last, f->time);
    to->counts[f->iface].frames++;
    pcapng_writer_frame(&r->writer, f->iface,
                        &(struct pcapng_packet){f->link, f->time, f->data, f->cap_len, f->wire_len, NULL});
  }
  return 0;
}

void record_statistics(struct record *r, size_t iface, uint64_t received, uint64_t dropped) {
  r->iface[iface].received = received;
  r->iface[iface].dropped = dropped;
}

int record_open(const struct record_options *options, const struct record_iface *iface, size_t n_ifaces,
                struct record **record_out, struct err *e) {
  struct record *r = calloc(1, sizeof *r);
  int rc = -ENOMEM;
  if (!r) goto out;
  r->fd = -1;
  r->options = *options;
  if (!r->options.file_bytes_max) r->options.file_bytes_max = FILE_BYTES_DEFAULT;
  if (options->total_bytes_max && r->options.file_bytes_max > options->total_bytes_max / 2)
    r->options.file_bytes_max = options->total_bytes_max / 2; /* so that removing one leaves another */
  out_init(&r->pending, NULL);
  r->dir = strdup(options->dir);
  r->iface = array_new(n_ifaces, sizeof *r->iface);
  r->flushed.counts = array_new(n_ifaces, sizeof *r->flushed.counts);
  if (!r->dir || !r->iface || !r->flushed.counts) goto out;
  r->n_ifaces = n_ifaces;
  for (size_t i = 0; i < n_ifaces; i++) r->iface[i].is = iface[i];
  if (mkdir(r->dir, 0750) < 0 && errno != EEXIST) {
    rc = -errno;
    err_set(e, "%s: cannot be made: %s; name a folder that can be written", r->dir, strerror(errno));
    goto out;
  }
  rc = file_start(r, e);
out:
  if (rc < 0) {
    if (rc == -ENOMEM) err_set(e, "memory ran out while starting the recording");
    record_free(r);
    return rc;
  }
  *record_out = r;
  return 0;
}

int record_close(struct record *r, struct err *e) { return file_end(r, e); }

void record_free(struct record *r) {
  if (!r) return;
  if (r->fd >= 0) close(r->fd);
  digest_free(r->digest);
  out_close(&r->pending);
  for (size_t i = 0; i < r->n_files; i++) {
    free(r->file[i].path);
    free(r->file[i].counts);
  }
  free(r->flushed.counts);
  free(r->file);
  free(r->iface);
  free(r->dir);
  free(r);
}

const struct record_file *record_files(const struct record *r, size_t *n_out) {
  *n_out = r->n_files;
  return r->file;
}

uint64_t record_bytes(const struct record *r) { return r->bytes - r->bytes_removed; }

bool record_is_over(const struct record *r) { return r->over; }
