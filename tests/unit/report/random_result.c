#include "random_result.h"

#include <stdlib.h>
#include <string.h>

#include "report/writer.h"
#include "util/array.h"
#include "util/text.h"

#define AT(type, value, offset) ((type *)(void *)((char *)(value) + (offset)))

const char *const hostile_texts[] = {
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "]]> <!-- & &amp; &#x41;",
    "=HYPERLINK(\"https://example.invalid\",\"x\")",
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\\\",\"admin\":true,\"",
    "| a | b |\\n**bold** [x](javascript:alert(1)) `code` # head",
    "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\xa5 \xe6\xbc\xa2\xe5\xad\x97",
    "%s%n%d {{7*7}} ${x}",
    "javascript:alert(1)//",
    "",
};
const size_t n_hostile_texts = sizeof hostile_texts / sizeof *hostile_texts;

struct filler {
  const struct random_options *o;
  unsigned seed;
  struct arena *texts;
};

static unsigned pick(struct filler *f, unsigned below) { return below ? (unsigned)rand_r(&f->seed) % below : 0; }

static char *random_text(struct filler *f) {
  const char *text = f->o->n_texts ? f->o->texts[pick(f, (unsigned)f->o->n_texts)] : "text";
  return record_text(f->texts, text, strlen(text));
}

static struct address random_address(struct filler *f) {
  uint8_t octet[16];
  for (size_t i = 0; i < sizeof octet; i++) octet[i] = (uint8_t)pick(f, 256);
  return address_make(pick(f, 3) ? 4 : 6, octet);
}

static void fill(struct filler *f, const struct record *r, void *value);

static void fill_list(struct filler *f, const struct field *field, void *value) {
  size_t n = pick(f, (unsigned)f->o->list_max + 1);
  if (field->record == &result_finding_record && f->o->n_findings) n = f->o->n_findings;
  if (strcmp(field->name, "conversations") == 0 && f->o->n_conversations) n = f->o->n_conversations;
  size_t size = field->kind == FIELD_LIST        ? field->record->size
                : field->kind == FIELD_TEXT_LIST ? sizeof(char *)
                                                 : sizeof(struct address);
  char *items = array_new(n, size);
  for (size_t i = 0; i < n; i++) {
    void *at = items + i * size;
    if (field->kind == FIELD_LIST)
      fill(f, field->record, at);
    else if (field->kind == FIELD_TEXT_LIST)
      *(char **)at = random_text(f);
    else
      *(struct address *)at = random_address(f);
  }
  *AT(char *, value, field->offset) = items;
  *AT(size_t, value, field->n_offset) = n;
}

static void fill(struct filler *f, const struct record *r, void *value) {
  for (size_t i = 0; i < r->n_fields; i++) {
    const struct field *field = &r->field[i];
    switch (field->kind) {
      case FIELD_TEXT:
        *AT(char *, value, field->offset) = pick(f, 8) ? random_text(f) : NULL;
        break;
      case FIELD_BOOL:
        *AT(bool, value, field->offset) = pick(f, 2);
        break;
      case FIELD_U16:
        *AT(uint16_t, value, field->offset) = (uint16_t)pick(f, 65536);
        break;
      case FIELD_U32:
        *AT(uint32_t, value, field->offset) = pick(f, 4000);
        break;
      case FIELD_U64:
        *AT(uint64_t, value, field->offset) = pick(f, 5) ? pick(f, 100000) : RECORD_NUMBER_MAX;
        break;
      case FIELD_I32:
        *AT(int32_t, value, field->offset) = -1;
        break;
      case FIELD_STAMP:
        *AT(stamp_t, value, field->offset) =
            pick(f, 6) ? (stamp_t){1596691224000000000 + (int64_t)pick(f, 1000000) * 1001} : STAMP_NONE;
        break;
      case FIELD_SPAN:
        *AT(stamp_t, value, field->offset) = stamp_from_ms(1 + pick(f, 100000));
        break;
      case FIELD_ADDRESS:
        *AT(struct address, value, field->offset) = random_address(f);
        break;
      case FIELD_ENUM:
        *AT(int, value, field->offset) = (int)pick(f, (unsigned)field->names->count);
        break;
      case FIELD_SET:
        *AT(uint32_t, value, field->offset) = pick(f, 1u << 15) & ((UINT32_C(1) << field->names->count) - 1);
        break;
      case FIELD_RECORD:
        fill(f, field->record, AT(char, value, field->offset));
        break;
      default:
        fill_list(f, field, value);
    }
  }
}

static int by_host(const void *a, const void *b) {
  return address_compare(&((const struct result_host *)a)->address, &((const struct result_host *)b)->address);
}

char *text_in(struct result *r, const char *text) { return arena_text(&r->texts, text, strlen(text)); }

/* What points at something must point at something. */
static void make_sound(struct result *r) {
  r->schema = text_in(r, RESULT_SCHEMA);
  r->schema_version = RESULT_SCHEMA_VERSION;
  for (size_t i = 0; i < r->push.n_clients; i++) {
    struct result_client *c = &r->push.client[i];
    free(c->cell);
    c->n_cells = r->push.n_stages;
    c->cell = array_new(c->n_cells, sizeof *c->cell);
    for (size_t k = 0; k < c->n_cells; k++)
      c->cell[k] = (struct result_cell){(int)(k % STAGE_STATE_COUNT), 7, STAMP_NONE};
    c->first_blocker = c->n_cells ? 0 : -1;
  }
  if (r->timeline.n_bins) r->timeline.first = stamp_from_s(1596691224);
  if (r->timeline.width.ns <= 0) r->timeline.width = stamp_from_s(1);
  qsort(r->host, r->n_hosts, sizeof *r->host, by_host);
}

struct result *random_result(const struct random_options *o) {
  struct result *r = calloc(1, sizeof *r);
  struct filler f = {o, o->seed, &r->texts};
  fill(&f, &result_record, r);
  make_sound(r);
  return r;
}

char *render(const struct result *r, const char *format) {
  struct out o;
  out_init(&o, NULL);
  const struct report_format *f = report_format_of_name(format);
  if (!f || f->write(r, NULL, &o) != 0) return NULL;
  char *text = strdup(out_str(&o));
  out_close(&o);
  return text;
}

unsigned test_seed(unsigned fallback) {
  const char *given = getenv("WW_SEED");
  unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : fallback;
  printf("seed %u\n", seed);
  return seed;
}
