/* Streaming: libarchive asks for compressed bytes block by block and gives unpacked ones, so memory stays the same
 * however much comes out of little. What a stream may make us hold is its dictionary, up to libarchive's limits: 1 GiB
 * for xz and 128 MiB for zstd, touched only as far as that much comes out. Filters find nested compressions by
 * themselves; more than COMPRESSED_DEPTH_MAX are refused. Archives (zip, tar) are not unpacked: only one stream, "raw"
 * in libarchive's words. */
#include "capture/compressed.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

struct decompressor {
  struct archive *archive;
  struct input *input;
  struct block_pool *pool;
  struct block *block; /* the compressed bytes libarchive looks at */
  size_t ready;        /* bytes of block that were read before and not handed over yet */
  int error;           /* negative errno of a failed read */
  bool ended;          /* the input is at its end */
  bool empty;          /* what is packed has no bytes at all */
};

static la_ssize_t feed(struct archive *a, void *data, const void **bytes_out) {
  struct decompressor *d = data;
  if (!d->ready) {
    block_drop(d->block);
    d->block = block_new(d->pool, 1);
    ssize_t got = d->block ? input_read(d->input, d->block, 0, d->block->size) : -ENOMEM;
    if (got < 0) {
      d->error = (int)got;
      archive_set_error(a, -(int)got, "the file cannot be read");
      return ARCHIVE_FATAL;
    }
    d->ready = (size_t)got;
    d->ended = got == 0;
  }
  la_ssize_t len = (la_ssize_t)d->ready;
  d->ready = 0;
  *bytes_out = d->block->bytes;
  return len;
}

static int begin(struct decompressor *d, struct err *e) {
  static int (*const filters[])(struct archive *) = {
      archive_read_support_filter_gzip, archive_read_support_filter_zstd,  archive_read_support_filter_xz,
      archive_read_support_filter_lz4,  archive_read_support_filter_bzip2,
  };
  struct archive_entry *entry;
  for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
    if (filters[i](d->archive) != ARCHIVE_OK) {
      err_set(e, "this build of libarchive lacks a compression: %s", archive_error_string(d->archive));
      return -ENOSYS;
    }
  archive_read_support_format_raw(d->archive);
  archive_read_support_format_empty(d->archive);
  int rc = archive_read_open(d->archive, d, NULL, feed, NULL);
  if (rc == ARCHIVE_OK) rc = archive_read_next_header(d->archive, &entry);
  d->empty = rc == ARCHIVE_EOF;
  if (rc != ARCHIVE_OK && !d->empty) {
    if (d->error)
      err_set(e, "cannot be read");
    else
      err_set(e, "the compressed data do not unpack: %s",
              d->ended ? "they are cut short" : archive_error_string(d->archive));
    return d->error ? d->error : -EBADMSG;
  }
  int depth = archive_filter_count(d->archive) - 1; /* the file itself counts as one */
  if (depth == 0) {
    err_set(e, "begins like compressed data, but with a header that is damaged or cut short");
    return -EBADMSG;
  }
  if (depth > COMPRESSED_DEPTH_MAX) {
    err_set(e, "is compressed more than %d times over: unpack it first", COMPRESSED_DEPTH_MAX);
    return -EBADMSG;
  }
  return 0;
}

int decompressor_new(struct input *in, struct block_pool *pool, struct block *first, size_t len,
                     struct decompressor **decompressor_out, struct err *e) {
  struct decompressor *d = calloc(1, sizeof *d);
  if (d)
    *d = (struct decompressor){
        .archive = archive_read_new(), .input = in, .pool = pool, .block = block_hold(first), .ready = len};
  int rc = -ENOMEM;
  if (d && d->archive)
    rc = begin(d, e);
  else
    err_set(e, "memory is out");
  if (rc < 0)
    decompressor_free(d);
  else
    *decompressor_out = d;
  return rc;
}

void decompressor_free(struct decompressor *d) {
  if (!d) return;
  archive_read_free(d->archive);
  block_drop(d->block);
  free(d);
}

ssize_t decompressor_read(struct decompressor *d, uint8_t *to, size_t len, struct err *e) {
  if (d->empty) return 0;
  la_ssize_t got = archive_read_data(d->archive, to, len);
  if (got >= 0) return (ssize_t)got;
  const char *why = archive_error_string(d->archive);
  err_set(e, "%s", why ? why : "unknown reason");
  if (d->error) return d->error;
  return d->ended ? -EPIPE : -EBADMSG;
}
