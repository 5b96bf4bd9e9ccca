/* A libpcap filter expression (pcap-filter(7)), run over our frames. */
#ifndef WW_CAPTURE_FILTER_H
#define WW_CAPTURE_FILTER_H

#include "capture/source.h"

enum filter_answer {
  FILTER_NO,
  FILTER_YES,
  FILTER_UNFIT /* the expression cannot be asked of frames with this link type ("ether host" of raw IP) */
};

struct filter;

/* Negative with *e: memory is out, or the expression is wrong (it says where), or it names hosts: nothing is looked up.
 */
int filter_new(const char *expression, struct filter **filter_out, struct err *e);
void filter_free(struct filter *f); /* accepts NULL */

/* "libpcap version 1.10.3 ...": the library in use. */
const char *filter_library(void);

enum filter_answer filter_match(struct filter *f, const struct frame *frame);

#endif
