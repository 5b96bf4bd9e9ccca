/* All conversations of a capture, judged.
 *
 * They are folded twice, on several threads, each part of them with a memo of its own. The first time only what to
 * count and what to keep comes of it, since most of a scan is counted and no more. The second time those kept are
 * folded into their places of one array, which the audit takes over. Where there are more than may be kept, those that
 * came first are. */
#include "rules/conversation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/first_come.h"
#include "rules/talk_kind.h"
#include "util/array.h"
#include "util/pages.h"
#include "util/parallel.h"

enum { SLICE = 1 << 10 }; /* talks */

enum fate { FATE_COUNTED, FATE_KEPT, FATE_UNMATCHED };

/* What the first time says of a talk to the second. */
struct mark {
  uint16_t fate : 2;  /* enum fate */
  uint16_t kind : 14; /* + 1; 0 = none */
};
_Static_assert(TALK_KINDS_MAX < 1 << 14, "a mark names a kind");

/* A recognised service between two hosts in roles that no rule is about. */
struct oddity {
  uint32_t came; /* its first flow: they are looked at in the order they came */
  uint32_t at;   /* of gathered.flow */
  uint32_t flow; /* that decided */
  enum service service;
};

/* What one part of the conversations yields. */
struct part {
  _Alignas(PARALLEL_APART) size_t first;
  size_t end; /* of gathered.flow */
  struct match_memo *memo;
  struct talk_kinds *kinds;
  uint32_t *set; /* [set of memo]: the same in the memo of all */
  uint64_t verdicts[VERDICT_COUNT], flows_out_of_scope, excluded[WHY_COUNT], declared;
  size_t n_talks, n_flows; /* kept */
  size_t n_unmatched;
  size_t talk, flow; /* where those kept begin */
  struct oddity *oddity;
  size_t n_oddities, oddities_capacity;
};

struct judging {
  struct talks *talks;
  struct fold_room room; /* without a memo */
  struct mark *mark;     /* where a talk of gathered.flow begins */
  uint32_t end;          /* of those without a rule, the ones whose first flow comes before are kept */
  struct part part[PARALLEL_PARTS_MAX];
  size_t n_parts;
};

static int oddity_note(struct part *p, const struct gathered_talk *from, uint32_t came, const struct talk *k) {
  const bool recognised = k->c.service != SERVICE_UNKNOWN && k->c.service_by == SERVICE_BY_DPI;
  if (!recognised || k->c.proto != PROTO_TCP || k->if_asked != VERDICT_OUT_OF_SCOPE) return 0;
  struct oddity *o = ARRAY_PUSH(p->oddity, p->n_oddities, p->oddities_capacity);
  if (!o) return -ENOMEM;
  *o = (struct oddity){.came = came, .at = (uint32_t)from->first, .flow = k->c.sample[0], .service = k->c.service};
  return 0;
}

/* Whether the talk is listed; all are counted. */
static enum fate talk_count(struct part *p, const struct talk *k) {
  p->verdicts[k->c.verdict]++;
  if (k->c.verdict == VERDICT_OUT_OF_SCOPE) {
    p->flows_out_of_scope += k->c.attempts;
    return k->if_asked == VERDICT_OUT_OF_SCOPE ? FATE_COUNTED : FATE_KEPT;
  }
  p->excluded[k->c.why]++;
  return k->c.rule >= 0 || k->c.verdict == VERDICT_UNEXPECTED_OPEN ? FATE_KEPT : FATE_UNMATCHED;
}

static struct fold_room part_room(const struct judging *j, const struct part *p) {
  struct fold_room room = j->room;
  room.memo = p->memo, room.kinds = p->kinds;
  return room;
}

/* The first time. */
static int part_count(void *of, size_t number) {
  const struct judging *j = of;
  struct part *p = &((struct judging *)of)->part[number];
  if (!(p->memo = match_memo_new(j->room.m)) || !(p->kinds = talk_kinds_new())) return -ENOMEM;
  const struct fold_room room = part_room(j, p);
  for (size_t at = p->first; at < p->end;) {
    const struct gathered_talk from = gathered_talk_at(room.g, at);
    const int kind = talk_kind(&room, &from);
    struct talk own;
    if (kind < TALK_KIND_NONE || (kind == TALK_KIND_NONE && talk_fold(&room, &from, &own))) return -ENOMEM;
    const struct talk *k = kind == TALK_KIND_NONE ? &own : talk_of_kind(p->kinds, kind);
    if (k->c.verdict == VERDICT_OUT_OF_SCOPE && oddity_note(p, &from, gathered_flow(room.g, at), k)) return -ENOMEM;
    const enum fate fate = talk_count(p, k);
    j->mark[at] = (struct mark){.fate = fate & 3, .kind = (unsigned)(kind + 1) & 0x3fff};
    p->n_unmatched += fate == FATE_UNMATCHED;
    at += from.n_flows;
  }
  return 0;
}

static bool is_kept(const struct judging *j, size_t at) {
  const enum fate fate = j->mark[at].fate;
  return fate == FATE_KEPT || (fate == FATE_UNMATCHED && gathered_flow(j->room.g, at) < j->end);
}

