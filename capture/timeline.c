/* To open: look at the start of every input for the time of its first frame, sort, find files given twice. To read:
 * open one input after the other, number its frames through, leave out what the options leave out.
 *
 * An input without a frame, unreadable, or readable only once has no time of its own; it takes that of the input given
 * before it, so that it keeps its place. Copies of a file have the same first frame and size, so only such are
 * compared. */
#include "capture/timeline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/filter.h"
#include "util/array.h"

enum { GAPS_KEPT = 64, PEEK_SIZE = 1 << 16, COMPARE_SIZE = 1 << 16, SECOND = 1000000000 };

/* What is known of an input beside its facts. */
struct track {
  struct input_facts facts; /* moved to timeline.facts.input once sorted */
  struct source *source;
  stamp_t order; /* time it is sorted by */
  size_t given;  /* its place on the command line */
  uint64_t size; /* of a regular file */
  dev_t device;
  ino_t inode;
  bool regular;
};

/* A drop counter; the same one goes on through a rotated set of files. */
struct drop_counter {
  const char *iface; /* borrowed from its source; NULL = without name */
  uint64_t counted_from, dropped;
};

struct timeline {
  struct timeline_options options;
  struct filter *filter;
  struct timeline_facts facts;
  struct input_facts *input; /* facts.input */
  struct track *track;       /* in the order of input */
  size_t next;               /* the input to open next */
  struct source *source;     /* the input being read, NULL between two; owned by its track */
  stamp_t before;            /* time of the frame before in the same input */
  stamp_t end;               /* latest time of the inputs before */
  struct drop_counter *drop;
  size_t n_drops, drop_room;
  uint64_t size; /* of all inputs to read; 0 = unknown */
  bool size_known;
};

/* ---- looking at the inputs ---- */

/* The time of the first frame of a regular file. */
static void peek(struct track *t) {
  const struct source_options options = {.read_size = PEEK_SIZE};
  struct source *s = NULL;
  struct frame_batch batch = {0};
  t->facts.readable = source_open(t->facts.path, &options, &s, &t->facts.error) == 0;
  if (t->facts.readable && source_next(s, &batch, NULL) > 0) t->order = batch.frame[0].time;
  frame_batch_release(&batch);
  source_close(s);
}

static void look_at(struct track *t, const struct timeline_options *options) {
  struct stat st;
  if (strcmp(t->facts.path, "-") != 0 && stat(t->facts.path, &st) == 0 && S_ISREG(st.st_mode)) {
    t->regular = true;
    t->size = (uint64_t)st.st_size;
    t->device = st.st_dev;
    t->inode = st.st_ino;
    peek(t);
    return;
  }
  const struct source_options once = {.hash = !options->no_hash, .ahead = options->ahead};
  t->facts.readable = source_open(t->facts.path, &once, &t->source, &t->facts.error) == 0;
}

static int by_time(const void *a, const void *b) {
  const struct track *x = a, *y = b;
  if (x->order.ns != y->order.ns) return x->order.ns < y->order.ns ? -1 : 1;
  return x->given < y->given ? -1 : x->given > y->given;
}

static bool read_whole(int fd, uint8_t *to, size_t len, size_t *got_out) {
  size_t got = 0;
  while (got < len) {
    ssize_t n = read(fd, to + got, len - got);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    if (n == 0) break;
    got += (size_t)n;
  }
  *got_out = got;
  return true;
}

static bool same_bytes(const char *a, const char *b) {
  static const size_t size = COMPARE_SIZE;
  int fa = open(a, O_RDONLY | O_CLOEXEC), fb = open(b, O_RDONLY | O_CLOEXEC);
  uint8_t *bytes = malloc(2 * size);
  bool same = fa >= 0 && fb >= 0 && bytes;
  for (size_t na = size, nb; same && na == size;)
    same = read_whole(fa, bytes, size, &na) && read_whole(fb, bytes + size, size, &nb) && na == nb &&
           memcmp(bytes, bytes + size, na) == 0;
  free(bytes);
  if (fa >= 0) close(fa);
  if (fb >= 0) close(fb);
  return same;
}

