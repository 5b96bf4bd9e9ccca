/* Prints what our reader sees of a capture: "number TAB time TAB length TAB captured TAB interface TAB direction TAB
 * bytes in hex" for each frame, and "comment TAB frame TAB text" for each comment. Damage goes to standard error. */
#include <inttypes.h>
#include <stdio.h>

#include "capture/source.h"

static void print_frame(const struct frame *f) {
  char time[STAMP_TEXT_SIZE];
  printf("%" PRIu32 "\t%s\t%" PRIu32 "\t%" PRIu32 "\t%u\t%u\t", f->number, stamp_print_seconds(time, f->time),
         f->wire_len, f->cap_len, f->iface, f->direction);
  for (uint32_t i = 0; i < f->cap_len; i++) printf("%02x", f->data[i]);
  putchar('\n');
}

int main(int argc, char **argv) {
  struct source *s = NULL;
  struct err e = {0};
  struct frame_batch batch = {0};
  if (argc != 2 || source_open(argv[1], NULL, &s, &e) < 0) {
    fprintf(stderr, "%s\n", argc == 2 ? e.text : "dump_frames CAPTURE");
    return 1;
  }
  while (source_next(s, &batch, &e) > 0)
    for (size_t i = 0; i < batch.n; i++) print_frame(&batch.frame[i]);
  const struct source_info *info = source_info(s);
  for (size_t i = 0; i < info->n_comments; i++)
    printf("comment\t%" PRIu32 "\t%s\n", info->comment[i].frame, info->comment[i].text);
  if (info->damage) fprintf(stderr, "%s\n", info->damage_text.text);
  frame_batch_release(&batch);
  source_close(s);
  return 0;
}
