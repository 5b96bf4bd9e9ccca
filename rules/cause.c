/* Groups judged conversations by cause.
 *
 * A cause is: the rule (or, without one, the port), the two roles, the kind of verdict and outcome, whether packets or
 * the site file's word show that the hosts were up, and the device that said no. So 4,000 clients behind one firewall
 * are one finding that lists 4,000 conversations. Inside a cause the surest and earliest conversation comes first.
 *
 * All of that fits into numbers, but for the device, which gets one by its place among all of them. So they are sorted
 * twice by number: by what counts inside a cause, then by cause, which leaves equal ones as they are. */
#include <errno.h>
#include <stdlib.h>

#include "rules/finding.h"
#include "util/array.h"
#include "util/radix.h"

/* A rule that cannot be judged because its target is down is worth a line: switched-off machines are the commonest
 * reason why a push fails. It is a review, never a block (hard case 2). */
bool cause_target_is_down(const struct talk *k) {
  const bool asked = k->c.n_syn > 0 || k->c.proto == PROTO_ICMP || k->c.proto == PROTO_ICMPV6;
  return k->c.verdict == VERDICT_NOT_ASSESSABLE && k->c.why == WHY_TARGET_DOWN && asked;
}

static bool makes_finding(const struct talk *k) {
  switch (k->c.verdict) {
    case VERDICT_BLOCKED:
    case VERDICT_DEGRADED:
    case VERDICT_WRONG_PROTOCOL:
    case VERDICT_UNEXPECTED_OPEN:
      return true;
    case VERDICT_REVIEW:
      return k->c.rule >= 0;
    default:
      return k->c.rule >= 0 && cause_target_is_down(k);
  }
}

/* Without a rule the port is the service. 24 bits. */
static uint64_t endpoint(const struct talk *k) {
  return k->c.rule >= 0 ? (uint32_t)(k->c.policy_service + 1) & 0xffffff : (uint32_t)k->c.proto << 16 | k->c.port;
}

_Static_assert(VERDICT_COUNT <= 16 && SERVICE_COUNT <= 256 && WHY_COUNT <= 64, "a cause fits into 96 bits");
_Static_assert(OUTCOME_COUNT <= 32 && RESET_BY_COUNT <= 4, "a cause fits into 96 bits");

/* Verdict 4 bits, rule 22, roles 7 each, endpoint 24. */
static uint64_t cause_high(const struct conversation *c, const struct talk *k) {
  return (uint64_t)c->verdict << 60 | (uint64_t)((uint32_t)(c->rule + 1) & 0x3fffff) << 38 |
         (uint64_t)(c->client_role + 1) << 31 | (uint64_t)(c->server_role + 1) << 24 | endpoint(k);
}

/* What runs there 8 bits, why 6, outcome 5, reset by 2, three marks. */
static uint32_t cause_low(const struct conversation *c, const struct talk *k) {
  const uint32_t running = c->verdict == VERDICT_WRONG_PROTOCOL ? k->wrong : SERVICE_UNKNOWN;
  const uint32_t outcome = c->verdict == VERDICT_UNEXPECTED_OPEN ? 0 : c->outcome;
  return running << 16 | (uint32_t)c->why << 10 | outcome << 5 | (uint32_t)c->reset_by << 3 |
         (uint32_t)(k->carried_by >= 0) << 2 | (uint32_t)k->declared << 1 | c->rejected;
}

struct device {
  struct address address; /* first: they are sorted by it */
  uint32_t talk;
};

/* [talk]: the place of the device that said no about it among all devices, from 1 on; 0 = nobody did. */
static int devices_make(const struct audit_run *r, const struct radix_item *item, size_t n, uint32_t *device) {
  struct device *all = NULL;
  size_t n_all = 0, capacity = 0;
  for (size_t i = 0; i < n; i++) {
    const struct conversation *c = &r->talks.talk[item[i].value].c;
    if (!c->rejected) continue;
    struct device *d = ARRAY_PUSH(all, n_all, capacity);
    if (!d) {
      free(all);
      return -ENOMEM;
    }
    *d = (struct device){.address = conversation_icmp(c, r->a->traffic).from, .talk = item[i].value};
  }
  if (n_all) qsort(all, n_all, sizeof *all, address_order);
  for (size_t i = 0, place = 0; i < n_all; i++) {
    if (i == 0 || !address_equal(&all[i - 1].address, &all[i].address)) place++;
    device[all[i].talk] = (uint32_t)place;
  }
  free(all);
  return 0;
}

/* By device, then the surest, then the earliest; those who are equal in all stay in order of their ends. */
static int sort_inside(const struct audit_run *r, struct radix_item *item, size_t n, const uint32_t *device) {
  for (size_t i = 0; i < n; i++) {
    const struct conversation *c = &r->talks.talk[item[i].value].c;
    item[i].high =
        (uint64_t)device[item[i].value] << 34 | (uint64_t)(CONFIDENCE_COUNT - c->confidence) << 32 | c->packet_first;
    item[i].low = 0;
  }
  return radix_sort(item, n);
}

static int sort_causes(const struct audit_run *r, struct radix_item *item, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const struct talk *k = &r->talks.talk[item[i].value];
    item[i].high = cause_high(&k->c, k);
    item[i].low = cause_low(&k->c, k);
  }
  return radix_sort(item, n);
}

static bool same_cause(const struct radix_item *a, const struct radix_item *b, const uint32_t *device) {
  return a->high == b->high && a->low == b->low && device[a->value] == device[b->value];
}

static int causes_list(const struct audit_run *r, const struct radix_item *item, size_t n, const uint32_t *device,
                       struct causes *causes_out) {
  struct causes all = {.talk = array_new(n, sizeof *all.talk), .begins = array_new(n, sizeof *all.begins), .n = n};
  if (!all.talk || !all.begins) {
    causes_free(&all);
    return -ENOMEM;
  }
  for (size_t i = 0; i < n; i++) {
    all.talk[i] = &r->talks.talk[item[i].value];
    all.begins[i] = i == 0 || !same_cause(&item[i - 1], &item[i], device);
  }
  *causes_out = all;
  return 0;
}

int causes_make(const struct audit_run *r, struct causes *causes_out) {
  const struct talks *talks = &r->talks;
  size_t n = 0;
  for (size_t i = 0; i < talks->n_talks; i++) n += makes_finding(&talks->talk[i]);
  struct radix_item *item = array_new(n, sizeof *item);
  uint32_t *device = array_new(talks->n_talks, sizeof *device);
  int rc = item && device ? 0 : -ENOMEM;
  for (size_t i = 0, at = 0; rc == 0 && i < talks->n_talks; i++)
    if (makes_finding(&talks->talk[i])) item[at++].value = (uint32_t)i;
  if (rc == 0) rc = devices_make(r, item, n, device);
  if (rc == 0) rc = sort_inside(r, item, n, device);
  if (rc == 0) rc = sort_causes(r, item, n);
  if (rc == 0) rc = causes_list(r, item, n, device, causes_out);
  free(device);
  free(item);
  return rc;
}

void causes_free(struct causes *c) {
  free(c->talk);
  free(c->begins);
}
