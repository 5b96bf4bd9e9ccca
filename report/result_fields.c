/* Every struct of a result as a table of fields: JSON name, kind, place. The order is the order in JSON. */
#include "report/fields.h"
#include "report/result_internal.h"

NAMES(verdict, verdict_name, verdict, VERDICT_COUNT);
NAMES(severity, severity_name, severity, SEVERITY_COUNT);
NAMES(confidence, confidence_name, confidence, CONFIDENCE_COUNT);
NAMES(rule_status, rule_status_name, rule_status, RULE_STATUS_COUNT);
NAMES(why, why_name, why, WHY_COUNT);
NAMES(learned_by, learned_by_name, learned_by, LEARNED_BY_COUNT);
NAMES(outcome, outcome_name, outcome, OUTCOME_COUNT);
NAMES(reason, reason_name, reason, REASON_COUNT);
NAMES(service, service_name, service, SERVICE_COUNT);
NAMES(service_by, service_by_name, service_by, SERVICE_BY_COUNT);
NAMES(reset_by, reset_by_name, reset_by, RESET_BY_COUNT);
NAMES(method_state, method_state_name, method_state, METHOD_STATE_COUNT);
NAMES(stage_state, stage_state_name, stage_state, STAGE_STATE_COUNT);
NAMES(damage, source_damage_name, source_damage, SOURCE_DAMAGE_COUNT);

static const char *const compliance_word[] = {
    [COMPLIANT] = "compliant", [NOT_COMPLIANT] = "not-compliant", [NOT_ASSESSED] = "not-assessed"};
const char *compliance_name(int compliance) { return compliance_word[compliance]; }
const struct names compliance_names = {compliance_name, NOT_ASSESSED + 1};
_Static_assert(sizeof compliance_word / sizeof *compliance_word == NOT_ASSESSED + 1, "a word for each");

#define THIS result_tool
static const struct field result_tool_fields[] = {
    TEXT(name),
    TEXT(version),
};
static const struct record result_tool_record = RECORD_OF(result_tool);
#undef THIS

#define THIS result_run
static const struct field result_run_fields[] = {
    TEXT(ticket),
    TEXT(title),
    STAMP(now),
    BOOL(anonymised),
};
static const struct record result_run_record = RECORD_OF(result_run);
#undef THIS

#define THIS result_verdict_count
static const struct field result_verdict_count_fields[] = {
    ENUM(verdict, verdict),
    U64(conversations),
    U64(findings),
};
static const struct record result_verdict_count_record = RECORD_OF(result_verdict_count);
#undef THIS

#define THIS result_counts
static const struct field result_counts_fields[] = {
    U64(findings),
    U64(waived),
    U64(high),
    U64(medium),
    U64(low),
    U64(info),
    U64(rules_passed),
    U64(rules_failed),
    U64(rules_review),
    U64(rules_not_assessable),
    U64(rules_not_in_force),
    LIST("conversations", verdict, n_verdicts, result_verdict_count),
    U64(flows),
    U64(flows_out_of_scope),
    U64(hosts_audited),
    U64(hosts_seen),
    U64(excluded_ephemeral),
    U64(excluded_midstream),
    U64(excluded_learned),
    U64(conversations_refused),
    U64(clients_refused),
    U64(coverage_refused),
    U64(findings_left_out),
    U64(conversations_left_out),
    U64(matrix_left_out),
};
static const struct record result_counts_record = RECORD_OF(result_counts);
#undef THIS

#define THIS result_policy
static const struct field result_policy_fields[] = {
    TEXT(name),          TEXT(title),  TEXT(source_title), TEXT(source_cite), TEXT(source_retrieved),
    TEXT(source_sha256), TEXT(sha256),
};
static const struct record result_policy_record = RECORD_OF(result_policy);
#undef THIS

#define THIS result_parameter
static const struct field result_parameter_fields[] = {
    TEXT(name), TEXT(title), U16(first), U16(last), BOOL(given),
};
static const struct record result_parameter_record = RECORD_OF(result_parameter);
#undef THIS

