/* Folds the flows of one conversation into facts and judges them (rules/verdict.h).
 *
 * Each flow gets a sense (passed, denied, doubtful, unknown); of each kind the surest is kept as the one that can
 * decide. What the port was announced for, and what ran there on strong evidence, is collected on the way and decides
 * which rules the conversation meets. */
#include "rules/fold.h"

#include <errno.h>

#include "classifier/rpc_interface.h"
#include "rules/verdict.h"

/* What the conversation takes over from the flow that decides. */
struct decider {
  enum outcome outcome;
  enum reset_by reset_by;
  enum stall_by stall_by;
  uint32_t reasons;
  uint8_t flags;
  bool icmp;
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
  uint32_t seen[SENSE_COUNT][CONVERSATION_SAMPLES];
  uint8_t n_seen[SENSE_COUNT];
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
                          .flags = (uint8_t)v->flags,
                          .icmp = address_known(&v->icmp.from)};
}

static enum sense_kind fold_sense(struct fold *f, uint32_t index, const struct flow_view *v) {
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
static void fold_service(struct fold *f, struct ruling *r, uint16_t port, const struct flow_view *v) {
  const struct app_view *app = &v->app;
  if (app->origin && !r->origin) r->origin = app->origin;
  if (app->origin && !f->learned) fold_learned(f, app->origin->service, &app->origin->uuid);
  for (size_t i = 0; i < app->n_rpc && port >= PORT_FIRST_FREE && !f->learned; i++)
    if (app->rpc[i].accepted && app->service != SERVICE_SMB) fold_learned(f, app->rpc[i].service, &app->rpc[i].uuid);
  if (evidence_is_strong(app)) f->strong.word[app->service / 64] |= UINT64_C(1) << (app->service % 64);
  bool better = app->service != SERVICE_UNKNOWN && (r->service == SERVICE_UNKNOWN || app->service_by < r->service_by);
  if (better) r->service = app->service, r->service_by = app->service_by;
}

static void fold_times(struct talk *k, bool first, const struct flow_view *v) {
  if (first) {
    k->first = v->first, k->last = v->last;
    k->packet_first = v->packet_first, k->packet_last = v->packet_last;
  }
  k->first = stamp_min(k->first, v->first);
  k->last = stamp_max(k->last, v->last);
  if (v->packet_first < k->packet_first) k->packet_first = v->packet_first;
  if (v->packet_last > k->packet_last) k->packet_last = v->packet_last;
}

static void fold_syns(struct ruling *r, const struct flow_view *v, enum sense_kind kind) {
  if (kind == SENSE_PASSED) {
    r->successes++;
    return;
  }
  r->n_syn += v->n_syn;
  if (!stamp_known(v->syn_first)) return;
  if (!stamp_known(r->syn_first) || stamp_before(v->syn_first, r->syn_first)) r->syn_first = v->syn_first;
  if (!stamp_known(r->syn_last) || stamp_before(r->syn_last, v->syn_last)) r->syn_last = v->syn_last;
}

static void fold_flow(struct fold *f, struct talk *k, struct ruling *r, uint32_t index, const struct flow_view *v) {
  fold_times(k, r->attempts++ == 0, v);
  fold_syns(r, v, fold_sense(f, index, v));
  fold_service(f, r, k->port, v);
  r->bytes_sent += v->bytes[TO_SERVER];
  if (v->flags & FLOW_SERVER_ANSWERED) f->facts.answered = true;
  if (!(v->flags & FLOW_SERVER_GUESSED)) f->guessed_only = false;
  if (v->proto != 6 || v->client_by != CLIENT_BY_PORT) f->facts.by_port = false;
  if (v->outcome == OUTCOME_STALLED && v->stall_by == STALL_BY_MTU) f->facts.mtu_stall = true;
  bool names_ports = v->app.service == SERVICE_DCOM || v->app.service == SERVICE_EPMAP;
  if (v->app.encrypted && names_ports && !v->app.n_learned && !r->sealed) r->sealed = v->packet_first;
  if (v->app.mapper_not_registered && !r->not_registered) r->not_registered = v->app.mapper_not_registered_packet;
}

/* The payload is of no kind that an endpoint mapper or a DCOM answer announces. */
static bool strong_is_foreign(const struct fold *f) {
  static const enum service kin[] = {SERVICE_RPC, SERVICE_WMI, SERVICE_DCOM, SERVICE_EPMAP};
  struct service_set rest = f->strong;
  for (size_t i = 0; i < sizeof kin / sizeof *kin; i++) rest.word[kin[i] / 64] &= ~(UINT64_C(1) << (kin[i] % 64));
  return !service_set_is_empty(&rest);
}

/* Why an answer without a rule is not an unexpected open port (4). */
static enum why exclusion(const struct fold *f, const struct ruling *r, const struct gathered *g,
                          const struct gathered_talk *from) {
  if (f->guessed_only) return from->port >= PORT_DYNAMIC ? WHY_EPHEMERAL : WHY_MIDSTREAM;
  if (r->origin && !strong_is_foreign(f)) return WHY_LEARNED;
  bool known = r->service != SERVICE_UNKNOWN && r->service != SERVICE_FTP && r->service != SERVICE_TFTP;
  if (from->port >= PORT_FIRST_FREE && !known && gathered_second_channel(g, from->client, from->server))
    return WHY_LEARNED;
  if (from->proto == 17 && from->port >= PORT_DYNAMIC && !known) return WHY_EPHEMERAL;
  return WHY_NONE;
}

/* The first service with strong evidence that none of the entries accepts; SERVICE_UNKNOWN = all belong. */
static enum service wrong_service(const struct fold_room *room, const struct fold *f, const uint32_t *entry, size_t n) {
  const struct policy *p = room->m->policy;
  for (enum service s = SERVICE_UNKNOWN + 1; s < SERVICE_COUNT; s++) {
    if (!service_set_has(&f->strong, s)) continue;
    bool belongs = false;
    for (size_t i = 0; i < n && !belongs; i++) {
      int32_t service = room->m->entry[entry[i]].service;
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
static void service_name_by_policy(const struct matcher *m, struct ruling *r) {
  if (r->policy_service < 0 || (r->service != SERVICE_UNKNOWN && r->service_by < SERVICE_BY_POLICY)) return;
  const enum service s = m->named[r->policy_service];
  if (s == SERVICE_UNKNOWN) return;
  r->service = s;
  r->service_by = SERVICE_BY_POLICY;
}

/* The first role of the class. */
static int8_t role_first(const struct matcher *m, uint32_t class_id) {
  const int32_t group = address_class_first(m->addresses, class_id);
  return group < (int32_t)m->n_roles ? (int8_t)group : ROLE_NONE;
}

/* Files the talk under the first entry it meets. */
static void talk_file(const struct fold_room *room, struct ruling *r, struct fold *f) {
  const struct matcher *m = room->m;
  size_t n;
  const uint32_t *entry = match_set(room->memo, r->set, &n);
  r->rule = r->policy_service = -1;
  r->client_role = role_first(m, r->client_class);
  r->server_role = role_first(m, r->server_class);
  if (n == 0) return;
  const struct match_entry *e = &m->entry[entry[0]];
  size_t counted = entries_counted(m, entry, n);
  facts_of_services(m, &f->facts, entry, counted);
  r->wrong = wrong_service(room, f, entry, counted);
  f->facts.wrong = r->wrong != SERVICE_UNKNOWN;
  if (!m->rule[e->rule].in_force) return;
  f->facts.matched = true;
  r->rule = (int32_t)e->rule;
  r->policy_service = e->service;
  service_name_by_policy(m, r);
  int32_t from = match_end_role(m, &e->from, r->client_class), to = match_end_role(m, &e->to, r->server_class);
  if (from >= 0) r->client_role = (int8_t)from;
  if (to >= 0) r->server_role = (int8_t)to;
}

/* Samples: the flow that decided, then others of its kind, then the rest. */
static void talk_samples(struct ruling *r, const struct fold *f, uint32_t decided, enum sense_kind by) {
  r->sample[r->n_samples++] = decided;
  for (size_t step = 0; step < SENSE_COUNT; step++) {
    size_t kind = (by + step) % SENSE_COUNT;
    for (size_t i = 0; i < f->n_seen[kind] && r->n_samples < CONVERSATION_SAMPLES; i++)
      if (f->seen[kind][i] != decided) r->sample[r->n_samples++] = f->seen[kind][i];
  }
}

/* The verdict if the site asked for every rule it meets. */
static void talk_suppose(const struct fold_room *room, struct ruling *r, const struct fold *f) {
  size_t n;
  const uint32_t *entry = match_set(room->memo, r->set, &n);
  struct talk_facts facts = f->facts;
  facts.matched = n > 0;
  if (entries_counted(room->m, entry, n) < n) {
    facts_of_services(room->m, &facts, entry, n);
    facts.wrong = wrong_service(room, f, entry, n) != SERVICE_UNKNOWN;
  }
  const struct decision j = talk_judge(&facts);
  r->if_asked = j.verdict;
  r->why_if_asked = j.why;
}

static void talk_decide(struct ruling *r, const struct fold *f) {
  const struct decision j = talk_judge(&f->facts);
  const uint32_t decided = (uint32_t)f->facts.kind[j.decided_by].flow;
  r->verdict = j.verdict, r->why = j.why, r->confidence = j.confidence;
  const struct decider *v = &f->surest[j.decided_by];
  r->outcome = v->outcome, r->reset_by = v->reset_by, r->reasons = v->reasons, r->rejected = v->icmp;
  r->flags = v->flags;
  r->stall_by = v->stall_by;
  r->declared = f->facts.kind[j.decided_by].sense.declared;
  talk_samples(r, f, decided, j.decided_by);
}

/* The block of an optional part fails nothing: a person may look at it. */
static void talk_excuse(const struct fold_room *room, struct ruling *r) {
  size_t n;
  const uint32_t *entry = match_set(room->memo, r->set, &n);
  if (r->verdict != VERDICT_BLOCKED || !room->m->entry[entry[0]].optional) return;
  r->verdict = r->if_asked = VERDICT_REVIEW;
  r->why = r->why_if_asked = WHY_OPTIONAL;
}

struct talk talk_begin(const struct gathered *g, const struct gathered_talk *from) {
  return (struct talk){.client = from->client,
                       .server = from->server,
                       .flow = gathered_flow(g, from->first),
                       .port = from->port,
                       .proto = from->proto};
}

static struct ruling ruling_begin(const struct gathered *g, const struct gathered_talk *from) {
  return (struct ruling){.client_class = g->host[from->client].class_id,
                         .server_class = from->group ? MATCH_CLASS_GROUP : g->host[from->server].class_id,
                         .proto = from->proto,
                         .carried_by = -1,
                         .syn_first = STAMP_NONE,
                         .syn_last = STAMP_NONE};
}

/* The entries that the talk meets. */
static bool talk_match(const struct fold_room *room, const struct fold *f, const struct talk *k, struct ruling *r) {
  const struct match_query q = {.client_class = r->client_class,
                                .server_class = r->server_class,
                                .transport = match_transport(k->proto),
                                .port = k->port,
                                .learned = f->learned,
                                .announced = f->announced,
                                .interface = f->interface};
  return match_find(room->memo, &q, &r->set);
}

int talk_fold(const struct fold_room *room, const struct gathered_talk *from, struct talk *k, struct ruling *r) {
  *k = talk_begin(room->g, from);
  *r = ruling_begin(room->g, from);
  struct fold f = {.guessed_only = true, .witness = up_witness(room->up, room->traffic, room->m, room->g, from)};
  f.facts.by_port = true;
  f.facts.group = from->group;
  f.facts.audited = match_audited(room->m, r->server_class);
  f.facts.lossless = room->lossless;
  for (size_t i = 0; i < from->n_flows; i++) {
    struct flow_view v;
    const uint32_t index = gathered_flow(room->g, from->first + i);
    fold_ahead(room, from->first + i);
    traffic_flow_brief(room->traffic, index, &v);
    fold_flow(&f, k, r, index, &v);
  }
  if (!talk_match(room, &f, k, r)) return -ENOMEM;
  talk_file(room, r, &f);
  f.facts.excluded = exclusion(&f, r, room->g, from);
  const bool echo = match_transport(from->proto) == TRANSPORT_ICMP_ECHO;
  if (echo && !f.facts.matched) f.facts.audited = false; /* an echo is not a port */
  talk_suppose(room, r, &f);
  talk_decide(r, &f);
  talk_excuse(room, r);
  return 0;
}
