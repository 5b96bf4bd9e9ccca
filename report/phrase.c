#include "report/phrase.h"

#include <ctype.h>
#include <string.h>

#include "util/stamp.h"

const char *shown(const char *text) { return text ? text : ""; }

const char *phrase_verdict(int compliance) {
  static const char *const words[] = {
      [COMPLIANT] = "COMPLIANT", [NOT_COMPLIANT] = "NOT COMPLIANT", [NOT_ASSESSED] = "NOT ASSESSED"};
  return words[compliance];
}

const char *phrase_meaning(int compliance) {
  static const char *const words[] = {
      [COMPLIANT] = "No required traffic was blocked and no undocumented port answered, as far as this capture shows.",
      [NOT_COMPLIANT] = "The packets contradict the policy. The findings below say where, with the proof.",
      [NOT_ASSESSED] = "This capture proves no rule either way. The rule table says why and what to capture."};
  return words[compliance];
}

const char *phrase_finding_verdict(int verdict) {
  static const char *const words[VERDICT_COUNT] = {[VERDICT_PASS] = "passed",
                                                   [VERDICT_BLOCKED] = "blocked",
                                                   [VERDICT_DEGRADED] = "degraded",
                                                   [VERDICT_WRONG_PROTOCOL] = "wrong protocol",
                                                   [VERDICT_UNEXPECTED_OPEN] = "unexpected open port",
                                                   [VERDICT_DENIED_AS_DOCUMENTED] = "denied as documented",
                                                   [VERDICT_REVIEW] = "to be reviewed",
                                                   [VERDICT_NOT_ASSESSABLE] = "not assessable",
                                                   [VERDICT_OUT_OF_SCOPE] = "out of scope"};
  return words[verdict];
}

const char *phrase_rule_status(int status) {
  static const char *const words[RULE_STATUS_COUNT] = {
      [RULE_PASS] = "pass", [RULE_FAIL] = "FAIL", [RULE_REVIEW] = "review", [RULE_NOT_ASSESSABLE] = "not assessable"};
  return words[status];
}

enum tone tone_of_status(int status) {
  static const enum tone tones[RULE_STATUS_COUNT] = {
      [RULE_PASS] = TONE_GOOD, [RULE_FAIL] = TONE_BAD, [RULE_REVIEW] = TONE_WARN, [RULE_NOT_ASSESSABLE] = TONE_MUTED};
  return tones[status];
}

enum tone tone_of_severity(int severity) {
  static const enum tone tones[SEVERITY_COUNT] = {[SEVERITY_INFO] = TONE_MUTED,
                                                  [SEVERITY_LOW] = TONE_WARN,
                                                  [SEVERITY_MEDIUM] = TONE_WARN,
                                                  [SEVERITY_HIGH] = TONE_BAD};
  return tones[severity];
}

enum tone tone_of_method(int state) {
  static const enum tone tones[METHOD_STATE_COUNT] = {
      [METHOD_WORKS] = TONE_GOOD, [METHOD_BLOCKED] = TONE_BAD, [METHOD_NOT_PROVEN] = TONE_MUTED};
  return tones[state];
}

enum tone tone_of_stage(int state) {
  static const enum tone tones[STAGE_STATE_COUNT] = {
      [STAGE_NOT_STARTED] = TONE_MUTED,       [STAGE_IN_PROGRESS] = TONE_PLAIN, [STAGE_PASSED] = TONE_GOOD,
      [STAGE_PASSED_BY_FALLBACK] = TONE_WARN, [STAGE_BLOCKED] = TONE_BAD,       [STAGE_REFUSED] = TONE_BAD,
      [STAGE_TARGET_DOWN] = TONE_WARN,        [STAGE_UNDETERMINED] = TONE_MUTED};
  return tones[state];
}

void phrase_number(struct out *to, uint64_t n) {
  if (n >= 1000) {
    phrase_number(to, n / 1000);
    out_printf(to, ",%03u", (unsigned)(n % 1000));
  } else {
    out_u64(to, n);
  }
}

void phrase_count(struct out *to, uint64_t n, const char *one, const char *many) {
  phrase_number(to, n);
  out_printf(to, " %s", n == 1 ? one : many);
}

/* n tenths as "12.3". */
static void tenths(struct out *to, uint64_t n) {
  out_printf(to, "%llu.%llu", (unsigned long long)n / 10, (unsigned long long)n % 10);
}

void phrase_bytes(struct out *to, uint64_t bytes) {
  static const char *const unit[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) {
    phrase_count(to, bytes, "byte", "bytes");
    return;
  }
  size_t u = 0;
  while (u + 1 < sizeof unit / sizeof *unit && bytes >= 1024 * 1024) bytes /= 1024, u++;
  tenths(to, bytes * 10 / 1024);
  out_printf(to, " %s", unit[u]);
}

void phrase_share(struct out *to, uint64_t part, uint64_t whole) {
  if (part == 0 || whole == 0) {
    out_text(to, "0 %");
    return;
  }
  uint64_t share = (uint64_t)((unsigned __int128)part * 1000 / whole);
  if (share == 0) {
    out_text(to, "under 0.1 %");
    return;
  }
  tenths(to, share);
  out_text(to, " %");
}

