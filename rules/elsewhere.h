/* Services on another port than the site file says: a parameter that somebody forgot to set. */
#ifndef WW_RULES_ELSEWHERE_H
#define WW_RULES_ELSEWHERE_H

#include "rules/match.h"

enum { ELSEWHERE_MAX = 16, ELSEWHERE_SLOTS = 256 };

/* One service of one rule, found on one port. */
struct elsewhere_port {
  uint32_t rule;
  int32_t service; /* policy service */
  uint16_t port;
  size_t flow; /* traffic_flow index of the first one */
};

struct elsewhere {
  struct elsewhere_port port[ELSEWHERE_MAX]; /* in the order found */
  size_t n;
  struct {
    uint32_t endpoint; /* its hash */
    uint8_t looks;
  } slot[ELSEWHERE_SLOTS]; /* endpoints that were looked at already, as far as the slots go */
};

/* A conversation that no rule is about, and what its payload shows to run there. */
struct elsewhere_talk {
  uint32_t client_class, server_class;
  const struct address *server;
  uint16_t port; /* TCP */
  enum service service;
  size_t flow;
};
void elsewhere_note(struct elsewhere *e, const struct matcher *m, const struct elsewhere_talk *k);

#endif
