/* Short forms for the rows of a table of fields (report/record.h). Each file that uses them defines THIS as the struct
 * that is being described. */
#ifndef WW_REPORT_FIELDS_H
#define WW_REPORT_FIELDS_H

#include <stddef.h>

#include "report/record.h"

/* Words of an enum; the functions take plain int because a table holds many kinds. */
#define NAMES(id, function, type, count)                                 \
  static const char *id##_word(int v) { return function((enum type)v); } \
  const struct names id##_names = {id##_word, count}

extern const struct names verdict_names, severity_names, confidence_names, compliance_names; /* result_fields.c */

#define OF(member) offsetof(struct THIS, member)
#define NAMED(json) .name = json, .key = "\"" json "\":", .key_len = sizeof json + 2
#define TEXT(member) \
  { NAMED(#member), .kind = FIELD_TEXT, .offset = OF(member) }
#define BOOL(member) \
  { NAMED(#member), .kind = FIELD_BOOL, .offset = OF(member) }
#define U16(member) \
  { NAMED(#member), .kind = FIELD_U16, .offset = OF(member) }
#define U32(member) \
  { NAMED(#member), .kind = FIELD_U32, .offset = OF(member) }
#define U64(member) \
  { NAMED(#member), .kind = FIELD_U64, .offset = OF(member) }
#define INDEX(member) \
  { NAMED(#member), .kind = FIELD_I32, .offset = OF(member) }
#define STAMP(member) \
  { NAMED(#member), .kind = FIELD_STAMP, .offset = OF(member) }
#define SPAN(member) \
  { NAMED(#member), .kind = FIELD_SPAN, .offset = OF(member) }
#define ADDRESS(member) \
  { NAMED(#member), .kind = FIELD_ADDRESS, .offset = OF(member) }
#define ENUM(member, words) \
  { NAMED(#member), .kind = FIELD_ENUM, .offset = OF(member), .names = &words##_names }
#define SET(member, words) \
  { NAMED(#member), .kind = FIELD_SET, .offset = OF(member), .names = &words##_names }
#define RECORD(member, of) \
  { NAMED(#member), .kind = FIELD_RECORD, .offset = OF(member), .record = &of##_record }
#define RECORD_LINES(member, of) \
  { NAMED(#member), .kind = FIELD_RECORD, .offset = OF(member), .record = &of##_record, .lines = true }
#define LIST(json, member, n, of) \
  { NAMED(json), .kind = FIELD_LIST, .offset = OF(member), .n_offset = OF(n), .record = &of##_record }
#define LIST_LINES(json, member, n, of) \
  { NAMED(json), .kind = FIELD_LIST, .offset = OF(member), .n_offset = OF(n), .record = &of##_record, .lines = true }
#define TEXTS(json, member, n) \
  { NAMED(json), .kind = FIELD_TEXT_LIST, .offset = OF(member), .n_offset = OF(n) }
#define ADDRESSES(member, n) \
  { NAMED(#member), .kind = FIELD_ADDRESS_LIST, .offset = OF(member), .n_offset = OF(n) }
#define RECORD_OF(type) \
  { sizeof(struct type), type##_fields, sizeof type##_fields / sizeof *type##_fields }

#endif
