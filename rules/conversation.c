/* Folds the flows of each conversation into facts and judges them (rules/verdict.h).
 *
 * Each flow gets a sense (passed, denied, doubtful, unknown); of each kind the surest is kept as the one that can
 * decide. What the port was announced for, and what ran there on strong evidence, is collected on the way and decides
 * which rules the conversation meets. */
#include "rules/conversation.h"

#include <errno.h>
#include <stdlib.h>

#include "classifier/rpc_interface.h"
#include "rules/gather.h"
#include "rules/up.h"
#include "rules/verdict.h"
#include "util/array.h"

enum { PORT_DYNAMIC = 49152, PORT_FIRST_FREE = 1024 };

/* What the conversation takes over from the flow that decides. */
struct decider {
  enum outcome outcome;
  enum reset_by reset_by;
  enum stall_by stall_by;
  uint32_t reasons, flags;
  struct flow_icmp icmp;
};

/* While one conversation is folded. */
struct fold {
  struct talk_facts facts;
  struct service_set strong; /* services seen on strong evidence */
  bool learned;              /* its port was announced, or an interface was bound */
  enum service announced;
  uint16_t interface;                 /* rpc_interface_number of what it was announced for */
  bool guessed_only;                  /* no flow shows for certain which side is the server */
  struct decider surest[SENSE_COUNT]; /* the flow that can decide, of each kind */
  size_t seen[SENSE_COUNT][CONVERSATION_SAMPLES];
  size_t n_seen[SENSE_COUNT];
  struct sense_witness witness;
};

static bool evidence_is_strong(const struct app_view *app) {
  return app->service != SERVICE_UNKNOWN &&
         (app->service_by == SERVICE_BY_DPI || app->service_by == SERVICE_BY_RPC_BIND);
}

static struct decider decider_of(const struct flow_view *v) {
  return (struct decider){.outcome = v->outcome,
                          .reset_by = v->reset_by,
                          .stall_by = v->stall_by,
                          .reasons = v->reasons,
                          .flags = v->flags,
                          .icmp = v->icmp};
}

static enum sense_kind fold_sense(struct fold *f, size_t index, const struct flow_view *v) {
  struct sense sense = flow_sense(v, &f->witness);
  struct sense_facts *k = &f->facts.kind[sense.kind];
  if (k->flows == 0) k->first = v->first;
  bool by_packets = k->sense.declared && !sense.declared, by_word = !k->sense.declared && sense.declared;
  if (k->flows == 0 || by_packets || (!by_word && sense.confidence > k->sense.confidence))
    k->sense = sense, k->flow = index, f->surest[sense.kind] = decider_of(v);
  k->flows++;
  k->last = v->first;
  if (f->n_seen[sense.kind] < CONVERSATION_SAMPLES) f->seen[sense.kind][f->n_seen[sense.kind]++] = index;
  return sense.kind;
}

static void fold_learned(struct fold *f, enum service service, const struct uuid *uuid) {
  f->learned = true;
  f->announced = service;
  f->interface = (uint16_t)rpc_interface_number(uuid);
}

/* What the flow says about its port: announced, bound, recognised. */
static void fold_service(struct fold *f, struct conversation *c, const struct flow_view *v) {
  const struct app_view *app = &v->app;
  if (app->origin && !c->origin) c->origin = app->origin;
  if (app->origin && !f->learned) fold_learned(f, app->origin->service, &app->origin->uuid);
  for (size_t i = 0; i < app->n_rpc && c->port >= PORT_FIRST_FREE && !f->learned; i++)
    if (app->rpc[i].accepted && app->service != SERVICE_SMB) fold_learned(f, app->rpc[i].service, &app->rpc[i].uuid);
  if (evidence_is_strong(app)) f->strong.word[app->service / 64] |= UINT64_C(1) << (app->service % 64);
  bool better = app->service != SERVICE_UNKNOWN && (c->service == SERVICE_UNKNOWN || app->service_by < c->service_by);
  if (better) c->service = app->service, c->service_by = app->service_by;
}

static void fold_times(struct conversation *c, const struct flow_view *v) {
  if (c->attempts == 0) {
    c->first = v->first, c->last = v->last;
    c->packet_first = v->packet_first, c->packet_last = v->packet_last;
  }
  c->first = stamp_min(c->first, v->first);
  c->last = stamp_max(c->last, v->last);
  if (v->packet_first < c->packet_first) c->packet_first = v->packet_first;
  if (v->packet_last > c->packet_last) c->packet_last = v->packet_last;
  c->attempts++;
}