#define THIS result_role
static const struct field result_role_fields[] = {
    TEXT(name),
    TEXT(title),
    TEXTS("hosts", hosts, n_hosts),
    U64(hosts_left_out),
};
static const struct record result_role_record = RECORD_OF(result_role);
#undef THIS

#define THIS result_site
static const struct field result_site_fields[] = {
    TEXT(name),
    TEXT(sha256),
    BOOL(proposed),
    LIST_LINES("parameters", parameter, n_parameters, result_parameter),
    LIST_LINES("roles", role, n_roles, result_role),
};
static const struct record result_site_record = RECORD_OF(result_site);
#undef THIS

#define THIS result_rule
static const struct field result_rule_fields[] = {
    TEXT(id),       TEXT(feature),
    TEXT(title),    TEXT(ref),
    TEXT(from),     TEXT(to),
    TEXT(service),  BOOL(in_force),
    BOOL(required), ENUM(status, rule_status),
    ENUM(why, why), ENUM(confidence, confidence),
    U64(passed),    U64(blocked),
    U64(other),     TEXT(note),
};
static const struct record result_rule_record = RECORD_OF(result_rule);
#undef THIS

#define THIS result_explanation
static const struct field result_explanation_fields[] = {
    TEXT(cause),
    TEXT(text),
    BOOL(excluded),
};
static const struct record result_explanation_record = RECORD_OF(result_explanation);
#undef THIS

#define THIS result_citation
static const struct field result_citation_fields[] = {
    U32(first),
    U32(last),
    U32(count),
    TEXT(why),
};
static const struct record result_citation_record = RECORD_OF(result_citation);
#undef THIS

#define THIS result_icmp
static const struct field result_icmp_fields[] = {
    U16(type),
    U16(code),
    ADDRESS(from),
    U32(packet),
};
static const struct record result_icmp_record = RECORD_OF(result_icmp);
#undef THIS

#define THIS result_origin
static const struct field result_origin_fields[] = {
    TEXT(name), TEXT(uuid), ENUM(by, learned_by), ADDRESS(announcer), U16(port), U32(packet),
};
static const struct record result_origin_record = RECORD_OF(result_origin);
#undef THIS

#define THIS result_flow
static const struct field result_flow_fields[] = {
    TEXT(id),
    ADDRESS(client),
    ADDRESS(server),
    U16(client_port),
    U16(server_port),
    TEXT(proto),
    STAMP(first),
    STAMP(last),
    U64(packets_to_server),
    U64(packets_to_client),
    U32(packet_first),
    U32(packet_last),
    ENUM(outcome, outcome),
    ENUM(confidence, confidence),
    SET(reasons, reason),
    TEXT(history),
};
static const struct record result_flow_record = RECORD_OF(result_flow);
#undef THIS

#define THIS result_waiver
static const struct field result_waiver_fields[] = {
    TEXT(rule),
    TEXT(reason),
    TEXT(ticket),
    STAMP(expires),
};
static const struct record result_waiver_record = RECORD_OF(result_waiver);
#undef THIS

#define THIS result_finding
static const struct field result_finding_fields[] = {
    TEXT(fingerprint),
    ENUM(verdict, verdict),
    ENUM(severity, severity),
    ENUM(confidence, confidence),
    TEXT(rule),
    TEXT(feature),
    TEXT(ref),
    TEXT(from),
    TEXT(to),
    ADDRESS(client),
    ADDRESS(server),
    TEXT(proto),
    U16(port),
    TEXT(service),
    ENUM(service_by, service_by),
    ENUM(outcome, outcome),
    ENUM(reset_by, reset_by),
    ENUM(why, why),
    SET(reasons, reason),
    U32(attempts),
    U32(successes),
    U32(syns),
    STAMP(first),
    STAMP(last),
    RECORD(icmp, result_icmp),
    RECORD(origin, result_origin),
    U32(alive_from),
    TEXT(title),
    TEXT(happened),
    LIST("explanations", explanation, n_explanations, result_explanation),
    TEXT(fix),
    TEXT(fix_command),
    TEXT(display_filter),
    LIST("citations", citation, n_citations, result_citation),
    LIST("flows", flow, n_flows, result_flow),
    ADDRESSES(clients, n_clients),
    ADDRESSES(servers, n_servers),
    U64(clients_total),
    U64(servers_total),
    U64(conversations),
    RECORD(waiver, result_waiver),
};
const struct record result_finding_record = RECORD_OF(result_finding);
#undef THIS

