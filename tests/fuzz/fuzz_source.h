/* Reads a whole capture from memory and touches every byte a frame claims to have. */
#ifndef WW_TESTS_FUZZ_SOURCE_H
#define WW_TESTS_FUZZ_SOURCE_H

#include <stdlib.h>

#include "capture/source_internal.h"

/* What every frame of every source must keep; a broken promise ends the program. */
static inline uint64_t fuzz_check_frame(const struct frame *f, const struct source_info *info, uint32_t *number) {
  if (f->cap_len > FRAME_LEN_MAX || f->wire_len < f->cap_len || f->iface >= info->n_ifaces) abort();
  if (f->number != ++*number || !stamp_known(f->time) || f->link != info->iface[f->iface].link) abort();
  uint64_t sum = 0;
  for (uint32_t i = 0; i < f->cap_len; i++) sum += f->data[i];
  return sum;
}

static inline int fuzz_read_all(const uint8_t *data, size_t size) {
  struct source *s = NULL;
  struct err e = {0};
  if (source_open_memory(data, size, "fuzz", &(struct source_options){.hash = true, .read_size = 4096}, &s, &e) < 0) {
    if (!e.text[0]) abort();
    return 0;
  }
  struct frame_batch batch = {0};
  uint32_t number = 0;
  volatile uint64_t sum = 0;
  while (source_next(s, &batch, &e) > 0)
    for (size_t i = 0; i < batch.n; i++) sum += fuzz_check_frame(&batch.frame[i], source_info(s), &number);
  const struct source_info *info = source_info(s);
  if (info->frames != number || info->bytes_read > size || source_sha256(s)[0] == '\0') abort();
  if (info->damage && !info->damage_text.text[0]) abort();
  frame_batch_release(&batch);
  source_close(s);
  return 0;
}

#endif
