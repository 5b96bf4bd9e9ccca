/* Two captures as one: octet 0 chooses the filter, octet 1 the span that counts, octets 2-3 are the length of the first
 * file, the rest is the second. Given in the other order, files that are put in the same order must give the same
 * frames; every packet's number must lead back to its file. */
#include <string.h>

#include "tests/fuzz/fuzz_capture.h"
#include "util/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const filters[] = {
    NULL,          "tcp",    "host 10.0.0.1 or port 135", "ip6 and not arp", "ether broadcast", "vlan and udp",
    "icmp[0] = 3", "less 60"};

struct sum {
  uint64_t frames, hash;
  bool open, swapped; /* the second file comes first */
};

static void check_frame(const struct timeline *t, const struct frame *f) {
  const struct timeline_facts *facts = timeline_facts(t);
  size_t input;
  uint32_t number;
  if (!timeline_locate(facts, f->packet, &input, &number)) abort();
  if (input >= facts->n_inputs || number != f->number || !stamp_known(f->time)) abort();
}

static void check_facts(const struct timeline_facts *f, const struct sum *s) {
  uint64_t read = 0;
  for (size_t i = 0; i < f->n_inputs; i++) {
    read += f->input[i].frames;
    if (!f->input[i].readable && !f->input[i].error.text[0]) abort();
  }
  if (f->frames != s->frames || f->frames + f->filtered != read) abort();
  if (f->n_gap_at > f->gaps || (f->frames && stamp_max(f->first, f->last).ns != f->last.ns)) abort();
}

static struct sum read_in_order(const char *const *paths, const struct timeline_options *options) {
  struct sum s = {0};
  struct err e = {0};
  struct timeline *t = NULL;
  struct frame_batch batch = {0};
  if (timeline_open(paths, 2, options, &t, &e) < 0) {
    if (!e.text[0]) abort();
    return s;
  }
  s.open = true;
  while (timeline_next(t, &batch, &e) > 0) {
    if (batch.n == 0) abort();
    for (size_t i = 0; i < batch.n; i++) {
      const struct frame *f = &batch.frame[i];
      check_frame(t, f);
      s.hash = hash_bytes(hash_two(s.hash, (uint64_t)f->time.ns ^ f->packet), f->data, f->cap_len);
    }
    s.frames += batch.n;
  }
  frame_batch_release(&batch);
  check_facts(timeline_facts(t), &s);
  s.swapped = timeline_facts(t)->input[0].path == paths[1];
  timeline_close(t);
  return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 4) return 0;
  const size_t first = (size_t)(data[2] << 8 | data[3]) < size - 4 ? (size_t)(data[2] << 8 | data[3]) : size - 4;
  const stamp_t middle = stamp_from_s(1596684024); /* where most of the seeds are */
  struct timeline_options options = {.filter = filters[data[0] % (sizeof filters / sizeof *filters)],
                                     .from = data[1] & 1 ? middle : STAMP_NONE,
                                     .to = data[1] & 2 ? middle : STAMP_NONE,
                                     .no_hash = data[1] & 4};
  struct fuzz_file a = fuzz_file_of(data + 4, first), b = fuzz_file_of(data + 4 + first, size - 4 - first);
  struct sum given = read_in_order((const char *const[]){a.path, b.path}, &options);
  struct sum turned = read_in_order((const char *const[]){b.path, a.path}, &options);
  if (given.open != turned.open) abort();
  if (given.open && given.swapped != turned.swapped && (given.frames != turned.frames || given.hash != turned.hash))
    abort();
  close(a.fd);
  close(b.fd);
  return 0;
}
