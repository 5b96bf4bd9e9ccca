/* Bytes as a capture file with a path, and what is read from it. */
#ifndef WW_TESTS_FUZZ_CAPTURE_H
#define WW_TESTS_FUZZ_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/timeline.h"
#include "classifier/traffic.h"
#include "report/result.h"
#include "rules/audit.h"
#include "rules/catalogue.h"
#include "rules/propose.h"
#include "rules/site_load_internal.h"

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

/* A site where the hosts of the seeds, and most others, have roles; with all that a site file can hold. */
static inline const struct site *fuzz_site(void) {
  static const char text[] =
      "{\"policy\":\"configmgr-client\",\"site\":\"Lab\",\"roles\":{\"site_server\":[\"srv=172.18.39.5\",\"10.0.0.0/"
      "9\"],"
      "\"client\":[\"pc=172.18.39.6\",\"172.16.0.0/12\",\"10.0.0.0/8\",\"2000::/3\"],"
      "\"management_point\":[\"10.10.10.5\",\"10.128.0.0/9\",\"2001::/16\"]},"
      "\"allow\":[{\"id\":\"backup\",\"from\":\"any\",\"to\":[\"172.18.38.0/24\"],\"tcp\":[445,\"9100-9110\"],"
      "\"icmp_echo\":true,\"why\":\"ticket\"}],"
      "\"waivers\":[{\"rule\":\"push-smb\",\"reason\":\"later\",\"hosts\":[\"172.18.39.6\"],\"expires\":\"2030-01-01\"}"
      ","
      "{\"rule\":\"unexpected-open\",\"reason\":\"known\",\"ports\":[3389]}],"
      "\"up\":[\"srv\",{\"hosts\":[\"client\"],\"reason\":\"monitored\"}]}";
  static struct site *site;
  struct problem_list problems = {0};
  struct json_doc *doc = NULL;
  if (site) return site;
  if (json_doc_parse("fuzz", text, sizeof text - 1, &doc, &problems) < 0) abort();
  if (site_load_for(doc, fuzz_policy(), &site, &problems) < 0) abort();
  json_doc_free(doc);
  return site;
}

/* What an audit of the traffic comes to; at odd times by roles that are proposed from it, else by those of fuzz_site.
 */
struct fuzz_audit {
  struct site *proposed;
  struct audit *audit;
  struct result *result;
};

static inline struct fuzz_audit fuzz_audit(const struct traffic *traffic, bool odd) {
  struct err e = {0};
  struct fuzz_audit f = {.proposed = odd ? site_propose(fuzz_policy(), traffic, 1) : NULL};
  const struct site *site = odd ? f.proposed : fuzz_site();
  const struct audit_options options = {.now = STAMP_NONE};
  if (!site || audit_run(fuzz_policy(), site, traffic, &options, &f.audit, &e) < 0) abort();
  f.result = result_make(f.audit, &(struct result_options){.now = STAMP_NONE});
  if (!f.result) abort();
  return f;
}

static inline void fuzz_audit_fini(struct fuzz_audit *f) {
  result_free(f->result);
  audit_free(f->audit);
  site_free(f->proposed);
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
