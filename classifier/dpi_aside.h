/* nDPI set up and cleared away in a thread of its own, while others read and add up: each takes several milliseconds,
 * for which everything else would wait. */
#ifndef WW_CLASSIFIER_DPI_ASIDE_H
#define WW_CLASSIFIER_DPI_ASIDE_H

#include <pthread.h>
#include <stdbool.h>

#include "classifier/dpi.h"

struct dpi_aside { /* starts as {0}: everything is done at once, by who asks for it */
  pthread_t thread;
  bool used;    /* dpi_aside_begin was called */
  bool running; /* the thread is there to be joined */
};

/* Begins to set nDPI up. Where the system refuses a thread, dpi_aside_get does it. */
void dpi_aside_begin(struct dpi_aside *a);

/* nDPI, set up; free it with dpi_free. NULL: as dpi_new. */
struct dpi *dpi_aside_get(struct dpi_aside *a);

/* As dpi_rest, in the thread if one was used before; until dpi_aside_wait only names may be asked for. */
void dpi_aside_rest(struct dpi_aside *a, struct dpi *d);

/* Waits until what dpi_aside_rest began is done. */
void dpi_aside_wait(struct dpi_aside *a);

#endif
