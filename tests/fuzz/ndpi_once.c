/* nDPI set up once for all inputs of a fuzz target. Setting it up takes some 100 ms under the sanitizers, a thousand
 * times as long as looking at an input.
 *
 * The linker sends dpi.c's calls here (--wrap). The first module is set up as always and its memory noted: the module
 * itself is kept as an image, and what nDPI allocates from then on is listed. When the module is given back, whatever
 * is left on the list (its caches of connections) is freed and the image restored, so that the next input meets it as
 * new. No target needs two at a time. */
#include <ndpi/ndpi_api.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct ndpi_detection_module_struct module;

module *__real_ndpi_init_detection_module(ndpi_init_prefs prefs);
void __real_ndpi_set_protocol_detection_bitmask2(module *m, const NDPI_PROTOCOL_BITMASK *enabled);
void __real_ndpi_finalize_initialization(module *m);
module *__wrap_ndpi_init_detection_module(ndpi_init_prefs prefs);
void __wrap_ndpi_set_protocol_detection_bitmask2(module *m, const NDPI_PROTOCOL_BITMASK *enabled);
void __wrap_ndpi_finalize_initialization(module *m);
void __wrap_ndpi_exit_detection_module(module *m);

static struct {
  module *kept;
  void *image; /* of kept, as it was when it was ready; NULL: it is not */
  size_t size;
  bool in_use;
  void **held; /* allocated since then, newest last */
  size_t n_held, room;
} once;

static void *hold(size_t size) {
  void *p = malloc(size);
  if (!p || !once.image) return p;
  if (once.n_held == once.room) {
    once.room = once.room ? 2 * once.room : 64;
    once.held = realloc(once.held, once.room * sizeof *once.held);
    if (!once.held) abort();
  }
  return once.held[once.n_held++] = p;
}

static void let_go(void *p) {
  size_t i = once.n_held;
  if (p && once.image) {
    while (i > 0 && once.held[i - 1] != p) i--;
    if (i == 0) abort(); /* it belongs to the image */
    once.held[i - 1] = once.held[--once.n_held];
  }
  free(p);
}

module *__wrap_ndpi_init_detection_module(ndpi_init_prefs prefs) {
  if (once.in_use) abort();
  if (!once.kept) {
    set_ndpi_malloc(hold);
    set_ndpi_free(let_go);
    once.kept = __real_ndpi_init_detection_module(prefs);
  }
  if (!once.kept) abort();
  once.in_use = true;
  return once.kept;
}

void __wrap_ndpi_set_protocol_detection_bitmask2(module *m, const NDPI_PROTOCOL_BITMASK *enabled) {
  if (!once.image) __real_ndpi_set_protocol_detection_bitmask2(m, enabled);
}

void __wrap_ndpi_finalize_initialization(module *m) {
  if (once.image) return;
  __real_ndpi_finalize_initialization(m);
  once.size = malloc_usable_size(m);
  once.image = malloc(once.size);
  if (!once.image) abort();
  memcpy(once.image, m, once.size);
}

void __wrap_ndpi_exit_detection_module(module *m) {
  while (once.n_held) free(once.held[--once.n_held]);
  memcpy(m, once.image, once.size);
  once.in_use = false;
}
