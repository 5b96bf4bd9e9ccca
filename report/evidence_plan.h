/* Which packets of the timeline the evidence of which finding wants, and why. */
#ifndef WW_REPORT_EVIDENCE_PLAN_H
#define WW_REPORT_EVIDENCE_PLAN_H

#include "capture/packet.h"
#include "report/result_internal.h"

/* How exactly a packet is named; where room is short, exact ones come first. */
enum want_rank { WANT_ONE, WANT_CITED, WANT_PROOF, WANT_FLOW };

/* A run of packets that one finding wants. */
struct want {
  enum want_rank rank;
  uint32_t first, last;
  uint32_t finding;
  const char *why;                       /* borrowed from the result or constant */
  const struct result_flow *flow;        /* only packets of this flow; NULL: all of them */
  const struct result_finding *flows_of; /* only packets of any of its flows; NULL */
  struct address sender;                 /* only the first packet that this host sent; family 0: anybody's */
};

struct evidence_plan {
  struct want *want; /* by first packet, then finding, then narrower first */
  size_t n, capacity;
  size_t next;    /* wants that begin after the packet asked last */
  size_t *active; /* indexes of wants that are open */
  size_t n_active, active_capacity;
};

/* The wants of the first n findings. False: memory is out. Release with evidence_plan_free. */
bool evidence_plan_make(struct evidence_plan *p, const struct result *r, size_t n_findings);
void evidence_plan_free(struct evidence_plan *p);

/* Moves on to a packet of the timeline (never backwards) and says how many wants cover its number; they are active[].
 */
size_t evidence_plan_move(struct evidence_plan *p, uint32_t packet, bool *failed_out);

/* Whether the want takes this packet (n decoded packets of its frame). One that is for a single packet is over then. */
bool want_takes(struct want *w, const struct packet *packet, unsigned n);

#endif
