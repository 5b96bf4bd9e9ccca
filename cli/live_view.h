/* How a live capture is shown: a row of functions for each way, chosen once. */
#ifndef WW_CLI_LIVE_VIEW_H
#define WW_CLI_LIVE_VIEW_H

#include "capture/live.h"
#include "cli/stage_log.h"
#include "rules/audit.h"

/* One look at the running capture. */
struct live_look {
  const struct audit *audit; /* NULL: nothing was judged yet */
  struct live_counts counts;
  struct live_iface iface[LIVE_IFACES_MAX];
  size_t n_ifaces;
  const struct address *watched; /* only these clients are shown; n_watched 0 = all */
  size_t n_watched;
  size_t n_findings;
  stamp_t now;  /* of the wall clock, which may be set while we watch */
  stamp_t span; /* how long, by a clock that nobody sets */
  bool recording_asked;
};

/* Whether a client is shown. */
bool live_look_shows(const struct live_look *k, const struct address *client);

struct live_view {
  void (*change)(const struct live_look *k, const struct stage_change *c); /* for every change of a stage */
  void (*look)(const struct live_look *k);                                 /* once a second */
  void (*end)(const struct live_look *k);                                  /* once, before reports are written */
};
extern const struct live_view live_screen; /* a terminal: redrawn */
extern const struct live_view live_lines;  /* plain lines, changes only */
extern const struct live_view live_events; /* JSON Lines, for machines */

/* "10.1.2.3 (PC7.example.org)"; returns to. */
enum { LIVE_NAME_SIZE = 160 };
char *live_name(char to[LIVE_NAME_SIZE], const struct audit *a, const struct address *host);

#endif
