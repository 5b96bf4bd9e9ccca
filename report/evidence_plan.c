#include "report/evidence_plan.h"

#include <stdlib.h>
#include <string.h>

#include "report/words.h"
#include "util/array.h"

static bool add(struct evidence_plan *p, const struct want *w) {
  if (w->first == 0 || w->last < w->first) return true;
  struct want *to = ARRAY_PUSH(p->want, p->n, p->capacity);
  if (to) *to = *w;
  return to != NULL;
}

static bool add_proof(struct evidence_plan *p, uint32_t finding, uint32_t packet, const char *why) {
  return add(p, &(struct want){.rank = WANT_PROOF, .first = packet, .last = packet, .finding = finding, .why = why});
}

/* Citations first: their words are the most exact. A run of packets holds others in between: only those of the
 * finding's flows belong to it. */
static bool add_finding(struct evidence_plan *p, const struct result_finding *f, uint32_t index) {
  for (size_t i = 0; i < f->n_citations; i++) {
    const struct result_citation *c = &f->citation[i];
    struct want w = {.first = c->first, .last = c->last, .finding = index, .why = c->why};
    if (c->first != c->last) w.rank = WANT_CITED;
    if (c->first != c->last && f->n_flows) w.flows_of = f;
    if (!add(p, &w)) return false;
  }
  if (!add_proof(p, index, f->origin.packet, "announces the port") ||
      !add_proof(p, index, f->icmp.packet, "the ICMP error about this flow") ||
      !add(p, &(struct want){.rank = WANT_PROOF,
                             .first = f->alive_from,
                             .last = UINT32_MAX,
                             .finding = index,
                             .why = "proof that the host is there: it sent this",
                             .sender = f->server}))
    return false;
  for (size_t i = 0; i < f->n_flows; i++) {
    const struct result_flow *flow = &f->flow[i];
    if (!add(p, &(struct want){.first = flow->packet_first,
                               .last = flow->packet_last,
                               .finding = index,
                               .rank = WANT_FLOW,
                               .why = "of the flow described",
                               .flow = flow}))
      return false;
  }
  return true;
}

static int by_first(const void *a, const void *b) {
  const struct want *x = a, *y = b;
  if (x->first != y->first) return x->first < y->first ? -1 : 1;
  if (x->finding != y->finding) return x->finding < y->finding ? -1 : 1;
  if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
  if (x->last != y->last) return x->last < y->last ? -1 : 1;
  return strcmp(x->why ? x->why : "", y->why ? y->why : "");
}

bool evidence_plan_make(struct evidence_plan *p, const struct result *r, size_t n_findings) {
  *p = (struct evidence_plan){0};
  for (size_t i = 0; i < n_findings; i++)
    if (!add_finding(p, &r->finding[i], (uint32_t)i)) return false;
  if (p->n) qsort(p->want, p->n, sizeof *p->want, by_first);
  return true;
}

void evidence_plan_free(struct evidence_plan *p) {
  free(p->want);
  free(p->active);
  *p = (struct evidence_plan){0};
}

size_t evidence_plan_move(struct evidence_plan *p, uint32_t packet, bool *failed_out) {
  size_t kept = 0;
  for (size_t i = 0; i < p->n_active; i++)
    if (p->want[p->active[i]].last >= packet) p->active[kept++] = p->active[i];
  p->n_active = kept;
  for (; p->next < p->n && p->want[p->next].first <= packet; p->next++) {
    if (p->want[p->next].last < packet) continue;
    size_t *to = ARRAY_PUSH(p->active, p->n_active, p->active_capacity);
    if (to)
      *to = p->next;
    else
      *failed_out = true;
  }
  return p->n_active;
}

static bool end_is(const struct address *a, const struct address *address, uint16_t port, uint16_t wanted) {
  return port == wanted && address_equal(a, address);
}

static bool flow_has(const struct result_flow *f, const struct packet *p) {
  struct address src = packet_src(p), dst = packet_dst(p);
  char proto[PROTO_TEXT_SIZE];
  if (!f->proto || strcmp(f->proto, proto_print(proto, p->proto)) != 0) return false;
  bool up =
      end_is(&src, &f->client, p->src_port, f->client_port) && end_is(&dst, &f->server, p->dst_port, f->server_port);
  bool down =
      end_is(&src, &f->server, p->src_port, f->server_port) && end_is(&dst, &f->client, p->dst_port, f->client_port);
  return up || down;
}

static bool sent_by(const struct address *sender, const struct packet *packet, unsigned n) {
  for (unsigned i = 0; i < n; i++) {
    struct address src = packet_src(&packet[i]);
    if (address_equal(&src, sender)) return true;
  }
  return false;
}

bool want_takes(struct want *w, const struct packet *packet, unsigned n) {
  if (address_known(&w->sender)) {
    bool taken = w->last && sent_by(&w->sender, packet, n);
    if (taken) w->last = 0;
    return taken;
  }
  if (!w->flow && !w->flows_of) return true;
  for (unsigned i = 0; i < n; i++) {
    if (packet[i].flags & PACKET_QUOTE) continue;
    if (w->flow && flow_has(w->flow, &packet[i])) return true;
    for (size_t k = 0; w->flows_of && k < w->flows_of->n_flows; k++)
      if (flow_has(&w->flows_of->flow[k], &packet[i])) return true;
  }
  return false;
}
