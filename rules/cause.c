/* Groups judged conversations by cause.
 *
 * A cause is: the rule (or, without one, the port), the two roles, the kind of verdict and outcome, whether packets or
 * the site file's word show that the hosts were up, and the device that said no. So 4,000 clients behind one firewall
 * are one finding that lists 4,000 conversations. Inside a cause the surest and earliest conversation comes first.
 *
 * Causes are few where conversations are many: mostly a ruling says the cause of all its conversations. The causes are
 * sorted and the conversations dealt out to them, which leaves those of one cause in the order of the audit. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/finding.h"
#include "rules/gather.h"
#include "util/array.h"
#include "util/hash.h"

/* A rule that cannot be judged because its target is down is worth a line: switched-off machines are the commonest
 * reason why a push fails. It is a review, never a block (hard case 2). */
bool cause_target_is_down(const struct ruling *r) {
  const bool asked = r->n_syn > 0 || r->proto == PROTO_ICMP || r->proto == PROTO_ICMPV6;
  return r->verdict == VERDICT_NOT_ASSESSABLE && r->why == WHY_TARGET_DOWN && asked;
}

static bool makes_finding(const struct ruling *r) {
  switch (r->verdict) {
    case VERDICT_BLOCKED:
    case VERDICT_DEGRADED:
    case VERDICT_WRONG_PROTOCOL:
    case VERDICT_UNEXPECTED_OPEN:
      return true;
    case VERDICT_REVIEW:
      return r->rule >= 0;
    default:
      return r->rule >= 0 && cause_target_is_down(r);
  }
}

/* Without a rule the port is the service. 24 bits. */
static uint64_t endpoint(const struct ruling *r, const struct talk *k) {
  return r->rule >= 0 ? (uint32_t)(r->policy_service + 1) & 0xffffff : (uint32_t)k->proto << 16 | k->port;
}

_Static_assert(VERDICT_COUNT <= 16 && SERVICE_COUNT <= 256 && WHY_COUNT <= 64, "a cause fits into 96 bits");
_Static_assert(OUTCOME_COUNT <= 32 && RESET_BY_COUNT <= 4, "a cause fits into 96 bits");

/* Verdict 4 bits, rule 22, roles 7 each, endpoint 24. */
static uint64_t cause_high(const struct ruling *r, const struct talk *k) {
  return (uint64_t)r->verdict << 60 | (uint64_t)((uint32_t)(r->rule + 1) & 0x3fffff) << 38 |
         (uint64_t)(r->client_role + 1) << 31 | (uint64_t)(r->server_role + 1) << 24 | endpoint(r, k);
}

/* What runs there 8 bits, why 6, outcome 5, reset by 2, three marks. */
static uint32_t cause_low(const struct ruling *r) {
  const uint32_t running = r->verdict == VERDICT_WRONG_PROTOCOL ? r->wrong : SERVICE_UNKNOWN;
  const uint32_t outcome = r->verdict == VERDICT_UNEXPECTED_OPEN ? 0 : r->outcome;
  return running << 16 | (uint32_t)r->why << 10 | outcome << 5 | (uint32_t)r->reset_by << 3 |
         (uint32_t)(r->carried_by >= 0) << 2 | (uint32_t)r->declared << 1 | r->rejected;
}

/* What talks of one cause have in common. */
struct key {
  uint64_t high;
  uint32_t low;
  struct address device; /* that said no; family 0 = nobody did */
};

struct kind {
  struct key key; /* first: they are sorted by it */
  uint32_t n;     /* talks */
  uint32_t number;
};

/* What a ruling says about the causes of its talks. */
enum { SAYS_NOTHING_YET, SAYS_NO_FINDING, SAYS_EACH_ITS_OWN, SAYS_KIND /* + number of the kind */ };

/* One talk and the kind of its cause. */
struct filed {
  uint32_t talk, kind;
};

/* Talks on their way to their causes. */
struct sorting {
  const struct audit_run *r;
  uint32_t *says; /* [ruling] */
  struct filed *filed;
  size_t n;
  struct kind *kind; /* by number, until they are sorted */
  size_t n_kinds, kinds_capacity;
  uint32_t *slot; /* kind + 1 by hash of its key, open addressing */
  size_t n_slots; /* a power of two, more than twice the kinds */
};

static struct key key_of(const struct audit_run *r, const struct ruling *ruling, const struct talk *k) {
  struct key key = {.high = cause_high(ruling, k), .low = cause_low(ruling)};
  struct flow_view v;
  if (!ruling->rejected) return key;
  traffic_flow_brief(r->a->traffic, talk_decider(&r->talks, k), &v);
  key.device = v.icmp.from;
  return key;
}

static int key_order(const void *a, const void *b) {
  const struct key *x = a, *y = b;
  if (x->high != y->high) return x->high < y->high ? -1 : 1;
  if (x->low != y->low) return x->low < y->low ? -1 : 1;
  return address_compare(&x->device, &y->device);
}

static uint32_t *slot_of(const struct sorting *s, const struct key *key) {
  const bool device = address_known(&key->device);
  uint64_t hash = hash_two(key->high, key->low);
  if (device) hash = hash_bytes(hash, &key->device, sizeof key->device);
  size_t at = hash & (s->n_slots - 1);
  while (s->slot[at] && key_order(&s->kind[s->slot[at] - 1].key, key) != 0) at = (at + 1) & (s->n_slots - 1);
  return &s->slot[at];
}

