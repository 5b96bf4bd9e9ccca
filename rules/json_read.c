#include "rules/json_read.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/address_text.h"
#include "util/text.h"

enum { TEXT_BYTES_MAX = 2000, NAME_BYTES_MAX = 63, NAMES_LISTED = 8 };

static void kinds_print(char *to, size_t size, unsigned kinds) {
  size_t at = 0;
  to[0] = '\0';
  for (unsigned k = 0; k < JSON_KIND_COUNT && at < size; k++) {
    if (!(kinds >> k & 1)) continue;
    at += (size_t)snprintf(to + at, size - at, "%s%s", at ? " or " : "", json_kind_name((enum json_kind)k));
  }
}

bool json_value_expect(struct problem_log *log, const struct json_value *v, unsigned kinds) {
  if (kinds >> v->kind & 1) return true;
  char expected[128];
  kinds_print(expected, sizeof expected, kinds);
  problem_at(log, v, "must be %s, not %s", expected, json_kind_name(v->kind));
  return false;
}

static void unknown_key(struct problem_log *log, const struct json_value *m, const struct json_field *field, size_t n) {
  struct text_nearest nearest = {.wanted = m->key};
  for (size_t i = 0; i < n && !problem_log_full(log); i++) text_nearest_offer(&nearest, field[i].name);
  if (nearest.best) {
    problem_key(log, m, "unknown key; did you mean \"%s\"?", nearest.best);
    return;
  }
  char known[512];
  size_t at = 0;
  known[0] = '\0';
  for (size_t i = 0; i < n && at < sizeof known; i++)
    at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", i ? ", " : "", field[i].name);
  problem_key(log, m, "unknown key; known here: %s", known);
}

bool json_fields_read(struct problem_log *log, const struct json_value *v, const struct json_field *field, size_t n,
                      const struct json_value **found_out) {
  for (size_t i = 0; i < n; i++) found_out[i] = NULL;
  if (!json_value_expect(log, v, IS_OBJECT)) return false;
  bool seen[JSON_FIELDS_MAX] = {false};
  for (const struct json_value *m = v->first; m; m = m->next) {
    size_t i = 0;
    while (i < n && strcmp(field[i].name, m->key) != 0) i++;
    if (i == n) {
      unknown_key(log, m, field, n);
    } else if (seen[i]) {
      problem_key(log, m, "stands twice in this object; remove one of the two");
    } else {
      seen[i] = true;
      if (json_value_expect(log, m, field[i].kinds)) found_out[i] = m;
    }
  }
  for (size_t i = 0; i < n; i++)
    if (!seen[i] && !(field[i].kinds & MAY_BE_ABSENT)) problem_at(log, v, "\"%s\" is missing", field[i].name);
  return true;
}

static char *copy(struct problem_log *log, const char *text) {
  char *fresh = strdup(text);
  if (!fresh) log->no_memory = true;
  return fresh;
}

char *json_text_take(struct problem_log *log, const struct json_value *v) {
  if (!v) return NULL;
  size_t len = strlen(v->text);
  if (len == 0)
    problem_at(log, v, "an empty text; write something or leave it out");
  else if (len > TEXT_BYTES_MAX)
    problem_at(log, v, "a text longer than %d bytes", TEXT_BYTES_MAX);
  else if (!text_is_clean(v->text, len))
    problem_at(log, v, "holds a control, invisible or direction-changing character; remove it");
  else
    return copy(log, v->text);
  return NULL;
}

bool json_is_name(const char *text) {
  size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
  return n > 0 && n <= NAME_BYTES_MAX && text[n] == '\0';
}

static const char name_help[] = "a name is 1 to 63 letters, digits, '-', '_' or '.'";

char *json_name_take(struct problem_log *log, const struct json_value *v) {
  if (!v) return NULL;
  if (json_is_name(v->text)) return copy(log, v->text);
  problem_at(log, v, "\"%.80s\" is not a name: %s", v->text, name_help);
  return NULL;
}

