/* Names of the judgement's enumerations, for machines, and what the reasons mean, for people. */
#include "rules/audit.h"

static const char *const verdicts[] = {
    [VERDICT_PASS] = "pass",
    [VERDICT_BLOCKED] = "blocked",
    [VERDICT_DEGRADED] = "degraded",
    [VERDICT_WRONG_PROTOCOL] = "wrong-protocol",
    [VERDICT_UNEXPECTED_OPEN] = "unexpected-open",
    [VERDICT_DENIED_AS_DOCUMENTED] = "denied-as-documented",
    [VERDICT_REVIEW] = "review",
    [VERDICT_NOT_ASSESSABLE] = "not-assessable",
    [VERDICT_OUT_OF_SCOPE] = "out-of-scope",
};
_Static_assert(sizeof verdicts / sizeof *verdicts == VERDICT_COUNT, "every verdict has a name");

static const char *const statuses[] = {
    [RULE_PASS] = "pass",
    [RULE_FAIL] = "fail",
    [RULE_REVIEW] = "review",
    [RULE_NOT_ASSESSABLE] = "not-assessable",
};
_Static_assert(sizeof statuses / sizeof *statuses == RULE_STATUS_COUNT, "every rule status has a name");

static const struct {
  const char *name, *text;
} whys[] = {
    [WHY_NONE] = {"none", ""},
    [WHY_NO_OPPORTUNITY] = {"no_opportunity", "Nobody who could use this rule was seen in the capture."},
    [WHY_OPPORTUNITY_UNUSED] = {"opportunity_unused", "Hosts that could use this rule were seen, but none tried it."},
    [WHY_WINDOW_TOO_SHORT] = {"window_too_short", "The capture ended too soon to say."},
    [WHY_ONE_SIDED] = {"one_sided", "Only one direction of this traffic is visible at the capture point."},
    [WHY_LOSS] = {"loss", "The capture lost packets at that time, so silence proves nothing."},
    [WHY_TARGET_DOWN] =
        {"target_down",
         "The target showed no sign of life around then or was reported unreachable: it may be switched off."},
    [WHY_AMBIGUOUS_UDP] = {"ambiguous_udp", "Datagrams are not acknowledged, so silence proves nothing."},
    [WHY_ENCRYPTED] = {"encrypted", "The deciding part of the traffic is encrypted."},
    [WHY_MANUAL] = {"manual", "No packet shows this (a program exception): check it on the host."},
    [WHY_NOT_LISTENING] = {"not_listening", "The host itself answered that nobody listens: the network path is open."},
    [WHY_ONE_ATTEMPT] = {"one_attempt", "Too few attempts were seen to call it blocked."},
    [WHY_STALLED] = {"stalled", "The connection opened and then stalled: a path fault rather than a port rule."},
    [WHY_PROXY] = {"proxy", "The connection opened, but somebody other than the server may have answered."},
    [WHY_OFF] = {"off", "The site does not ask for this."},
    [WHY_HALF_OPEN] = {"half_open", "The server answered, but its answer never reached the client."},
    [WHY_RESET_UNKNOWN] = {"reset_unknown", "The connection was reset; the packets do not show by whom."},
    [WHY_GAVE_UP] = {"gave_up", "The client gave up before an answer could be expected."},
    [WHY_INTERMITTENT] = {"intermittent", "It worked at first; later attempts did not get through."},
    [WHY_MIDSTREAM] = {"midstream", "The connection is older than the capture; which side listens is a guess."},
    [WHY_EPHEMERAL] = {"ephemeral", "The port is most likely a client's own temporary port."},
    [WHY_OPTIONAL] = {"optional", "Only an optional part of the rule was blocked; the rule does not depend on it."},
    [WHY_CUT_LATER] = {"cut_later", "The connection opened and carried data before a device reset it."},
    [WHY_UNREACHABLE] = {"unreachable",
                         "A device on the way found no way to the target although it was up: a fault of routing, or of "
                         "the last link, rather than a port rule."},
    [WHY_LEARNED] = {"learned", "The port was announced inside another conversation."},
};
_Static_assert(sizeof whys / sizeof *whys == WHY_COUNT, "every reason has a name and a sentence");

static const char *const severities[] = {
    [SEVERITY_INFO] = "info", [SEVERITY_LOW] = "low", [SEVERITY_MEDIUM] = "medium", [SEVERITY_HIGH] = "high"};
_Static_assert(sizeof severities / sizeof *severities == SEVERITY_COUNT, "every severity has a name");

static const char *const methods[] = {
    [METHOD_WORKS] = "works", [METHOD_BLOCKED] = "blocked", [METHOD_NOT_PROVEN] = "not proven"};
_Static_assert(sizeof methods / sizeof *methods == METHOD_STATE_COUNT, "every method state has a name");

static const char *const stages[] = {
    [STAGE_NOT_STARTED] = "not started", [STAGE_IN_PROGRESS] = "in progress",
    [STAGE_PASSED] = "passed",           [STAGE_PASSED_BY_FALLBACK] = "passed by fallback",
    [STAGE_BLOCKED] = "blocked",         [STAGE_REFUSED] = "refused",
    [STAGE_TARGET_DOWN] = "target down", [STAGE_UNDETERMINED] = "undetermined",
};
_Static_assert(sizeof stages / sizeof *stages == STAGE_STATE_COUNT, "every stage state has a name");

const char *verdict_name(enum verdict v) { return verdicts[v]; }
const char *rule_status_name(enum rule_status s) { return statuses[s]; }
const char *why_name(enum why w) { return whys[w].name; }
const char *why_text(enum why w) { return whys[w].text; }
const char *severity_name(enum severity s) { return severities[s]; }
const char *method_state_name(enum method_state s) { return methods[s]; }
const char *stage_state_name(enum stage_state s) { return stages[s]; }