static bool same_file(const struct track *a, const struct track *b) {
  if (!a->regular || !b->regular || a->size != b->size) return false;
  return (a->device == b->device && a->inode == b->inode) || same_bytes(a->facts.path, b->facts.path);
}

/* Inputs are sorted: copies have the same time and follow each other, with at most others of that time between. */
static void find_copies(struct track *track, size_t n) {
  for (size_t i = 0; i < n; i++) {
    struct input_facts *copy = &track[i].facts;
    for (size_t j = i; copy->readable && j-- > 0 && track[j].order.ns == track[i].order.ns;)
      if (track[j].facts.readable && track[j].facts.same_as == SIZE_MAX && same_file(&track[j], &track[i])) {
        copy->same_as = j;
        break;
      }
  }
}

static void look_at_all(struct timeline *t, const char *const *paths, size_t n) {
  stamp_t order = STAMP_NONE;
  for (size_t i = 0; i < n; i++) {
    struct track *k = &t->track[i];
    k->facts = (struct input_facts){
        .path = paths[i], .same_as = SIZE_MAX, .packet_base = UINT32_MAX, .first = STAMP_NONE, .last = STAMP_NONE};
    k->given = i;
    k->order = STAMP_NONE;
    look_at(k, &t->options);
    if (!stamp_known(k->order)) k->order = order;
    order = k->order;
  }
  qsort(t->track, n, sizeof *t->track, by_time);
  find_copies(t->track, n);
  t->size_known = true;
  for (size_t i = 0; i < n; i++) {
    const struct track *k = &t->track[i];
    t->input[i] = k->facts;
    if (k->given != i) t->facts.reordered = true;
    if (!k->facts.readable || k->facts.same_as != SIZE_MAX) continue;
    t->size += k->size;
    t->size_known &= k->regular;
  }
}

static int check_any(const struct timeline *t, struct err *e) {
  const struct input_facts *first = NULL;
  for (size_t i = 0; i < t->facts.n_inputs; i++) {
    if (t->input[i].readable) return 0;
    if (!first || t->track[i].given == 0) first = &t->input[i];
  }
  if (!first) {
    err_set(e, "no capture given");
    return -EINVAL;
  }
  *e = first->error;
  if (t->facts.n_inputs > 1) err_prefix(e, "none of the %zu captures can be read; the first", t->facts.n_inputs);
  return -ENOENT;
}

int timeline_open(const char *const *paths, size_t n, const struct timeline_options *options,
                  struct timeline **timeline_out, struct err *e) {
  struct err unused;
  if (!e) e = &unused;
  struct timeline *t = calloc(1, sizeof *t);
  if (t) {
    t->options = *options;
    t->input = array_new(n, sizeof *t->input);
    t->track = array_new(n, sizeof *t->track);
    t->facts = (struct timeline_facts){.input = t->input, .first = STAMP_NONE, .last = STAMP_NONE};
    t->facts.gap_at = array_new(GAPS_KEPT, sizeof *t->facts.gap_at);
    t->end = STAMP_NONE;
  }
  int rc = 0;
  if (!t || !t->input || !t->track || !t->facts.gap_at) {
    err_set(e, "memory is out");
    rc = -ENOMEM;
  }
  if (rc == 0 && options->filter) rc = filter_new(options->filter, &t->filter, e);
  if (rc == 0) {
    t->facts.n_inputs = n;
    look_at_all(t, paths, n);
    rc = check_any(t, e);
  }
  if (rc < 0)
    timeline_close(t);
  else
    *timeline_out = t;
  return rc;
}

void timeline_close(struct timeline *t) {
  if (!t) return;
  for (size_t i = 0; i < t->facts.n_inputs; i++) source_close(t->track[i].source);
  filter_free(t->filter);
  free(t->facts.gap_at);
  free(t->drop);
  free(t->input);
  free(t->track);
  free(t);
}

/* ---- reading ---- */

