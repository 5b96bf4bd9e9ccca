/* The result is replaced field by field: the tables of fields lead to every text and every address, so that none is
 * forgotten. Lists that are kept in order of address are put in order again. */
#include "report/anonymise.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "report/anonymise_internal.h"
#include "report/phrase.h"
#include "report/result_internal.h"
#include "util/array.h"

enum { SECRET_MAX = 1 << 16 };

struct anonymiser *anonymiser_new(const void *secret, size_t len) {
  static const uint8_t label[CIPHER_BLOCK] = "address padding";
  struct anonymiser *a = calloc(1, sizeof *a);
  if (!a) return NULL;
  a->cipher = cipher_new(secret, len);
  if (!a->cipher) {
    free(a);
    return NULL;
  }
  cipher_block(a->cipher, label, a->pad);
  return a;
}

int anonymiser_load(const char *path, struct anonymiser **anonymiser_out, struct err *e) {
  static const char too_short[] = "a key is at least 16 bytes; make one with: head -c 32 /dev/urandom > FILE";
  char *secret = calloc(1, SECRET_MAX);
  FILE *f = secret ? fopen(path, "rb") : NULL;
  struct anonymiser *a = NULL;
  int rc = secret ? f ? 0 : -errno : -ENOMEM;
  size_t len = f ? fread(secret, 1, SECRET_MAX, f) : 0;
  if (f && ferror(f)) rc = -EIO;
  if (rc == 0 && len < CIPHER_KEY_LEAST) {
    err_set(e, "%s: %s", path, too_short);
    rc = -EINVAL;
  } else if (rc == 0 && !(a = anonymiser_new(secret, len))) {
    rc = -ENOMEM;
  }
  if (rc < 0 && rc != -EINVAL) err_set(e, "%s: %s", path, strerror(-rc));
  if (f) fclose(f);
  if (secret) explicit_bzero(secret, SECRET_MAX);
  free(secret);
  if (rc == 0) *anonymiser_out = a;
  return rc;
}

void anonymiser_free(struct anonymiser *a) {
  if (!a) return;
  cipher_free(a->cipher);
  for (size_t i = 0; i < a->n_words; i++) {
    free(a->word[i].from);
    free(a->word[i].to);
  }
  free(a->word);
  free(a);
}

static int learn(struct anonymiser *a, const char *from, size_t len, const char *to) {
  if (len < 2) return 0;
  for (size_t i = 0; i < a->n_words; i++)
    // NOLINTNEXTLINE: both are texts
    if (strlen(a->word[i].from) == len && strncasecmp(a->word[i].from, from, len) == 0) return 0;
  struct replacement *r = ARRAY_PUSH(a->word, a->n_words, a->words_capacity);
  if (!r) return -ENOMEM;
  r->from = strndup(from, len);  // NOLINT: from is a text
  r->to = strdup(to);
  if (r->from && r->to) return 0;
  free(r->from);
  free(r->to);
  a->n_words--;
  return -ENOMEM;
}

/* "HOST-3F09A1": the same for one address under one key, in every report. */
static void host_label(const struct anonymiser *a, const struct address *address, char to[16]) {
  uint64_t mark = cipher_mark(a->cipher, "host", address, sizeof *address);
  snprintf(to, 16, "HOST-%06" PRIX64, mark >> 40);
}

/* A name, its first label and its domain; the same domain has the same replacement. */
static int learn_host(struct anonymiser *a, const struct result_host *h) {
  char label[16], domain[24];
  const char *dot = strchr(shown(h->name), '.');
  host_label(a, &h->address, label);
  int rc = h->name ? learn(a, h->name, strlen(h->name), label) : 0;
  if (rc < 0 || !dot) return rc;
  snprintf(domain, sizeof domain, "DOMAIN-%04" PRIX64, cipher_mark(a->cipher, "domain", dot, strlen(dot)) >> 48);
  rc = learn(a, h->name, (size_t)(dot - h->name), label);
  return rc < 0 ? rc : learn(a, dot + 1, strlen(dot + 1), domain);
}