/* The second time. */
static int part_keep(void *of, size_t number) {
  const struct judging *j = of;
  struct part *p = &((struct judging *)of)->part[number];
  const struct fold_room room = part_room(j, p);
  struct talk *k = j->talks->talk + p->talk;
  uint32_t *flow = j->talks->flow + p->flow;
  for (size_t at = p->first, next; at < p->end; at = next) {
    const struct gathered_talk from = gathered_talk_at(room.g, at);
    next = at + from.n_flows;
    if (!is_kept(j, at)) continue;
    const size_t done = (size_t)(k - j->talks->talk) - p->talk, left = p->n_talks - done;
    if (done % SLICE == 0) pages_populate(k, (left < SLICE ? left : SLICE) * sizeof *k);
    if (j->mark[at].kind)
      talk_from_kind(&room, &from, j->mark[at].kind - 1, k);
    else if (talk_fold(&room, &from, k))
      return -ENOMEM;
    k->flow = (uint32_t)(flow - j->talks->flow);
    for (size_t i = at; i < next; i++) *flow++ = gathered_flow(room.g, i);
    k->unlisted = k->c.verdict == VERDICT_OUT_OF_SCOPE;
    k->set = p->set[k->set];
    p->declared += k->declared && k->c.rule >= 0;
    k++;
  }
  return 0;
}

/* Of more talks without a rule than are kept, those that came first. */
static int unmatched_cap(struct judging *j, size_t n_unmatched) {
  const struct gathered *g = j->room.g;
  j->end = UINT32_MAX;
  if (n_unmatched <= TALKS_UNMATCHED_MAX) return 0;
  struct first_come came;
  if (first_come_init(&came, j->talks->flows)) return -ENOMEM;
  for (size_t at = 0; at < g->n_flows; at++)
    if (j->mark[at].fate == FATE_UNMATCHED) first_come_add(&came, gathered_flow(g, at));
  j->end = first_come_end(&came, TALKS_UNMATCHED_MAX);
  first_come_fini(&came);
  j->talks->not_kept = n_unmatched - TALKS_UNMATCHED_MAX;
  return 0;
}

/* How much each part keeps, and where. */
static int places_make(void *of, size_t number) {
  const struct judging *j = of;
  struct part *p = &((struct judging *)of)->part[number];
  for (size_t at = p->first, next; at < p->end; at = next) {
    next = gathered_begin(j->room.g, at + 1);
    if (is_kept(j, at)) p->n_talks++, p->n_flows += next - at;
  }
  return 0;
}

static int room_make(struct judging *j) {
  size_t n_talks = 0, n_flows = 0, talks_capacity = 0, flows_capacity = 0;
  struct talks *t = j->talks;
  for (size_t i = 0; i < j->n_parts; i++) {
    struct part *p = &j->part[i];
    p->talk = n_talks, p->flow = n_flows;
    n_talks += p->n_talks, n_flows += p->n_flows;
  }
  bool ok = array_reserve((void **)&t->talk, &talks_capacity, n_talks + 1, sizeof *t->talk) &&
            array_reserve((void **)&t->flow, &flows_capacity, n_flows + 1, sizeof *t->flow);
  t->n_talks = ok ? n_talks : 0;
  for (size_t i = 0; ok && i < j->n_parts; i++) ok = match_memo_join(t->memo, j->part[i].memo, &j->part[i].set);
  return ok ? 0 : -ENOMEM;
}

static int by_arrival(const void *a, const void *b) {
  const struct oddity *x = a, *y = b;
  return (x->came > y->came) - (x->came < y->came);
}

static void oddity_tell(struct talks *talks, const struct gathered *g, const struct oddity *o) {
  const struct gathered_talk k = gathered_talk_at(g, o->at);
  const struct elsewhere_talk e = {.client_class = g->host[k.client].class_id,
                                   .server_class = k.group ? MATCH_CLASS_GROUP : g->host[k.server].class_id,
                                   .server = &g->host[k.server].address,
                                   .port = k.port,
                                   .service = o->service,
                                   .flow = o->flow};
  elsewhere_note(&talks->elsewhere, talks->m, &e);
}

static int oddities_tell(struct judging *j) {
  struct oddity *all = NULL;
  size_t n = 0, capacity = 0;
  for (size_t i = 0; i < j->n_parts; i++) {
    const struct part *p = &j->part[i];
    if (!p->n_oddities) continue;
    if (!array_reserve((void **)&all, &capacity, n + p->n_oddities, sizeof *all)) {
      free(all);
      return -ENOMEM;
    }
    memcpy(all + n, p->oddity, p->n_oddities * sizeof *all);
    n += p->n_oddities;
  }
  if (n) qsort(all, n, sizeof *all, by_arrival);
  for (size_t i = 0; i < n; i++) oddity_tell(j->talks, j->room.g, &all[i]);
  free(all);
  return 0;
}