static void clause(struct out *to, uint64_t n, const char *one, const char *many, bool *started) {
  if (!n) return;
  if (*started) out_text(to, ", ");
  *started = true;
  phrase_count(to, n, one, many);
}

void phrase_summary(struct out *to, const struct result *r) {
  static const struct {
    enum verdict verdict;
    const char *one, *many;
  } said[] = {{VERDICT_BLOCKED, "blocked", "blocked"},
              {VERDICT_UNEXPECTED_OPEN, "unexpected open port", "unexpected open ports"},
              {VERDICT_WRONG_PROTOCOL, "wrong protocol", "wrong protocols"},
              {VERDICT_DEGRADED, "degraded", "degraded"},
              {VERDICT_REVIEW, "to be reviewed", "to be reviewed"}};
  bool started = false;
  for (size_t i = 0; i < sizeof said / sizeof *said; i++)
    for (size_t k = 0; k < r->counts.n_verdicts; k++)
      if (r->counts.verdict[k].verdict == (int)said[i].verdict)
        clause(to, r->counts.verdict[k].findings, said[i].one, said[i].many, &started);
  if (!started) out_text(to, "No findings");
  if (r->counts.waived) {
    out_text(to, ", ");
    phrase_count(to, r->counts.waived, "waived", "waived");
  }
  out_text(to, ". ");
  started = false;
  clause(to, r->counts.rules_passed, "rule passed", "rules passed", &started);
  clause(to, r->counts.rules_failed, "rule failed", "rules failed", &started);
  clause(to, r->counts.rules_review, "rule needs review", "rules need review", &started);
  clause(to, r->counts.rules_not_assessable, "rule could not be assessed", "rules could not be assessed", &started);
  if (!started) out_text(to, "No rule was in force");
  out_text(to, ".");
}

void phrase_host(struct out *to, const struct result *r, const struct address *a) {
  char text[ADDRESS_TEXT_SIZE];
  const char *name = result_host_name(r, a);
  address_print(text, a);
  if (name)
    out_printf(to, "%s (%s)", text, name);
  else
    out_text(to, text);
}

void phrase_hosts(struct out *to, const struct result *r, const struct address *list, size_t n, uint64_t total,
                  size_t most) {
  size_t said = n < most ? n : most;
  for (size_t i = 0; i < said; i++) {
    if (i) out_text(to, total > said || i + 1 < said ? ", " : " and ");
    phrase_host(to, r, &list[i]);
  }
  if (total <= said) return;
  if (said) out_text(to, " and ");
  phrase_count(to, total - said, said ? "more" : "host", said ? "more" : "hosts");
}

const char *phrase_role(const struct result *r, const char *role) {
  for (size_t i = 0; role && i < r->site.n_roles; i++)
    if (r->site.role[i].name && strcmp(r->site.role[i].name, role) == 0)
      return r->site.role[i].title ? r->site.role[i].title : role;
  return role ? role : "any other host";
}

void phrase_roles(struct out *to, const struct result *r, const char *roles) {
  if (!roles) out_text(to, phrase_role(r, NULL));
  while (roles && *roles) {
    char role[128];
    size_t len = strcspn(roles, ","), kept = len < sizeof role ? len : sizeof role - 1;
    memcpy(role, roles, kept);
    role[kept] = '\0';
    if (kept == len)
      out_text(to, phrase_role(r, role));
    else
      out_bytes(to, roles, len);
    roles += len;
    if (*roles) out_text(to, ", ");
    roles += strspn(roles, ", ");
  }
}

void phrase_endpoint(struct out *to, const char *proto, uint16_t port) {
  if (!proto || strncmp(proto, "icmp", 4) == 0) {
    out_text(to, proto && strcmp(proto, "icmpv6") == 0 ? "ICMPv6 echo" : "ICMP echo");
    return;
  }
  for (const char *c = proto; *c; c++) out_char(to, (char)toupper((unsigned char)*c));
  out_printf(to, " %u", port);
}

const char *phrase_file(const char *path) {
  const char *slash = path ? strrchr(path, '/') : NULL;
  return slash && slash[1] ? slash + 1 : shown(path);
}

void phrase_packets(struct out *to, const struct result *r, uint32_t first, uint32_t last) {
  uint32_t a = first, b = last;
  const struct result_input *from = result_locate(r, first, &a), *until = result_locate(r, last, &b);
  if (!from || !until) {
    out_printf(to, first == last ? "packet %u" : "packets %u-%u", first, last);
  } else if (first == last) {
    out_printf(to, "packet %u of %s", a, phrase_file(from->path));
  } else if (from == until) {
    out_printf(to, "packets %u-%u of %s", a, b, phrase_file(from->path));
  } else {
    out_printf(to, "packet %u of %s to packet %u of %s", a, phrase_file(from->path), b, phrase_file(until->path));
  }
}

void phrase_time(struct out *to, stamp_t t) {
  char text[STAMP_TEXT_SIZE];
  out_text(to, stamp_known(t) ? stamp_print_utc(text, t, 3) : "-");
}

void phrase_span(struct out *to, stamp_t first, stamp_t last) {
  char text[STAMP_TEXT_SIZE];
  if (stamp_known(first) && stamp_known(last)) out_text(to, stamp_print_span(text, stamp_since(first, last)));
}
