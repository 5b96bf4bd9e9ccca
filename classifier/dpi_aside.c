/* One thread at a time: it sets up, is joined, and another one clears away. */
#include "classifier/dpi_aside.h"

#include <stddef.h>

#include "util/thread.h"

static void *set_up(void *unused) {
  (void)unused;
  return dpi_new();
}

static void *clear_away(void *dpi) {
  dpi_rest(dpi);
  return NULL;
}

void dpi_aside_begin(struct dpi_aside *a) {
  a->used = true;
  a->running = thread_start(&a->thread, set_up, NULL) == 0;
}

struct dpi *dpi_aside_get(struct dpi_aside *a) {
  void *dpi = NULL;
  if (!a->running) return dpi_new();
  a->running = false;
  return pthread_join(a->thread, &dpi) == 0 ? dpi : NULL;
}

void dpi_aside_rest(struct dpi_aside *a, struct dpi *d) {
  if (a->used && d) a->running = thread_start(&a->thread, clear_away, d) == 0;
  if (!a->running) dpi_rest(d);
}

void dpi_aside_wait(struct dpi_aside *a) {
  if (a->running) pthread_join(a->thread, NULL);
  a->running = false;
}