#define THIS result_method
static const struct field result_method_fields[] = {
    TEXT(name), TEXT(title), TEXT(ref), ENUM(state, method_state), TEXT(rule), TEXT(note),
};
static const struct record result_method_record = RECORD_OF(result_method);
#undef THIS

#define THIS result_stage
static const struct field result_stage_fields[] = {
    TEXT(name),
    TEXT(title),
};
static const struct record result_stage_record = RECORD_OF(result_stage);
#undef THIS

#define THIS result_cell
static const struct field result_cell_fields[] = {
    ENUM(state, stage_state),
    U32(packet),
    STAMP(time),
};
static const struct record result_cell_record = RECORD_OF(result_cell);
#undef THIS

#define THIS result_client
static const struct field result_client_fields[] = {
    ADDRESS(client),
    INDEX(first_blocker),
    LIST("cells", cell, n_cells, result_cell),
};
static const struct record result_client_record = RECORD_OF(result_client);
#undef THIS

#define THIS result_push
static const struct field result_push_fields[] = {
    LIST_LINES("stages", stage, n_stages, result_stage),
    LIST_LINES("clients", client, n_clients, result_client),
};
static const struct record result_push_record = RECORD_OF(result_push);
#undef THIS

#define THIS result_coverage
static const struct field result_coverage_fields[] = {
    ADDRESS(host), U32(ports_answered), U32(ports_tried), U32(unexpected),
    U64(packets),  STAMP(first),        STAMP(last),      BOOL(both_ways),
};
static const struct record result_coverage_record = RECORD_OF(result_coverage);
#undef THIS

#define THIS result_matrix_cell
static const struct field result_matrix_cell_fields[] = {
    TEXT(from), TEXT(to), TEXT(service), U64(passed), U64(blocked), U64(degraded), U64(unexpected), U64(other),
};
static const struct record result_matrix_cell_record = RECORD_OF(result_matrix_cell);
#undef THIS

#define THIS result_bin
static const struct field result_bin_fields[] = {
    U64(passed),
    U64(failed),
    U64(other),
};
static const struct record result_bin_record = RECORD_OF(result_bin);
#undef THIS

#define THIS result_timeline
static const struct field result_timeline_fields[] = {
    STAMP(first),
    SPAN(width),
    LIST("bins", bin, n_bins, result_bin),
};
static const struct record result_timeline_record = RECORD_OF(result_timeline);
#undef THIS

#define THIS result_host
static const struct field result_host_fields[] = {
    ADDRESS(address),
    TEXT(name),
    TEXT(source),
};
static const struct record result_host_record = RECORD_OF(result_host);
#undef THIS

#define THIS result_conversation
static const struct field result_conversation_fields[] = {
    ADDRESS(client),
    ADDRESS(server),
    TEXT(proto),
    U16(port),
    TEXT(rule),
    TEXT(client_role),
    TEXT(server_role),
    ENUM(service, service),
    ENUM(service_by, service_by),
    ENUM(verdict, verdict),
    ENUM(confidence, confidence),
    ENUM(why, why),
    ENUM(outcome, outcome),
    ENUM(reset_by, reset_by),
    SET(reasons, reason),
    U32(attempts),
    U32(successes),
    U32(syns),
    STAMP(first),
    STAMP(last),
    U32(packet_first),
    U32(packet_last),
};
static const struct record result_conversation_record = RECORD_OF(result_conversation);
#undef THIS

#define THIS result_decode
static const struct field result_decode_fields[] = {
    TEXT(kind),
    U64(frames),
};
static const struct record result_decode_record = RECORD_OF(result_decode);
#undef THIS

