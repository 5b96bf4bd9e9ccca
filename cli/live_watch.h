/* The loop of a live capture: takes batches, feeds the classifier, looks once a second, ends at a signal. */
#ifndef WW_CLI_LIVE_WATCH_H
#define WW_CLI_LIVE_WATCH_H

#include "classifier/traffic.h"
#include "cli/live_view.h"

struct watch_options {
  struct live *live;
  struct classifier *classifier;
  const struct policy *policy;
  const struct site *site; /* without a single host: roles are proposed at every look */
  const struct live_view *view;
  const struct address *watched;
  size_t n_watched;
  int64_t duration_s; /* 0 = until a signal */
  bool recording_asked, on_screen, quiet;
};

/* Runs until SIGINT, SIGTERM or SIGHUP, the duration, or the last interface's end; the recording is complete when it
 * returns. A second signal ends the process at once. Negative with *e: memory is out, or no thread could be started. */
int watch_run(const struct watch_options *options, struct err *e);

#endif
