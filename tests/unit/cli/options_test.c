/* The option parser over a table with every kind of option, and what it says about faults. */
#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "util/stamp.h"

struct innermost {
  bool deep;
};
struct inner {
  uint64_t number;
  struct innermost innermost;
  stamp_t time;
};
struct values {
  bool flag, other;
  const char *text;
  struct option_list list;
  unsigned choice;
  struct inner inner;
};

static const char *const choices[] = {"red", "green", NULL};
static const struct option innermost_options[] = {
    {.name = "deep", .kind = OPTION_FLAG, .offset = offsetof(struct innermost, deep), .help = "a flag"},
    {.help = NULL}};
static const struct option inner_options[] = {
    {.name = "number",
     .letter = 'n',
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct inner, number),
     .value = "N",
     .min = 2,
     .max = 99,
     .help = "a number"},
    {.kind = OPTION_GROUP, .offset = offsetof(struct inner, innermost), .group = innermost_options, .help = ""},
    {.name = "time", .kind = OPTION_TIME, .offset = offsetof(struct inner, time), .value = "TIME", .help = "a time"},
    {.help = NULL}};
static const struct option options[] = {
    {.name = "flag", .letter = 'f', .kind = OPTION_FLAG, .offset = offsetof(struct values, flag), .help = "a flag"},
    {.name = "other", .letter = 'x', .kind = OPTION_FLAG, .offset = offsetof(struct values, other), .help = "a flag"},
    {.name = "text",
     .letter = 't',
     .kind = OPTION_TEXT,
     .offset = offsetof(struct values, text),
     .value = "TEXT",
     .help = "a text"},
    {.name = "list",
     .letter = 'l',
     .kind = OPTION_LIST,
     .offset = offsetof(struct values, list),
     .value = "TEXT",
     .help = "texts"},
    {.name = "choice",
     .kind = OPTION_CHOICE,
     .offset = offsetof(struct values, choice),
     .value = "COLOUR",
     .choice = choices,
     .help = "a colour"},
    {.kind = OPTION_GROUP, .offset = offsetof(struct values, inner), .group = inner_options, .help = "Inner"},
    {.help = NULL}};

enum { WORDS_MAX = 80 };

/* Splits line at spaces and parses it. */
static int parse(const char *line, struct values *v, struct operands *operands, struct err *e) {
  static char copy[1024], *word[WORDS_MAX];
  int n = 0;
  snprintf(copy, sizeof copy, "%s", line);
  for (char *at = strtok(copy, " "); at && n < WORDS_MAX; at = strtok(NULL, " ")) word[n++] = at;
  *v = (struct values){.choice = 0};
  *e = (struct err){""};
  return options_parse(options, n, word, v, operands, e);
}

static void test_values(void **state) {
  (void)state;
  struct values v;
  struct operands o;
  struct err e;
  assert_int_equal(parse("a -fx --text=one b --list x -l y -lz --choice green -n7 --deep --time 1.5 -", &v, &o, &e), 0);
  assert_true(v.flag && v.other);
  assert_string_equal(v.text, "one");
  assert_int_equal(v.list.n, 3);
  assert_string_equal(v.list.item[2], "z");
  assert_int_equal(v.choice, 1);
  assert_int_equal(v.inner.number, 7);
  assert_true(v.inner.innermost.deep);
  assert_int_equal(v.inner.time.ns, 1500000000);
  assert_int_equal(o.n, 3);
  assert_string_equal(o.item[0], "a");
  assert_string_equal(o.item[2], "-");
}

static void test_end_of_options(void **state) {
  (void)state;
  struct values v;
  struct operands o;
  struct err e;
  assert_int_equal(parse("-f -- --text -x", &v, &o, &e), 0);
  assert_true(v.flag && !v.other && !v.text);
  assert_int_equal(o.n, 2);
  assert_string_equal(o.item[0], "--text");
}

static void test_last_counts(void **state) {
  (void)state;
  struct values v;
  struct operands o;
  struct err e;
  assert_int_equal(parse("-t a --text b", &v, &o, &e), 0);
  assert_string_equal(v.text, "b");
}

static void test_help(void **state) {
  (void)state;
  struct values v;
  struct operands o;
  struct err e;
  assert_int_equal(parse("a --help --nonsense", &v, &o, &e), 1);
  assert_int_equal(parse("-fh", &v, &o, &e), 1);
}

static void test_faults(void **state) {
  (void)state;
  static const struct {
    const char *line, *expected;
  } cases[] = {
      {"--flga", "no option --flga; did you mean --flag?"},
      {"--tex=1", "no option --tex; did you mean --text?"},
      {"--zzz", "no option --zzz; --help lists them"},
      {"-z", "no option -z; --help lists them"},
      {"--flag=1", "--flag takes no value"},
      {"--text", "--text needs a value: TEXT"},
      {"-t", "--text needs a value: TEXT"},
      {"--text=", "--text: the value is empty"},
      {"--choice blue", "--choice: \"blue\" is none of red, green"},
      {"-n 1", "--number: \"1\" is not a number from 2 to 99"},
      {"-n 100", "--number: \"100\" is not a number from 2 to 99"},
      {"-n 3x", "--number: \"3x\" is not a number from 2 to 99"},
      {"-n -3", "--number: \"-3\" is not a number from 2 to 99"},
      {"-n 99999999999999999999999", "--number: \"99999999999999999999999\" is not a number from 2 to 99"},
      {"--time noon", "--time: \"noon\" is not a time: write UTC like 2026-03-31T14:05:00Z, or seconds since 1970"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct values v;
    struct operands o;
    struct err e;
    assert_true(parse(cases[i].line, &v, &o, &e) < 0);
    assert_string_equal(e.text, cases[i].expected);
  }
}

static void test_too_many(void **state) {
  (void)state;
  static char *word[OPTION_LIST_MAX + 1], text[] = "-lx";
  struct values v = {.choice = 0};
  struct operands o;
  struct err e;
  for (size_t i = 0; i <= OPTION_LIST_MAX; i++) word[i] = text;
  assert_int_equal(options_parse(options, OPTION_LIST_MAX, word, &v, &o, &e), 0);
  v = (struct values){.choice = 0};
  assert_true(options_parse(options, OPTION_LIST_MAX + 1, word, &v, &o, &e) < 0);
}

static void test_print(void **state) {
  (void)state;
  struct out to;
  out_init(&to, NULL);
  options_print(options, &to);
  const char *text = out_str(&to);
  assert_non_null(strstr(text, "  -f, --flag                a flag\n"));
  assert_non_null(strstr(text, "      --choice COLOUR       a colour\n"));
  assert_non_null(strstr(text,
                         "\nInner:\n  -n, --number N            a number\n"
                         "      --deep                a flag\n      --time TIME"));
  out_close(&to);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values), cmocka_unit_test(test_end_of_options), cmocka_unit_test(test_last_counts),
      cmocka_unit_test(test_help),   cmocka_unit_test(test_faults),         cmocka_unit_test(test_too_many),
      cmocka_unit_test(test_print),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
