/* The other address of a host: IPv4 beside IPv6. */
#ifndef WW_RULES_TWIN_H
#define WW_RULES_TWIN_H

#include "rules/audit_internal.h"

struct twins;

/* Who is who, by name, and what got through to whom; NULL in *twins_out when nothing was blocked, or only one family was
 * seen. Negative: memory is out. Release with twins_free. */
int twins_make(const struct audit_run *r, struct twins **twins_out);
void twins_free(struct twins *t);

/* A talk that met the same rule and service and got through, to the same server over the other family, from the same
 * client or one of its role. NULL: none, or nothing ties the addresses. */
const struct talk *twin_find(const struct twins *t, const struct talk *k);

#endif
