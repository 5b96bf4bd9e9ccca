/* The application engine of one shard: answers by port. */
#include "classifier/app.h"

#include <stdlib.h>

#include "util/array.h"

struct app {
  struct app_counts counts;
};

char *uuid_print(char to[UUID_TEXT_SIZE], const struct uuid *u) {
  static const char digits[] = "0123456789abcdef";
  char *at = to;
  for (int i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
    *at++ = digits[u->octet[i] >> 4];
    *at++ = digits[u->octet[i] & 15];
  }
  *at = 0;
  return to;
}

const char *learned_by_name(enum learned_by b) {
  static const char *const names[] = {
      [LEARNED_BY_EPM] = "epm", [LEARNED_BY_OXID] = "oxid", [LEARNED_BY_INFERRED] = "inferred"};
  _Static_assert(sizeof names / sizeof *names == LEARNED_BY_COUNT, "a name for every way");
  return b < LEARNED_BY_COUNT ? names[b] : "unknown";
}

struct app *app_new(const struct app_options *options) {
  (void)options;
  return array_new(1, sizeof(struct app));
}

void app_free(struct app *a) { free(a); }

void app_syn(struct app *a, uint32_t *slot, const struct packet *p) { (void)a, (void)slot, (void)p; }

bool app_payload(struct app *a, uint32_t *slot, const struct packet *p) {
  (void)a, (void)slot, (void)p;
  return false;
}

void app_close(struct app *a, uint32_t *slot) { (void)a, (void)slot; }

void app_finish(struct app *a) { (void)a; }

void app_view(const struct app *a, uint32_t slot, uint8_t proto, uint16_t client_port, uint16_t server_port,
              struct app_view *view_out) {
  (void)a, (void)slot, (void)client_port;
  *view_out = (struct app_view){.service = service_of_port(proto, server_port), .service_by = SERVICE_BY_PORT};
}

size_t app_name_count(const struct app *a) {
  (void)a;
  return 0;
}

const struct host_name *app_name(const struct app *a, size_t index) {
  (void)a, (void)index;
  return NULL;
}

const struct app_counts *app_counts(const struct app *a) { return &a->counts; }
