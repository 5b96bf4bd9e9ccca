/* Roles from behaviour, for captures that come without a site file: who opens SMB and RPC to many, who answers HTTP for
 * many on the management ports. A proposal is marked as one everywhere (site.proposed). */
#ifndef WW_RULES_PROPOSE_H
#define WW_RULES_PROPOSE_H

#include "classifier/traffic.h"
#include "rules/site.h"

/* A site for the policy with the roles that the traffic suggests, looked for on so many threads at most; NULL: memory is
 * out. Release with site_free. */
struct site *site_propose(const struct policy *p, const struct traffic *t, unsigned threads);

#endif