/* The next input that can be read and is no copy becomes the current one; false: there is none. */
static bool begin_input(struct timeline *t, struct err *e, int *rc_out) {
  const struct source_options options = {.hash = !t->options.no_hash, .ahead = t->options.ahead};
  for (; t->next < t->facts.n_inputs; t->next++) {
    struct input_facts *in = &t->input[t->next];
    struct track *k = &t->track[t->next];
    const struct input_facts *prior = t->next ? &t->input[t->next - 1] : NULL;
    uint64_t base = prior ? prior->packet_base + prior->frames : 0;
    in->packet_base = base < UINT32_MAX ? (uint32_t)base : UINT32_MAX;  // NOLINT: n_inputs counts what input holds
    if (!in->readable || in->same_as != SIZE_MAX) continue;
    if (!k->source) {
      int rc = source_open(in->path, &options, &k->source, &in->error);
      in->readable = rc == 0;
      if (rc == -ENOMEM) {
        if (e) *e = in->error;
        *rc_out = rc;
        return false;
      }
    }
    if (!in->readable) continue;
    t->source = k->source;
    in->info = source_info(k->source);
    t->before = STAMP_NONE;
    return true;
  }
  return false;
}

/* Where the times of an input stand to those of the inputs before it. */
static void place_input(struct timeline *t, const struct input_facts *in) {
  if (!stamp_known(in->first)) return;
  if (stamp_known(t->end)) {
    stamp_t gap = stamp_since(t->end, in->first);
    if (gap.ns < 0) t->facts.overlaps++;
    if (gap.ns > SECOND) {
      t->facts.gaps++;
      t->facts.longest_gap = stamp_max(t->facts.longest_gap, gap);
      if (t->facts.n_gap_at < GAPS_KEPT) t->facts.gap_at[t->facts.n_gap_at++] = t->end;
    }
  }
  t->end = stamp_max(t->end, in->last);
}

static bool same_counter(const struct drop_counter *c, const struct source_iface *i) {
  if (!i->counted_from || c->counted_from != i->counted_from) return false;
  return c->iface && i->name ? strcmp(c->iface, i->name) == 0 : c->iface == i->name;
}

/* Adds an interface's drops, or what they grew by since an earlier file. False: memory is out. */
static bool add_drops(struct timeline *t, const struct source_iface *i) {
  if (!i->drops_known) return true;
  t->facts.drops_known = true;
  struct drop_counter *c = NULL;
  for (size_t n = 0; n < t->n_drops && !c; n++)
    if (same_counter(&t->drop[n], i)) c = &t->drop[n];
  if (!c && i->counted_from) {
    c = ARRAY_PUSH(t->drop, t->n_drops, t->drop_room);
    if (!c) return false;
    *c = (struct drop_counter){.iface = i->name, .counted_from = i->counted_from};
  }
  uint64_t known = c ? c->dropped : 0, more = i->dropped > known ? i->dropped - known : 0;
  if (__builtin_add_overflow(t->facts.dropped, more, &t->facts.dropped)) t->facts.dropped = UINT64_MAX;
  if (c) c->dropped += more;
  return true;
}

static bool end_input(struct timeline *t) {
  struct input_facts *in = &t->input[t->next++];
  memcpy(in->sha256, source_sha256(t->source), sizeof in->sha256);
  in->sha256[sizeof in->sha256 - 1] = '\0';
  place_input(t, in);
  bool ok = true;
  for (size_t i = 0; i < in->info->n_ifaces && ok; i++) ok = add_drops(t, &in->info->iface[i]);
  t->source = NULL;
  return ok;
}

/* A copy's digest is that of the file it is a copy of. */
static void end_timeline(struct timeline *t) {
  for (size_t i = 0; i < t->facts.n_inputs; i++) {
    size_t same_as = t->input[i].same_as;
    if (same_as != SIZE_MAX) memcpy(t->input[i].sha256, t->input[same_as].sha256, sizeof t->input[i].sha256);
  }
}