static void fold_syns(struct conversation *c, const struct flow_view *v, enum sense_kind kind) {
  if (kind == SENSE_PASSED) {
    c->successes++;
    return;
  }
  c->n_syn += v->n_syn;
  if (!stamp_known(v->syn_first)) return;
  if (!stamp_known(c->syn_first) || stamp_before(v->syn_first, c->syn_first)) c->syn_first = v->syn_first;
  if (!stamp_known(c->syn_last) || stamp_before(c->syn_last, v->syn_last)) c->syn_last = v->syn_last;
}

static void fold_flow(struct fold *f, struct talk *k, size_t index, const struct flow_view *v) {
  fold_times(&k->c, v);
  fold_syns(&k->c, v, fold_sense(f, index, v));
  fold_service(f, &k->c, v);
  k->bytes_sent += v->bytes[TO_SERVER];
  if (v->flags & FLOW_SERVER_ANSWERED) f->facts.answered = true;
  if (!(v->flags & FLOW_SERVER_GUESSED)) f->guessed_only = false;
  if (v->proto != 6 || v->client_by != CLIENT_BY_PORT) f->facts.by_port = false;
  if (v->outcome == OUTCOME_STALLED && v->stall_by == STALL_BY_MTU) f->facts.mtu_stall = true;
  bool names_ports = v->app.service == SERVICE_DCOM || v->app.service == SERVICE_EPMAP;
  if (v->app.encrypted && names_ports && !v->app.n_learned && !k->sealed) k->sealed = v->packet_first;
  if (v->app.mapper_not_registered && !k->not_registered) k->not_registered = v->app.mapper_not_registered_packet;
}

/* The payload is of no kind that an endpoint mapper or a DCOM answer announces. */
static bool strong_is_foreign(const struct fold *f) {
  static const enum service kin[] = {SERVICE_RPC, SERVICE_WMI, SERVICE_DCOM, SERVICE_EPMAP};
  struct service_set rest = f->strong;
  for (size_t i = 0; i < sizeof kin / sizeof *kin; i++) rest.word[kin[i] / 64] &= ~(UINT64_C(1) << (kin[i] % 64));
  return !service_set_is_empty(&rest);
}

/* Why an answer without a rule is not an unexpected open port (4). */
static enum why exclusion(const struct fold *f, const struct talk *k, const struct gathered *g,
                          const struct gathered_talk *from) {
  const struct conversation *c = &k->c;
  if (f->guessed_only) return c->port >= PORT_DYNAMIC ? WHY_EPHEMERAL : WHY_MIDSTREAM;
  if (c->origin && !strong_is_foreign(f)) return WHY_LEARNED;
  bool known = c->service != SERVICE_UNKNOWN && c->service != SERVICE_FTP && c->service != SERVICE_TFTP;
  if (c->port >= PORT_FIRST_FREE && !known && gathered_second_channel(g, from->client, from->server))
    return WHY_LEARNED;
  if (c->proto == 17 && c->port >= PORT_DYNAMIC && !known) return WHY_EPHEMERAL;
  return WHY_NONE;
}

/* The first service with strong evidence that none of the entries accepts; SERVICE_UNKNOWN = all belong. */
static enum service wrong_service(const struct talks *talks, const struct fold *f, const uint32_t *entry, size_t n) {
  const struct policy *p = talks->m->policy;
  for (enum service s = SERVICE_UNKNOWN + 1; s < SERVICE_COUNT; s++) {
    if (!service_set_has(&f->strong, s)) continue;
    bool belongs = false;
    for (size_t i = 0; i < n && !belongs; i++) {
      int32_t service = talks->m->entry[entry[i]].service;
      belongs = service < 0 || service_set_is_empty(&p->service[service].accepts) ||
                service_set_has(&p->service[service].accepts, s);
    }
    if (!belongs) return s;
  }
  return SERVICE_UNKNOWN;
}

/* How many of the entries count: those in force, which come first; all when none is. What nobody asks for excuses
 * nothing of what somebody does. */
static size_t entries_counted(const struct matcher *m, const uint32_t *entry, size_t n) {
  size_t in_force = 0;
  while (in_force < n && m->rule[m->entry[entry[in_force]].rule].in_force) in_force++;
  return in_force ? in_force : n;
}

