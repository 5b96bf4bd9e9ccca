/* Reading, checking and decoding a JSON document. The scanner (json_scan.c) delivers the places of all values in
 * document order; cJSON's tree, walked in the same order, delivers what they are. Both land in one array of values, so
 * a value's address never changes and the whole document is released in four calls. The only file that includes cJSON's
 * header in this room. */
#include "rules/json_text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/json_scan.h"
#include "rules/problem.h"
#include "util/array.h"
#include "util/digest.h"

struct json_doc {
  char *file;
  char *text; /* comments blanked; a NUL follows */
  size_t len;
  size_t mark_len; /* bytes of the byte order mark in front of text: 0 or 3 */
  cJSON *tree;
  struct json_value *value; /* in document order; [0] is the root */
  size_t n_values;
  uint32_t *line; /* where each line starts */
  size_t n_lines, lines_capacity;
  char sha256[DIGEST_TEXT_SIZE];
};

const char *json_kind_name(enum json_kind k) {
  static const char *const name[] = {
      [JSON_NULL] = "null",     [JSON_BOOL] = "true or false", [JSON_NUMBER] = "a number",
      [JSON_STRING] = "a text", [JSON_ARRAY] = "a list",       [JSON_OBJECT] = "an object",
  };
  _Static_assert(sizeof name / sizeof *name == JSON_KIND_COUNT, "a name for every kind");
  return name[k];
}

const struct json_value *json_doc_root(const struct json_doc *d) { return &d->value[0]; }
const char *json_doc_file(const struct json_doc *d) { return d->file; }
const char *json_doc_sha256(const struct json_doc *d) { return d->sha256; }

void json_doc_free(struct json_doc *d) {
  if (!d) return;
  cJSON_Delete(d->tree);
  free(d->value);
  free(d->line);
  free(d->text);
  free(d->file);
  free(d);
}

static bool hash_document(struct json_doc *d, const void *bytes, size_t len) {
  struct digest *digest = digest_new();
  if (!digest) return false;
  digest_add(digest, bytes, len);
  digest_print(d->sha256, digest);
  digest_free(digest);
  return true;
}

static bool find_lines(struct json_doc *d) {
  uint32_t at = 0;
  for (;;) {
    uint32_t *slot = ARRAY_PUSH(d->line, d->n_lines, d->lines_capacity);
    if (!slot) return false;
    *slot = at;
    const char *end = memchr(d->text + at, '\n', d->len - at);
    if (!end) return true;
    at = (uint32_t)(end + 1 - d->text);
  }
}

struct json_place json_doc_place(const struct json_doc *d, size_t at) {
  size_t low = 0, high = d->n_lines;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (d->line[middle] <= at)
      low = middle;
    else
      high = middle;
  }
  struct json_place place = {.line = low + 1, .column = 1};
  for (size_t i = d->line[low]; i < at && i < d->len; i++) place.column += ((unsigned char)d->text[i] & 0xc0) != 0x80;
  return place;
}

const struct json_value *json_value_member(const struct json_value *v, const char *key) {
  if (v->kind != JSON_OBJECT) return NULL;
  for (const struct json_value *m = v->first; m; m = m->next)
    if (strcmp(m->key, key) == 0) return m;
  return NULL;
}

static enum json_kind kind_of(const cJSON *c) {
  if (cJSON_IsObject(c)) return JSON_OBJECT;
  if (cJSON_IsArray(c)) return JSON_ARRAY;
  if (cJSON_IsString(c)) return JSON_STRING;
  if (cJSON_IsNumber(c)) return JSON_NUMBER;
  return cJSON_IsNull(c) ? JSON_NULL : JSON_BOOL;
}

static void fill_value(struct json_value *v, const cJSON *c, const struct json_mark *mark) {
  v->kind = kind_of(c);
  v->at = mark->at;
  v->key_at = mark->key_at;
  v->key = c->string;
  v->text = v->kind == JSON_STRING ? c->valuestring : "";
  v->number = v->kind == JSON_NUMBER ? c->valuedouble : 0;
  v->truth = cJSON_IsTrue(c);
}

/* Walks cJSON's tree in document order beside the marks. False: the two disagree, which is our own mistake. */
static bool fill_values(struct json_doc *d, const struct json_scan *scan) {
  struct {
    struct json_value *container, *last;
    const cJSON *child;
  } level[JSON_DOC_LEVELS_MAX + 1] = {{.child = d->tree}};
  size_t depth = 0;
  for (;;) {
    const cJSON *c = level[depth].child;
    if (!c) {
      if (depth-- == 0) return d->n_values == scan->n;
      continue;
    }
    level[depth].child = depth ? c->next : NULL;
    if (d->n_values == scan->n) return false;
    struct json_value *v = &d->value[d->n_values], *container = level[depth].container;
    fill_value(v, c, &scan->mark[d->n_values++]);
    v->parent = container;
    if (container) {
      v->index = container->n_children++;
      if (level[depth].last)
        level[depth].last->next = v;
      else
        container->first = v;
      level[depth].last = v;
    }
    if (!c->child) continue;
    if (depth == JSON_DOC_LEVELS_MAX) return false;
    level[++depth].container = v;
    level[depth].last = NULL;
    level[depth].child = c->child;
  }
}

