/* A whole audit: any capture file, against the built-in policy, with proposed or with given roles, into every report.
 * Reports cost more than all the rest; the fuzzer has them of every eighth length of input only (fuzz_result.c is about
 * them), a replay of all inputs. */
#include "report/writer.h"
#include "tests/fuzz/fuzz_capture.h"
#include "tests/fuzz/fuzz_digest.h"
#include "tests/fuzz/fuzz_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
enum { REPORTED = 8 };
#else
enum { REPORTED = 1 };
#endif

uint64_t fuzz_digest;

static size_t lines_of(const struct out *text) {
  size_t n = 0;
  for (size_t i = 0; i < text->len; i++) n += text->text[i] == '\n';
  return n;
}

/* A flow is a line in either list, whatever names and details hosts gave it. */
static void list_flows(const struct traffic *traffic) {
  struct out lines, table;
  out_init(&lines, NULL);
  out_init(&table, NULL);
  report_flows_jsonl(traffic, 1, &lines);
  report_flows_tsv(traffic, 1, &table);
  if (lines_of(&lines) != traffic_flow_count(traffic) || lines_of(&table) != lines_of(&lines) + 1) abort();
  out_close(&lines);
  out_close(&table);
}

static void judge(const struct traffic *traffic, size_t size) {
  struct fuzz_audit f = fuzz_audit(traffic, size / REPORTED % 2);
  if (size % REPORTED == 0) {
    fuzz_digest = fuzz_check_result(f.result);
    list_flows(traffic);
  }
  fuzz_audit_fini(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct err e = {0};
  struct timeline *t = NULL;
  fuzz_digest = 0;
  struct fuzz_file file = fuzz_file_of(data, size);
  const char *const paths[] = {file.path};
  if (timeline_open(paths, 1, &(struct timeline_options){.from = STAMP_NONE, .to = STAMP_NONE}, &t, &e) == 0) {
    struct traffic *traffic = fuzz_traffic(t);
    judge(traffic, size);
    traffic_free(traffic);
    timeline_close(t);
  }
  close(file.fd);
  return 0;
}
