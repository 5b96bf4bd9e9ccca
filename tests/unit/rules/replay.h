/* Real captures through the whole engine, for tests of the judgement. */
#ifndef WW_TESTS_REPLAY_H
#define WW_TESTS_REPLAY_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "rules/audit.h"
#include "rules/propose.h"

struct replay {
  struct policy *policy;
  struct site *site;
  struct timeline *timeline;
  struct classifier *classifier;
  struct traffic *traffic;
  struct audit *audit;
};

static inline void replay_free(struct replay *r) {
  audit_free(r->audit);
  traffic_free(r->traffic);
  classifier_free(r->classifier);
  if (r->timeline) timeline_close(r->timeline);
  site_free(r->site);
  policy_free(r->policy);
  *r = (struct replay){0};
}

/* site: a site file or policy; propose: roles from behaviour. False, with a line, when something cannot be read. */
static inline bool replay_run(struct replay *r, const char *site, const char *capture, bool propose) {
  struct problem_list problems = {0};
  struct timeline_options options = {.from = STAMP_NONE, .to = STAMP_NONE, .no_hash = true};
  struct err e = {{0}};
  *r = (struct replay){0};
  bool ok = site_or_policy_load(site, &r->policy, &r->site, &problems) == 0;
  if (!ok && problems.n) fprintf(stderr, "%s\n", problems.line[0]);
  problem_list_free(&problems);
  ok = ok && timeline_open(&capture, 1, &options, &r->timeline, &e) == 0;
  r->classifier = ok ? classifier_new(&(struct classifier_options){0}) : NULL;
  struct frame_batch batch = {0};
  while (r->classifier && timeline_next(r->timeline, &batch, &e) > 0)
    if (classifier_feed(r->classifier, &batch)) return false;
  ok = r->classifier && classifier_finish(r->classifier, timeline_facts(r->timeline), &r->traffic) == 0;
  if (ok && propose) {
    site_free(r->site);
    r->site = site_propose(r->policy, r->traffic, 1);
    ok = r->site != NULL;
  }
  ok = ok && audit_run(r->policy, r->site, r->traffic, NULL, &r->audit, &e) == 0;
  if (!ok) fprintf(stderr, "%s: %s\n", capture, e.text);
  return ok;
}

/* A path below the source tree, or below the shared captures (beside it, or WW_SHARED). */
static inline char *path_in(char to[1024], const char *below, const char *name) {
  const char *source = getenv("WW_SOURCE"), *shared = getenv("WW_SHARED");
  if (!source) source = ".";
  if (strcmp(below, "shared") != 0)
    snprintf(to, 1024, "%s/%s/%s", source, below, name);
  else if (shared)
    snprintf(to, 1024, "%s/captures/%s", shared, name);
  else
    snprintf(to, 1024, "%s/../shared/captures/%s", source, name);
  return to;
}

#endif
