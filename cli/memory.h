/* --max-memory: one bound for all tables, split among them. */
#ifndef WW_CLI_MEMORY_H
#define WW_CLI_MEMORY_H

#include <stddef.h>

#include "util/error.h"

/* How many of each thing fit; 0 = the tables' own defaults. */
struct memory_split {
  size_t flows_max, hosts_max, streams_max, talks_max;
};

/* Splits "256M" or "4G"; NULL gives the defaults. 0, or -EINVAL with *e: not a size, or too small to work with. */
int memory_split(const char *text, struct memory_split *split_out, struct err *e);

#endif
