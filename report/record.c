#include "report/record.h"

#include <stdlib.h>
#include <string.h>

#include "report/in_turn.h"
#include "util/digits.h"
#include "util/stamp.h"
#include "util/text.h"

#define AT(type, value, offset) ((type *)(void *)((char *)(value) + (offset)))
#define AT_CONST(type, value, offset) ((type const *)(const void *)((const char *)(value) + (offset)))

char *record_text(struct arena *texts, const char *text, size_t len) {
  if (text_plain_length(text, len) == len) return arena_text(texts, text, len); /* nearly all are */
  const size_t size = 3 * len + 1; /* a harmful character takes one byte or more and its replacement at most three */
  char *copy = arena_get(texts, size);
  if (copy) text_clean(copy, size, text, len);
  return copy;
}

static void write_stamp(struct json *j, stamp_t t) {
  char text[STAMP_TEXT_SIZE];
  json_text(j, stamp_known(t) ? stamp_print_seconds(text, t) : NULL);
}

static void write_address(struct json *j, const struct address *a) {
  char text[ADDRESS_TEXT_SIZE];
  json_text(j, address_known(a) ? address_print(text, a) : NULL);
}

static void write_set(struct json *j, const struct names *names, uint32_t set) {
  json_array(j, false);
  for (int i = 0; i < names->count; i++)
    if (set >> i & 1) json_text(j, names->name(i));
  json_end(j);
}

/* A list of records, one a line; where in the document is copied to each part. */
struct long_list {
  const struct record *record;
  const char *items;
  const struct json *json;
};

static void records_print(const void *of, size_t from, size_t end, struct out *to) {
  const struct long_list *l = of;
  struct json j = *l->json;
  j.to = to;
  j.level[j.depth - 1].filled = from > 0;
  for (size_t i = from; i < end && !to->failed; i++) record_write(l->record, l->items + i * l->record->size, false, &j);
}

static void write_long_list(const struct record *r, const char *items, size_t n, struct json *j) {
  enum { PART = 256 }; /* records: more than an out gathers, so that nothing is copied once more */
  const struct json at = *j;
  const struct long_list l = {.record = r, .items = items, .json = &at};
  in_turn_print(&(struct in_turn){.n = n, .part = PART, .of = &l, .print = records_print}, j->threads, j->to);
  j->level[j->depth - 1].filled = n > 0;
}

static void write_list(const struct field *f, const void *value, struct json *j) {
  size_t n = *AT_CONST(size_t, value, f->n_offset);
  const char *items = *AT_CONST(char *, value, f->offset);
  json_array(j, f->lines);
  if (f->kind == FIELD_LIST && f->lines) {
    write_long_list(f->record, items, n, j);
    n = 0;
  }
  for (size_t i = 0; i < n; i++) {
    if (f->kind == FIELD_LIST)
      record_write(f->record, items + i * f->record->size, false, j);
    else if (f->kind == FIELD_TEXT_LIST)
      json_text(j, ((char *const *)(const void *)items)[i]);
    else
      write_address(j, (const struct address *)(const void *)items + i);
  }
  json_end(j);
}

static void write_number(const struct field *f, const void *value, struct json *j) {
  switch (f->kind) {
    case FIELD_U16:
      json_u64(j, *AT_CONST(uint16_t, value, f->offset));
      break;
    case FIELD_U32:
      json_u64(j, *AT_CONST(uint32_t, value, f->offset));
      break;
    case FIELD_U64:
      json_u64(j, *AT_CONST(uint64_t, value, f->offset));
      break;
    default:
      if (*AT_CONST(int32_t, value, f->offset) == -1)
        json_null(j);
      else
        json_i64(j, *AT_CONST(int32_t, value, f->offset));
  }
}

