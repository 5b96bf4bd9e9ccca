/* What changed between two results: one case for each way a finding can come, stay and go. */
#include "report/diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random_result.h"
#include "report/diff_internal.h"

static struct address host(unsigned last) { return address_from_v4(0x0a000000 + last); }

/* A result with one rule, perhaps one finding about 10.0.0.1 -> 10.0.0.2, perhaps one conversation. */
struct scene {
  bool found, unexpected, waived, rule_in_force;
  bool talked;          /* with a conversation between the same hosts */
  unsigned talker;      /* last octet of its client */
  enum verdict verdict; /* of that conversation */
  uint32_t successes;
  const char *rule; /* of that conversation, NULL = none */
};

static struct result *build(const struct scene *s) {
  struct result *r = calloc(1, sizeof *r);
  r->rule = calloc(1, sizeof *r->rule);
  r->n_rules = 1;
  r->rule[0] = (struct result_rule){.id = text_in(r, "smb"), .in_force = s->rule_in_force};
  r->quality.first = r->quality.last = r->run.now = r->inputs.longest_gap = STAMP_NONE;
  if (s->found) {
    struct result_finding *f = r->finding = calloc(1, sizeof *r->finding);
    r->n_findings = r->counts.findings = 1;
    f->fingerprint = text_in(r, s->unexpected ? "00000000000000ff" : "00000000000000aa");
    f->verdict = s->unexpected ? VERDICT_UNEXPECTED_OPEN : VERDICT_BLOCKED;
    f->severity = SEVERITY_HIGH;
    f->rule = s->unexpected ? NULL : text_in(r, "smb");
    f->title = text_in(r, "the finding");
    f->proto = text_in(r, "tcp");
    f->port = 445;
    f->clients = calloc(1, sizeof *f->clients), f->clients[0] = host(1), f->n_clients = 1;
    f->servers = calloc(1, sizeof *f->servers), f->servers[0] = host(2), f->n_servers = 1;
    if (s->waived) f->waiver.rule = text_in(r, "smb");
  }
  if (s->talked) {
    r->conversation = calloc(1, sizeof *r->conversation);
    r->n_conversations = 1;
    r->conversation[0] = (struct result_conversation){.client = host(s->talker ? s->talker : 1),
                                                      .server = host(2),
                                                      .proto = text_in(r, "tcp"),
                                                      .port = 445,
                                                      .rule = s->rule ? text_in(r, s->rule) : NULL,
                                                      .verdict = s->verdict,
                                                      .successes = s->successes};
  }
  return r;
}

static void test_changes(void **state) {
  (void)state;
  static const struct {
    const char *name;
    struct scene before, after;
    int change; /* -1: no item */
    bool worse;
  } cases[] = {
      {"nothing at all", {.rule_in_force = true}, {.rule_in_force = true}, -1, false},
      {"new blocked", {.rule_in_force = true}, {.found = true, .rule_in_force = true}, CHANGE_NEW, true},
      {"new but waived",
       {.rule_in_force = true},
       {.found = true, .waived = true, .rule_in_force = true},
       CHANGE_NEW,
       false},
      {"new open port",
       {.rule_in_force = true},
       {.found = true, .unexpected = true, .rule_in_force = true},
       CHANGE_NEW,
       true},
      {"still there",
       {.found = true, .rule_in_force = true},
       {.found = true, .rule_in_force = true},
       CHANGE_UNCHANGED,
       false},
      {"fixed: the same hosts got through",
       {.found = true, .rule_in_force = true},
       {.rule_in_force = true, .talked = true, .verdict = VERDICT_PASS, .rule = "smb"},
       CHANGE_FIXED,
       false},
      {"another client got through: nothing is known of this one",
       {.found = true, .rule_in_force = true},
       {.rule_in_force = true, .talked = true, .talker = 9, .verdict = VERDICT_PASS, .rule = "smb"},
       CHANGE_NOT_ASSESSABLE,
       false},
      {"gone: nobody tried",
       {.found = true, .rule_in_force = true},
       {.rule_in_force = true},
       CHANGE_NOT_ASSESSABLE,
       false},
      {"gone: tried, cannot tell",
       {.found = true, .rule_in_force = true},
       {.rule_in_force = true, .talked = true, .verdict = VERDICT_NOT_ASSESSABLE, .rule = "smb"},
       CHANGE_NOT_ASSESSABLE,
       false},
      {"gone: rule not in force",
       {.found = true, .rule_in_force = true},
       {.rule_in_force = false},
       CHANGE_NOT_ASSESSABLE,
       false},
      {"port closed",
       {.found = true, .unexpected = true, .rule_in_force = true},
       {.rule_in_force = true, .talked = true, .verdict = VERDICT_DENIED_AS_DOCUMENTED},
       CHANGE_FIXED,
       false},
      {"port documented",
       {.found = true, .unexpected = true, .rule_in_force = true},
       {.rule_in_force = true, .talked = true, .verdict = VERDICT_PASS, .rule = "smb"},
       CHANGE_FIXED,
       false},
      {"port not tried",
       {.found = true, .unexpected = true, .rule_in_force = true},
       {.rule_in_force = true},
       CHANGE_NOT_ASSESSABLE,
       false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct result *before = build(&cases[i].before), *after = build(&cases[i].after);
    struct diff *d = diff_make(before, after);
    assert_non_null(d);
    int change = d->n_items ? d->item[0].change : -1;
    if (change != cases[i].change) fail_msg("%s: %d, expected %d", cases[i].name, change, cases[i].change);
    if (diff_is_worse(d) != cases[i].worse) fail_msg("%s: worse %d", cases[i].name, d->worse);
    diff_free(d);
    result_free(before);
    result_free(after);
  }
}

/* Random results with themselves and others: every format, in order, with nothing lost. */
static void test_formats(void **state) {
  (void)state;
  unsigned seed = test_seed(3);
  for (unsigned round = 0; round < 20; round++) {
    struct random_options o = {seed + round, round % 6, hostile_texts, n_hostile_texts, 0, 0};
    struct random_options other = {seed + 1000 + round, round % 6, hostile_texts, n_hostile_texts, 0, 0};
    struct result *a = random_result(&o), *b = random_result(&other);
    struct diff *self = diff_make(a, a), *d = diff_make(a, b);
    assert_int_equal(self->counts.unchanged, a->n_findings);
    assert_int_equal(self->n_items, a->n_findings);
    assert_false(diff_is_worse(self));
    assert_int_equal(d->counts.fixed + d->counts.unchanged + d->counts.not_assessable, a->n_findings);
    for (const struct diff_format *f = diff_formats(); f->name; f++) {
      struct out to;
      out_init(&to, NULL);
      assert_int_equal(f->write(d, NULL, &to), 0);
      assert_true(to.len > 0);
      assert_ptr_equal(diff_format_of_name(f->name), f);
      if (strcmp(f->name, "markdown") == 0) assert_true(to.len <= 4000);
      assert_int_equal(out_close(&to), 0);
    }
    diff_free(self);
    diff_free(d);
    result_free(a);
    result_free(b);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_changes), cmocka_unit_test(test_formats)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
