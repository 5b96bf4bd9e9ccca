/* Taking a document apart by tables of fields, with a problem for everything that does not fit.
 *
 * Nothing here stops at the first mistake: a getter that finds the wrong thing notes a problem and returns a harmless
 * value. The caller looks at the log once, at the end. */
#ifndef WW_RULES_JSON_READ_H
#define WW_RULES_JSON_READ_H

#include "rules/json_text.h"
#include "rules/name_index.h"
#include "rules/policy.h"
#include "rules/problem.h"

/* Sets of kinds that a field may have. */
enum {
  IS_BOOL = 1u << JSON_BOOL,
  IS_NUMBER = 1u << JSON_NUMBER,
  IS_TEXT = 1u << JSON_STRING,
  IS_LIST = 1u << JSON_ARRAY,
  IS_OBJECT = 1u << JSON_OBJECT,
  MAY_BE_ABSENT = 1u << 31, /* otherwise its absence is a problem */
};

struct json_field {
  const char *name;
  unsigned kinds;
};
enum { JSON_FIELDS_MAX = 20 };

/* Whether the value is of one of the kinds; if not, a problem. */
bool json_value_expect(struct problem_log *log, const struct json_value *v, unsigned kinds);

/* Sorts the members of an object into found_out[n] by the table; NULL where absent or of the wrong kind. Unknown,
 * repeated, missing and wrong members become problems. False when v is no object. */
bool json_fields_read(struct problem_log *log, const struct json_value *v, const struct json_field *field, size_t n,
                      const struct json_value **found_out);

/* A copy of a text value; NULL for NULL or after a problem (empty, longer than 2000 bytes, or not clean). */
char *json_text_take(struct problem_log *log, const struct json_value *v);

/* A copy of a name: letters, digits, '-', '_' and '.', at most 63; from the value's text, or its key. */
char *json_name_take(struct problem_log *log, const struct json_value *v);
char *json_key_take(struct problem_log *log, const struct json_value *v);

/* Whether a text could be a name. */
bool json_is_name(const char *text);

bool json_bool_take(const struct json_value *v); /* false for NULL */

/* A whole number from 0 to most; 0 for NULL and after a problem. */
uint64_t json_count_take(struct problem_log *log, const struct json_value *v, uint64_t most);

/* A port (a number from 1 to 65535) or, when ranges are allowed, a text "FIRST-LAST". False after a problem. */
bool json_ports_take(struct problem_log *log, const struct json_value *v, bool range_allowed,
                     struct port_range *ports_out);

/* Adds the name to the index, whose entry borrows it; a repeated one is a problem. what: "rule". */
void json_name_define(struct problem_log *log, const struct json_value *v, struct name_index *x, const char *name,
                      const char *what);

/* The number of the name that the text value holds; -1 after a problem that lists what is known. */
int json_name_refer(struct problem_log *log, const struct json_value *v, const struct name_index *x, const char *what);

/* A value that may be one item or a list: the first item and, from an item, the next. */
const struct json_value *json_items_first(const struct json_value *v);
size_t json_items_count(const struct json_value *v);

#endif
