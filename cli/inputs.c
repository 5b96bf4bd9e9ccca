#include "cli/inputs.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/progress.h"
#include "cli/say.h"
#include "cli/status.h"

#define AT(member) offsetof(struct input_values, member)
const struct option input_options[] = {
    {.name = "filter",
     .kind = OPTION_TEXT,
     .offset = AT(filter),
     .value = "BPF",
     .help = "only frames that this libpcap filter selects, e.g. 'host 10.1.2.3 and not port 22'"},
    {.name = "from",
     .kind = OPTION_TIME,
     .offset = AT(from),
     .value = "TIME",
     .help = "only frames from this moment on: UTC like 2026-03-31T14:05:00Z, or seconds since 1970"},
    {.name = "to", .kind = OPTION_TIME, .offset = AT(to), .value = "TIME", .help = "only frames up to this moment"},
    {.name = "no-hash",
     .kind = OPTION_FLAG,
     .offset = AT(no_hash),
     .help = "do not compute the SHA-256 of the captures"},
    {.name = "no-dedup",
     .kind = OPTION_FLAG,
     .offset = AT(no_dedup),
     .help = "take copies of a frame (mirror ports make them) for packets of their own"},
    {.name = "vlan",
     .kind = OPTION_FLAG,
     .offset = AT(vlan),
     .help = "tell flows apart by VLAN tag: for overlapping addresses"},
    LIMIT_OPTIONS(struct input_values, limit),
    {.name = "max-memory",
     .kind = OPTION_TEXT,
     .offset = AT(memory_max),
     .value = "SIZE",
     .help = "keep all tables within so much memory in all: 512M, 4G; what does not fit is counted, not judged"},
    {.name = "threads",
     .kind = OPTION_NUMBER,
     .offset = AT(threads),
     .value = "N",
     .min = 1,
     .max = 1024,
     .help = "use up to N processors; default: all there are; the result does not depend on it"},
    {.name = "quiet",
     .letter = 'q',
     .kind = OPTION_FLAG,
     .offset = AT(quiet),
     .help = "no progress and no remarks on standard error; errors are still said"},
    {.help = NULL}};
#undef AT

/* Feeds every frame to the classifier; negative: memory is out. */
static int classify(struct timeline *t, struct classifier *c, struct err *e) {
  int rc = -ENOMEM;
  struct frame_batch *batch = calloc(1, sizeof *batch);
  if (!batch) goto out;
  uint64_t frames = 0;
  while ((rc = timeline_next(t, batch, e)) > 0) {
    frames += batch->n;
    rc = classifier_feed(c, batch);
    if (rc < 0) break;
    progress_show(timeline_progress(t), frames);
  }
  progress_clear();
out:
  if (batch) frame_batch_release(batch);
  free(batch);
  return rc;
}

/* Says what is wrong with single inputs; returns how many gave nothing. */
static size_t say_inputs(const struct timeline_facts *f, bool quiet, bool hashed) {
  size_t unread = 0;
  for (size_t i = 0; i < f->n_inputs; i++) {
    const struct input_facts *in = &f->input[i];
    if (!in->readable) {
      say_err(&in->error);
      unread++;
    } else if (in->same_as != SIZE_MAX) {
      if (!quiet) say("%s: the same file as %s; read once", in->path, f->input[in->same_as].path);
    } else if (in->info->damage != SOURCE_DAMAGE_NONE) {
      unread += in->frames == 0;
      say("%s: %s; %" PRIu64 " packets read", in->path, in->info->damage_text.text, in->frames);
    } else if (!in->sha256[0] && hashed) {
      say("%s: its SHA-256 could not be computed", in->path);
    }
  }
  return unread;
}

/* What had no room is known by port only; reports count it, and what has no first page says it here. */
static void say_refused(const struct traffic *t) {
  const struct app_counts *c = &traffic_capture(t)->app;
  const uint64_t n = c->streams_refused + c->learned_refused + c->names_refused;
  if (n) say("%" PRIu64 " times there was no room for what packets hold: some services and names are not known", n);
}

unsigned inputs_threads(const struct input_values *v) {
  cpu_set_t mine; /* a container or taskset may leave fewer than there are */
  if (v->threads) return (unsigned)v->threads;
  return sched_getaffinity(0, sizeof mine, &mine) == 0 ? (unsigned)CPU_COUNT(&mine) : 1;
}

/* Whether so much is to be read that nDPI had better be ready early. What is no regular file may be of any size. */
static bool is_much(const char *const *path, size_t n) {
  static const off_t much = 16 << 20;
  off_t size = 0;
  for (size_t i = 0; i < n && size < much; i++) {
    struct stat st;
    size += strcmp(path[i], "-") == 0 || stat(path[i], &st) != 0 || !S_ISREG(st.st_mode) ? much : st.st_size;
  }
  return size >= much;
}

int inputs_read(const char *const *path, size_t n, const struct input_values *v, struct inputs *inputs_out,
                struct err *e) {
  const unsigned threads = inputs_threads(v);
  struct timeline_options timeline_options = {
      .filter = v->filter, .from = v->from, .to = v->to, .no_hash = v->no_hash, .ahead = threads > 1};
  struct memory_split split;
  if (memory_split(v->memory_max, &split, e) < 0) return STATUS_USAGE;
  struct classifier_options classifier_options = {
      .flows_max = v->limit.flows_max ? (size_t)v->limit.flows_max : split.flows_max,
      .hosts_max = v->limit.hosts_max ? (size_t)v->limit.hosts_max : split.hosts_max,
      .streams_max = split.streams_max,
      .no_dedup = v->no_dedup,
      .vlan_in_key = v->vlan,
      .dpi_sparing = !v->dpi_names,
      .dpi_ahead = threads > 1 && is_much(path, n),
      .threads = threads};
  struct inputs in = {0};
  struct classifier *c = NULL;
  int status = STATUS_INPUT;
  progress_start(v->quiet);
  c = classifier_new(&classifier_options); /* first: its threads have work to do while files are looked at */
  int rc = timeline_open(path, n, &timeline_options, &in.timeline, e);
  if (rc < 0) {
    if (rc == -EINVAL) status = STATUS_USAGE;
    goto out;
  }
  rc = c ? classify(in.timeline, c, e) : -ENOMEM;
  if (rc >= 0) rc = classifier_finish(c, timeline_facts(in.timeline), &in.traffic);
  if (rc < 0) {
    if (!e->text[0]) err_set(e, "memory ran out; --filter or --max-memory lets a large capture fit");
    goto out;
  }
  in.n_unread = say_inputs(timeline_facts(in.timeline), v->quiet, !v->no_hash);
  if (!v->quiet) say_refused(in.traffic);
  status = STATUS_OK;
out:
  progress_clear();
  classifier_free(c);
  malloc_trim(0); /* blocks and payload state are given back before the judgement asks for more */
  if (status) inputs_release(&in);
  *inputs_out = in;
  return status;
}

void inputs_release(struct inputs *in) {
  traffic_free(in->traffic);
  if (in->timeline) timeline_close(in->timeline);
  *in = (struct inputs){0};
}
