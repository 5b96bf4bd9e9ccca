/* The complete result as JSON (report/result.schema.json), and back. */
#include "report/result.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "report/formats.h"
#include "report/result_internal.h"

int report_json(const struct result *r, const struct report_options *o, struct out *to) {
  struct json j;
  json_init(&j, to);
  j.threads = o ? o->threads : 0;
  record_write(&result_record, r, true, &j);
  out_char(to, '\n');
  return 0;
}

static int bad(struct err *e, const char *what) {
  err_set(e, "%s", what);
  return -EINVAL;
}

/* What the tables cannot say: numbers that point at something must point at something. */
static int check(const struct result *r, struct err *e) {
  for (size_t i = 0; i < r->push.n_clients; i++) {
    const struct result_client *c = &r->push.client[i];
    if (c->n_cells != r->push.n_stages) return bad(e, "push.clients: cells and stages differ in number");
    if (c->first_blocker >= 0 && (size_t)c->first_blocker >= r->push.n_stages)
      return bad(e, "push.clients: first_blocker names no stage");
  }
  for (size_t i = 0; i < r->inputs.n_files; i++)
    if (r->inputs.file[i].same_as >= 0 && (size_t)r->inputs.file[i].same_as >= r->inputs.n_files)
      return bad(e, "inputs.files: same_as names no file");
  if (r->timeline.n_bins > RESULT_BINS) return bad(e, "timeline.bins: too many");
  if (r->timeline.n_bins && (!stamp_known(r->timeline.first) || r->timeline.width.ns <= 0))
    return bad(e, "timeline: has no width");
  for (size_t i = 1; i < r->n_hosts; i++)
    if (address_compare(&r->host[i - 1].address, &r->host[i].address) >= 0) return bad(e, "hosts: are not in order");
  return 0;
}

static const struct record_document document = {&result_record, RESULT_SCHEMA, RESULT_SCHEMA_VERSION,
                                                offsetof(struct result, texts)};

/* The new result when all went well, else it is freed. */
static int finish(struct result *r, int rc, const char *path, struct result **result_out, struct err *e) {
  if (rc == 0 && (rc = check(r, e)) < 0 && path) err_prefix(e, "%s", path);
  if (rc < 0)
    result_free(r);
  else
    *result_out = r;
  return rc;
}

static int no_memory(struct err *e) {
  err_set(e, "not enough memory");
  return -ENOMEM;
}

int result_load(const char *path, struct result **result_out, struct err *e) {
  struct result *r = calloc(1, sizeof *r);
  return r ? finish(r, record_load(&document, path, r, e), path, result_out, e) : no_memory(e);
}

int result_parse(const char *text, size_t len, struct result **result_out, struct err *e) {
  struct result *r = calloc(1, sizeof *r);
  return r ? finish(r, record_parse(&document, text, len, r, e), NULL, result_out, e) : no_memory(e);
}
