/* JSON Lines for machines: one object a change, one a second with the counters, one at the end. */
#include <stdio.h>

#include "cli/live_view.h"
#include "util/json.h"

struct event {
  struct out out;
  struct json json;
};

static void event_start(struct event *e, const struct live_look *k, const char *name) {
  char time[STAMP_TEXT_SIZE];
  out_init(&e->out, stdout);
  json_init(&e->json, &e->out);
  json_object(&e->json, false);
  json_key(&e->json, "event"), json_text(&e->json, name);
  json_key(&e->json, "time"), json_text(&e->json, stamp_print_seconds(time, k->now));
}

static void event_end(struct event *e) {
  json_end(&e->json);
  out_char(&e->out, '\n');
  out_close(&e->out);
}

static void put_host(struct json *j, const char *key, const struct audit *a, const struct address *host) {
  char text[ADDRESS_TEXT_SIZE];
  struct host_view h;
  json_key(j, key), json_text(j, address_print(text, host));
  json_key(j, "name"), json_text(j, traffic_host(a->traffic, host, &h) ? h.name : NULL);
}

static void event_change(const struct live_look *k, const struct stage_change *c) {
  if (!live_look_shows(k, &c->client)) return;
  struct event e;
  struct json *j = &e.json;
  char because[STAGE_BECAUSE_SIZE], time[STAMP_TEXT_SIZE];
  struct conversation talk = {.syn_last = STAMP_NONE};
  if (c->cell->conversation >= 0) audit_conversation(c->audit, (size_t)c->cell->conversation, &talk);
  event_start(&e, k, "stage");
  put_host(j, "client", c->audit, &c->client);
  json_key(j, "stage"), json_text(j, c->audit->policy->stage[c->stage].name);
  json_key(j, "was"), json_text(j, watch_state_name(c->was));
  json_key(j, "state"), json_text(j, watch_state_name(c->now));
  json_key(j, "because"), json_text(j, stage_because(because, c->audit, c->cell));
  json_key(j, "retracted"), json_bool(j, c->retracted);
  json_key(j, "first_blocker"), json_bool(j, c->first_blocker);
  json_key(j, "packet");
  if (c->cell->packet)
    json_u64(j, c->cell->packet);
  else
    json_null(j);
  json_key(j, "syns"), json_u64(j, talk.n_syn);
  json_key(j, "last_syn");
  json_text(j, stamp_known(talk.syn_last) ? stamp_print_seconds(time, talk.syn_last) : NULL);
  event_end(&e);
}

static void event_counters(const struct live_look *k, const char *name) {
  struct event e;
  struct json *j = &e.json;
  const struct live_counts *c = &k->counts;
  event_start(&e, k, name);
  const struct {
    const char *key;
    uint64_t value;
  } counter[] = {
      {"packets", c->frames},
      {"dropped_kernel", c->dropped_kernel},
      {"dropped_ring", c->dropped_pool},
      {"dropped_analysis", c->dropped_analysis},
      {"dropped_record", c->dropped_record},
      {"recorded_bytes", c->record_bytes},
      {"interfaces_up", c->n_up},
      {"ring_fill_percent", (uint64_t)(c->fill * 100)},
      {"findings", k->n_findings},
  };
  for (size_t i = 0; i < sizeof counter / sizeof *counter; i++)
    json_key(j, counter[i].key), json_u64(j, counter[i].value);
  json_key(j, "recording"), json_bool(j, c->recording);
  event_end(&e);
}

static void event_look(const struct live_look *k) { event_counters(k, "counters"); }
static void event_last(const struct live_look *k) { event_counters(k, "end"); }

const struct live_view live_events = {event_change, event_look, event_last};
