/* The names of outcomes and what goes with them, as written in flows and reports. */
#include "classifier/outcome.h"

#define TIED(table, count) _Static_assert(sizeof(table) / sizeof *(table) == (count), "one name each")

static const char *const outcome_names[] = {
    [OUTCOME_UNDETERMINED] = "undetermined", [OUTCOME_ESTABLISHED] = "established",
    [OUTCOME_HALF_OPEN] = "half-open",       [OUTCOME_NO_ANSWER] = "no-answer",
    [OUTCOME_REFUSED] = "refused",           [OUTCOME_REJECTED] = "rejected",
    [OUTCOME_STALLED] = "stalled",           [OUTCOME_CUT] = "cut",
    [OUTCOME_ABORTED] = "aborted",           [OUTCOME_ONE_SIDED] = "one-sided",
    [OUTCOME_ANSWERED] = "answered",         [OUTCOME_ONE_WAY] = "one-way",
};
TIED(outcome_names, OUTCOME_COUNT);
const char *outcome_name(enum outcome o) { return o < OUTCOME_COUNT ? outcome_names[o] : "?"; }

static const char *const confidence_names[] = {
    [CONFIDENCE_LOW] = "low", [CONFIDENCE_MEDIUM] = "medium", [CONFIDENCE_HIGH] = "high"};
TIED(confidence_names, CONFIDENCE_COUNT);
const char *confidence_name(enum confidence c) { return c < CONFIDENCE_COUNT ? confidence_names[c] : "?"; }

static const char *const client_by_names[] = {
    [CLIENT_BY_SYN] = "syn",   [CLIENT_BY_SYN_ACK] = "syn-ack",           [CLIENT_BY_PORT] = "port",
    [CLIENT_BY_ROLE] = "role", [CLIENT_BY_FIRST_PACKET] = "first-packet",
};
TIED(client_by_names, CLIENT_BY_COUNT);
const char *client_by_name(enum client_by c) { return c < CLIENT_BY_COUNT ? client_by_names[c] : "?"; }

static const char *const reset_by_names[] = {[RESET_BY_NOBODY] = "nobody",
                                             [RESET_BY_HOST] = "host",
                                             [RESET_BY_DEVICE] = "device",
                                             [RESET_BY_UNKNOWN] = "unknown"};
TIED(reset_by_names, RESET_BY_COUNT);
const char *reset_by_name(enum reset_by r) { return r < RESET_BY_COUNT ? reset_by_names[r] : "?"; }

static const char *const stall_by_names[] = {
    [STALL_BY_NONE] = "none", [STALL_BY_MTU] = "mtu", [STALL_BY_UNKNOWN] = "unknown"};
TIED(stall_by_names, STALL_BY_COUNT);
const char *stall_by_name(enum stall_by s) { return s < STALL_BY_COUNT ? stall_by_names[s] : "?"; }

static const char *const reason_names[] = {
    [REASON_HANDSHAKE] = "handshake",
    [REASON_MIDSTREAM] = "midstream",
    [REASON_HALF_VISIBLE] = "half-visible",
    [REASON_SYN_ONLY] = "syn-only",
    [REASON_RETURN_VISIBLE] = "return-visible",
    [REASON_RETURN_UNSEEN] = "return-unseen",
    [REASON_TARGET_ALIVE] = "target-alive",
    [REASON_TARGET_SILENT] = "target-silent",
    [REASON_WINDOW_SHORT] = "window-short",
    [REASON_LOSS] = "loss",
    [REASON_RST_HOST] = "rst-host",
    [REASON_RST_DEVICE] = "rst-device",
    [REASON_RST_UNKNOWN] = "rst-unknown",
    [REASON_ICMP] = "icmp",
    [REASON_ICMP_ADMIN] = "icmp-admin",
    [REASON_ICMP_TRANSIT] = "icmp-transit",
    [REASON_SYN_ACK_REPEATED] = "syn-ack-repeated",
    [REASON_DATA_REPEATED] = "data-repeated",
    [REASON_FULL_SIZE_ONLY] = "full-size-only",
    [REASON_RST_ON_DATA] = "rst-on-data",
    [REASON_CLIENT_GAVE_UP] = "client-gave-up",
    [REASON_SIMULTANEOUS] = "simultaneous",
    [REASON_DELAYED] = "delayed",
    [REASON_ECN_RETRY] = "ecn-retry",
    [REASON_NO_SERVER_DATA] = "no-server-data",
    [REASON_TTL_CHANGED] = "ttl-changed",
    [REASON_DATAGRAM_SILENT] = "datagram-silent",
    [REASON_GROUP] = "group",
    [REASON_SECOND_PORT] = "second-port",
    [REASON_ONE_POINT] = "one-point",
    [REASON_BOTH_POINTS] = "both-points",
};
TIED(reason_names, REASON_COUNT);
const char *reason_name(enum reason r) { return r < REASON_COUNT ? reason_names[r] : "?"; }
