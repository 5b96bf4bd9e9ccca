/* Plain lines: what changed, and once in a while how the capture is doing. For files, pipes and dumb terminals. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/live_view.h"

bool live_look_shows(const struct live_look *k, const struct address *client) {
  for (size_t i = 0; i < k->n_watched; i++)
    if (address_equal(&k->watched[i], client)) return true;
  return k->n_watched == 0;
}

char *live_name(char to[LIVE_NAME_SIZE], const struct audit *a, const struct address *host) {
  char text[ADDRESS_TEXT_SIZE];
  struct host_view h;
  address_print(text, host);
  if (traffic_host(a->traffic, host, &h) && h.name)
    snprintf(to, LIVE_NAME_SIZE, "%s (%.100s)", text, h.name);
  else
    snprintf(to, LIVE_NAME_SIZE, "%s", text);
  return to;
}

static void line_change(const struct live_look *k, const struct stage_change *c) {
  char time[STAMP_TEXT_SIZE], name[LIVE_NAME_SIZE], because[STAGE_BECAUSE_SIZE];
  if (!live_look_shows(k, &c->client)) return;
  stage_because(because, c->audit, c->cell);
  printf("%s  %s: %s %s%s%s%s%s\n", stamp_print_utc(time, k->now, 0), live_name(name, c->audit, &c->client),
         c->audit->policy->stage[c->stage].title, watch_state_name(c->now), *because ? ": " : "", because,
         c->retracted ? "; the suspicion is withdrawn" : "", c->first_blocker ? "; this is the first blocker" : "");
  fflush(stdout);
}

/* Interfaces that went away and an ended recording are said by the verb itself; nothing is said every second. */
static void line_look(const struct live_look *k) { (void)k; }

static void line_end(const struct live_look *k) {
  char span[STAMP_TEXT_SIZE];
  printf("Watched for %s: %" PRIu64 " packets, %" PRIu64 " lost in the system, %" PRIu64 " lost in the program\n",
         stamp_print_span(span, k->span), k->counts.frames, k->counts.dropped_kernel,
         k->counts.dropped_pool + k->counts.dropped_analysis);
  fflush(stdout);
}

const struct live_view live_lines = {line_change, line_look, line_end};
