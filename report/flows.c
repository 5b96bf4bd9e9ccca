/* The flows list: every flow of a traffic, one record a line, in the order of first packets. Flows do not depend on
 * each other, so threads share them. */
#include "report/flow_record.h"
#include "report/in_turn.h"
#include "report/writer.h"

enum { PART = 256, AHEAD = 8 }; /* flows */

typedef void print_record(const struct flow_view *v, const struct timeline_facts *facts, struct out *to);

struct listing {
  const struct traffic *traffic;
  print_record *print;
};

static void flows_print(const void *of, size_t from, size_t end, struct out *to) {
  const struct listing *l = of;
  const struct timeline_facts *facts = traffic_capture(l->traffic)->timeline;
  const size_t n = traffic_flow_count(l->traffic);
  struct flow_view v;
  for (size_t i = from; i < end && !to->failed; i++) {
    if (i + AHEAD < n) traffic_flow_prefetch(l->traffic, i + AHEAD);
    traffic_flow(l->traffic, i, &v);
    l->print(&v, facts, to);
  }
}

static void list(const struct traffic *t, print_record *print, unsigned threads, struct out *to) {
  const struct listing l = {.traffic = t, .print = print};
  in_turn_print(&(struct in_turn){.n = traffic_flow_count(t), .part = PART, .of = &l, .print = flows_print}, threads,
                to);
}

void report_flows_jsonl(const struct traffic *t, unsigned threads, struct out *to) {
  list(t, flow_record_jsonl, threads, to);
}

void report_flows_tsv(const struct traffic *t, unsigned threads, struct out *to) {
  flow_record_tsv_head(to);
  list(t, flow_record_tsv, threads, to);
}
