/* What a file that is not a capture we read most likely is, and what to do with it. */
#ifndef WW_CAPTURE_SNIFF_H
#define WW_CAPTURE_SNIFF_H

#include "util/bytes.h"

enum { SNIFF_SIZE = 512 }; /* bytes of the start that tell all known formats apart */

/* A compression that compressed.c unpacks, by the file's first bytes: "gzip", "zstd", ...; NULL: none. */
const char *sniff_compression(struct bytes head);

/* One sentence on a file of no format we read, by its first bytes and its name: "is an ETL trace (...): convert it
 * ...". */
const char *sniff_advice(struct bytes head, const char *path);

#endif
