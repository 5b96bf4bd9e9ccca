/* Whom a finding is about, and what all its conversations come to.
 *
 * Conversations of one cause arrive in the order of the audit: by client, then by server. So the clients stand in
 * order, and of the servers each client has every one once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/finding.h"
#include "rules/gather.h"
#include "util/array.h"
#include "util/radix.h"

enum { AHEAD = 8 };

/* Servers by their place among all hosts, in the order of the clients; more than once when several clients have them.
 */
struct servers {
  struct radix_item *place;
  size_t n, capacity;
};

static int client_note(struct finding *f, const struct address *client, size_t *capacity) {
  if (f->clients_total++ >= FINDING_HOSTS_MAX) return 0;
  struct address *to = ARRAY_PUSH(f->client, f->n_clients, *capacity);
  if (to) *to = *client;
  return to ? 0 : -ENOMEM;
}

static int server_note(struct servers *s, uint32_t place) {
  struct radix_item *item = ARRAY_PUSH(s->place, s->n, s->capacity);
  if (item) item->high = place;
  return item ? 0 : -ENOMEM;
}

static int servers_list(const struct audit_run *r, struct servers *s, struct finding *f) {
  if (!(f->server = array_new(s->n < FINDING_HOSTS_MAX ? s->n : FINDING_HOSTS_MAX, sizeof *f->server)) ||
      radix_sort(s->place, s->n))
    return -ENOMEM;
  for (size_t i = 0; i < s->n; i++) {
    if (i && s->place[i].high == s->place[i - 1].high) continue;
    if (f->servers_total++ < FINDING_HOSTS_MAX) f->server[f->n_servers++] = r->talks.host[s->place[i].high].address;
  }
  return 0;
}

static void count_note(struct finding *f, const struct talk *k, const struct ruling *r, bool first) {
  f->attempts += r->attempts;
  f->successes += r->successes;
  f->n_syn += r->n_syn;
  f->first = first ? k->first : stamp_min(f->first, k->first);
  f->last = first ? k->last : stamp_max(f->last, k->last);
}

int finding_hosts(const struct audit_run *r, const uint32_t *talk, size_t n, struct finding *f, struct surest *surest) {
  struct servers servers = {0};
  const struct talk *last = NULL;
  size_t capacity = 0; /* of f->client */
  int rc = 0;
  for (size_t i = 0; rc == 0 && i < n; i++) {
    const struct talk *k = listed_talk(r, talk[i]);
    if (i + AHEAD < n) __builtin_prefetch(listed_talk(r, talk[i + AHEAD]));
    const bool other = !last || last->client != k->client;
    if (other) rc = client_note(f, talk_client_address(&r->talks, k), &capacity);
    if (rc == 0 && (other || last->server != k->server)) rc = server_note(&servers, k->server);
    const struct ruling *ruling = talk_ruling(&r->talks, k);
    count_note(f, k, ruling, !last);
    surest_offer(surest, k, ruling, i);
    last = k;
  }
  if (rc == 0) rc = servers_list(r, &servers, f);
  free(servers.place);
  return rc;
}
