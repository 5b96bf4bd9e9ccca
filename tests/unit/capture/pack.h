/* Compresses made captures. A failure ends the test program. */
#ifndef WW_TESTS_PACK_H
#define WW_TESTS_PACK_H

#include <archive.h>
#include <archive_entry.h>

#include "tests/unit/capture/make_capture.h"

/* Packs with one filter ("gzip", "zstd", ...), by libarchive's writer. */
struct packer {
  struct archive *archive;
  struct made packed;
};

static inline void pack_begin(struct packer *p, const char *filter, size_t room) {
  *p = (struct packer){archive_write_new(), {.bytes = malloc(room), .room = room}};
  struct archive_entry *entry = archive_entry_new();
  if (archive_write_add_filter_by_name(p->archive, filter) != ARCHIVE_OK) abort();
  archive_write_set_format_raw(p->archive);
  archive_write_set_bytes_in_last_block(p->archive, 1); /* no padding */
  if (archive_write_open_memory(p->archive, p->packed.bytes, room, &p->packed.len) != ARCHIVE_OK) abort();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_pathname(entry, "x");
  if (archive_write_header(p->archive, entry) != ARCHIVE_OK) abort();
  archive_entry_free(entry);
}

static inline void pack_more(struct packer *p, const void *bytes, size_t len) {
  if (archive_write_data(p->archive, bytes, len) != (la_ssize_t)len) abort();
}

static inline void pack_end(struct packer *p) {
  if (archive_write_close(p->archive) != ARCHIVE_OK) abort();
  archive_write_free(p->archive);
}

static inline struct made pack(const struct made *plain, const char *filter) {
  struct packer p;
  pack_begin(&p, filter, plain->len + 100000);
  pack_more(&p, plain->bytes, plain->len);
  pack_end(&p);
  return p.packed;
}

#endif