static bool wanted(struct timeline *t, const struct frame *f) {
  if (stamp_known(t->options.from) && stamp_before(f->time, t->options.from)) return false;
  if (stamp_known(t->options.to) && stamp_before(t->options.to, f->time)) return false;
  if (!t->filter) return true;
  enum filter_answer answer = filter_match(t->filter, f);
  t->facts.filter_unfit += answer == FILTER_UNFIT;
  return answer == FILTER_YES;
}

/* Numbers the frames and keeps the input's own counts. */
static void number_frames(struct timeline *t, struct input_facts *in, struct frame_batch *batch) {
  stamp_t before = t->before, first = in->first, last = in->last;
  uint64_t steps = 0;
  if (!stamp_known(first)) first = last = batch->frame[0].time;
  for (size_t i = 0; i < batch->n; i++) {
    struct frame *f = &batch->frame[i];
    f->packet = in->packet_base + f->number;
    if (f->packet < f->number) f->packet = UINT32_MAX, t->facts.numbers_exhausted = true;
    if (stamp_before(f->time, before)) steps += stamp_since(before, f->time).ns < -SECOND;
    before = f->time;
    first = stamp_min(first, f->time);
    last = stamp_max(last, f->time);
  }
  t->facts.clock_steps_back += steps;
  t->before = before;
  in->first = first;
  in->last = last;
  in->frames += batch->n;
}

static void keep_wanted(struct timeline *t, struct frame_batch *batch) {
  size_t kept = 0;
  for (size_t i = 0; i < batch->n; i++) {
    if (!wanted(t, &batch->frame[i])) continue;
    if (kept != i) batch->frame[kept] = batch->frame[i];
    kept++;
  }
  t->facts.filtered += batch->n - kept;
  batch->n = kept;
}

/* Bytes on the wire; a writer's slip may state a length no frame can have (it is counted as odd): what is there counts.
 */
static uint32_t bytes_of_frame(const struct frame *f) {
  return f->wire_len <= FRAME_LEN_MAX ? f->wire_len : f->cap_len;
}

static void count_delivered(struct timeline_facts *f, const struct frame_batch *batch) {
  if (!stamp_known(f->first) && batch->n) f->first = f->last = batch->frame[0].time;
  for (size_t i = 0; i < batch->n; i++) {
    f->bytes += bytes_of_frame(&batch->frame[i]);
    f->first = stamp_min(f->first, batch->frame[i].time);
    f->last = stamp_max(f->last, batch->frame[i].time);
  }
  f->frames += batch->n;
}

int timeline_next(struct timeline *t, struct frame_batch *batch, struct err *e) {
  int rc = 0;
  for (;;) {
    if (!t->source && !begin_input(t, e, &rc)) break;
    rc = source_next(t->source, batch, e);
    if (rc < 0) return rc;
    if (rc == 0) {
      if (end_input(t)) continue;
      err_set(e, "memory is out");
      return -ENOMEM;
    }
    number_frames(t, &t->input[t->next], batch);
    if (t->filter || stamp_known(t->options.from) || stamp_known(t->options.to)) keep_wanted(t, batch);
    count_delivered(&t->facts, batch);
    if (batch->n) return 1;
  }
  frame_batch_release(batch);
  if (rc == 0) end_timeline(t);
  return rc;
}

const struct timeline_facts *timeline_facts(const struct timeline *t) { return &t->facts; }

double timeline_progress(const struct timeline *t) {
  if (!t->size_known) return -1;
  uint64_t read = 0;
  for (size_t i = 0; i < t->facts.n_inputs; i++)
    if (t->input[i].info) read += t->input[i].info->bytes_read;
  return read >= t->size ? 1 : (double)read / (double)t->size;
}

bool timeline_locate(const struct timeline_facts *f, uint32_t packet, size_t *input_out, uint32_t *number_out) {
  size_t low = 0, high = f->n_inputs; /* the last input that begins before packet is in [low, high) */
  if (packet == 0) return false;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (f->input[middle].packet_base < packet)
      low = middle;
    else
      high = middle;
  }
  if (high == low || f->input[low].packet_base >= packet) return false;
  uint32_t number = packet - f->input[low].packet_base;
  if (number > f->input[low].frames) return false;
  *input_out = low;
  *number_out = number;
  return true;
}
