/* The flows list: every flow of a traffic, one record a line, in the order of first packets. */
#include "report/flow_record.h"
#include "report/writer.h"

void report_flows_jsonl(const struct traffic *t, struct out *to) {
  const struct timeline_facts *facts = traffic_capture(t)->timeline;
  struct flow_view v;
  for (size_t i = 0; i < traffic_flow_count(t) && !to->failed; i++) {
    traffic_flow(t, i, &v);
    flow_record_jsonl(&v, facts, to);
  }
}

void report_flows_tsv(const struct traffic *t, struct out *to) {
  const struct timeline_facts *facts = traffic_capture(t)->timeline;
  struct flow_view v;
  flow_record_tsv_head(to);
  for (size_t i = 0; i < traffic_flow_count(t) && !to->failed; i++) {
    traffic_flow(t, i, &v);
    flow_record_tsv(&v, facts, to);
  }
}
