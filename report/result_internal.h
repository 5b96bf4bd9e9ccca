/* The private layout of a result. report/result_fields.c describes every struct here once more as a table of fields, in
 * the same order; that table writes, reads and frees them. Enums are kept as int; packet numbers are those of the
 * timeline, except inside inputs. */
#ifndef WW_REPORT_RESULT_INTERNAL_H
#define WW_REPORT_RESULT_INTERNAL_H

#include "report/record.h"
#include "report/result.h"

#define RESULT_SCHEMA "wallwitness-result"
enum { RESULT_SCHEMA_VERSION = 1 };

/* Caps; what goes over is counted in result_counts. */
enum {
  RESULT_FINDINGS_MAX = 10000,
  RESULT_CONVERSATIONS_MAX = 20000,
  RESULT_FINDING_HOSTS_MAX = FINDING_HOSTS_MAX, /* of each side of a finding */
  RESULT_MATRIX_MAX = 400,
  RESULT_ROLE_RANGES_MAX = 64,
  RESULT_IFACES_MAX = 64,
  RESULT_COMMENTS_MAX = 200,
  RESULT_INPUTS_MAX = 10000,
  RESULT_BINS = 60,
};

struct result_tool {
  char *name, *version;
};

struct result_run {
  char *ticket, *title;
  stamp_t now;
  bool anonymised;
};

struct result_verdict_count {
  int verdict;
  uint64_t conversations;
  uint64_t findings; /* not waived */
};

struct result_counts {
  uint64_t findings, waived;        /* all findings; those of them a waiver covers */
  uint64_t high, medium, low, info; /* not waived, by severity */
  uint64_t rules_passed, rules_failed, rules_review, rules_not_assessable, rules_not_in_force;
  struct result_verdict_count *verdict;
  size_t n_verdicts;
  uint64_t flows, flows_out_of_scope, hosts_audited, hosts_seen;
  uint64_t excluded_ephemeral, excluded_midstream, excluded_learned;
  uint64_t conversations_refused, clients_refused, coverage_refused;   /* beyond the caps of the audit */
  uint64_t findings_left_out, conversations_left_out, matrix_left_out; /* beyond the caps above */
};

struct result_policy {
  char *name, *title, *source_title, *source_cite, *source_retrieved, *source_sha256, *sha256;
};

struct result_parameter {
  char *name, *title;
  uint16_t first, last;
  bool given; /* the site states it */
};

struct result_role {
  char *name, *title;
  char **hosts; /* "10.1.2.3", "10.1.2.0-10.1.2.255", in address order */
  size_t n_hosts;
  uint64_t hosts_left_out;
};

struct result_site {
  char *name, *sha256;
  bool proposed;
  struct result_parameter *parameter;
  size_t n_parameters;
  struct result_role *role;
  size_t n_roles;
};

struct result_rule {
  char *id, *feature, *title, *ref, *from, *to, *service;
  bool in_force, required;
  int status, why, confidence;
  uint64_t passed, blocked, other;
  char *note;
};

struct result_explanation {
  char *cause, *text;
  bool excluded;
};

struct result_citation {
  uint32_t first, last, count;
  char *why;
};

struct result_icmp {
  uint16_t type, code;
  struct address from; /* family 0: none */
  uint32_t packet;
};

struct result_origin {
  char *name; /* of the interface announced; NULL with by "inferred" or unknown */
  char *uuid; /* NULL = not known */
  int by;
  struct address announcer;
  uint16_t port; /* 0: the port was not announced */
  uint32_t packet;
};

/* A flow whose packets are evidence. */
struct result_flow {
  char *id;
  struct address client, server;
  uint16_t client_port, server_port;
  char *proto;
  stamp_t first, last;
  uint64_t packets_to_server, packets_to_client;
  uint32_t packet_first, packet_last;
  int outcome, confidence;
  uint32_t reasons;
  char *history;
};

struct result_waiver {
  char *rule, *reason, *ticket; /* rule NULL: not waived */
  stamp_t expires;
};

struct result_finding {
  char *fingerprint;
  int verdict, severity, confidence;
  char *rule, *feature, *ref;    /* NULL = no rule allows it */
  char *from, *to;               /* roles */
  struct address client, server; /* of the conversation described */
  char *proto;
  uint16_t port;
  char *service;
  int service_by;
  int outcome, reset_by, why;
  uint32_t reasons;
  uint32_t attempts, successes, syns;
  stamp_t first, last;
  struct result_icmp icmp;
  struct result_origin origin;
  uint32_t alive_from; /* its server sent nothing before this packet, and something from here on; 0 = nothing ever */
  char *title, *happened;
  struct result_explanation *explanation;
  size_t n_explanations;
  char *fix, *fix_command, *display_filter;
  struct result_citation *citation;
  size_t n_citations;
  struct result_flow *flow;
  size_t n_flows;
  struct address *clients, *servers; /* affected, in address order */
  size_t n_clients, n_servers;
  uint64_t clients_total, servers_total;
  uint64_t conversations;
  struct result_waiver waiver;
};

