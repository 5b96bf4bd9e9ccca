/* What one thing of a kind costs at most, from its first packet to the end of the audit, was measured with tests/bench
 * (doc/performance.md) and rounded up. What is left when every table is full goes to the program, the blocks being
 * read, the reports. A table that is full takes nothing new: what it turns away is counted, said on page one and not
 * judged. */
#include "cli/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
  MEMORY_LEAST_MIB = 96,
  MEMORY_MOST_MIB = 1 << 24,
  BASE_MIB = 56,    /* the program, nDPI, blocks, reports */
  FLOW_BYTES = 256, /* records, index, result, ends, its place among conversations */
  HOST_BYTES = 520, /* facts and index in four parts, order, its name */
  STREAM_BYTES = 16384,
  TALK_BYTES = 240, /* itself, a ruling of its own, listed, sorted by cause */
};

/* Shares of what the base leaves, in percent. */
enum { FLOWS_SHARE = 50, TALKS_SHARE = 25, HOSTS_SHARE = 10, STREAMS_SHARE = 15 };
_Static_assert(FLOWS_SHARE + TALKS_SHARE + HOSTS_SHARE + STREAMS_SHARE == 100, "all of it");

#define AT(member) offsetof(struct limit_values, member)
const struct option limit_options[] = {{.name = "max-flows",
                                        .kind = OPTION_NUMBER,
                                        .offset = AT(flows_max),
                                        .value = "N",
                                        .min = 1000,
                                        .max = 1000000000,
                                        .help = "keep at most so many flows; what does not fit is counted, not judged"},
                                       {.name = "max-hosts",
                                        .kind = OPTION_NUMBER,
                                        .offset = AT(hosts_max),
                                        .value = "N",
                                        .min = 1000,
                                        .max = 1000000000,
                                        .help = "keep at most so many hosts"},
                                       {.help = NULL}};
#undef AT

static bool mib_of(const char *text, uint64_t *mib_out) {
  char *end;
  if (*text < '0' || *text > '9') return false;
  errno = 0;
  const unsigned long long n = strtoull(text, &end, 10);
  const uint64_t each = strchr("Mm", *end) ? 1 : strchr("Gg", *end) ? 1024 : 0;
  if (errno || !*end || !each || end[1] || n > MEMORY_MOST_MIB / each) return false;
  *mib_out = n * each;
  return true;
}

int memory_split(const char *text, struct memory_split *split_out, struct err *e) {
  uint64_t mib;
  *split_out = (struct memory_split){0};
  if (!text) return 0;
  if (!mib_of(text, &mib)) {
    err_set(e, "--max-memory: \"%.40s\" is not a size; write 512M or 4G", text);
    return -EINVAL;
  }
  if (mib < MEMORY_LEAST_MIB) {
    err_set(e, "--max-memory: %.40s is too little to work with; the least is %dM", text, MEMORY_LEAST_MIB);
    return -EINVAL;
  }
  const uint64_t percent = (mib - BASE_MIB) * 1048576 / 100;
  *split_out = (struct memory_split){.flows_max = percent * FLOWS_SHARE / FLOW_BYTES,
                                     .talks_max = percent * TALKS_SHARE / TALK_BYTES,
                                     .hosts_max = percent * HOSTS_SHARE / HOST_BYTES,
                                     .streams_max = percent * STREAMS_SHARE / STREAM_BYTES};
  return 0;
}
