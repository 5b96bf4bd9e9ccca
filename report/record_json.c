/* Reading values back from JSON (cJSON parses; this is the only file of this room that includes it).
 *
 * The document is a stranger's: every field must be there, of its type and in range, and every text clean. */
#include "report/record.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/stamp.h"

enum {
  TEXT_MAX = 1 << 16,     /* bytes of one text */
  DOCUMENT_MAX = 1 << 29, /* bytes of a file */
  CHUNK = 1 << 20,
};

#define AT(type, value, offset) ((type *)(void *)((char *)(value) + (offset)))

static int bad(struct err *e, const char *what) {
  err_set(e, "%s", what);
  return -EINVAL;
}

static int out_of_memory(struct err *e) {
  err_set(e, "not enough memory");
  return -ENOMEM;
}

static int read_text(const cJSON *json, struct arena *texts, char **text_out, struct err *e) {
  *text_out = NULL;
  if (cJSON_IsNull(json)) return 0;
  if (!cJSON_IsString(json)) return bad(e, "is not a text");
  size_t len = strlen(json->valuestring);
  if (len > TEXT_MAX) return bad(e, "is longer than 64 KiB");
  *text_out = record_text(texts, json->valuestring, len);
  return *text_out ? 0 : out_of_memory(e);
}

static int read_whole(const cJSON *json, double least, double most, double *value_out, struct err *e) {
  if (!cJSON_IsNumber(json)) return bad(e, "is not a number");
  double v = json->valuedouble;
  if (!(v >= least && v <= most) || v != floor(v)) return bad(e, "is out of range");
  *value_out = v;
  return 0;
}

/* "-12.345678901": seconds and exactly nine decimals. */
static bool parse_seconds(const char *s, stamp_t *t_out) {
  bool minus = *s == '-';
  const char *at = s + minus;
  int64_t whole = 0, ns = 0;
  size_t digits = strspn(at, "0123456789");
  if (digits == 0 || digits > 10 || at[digits] != '.' || strspn(at + digits + 1, "0123456789") != 9 ||
      at[digits + 10] != '\0')
    return false;
  for (size_t i = 0; i < digits; i++) whole = whole * 10 + (at[i] - '0');
  for (size_t i = 0; i < 9; i++) ns = ns * 10 + (at[digits + 1 + i] - '0');
  if (__builtin_mul_overflow(whole, 1000000000, &whole) || __builtin_add_overflow(whole, ns, &whole)) return false;
  *t_out = (stamp_t){minus ? -whole : whole};
  return true;
}

static int read_stamp(const cJSON *json, stamp_t *t_out, struct err *e) {
  *t_out = STAMP_NONE;
  if (cJSON_IsNull(json)) return 0;
  if (!cJSON_IsString(json) || !parse_seconds(json->valuestring, t_out))
    return bad(e, "is not seconds with nine decimals");
  return 0;
}

static int read_address(const cJSON *json, struct address *a_out, struct err *e) {
  *a_out = (struct address){0};
  if (cJSON_IsNull(json)) return 0;
  if (!cJSON_IsString(json) || !address_parse(json->valuestring, strlen(json->valuestring), a_out))
    return bad(e, "is not an address");
  return 0;
}

static int read_name(const cJSON *json, const struct names *names, int *value_out, struct err *e) {
  for (int i = 0; cJSON_IsString(json) && i < names->count; i++) {
    if (strcmp(names->name(i), json->valuestring) != 0) continue;
    *value_out = i;
    return 0;
  }
  return bad(e, "is not one of the known words");
}

static int read_set(const cJSON *json, const struct names *names, uint32_t *set_out, struct err *e) {
  if (!cJSON_IsArray(json)) return bad(e, "is not a list");
  const cJSON *item;
  uint32_t set = 0;
  cJSON_ArrayForEach(item, json) {
    int bit = 0, rc = read_name(item, names, &bit, e);
    if (rc < 0) return rc;
    set |= UINT32_C(1) << bit;
  }
  *set_out = set;
  return 0;
}

static size_t item_size(const struct field *f) {
  if (f->kind == FIELD_LIST) return f->record->size;
  return f->kind == FIELD_TEXT_LIST ? sizeof(char *) : sizeof(struct address);
}

static int read_list(const struct field *f, const cJSON *json, void *value, struct arena *texts, struct err *e) {
  if (!cJSON_IsArray(json)) return bad(e, "is not a list");
  size_t count = 0, size = item_size(f);
  const cJSON *item;
  cJSON_ArrayForEach(item, json) count++;
  char *items = array_new(count, size);
  if (!items) return out_of_memory(e);
  *AT(char *, value, f->offset) = items;
  size_t *n = AT(size_t, value, f->n_offset);
  *n = 0;
  cJSON_ArrayForEach(item, json) {
    void *at = items + (*n)++ * size;
    int rc = 0;
    if (f->kind == FIELD_LIST)
      rc = record_read(f->record, item, at, texts, e);
    else if (f->kind == FIELD_TEXT_LIST)
      rc = cJSON_IsNull(item) ? bad(e, "is not a text") : read_text(item, texts, at, e);
    else
      rc = cJSON_IsNull(item) ? bad(e, "is not an address") : read_address(item, at, e);
    if (rc < 0) {
      err_prefix(e, "[%zu]", *n - 1);
      return rc;
    }
  }
  return 0;
}

