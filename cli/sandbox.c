#include "cli/sandbox.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "cli/confine.h"
#include "cli/say.h"
#include "util/array.h"

bool sandbox_read(struct sandbox *s, const char *path) {
  if (!path) return true;
  const char **slot = ARRAY_PUSH(s->readable, s->n_readable, s->readable_capacity);
  if (slot) *slot = path;
  return slot != NULL;
}

bool sandbox_folder(struct sandbox *s, const char *folder) {
  if (!folder) return true;
  char *copy = strdup(folder), **slot = copy ? ARRAY_PUSH(s->folder, s->n_folders, s->folders_capacity) : NULL;
  if (slot)
    *slot = copy;
  else
    free(copy);
  return slot != NULL;
}

bool sandbox_write(struct sandbox *s, const char *path) {
  if (!path || strcmp(path, "-") == 0) return true;
  char *copy = strdup(path);
  const bool kept = copy && sandbox_folder(s, dirname(copy));
  free(copy);
  return kept;
}

bool sandbox_write_all(struct sandbox *s, const struct option_list *paths) {
  for (size_t i = 0; i < paths->n; i++)
    if (!sandbox_write(s, paths->item[i])) return false;
  return true;
}

void sandbox_close(struct sandbox *s, bool thorough) {
  const struct confinement c =
      confine(&(struct confine_options){s->readable, s->n_readable, (const char *const *)s->folder, s->n_folders});
  if (thorough && c.why_not_files) say("not confined to the files it needs: %s", c.why_not_files);
  if (thorough && c.why_not_calls) say("not confined to the system calls it needs: %s", c.why_not_calls);
  sandbox_release(s);
}

void sandbox_release(struct sandbox *s) {
  for (size_t i = 0; i < s->n_folders; i++) free(s->folder[i]);
  free(s->folder);
  free(s->readable);
  *s = (struct sandbox){0};
}

int sandbox_call(struct call *c, const struct sandbox_paths *p) {
  struct sandbox s = {0};
  bool kept = sandbox_write(&s, p->output) && sandbox_folder(&s, p->folder) && sandbox_read(&s, p->read);
  if (kept && p->reports) kept = sandbox_write_all(&s, p->reports);
  for (size_t i = 0; i < c->n_operands && kept; i++) kept = sandbox_read(&s, c->operand[i]);
  if (kept) {
    sandbox_close(&s, false);
    return STATUS_OK;
  }
  sandbox_release(&s);
  err_set(&c->err, "memory ran out");
  return STATUS_INPUT;
}
