/* From capture files to traffic: what audit, flows, explain and policy init have in common. */
#ifndef WW_CLI_INPUTS_H
#define WW_CLI_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/timeline.h"
#include "classifier/traffic.h"
#include "cli/memory.h"
#include "cli/options.h"
#include "util/error.h"

/* What a person may say about the inputs. */
struct input_values {
  const char *filter;
  stamp_t from, to;
  struct limit_values limit;
  uint64_t threads;
  const char *memory_max;
  bool no_hash, no_dedup, vlan, quiet;
  bool dpi_names; /* no option: the verb shows nDPI's own names */
};
extern const struct option input_options[];
#define INPUT_DEFAULTS \
  { .from = STAMP_NONE, .to = STAMP_NONE }
/* A row that puts them into a verb's table: values is the verb's struct, member its struct input_values. */
#define INPUT_OPTIONS(values, member) \
  { .kind = OPTION_GROUP, .group = input_options, .offset = offsetof(values, member), .help = "Input" }

struct inputs {
  struct timeline *timeline;
  struct traffic *traffic;
  size_t n_unread; /* inputs of which nothing could be read; said on standard error */
};

/* For verbs whose output names no SHA-256: it costs more than all the rest on large captures. */
static inline struct input_values inputs_unhashed(const struct input_values *v) {
  struct input_values unhashed = *v;
  unhashed.no_hash = true;
  return unhashed;
}

/* How many threads to work on: as the person said, or the processors this process may use. */
unsigned inputs_threads(const struct input_values *v);

/* Reads all captures. 0, or an enum status with *e: STATUS_USAGE (the filter), STATUS_INPUT (nothing to read, no
 * memory). Release with inputs_release in any case. */
int inputs_read(const char *const *path, size_t n, const struct input_values *v, struct inputs *inputs_out,
                struct err *e);
void inputs_release(struct inputs *in);

#endif
