/* One flow of the flows list: the columns of a record, in JSON Lines and tab-separated values. */
#ifndef WW_REPORT_FLOW_RECORD_H
#define WW_REPORT_FLOW_RECORD_H

#include "classifier/traffic.h"
#include "util/out.h"

/* One record and its newline. Packet numbers are those of the file, which facts (may be NULL: one unnamed file) tells.
 */
void flow_record_jsonl(const struct flow_view *v, const struct timeline_facts *facts, struct out *to);
void flow_record_tsv(const struct flow_view *v, const struct timeline_facts *facts, struct out *to);

/* The heading line of the tab-separated form. */
void flow_record_tsv_head(struct out *to);

#endif