static int slots_room(struct sorting *s) {
  if (s->n_kinds * 2 < s->n_slots) return 0;
  const size_t n_slots = s->n_slots ? s->n_slots * 2 : 1024;
  uint32_t *slot = array_new(n_slots, sizeof *slot);
  if (!slot) return -ENOMEM;
  free(s->slot);
  s->slot = slot;
  s->n_slots = n_slots;
  for (size_t i = 0; i < s->n_kinds; i++) *slot_of(s, &s->kind[i].key) = (uint32_t)i + 1;
  return 0;
}

/* The number of the kind with this key. Negative: memory is out. */
static int kind_find(struct sorting *s, const struct key *key, uint32_t *number_out) {
  if (slots_room(s)) return -ENOMEM;
  uint32_t *slot = slot_of(s, key);
  if (!*slot) {
    struct kind *kind = ARRAY_PUSH(s->kind, s->n_kinds, s->kinds_capacity);
    if (!kind) return -ENOMEM;
    kind->key = *key;
    kind->number = (uint32_t)s->n_kinds - 1;
    *slot = (uint32_t)s->n_kinds;
  }
  *number_out = *slot - 1;
  return 0;
}

/* Without a rule the port matters, of errors who sent them. */
static bool is_each_its_own(const struct ruling *r) { return r->rule < 0 || r->rejected; }

/* What the ruling of the talk says; a new kind is found the first time. Negative: memory is out. */
static int ruling_ask(struct sorting *s, const struct talk *k, uint32_t *says_out) {
  const struct ruling *r = talk_ruling(&s->r->talks, k);
  uint32_t *says = &s->says[r - s->r->talks.ruling];
  if (*says == SAYS_NOTHING_YET) {
    *says = !makes_finding(r) ? SAYS_NO_FINDING : SAYS_EACH_ITS_OWN;
    if (*says == SAYS_EACH_ITS_OWN && !is_each_its_own(r)) {
      const struct key key = key_of(s->r, r, k);
      uint32_t number;
      if (kind_find(s, &key, &number)) return -ENOMEM;
      *says = SAYS_KIND + number;
    }
  }
  *says_out = *says;
  return 0;
}

static int talk_add(struct sorting *s, uint32_t index) {
  const struct talk *k = listed_talk(s->r, index);
  uint32_t says, number;
  if (ruling_ask(s, k, &says)) return -ENOMEM;
  if (says == SAYS_NO_FINDING) return 0;
  if (says == SAYS_EACH_ITS_OWN) {
    const struct key key = key_of(s->r, talk_ruling(&s->r->talks, k), k);
    if (kind_find(s, &key, &number)) return -ENOMEM;
  } else {
    number = says - SAYS_KIND;
  }
  s->kind[number].n++;
  s->filed[s->n++] = (struct filed){index, number};
  return 0;
}

/* All that make findings, verdict by verdict. */
static int talks_add(struct sorting *s) {
  static const enum verdict verdicts[] = {VERDICT_BLOCKED,         VERDICT_DEGRADED, VERDICT_WRONG_PROTOCOL,
                                          VERDICT_UNEXPECTED_OPEN, VERDICT_REVIEW,   VERDICT_NOT_ASSESSABLE};
  const size_t *at = s->r->a->listed_at;
  size_t most = 0;
  for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) most += at[verdicts[i] + 1] - at[verdicts[i]];
  s->filed = array_new(most, sizeof *s->filed);
  s->says = array_new(s->r->talks.n_rulings, sizeof *s->says);
  if (!s->filed || !s->says) return -ENOMEM;
  int rc = 0;
  for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
    for (size_t k = at[verdicts[i]]; rc == 0 && k < at[verdicts[i] + 1]; k++) rc = talk_add(s, (uint32_t)k);
  return rc;
}

/* Sorts the causes and deals the talks out to them. */
static int talks_deal(struct sorting *s, struct causes *to) {
  to->talk = array_new(s->n, sizeof *to->talk);
  to->begin = array_new(s->n_kinds + 2, sizeof *to->begin);
  uint32_t *place = array_new(s->n_kinds, sizeof *place);
  if (!to->talk || !to->begin || !place) {
    free(place);
    return -ENOMEM;
  }
  if (s->n_kinds) qsort(s->kind, s->n_kinds, sizeof *s->kind, key_order);
  for (size_t i = 0; i < s->n_kinds; i++) {
    place[s->kind[i].number] = (uint32_t)i;
    to->begin[i + 2] = to->begin[i + 1] + s->kind[i].n;
  }
  for (size_t i = 0; i < s->n; i++) to->talk[to->begin[place[s->filed[i].kind] + 1]++] = s->filed[i].talk;
  free(place);
  return 0;
}

int causes_make(const struct audit_run *r, struct causes *causes_out) {
  struct sorting s = {.r = r};
  struct causes all = {0};
  int rc = talks_add(&s);
  if (rc == 0) rc = talks_deal(&s, &all);
  all.n_talks = s.n;
  all.n = s.n_kinds;
  free(s.says);
  free(s.filed);
  free(s.kind);
  free(s.slot);
  if (rc == 0)
    *causes_out = all;
  else
    causes_free(&all);
  return rc;
}

void causes_free(struct causes *c) {
  free(c->talk);
  free(c->begin);
}
