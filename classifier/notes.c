/* Lists live in the arena and double; the dead copies of a doubled list are at most as large as the list itself. */
#include "classifier/notes.h"

#include <string.h>

/* Room for one more in a list that lives in the arena; NULL at its limit or when memory is out. */
static void *list_more(struct arena *arena, void **list, uint16_t *n, uint16_t *size, size_t element, uint16_t limit) {
  if (*n >= limit) return NULL;
  if (*n == *size) {
    uint16_t larger = (uint16_t)(*size ? *size * 2 : 4);
    void *copy = arena_get(arena, larger * element);
    if (!copy) return NULL;
    if (*n) memcpy(copy, *list, *n * element);
    *list = copy;
    *size = larger;
  }
  return (uint8_t *)*list + (size_t)(*n)++ * element;
}

uint16_t note_bind(struct note_taker *t, const struct uuid *uuid, uint16_t major, uint16_t minor) {
  struct notes *notes = t->notes;
  for (uint16_t i = 0; i < notes->n_rpc; i++) {
    const struct rpc_bind *b = &notes->rpc[i];
    if (memcmp(&b->uuid, uuid, sizeof *uuid) == 0 && b->version_major == major && b->version_minor == minor) return i;
  }
  void *list = notes->rpc;
  struct rpc_bind *b = list_more(t->arena, &list, &notes->n_rpc, &notes->rpc_size, sizeof *b, NOTES_RPC_MAX);
  if (!b) return NOTE_NOT_KEPT;
  notes->rpc = list;
  t->news = true;
  const struct rpc_interface *known = rpc_interface_find(uuid);
  *b = (struct rpc_bind){.uuid = *uuid,
                         .version_major = major,
                         .version_minor = minor,
                         .name = known ? known->name : NULL,
                         .service = known ? known->service : SERVICE_RPC,
                         .packet = t->packet};
  return (uint16_t)(notes->n_rpc - 1);
}

void note_bind_accepted(struct note_taker *t, uint16_t place) {
  if (place < t->notes->n_rpc) t->notes->rpc[place].accepted = true;
}

void note_endpoint(struct note_taker *t, struct learned *endpoint) {
  struct notes *notes = t->notes;
  endpoint->client = t->dst;
  endpoint->announcer = t->src;
  if (!address_known(&endpoint->server)) endpoint->server = t->src;
  endpoint->packet = t->packet;
  endpoint->time = t->time;
  for (uint16_t i = notes->n_learned; i > 0 && notes->learned[i - 1].packet == t->packet; i--) {
    const struct learned *l = &notes->learned[i - 1];
    if (l->port == endpoint->port && l->proto == endpoint->proto && l->by == endpoint->by &&
        address_equal(&l->server, &endpoint->server) && memcmp(&l->uuid, &endpoint->uuid, sizeof l->uuid) == 0)
      return;
  }
  void *list = notes->learned;
  struct learned *l = list_more(t->arena, &list, &notes->n_learned, &notes->learned_size, sizeof *l, NOTES_LEARNED_MAX);
  if (!l) {
    t->counts->learned_refused++;
    return;
  }
  notes->learned = list;
  *l = *endpoint;
  learned_add(t->learned, endpoint, &t->counts->learned_refused);
}

void note_expect(struct note_taker *t, const struct address *client, const struct address *announcer) {
  struct learned hint = {.service = SERVICE_DCOM,
                         .client = *client,
                         .server = *announcer,
                         .announcer = *announcer,
                         .proto = PROTO_TCP,
                         .by = LEARNED_BY_INFERRED,
                         .packet = t->packet,
                         .time = t->time};
  learned_expect(t->learned, &hint);
}

void note_tree(struct note_taker *t, const char *text) {
  struct notes *notes = t->notes;
  for (uint16_t i = 0; i < notes->n_trees; i++)
    if (strcmp(notes->tree[i], text) == 0) return;
  const char *copy = arena_text(t->arena, text, strlen(text));
  if (!copy) return;
  void *list = notes->tree;
  const char **at = list_more(t->arena, &list, &notes->n_trees, &notes->trees_size, sizeof *at, NOTES_TREES_MAX);
  if (!at) return;
  notes->tree = list;
  t->news = true;
  *at = copy;
}
