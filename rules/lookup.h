/* Who asked for something that no rule is about, and whether anybody answered: stages of services alone. */
#ifndef WW_RULES_LOOKUP_H
#define WW_RULES_LOOKUP_H

#include "rules/audit_internal.h"

/* A client or a host that pushed: whoever may have looked up a name. */
struct asker {
  struct address address;   /* first: they are searched by it */
  struct stage_cell lookup; /* how it went; STAGE_NOT_STARTED: it did not ask */
};

/* What each of the askers, which are in address order and distinct, asked of these services, by port. Negative: memory
 * is out. */
int lookups_find(const struct audit_run *r, const struct service_set *services, struct asker *asker, size_t n);

/* NULL: the address is none of them. */
struct asker *asker_find(struct asker *asker, size_t n, const struct address *a);

#endif