/* What the services of its entries say about silence. */
static void facts_of_services(const struct matcher *m, struct talk_facts *facts, const uint32_t *entry, size_t n) {
  for (size_t i = 0; i < n; i++) {
    int32_t service = m->entry[entry[i]].service;
    if (service < 0) continue;
    facts->one_way |= m->policy->service[service].one_way;
    facts->silence_ok |= m->policy->service[service].silence_ok;
  }
}

/* A role and a port say more than a port: where the payload tells nothing, the policy names the service. */
static void service_name_by_policy(const struct policy *p, struct conversation *c) {
  if (c->policy_service < 0 || (c->service != SERVICE_UNKNOWN && c->service_by < SERVICE_BY_POLICY)) return;
  enum service s = service_of_name(p->service[c->policy_service].name);
  if (s == SERVICE_COUNT || s == SERVICE_UNKNOWN) return;
  c->service = s;
  c->service_by = SERVICE_BY_POLICY;
}

/* Files the talk under the first entry it meets. */
static void talk_file(const struct talks *talks, struct talk *k, struct fold *f) {
  const struct matcher *m = talks->m;
  size_t n;
  const uint32_t *entry = talk_entries(talks, k, &n);
  k->c.rule = k->c.policy_service = -1;
  k->c.client_role = address_class_first(m->addresses, k->client_class);
  k->c.server_role = address_class_first(m->addresses, k->server_class);
  if (k->c.client_role >= (int32_t)m->n_roles) k->c.client_role = ROLE_NONE;
  if (k->c.server_role >= (int32_t)m->n_roles) k->c.server_role = ROLE_NONE;
  if (n == 0) return;
  const struct match_entry *e = &m->entry[entry[0]];
  size_t counted = entries_counted(m, entry, n);
  facts_of_services(m, &f->facts, entry, counted);
  k->wrong = wrong_service(talks, f, entry, counted);
  f->facts.wrong = k->wrong != SERVICE_UNKNOWN;
  if (!m->rule[e->rule].in_force) return;
  f->facts.matched = true;
  k->c.rule = (int32_t)e->rule;
  k->c.policy_service = e->service;
  service_name_by_policy(m->policy, &k->c);
  int32_t from = match_end_role(m, &e->from, k->client_class), to = match_end_role(m, &e->to, k->server_class);
  if (from >= 0) k->c.client_role = from;
  if (to >= 0) k->c.server_role = to;
}

/* Samples: the flow that decided, then others of its kind, then the rest. */
static void talk_samples(struct talk *k, const struct fold *f, size_t decided, enum sense_kind by) {
  struct conversation *c = &k->c;
  c->sample[c->n_samples++] = decided;
  for (size_t step = 0; step < SENSE_COUNT; step++) {
    size_t kind = (by + step) % SENSE_COUNT;
    for (size_t i = 0; i < f->n_seen[kind] && c->n_samples < CONVERSATION_SAMPLES; i++)
      if (f->seen[kind][i] != decided) c->sample[c->n_samples++] = f->seen[kind][i];
  }
}

/* The verdict if the site asked for every rule it meets. */
static void talk_suppose(const struct talks *talks, struct talk *k, const struct fold *f) {
  size_t n;
  const uint32_t *entry = talk_entries(talks, k, &n);
  struct talk_facts facts = f->facts;
  facts.matched = n > 0;
  if (entries_counted(talks->m, entry, n) < n) {
    facts_of_services(talks->m, &facts, entry, n);
    facts.wrong = wrong_service(talks, f, entry, n) != SERVICE_UNKNOWN;
  }
  struct ruling j = talk_judge(&facts);
  k->if_asked = j.verdict;
  k->why_if_asked = j.why;
}

static void talk_decide(struct talk *k, const struct fold *f) {
  struct ruling j = talk_judge(&f->facts);
  struct conversation *c = &k->c;
  size_t decided = f->facts.kind[j.decided_by].flow;
  c->verdict = j.verdict, c->why = j.why, c->confidence = j.confidence;
  const struct decider *v = &f->surest[j.decided_by];
  c->outcome = v->outcome, c->reset_by = v->reset_by, c->reasons = v->reasons, c->icmp = v->icmp;
  k->flags = v->flags;
  k->stall_by = v->stall_by;
  k->declared = f->facts.kind[j.decided_by].sense.declared;
  talk_samples(k, f, decided, j.decided_by);
}

