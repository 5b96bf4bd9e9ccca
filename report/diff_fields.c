/* The structs of a difference as tables of fields, and as JSON. */
#include "report/diff_internal.h"
#include "report/fields.h"

static const char *change_word(int v) { return change_name((enum change)v); }
static const struct names change_names = {change_word, CHANGE_COUNT};

#define THIS diff_side
static const struct field diff_side_fields[] = {
    TEXT(ticket), TEXT(title), TEXT(site),    TEXT(policy_sha256), TEXT(version), ENUM(compliance, compliance),
    STAMP(first), STAMP(last), U64(findings),
};
static const struct record diff_side_record = RECORD_OF(diff_side);
#undef THIS

#define THIS diff_counts
static const struct field diff_counts_fields[] = {
    {NAMED("new"), .kind = FIELD_U64, .offset = OF(new_ones)},
    U64(unchanged),
    U64(not_assessable),
    U64(fixed),
};
static const struct record diff_counts_record = RECORD_OF(diff_counts);
#undef THIS

#define THIS diff_item
static const struct field diff_item_fields[] = {
    ENUM(change, change),
    TEXT(fingerprint),
    ENUM(verdict, verdict),
    ENUM(severity, severity),
    ENUM(confidence, confidence),
    BOOL(waived),
    TEXT(rule),
    TEXT(title),
    TEXT(happened),
    TEXT(because),
};
static const struct record diff_item_record = RECORD_OF(diff_item);
#undef THIS

#define THIS diff
static const struct field diff_fields[] = {
    TEXT(schema),
    U32(schema_version),
    BOOL(worse),
    RECORD(before, diff_side),
    RECORD(after, diff_side),
    RECORD(counts, diff_counts),
    TEXTS("warnings", warning, n_warnings),
    LIST_LINES("items", item, n_items, diff_item),
};
const struct record diff_record = RECORD_OF(diff);
#undef THIS

int diff_json(const struct diff *d, const struct report_options *o, struct out *to) {
  struct json j;
  (void)o;
  json_init(&j, to);
  record_write(&diff_record, d, true, &j);
  out_char(to, '\n');
  return 0;
}