static int learn_file(struct anonymiser *a, const struct result_input *in, size_t index) {
  char to[48];
  const char *base = phrase_file(in->path), *ending = strrchr(base, '.');
  bool known =
      ending && strlen(ending) <= 8 && strspn(ending + 1, "abcdefghijklmnopqrstuvwxyz0123456789") == strlen(ending + 1);
  snprintf(to, sizeof to, "capture-%zu%s", index + 1, known ? ending : "");
  int rc = learn(a, shown(in->path), strlen(shown(in->path)), to);
  return rc < 0 ? rc : learn(a, base, strlen(base), to);
}

static int longest_first(const void *x, const void *y) {
  const struct replacement *a = x, *b = y;
  size_t m = strlen(a->from), n = strlen(b->from);
  return m != n ? (m > n ? -1 : 1) : strcmp(a->from, b->from);
}

int anonymiser_learn(struct anonymiser *a, const struct result *r) {
  int rc = 0;
  for (size_t i = 0; i < r->inputs.n_files && rc == 0; i++) rc = learn_file(a, &r->inputs.file[i], i);
  if (rc == 0 && r->site.name) rc = learn(a, r->site.name, strlen(r->site.name), "SITE");
  for (size_t i = 0; i < r->n_hosts && rc == 0; i++) rc = learn_host(a, &r->host[i]);
  if (rc == 0 && a->n_words) qsort(a->word, a->n_words, sizeof *a->word, longest_first);
  return rc;
}

static int put(struct result *r, char **to, const char *text) {
  char *copy = text ? arena_text(&r->texts, text, strlen(text)) : NULL;
  if (text && !copy) return -ENOMEM;
  *to = copy;
  return 0;
}

struct visit {
  const struct anonymiser *anonymiser;
  struct result *result;
};

static int visit_text(void *ctx, char **text) {
  const struct visit *v = ctx;
  char *copy = anonymise_text(v->anonymiser, *text);
  const int rc = copy ? put(v->result, text, copy) : -ENOMEM;
  free(copy);
  return rc;
}

static int visit_address(void *ctx, struct address *address) {
  const struct visit *v = ctx;
  *address = anonymise_address(v->anonymiser, address);
  return 0;
}