char *json_key_take(struct problem_log *log, const struct json_value *v) {
  if (json_is_name(v->key)) return copy(log, v->key);
  problem_key(log, v, "\"%.80s\" is not a name: %s", v->key, name_help);
  return NULL;
}

bool json_bool_take(const struct json_value *v) { return v && v->truth; }

uint64_t json_count_take(struct problem_log *log, const struct json_value *v, uint64_t most) {
  if (!v) return 0;
  if (v->number >= 0 && v->number <= (double)most && floor(v->number) == v->number) return (uint64_t)v->number;
  problem_at(log, v, "%.10g must be a whole number from 0 to %" PRIu64, v->number, most);
  return 0;
}

bool json_ports_take(struct problem_log *log, const struct json_value *v, bool range_allowed,
                     struct port_range *ports_out) {
  if (v->kind == JSON_NUMBER) {
    if (v->number >= 1 && v->number <= 65535 && floor(v->number) == v->number) {
      ports_out->first = ports_out->last = (uint16_t)v->number;
      return true;
    }
    problem_at(log, v, "%.10g is not a port: ports are whole numbers from 1 to 65535", v->number);
    return false;
  }
  if (v->kind != JSON_STRING) {
    json_value_expect(log, v, IS_NUMBER | (range_allowed ? IS_TEXT : 0));
    return false;
  }
  struct err e;
  if (!port_range_parse(v->text, ports_out, &e)) {
    problem_at(log, v, "%s", e.text);
  } else if (ports_out->first == ports_out->last && !strchr(v->text, '-')) {
    problem_at(log, v, "a single port is a number: write %u without quotes", (unsigned)ports_out->first);
  } else if (!range_allowed) {
    problem_at(log, v, "one port is wanted here, not a range");
  } else {
    return true;
  }
  return false;
}

void json_name_define(struct problem_log *log, const struct json_value *v, struct name_index *x, const char *name,
                      const char *what) {
  if (!name) return;
  int r = name_index_add(x, name);
  if (r == -ENOMEM) log->no_memory = true;
  if (r == -EEXIST) problem_key(log, v, "%s \"%s\" is defined twice; give each its own name", what, name);
}

/* "smb, http, ... and 12 more" */
static void names_print(char *to, size_t size, const struct name_index *x) {
  size_t at = 0;
  to[0] = '\0';
  for (size_t i = 0; i < x->n && i < NAMES_LISTED && at < size; i++)
    at += (size_t)snprintf(to + at, size - at, "%s%s", i ? ", " : "", x->name[i]);
  if (x->n > NAMES_LISTED && at < size) snprintf(to + at, size - at, " and %zu more", x->n - NAMES_LISTED);
}

int json_name_refer(struct problem_log *log, const struct json_value *v, const struct name_index *x, const char *what) {
  if (!json_value_expect(log, v, IS_TEXT)) return -1;
  int i = name_index_find(x, v->text);
  if (i >= 0) return i;
  if (problem_log_full(log)) {
    log->more++;
    return -1;
  }
  const char *nearest = name_index_nearest(x, v->text);
  char known[NAMES_LISTED * (NAME_BYTES_MAX + 2) + 32];
  names_print(known, sizeof known, x);
  if (nearest)
    problem_at(log, v, "no %s \"%.80s\"; did you mean \"%s\"?", what, v->text, nearest);
  else if (x->n == 0)
    problem_at(log, v, "no %s \"%.80s\"; the policy defines none", what, v->text);
  else
    problem_at(log, v, "no %s \"%.80s\"; known: %s", what, v->text, known);
  return -1;
}

const struct json_value *json_items_first(const struct json_value *v) {
  if (!v) return NULL;
  return v->kind == JSON_ARRAY ? v->first : v;
}

size_t json_items_count(const struct json_value *v) {
  if (!v) return 0;
  return v->kind == JSON_ARRAY ? v->n_children : 1;
}
