/* All conversations of a capture, judged.
 *
 * They are folded twice, on several threads, each part of them with a memo of its own. The first time only what to
 * count and what to keep comes of it, since most of a scan is counted and no more; of those of no kind a number is
 * remembered. The second time those kept come into their places of one array, which the audit takes over. Where there
 * are more than may be kept, those that came first are. */
#include "rules/conversation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/first_come.h"
#include "rules/talk_kind.h"
#include "util/array.h"
#include "util/pages.h"
#include "util/parallel.h"

enum { SLICE = 1 << 11, FOLDED_MAX = 1 << 12 }; /* talks: whose pages are made at once; remembered by each part */

enum fate { FATE_NONE, FATE_COUNTED, FATE_KEPT, FATE_UNMATCHED }; /* none: no talk begins here */

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

/* A talk of no kind from the first time to the second. */
struct folded {
  size_t at; /* of gathered.flow */
  struct talk talk;
  struct ruling ruling;
};

/* What one part of the conversations yields. */
struct part {
  _Alignas(PARALLEL_APART) size_t first;
  size_t end; /* of gathered.flow */
  struct match_memo *memo;
  struct talk_kinds *kinds;
  uint32_t *set; /* [set of memo]: the same in the memo of all */
  uint64_t verdicts[VERDICT_COUNT], flows_out_of_scope, excluded[WHY_COUNT], declared;
  size_t n_talks, n_flows, n_own; /* kept: all, flows of those with several, those of no kind */
  size_t n_unmatched;
  size_t talk, flow, ruling; /* where those kept begin; rulings: of the kinds, then of the others */
  struct oddity *oddity;
  size_t n_oddities, oddities_capacity;
  struct folded *folded;                  /* in the order of at */
  size_t n_folded, folded_capacity, next; /* next: to be kept */
};

struct judging {
  struct talks *talks;
  struct gathered *gathered;
  struct fold_room room; /* without a memo */
  struct mark *mark;     /* where a talk of gathered.flow begins */
  uint32_t end;          /* of those without a rule, the ones whose first flow comes before are kept */
  bool populate;         /* the pages of talks are not there yet */
  struct part part[PARALLEL_PARTS_MAX];
  size_t n_parts;
};

static int oddity_note(struct part *p, const struct gathered_talk *from, uint32_t came, const struct ruling *r) {
  const bool recognised = r->service != SERVICE_UNKNOWN && r->service_by == SERVICE_BY_DPI;
  if (!recognised || from->proto != PROTO_TCP || r->if_asked != VERDICT_OUT_OF_SCOPE) return 0;
  struct oddity *o = ARRAY_PUSH(p->oddity, p->n_oddities, p->oddities_capacity);
  if (!o) return -ENOMEM;
  *o = (struct oddity){.came = came, .at = (uint32_t)from->first, .flow = r->sample[0], .service = r->service};
  return 0;
}

/* Whether the talk is listed; all are counted. */
static enum fate talk_count(struct part *p, const struct ruling *r) {
  p->verdicts[r->verdict]++;
  if (r->verdict == VERDICT_OUT_OF_SCOPE) {
    p->flows_out_of_scope += r->attempts;
    return r->if_asked == VERDICT_OUT_OF_SCOPE ? FATE_COUNTED : FATE_KEPT;
  }
  p->excluded[r->why]++;
  return r->rule >= 0 || r->verdict == VERDICT_UNEXPECTED_OPEN ? FATE_KEPT : FATE_UNMATCHED;
}

static struct fold_room part_room(const struct judging *j, const struct part *p) {
  struct fold_room room = j->room;
  room.memo = p->memo, room.kinds = p->kinds;
  return room;
}

