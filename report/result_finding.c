/* Findings: what was found, the packets that prove it, who is affected. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/result_make.h"
#include "report/words.h"
#include "util/array.h"

static struct address *copy_hosts(struct maker *m, const struct address *from, size_t n, size_t *n_out) {
  struct address *list =
      maker_list(m, n < RESULT_FINDING_HOSTS_MAX ? n : RESULT_FINDING_HOSTS_MAX, sizeof *list, n_out);
  if (list && *n_out) memcpy(list, from, *n_out * sizeof *list);
  return list;
}

static void make_affected(struct maker *m, const struct finding *from, struct result_finding *to) {
  to->clients = copy_hosts(m, from->client, from->n_clients, &to->n_clients);
  to->servers = copy_hosts(m, from->server, from->n_servers, &to->n_servers);
  to->clients_total = from->clients_total;
  to->servers_total = from->servers_total;
  to->conversations = from->n_conversations;
  to->attempts = from->attempts;
  to->successes = from->successes;
  to->syns = from->n_syn;
  to->first = from->first;
  to->last = from->last;
}

static struct result_origin origin_of(struct maker *m, const struct learned *l) {
  static const struct uuid none;
  char uuid[UUID_TEXT_SIZE];
  if (!l) return (struct result_origin){0};
  return (struct result_origin){
      .name = maker_short_text(m, l->name),
      .uuid = memcmp(&l->uuid, &none, sizeof none) ? maker_text(m, uuid_print(uuid, &l->uuid)) : NULL,
      .by = (int)l->by,
      .announcer = l->announcer,
      .port = l->port,
      .packet = l->packet};
}

/* The conversation described: the first of the finding's. */
static void make_subject(struct maker *m, const struct conversation *c, struct result_finding *to) {
  to->from = maker_text(m, maker_role(m, c->client_role));
  to->to = maker_text(m, maker_role(m, c->server_role));
  to->client = c->client;
  to->server = c->server;
  to->proto = maker_proto(m, c->proto);
  to->port = c->port;
  to->service = maker_text(m, service_name(c->service));
  to->service_by = (int)c->service_by;
  to->outcome = (int)c->outcome;
  to->reset_by = (int)c->reset_by;
  to->why = (int)c->why;
  to->reasons = c->reasons;
  const struct flow_icmp icmp = conversation_icmp(c, m->audit->traffic);
  to->icmp = (struct result_icmp){icmp.type, icmp.code, icmp.from, icmp.packet};
  to->origin = origin_of(m, c->origin);
  struct host_view host = {0};
  if (traffic_host(m->audit->traffic, &c->server, &host)) to->alive_from = host.packet_first;
}

static void make_flow(struct maker *m, size_t index, struct result_flow *to) {
  struct flow_view v;
  traffic_flow(m->audit->traffic, index, &v);
  *to = (struct result_flow){.id = maker_printf(m, "%016" PRIx64, v.id),
                             .client = v.client,
                             .server = v.server,
                             .client_port = v.client_port,
                             .server_port = v.server_port,
                             .proto = maker_proto(m, v.proto),
                             .first = v.first,
                             .last = v.last,
                             .packets_to_server = v.packets[TO_SERVER],
                             .packets_to_client = v.packets[TO_CLIENT],
                             .packet_first = v.packet_first,
                             .packet_last = v.packet_last,
                             .outcome = (int)v.outcome,
                             .confidence = (int)v.confidence,
                             .reasons = v.reasons,
                             .history = maker_text(m, v.history)};
}

static void make_proof(struct maker *m, const struct finding *from, struct result_finding *to) {
  to->explanation = maker_list(m, from->n_explanations, sizeof *to->explanation, &to->n_explanations);
  for (size_t i = 0; i < to->n_explanations; i++)
    to->explanation[i] =
        (struct result_explanation){maker_text(m, from->explanation[i].cause), maker_text(m, from->explanation[i].text),
                                    from->explanation[i].excluded};
  to->citation = maker_list(m, from->n_citations, sizeof *to->citation, &to->n_citations);
  for (size_t i = 0; i < to->n_citations; i++)
    to->citation[i] = (struct result_citation){from->citation[i].first, from->citation[i].last, from->citation[i].count,
                                               maker_text(m, from->citation[i].why)};
  to->flow = maker_list(m, from->n_flows, sizeof *to->flow, &to->n_flows);
  for (size_t i = 0; i < to->n_flows; i++) make_flow(m, from->flow[i], &to->flow[i]);
}

static void make_waiver(struct maker *m, int32_t index, struct result_waiver *to) {
  to->expires = STAMP_NONE;
  const struct site *s = m->audit->site;
  if (index < 0 || !s || (size_t)index >= s->n_waivers) return;
  const struct site_waiver *w = &s->waiver[index];
  *to = (struct result_waiver){maker_text(m, w->rule), maker_text(m, w->reason), maker_text(m, w->ticket), w->expires};
}

static void make_finding(struct maker *m, const struct finding *from, struct result_finding *to) {
  const struct rule_result *rule = from->rule >= 0 ? &m->audit->rule[from->rule] : NULL;
  to->fingerprint = maker_text(m, from->fingerprint);
  to->verdict = (int)from->verdict;
  to->severity = (int)from->severity;
  to->confidence = (int)from->confidence;
  to->rule = maker_text(m, rule ? rule->id : NULL);
  to->feature = maker_text(m, rule ? rule->feature : NULL);
  to->ref = maker_text(m, rule ? rule->ref : NULL);
  make_affected(m, from, to);
  if (from->n_conversations) {
    struct conversation first;
    audit_conversation(m->audit, from->conversation[0], &first);
    make_subject(m, &first, to);
  }
  to->title = maker_text(m, from->title);
  to->happened = maker_text(m, from->happened);
  make_proof(m, from, to);
  to->fix = maker_text(m, from->fix);
  to->fix_command = maker_text(m, from->fix_command);
  to->display_filter = maker_text(m, from->display_filter);
  make_waiver(m, from->waiver, &to->waiver);
}

static void count_finding(struct result_counts *c, const struct finding *f) {
  uint64_t *const by_severity[SEVERITY_COUNT] = {
      [SEVERITY_INFO] = &c->info, [SEVERITY_LOW] = &c->low, [SEVERITY_MEDIUM] = &c->medium, [SEVERITY_HIGH] = &c->high};
  c->findings++;
  ++*(f->waiver >= 0 ? &c->waived : by_severity[f->severity]);
  if (f->waiver < 0 && f->verdict < c->n_verdicts) c->verdict[f->verdict].findings++;
}

void make_findings(struct maker *m) {
  const struct audit *a = m->audit;
  struct result *r = m->result;
  size_t kept = a->n_findings < RESULT_FINDINGS_MAX ? a->n_findings : RESULT_FINDINGS_MAX;
  for (size_t i = 0; i < a->n_findings; i++) count_finding(&r->counts, &a->finding[i]);
  r->counts.findings_left_out = a->n_findings - kept;
  r->finding = maker_list(m, kept, sizeof *r->finding, &r->n_findings);
  for (size_t i = 0; i < r->n_findings; i++) make_finding(m, &a->finding[i], &r->finding[i]);
}
