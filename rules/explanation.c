/* What could explain a finding, most likely first, with what the packets say for and against each cause.
 *
 * A cause that the packets exclude stays in the list, marked, so that a reader sees it was considered. Silence never
 * excludes "no listener" on its own: Windows with its firewall on drops packets to closed ports (stealth mode). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/finding.h"
#include "rules/words.h"
#include "util/array.h"

enum { EXPLANATIONS_MAX = 8 };

static int explain(struct finding *f, bool excluded, const char *cause, const char *text) {
  if (f->n_explanations >= EXPLANATIONS_MAX) return 0;
  struct explanation *e = &f->explanation[f->n_explanations++];
  e->excluded = excluded;
  return text_set(&e->cause, "%s", cause) || text_set(&e->text, "%s", text) ? -ENOMEM : 0;
}

static bool has_reason(const struct cause *c, enum reason r) { return c->first->c.reasons >> r & 1; }

/* True when the service passes inside a subnet and only other subnets meet silence. */
static bool local_only(const struct cause *c) {
  const struct conversation *first = &c->first->c;
  if (first->policy_service < 0 || !c->r->local_pass[first->policy_service]) return false;
  for (size_t i = 0; i < c->n; i++)
    if (talk_same_subnet(&c->r->talks, cause_talk(c, i))) return false;
  return true;
}

/* "The site file says that this host was up (its reason)". The caller frees it; NULL: memory is out. */
static char *up_word(const struct cause *c) {
  const struct talk_view *k = c->first;
  const struct site_up *up = match_up_find(c->r->m, &k->c.server, k->server_class);
  char *text = NULL;
  bool reason = up && up->reason;
  if (text_set(&text, "The site file says that this host was up%s%s%s", reason ? " (" : "", reason ? up->reason : "",
               reason ? ")" : ""))
    return NULL;
  return text;
}

/* Two capture points: the one that missed the attempts tells where they ended. */
static int explain_points(const struct cause *c, struct finding *f) {
  if (has_reason(c, REASON_ONE_POINT))
    return explain(f, false, "dropped by a firewall between the two capture points, or sent another way",
                   "Other packets of these hosts pass both points; these attempts were seen at one only.");
  return explain(f, false, "dropped by a firewall behind the second capture point, or on the host",
                 "The attempts were seen at two capture points, so what stands between them let them through.");
}

static int explain_dropped(const struct cause *c, struct finding *f) {
  if (has_reason(c, REASON_ONE_POINT) || has_reason(c, REASON_BOTH_POINTS)) return explain_points(c, f);
  bool refuses = c->first->flags & FLOW_REFUSES_ELSEWHERE;
  return explain(f, false, "dropped by a firewall, on the way or on the host",
                 refuses
                     ? "The host refuses other closed ports with its own reset, so silence here is somebody's doing."
                 : c->first->flags & FLOW_TARGET_ALIVE ? "Attempts met silence while the host itself is there."
                 : c->first->declared ? "Attempts met silence while the host was up, by the site file's word."
                                      : "Attempts met silence; so would a host that is off.");
}

static int explain_stealth(const struct cause *c, struct finding *f) {
  const struct learned *origin = c->first->c.origin;
  if (match_transport(c->first->c.proto) == TRANSPORT_ICMP_ECHO)
    return explain(f, false, "the host is set not to answer pings",
                   "Windows answers once its firewall lets echo requests in; other systems can be set not to.");
  if (has_reason(c, REASON_ONE_POINT))
    return explain(f, true, "nobody listens, behind Windows stealth mode",
                   "The attempts did not get as far as the second capture point, so not to the host.");
  if (c->first->flags & FLOW_REFUSES_ELSEWHERE)
    return explain(f, true, "nobody listens, behind Windows stealth mode",
                   "The host answers attempts at other closed ports with a reset: it is not in stealth mode.");
  if (origin && origin->by != LEARNED_BY_INFERRED)
    return explain(f, false, "nobody listens, behind Windows stealth mode",
                   "Unlikely: the host itself announced this port moments before.");
  return explain(f, false, "nobody listens, behind Windows stealth mode",
                 "A Windows host with its firewall on drops packets to a port that nobody listens on.");
}

/* The word of the site file makes it unlikely; only packets exclude. */
static int explain_declared(const struct cause *c, struct finding *f) {
  char *word = up_word(c), *text = NULL;
  int rc =
      !word || text_set(&text, "%s; no packet shows it.", word) ? -ENOMEM : explain(f, false, "the host is down", text);
  free(word);
  free(text);
  return rc;
}

