/* Command-line options from tables: one row is one option, its help text included.
 *
 * Long names take their value as "--name VALUE" or "--name=VALUE", letters as "-o VALUE" or "-oVALUE"; letters without
 * a value may be joined. "--" ends the options; "-" is an operand. Options and operands may stand in any order. */
#ifndef WW_CLI_OPTIONS_H
#define WW_CLI_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/out.h"

enum option_kind {
  OPTION_FLAG,   /* bool */
  OPTION_TEXT,   /* const char *; the last one given counts */
  OPTION_LIST,   /* struct option_list; may be repeated */
  OPTION_NUMBER, /* uint64_t from min to max */
  OPTION_TIME,   /* stamp_t; see stamp_parse */
  OPTION_CHOICE, /* unsigned: index into choice */
  OPTION_GROUP,  /* not an option: the rows of another table, with their values at offset; help is their heading, "" =
                   they go with the  rows around them */
  OPTION_KIND_COUNT
};

enum { OPTION_LIST_MAX = 64, OPTIONS_MAX = 64 };

struct option_list {
  const char *item[OPTION_LIST_MAX];
  size_t n;
};

/* A table of these ends with a row without a help text. */
struct option {
  const char *name; /* long, without dashes */
  char letter;      /* 0 = none */
  enum option_kind kind;
  size_t offset;     /* of the value in the values that options_parse fills */
  const char *value; /* what the help calls the value; NULL for flags */
  const char *help;
  uint64_t min, max;         /* of a number */
  const char *const *choice; /* names, ended by NULL */
  const struct option *group;
};

/* What stood on the command line beside options; texts are borrowed from argv. */
struct operands {
  char **item;
  size_t n;
};

/* Reads argv[0..argc), which it reorders, into values. 0; 1 when help was asked for; negative with *e for an unknown
 * option (naming the nearest), a missing or wrong value. */
int options_parse(const struct option *table, int argc, char **argv, void *values, struct operands *operands_out,
                  struct err *e);

/* The rows as help text. */
void options_print(const struct option *table, struct out *to);

/* Text of a help, broken at spaces to fit a terminal; lines after the first start at column. A newline stays one. */
void help_wrap(const char *text, size_t column, struct out *to);

#endif
