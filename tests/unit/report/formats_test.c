/* Every format with hostile texts stays inert, and stays within its size whatever the result holds. Independent readers
 * judge: libxml2 for HTML and JUnit XML, cJSON for JSON and SARIF. */
#include "report/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlschemas.h>

#include "random_result.h"
#include "util/text.h"

static bool listed(const char *const *list, const char *name) {
  for (; *list; list++)
    if (strcmp(*list, name) == 0) return true;
  return false;
}

/* Elements and attributes a report may have; nothing that runs, loads or leads elsewhere. */
static const char *const elements[] = {"html",   "head",   "meta",    "title",   "style", "body", "header", "main",
                                       "footer", "nav",    "section", "article", "div",   "span", "p",      "a",
                                       "h1",     "h2",     "h3",      "ul",      "li",    "dl",   "dt",     "dd",
                                       "pre",    "strong", "table",   "thead",   "tbody", "tr",   "th",     "td",
                                       "svg",    "desc",   "text",    "rect",    "line",  NULL};
static const char *const attributes[] = {
    "lang", "charset",  "name",       "content",         "http-equiv", "class", "id", "href", "scope",
    "role", "tabindex", "aria-label", "aria-labelledby", "viewBox",    "x",     "y",  "x1",   "y1",
    "x2",   "y2",       "width",      "height",          "transform",  "xmlns", NULL};

static void check_node(const xmlNode *n) {
  for (; n; n = n->next) {
    if (n->type == XML_ELEMENT_NODE) {
      if (!listed(elements, (const char *)n->name)) fail_msg("element %s", (const char *)n->name);
      for (const xmlAttr *a = n->properties; a; a = a->next) {
        if (!listed(attributes, (const char *)a->name)) fail_msg("attribute %s", (const char *)a->name);
        if (strcmp((const char *)a->name, "href") == 0) assert_int_equal(a->children->content[0], '#');
      }
    } else if (n->type != XML_TEXT_NODE && n->type != XML_DTD_NODE) {
      fail_msg("node of kind %d", n->type);
    }
    check_node(n->children);
  }
}

/* Our HTML is also well-formed XML, so that a strict reader can judge it. */
static void check_html(const char *text) {
  xmlDoc *doc = xmlReadMemory(text, (int)strlen(text), "report", NULL, XML_PARSE_NONET | XML_PARSE_HUGE);
  assert_non_null(doc);
  assert_memory_equal(text, "<!DOCTYPE html>\n<html lang=\"en\">", 32);
  check_node(xmlDocGetRootElement(doc));
  xmlFreeDoc(doc);
}

/* Against tests/report/junit.xsd; the counts must be those of the cases. */
static void check_xml(const char *text) {
  static xmlSchema *schema;
  if (!schema) {
    char path[1024];
    snprintf(path, sizeof path, "%s/tests/report/junit.xsd", getenv("WW_SOURCE") ? getenv("WW_SOURCE") : ".");
    xmlSchemaParserCtxt *parser = xmlSchemaNewParserCtxt(path);
    schema = xmlSchemaParse(parser);
    xmlSchemaFreeParserCtxt(parser);
    assert_non_null(schema);
  }
  xmlDoc *doc = xmlReadMemory(text, (int)strlen(text), "report", NULL, XML_PARSE_NONET | XML_PARSE_HUGE);
  assert_non_null(doc);
  xmlSchemaValidCtxt *valid = xmlSchemaNewValidCtxt(schema);
  assert_int_equal(xmlSchemaValidateDoc(valid, doc), 0);
  xmlSchemaFreeValidCtxt(valid);
  for (const xmlNode *suite = xmlDocGetRootElement(doc)->children; suite; suite = suite->next) {
    unsigned long cases = 0, stated = 0;
    if (suite->type != XML_ELEMENT_NODE) continue;
    for (const xmlNode *n = suite->children; n; n = n->next) cases += n->type == XML_ELEMENT_NODE;
    for (const xmlAttr *a = suite->properties; a; a = a->next)
      if (strcmp((const char *)a->name, "tests") == 0) stated = strtoul((const char *)a->children->content, NULL, 10);
    assert_int_equal(cases, stated);
  }
  xmlFreeDoc(doc);
}

static void check_json(const char *text) {
  cJSON *json = cJSON_Parse(text);
  assert_non_null(json);
  cJSON_Delete(json);
}

/* RFC 4180: rows of equally many cells; no cell is a formula. */
static void check_csv(const char *text) {
  size_t cells = 0, columns = 0;
  const char *at = text;
  while (*at) {
    bool quoted = *at == '"';
    if (quoted) at++;
    assert_null(*at ? strchr("=+-@\t\r", *at == '\r' ? 'x' : *at) : NULL);
    for (; *at; at++) {
      if (quoted && *at == '"' && at[1] == '"')
        at++;
      else if (quoted ? *at == '"' : *at == ',' || *at == '\r')
        break;
    }
    if (quoted) assert_int_equal(*at++, '"');
    cells++;
    if (*at == ',') {
      at++;
      continue;
    }
    assert_memory_equal(at, "\r\n", 2);
    at += 2;
    if (!columns) columns = cells;
    assert_int_equal(cells, columns);
    cells = 0;
  }
}

/* What could become markup has a backslash in front, outside code spans; links do not start by themselves. */
static void check_markdown(const char *text) {
  size_t fence = 0;
  assert_true(strlen(text) <= 4000);
  for (const char *c = text; *c; c++) {
    if (*c == '\\' && !fence) {
      c++;
      continue;
    }
    if (*c == '`') {
      size_t run = strspn(c, "`");
      if (!fence)
        fence = run;
      else if (run == fence)
        fence = 0;
      c += run - 1;
      continue;
    }
    if (!fence && strchr("<>[]|~@!$", *c)) fail_msg("%c in %.60s", *c, c > text + 20 ? c - 20 : text);
    if (!fence) assert_false(strncmp(c, "://", 3) == 0);
  }
}

