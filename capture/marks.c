/* From record to record through each piece of the capture; a header that two pieces share is put together. */
#include "capture/marks.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES_PER_MARK = 64 }; /* records shorter than this on average are marked in part */

static bool room_make(struct block *b) {
  if (!b->mark) b->mark = malloc(b->size / BYTES_PER_MARK * sizeof *b->mark);
  return b->mark && b->n_marks < b->size / BYTES_PER_MARK;
}

/* Keeps the bytes of this piece that belong to the head of the next record. */
static void head_keep(struct marks *m, const uint8_t *piece, uint64_t end) {
  for (uint64_t i = 0; i < MARK_HEAD; i++) {
    const uint64_t place = m->next + i;
    if (place >= m->read && place < end) m->head[i] = piece[place - m->read];
  }
}

void marks_add(struct marks *m, struct block *b, size_t at, size_t len) {
  const uint8_t *piece = b->bytes + at;
  const uint64_t end = m->read + len;
  while (m->length && m->next + MARK_HEAD <= end) {
    const uint8_t *head = m->head;
    if (m->next < m->read) {
      head_keep(m, piece, end);
    } else {
      head = piece + (m->next - m->read);
      if (room_make(b)) b->mark[b->n_marks++] = (uint32_t)(head - b->bytes);
    }
    const uint64_t record = m->length(m, head);
    m->next += record;
    if (!record) m->length = NULL;
  }
  if (m->length) head_keep(m, piece, end);
  m->read = end;
}