static int read_number(const struct field *f, const cJSON *json, void *value, struct err *e) {
  double v = -1;
  int rc;
  switch (f->kind) {
    case FIELD_U16:
      if ((rc = read_whole(json, 0, UINT16_MAX, &v, e)) == 0) *AT(uint16_t, value, f->offset) = (uint16_t)v;
      return rc;
    case FIELD_U32:
      if ((rc = read_whole(json, 0, UINT32_MAX, &v, e)) == 0) *AT(uint32_t, value, f->offset) = (uint32_t)v;
      return rc;
    case FIELD_U64:
      if ((rc = read_whole(json, 0, (double)RECORD_NUMBER_MAX, &v, e)) == 0)
        *AT(uint64_t, value, f->offset) = (uint64_t)v;
      return rc;
    default:
      rc = cJSON_IsNull(json) ? 0 : read_whole(json, 0, INT32_MAX, &v, e);
      if (rc == 0) *AT(int32_t, value, f->offset) = (int32_t)v;
      return rc;
  }
}

static int read_field(const struct field *f, const cJSON *json, void *value, struct arena *texts, struct err *e) {
  switch (f->kind) {
    case FIELD_TEXT:
      return read_text(json, texts, AT(char *, value, f->offset), e);
    case FIELD_BOOL:
      if (!cJSON_IsBool(json)) return bad(e, "is not true or false");
      *AT(bool, value, f->offset) = cJSON_IsTrue(json);
      return 0;
    case FIELD_STAMP:
    case FIELD_SPAN:
      return read_stamp(json, AT(stamp_t, value, f->offset), e);
    case FIELD_ADDRESS:
      return read_address(json, AT(struct address, value, f->offset), e);
    case FIELD_ENUM:
      return read_name(json, f->names, AT(int, value, f->offset), e);
    case FIELD_SET:
      return read_set(json, f->names, AT(uint32_t, value, f->offset), e);
    case FIELD_RECORD:
      return record_read(f->record, json, AT(char, value, f->offset), texts, e);
    case FIELD_LIST:
    case FIELD_TEXT_LIST:
    case FIELD_ADDRESS_LIST:
      return read_list(f, json, value, texts, e);
    default:
      return read_number(f, json, value, e);
  }
}

int record_read(const struct record *r, const cJSON *json, void *value, struct arena *texts, struct err *e) {
  if (!cJSON_IsObject(json)) return bad(e, "is not an object");
  for (size_t i = 0; i < r->n_fields; i++) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, r->field[i].name);
    int rc = item ? read_field(&r->field[i], item, value, texts, e) : bad(e, "is missing");
    if (rc < 0) {
      err_prefix(e, "%s", r->field[i].name);
      return rc;
    }
  }
  return 0;
}

static int read_all(FILE *file, char **text_out, size_t *len_out, struct err *e) {
  char *text = NULL;
  size_t len = 0, size = 0, n = 0;
  do {
    if (!array_reserve((void **)&text, &size, len + CHUNK, 1)) {
      free(text);
      return out_of_memory(e);
    }
    n = fread(text + len, 1, CHUNK, file);
    len += n;
  } while (n == CHUNK && len <= DOCUMENT_MAX);
  if (ferror(file) || len > DOCUMENT_MAX) {
    int rc = ferror(file) ? -errno : -EFBIG;
    err_set(e, "%s", ferror(file) ? strerror(errno) : "is larger than 512 MiB");
    free(text);
    return rc < 0 ? rc : -EIO;
  }
  *text_out = text;
  *len_out = len;
  return 0;
}

static int read_document(const struct record_document *d, const cJSON *json, void *value, struct err *e) {
  const cJSON *schema = cJSON_GetObjectItemCaseSensitive(json, "schema");
  const cJSON *version = cJSON_GetObjectItemCaseSensitive(json, "schema_version");
  if (!cJSON_IsString(schema) || strcmp(schema->valuestring, d->schema) != 0 || !cJSON_IsNumber(version)) {
    err_set(e, "is JSON, but not a %s: give a file that \"audit -o FILE.json\" wrote", d->schema);
    return -EINVAL;
  }
  if (version->valuedouble != d->version) {
    err_set(e, "has version %.0f of the %s format; this program reads version %u", version->valuedouble, d->schema,
            d->version);
    return -EINVAL;
  }
  return record_read(d->record, json, value, AT(struct arena, value, d->texts_offset), e);
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* What cJSON lets pass: it takes every control character for white space or text, and stops behind the first value
 * (RFC 8259 sections 2 and 7). */
static bool only_json(const char *text, const char *value_end, size_t len) {
  for (size_t i = 0; i < len; i++)
    if ((unsigned char)text[i] < ' ' && !is_space(text[i])) return false;
  while (value_end < text + len && is_space(*value_end)) value_end++;
  return value_end == text + len;
}

int record_parse(const struct record_document *d, const char *text, size_t len, void *value, struct err *e) {
  const char *end = NULL;
  cJSON *json = cJSON_ParseWithLengthOpts(text, len, &end, false);
  int rc = json && only_json(text, end, len) ? read_document(d, json, value, e) : bad(e, "is not JSON, or is damaged");
  cJSON_Delete(json);
  return rc;
}

int record_load(const struct record_document *d, const char *path, void *value, struct err *e) {
  char *text = NULL;
  size_t len = 0;
  FILE *file = fopen(path, "rb");
  int rc = file ? 0 : -errno;
  if (!file) err_set(e, "%s", strerror(errno));
  if (rc == 0) rc = read_all(file, &text, &len, e);
  if (rc == 0) rc = record_parse(d, text, len, value, e);
  if (rc < 0) err_prefix(e, "%s", path);
  free(text);
  if (file) fclose(file);
  return rc;
}