static int folded_remember(struct part *p, size_t at, struct folded *own) {
  if (p->n_folded == FOLDED_MAX) return 0;
  struct folded *to = ARRAY_PUSH(p->folded, p->n_folded, p->folded_capacity);
  if (!to) return -ENOMEM;
  own->at = at;
  *to = *own;
  return 0;
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
    const bool alone = kind == TALK_KIND_NONE;
    struct folded own;
    if (kind < TALK_KIND_NONE || (alone && talk_fold(&room, &from, &own.talk, &own.ruling))) return -ENOMEM;
    const struct ruling *r = alone ? &own.ruling : talk_kind_ruling(p->kinds, kind);
    if (r->verdict == VERDICT_OUT_OF_SCOPE && oddity_note(p, &from, gathered_flow(room.g, at), r)) return -ENOMEM;
    const enum fate fate = talk_count(p, r);
    j->mark[at] = (struct mark){.fate = fate & 3, .kind = (unsigned)(kind + 1) & 0x3fff};
    p->n_unmatched += fate == FATE_UNMATCHED;
    if (alone && fate >= FATE_KEPT && folded_remember(p, at, &own)) return -ENOMEM;
    at += from.n_flows;
  }
  return 0;
}

static bool is_kept(const struct judging *j, size_t at) {
  const enum fate fate = j->mark[at].fate;
  return fate == FATE_KEPT || (fate == FATE_UNMATCHED && gathered_flow(j->room.g, at) < j->end);
}

/* The pages of the next slice of so many records that are left. */
static void slice_populate(void *from, size_t left, size_t element_size) {
  pages_populate(from, (left < SLICE ? left : SLICE) * element_size);
}

/* One talk of no kind and its ruling, as remembered or again. */
static int talk_keep_own(const struct fold_room *room, struct part *p, const struct gathered_talk *from, struct talk *k,
                         struct ruling *r) {
  while (p->next < p->n_folded && p->folded[p->next].at < from->first) p->next++;
  const struct folded *f = p->next < p->n_folded ? &p->folded[p->next] : NULL;
  if (f && f->at == from->first)
    *k = f->talk, *r = f->ruling;
  else if (talk_fold(room, from, k, r))
    return -ENOMEM;
  r->set = p->set[r->set];
  p->n_own++;
  return 0;
}

