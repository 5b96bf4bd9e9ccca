/* Bytes as a capture file with a path, and what is read from it. */
#ifndef WW_TESTS_FUZZ_CAPTURE_H
#define WW_TESTS_FUZZ_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/timeline.h"
#include "classifier/traffic.h"
#include "rules/audit.h"
#include "rules/catalogue.h"

struct fuzz_file {
  int fd; /* closed by the caller */
  char path[32];
};

static inline struct fuzz_file fuzz_file_of(const void *bytes, size_t len) {
  struct fuzz_file f = {.fd = memfd_create("fuzz", 0)};
  if (f.fd < 0 || write(f.fd, bytes, len) != (ssize_t)len) abort();
  snprintf(f.path, sizeof f.path, "/proc/self/fd/%d", f.fd);
  return f;
}

/* Loaded once: it is always the same. */
static inline const struct policy *fuzz_policy(void) {
  static struct policy *policy;
  struct problem_list problems = {0};
  if (!policy && policy_load("configmgr-client", &policy, &problems) < 0) abort();
  return policy;
}

static inline struct traffic *fuzz_traffic(struct timeline *t) {
  struct err e = {0};
  struct traffic *traffic = NULL;
  struct frame_batch batch = {0};
  struct classifier *c = classifier_new(&(struct classifier_options){0});
  if (!c) abort();
  while (timeline_next(t, &batch, &e) > 0)
    if (classifier_feed(c, &batch) < 0) abort();
  frame_batch_release(&batch);
  if (classifier_finish(c, timeline_facts(t), &traffic) < 0) abort();
  classifier_free(c);
  return traffic;
}

#endif
