/* Problem lines: where (file, line, column), which value (its path from the root), what is wrong and what to do. Texts
 * of the document appear in them, so each line is cleaned once, as a whole. */
#include "rules/problem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/text.h"

enum { LINE_SIZE = 1536, PATH_SIZE = 512, KEY_SHOWN = 64 };

/* The line in clean form, from malloc; NULL: memory is out. */
static char *clean_copy(const char *line) {
  char clean[LINE_SIZE];
  text_clean(clean, sizeof clean, line, strlen(line));
  return strdup(clean);
}

void problem_list_free(struct problem_list *p) {
  if (!p) return;
  for (size_t i = 0; i < p->n; i++) free(p->line[i]);
  free(p->line);
  *p = (struct problem_list){0};
}

/* Takes over a line from malloc. */
static bool list_take(struct problem_list *list, char *line) {
  if (!line) return false;
  if (list->n >= PROBLEMS_MAX) {
    free(line);
    list->more++;
    return true;
  }
  char **slot = ARRAY_PUSH(list->line, list->n, list->capacity);
  if (!slot) {
    free(line);
    return false;
  }
  *slot = line;
  return true;
}

bool problem_list_add(struct problem_list *list, const char *format, ...) {
  char line[LINE_SIZE];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  return list_take(list, clean_copy(line));
}

/* "roles.client[0]: "; nothing for the root. */
static void path_print(char *to, size_t size, const struct json_value *v) {
  const struct json_value *chain[JSON_DOC_LEVELS_MAX + 1];
  size_t n = 0, at = 0;
  for (; v->parent && n < sizeof chain / sizeof *chain; v = v->parent) chain[n++] = v;
  to[0] = '\0';
  if (n == 0) return;
  while (n-- > 0 && at < size) {
    const struct json_value *step = chain[n];
    int wrote = step->key ? snprintf(to + at, size - at, "%s%.*s", at ? "." : "", KEY_SHOWN, step->key)
                          : snprintf(to + at, size - at, "[%u]", (unsigned)step->index);
    at += (size_t)wrote;
  }
  if (at < size) snprintf(to + at, size - at, ": ");
}

__attribute__((format(printf, 4, 0))) static void note(struct problem_log *log, size_t at, const struct json_value *v,
                                                       const char *format, va_list args) {
  if (problem_log_full(log)) {
    log->more++;
    return;
  }
  char line[LINE_SIZE], path[PATH_SIZE];
  struct json_place place = json_doc_place(log->doc, at);
  path_print(path, sizeof path, v);
  int n = snprintf(line, sizeof line, "%.300s:%zu:%zu: %s", json_doc_file(log->doc), place.line, place.column, path);
  vsnprintf(line + n, sizeof line - (size_t)n, format, args);
  struct problem *p = ARRAY_PUSH(log->item, log->n, log->capacity);
  if (p) {
    p->at = at;
    p->line = clean_copy(line);
  }
  if (!p || !p->line) log->no_memory = true;
}

void problem_at(struct problem_log *log, const struct json_value *v, const char *format, ...) {
  va_list args;
  va_start(args, format);
  note(log, v->at, v, format, args);
  va_end(args);
}

void problem_key(struct problem_log *log, const struct json_value *v, const char *format, ...) {
  va_list args;
  va_start(args, format);
  note(log, v->key_at, v, format, args);
  va_end(args);
}

bool problem_log_full(const struct problem_log *log) { return log->n >= PROBLEMS_MAX; }

static int by_place(const void *a, const void *b) {
  const struct problem *p = a, *q = b;
  if (p->at != q->at) return p->at < q->at ? -1 : 1;
  return p->line && q->line ? strcmp(p->line, q->line) : 0;
}

int problem_log_finish(struct problem_log *log, struct problem_list *list) {
  int r = log->no_memory ? -ENOMEM : log->n ? -EINVAL : 0;
  if (log->n) qsort(log->item, log->n, sizeof *log->item, by_place);
  for (size_t i = 0; i < log->n; i++)
    if (!list_take(list, log->item[i].line)) r = -ENOMEM;
  list->more += log->more;
  free(log->item);
  if (r == -ENOMEM) problem_list_add(list, "%.300s: memory is out", json_doc_file(log->doc));
  *log = (struct problem_log){.doc = log->doc};
  return r;
}
