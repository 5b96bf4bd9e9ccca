/* The published SHA-256 examples (FIPS 180-4, NIST), whole and in pieces. */
#include "util/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
  const char *name, *text, *hex;
} cases[] = {
    {"nothing", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"one block", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void known_digests(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char whole[DIGEST_TEXT_SIZE], pieces[DIGEST_TEXT_SIZE];
    struct digest *d = digest_new(), *p = digest_new();
    assert_non_null(d);
    assert_non_null(p);
    digest_add(d, cases[i].text, strlen(cases[i].text));
    for (const char *c = cases[i].text; *c; c++) digest_add(p, c, 1);
    assert_string_equal(digest_print(whole, d), cases[i].hex);
    assert_string_equal(digest_print(pieces, p), cases[i].hex);
    digest_free(d);
    digest_free(p);
  }
  digest_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(known_digests)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