static void write_field(const struct field *f, const void *value, struct json *j) {
  json_key(j, f->name);
  switch (f->kind) {
    case FIELD_TEXT:
      json_text(j, *AT_CONST(char *, value, f->offset));
      break;
    case FIELD_BOOL:
      json_bool(j, *AT_CONST(bool, value, f->offset));
      break;
    case FIELD_STAMP:
    case FIELD_SPAN:
      write_stamp(j, *AT_CONST(stamp_t, value, f->offset));
      break;
    case FIELD_ADDRESS:
      write_address(j, AT_CONST(struct address, value, f->offset));
      break;
    case FIELD_ENUM:
      json_text(j, f->names->name(*AT_CONST(int, value, f->offset)));
      break;
    case FIELD_SET:
      write_set(j, f->names, *AT_CONST(uint32_t, value, f->offset));
      break;
    case FIELD_RECORD:
      record_write(f->record, AT_CONST(char, value, f->offset), f->lines, j);
      break;
    case FIELD_LIST:
    case FIELD_TEXT_LIST:
    case FIELD_ADDRESS_LIST:
      write_list(f, value, j);
      break;
    default:
      write_number(f, value, j);
  }
}

/* Words of ours hold nothing that JSON would have to escape. */
static char *put_word(char *at, const char *word, size_t len) {
  *at++ = '"';
  memcpy(at, word, len);
  at += len;
  *at++ = '"';
  return at;
}

static char *put_null(char *at) {
  static const char null[4] = {'n', 'u', 'l', 'l'};
  return (char *)memcpy(at, null, sizeof null) + sizeof null;
}

static char *put_number(char *at, uint64_t number) {
  char digits[DIGITS_MAX], *end = digits + sizeof digits;
  const char *from = digits_before(end, number);
  const size_t len = (size_t)(end - from);
  return (char *)memcpy(at, from, len) + len;
}

/* Words of a set, quoted as they are. */
static bool place_set(const struct field *f, uint32_t set, struct json *j) {
  size_t most = sizeof "[]";
  if (f->names->count < 32) set &= (UINT32_C(1) << f->names->count) - 1;
  for (uint32_t left = set; left; left &= left - 1)
    most += strlen(f->names->name(__builtin_ctz(left))) + sizeof "\"\",";
  char *at = json_place(j, f->key, f->key_len, most);
  if (!at) return true;
  *at++ = '[';
  for (uint32_t left = set; left; left &= left - 1) {
    const char *word = f->names->name(__builtin_ctz(left));
    if (left != set) *at++ = ',';
    at = put_word(at, word, strlen(word));
  }
  *at++ = ']';
  json_placed(j, at);
  return true;
}

/* The same as write_field for the fields that long lists are made of, on one line; false: it is none of those. Most
 * of a result are such lists. */
static bool place_field(const struct field *f, const void *value, struct json *j) {
  enum { VALUE_MAX = 64 };
  const char *text = NULL;
  char printed[ADDRESS_TEXT_SIZE + STAMP_TEXT_SIZE]; /* one of them */
  size_t len = 0;
  uint64_t number = 0;
  switch (f->kind) {
    case FIELD_TEXT:
      text = *AT_CONST(char *, value, f->offset);
      len = text ? strlen(text) : 0;
      if (len && json_plain_length(text, len) < len) return false;
      break;
    case FIELD_ENUM:
      text = f->names->name(*AT_CONST(int, value, f->offset));
      break;
    case FIELD_STAMP:
    case FIELD_SPAN:
      if (stamp_known(*AT_CONST(stamp_t, value, f->offset)))
        text = stamp_print_seconds(printed, *AT_CONST(stamp_t, value, f->offset));
      break;
    case FIELD_ADDRESS:
      if (address_known(AT_CONST(struct address, value, f->offset)))
        text = address_print(printed, AT_CONST(struct address, value, f->offset));
      break;
    case FIELD_SET:
      return place_set(f, *AT_CONST(uint32_t, value, f->offset), j);
    case FIELD_U16:
      number = *AT_CONST(uint16_t, value, f->offset);
      break;
    case FIELD_U32:
      number = *AT_CONST(uint32_t, value, f->offset);
      break;
    case FIELD_U64:
      number = *AT_CONST(uint64_t, value, f->offset);
      break;
    default:
      return false;
  }
  const bool is_number = f->kind == FIELD_U16 || f->kind == FIELD_U32 || f->kind == FIELD_U64;
  if (text && f->kind != FIELD_TEXT) len = strlen(text);
  char *at = json_place(j, f->key, f->key_len, VALUE_MAX + len);
  if (!at) return true;
  json_placed(j, is_number ? put_number(at, number) : text ? put_word(at, text, len) : put_null(at));
  return true;
}

