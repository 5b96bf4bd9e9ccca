/* Evidence captures: for each finding the packets that prove it, in a small pcapng file that any analyser opens, each
 * packet with a comment that says why it is there and where it comes from. */
#ifndef WW_REPORT_EVIDENCE_H
#define WW_REPORT_EVIDENCE_H

#include "report/anonymise.h"
#include "report/result.h"

enum { EVIDENCE_PACKETS_MAX = 50, EVIDENCE_FILES_MAX = 200 };

struct evidence_options {
  uint32_t payload_max; /* bytes of payload kept of each packet; 0 = headers only */
  const struct anonymiser
      *anonymiser; /* frames are made anew with replaced addresses and without payload, texts too; NULL */
};

struct evidence_counts {
  size_t files;    /* written, the MANIFEST left out */
  size_t left_out; /* findings beyond EVIDENCE_FILES_MAX */
};

/* Reads the inputs again (the same paths the result was made from; standard input cannot be read twice) and writes,
 * into folder (made when it is not there), one file for each of the first findings and a MANIFEST that "sha256sum -c"
 * checks. Negative with *e: an input is gone or has changed, the folder cannot be written, memory is out. */
int evidence_write(const struct result *r, const char *const *paths, size_t n_paths, const char *folder,
                   const struct evidence_options *o, struct evidence_counts *counts_out, struct err *e);

#endif