#define THIS result_quality
static const struct field result_quality_fields[] = {
    U64(frames),
    U64(bytes),
    U64(filtered),
    U64(packets),
    U64(flows),
    U64(hosts),
    STAMP(first),
    STAMP(last),
    U64(lost_bytes),
    U64(acked_bytes),
    U64(one_sided_flows),
    U64(tcp_flows),
    U64(duplicates),
    U64(snap_cut),
    U64(bad_checksums),
    U64(zero_length),
    U64(oversize),
    U64(flows_refused),
    U64(hosts_refused),
    U64(flows_evicted),
    U64(streams_refused),
    U64(learned_refused),
    U64(names_refused),
    U64(dpi_spared),
    BOOL(numbers_exhausted),
    LIST("decode", decode, n_decodes, result_decode),
};
static const struct record result_quality_record = RECORD_OF(result_quality);
#undef THIS

#define THIS result_iface
static const struct field result_iface_fields[] = {
    TEXT(name), TEXT(description), TEXT(link), U32(snap_len), U64(frames), U64(received), U64(dropped),
};
static const struct record result_iface_record = RECORD_OF(result_iface);
#undef THIS

#define THIS result_comment
static const struct field result_comment_fields[] = {
    U32(packet),
    TEXT(text),
};
static const struct record result_comment_record = RECORD_OF(result_comment);
#undef THIS

#define THIS result_input
static const struct field result_input_fields[] = {
    TEXT(path),
    BOOL(readable),
    TEXT(error),
    TEXT(format),
    TEXT(compression),
    TEXT(sha256),
    INDEX(same_as),
    U32(packet_base),
    U64(frames),
    U64(bytes),
    STAMP(first),
    STAMP(last),
    ENUM(damage, damage),
    TEXT(damage_text),
    U64(skipped_blocks),
    U64(odd_frames),
    LIST("interfaces", iface, n_ifaces, result_iface),
    LIST("comments", comment, n_comments, result_comment),
    U64(comments_total),
};
static const struct record result_input_record = RECORD_OF(result_input);
#undef THIS

#define THIS result_gap
static const struct field result_gap_fields[] = {
    STAMP(after),
};
static const struct record result_gap_record = RECORD_OF(result_gap);
#undef THIS

#define THIS result_inputs
static const struct field result_inputs_fields[] = {
    LIST_LINES("files", file, n_files, result_input),
    BOOL(reordered),
    BOOL(drops_known),
    U64(dropped),
    U64(clock_steps_back),
    U64(gaps),
    U64(overlaps),
    SPAN(longest_gap),
    LIST("gap_list", gap, n_gap, result_gap),
    U64(left_out),
};
static const struct record result_inputs_record = RECORD_OF(result_inputs);
#undef THIS

#define THIS result
static const struct field result_fields[] = {
    TEXT(schema),
    U32(schema_version),
    RECORD(tool, result_tool),
    RECORD(run, result_run),
    ENUM(compliance, compliance),
    RECORD_LINES(counts, result_counts),
    {NAMED("warnings"), .kind = FIELD_TEXT_LIST, .offset = OF(warning), .n_offset = OF(n_warnings), .lines = true},
    RECORD_LINES(policy, result_policy),
    RECORD_LINES(site, result_site),
    LIST_LINES("rules", rule, n_rules, result_rule),
    LIST_LINES("findings", finding, n_findings, result_finding),
    LIST_LINES("methods", method, n_methods, result_method),
    RECORD_LINES(push, result_push),
    LIST_LINES("coverage", coverage, n_coverage, result_coverage),
    LIST_LINES("matrix", matrix, n_matrix, result_matrix_cell),
    RECORD(timeline, result_timeline),
    LIST_LINES("hosts", host, n_hosts, result_host),
    LIST_LINES("conversations", conversation, n_conversations, result_conversation),
    RECORD_LINES(quality, result_quality),
    RECORD_LINES(inputs, result_inputs),
};
const struct record result_record = RECORD_OF(result);
#undef THIS
