/* Failures as SARIF 2.1.0 (OASIS, errata 01), for tools that collect findings of scanners. Only what fails is a result;
 * waived failures are there as suppressed ones (3.27.23). */
#include "report/sarif.h"

#include <errno.h>
#include <string.h>

#include "report/formats.h"
#include "report/phrase.h"
#include "util/json.h"

static bool fails(const struct result_finding *f) {
  return f->verdict == VERDICT_BLOCKED || f->verdict == VERDICT_DEGRADED || f->verdict == VERDICT_WRONG_PROTOCOL ||
         f->verdict == VERDICT_UNEXPECTED_OPEN;
}

/* {"text": ...}: a message or description (3.11, 3.12). */
static void put_message(struct json *j, const char *key, const char *text) {
  json_key(j, key);
  json_object(j, false);
  json_key(j, "text");
  json_text(j, text && *text ? text : "-");
  json_end(j);
}

/* A path as a URI reference (RFC 3986): everything but unreserved characters and "/" is percent-encoded. */
static void put_uri(struct json *j, const char *path) {
  static const char hex[] = "0123456789ABCDEF", plain[] = "-._~/";
  struct out o;
  out_init(&o, NULL);
  if (*path == '/') out_text(&o, "file://");
  for (const char *c = path; *c; c++) {
    unsigned char b = (unsigned char)*c;
    bool keep = (b >= '0' && b <= '9') || (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z') || strchr(plain, *c);
    if (keep)
      out_char(&o, *c);
    else
      out_printf(&o, "%%%c%c", hex[b >> 4], hex[b & 15]);
  }
  const char *text = out_str(&o);
  json_text(j, text ? text : "");
  if (!text) j->to->failed = ENOMEM;
  out_close(&o);
}

static void put_rule(struct json *j, const char *id, const char *title, const char *ref) {
  json_object(j, false);
  json_key(j, "id"), json_text(j, id);
  put_message(j, "shortDescription", title);
  if (ref) put_message(j, "help", ref);
  json_end(j);
}

static const char unexpected_id[] = "unexpected-open";

static void put_driver(struct json *j, const struct result *r) {
  json_key(j, "tool");
  json_object(j, false);
  json_key(j, "driver");
  json_object(j, true);
  json_key(j, "name"), json_text(j, "wallwitness");
  json_key(j, "version"), json_text(j, shown(r->tool.version));
  json_key(j, "rules");
  json_array(j, true);
  put_rule(j, unexpected_id, "A port answered that no rule documents", NULL);
  for (size_t i = 0; i < r->n_rules; i++) put_rule(j, shown(r->rule[i].id), r->rule[i].title, r->rule[i].ref);
  json_end(j);
  json_end(j);
  json_end(j);
}

static void put_artifacts(struct json *j, const struct result *r) {
  json_key(j, "artifacts");
  json_array(j, true);
  for (size_t i = 0; i < r->inputs.n_files; i++) {
    const struct result_input *in = &r->inputs.file[i];
    json_object(j, false);
    json_key(j, "location");
    json_object(j, false);
    json_key(j, "uri"), put_uri(j, shown(in->path));
    json_end(j);
    if (in->sha256 && *in->sha256) {
      json_key(j, "hashes");
      json_object(j, false);
      json_key(j, "sha-256"), json_text(j, in->sha256);
      json_end(j);
    }
    json_end(j);
  }
  json_end(j);
}

/* The files that hold the cited packets, each once. */
static void put_locations(struct json *j, const struct result *r, const struct result_finding *f) {
  const struct result_input *last = NULL;
  json_key(j, "locations");
  json_array(j, false);
  for (size_t i = 0; i < f->n_citations; i++) {
    uint32_t number;
    const struct result_input *in = result_locate(r, f->citation[i].first, &number);
    if (!in || in == last) continue;
    last = in;
    json_object(j, false);
    json_key(j, "physicalLocation");
    json_object(j, false);
    json_key(j, "artifactLocation");
    json_object(j, false);
    json_key(j, "uri"), put_uri(j, shown(in->path));
    json_key(j, "index"), json_u64(j, (uint64_t)(in - r->inputs.file));
    json_end(j);
    json_end(j);
    json_end(j);
  }
  json_end(j);
}

/* 0 is the unexpected port; rules follow. */
static uint64_t rule_index(const struct result *r, const struct result_finding *f) {
  const struct result_rule *rule = result_rule_find(r, f->rule);
  return rule ? 1 + (uint64_t)(rule - r->rule) : 0;
}

static void put_result_message(struct json *j, const struct result *r, const struct result_finding *f) {
  struct out o;
  out_init(&o, NULL);
  out_printf(&o, "%s. %s", shown(f->title), shown(f->happened));
  for (size_t i = 0; i < f->n_citations; i++) {
    out_text(&o, i ? ", " : " Proof: ");
    phrase_packets(&o, r, f->citation[i].first, f->citation[i].last);
  }
  const char *text = out_str(&o);
  put_message(j, "message", text);
  if (!text) j->to->failed = ENOMEM;
  out_close(&o);
}

static void put_result(struct json *j, const struct result *r, const struct result_finding *f) {
  static const char *const level[SEVERITY_COUNT] = {
      [SEVERITY_INFO] = "note", [SEVERITY_LOW] = "note", [SEVERITY_MEDIUM] = "warning", [SEVERITY_HIGH] = "error"};
  uint64_t rule = rule_index(r, f);
  json_object(j, false);
  json_key(j, "ruleId"), json_text(j, rule ? shown(r->rule[rule - 1].id) : unexpected_id);
  json_key(j, "ruleIndex"), json_u64(j, rule);
  json_key(j, "kind"), json_text(j, "fail");
  json_key(j, "level"), json_text(j, level[f->severity]);
  put_result_message(j, r, f);
  put_locations(j, r, f);
  json_key(j, "partialFingerprints");
  json_object(j, false);
  json_key(j, "wallwitness/v1"), json_text(j, shown(f->fingerprint));
  json_end(j);
  if (f->waiver.rule) {
    json_key(j, "suppressions");
    json_array(j, false);
    json_object(j, false);
    json_key(j, "kind"), json_text(j, "external");
    json_key(j, "justification"), json_text(j, shown(f->waiver.reason));
    json_end(j);
    json_end(j);
  }
  json_key(j, "properties");
  json_object(j, false);
  json_key(j, "verdict"), json_text(j, verdict_name((enum verdict)f->verdict));
  json_key(j, "confidence"), json_text(j, confidence_name((enum confidence)f->confidence));
  json_key(j, "displayFilter"), json_text(j, shown(f->display_filter));
  json_end(j);
  json_end(j);
}

void sarif_open(struct json *j) {
  json_object(j, true);
  json_key(j, "$schema");
  json_text(j, "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json");
  json_key(j, "version"), json_text(j, "2.1.0");
  json_key(j, "runs");
  json_array(j, true);
  json_object(j, true);
}

void sarif_start(struct json *j, const char *version) {
  sarif_open(j);
  json_key(j, "tool");
  json_object(j, false);
  json_key(j, "driver");
  json_object(j, false);
  json_key(j, "name"), json_text(j, "wallwitness");
  json_key(j, "version"), json_text(j, version);
  json_end(j);
  json_end(j);
}

void sarif_end(struct json *j) {
  json_end(j);
  json_end(j);
  json_end(j);
  out_char(j->to, '\n');
}

int report_sarif(const struct result *r, const struct report_options *o, struct out *to) {
  struct json j;
  (void)o;
  json_init(&j, to);
  sarif_open(&j);
  put_driver(&j, r);
  put_artifacts(&j, r);
  json_key(&j, "results");
  json_array(&j, true);
  for (size_t i = 0; i < r->n_findings; i++)
    if (fails(&r->finding[i])) put_result(&j, r, &r->finding[i]);
  json_end(&j);
  sarif_end(&j);
  return to->failed == ENOMEM ? -ENOMEM : 0;
}
