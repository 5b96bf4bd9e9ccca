/* Picks the packets that prove a finding: the flows that decided, the packet that announced their port, the ICMP error
 * that rejected them. The described conversation comes first, then one flow each of others. */
#include <errno.h>
#include <stdlib.h>

#include "rules/finding.h"
#include "rules/words.h"
#include "util/array.h"

static struct citation *citation_add(struct finding *f, uint32_t first, uint32_t last) {
  for (size_t i = 0; i < f->n_citations; i++)
    if (f->citation[i].first == first && f->citation[i].last == last) return NULL; /* cited already */
  if (f->n_citations >= FINDING_CITATIONS_MAX || first == 0) return NULL;
  struct citation *c = &f->citation[f->n_citations++];
  *c = (struct citation){.first = first, .last = last, .count = 1};
  return c;
}

/* "5 SYNs without answer", "the reset that refused it" ... */
static int flow_why(const struct flow_view *v, char **why_out) {
  char span[STAMP_TEXT_SIZE] = "";
  bool spread = stamp_known(v->syn_first) && stamp_before(v->syn_first, v->syn_last);
  if (spread) stamp_print_span(span, stamp_since(v->syn_first, v->syn_last));
  switch (v->outcome) {
    case OUTCOME_NO_ANSWER:
      if (v->proto == 6)
        return text_set(why_out, "%u SYN%s without answer%s%s", v->n_syn, v->n_syn == 1 ? "" : "s",
                        spread ? " over " : "", span);
      return text_set(why_out, "%llu request%s without answer", (unsigned long long)v->packets[TO_SERVER],
                      v->packets[TO_SERVER] == 1 ? "" : "s");
    case OUTCOME_REFUSED:
      return text_set(why_out, "a connection attempt answered with a reset");
    case OUTCOME_REJECTED:
      return text_set(why_out, "the attempt that an ICMP error answered");
    case OUTCOME_STALLED:
      return text_set(why_out, "a connection whose data was never acknowledged");
    case OUTCOME_HALF_OPEN:
      return text_set(why_out, "a SYN/ACK that the client never acknowledged");
    case OUTCOME_CUT:
      return text_set(why_out, "a connection reset at its first data");
    case OUTCOME_ESTABLISHED:
      return text_set(why_out, "a connection that was answered");
    case OUTCOME_ANSWERED:
      return text_set(why_out, "a request that was answered");
    default:
      return text_set(why_out, "the traffic judged");
  }
}

static int flow_cite(const struct cause *c, struct finding *f, size_t index) {
  struct flow_view v;
  traffic_flow(c->r->a->traffic, index, &v);
  if (v.app.origin && f->verdict != VERDICT_UNEXPECTED_OPEN) {
    struct citation *origin = citation_add(f, v.app.origin->packet, v.app.origin->packet);
    static const char *const announcers[] = {"the endpoint mapper announced", "DCOM announced",
                                             "a sealed DCOM answer is taken to announce"};
    const char *who = announcers[v.app.origin->by < LEARNED_BY_COUNT ? v.app.origin->by : LEARNED_BY_INFERRED];
    if (origin && text_set(&origin->why, "%s %s port %u for %s", who, words_proto(v.app.origin->proto),
                           v.app.origin->port, words_learned(v.app.origin)))
      return -ENOMEM;
  }
  struct citation *flow = citation_add(f, v.packet_first, v.packet_last);
  if (flow) {
    flow->count = (uint32_t)(v.packets[TO_SERVER] + v.packets[TO_CLIENT]);
    if (flow_why(&v, &flow->why)) return -ENOMEM;
    f->flow[f->n_flows++] = index;
  }
  if (v.outcome != OUTCOME_REJECTED || !address_known(&v.icmp.from)) return 0;
  struct citation *error = citation_add(f, v.icmp.packet, v.icmp.packet);
  char from[WORDS_SIZE];
  if (!error) return 0;
  return text_set(&error->why, "ICMP type %u code %u from %s", v.icmp.type, v.icmp.code,
                  words_host(from, c->r, &v.icmp.from));
}

static bool flow_is_evidence(const struct cause *c, size_t index) {
  struct flow_view v;
  traffic_flow(c->r->a->traffic, index, &v);
  return v.outcome == c->first->c.outcome;
}

static int citation_order(const void *a, const void *b) {
  const struct citation *x = a, *y = b;
  if (x->first != y->first) return x->first < y->first ? -1 : 1;
  return (x->last > y->last) - (x->last < y->last);
}

/* A flow takes up to three citations. */
static bool room_for_flow(const struct finding *f) {
  return f->n_flows < FINDING_FLOWS_MAX && f->n_citations + 3 <= FINDING_CITATIONS_MAX;
}

int finding_evidence(const struct cause *c, struct finding *f) {
  f->flow = array_new(FINDING_FLOWS_MAX, sizeof *f->flow);
  f->citation = array_new(FINDING_CITATIONS_MAX, sizeof *f->citation);
  if (!f->flow || !f->citation) return -ENOMEM;
  const struct conversation *first = &c->first->c;
  for (size_t i = 0; i < first->n_samples && room_for_flow(f); i++)
    if (flow_is_evidence(c, first->sample[i]) && flow_cite(c, f, first->sample[i])) return -ENOMEM;
  const uint32_t denied = first->why == WHY_TARGET_DOWN ? c->first->up_denied : 0;
  if (denied && room_for_flow(f) && flow_cite(c, f, denied - 1)) return -ENOMEM;
  for (size_t i = 1; i < c->n && room_for_flow(f); i++)
    if (flow_cite(c, f, talk_decider(&c->r->talks, cause_talk(c, i)))) return -ENOMEM;
  qsort(f->citation, f->n_citations, sizeof *f->citation, citation_order);
  return 0;
}