/* The second time. */
static int part_keep(void *of, size_t number) {
  const struct judging *j = of;
  struct part *p = &((struct judging *)of)->part[number];
  const struct fold_room room = part_room(j, p);
  struct talk *k = j->talks->talk + p->talk;
  struct ruling *kinds = j->talks->ruling + p->ruling, *own = kinds + talk_kinds_count(p->kinds);
  uint32_t *ruled = j->talks->ruled + p->talk, *flow = j->talks->flow + p->flow;
  p->n_own = 0;
  for (size_t at = p->first, done = 0; at < p->end; at++) {
    if (!is_kept(j, at)) continue;
    const unsigned kind = j->mark[at].kind;
    const struct gathered_talk from = gathered_talk_at(room.g, at);
    struct ruling *r = kind ? &kinds[kind - 1] : &own[p->n_own];
    if (done % SLICE == 0 && j->populate) slice_populate(k, p->n_talks - done, sizeof *k);
    if (kind)
      talk_from_kind(&room, &from, k);
    else if (talk_keep_own(&room, p, &from, k, r))
      return -ENOMEM;
    r->talks++;
    ruled[done++] = (uint32_t)(r - j->talks->ruling);
    p->declared += r->declared && r->rule >= 0;
    if (from.n_flows > 1) k->several = true, k->flow = (uint32_t)(flow - j->talks->flow);
    for (size_t i = 0; k->several && i < from.n_flows; i++) *flow++ = gathered_flow(room.g, at + i);
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
  for (size_t at = p->first; at < p->end; at++) {
    if (!is_kept(j, at)) continue;
    size_t next = at + 1;
    while (next < p->end && j->mark[next].fate == FATE_NONE) next++;
    p->n_talks++;
    p->n_own += !j->mark[at].kind;
    if (next - at > 1) p->n_flows += next - at;
  }
  return 0;
}

/* The rulings of the part's kinds, no talk of which is kept yet. */
static void kinds_take(struct talks *t, const struct part *p) {
  for (int kind = 0; kind < talk_kinds_count(p->kinds); kind++) {
    struct ruling *r = &t->ruling[p->ruling + (size_t)kind];
    *r = *talk_kind_ruling(p->kinds, kind);
    r->set = p->set[r->set];
  }
}

/* Room for so many talks: the memory that sorting needed, when they fit there, without the pages that are too many. */
static bool talks_room(struct judging *j, size_t n) {
  size_t capacity = 0, size;
  struct gathered *g = j->gathered;
  if (!size_multiply(n, sizeof *j->talks->talk, &size)) return false;
  if (size == 0 || size > g->spare_size) {
    j->populate = true;
    return array_reserve((void **)&j->talks->talk, &capacity, n, sizeof *j->talks->talk);
  }
  j->talks->talk = g->spare;
  g->spare = NULL;
  pages_drop((char *)(void *)j->talks->talk + size, g->spare_size - size);
  return true;
}

static int room_make(struct judging *j) {
  size_t n_talks = 0, n_flows = 0, n_rulings = 0, ruled_capacity = 0, flows_capacity = 0;
  struct talks *t = j->talks;
  for (size_t i = 0; i < j->n_parts; i++) {
    struct part *p = &j->part[i];
    p->talk = n_talks, p->flow = n_flows, p->ruling = n_rulings;
    n_talks += p->n_talks, n_flows += p->n_flows;
    n_rulings += (size_t)talk_kinds_count(p->kinds) + p->n_own;
  }
  bool ok = talks_room(j, n_talks + 1) &&
            array_reserve((void **)&t->ruled, &ruled_capacity, n_talks + 1, sizeof *t->ruled) &&
            array_reserve((void **)&t->ruling, &t->rulings_capacity, n_rulings + 1, sizeof *t->ruling) &&
            array_reserve((void **)&t->flow, &flows_capacity, n_flows + 1, sizeof *t->flow);
  t->n_talks = ok ? n_talks : 0;
  t->n_rulings = ok ? n_rulings : 0;
  for (size_t i = 0; ok && i < j->n_parts; i++) {
    ok = match_memo_join(t->memo, j->part[i].memo, &j->part[i].set);
    if (ok) kinds_take(t, &j->part[i]);
  }
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

static int talks_fold(struct talks *talks, struct gathered *g, const struct up_facts *up, unsigned threads) {
  struct judging j = {
      .talks = talks,
      .gathered = g,
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
    free(j.part[i].folded);
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
  talks.denied = up.denied;
  g.host = NULL, up.denied = NULL;
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
  free(talks->denied);
  free(talks->talk);
  free(talks->ruled);
  free(talks->ruling);
  free(talks->listed);
  free(talks->flow);
}

/* Talks are sorted by their ends: what is left is their verdict. */
int talks_number(struct talks *talks, size_t listed_at_out[VERDICT_COUNT + 1]) {
  size_t start[VERDICT_COUNT + 1] = {0};
  uint8_t *verdict = array_new(talks->n_rulings, sizeof *verdict); /* [ruling]: close together */
  if (!verdict) return -ENOMEM;
  for (size_t i = 0; i < talks->n_rulings; i++) {
    verdict[i] = (uint8_t)talks->ruling[i].verdict;
    if (verdict[i] != VERDICT_OUT_OF_SCOPE) start[verdict[i] + 1] += talks->ruling[i].talks;
  }
  for (size_t v = 0; v < VERDICT_COUNT; v++) start[v + 1] += start[v];
  talks->n_listed = start[VERDICT_COUNT];
  memcpy(listed_at_out, start, sizeof start);
  talks->listed = array_new(talks->n_listed, sizeof *talks->listed);
  for (size_t i = 0; talks->listed && i < talks->n_talks; i++) {
    const uint8_t v = verdict[talks->ruled[i]];
    if (v != VERDICT_OUT_OF_SCOPE) talks->listed[start[v]++] = (uint32_t)i;
  }
  free(verdict);
  return talks->listed ? 0 : -ENOMEM;
}
