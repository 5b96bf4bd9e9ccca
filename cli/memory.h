/* How much is kept: bounds for single tables, and --max-memory, one bound for all of them, split among them. */
#ifndef WW_CLI_MEMORY_H
#define WW_CLI_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "cli/options.h"
#include "util/error.h"

/* What a person may say about the two tables that grow with the capture; 0 = their own defaults. */
struct limit_values {
  uint64_t flows_max, hosts_max;
};
extern const struct option limit_options[];
/* A row that puts them into another table: values is its struct, member its struct limit_values. */
#define LIMIT_OPTIONS(values, member) \
  { .kind = OPTION_GROUP, .group = limit_options, .offset = offsetof(values, member), .help = "" }

/* How many of each thing fit; 0 = the tables' own defaults. */
struct memory_split {
  size_t flows_max, hosts_max, streams_max, talks_max;
};

/* Splits "256M" or "4G"; NULL gives the defaults. 0, or -EINVAL with *e: not a size, or too small to work with. */
int memory_split(const char *text, struct memory_split *split_out, struct err *e);

#endif