void record_write(const struct record *r, const void *value, bool lines, struct json *j) {
  json_object(j, lines);
  for (size_t i = 0; i < r->n_fields; i++)
    if (lines || !place_field(&r->field[i], value, j)) write_field(&r->field[i], value, j);
  json_end(j);
}

/* Whether values of that kind hold lists, or records that do: most of a result are items that do not. */
static bool owns_anything(const struct record *r) {
  for (size_t i = 0; i < r->n_fields; i++)
    if (r->field[i].kind >= FIELD_RECORD) return true;
  return false;
}

static bool has_large_numbers(const struct record *r) {
  for (size_t i = 0; i < r->n_fields; i++)
    if (r->field[i].kind == FIELD_U64) return true;
  return owns_anything(r);
}

static void fini_list(const struct field *f, void *value) {
  size_t n = *AT(size_t, value, f->n_offset);
  char *items = *AT(char *, value, f->offset);
  if (f->kind != FIELD_LIST || !owns_anything(f->record)) n = 0;
  for (size_t i = 0; i < n; i++) record_fini(f->record, items + i * f->record->size);
  free(items);
  *AT(char *, value, f->offset) = NULL;
  *AT(size_t, value, f->n_offset) = 0;
}

void record_fini(const struct record *r, void *value) {
  for (size_t i = 0; i < r->n_fields; i++) {
    const struct field *f = &r->field[i];
    if (f->kind == FIELD_RECORD) record_fini(f->record, AT(char, value, f->offset));
    if (f->kind == FIELD_LIST || f->kind == FIELD_TEXT_LIST || f->kind == FIELD_ADDRESS_LIST) fini_list(f, value);
  }
}

static int walk_list(const struct field *f, void *value, const struct record_visitor *v) {
  size_t n = f->kind == FIELD_TEXT_LIST && !v->text ? 0 : *AT(size_t, value, f->n_offset);
  char *items = *AT(char *, value, f->offset);
  int answer = 0;
  for (size_t i = 0; i < n && !answer; i++) {
    if (f->kind == FIELD_LIST)
      answer = record_walk(f->record, items + i * f->record->size, v);
    else if (f->kind == FIELD_TEXT_LIST)
      answer = v->text(v->ctx, (char **)(void *)items + i);
    else
      answer = v->address(v->ctx, (struct address *)(void *)items + i);
  }
  return answer;
}

int record_walk(const struct record *r, void *value, const struct record_visitor *v) {
  int answer = 0;
  for (size_t i = 0; i < r->n_fields && !answer; i++) {
    const struct field *f = &r->field[i];
    switch (f->kind) {
      case FIELD_TEXT:
        if (v->text && *AT(char *, value, f->offset)) answer = v->text(v->ctx, AT(char *, value, f->offset));
        break;
      case FIELD_ADDRESS:
        if (address_known(AT(struct address, value, f->offset)))
          answer = v->address(v->ctx, AT(struct address, value, f->offset));
        break;
      case FIELD_RECORD:
        answer = record_walk(f->record, AT(char, value, f->offset), v);
        break;
      case FIELD_LIST:
      case FIELD_TEXT_LIST:
      case FIELD_ADDRESS_LIST:
        answer = walk_list(f, value, v);
        break;
      default:
        break;
    }
  }
  return answer;
}

void record_clamp(const struct record *r, void *value) {
  for (size_t i = 0; i < r->n_fields; i++) {
    const struct field *f = &r->field[i];
    if (f->kind == FIELD_RECORD) record_clamp(f->record, AT(char, value, f->offset));
    if (f->kind == FIELD_LIST && has_large_numbers(f->record)) {
      char *items = *AT(char *, value, f->offset);
      for (size_t k = 0; k < *AT(size_t, value, f->n_offset); k++) record_clamp(f->record, items + k * f->record->size);
    }
    uint64_t *number = AT(uint64_t, value, f->offset);
    if (f->kind == FIELD_U64 && *number > RECORD_NUMBER_MAX) *number = RECORD_NUMBER_MAX;
  }
}