static int explain_down(const struct cause *c, struct finding *f) {
  if (c->first->declared) return explain_declared(c, f);
  bool alive = c->first->flags & FLOW_TARGET_ALIVE;
  return explain(f, alive, "the host is down",
                 alive ? "It sent packets around that time." : "It sent nothing around that time.");
}

static int explain_return(const struct cause *c, struct finding *f) {
  bool visible = c->first->flags & FLOW_RETURN_VISIBLE;
  return explain(f, visible, "the answers take another way, past the capture point",
                 visible ? "Other packets from this host back to the asking host pass the capture point."
                 : c->first->declared
                     ? "No packet from this host back to the asking host was ever seen here, only those of others."
                     : "No packet from this host back to the asking host was ever seen here.");
}

static int explain_loss(const struct cause *c, struct finding *f) {
  bool lost = has_reason(c, REASON_LOSS);
  return explain(
      f, !lost, "the capture lost the answers",
      lost ? "The capture lost packets at that time." : "The capture shows no noticeable loss at that time.");
}

static int explain_local(const struct cause *c, struct finding *f) {
  if (!local_only(c)) return 0;
  return explain(f, false, "the host's rule is limited to its own subnet",
                 "The same service is reached from inside a subnet, and only hosts of other subnets meet silence: "
                 "Windows limits some rules to the local subnet, above all in the Private and Public profiles.");
}

static int explain_silence(const struct cause *c, struct finding *f) {
  bool alive = (c->first->flags & FLOW_TARGET_ALIVE) || c->first->declared;
  int rc = alive ? 0 : explain_down(c, f);
  if (rc == 0) rc = explain_dropped(c, f);
  if (rc == 0) rc = explain_local(c, f);
  if (rc == 0) rc = explain_stealth(c, f);
  if (rc == 0 && alive) rc = explain_down(c, f);
  if (rc == 0) rc = explain_return(c, f);
  return rc ? rc : explain_loss(c, f);
}

/* What a device on the way meant: time exceeded (RFC 792, RFC 4443 3.3), or unreachable. */
static void no_way_text(char *text, size_t size, const struct flow_icmp *icmp, const char *device, const char *where) {
  const bool expired = icmp->type == (icmp->from.family == 6 ? 3 : 11);
  if (expired && icmp->code == 1)
    snprintf(text, size, "%s got only some fragments of it.", device);
  else if (expired)
    snprintf(text, size, "%s gave it up after too many routers: it may go in a circle.", device);
  else
    snprintf(text, size, "%s knows no way to it, or gets no answer from it%s.", device, where);
}

/* A router knew no way to a host that was there. */
static int explain_unreachable(const struct cause *c, struct finding *f, const char *device) {
  char text[2 * WORDS_SIZE];
  bool alive = c->first->flags & FLOW_TARGET_ALIVE;
  const struct flow_icmp icmp = cause_icmp(c);
  no_way_text(text, sizeof text, &icmp, device, " on the link");
  int rc = explain(f, false, "a fault of routing, or of the last link", text);
  if (rc == 0)
    rc = explain(f, false, "the host went down or moved meanwhile",
                 alive ? "It sent packets around that time, but perhaps not at that moment."
                       : "Only the site file says that it was up.");
  return rc ? rc
            : explain(f, false, "a firewall that rejects in these words",
                      "Some are set to answer \"unreachable\" instead of \"prohibited\".");
}

static int explain_rejected(const struct cause *c, struct finding *f) {
  const struct conversation *first = &c->first->c;
  char host[WORDS_SIZE], text[2 * WORDS_SIZE];
  const struct flow_icmp icmp = cause_icmp(c);
  bool own = address_equal(&icmp.from, &first->server);
  words_host(host, c->r, &icmp.from);
  if (first->why == WHY_UNREACHABLE) return explain_unreachable(c, f, host);
  if (first->why == WHY_TARGET_DOWN) {
    no_way_text(text, sizeof text, &icmp, host, "");
    return explain(f, false, "the host is down, or there is no way to it", text);
  }
  if (first->why == WHY_STALLED) {
    snprintf(text, sizeof text, "%s said that a packet was too large for the next link.", host);
    return explain(f, false, "a path that takes only smaller packets", text);
  }
  snprintf(text, sizeof text, "%s said so itself, with an ICMP error that quotes the attempt.", host);
  return explain(f, false, own ? "rejected by the host's own firewall" : "rejected by a device on the way", text);
}

