#include "cli/live_watch.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "cli/live_screen.h"
#include "cli/proposal.h"
#include "cli/say.h"
#include "rules/propose.h"
#include "util/clock.h"

enum { TAKE_MS = 100, LOOK_MS = 1000, LOOK_SHARE = 4, SIGNAL_STATUS = 128 };

struct watch {
  const struct watch_options *o;
  struct stage_log *log;
  struct live_look look;
  int64_t started_ms, looked_ms, look_took_ms;
  bool said_down[LIVE_IFACES_MAX], said_record;
};

/* A signal has no other way to find what it ends. One may arrive in the middle of another. */
static struct {
  struct live *_Atomic live;
  atomic_int caught, on_screen;
} ending;

static void on_signal(int number) {
  if (ending.caught++) {
    if (ending.on_screen && write(STDOUT_FILENO, SCREEN_LEAVE, sizeof SCREEN_LEAVE - 1) < 0)
      _exit(SIGNAL_STATUS + number);
    _exit(SIGNAL_STATUS + number);
  }
  if (ending.live) live_stop(ending.live);
}

static void signals_catch(const struct watch_options *o) {
  static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction act = {.sa_handler = on_signal};
  ending.live = o->live;
  ending.on_screen = o->on_screen;
  sigemptyset(&act.sa_mask);
  for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) sigaction(caught[i], &act, NULL);
}

/* Interfaces that went away and a recording that ended are said once, also beside a screen. */
static void say_troubles(struct watch *w) {
  const struct live_look *k = &w->look;
  for (size_t i = 0; i < k->n_ifaces; i++) {
    if (k->iface[i].up || w->said_down[i]) continue;
    w->said_down[i] = true;
    if (!w->o->on_screen) say_err(&k->iface[i].why);
  }
  if (k->recording_asked && !k->counts.recording && !w->said_record && k->counts.record_why.text[0]) {
    w->said_record = true;
    if (!w->o->on_screen) say_err(&k->counts.record_why);
  }
}

static void on_change(void *ctx, const struct stage_change *c) {
  const struct watch *w = ctx;
  w->o->view->change(&w->look, c);
}

static void look_counts(struct watch *w) {
  w->look.counts = live_counts(w->o->live);
  w->look.n_ifaces = live_ifaces(w->o->live, w->look.iface);
  w->look.now = clock_wall();
  w->look.span = stamp_from_ms(clock_ms() - w->started_ms);
}

/* Judges what was captured so far and shows it; negative: memory is out. */
static int look(struct watch *w) {
  const struct watch_options *o = w->o;
  const struct timeline_facts *facts = live_facts(o->live);
  struct traffic *traffic = NULL;
  struct site *proposed = NULL;
  struct audit *audit = NULL;
  int rc = facts ? classifier_snapshot(o->classifier, facts, &traffic) : -ENOMEM;
  if (rc < 0) goto out;
  if (!site_has_hosts(o->site)) {
    proposed = site_propose(o->policy, traffic, 1);
    if (!proposed) {
      rc = -ENOMEM;
      goto out;
    }
  }
  rc = audit_run(o->policy, proposed ? proposed : o->site, traffic, &(struct audit_options){.now = STAMP_NONE}, &audit,
                 NULL);
  if (rc < 0) goto out;
  look_counts(w);
  w->look.audit = audit;
  w->look.n_findings = audit->n_findings;
  rc = stage_log_update(w->log, audit, on_change, w);
  if (rc == 0) o->view->look(&w->look);
  say_troubles(w);
out:
  w->look.audit = NULL;
  audit_free(audit);
  site_free(proposed);
  traffic_free(traffic);
  return rc;
}

/* Looks when it is time; large tables are looked at less often, so that looking never takes most of the time. */
static int look_if_due(struct watch *w) {
  const int64_t start = clock_ms(), wait = w->look_took_ms * LOOK_SHARE;
  if (start - w->looked_ms < (wait > LOOK_MS ? wait : LOOK_MS)) return 0;
  const int rc = look(w);
  w->looked_ms = start;
  w->look_took_ms = clock_ms() - start;
  return rc;
}

static int watch_loop(struct watch *w) {
  const struct watch_options *o = w->o;
  bool ended = false;
  int rc = 0;
  while (!ended && rc == 0) {
    struct live_batch *b = live_next(o->live, TAKE_MS, &ended);
    if (b) {
      rc = classifier_feed(o->classifier, live_batch_frames(b));
      live_release(o->live, b);
    }
    if (o->duration_s && clock_ms() - w->started_ms >= o->duration_s * 1000) live_stop(o->live);
    if (rc == 0 && !ending.caught) rc = look_if_due(w);
  }
  return rc;
}

int watch_run(const struct watch_options *o, struct err *e) {
  struct watch w = {.o = o, .log = stage_log_new(o->policy->n_stages), .started_ms = clock_ms()};
  w.look = (struct live_look){.watched = o->watched, .n_watched = o->n_watched, .recording_asked = o->recording_asked};
  int rc = w.log ? 0 : -ENOMEM;
  signals_catch(o);
  if (rc == 0) rc = live_start(o->live, e);
  if (rc == 0) {
    rc = watch_loop(&w);
    live_stop(o->live);
    live_join(o->live);
    ending.live = NULL;
    if (rc == 0) rc = look(&w);
    look_counts(&w);
  }
  o->view->end(&w.look);
  if (rc < 0 && e && !e->text[0]) err_set(e, "memory ran out while watching; --max-flows keeps less");
  stage_log_free(w.log);
  return rc;
}