static void check_text(const char *text) {
  for (const char *line = text, *end; *line; line = end + 1) {
    end = strchr(line, '\n');
    assert_non_null(end);
    assert_true(text_is_clean(line, (size_t)(end - line)));
    /* Lines to copy stand alone, six columns in, and are never wrapped. */
    if (strncmp(line, "      ", 6) == 0 && line[6] != ' ') continue;
    if (text_width(line, (size_t)(end - line)) > 100) fail_msg("wide: %.*s", (int)(end - line), line);
  }
}

static const struct {
  const char *format;
  void (*check)(const char *text);
} checks[] = {{"html", check_html}, {"junit", check_xml},         {"json", check_json}, {"sarif", check_json},
              {"csv", check_csv},   {"markdown", check_markdown}, {"text", check_text}};

static void test_hostile_texts(void **state) {
  (void)state;
  unsigned seed = test_seed(5);
  for (unsigned round = 0; round < 40; round++) {
    struct random_options o = {seed + round, round % 6, hostile_texts, n_hostile_texts, 0, 0};
    struct result *r = random_result(&o);
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
      char *text = render(r, checks[i].format);
      assert_non_null(text);
      checks[i].check(text);
      free(text);
    }
    result_free(r);
  }
}

/* Sizes hold with as many findings as a result keeps, long texts and hostile ones. */
static void test_sizes(void **state) {
  (void)state;
  static char longest[65001];
  memset(longest, '<', sizeof longest - 1);
  const char *const long_texts[] = {longest, "plain", "<&>", "'\"`"};
  const struct random_options cases[] = {
      {1, 2, hostile_texts, n_hostile_texts, 10000, 20000},
      {2, 3, long_texts, 4, 30, 0},
      {3, 60, hostile_texts, n_hostile_texts, 0, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct result *r = random_result(&cases[i]);
    char *html = render(r, "html"), *markdown = render(r, "markdown");
    print_message("case %zu: HTML %zu bytes, Markdown %zu bytes\n", i, strlen(html), strlen(markdown));
    assert_true(strlen(html) <= 1000000);
    assert_true(strlen(markdown) <= 4000);
    check_html(html);
    free(html);
    free(markdown);
    result_free(r);
  }
}

/* A saved result can be from anybody: what it brings is made clean when it is read. */
static void test_loaded_texts(void **state) {
  (void)state;
  static const char evil[] = "\\u001b[31m\\u202eevil\\u0007\\u2028\\u200b\\r\\n";
  struct random_options o = {9, 2, (const char *const[]){"MARKER"}, 1, 0, 0};
  struct result *r = random_result(&o), *loaded = NULL;
  char *json = render(r, "json"), path[] = "/tmp/ww-formats-XXXXXX";
  struct err e;
  FILE *f = fdopen(mkstemp(path), "wb");
  for (const char *at = json, *next; *at; at = next) {
    const char *marker = strstr(at, "MARKER");
    next = marker ? marker + 6 : at + strlen(at);
    fwrite(at, 1, (size_t)((marker ? marker : next) - at), f);
    if (marker) fputs(evil, f);
  }
  fclose(f);
  assert_int_equal(result_load(path, &loaded, &e), 0);
  char *text = render(loaded, "text"), *html = render(loaded, "html");
  assert_non_null(strstr(text, "evil"));
  check_text(text);
  check_html(html);
  unlink(path);
  free(json), free(text), free(html);
  result_free(r);
  result_free(loaded);
}

static void test_names(void **state) {
  (void)state;
  static const struct {
    const char *path, *format;
  } cases[] = {
      {"a.html", "html"}, {"/x.y/a.JSON", "json"}, {"a.md", "markdown"}, {"a.b.txt", "text"}, {"a.csv", "csv"},
      {"a.xml", "junit"}, {"a.sarif", "sarif"},    {"a", NULL},          {"a.pdf", NULL},     {"dir.html/a", NULL},
      {"", NULL}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const struct report_format *f = report_format_of_path(cases[i].path);
    if (!cases[i].format)
      assert_null(f);
    else
      assert_string_equal(f->name, cases[i].format);
  }
}

/* A report appears whole under its name or not at all, and nothing else is left behind. */
static void test_write_file(void **state) {
  (void)state;
  struct random_options o = {4, 2, hostile_texts, n_hostile_texts, 0, 0};
  struct result *r = random_result(&o);
  char folder[] = "/tmp/ww-write-XXXXXX", path[64];
  struct err e = {""};
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/r.html", folder);
  assert_int_equal(report_write_file(r, NULL, path, &e), 0);
  assert_int_equal(access(path, R_OK), 0);
  assert_int_equal(unlink(path), 0);
  assert_true(report_write_file(r, NULL, "/nonexistent-folder/r.html", &e) < 0);
  assert_non_null(strstr(e.text, "No such file"));
  assert_true(report_write_file(r, NULL, "/tmp/r.pdf", &e) < 0);
  assert_non_null(strstr(e.text, "ending"));
  assert_int_equal(rmdir(folder), 0);
  result_free(r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_hostile_texts), cmocka_unit_test(test_sizes),      cmocka_unit_test(test_loaded_texts),
      cmocka_unit_test(test_names),         cmocka_unit_test(test_write_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
