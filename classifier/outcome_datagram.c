/* What happened to datagrams: UDP and ICMP echo (doc/verdicts.md 2, below the table). */
#include "classifier/outcome_internal.h"

/* Payload, or a reply, from the server's side; a TFTP server's comes from another port. */
static bool answered(const struct flow_case *c, struct judgement *j) {
  const bool elsewhere = c->client_any && !c->server_any && c->extra && c->extra->answered_by;
  if (elsewhere) because(j, REASON_SECOND_PORT);
  if (!elsewhere && (!c->client_any || !c->server_any)) return false;
  return decide(j, OUTCOME_ANSWERED, CONFIDENCE_HIGH);
}

static bool rejected(const struct flow_case *c, struct judgement *j) { return c->quoted && rejected_decide(c, j); }

/* To a group, nobody in particular is expected to answer. */
static bool one_way(const struct flow_case *c, struct judgement *j) {
  if (!(c->hot->state & FLOW_TO_GROUP) || !c->client_any) return false;
  because(j, REASON_GROUP);
  return decide(j, OUTCOME_ONE_WAY, CONFIDENCE_HIGH);
}

static bool reply_only(const struct flow_case *c, struct judgement *j) {
  if (c->client_any) return false;
  because(j, REASON_HALF_VISIBLE);
  return decide(j, OUTCOME_ONE_SIDED, CONFIDENCE_LOW);
}

static bool silent(const struct flow_case *c, struct judgement *j) {
  return silence_decide(c, j, c->hot->packets[c->client], c->hot->first, c->hot->last[c->client]);
}

const struct outcome_step outcome_steps_udp[] = {
    {"2.11", "answered: datagrams both ways, or the answer came from another port", answered},
    {"2.12", "refused or rejected: an ICMP error quotes the client's datagram", rejected},
    {"2.13", "one-way: sent to a group", one_way},
    {"2.14", "one-sided: only the server's datagrams are visible", reply_only},
    {"2.15", "no-answer or undetermined: nothing came back", silent},
};
const size_t outcome_n_steps_udp = sizeof outcome_steps_udp / sizeof *outcome_steps_udp;

const struct outcome_step outcome_steps_echo[] = {
    {"2.16", "answered: echo requests and replies", answered},
    {"2.17", "rejected: an ICMP error quotes the request", rejected},
    {"2.18", "one-way: sent to a group", one_way},
    {"2.19", "one-sided: only replies are visible", reply_only},
    {"2.20", "no-answer or undetermined: no reply came back", silent},
};
const size_t outcome_n_steps_echo = sizeof outcome_steps_echo / sizeof *outcome_steps_echo;