/* The block of an optional part fails nothing: a person may look at it. */
static void talk_excuse(const struct talks *talks, struct talk *k) {
  size_t n;
  const uint32_t *entry = talk_entries(talks, k, &n);
  if (k->c.verdict != VERDICT_BLOCKED || !talks->m->entry[entry[0]].optional) return;
  k->c.verdict = k->if_asked = VERDICT_REVIEW;
  k->c.why = k->why_if_asked = WHY_OPTIONAL;
}

static bool loss_is_small(const struct traffic *t) {
  const struct capture_facts *facts = traffic_capture(t);
  return facts->lost_bytes == 0 || facts->lost_bytes < facts->acked_bytes / 1000;
}

/* 0, or negative: memory is out. */
static int talk_fold(const struct talks *talks, const struct gathered *g, const struct up_facts *up,
                     const struct gathered_talk *from, struct talk *k) {
  const struct gathered_host *client = &g->host[from->client], *server = &g->host[from->server];
  *k = (struct talk){.client_class = client->class_id,
                     .server_class = from->group ? MATCH_CLASS_GROUP : server->class_id,
                     .flow = from->first_flow,
                     .n_flows = from->n_flows,
                     .carried_by = -1,
                     .up_denied = up->denied ? up->denied[from->server] : 0};
  k->c = (struct conversation){.client = client->address,
                               .server = server->address,
                               .proto = from->proto,
                               .port = from->port,
                               .syn_first = STAMP_NONE,
                               .syn_last = STAMP_NONE};
  struct fold f = {.guessed_only = true, .witness = up_witness(up, talks->traffic, talks->m, g, from)};
  f.facts.by_port = true;
  f.facts.group = from->group;
  f.facts.audited = match_audited(talks->m, k->server_class);
  f.facts.lossless = loss_is_small(talks->traffic);
  for (uint32_t i = 0; i < from->n_flows; i++) {
    struct flow_view v;
    traffic_flow_brief(talks->traffic, g->flow[from->first_flow + i], &v);
    fold_flow(&f, k, g->flow[from->first_flow + i], &v);
  }
  struct match_query q = {.client_class = k->client_class,
                          .server_class = k->server_class,
                          .transport = match_transport(from->proto),
                          .port = from->port,
                          .learned = f.learned,
                          .announced = f.announced,
                          .interface = f.interface};
  if (!match_find(talks->memo, &q, &k->set)) return -ENOMEM;
  talk_file(talks, k, &f);
  f.facts.excluded = exclusion(&f, k, g, from);
  bool echo = match_transport(from->proto) == TRANSPORT_ICMP_ECHO;
  if (echo && !f.facts.matched) f.facts.audited = false; /* an echo is not a port */
  talk_suppose(talks, k, &f);
  talk_decide(k, &f);
  talk_excuse(talks, k);
  return 0;
}

static void exclusion_count(struct talks *talks, enum why why) {
  if (why == WHY_EPHEMERAL) talks->excluded_ephemeral++;
  if (why == WHY_MIDSTREAM) talks->excluded_midstream++;
  if (why == WHY_LEARNED) talks->excluded_learned++;
}

/* A recognised service between two hosts in roles that no rule is about. */
static void talk_elsewhere(struct talks *talks, const struct talk *k) {
  const struct elsewhere_talk e = {.client_class = k->client_class,
                                   .server_class = k->server_class,
                                   .server = &k->c.server,
                                   .port = k->c.port,
                                   .service = k->c.service,
                                   .flow = k->c.sample[0]};
  bool recognised = k->c.service != SERVICE_UNKNOWN && k->c.service_by == SERVICE_BY_DPI;
  if (recognised && k->c.proto == PROTO_TCP) elsewhere_note(&talks->elsewhere, talks->m, &e);
}

/* Whether the talk is listed; all are counted. */
static bool talk_keep(struct talks *talks, struct talk *k, size_t *n_unmatched) {
  talks->verdicts[k->c.verdict]++;
  if (k->c.verdict == VERDICT_OUT_OF_SCOPE) {
    talks->flows_out_of_scope += k->n_flows;
    k->unlisted = true;
    if (k->if_asked == VERDICT_OUT_OF_SCOPE) talk_elsewhere(talks, k);
    return k->if_asked != VERDICT_OUT_OF_SCOPE;
  }
  exclusion_count(talks, k->c.why);
  if (k->c.rule >= 0 || k->c.verdict == VERDICT_UNEXPECTED_OPEN) return true;
  if (++*n_unmatched <= TALKS_UNMATCHED_MAX) return true;
  talks->not_kept++;
  return false;
}

