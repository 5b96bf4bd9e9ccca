#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "util/clock.h"

static struct {
  bool on, drawn;
  int64_t next_ms; /* when to draw again */
} progress;

void progress_start(bool quiet) {
  progress.on = !quiet && isatty(STDERR_FILENO);
  progress.next_ms = progress.on ? clock_ms() + 500 : 0;
}

void progress_show(double share, uint64_t packets) {
  if (!progress.on) return;
  int64_t now = clock_ms();
  if (now < progress.next_ms) return;
  progress.next_ms = now + 200;
  progress.drawn = true;
  if (share < 0)
    fprintf(stderr, "\r\033[Kreading: %" PRIu64 " packets", packets);
  else
    fprintf(stderr, "\r\033[Kreading: %3.0f%%, %" PRIu64 " packets", share * 100, packets);
  fflush(stderr);
}

void progress_clear(void) {
  if (!progress.drawn) return;
  fputs("\r\033[K", stderr);
  fflush(stderr);
  progress.drawn = false;
}
