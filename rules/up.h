/* Hosts that were up by the word of the site file, and packets that deny it. */
#ifndef WW_RULES_UP_H
#define WW_RULES_UP_H

#include "rules/gather.h"
#include "rules/verdict.h"

struct up_facts {
  uint32_t *denied; /* [gathered host]: traffic_flow index + 1 of the flow whose ICMP error denies that it was up; 0.
                     * NULL when the site says of nobody that it was up */
  size_t n_denied;  /* hosts */
};

/* Looks for errors about the hosts declared up. Negative: memory is out. Release with up_free. */
int up_make(const struct traffic *t, const struct matcher *m, const struct gathered *g, struct up_facts *up_out);
void up_free(struct up_facts *up);

/* What is known of the hosts of a conversation besides its flows. */
struct sense_witness up_witness(const struct up_facts *up, const struct traffic *t, const struct matcher *m,
                                const struct gathered *g, const struct gathered_talk *k);

#endif