struct result_method {
  char *name, *title, *ref;
  int state;
  char *rule, *note;
};

struct result_stage {
  char *name, *title;
};
struct result_cell {
  int state;
  uint32_t packet;
  stamp_t time;
};
struct result_client {
  struct address client;
  int32_t first_blocker; /* stage, -1 = none */
  struct result_cell *cell;
  size_t n_cells;
};
struct result_push {
  struct result_stage *stage;
  size_t n_stages;
  struct result_client *client;
  size_t n_clients;
};

struct result_coverage {
  struct address host;
  uint32_t ports_answered, ports_tried, unexpected;
  uint64_t packets;
  stamp_t first, last;
  bool both_ways;
};

/* Conversations of one service between two roles. */
struct result_matrix_cell {
  char *from, *to, *service;
  uint64_t passed, blocked, degraded, unexpected, other;
};

/* Connections by the time they were first tried. */
struct result_bin {
  uint64_t passed, failed, other;
};
struct result_timeline {
  stamp_t first;
  stamp_t width; /* of one bin; a span */
  struct result_bin *bin;
  size_t n_bins;
};

struct result_host {
  struct address address;
  char *name, *source;
};

struct result_conversation {
  struct address client, server;
  char *proto;
  uint16_t port;
  char *rule, *client_role, *server_role;
  int service, service_by, verdict, confidence, why, outcome, reset_by;
  uint32_t reasons, attempts, successes, syns;
  stamp_t first, last;
  uint32_t packet_first, packet_last;
};

struct result_decode {
  char *kind;
  uint64_t frames;
};
struct result_quality {
  uint64_t frames, bytes, filtered, packets, flows, hosts;
  stamp_t first, last;
  uint64_t lost_bytes, acked_bytes, one_sided_flows, tcp_flows, duplicates, snap_cut;
  uint64_t bad_checksums, zero_length, oversize;
  uint64_t flows_refused, hosts_refused, flows_evicted, streams_refused, learned_refused, names_refused;
  uint64_t dpi_spared;
  bool numbers_exhausted;
  struct result_decode *decode;
  size_t n_decodes;
};

struct result_iface {
  char *name, *description, *link;
  uint32_t snap_len;
  uint64_t frames, received, dropped;
};
struct result_comment {
  uint32_t packet; /* in that file; 0 = on the file itself */
  char *text;
};
struct result_input {
  char *path;
  bool readable;
  char *error, *format, *compression, *sha256;
  int32_t same_as; /* index of the same file given before, -1 */
  uint32_t packet_base;
  uint64_t frames, bytes;
  stamp_t first, last;
  int damage;
  char *damage_text;
  uint64_t skipped_blocks, odd_frames;
  struct result_iface *iface;
  size_t n_ifaces;
  struct result_comment *comment;
  size_t n_comments;
  uint64_t comments_total;
};
struct result_gap {
  stamp_t after; /* the time of the last frame before it */
};
/* Everything that depends on how the capture is cut into files. */
struct result_inputs {
  struct result_input *file; /* in timeline order */
  size_t n_files;
  bool reordered, drops_known;
  uint64_t dropped, clock_steps_back, gaps, overlaps;
  stamp_t longest_gap;
  struct result_gap *gap;
  size_t n_gap;
  uint64_t left_out; /* files beyond the cap */
};

struct result {
  char *schema;
  uint32_t schema_version;
  struct result_tool tool;
  struct result_run run;
  int compliance;
  struct result_counts counts;
  char **warning;
  size_t n_warnings;
  struct result_policy policy;
  struct result_site site;
  struct result_rule *rule;
  size_t n_rules;
  struct result_finding *finding;
  size_t n_findings;
  struct result_method *method;
  size_t n_methods;
  struct result_push push;
  struct result_coverage *coverage;
  size_t n_coverage;
  struct result_matrix_cell *matrix;
  size_t n_matrix;
  struct result_timeline timeline;
  struct result_host *host; /* names, by address */
  size_t n_hosts;
  struct result_conversation *conversation;
  size_t n_conversations;
  struct result_quality quality;
  struct result_inputs inputs;
  struct arena texts; /* of all of the above */
};

extern const struct record result_record;
extern const struct record result_finding_record;

const char *compliance_name(int compliance); /* "not-compliant" */

/* result_load from memory. */
int result_parse(const char *text, size_t len, struct result **result_out, struct err *e);

/* The input and the packet number in it; NULL when the packet is 0 or unknown. */
const struct result_input *result_locate(const struct result *r, uint32_t packet, uint32_t *number_out);

/* The name of a host, for display; NULL when none is known. */
const char *result_host_name(const struct result *r, const struct address *a);

/* The rule of that id; NULL when id is NULL or unknown. */
const struct result_rule *result_rule_find(const struct result *r, const char *id);

#endif
