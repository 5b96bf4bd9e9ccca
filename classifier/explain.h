/* Why a flow was judged as it was, in words: the facts, the numbered steps of doc/verdicts.md that were asked, the one
 * that answered, and what would change the answer. */
#ifndef WW_CLASSIFIER_EXPLAIN_H
#define WW_CLASSIFIER_EXPLAIN_H

#include <stddef.h>

#include "classifier/traffic.h"
#include "util/out.h"

/* Writes the explanation of flow index (below traffic_flow_count) as plain text of at most 100 columns. Returns 0;
 * failures of writing stay in *to. */
int explain_flow(const struct traffic *t, size_t index, struct out *to);

#endif