static int decode(struct json_doc *d, struct problem_list *problems) {
  struct json_scan scan = {0};
  struct err e;
  int r = json_scan(d->text, d->len, &scan, &e);
  if (r == -EINVAL) {
    struct json_place place = json_doc_place(d, scan.error_at);
    problem_list_add(problems, "%.300s:%zu:%zu: %s", d->file, place.line, place.column, e.text);
  }
  if (r < 0) goto out;
  r = -ENOMEM;
  d->value = array_new(scan.n, sizeof *d->value);
  d->tree = d->value ? cJSON_ParseWithLength(d->text, d->len) : NULL;
  if (!d->tree) goto out;
  r = fill_values(d, &scan) ? 0 : -EPROTO;
  if (r < 0) problem_list_add(problems, "%.300s: the JSON library reads this document differently", d->file);
out:
  free(scan.mark);
  return r;
}

/* UTF-16 and UTF-32 start with one of these; editors on Windows write them. */
static bool is_utf16(const uint8_t *b, size_t len) {
  return len >= 2 && ((b[0] == 0xff && b[1] == 0xfe) || (b[0] == 0xfe && b[1] == 0xff));
}

int json_doc_parse(const char *file, const void *bytes, size_t len, struct json_doc **doc_out,
                   struct problem_list *problems) {
  int r = -EINVAL;
  if (len > JSON_DOC_BYTES_MAX) {
    problem_list_add(problems, "%.300s: larger than 16 MiB; split it or write prefixes instead of addresses", file);
    return r;
  }
  if (is_utf16(bytes, len)) {
    problem_list_add(problems, "%.300s:1:1: the file is UTF-16; save it as UTF-8", file);
    return r;
  }
  size_t mark = len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
  r = -ENOMEM;
  struct json_doc *d = array_new(1, sizeof *d);
  if (!d) goto out;
  d->file = strdup(file);
  d->len = len - mark;
  d->text = malloc(d->len + 1);
  if (!d->file || !d->text) goto out;
  memcpy(d->text, (const char *)bytes + mark, d->len);
  d->text[d->len] = '\0';
  if (!find_lines(d) || !hash_document(d, bytes, len)) goto out;
  json_blank_comments(d->text, d->len);
  r = decode(d, problems);
out:
  if (r == 0) {
    *doc_out = d;
  } else {
    json_doc_free(d);
    if (r == -ENOMEM) problem_list_add(problems, "%.300s: memory is out", file);
  }
  return r;
}

/* The whole file, at most one byte more than we accept (so that too much is noticed). Negative errno. */
static int read_all(int fd, char **bytes_out, size_t *len_out) {
  char *bytes = NULL;
  size_t len = 0, capacity = 0;
  while (len <= JSON_DOC_BYTES_MAX) {
    if (!array_reserve((void **)&bytes, &capacity, len + 65536, 1)) {
      free(bytes);
      return -ENOMEM;
    }
    ssize_t n = read(fd, bytes + len, capacity - len);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      int r = -errno;
      free(bytes);
      return r;
    }
    if (n == 0) break;
    len += (size_t)n;
  }
  *bytes_out = bytes;
  *len_out = len;
  return 0;
}

/* Opens what can be read as a document; a pipe or a process substitution is fine, a directory or a device is not. */
static int open_document(const char *path, struct problem_list *problems) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  struct stat st = {0};
  const char *why = NULL;
  if (fd < 0 || fstat(fd, &st) != 0)
    why = strerror(errno);
  else if (S_ISDIR(st.st_mode))
    why = "a directory; name the JSON file in it";
  else if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
    why = "not a file";
  if (!why) {
    if (S_ISFIFO(st.st_mode)) fcntl(fd, F_SETFL, 0);
    return fd;
  }
  problem_list_add(problems, "%.300s: %s", path, why);
  if (fd >= 0) close(fd);
  return -EINVAL;
}

int json_doc_load(const char *path, struct json_doc **doc_out, struct problem_list *problems) {
  char *bytes = NULL;
  size_t len = 0;
  int fd = open_document(path, problems);
  if (fd < 0) return fd;
  int r = read_all(fd, &bytes, &len);
  close(fd);
  if (r < 0) {
    problem_list_add(problems, "%.300s: %s", path, strerror(-r));
    return r;
  }
  if (len == 0) {
    problem_list_add(problems, "%.300s: the file is empty", path);
    r = -EINVAL;
  } else {
    r = json_doc_parse(path, bytes, len, doc_out, problems);
  }
  free(bytes);
  return r;
}