/* A range whose ends are replaced already: only the prefix they share means anything. */
static int replace_range(struct result *r, char **text) {
  struct address first, last;
  const char *dash = strchr(*text, '-');
  if (!dash || !address_parse(*text, (size_t)(dash - *text), &first) ||
      !address_parse(dash + 1, strlen(dash + 1), &last))
    return 0;
  unsigned bits = first.family == 6 ? 128 : 32, same = 0;
  while (same < bits && !((first.octet[same / 8] ^ last.octet[same / 8]) & (0x80 >> same % 8))) same++;
  for (unsigned bit = same; bit < bits; bit++) first.octet[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
  char printed[ADDRESS_TEXT_SIZE], whole[ADDRESS_TEXT_SIZE + 32];
  snprintf(whole, sizeof whole, "within %s/%u", address_print(printed, &first), same);
  return put(r, text, whole);
}

static int replace_ranges(struct result *r) {
  int rc = 0;
  for (size_t i = 0; i < r->site.n_roles && rc == 0; i++)
    for (size_t k = 0; k < r->site.role[i].n_hosts && rc == 0; k++) rc = replace_range(r, &r->site.role[i].hosts[k]);
  return rc;
}

void anonymise_fingerprint(const struct anonymiser *a, const char *fingerprint, char to[17]) {
  snprintf(to, 17, "%016" PRIx64, cipher_mark(a->cipher, "fingerprint", fingerprint, strlen(fingerprint)));
}

static int replace_findings(const struct anonymiser *a, struct result *r) {
  char mark[17];
  int rc = 0;
  for (size_t i = 0; i < r->n_findings && rc == 0; i++) {
    anonymise_fingerprint(a, shown(r->finding[i].fingerprint), mark);
    rc = put(r, &r->finding[i].fingerprint, mark);
    for (size_t k = 0; k < r->finding[i].n_flows && rc == 0; k++) {
      anonymise_fingerprint(a, shown(r->finding[i].flow[k].id), mark);
      rc = put(r, &r->finding[i].flow[k].id, mark);
    }
  }
  return rc;
}

/* Free texts that tools and people wrote into the files; nobody can tell what is in them. */
static int drop_file_texts(struct result *r) {
  int rc = 0;
  for (size_t i = 0; i < r->inputs.n_files && rc == 0; i++) {
    struct result_input *in = &r->inputs.file[i];
    rc = put(r, &in->damage_text, NULL);
    if (in->error && rc == 0) rc = put(r, &in->error, "could not be read");
    for (size_t k = 0; k < in->n_ifaces && rc == 0; k++) {
      rc = put(r, &in->iface[k].name, NULL);
      if (rc == 0) rc = put(r, &in->iface[k].description, NULL);
    }
    for (size_t k = 0; k < in->n_comments && rc == 0; k++) rc = put(r, &in->comment[k].text, "removed");
  }
  return rc;
}

/* Names by what stands for them; a name that the generic pass could not know as one is not left to chance. */
static int replace_hosts(const struct anonymiser *a, struct result *r) {
  int rc = 0;
  for (size_t i = 0; i < r->n_hosts && rc == 0; i++) {
    char label[16];
    host_label(a, &r->host[i].address, label);
    rc = put(r, &r->host[i].name, label);
  }
  return rc;
}

static int by_host(const void *x, const void *y) {
  return address_compare(&((const struct result_host *)x)->address, &((const struct result_host *)y)->address);
}
static int by_coverage(const void *x, const void *y) {
  return address_compare(&((const struct result_coverage *)x)->host, &((const struct result_coverage *)y)->host);
}
static int by_client(const void *x, const void *y) {
  return address_compare(&((const struct result_client *)x)->client, &((const struct result_client *)y)->client);
}
static int by_conversation(const void *x, const void *y) {
  const struct result_conversation *a = x, *b = y;
  if (a->verdict != b->verdict) return a->verdict < b->verdict ? -1 : 1;
  int order = address_compare(&a->client, &b->client);
  if (!order) order = address_compare(&a->server, &b->server);
  if (!order) order = strcmp(shown(a->proto), shown(b->proto));
  return order ? order : (a->port > b->port) - (a->port < b->port);
}

#define SORT(list, n, order)                      \
  do {                                            \
    if (n) qsort(list, n, sizeof *(list), order); \
  } while (0)

static void sort_again(struct result *r) {
  SORT(r->host, r->n_hosts, by_host);
  SORT(r->coverage, r->n_coverage, by_coverage);
  SORT(r->push.client, r->push.n_clients, by_client);
  SORT(r->conversation, r->n_conversations, by_conversation);
  for (size_t i = 0; i < r->n_findings; i++) {
    SORT(r->finding[i].clients, r->finding[i].n_clients, address_order);
    SORT(r->finding[i].servers, r->finding[i].n_servers, address_order);
  }
}

int anonymise_result(struct anonymiser *a, struct result *r) {
  struct visit all = {a, r};
  const struct record_visitor visitor = {visit_text, visit_address, &all};
  int rc = replace_hosts(a, r);
  if (rc == 0) rc = replace_findings(a, r);
  if (rc == 0) rc = drop_file_texts(r);
  char *schema = r->schema;
  r->schema = NULL;
  if (rc == 0) rc = record_walk(&result_record, r, &visitor);
  r->schema = schema;
  if (rc == 0) rc = replace_ranges(r);
  sort_again(r);
  r->run.anonymised = true;
  return rc;
}
