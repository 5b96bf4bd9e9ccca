/* report/result.schema.json says what the tables of fields say: it is made from them, and this test fails when it is
 * not the same. WW_UPDATE=1 writes it anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/result_internal.h"

static const char seconds[] = "^-?[0-9]{1,10}\\.[0-9]{9}$";

static void put_record(struct json *j, const struct record *r);

static void put_type(struct json *j, const char *type, bool nullable) {
  json_key(j, "type");
  if (!nullable) {
    json_text(j, type);
    return;
  }
  json_array(j, false);
  json_text(j, type);
  json_text(j, "null");
  json_end(j);
}

static void put_names(struct json *j, const struct names *n) {
  json_key(j, "enum");
  json_array(j, false);
  for (int i = 0; i < n->count; i++) json_text(j, n->name(i));
  json_end(j);
}

static void put_whole(struct json *j, uint64_t most, bool nullable) {
  put_type(j, "integer", nullable);
  json_key(j, "minimum"), json_u64(j, 0);
  json_key(j, "maximum"), json_u64(j, most);
}

static void put_items(struct json *j, const struct field *f) {
  put_type(j, "array", false);
  json_key(j, "items");
  if (f->kind == FIELD_LIST) {
    put_record(j, f->record);
    return;
  }
  json_object(j, false);
  put_type(j, "string", false);
  if (f->kind == FIELD_SET) put_names(j, f->names);
  json_end(j);
}

static void put_kind(struct json *j, const struct field *f) {
  switch (f->kind) {
    case FIELD_TEXT:
      put_type(j, "string", true);
      break;
    case FIELD_BOOL:
      put_type(j, "boolean", false);
      break;
    case FIELD_U16:
      put_whole(j, UINT16_MAX, false);
      break;
    case FIELD_U32:
      put_whole(j, UINT32_MAX, false);
      break;
    case FIELD_U64:
      put_whole(j, RECORD_NUMBER_MAX, false);
      break;
    case FIELD_I32:
      put_whole(j, INT32_MAX, true);
      break;
    case FIELD_STAMP:
    case FIELD_SPAN:
      put_type(j, "string", f->kind == FIELD_STAMP);
      json_key(j, "pattern"), json_text(j, seconds);
      break;
    case FIELD_ADDRESS:
      put_type(j, "string", true);
      break;
    case FIELD_ENUM:
      put_names(j, f->names);
      break;
    default:
      put_items(j, f);
  }
}

static void put_record(struct json *j, const struct record *r) {
  json_object(j, true);
  put_type(j, "object", false);
  json_key(j, "additionalProperties"), json_bool(j, false);
  json_key(j, "required");
  json_array(j, false);
  for (size_t i = 0; i < r->n_fields; i++) json_text(j, r->field[i].name);
  json_end(j);
  json_key(j, "properties");
  json_object(j, true);
  for (size_t i = 0; i < r->n_fields; i++) {
    const struct field *f = &r->field[i];
    json_key(j, f->name);
    if (f->kind == FIELD_RECORD) {
      put_record(j, f->record);
      continue;
    }
    json_object(j, false);
    put_kind(j, f);
    json_end(j);
  }
  json_end(j);
  json_end(j);
}

static void put_schema(struct out *to) {
  struct json j;
  json_init(&j, to);
  json_object(&j, true);
  json_key(&j, "$schema"), json_text(&j, "http://json-schema.org/draft-07/schema#");
  json_key(&j, "title"), json_text(&j, "wallwitness result, version 1");
  json_key(&j, "description");
  json_text(
      &j,
      "The complete result of one audit. Times are UTC seconds with nine decimals, as text; addresses are numeric "
      "text; packet numbers count along all inputs, except inside inputs, where they count in that file: "
      "packet_base says how the two go together. null: not known, or none.");
  json_key(&j, "allOf");
  json_array(&j, true);
  put_record(&j, &result_record);
  json_end(&j);
  json_end(&j);
  out_char(to, '\n');
}

static void test_published(void **state) {
  (void)state;
  char path[1024];
  const char *source = getenv("WW_SOURCE");
  struct out o;
  assert_non_null(source);
  snprintf(path, sizeof path, "%s/report/result.schema.json", source);
  out_init(&o, NULL);
  put_schema(&o);
  const char *text = out_str(&o);
  if (getenv("WW_UPDATE")) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
  }
  char *published = calloc(1, 1 << 20);
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  assert_true(fread(published, 1, (1 << 20) - 1, f) > 0);
  fclose(f);
  if (strcmp(published, text) != 0) fail_msg("%s is out of date: run this test with WW_UPDATE=1", path);
  free(published);
  out_close(&o);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_published)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
