/* Conversations shown to the application engine directly, packet by packet. The file that includes this owns the clock.
 */
#ifndef WW_TESTS_APP_TALK_H
#define WW_TESTS_APP_TALK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "classifier/app.h"

struct talk {
  struct app *app;
  uint32_t slot;
  uint32_t seq[2];
  uint16_t port[2]; /* client, server */
  uint8_t host[2][4];
  uint8_t proto;
  bool wanted;
};

static uint32_t packet_number;
static int64_t now_ms;

static inline struct talk talk_make(struct app *a, uint8_t client, uint16_t client_port, uint8_t server,
                                    uint16_t server_port) {
  struct talk t = {.app = a,
                   .port = {client_port, server_port},
                   .host = {{10, 0, 0, client}, {10, 0, 0, server}},
                   .proto = PROTO_TCP,
                   .wanted = true};
  return t;
}

static inline struct packet packet_of(const struct talk *t, int from, const struct frame *f) {
  return (struct packet){.time = f->time,
                         .number = f->packet,
                         .family = 4,
                         .proto = t->proto,
                         .src = t->host[from],
                         .dst = t->host[!from],
                         .src_id = be32_at(t->host[from]),
                         .dst_id = be32_at(t->host[!from]),
                         .src_port = t->port[from],
                         .dst_port = t->port[!from],
                         .seq = t->seq[from],
                         .ack = t->seq[!from],
                         .tcp_flags = TCP_ACK};
}

static inline struct frame next_frame(void) {
  packet_number++;
  now_ms += 2;
  return (struct frame){.packet = packet_number, .time = stamp_from_ms(now_ms)};
}

static inline void syn(struct talk *t) {
  struct frame f = next_frame();
  struct packet p = packet_of(t, 0, &f);
  p.tcp_flags = TCP_SYN;
  app_syn(t->app, &t->slot, &p);
  t->seq[0]++, t->seq[1]++;
}

static inline void say(struct talk *t, int from, const void *bytes, size_t len) {
  struct frame f = next_frame();
  struct packet p = packet_of(t, from, &f);
  p.payload = bytes_of(bytes, len);
  p.payload_len = (uint32_t)len;
  t->seq[from] += (uint32_t)len;
  if (t->wanted) t->wanted = app_payload(t->app, &t->slot, &p);
}

static inline struct app_view view(const struct talk *t) {
  struct app_view v;
  app_view(t->app, t->slot, t->proto, t->port[0], t->port[1], &v);
  return v;
}

static inline void check(const struct talk *t, enum service s, enum service_by by) {
  struct app_view v = view(t);
  assert_string_equal(service_name(v.service), service_name(s));
  assert_string_equal(service_by_name(v.service_by), service_by_name(by));
}

#endif
