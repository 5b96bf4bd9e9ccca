/* A whole audit: any capture file, against the built-in policy with proposed roles, into every report. Reports cost
 * more than all the rest; the fuzzer has them of every eighth length of input only (fuzz_result.c is about them), a
 * replay of all inputs. */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/timeline.h"
#include "classifier/traffic.h"
#include "rules/audit.h"
#include "rules/propose.h"
#include "tests/fuzz/fuzz_digest.h"
#include "tests/fuzz/fuzz_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
enum { REPORTED = 8 };
#else
enum { REPORTED = 1 };
#endif

uint64_t fuzz_digest;

/* Loaded once: it is always the same. */
static struct policy *policy;

static struct traffic *read_traffic(struct timeline *t) {
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

static void judge(const struct traffic *traffic, size_t size) {
  struct err e = {0};
  struct audit *a = NULL;
  struct site *site = site_propose(policy, traffic);
  if (!site || audit_run(policy, site, traffic, &(struct audit_options){.now = STAMP_NONE}, &a, &e) < 0) abort();
  struct result *r = result_make(a, &(struct result_options){.now = STAMP_NONE});
  if (!r) abort();
  if (size % REPORTED == 0) fuzz_digest = fuzz_check_result(r);
  result_free(r);
  audit_free(a);
  site_free(site);
}

/* Bytes as a file that has a path; close the descriptor when it is no longer wanted. */
static int file_of(const void *bytes, size_t len, char path_out[32]) {
  int fd = memfd_create("fuzz", 0);
  if (fd < 0 || write(fd, bytes, len) != (ssize_t)len) abort();
  snprintf(path_out, 32, "/proc/self/fd/%d", fd);
  return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct problem_list problems = {0};
  struct err e = {0};
  struct timeline *t = NULL;
  char path[32];
  fuzz_digest = 0;
  if (!policy && policy_load("configmgr-client", &policy, &problems) < 0) abort();
  int fd = file_of(data, size, path);
  const char *const paths[] = {path};
  if (timeline_open(paths, 1, &(struct timeline_options){.from = STAMP_NONE, .to = STAMP_NONE}, &t, &e) == 0) {
    struct traffic *traffic = read_traffic(t);
    judge(traffic, size);
    traffic_free(traffic);
    timeline_close(t);
  }
  close(fd);
  return 0;
}
