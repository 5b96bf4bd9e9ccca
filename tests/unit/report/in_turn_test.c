/* Lists printed by several threads: whatever the number of threads and the size of the parts, each item once and in
 * order, and what cannot be written ends it. */
#include "report/in_turn.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void numbers_print(const void *of, size_t from, size_t end, struct out *to) {
  const char *word = of;
  for (size_t i = from; i < end; i++) out_printf(to, "%s%zu\n", word, i);
}

static void order_is_kept(void **state) {
  static const size_t count[] = {0, 1, 7, 8, 9, 1000, 4097};
  (void)state;
  for (size_t c = 0; c < sizeof count / sizeof *count; c++) {
    struct out wanted;
    out_init(&wanted, NULL);
    numbers_print("item ", 0, count[c], &wanted);
    for (unsigned threads = 0; threads <= 5; threads++) {
      struct out got;
      out_init(&got, NULL);
      in_turn_print(&(struct in_turn){.n = count[c], .part = 8, .of = "item ", .print = numbers_print}, threads, &got);
      assert_string_equal(out_str(&wanted), out_str(&got));
      out_close(&got);
    }
    out_close(&wanted);
  }
}

/* One part is far larger than what a stream's out gathers. */
static void streams_get_the_same(void **state) {
  (void)state;
  for (unsigned threads = 1; threads <= 3; threads += 2) {
    FILE *file = tmpfile();
    struct out to;
    char line[32];
    assert_non_null(file);
    out_init(&to, file);
    in_turn_print(&(struct in_turn){.n = 50000, .part = 20000, .of = "", .print = numbers_print}, threads, &to);
    assert_int_equal(out_close(&to), 0);
    rewind(file);
    for (size_t i = 0; i < 50000; i++) {
      assert_non_null(fgets(line, sizeof line, file));
      assert_int_equal(strtoul(line, NULL, 10), i);
    }
    assert_null(fgets(line, sizeof line, file));
    fclose(file);
  }
}

static void failure_ends_it(void **state) {
  FILE *full = fopen("/dev/full", "w");
  (void)state;
  assert_non_null(full);
  for (unsigned threads = 1; threads <= 4; threads++) {
    struct out to;
    out_init(&to, full);
    in_turn_print(&(struct in_turn){.n = 100000, .part = 64, .of = "", .print = numbers_print}, threads, &to);
    assert_int_equal(out_close(&to), -ENOSPC);
  }
  fclose(full);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(order_is_kept),
      cmocka_unit_test(streams_get_the_same),
      cmocka_unit_test(failure_ends_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