static int explain_reset(const struct cause *c, struct finding *f) {
  const struct conversation *first = &c->first->c;
  if (first->why == WHY_CUT_LATER)
    return explain(f, false, "a device in between ended the connection",
                   "Either it was idle for too long, which is ordinary, or its content displeased a filter.");
  if (first->reset_by == RESET_BY_DEVICE) {
    int rc = explain(f, false, "reset by a device in between",
                     "The reset does not come from where the host is: its distance or its timing gives it away.");
    return rc ? rc
              : explain(f, first->confidence == CONFIDENCE_HIGH, "refused by the host itself",
                        "The reset does not look like the host's other packets.");
  }
  if (first->reset_by == RESET_BY_HOST) {
    int rc = explain(f, false, "nobody listens on this port",
                     "The reset comes from the host's own distance. A Windows host that answers so has its firewall "
                     "off in this network profile, or a rule that lets the port through to nobody.");
    return rc ? rc : explain(f, true, "dropped by a firewall", "The attempt reached the host: the path is open.");
  }
  int rc = explain(f, false, "nobody listens on this port", "A host resets attempts at closed ports.");
  return rc ? rc : explain(f, false, "reset by a device in between", "Too few packets of the host were seen to tell.");
}

static int explain_stall(const struct cause *c, struct finding *f) {
  if (c->first->stall_by == STALL_BY_MTU)
    return explain(f, false, "a path that loses large packets",
                   "Small packets are acknowledged, full-size ones never: look for a tunnel or a blocked ICMP "
                   "\"fragmentation needed\", not for a port rule.");
  return explain(f, false, "a device that dropped the connection after it opened",
                 "The handshake passed, then data was never acknowledged.");
}

/* A role of the open host besides the audited one, ROLE_NONE = none. */
static int32_t other_role(const struct cause *c) {
  const struct policy *p = c->r->m->policy;
  for (size_t i = 0; i < p->n_roles && p->audited_role >= 0; i++)
    if ((int)i != p->audited_role && address_class_has(c->r->m->addresses, c->first->server_class, (uint32_t)i))
      return (int32_t)i;
  return ROLE_NONE;
}

static int explain_other_role(const struct cause *c, struct finding *f) {
  int32_t role = other_role(c);
  char text[2 * WORDS_SIZE];
  if (role == ROLE_NONE) return 0;
  snprintf(text, sizeof text, "It is in the role %s, too; only hosts in the role %s are audited for open ports.",
           words_role(c->r, role), words_role(c->r, c->r->m->policy->audited_role));
  return explain(f, false, "the host is a server, and the site file's networks of audited hosts are too wide", text);
}

static int explain_open(const struct cause *c, struct finding *f) {
  int rc = explain(f, false, "a firewall lets through more than is documented",
                   "The host answered a host that no rule lets in on this port.");
  if (rc == 0) rc = explain_other_role(c, f);
  if (rc) return rc;
  bool other = c->first->c.client_role == ROLE_NONE;
  return explain(f, false,
                 other ? "the client belongs to a role that the site file does not list it in"
                       : "the documents lack a rule for this service",
                 other ? "It is in no role here." : "Both hosts are in roles of this site.");
}

static int explain_one(const struct cause *c, struct finding *f) {
  if (f->verdict == VERDICT_UNEXPECTED_OPEN) return explain_open(c, f);
  if (f->verdict == VERDICT_WRONG_PROTOCOL)
    return explain(f, false, "another service took this port", "The payload itself shows what runs there.");
  switch (c->first->c.outcome) {
    case OUTCOME_NO_ANSWER:
      return explain_silence(c, f);
    case OUTCOME_REJECTED:
      return explain_rejected(c, f);
    case OUTCOME_REFUSED:
    case OUTCOME_CUT:
      return explain_reset(c, f);
    case OUTCOME_STALLED:
      return explain_stall(c, f);
    case OUTCOME_HALF_OPEN:
      return explain(f, false, "the server's answer is dropped between the capture point and the client",
                     "The server repeats its SYN/ACK and the client never acknowledges it.");
    case OUTCOME_ESTABLISHED:
      return explain(f, false, "a proxy or a firewall answered in the server's place",
                     "The connection opened, and what should come from the server did not, or came from another "
                     "distance.");
    default:
      return 0;
  }
}

int finding_explanations(const struct cause *c, struct finding *f) {
  f->explanation = array_new(EXPLANATIONS_MAX, sizeof *f->explanation);
  return f->explanation ? explain_one(c, f) : -ENOMEM;
}