static size_t counts_take(struct judging *j) {
  struct talks *t = j->talks;
  size_t n_unmatched = 0;
  for (size_t i = 0; i < j->n_parts; i++) {
    const struct part *p = &j->part[i];
    for (size_t v = 0; v < VERDICT_COUNT; v++) t->verdicts[v] += p->verdicts[v];
    t->flows_out_of_scope += p->flows_out_of_scope;
    t->excluded_ephemeral += p->excluded[WHY_EPHEMERAL];
    t->excluded_midstream += p->excluded[WHY_MIDSTREAM];
    t->excluded_learned += p->excluded[WHY_LEARNED];
    n_unmatched += p->n_unmatched;
  }
  return n_unmatched;
}

static bool loss_is_small(const struct traffic *t) {
  const struct capture_facts *facts = traffic_capture(t);
  return facts->lost_bytes == 0 || facts->lost_bytes < facts->acked_bytes / 1000;
}

/* Parts begin where talks do. */
static void parts_make(struct judging *j) {
  const struct gathered *g = j->room.g;
  j->n_parts = parallel_parts(g->n_flows);
  for (size_t i = 0; i < j->n_parts; i++) {
    j->part[i].first = gathered_begin(g, parallel_start(g->n_flows, j->n_parts, i));
    j->part[i].end = gathered_begin(g, parallel_start(g->n_flows, j->n_parts, i + 1));
  }
}

static int talks_fold(struct talks *talks, const struct gathered *g, const struct up_facts *up, unsigned threads) {
  struct judging j = {
      .talks = talks,
      .room = {.traffic = talks->traffic, .m = talks->m, .g = g, .up = up, .lossless = loss_is_small(talks->traffic)}};
  parts_make(&j);
  int rc = (j.mark = array_new(g->n_flows, sizeof *j.mark)) ? 0 : -ENOMEM;
  if (rc == 0) rc = parallel_run(threads, j.n_parts, part_count, &j);
  if (rc == 0) rc = unmatched_cap(&j, counts_take(&j));
  if (rc == 0) rc = parallel_run(threads, j.n_parts, places_make, &j);
  if (rc == 0) rc = room_make(&j);
  if (rc == 0) rc = parallel_run(threads, j.n_parts, part_keep, &j);
  if (rc == 0) rc = oddities_tell(&j);
  for (size_t i = 0; i < j.n_parts; i++) {
    talks->declared += j.part[i].declared;
    match_memo_free(j.part[i].memo);
    talk_kinds_free(j.part[i].kinds);
    free(j.part[i].set);
    free(j.part[i].oddity);
  }
  free(j.mark);
  return rc;
}

int talks_make(const struct traffic *t, const struct matcher *m, struct match_memo *memo,
               const struct talks_options *options, struct talks *talks_out) {
  struct gathered g;
  int rc = gather(t, m, options->talks_max ? options->talks_max : TALKS_MAX, options->threads, &g);
  if (rc) return rc;
  struct talks talks = {.traffic = t, .m = m, .memo = memo, .flows = traffic_flow_count(t), .refused = g.refused};
  talks.flows_out_of_scope = talks.verdicts[VERDICT_OUT_OF_SCOPE] = g.out_of_scope;
  struct up_facts up = {0};
  rc = up_make(t, m, &g, &up);
  if (rc == 0) rc = talks_fold(&talks, &g, &up, options->threads);
  talks.n_up_denied = up.n_denied;
  talks.strangers = strangers_count(&g.strangers, false);
  talks.busy_strangers = strangers_count(&g.strangers, true);
  talks.host = g.host, talks.n_hosts = g.n_hosts;
  g.host = NULL;
  up_free(&up);
  gathered_free(&g);
  if (rc == 0)
    *talks_out = talks;
  else
    talks_free(&talks);
  return rc;
}

void talks_free(struct talks *talks) {
  free(talks->host);
  free(talks->talk);
  free(talks->flow);
}

/* Talks are sorted by their ends: what is left is their verdict. */
const struct conversation **talks_number(struct talks *talks) {
  size_t start[VERDICT_COUNT + 1] = {0};
  for (size_t i = 0; i < talks->n_talks; i++)
    if (!talks->talk[i].unlisted) start[talks->talk[i].c.verdict + 1]++;
  for (size_t v = 0; v < VERDICT_COUNT; v++) start[v + 1] += start[v];
  talks->n_listed = start[VERDICT_COUNT];
  memcpy(talks->listed_at, start, sizeof start);
  const struct conversation **listed = array_new(talks->n_listed, sizeof *listed);
  for (size_t i = 0; listed && i < talks->n_talks; i++) {
    struct talk *k = &talks->talk[i];
    if (k->unlisted) continue;
    k->index = (uint32_t)start[k->c.verdict]++;
    listed[k->index] = &k->c;
  }
  return listed;
}

static int talk_compare(const struct talk *a, const struct talk *b) {
  const struct conversation *x = &a->c, *y = &b->c;
  int by = address_compare(&x->client, &y->client);
  if (!by) by = address_compare(&x->server, &y->server);
  if (!by) by = x->proto - y->proto;
  return by ? by : x->port - y->port;
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