static int talk_compare(const void *a, const void *b) {
  const struct conversation *x = &((const struct talk *)a)->c, *y = &((const struct talk *)b)->c;
  int by = address_compare(&x->client, &y->client);
  if (!by) by = address_compare(&x->server, &y->server);
  if (!by) by = x->proto - y->proto;
  return by ? by : x->port - y->port;
}

static int talks_fold(struct talks *talks, const struct gathered *g, const struct up_facts *up) {
  size_t capacity = 0, n_unmatched = 0;
  for (size_t i = 0; i < g->n_talks; i++) {
    struct talk k;
    int rc = talk_fold(talks, g, up, &g->talk[i], &k);
    if (rc) return rc;
    if (!talk_keep(talks, &k, &n_unmatched)) continue;
    talks->declared += k.declared && k.c.rule >= 0;
    struct talk *slot = ARRAY_PUSH(talks->talk, talks->n_talks, capacity);
    if (!slot) return -ENOMEM;
    *slot = k;
  }
  if (talks->n_talks) qsort(talks->talk, talks->n_talks, sizeof *talks->talk, talk_compare);
  return 0;
}

int talks_make(const struct traffic *t, const struct matcher *m, struct match_memo *memo, size_t talks_max,
               struct talks *talks_out) {
  struct gathered g;
  int rc = gather(t, m, memo, talks_max ? talks_max : TALKS_MAX, &g);
  if (rc) return rc;
  struct talks talks = {.traffic = t, .m = m, .memo = memo, .flows = traffic_flow_count(t), .refused = g.refused};
  talks.flows_out_of_scope = talks.verdicts[VERDICT_OUT_OF_SCOPE] = g.out_of_scope;
  struct up_facts up = {0};
  rc = up_make(t, m, &g, &up);
  if (rc == 0) rc = talks_fold(&talks, &g, &up);
  talks.n_up_denied = up.n_denied;
  talks.strangers = strangers_count(&g.strangers, false);
  talks.busy_strangers = strangers_count(&g.strangers, true);
  up_free(&up);
  talks.flow = g.flow;
  g.flow = NULL;
  gathered_free(&g);
  if (rc == 0)
    *talks_out = talks;
  else
    talks_free(&talks);
  return rc;
}

void talks_free(struct talks *talks) {
  free(talks->talk);
  free(talks->flow);
}

static int number_compare(const void *a, const void *b) {
  const struct talk *x = *(const struct talk *const *)a, *y = *(const struct talk *const *)b;
  if (x->c.verdict != y->c.verdict) return x->c.verdict < y->c.verdict ? -1 : 1;
  return (x > y) - (x < y); /* both in one array that is sorted by their ends */
}

int talks_number(struct talks *talks) {
  struct talk **order = array_new(talks->n_talks, sizeof *order);
  if (!order) return -ENOMEM;
  for (size_t i = 0; i < talks->n_talks; i++)
    if (!talks->talk[i].unlisted) order[talks->n_listed++] = &talks->talk[i];
  qsort(order, talks->n_listed, sizeof *order, number_compare);
  for (size_t i = 0; i < talks->n_listed; i++) order[i]->index = (uint32_t)i;
  free(order);
  return 0;
}

/* The first talk that is not before the given ends. */
static size_t talks_lower(const struct talks *talks, const struct talk *ends) {
  size_t low = 0, high = talks->n_talks;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (talk_compare(&talks->talk[middle], ends) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

const struct talk *talks_find(const struct talks *talks, const struct address *client, const struct address *server,
                              uint8_t proto, uint16_t port) {
  struct talk ends = {.c = {.client = *client, .server = *server, .proto = proto, .port = port}};
  size_t at = talks_lower(talks, &ends);
  return at < talks->n_talks && talk_compare(&talks->talk[at], &ends) == 0 ? &talks->talk[at] : NULL;
}

size_t talks_of_client(const struct talks *talks, const struct address *client, size_t *first_out) {
  struct talk ends = {.c = {.client = *client}};
  size_t at = talks_lower(talks, &ends), n = 0;
  while (at + n < talks->n_talks && address_equal(&talks->talk[at + n].c.client, client)) n++;
  *first_out = at;
  return n;
}
