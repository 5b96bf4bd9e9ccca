/* What reports say in words, so that every format says it alike. Each function appends plain text to a memory out; the
 * format escapes it. */
#ifndef WW_REPORT_PHRASE_H
#define WW_REPORT_PHRASE_H

#include "report/grid.h"
#include "report/result_internal.h"

/* The text, or "" for NULL. */
const char *shown(const char *text);

/* "NOT COMPLIANT" */
const char *phrase_verdict(int compliance);
/* "1 blocked, 2 unexpected open ports. 5 rules passed, 3 could not be assessed." */
void phrase_summary(struct out *to, const struct result *r);
/* How the verdict is to be read: "Nothing in this capture shows ...". */
const char *phrase_meaning(int compliance);

/* "10.1.2.3", or "mp01 (10.1.2.3)" when its name is known. */
void phrase_host(struct out *to, const struct result *r, const struct address *a);
/* "10.1.2.3, 10.1.2.4 and 12 more"; at most most names. */
void phrase_hosts(struct out *to, const struct result *r, const struct address *list, size_t n, uint64_t total,
                  size_t most);
/* "management point" for a role's name; the name itself when the policy has no title. */
const char *phrase_role(const struct result *r, const char *role);
/* The same for several, as rules have them: "role_a, role_b". */
void phrase_roles(struct out *to, const struct result *r, const char *roles);
/* "TCP 445", "ICMP echo" */
void phrase_endpoint(struct out *to, const char *proto, uint16_t port);
/* "packets 45-58 of capture.pcapng": the numbers a reader finds in that file. */
void phrase_packets(struct out *to, const struct result *r, uint32_t first, uint32_t last);
/* "2020-08-06 05:20:24.595 UTC" */
void phrase_time(struct out *to, stamp_t t);
void phrase_span(struct out *to, stamp_t first, stamp_t last);
/* "1,234,567" */
void phrase_number(struct out *to, uint64_t n);
/* "1 packet", "2 packets" */
void phrase_count(struct out *to, uint64_t n, const char *one, const char *many);
/* "1.5 GiB" */
void phrase_bytes(struct out *to, uint64_t bytes);
/* "12.3 %"; of 0 is "0 %" */
void phrase_share(struct out *to, uint64_t part, uint64_t whole);
/* The last part of a path. */
const char *phrase_file(const char *path);

/* Words for people. */
const char *phrase_rule_status(int status);
const char *phrase_finding_verdict(int verdict);
enum tone tone_of_status(int status);
enum tone tone_of_severity(int severity);
enum tone tone_of_method(int state);
enum tone tone_of_stage(int state);

/* What a reader must know about this capture before he believes the report: one column of texts, serious ones first in
 * TONE_WARN, then remarks in TONE_MUTED. */
void phrase_warnings(struct grid *g, const struct result *r);

#endif
