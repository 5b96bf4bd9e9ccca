/* Evidence: which packets are taken, that cited ones have their place, and what goes wrong outside. */
#include "report/evidence.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/source.h"
#include "random_result.h"
#include "report/result_internal.h"

enum { PACKETS = 200, CITED = 150 };

static char folder[] = "/tmp/ww-evidence-XXXXXX", capture[64], out[64];

static void put(FILE *f, uint64_t v, size_t n) {
  for (size_t i = 0; i < n; i++) fputc((int)(v >> (8 * i) & 0xff), f);
}

/* A classic pcap of raw IPv4: one TCP flow 10.0.0.1:5000 -> 10.0.0.2:80, 100 bytes of payload a packet. */
static void write_capture(unsigned packets) {
  static const uint8_t ip[20] = {0x45, 0, 0, 140, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
  static const uint8_t tcp[20] = {0x13, 0x88, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 4, 0};
  FILE *f = fopen(capture, "wb");
  assert_non_null(f);
  put(f, 0xa1b2c3d4, 4), put(f, 2, 2), put(f, 4, 2), put(f, 0, 8), put(f, 65535, 4), put(f, 101, 4);
  for (unsigned i = 0; i < packets; i++) {
    put(f, 1600000000 + i, 4), put(f, 0, 4), put(f, 140, 4), put(f, 140, 4);
    fwrite(ip, 1, sizeof ip, f);
    fwrite(tcp, 1, sizeof tcp, f);
    for (int k = 0; k < 100; k++) fputc('S', f);
  }
  fclose(f);
}

static int setup(void **state) {
  (void)state;
  if (!mkdtemp(folder)) return -1;
  snprintf(capture, sizeof capture, "%s/c.pcap", folder);
  snprintf(out, sizeof out, "%s/out", folder);
  return 0;
}

static void empty_folder(const char *path) {
  DIR *d = opendir(path);
  char name[400];
  for (struct dirent *e; d && (e = readdir(d));) {
    snprintf(name, sizeof name, "%s/%s", path, e->d_name);
    if (e->d_name[0] != '.') remove(name);
  }
  if (d) closedir(d);
  rmdir(path);
}

static int teardown(void **state) {
  (void)state;
  empty_folder(out);
  empty_folder(folder);
  return 0;
}

/* One finding about that flow, citing packet CITED. */
static struct result *finding(unsigned frames) {
  struct result *r = calloc(1, sizeof *r);
  struct result_finding *f = r->finding = calloc(1, sizeof *f);
  r->n_findings = r->counts.findings = 1;
  r->inputs.file = calloc(1, sizeof *r->inputs.file);
  r->inputs.n_files = 1;
  r->inputs.file[0] =
      (struct result_input){.path = text_in(r, "c.pcap"), .readable = true, .same_as = -1, .frames = frames};
  f->fingerprint = text_in(r, "0123456789abcdef");
  f->title = text_in(r, "the title");
  f->client = address_from_v4(0x0a000001);
  f->server = address_from_v4(0x0a000002);
  f->citation = calloc(1, sizeof *f->citation);
  f->n_citations = 1;
  f->citation[0] = (struct result_citation){CITED, CITED, 1, text_in(r, "cited")};
  f->flow = calloc(1, sizeof *f->flow);
  f->n_flows = 1;
  f->flow[0] = (struct result_flow){.client = f->client,
                                    .server = f->server,
                                    .client_port = 5000,
                                    .server_port = 80,
                                    .proto = text_in(r, "tcp"),
                                    .packet_first = 1,
                                    .packet_last = frames};
  return r;
}

/* Reads the one file back with our reader; the frame comments say where each packet came from. */
static size_t read_back(char path[400], struct source **source_out, struct frame_batch *batch) {
  DIR *d = opendir(out);
  assert_non_null(d);
  for (struct dirent *e; (e = readdir(d));)
    if (strstr(e->d_name, ".pcapng")) snprintf(path, 400, "%s/%s", out, e->d_name);
  closedir(d);
  struct err e = {""};
  assert_int_equal(source_open(path, &(struct source_options){.hash = false}, source_out, &e), 0);
  assert_int_equal(source_next(*source_out, batch, &e), 1);
  size_t n = batch->n;
  return n;
}

static bool cited_is_there(const struct source *s) {
  const struct source_info *info = source_info(s);
  for (size_t i = 0; i < info->n_comments; i++)
    if (strcmp(info->comment[i].text, "packet 150 of c.pcap: cited") == 0) return true;
  return false;
}

static void check_written(uint32_t payload_max, uint32_t expected_length) {
  struct result *r = finding(PACKETS);
  struct evidence_options o = {.payload_max = payload_max};
  struct evidence_counts counts;
  struct err e = {""};
  const char *const paths[] = {capture};
  struct source *s = NULL;
  struct frame_batch *batch = calloc(1, sizeof *batch);
  char path[400] = "";
  int rc = evidence_write(r, paths, 1, out, &o, &counts, &e);
  assert_string_equal(e.text, "");
  assert_int_equal(rc, 0);
  assert_int_equal(counts.files, 1);
  assert_int_equal(read_back(path, &s, batch), EVIDENCE_PACKETS_MAX);
  assert_non_null(strstr(path, "wallwitness_20200913T122640Z_0123456789abcdef.pcapng"));
  for (size_t i = 0; i < batch->n; i++) {
    assert_int_equal(batch->frame[i].cap_len, expected_length);
    assert_int_equal(batch->frame[i].wire_len, 140);
  }
  frame_batch_release(batch);
  while (source_next(s, batch, &e) == 1) fail_msg("more frames");
  assert_true(cited_is_there(s));
  source_close(s);
  frame_batch_release(batch);
  free(batch);
  result_free(r);
}

static void test_packets(void **state) {
  (void)state;
  write_capture(PACKETS);
  check_written(0, 40);
  check_written(10, 50);
  check_written(100000, 140);
}

static void test_trouble(void **state) {
  (void)state;
  struct result *r = finding(PACKETS);
  struct evidence_counts counts;
  struct err e = {""};
  const char *const paths[] = {capture}, *const standard[] = {"-"}, *const missing[] = {"/nonexistent.pcap"};
  write_capture(PACKETS - 1);
  assert_true(evidence_write(r, paths, 1, out, NULL, &counts, &e) < 0);
  assert_non_null(strstr(e.text, "have changed"));
  assert_true(evidence_write(r, standard, 1, out, NULL, &counts, &e) < 0);
  assert_non_null(strstr(e.text, "standard input"));
  assert_true(evidence_write(r, missing, 1, out, NULL, &counts, &e) < 0);
  assert_non_null(strstr(e.text, "/nonexistent.pcap"));
  write_capture(PACKETS);
  assert_true(evidence_write(r, paths, 1, "/nonexistent/folder", NULL, &counts, &e) < 0);
  assert_non_null(strstr(e.text, "/nonexistent/folder"));
  result_free(r);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_packets), cmocka_unit_test(test_trouble)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
