/* The list of tables, and those about verdicts: rules, methods, stages, coverage, who talked to whom. */
#include "report/section.h"

#include <string.h>

#include "report/section_internal.h"

const struct section sections[SECTION_COUNT] = {
    [SECTION_RULES] = {"rules", "Rules",
                       "Every rule of the policy and of the site file, and what the packets say about it.",
                       "The policy has no rules.", section_rules},
    [SECTION_METHODS] = {"methods", "Installation methods",
                         "Which ways of installing the client work through this firewall, from the evidence.", NULL,
                         section_methods},
    [SECTION_STAGES] = {"stages", "Client push, client by client", "How far each client got, and the first blocker.",
                        NULL, section_stages},
    [SECTION_COVERAGE] = {"coverage", "Open ports: how much was seen",
                          "\"No unexpected open ports\" is worth as much as the traffic that passed the capture point.",
                          "No audited host was seen.", section_coverage},
    [SECTION_MATRIX] = {"matrix", "Who talked to whom", "Connections by role and service.", NULL, section_matrix},
    [SECTION_QUALITY] = {"quality", "Capture quality", "What the capture holds and what it lacks.", NULL,
                         section_quality},
    [SECTION_INPUTS] = {"inputs", "Input files", "In the order of their packets.", NULL, section_inputs},
    [SECTION_INTERFACES] = {"interfaces", "Capture interfaces", "As the files describe them.", NULL,
                            section_interfaces},
    [SECTION_COMMENTS] = {"comments", "Comments in the captures", "Written by whoever made the capture.", NULL,
                          section_comments},
    [SECTION_ROLES] = {"roles", "Roles", "Which hosts were taken for what.", NULL, section_roles},
    [SECTION_PARAMETERS] = {"parameters", "Ports in force", "The policy's ports, as the site sets them.", NULL,
                            section_parameters},
    [SECTION_BASIS] = {"basis", "Basis of this report", "What was compared with what, by which program.", NULL,
                       section_basis},
    [SECTION_CONVERSATIONS] = {"conversations", "Connections", "One line a client, server and service.", NULL,
                               section_conversations},
    [SECTION_GLOSSARY] = {"glossary", "Words used", "What the words of this report mean.", NULL, section_glossary},
};

void grid_phrase(struct grid *g, enum tone tone, struct out *o) {
  const char *text = out_str(o);
  if (text)
    grid_text(g, tone, text);
  else
    g->failed = true;
  out_close(o);
}

void grid_host(struct grid *g, const struct result *r, const struct address *a) {
  struct out o;
  out_init(&o, NULL);
  phrase_host(&o, r, a);
  grid_phrase(g, TONE_PLAIN, &o);
}

void grid_number(struct grid *g, enum tone tone, uint64_t n) {
  struct out o;
  out_init(&o, NULL);
  phrase_number(&o, n);
  grid_phrase(g, tone, &o);
}

/* The reason a rule stands where it stands: the note made for it, else the dictionary's sentence. */
static const char *rule_reason(const struct result_rule *rule) {
  if (rule->note && *rule->note) return rule->note;
  return rule->why == WHY_NONE ? "" : shown(why_text((enum why)rule->why));
}

static void grid_roles(struct grid *g, const struct result *r, const char *roles) {
  struct out o;
  out_init(&o, NULL);
  phrase_roles(&o, r, roles);
  grid_phrase(g, TONE_PLAIN, &o);
}

static void put_rule(struct grid *g, const struct result *r, const struct result_rule *rule) {
  if (!grid_row(g)) return;
  grid_text(g, rule->in_force ? tone_of_status(rule->status) : TONE_MUTED,
            rule->in_force ? phrase_rule_status(rule->status) : "not in force");
  grid_text(g, TONE_PLAIN, rule->id);
  grid_roles(g, r, rule->from);
  grid_roles(g, r, rule->to);
  grid_text(g, TONE_PLAIN, rule->service);
  grid_number(g, TONE_PLAIN, rule->passed);
  grid_number(g, rule->blocked ? TONE_BAD : TONE_PLAIN, rule->blocked);
  grid_text(g, TONE_PLAIN, rule_reason(rule));
}

/* Rules in force first, each group in the policy's order. */
void section_rules(const struct result *r, struct grid *g, size_t rows_max) {
  static const struct grid_column column[] = {GRID_TEXT("Status"),    GRID_TEXT("Rule"),    GRID_TEXT("From"),
                                              GRID_TEXT("To"),        GRID_TEXT("Service"), GRID_NUMBER("Passed"),
                                              GRID_NUMBER("Blocked"), GRID_TEXT("Why")};
  GRID_INIT(g, column, rows_max);
  for (int in_force = 1; in_force >= 0; in_force--)
    for (size_t i = 0; i < r->n_rules; i++)
      if (r->rule[i].in_force == (bool)in_force) put_rule(g, r, &r->rule[i]);
}

/* Who to whom, and what. */
static void grid_what(struct grid *g, const struct result *r, const struct result_rule *rule) {
  struct out o;
  out_init(&o, NULL);
  phrase_roles(&o, r, rule->from);
  out_text(&o, " to ");
  phrase_roles(&o, r, rule->to);
  out_printf(&o, ": %s", shown(rule->service));
  grid_phrase(g, TONE_PLAIN, &o);
}

void section_rules_brief(const struct result *r, struct grid *g, size_t rows_max) {
  static const struct grid_column column[] = {GRID_WHOLE("Status"),  GRID_WHOLE("Rule"),     GRID_TEXT("What"),
                                              GRID_NUMBER("Passed"), GRID_NUMBER("Blocked"), GRID_TEXT("Why")};
  GRID_INIT(g, column, rows_max);
  for (size_t i = 0; i < r->n_rules; i++) {
    const struct result_rule *rule = &r->rule[i];
    if (!rule->in_force || !grid_row(g)) continue;
    grid_text(g, tone_of_status(rule->status), phrase_rule_status(rule->status));
    grid_text(g, TONE_PLAIN, rule->id);
    grid_what(g, r, rule);
    grid_number(g, TONE_PLAIN, rule->passed);
    grid_number(g, rule->blocked ? TONE_BAD : TONE_PLAIN, rule->blocked);
    grid_text(g, TONE_PLAIN, rule_reason(rule));
  }
}

void section_methods(const struct result *r, struct grid *g, size_t rows_max) {
  static const struct grid_column column[] = {GRID_TEXT("Method"), GRID_TEXT("State"), GRID_TEXT("Rule"),
                                              GRID_TEXT("Because")};
  GRID_INIT(g, column, rows_max);
  for (size_t i = 0; i < r->n_methods; i++) {
    const struct result_method *m = &r->method[i];
    if (!grid_row(g)) continue;
    grid_text(g, TONE_PLAIN, m->title ? m->title : m->name);
    grid_text(g, tone_of_method(m->state), method_state_name((enum method_state)m->state));
    grid_text(g, TONE_PLAIN, m->rule);
    grid_text(g, TONE_PLAIN, m->note);
  }
}

static void put_stages(struct grid *g, const struct result *r, const struct result_client *c) {
  struct out o;
  out_init(&o, NULL);
  bool started = false;
  for (size_t i = 0; i < c->n_cells; i++) {
    if (c->cell[i].state == STAGE_NOT_STARTED) continue;
    out_printf(&o, "%s%s %s", started ? ", " : "", shown(r->push.stage[i].title),
               stage_state_name((enum stage_state)c->cell[i].state));
    started = true;
  }
  grid_phrase(g, TONE_PLAIN, &o);
}

void section_stages(const struct result *r, struct grid *g, size_t rows_max) {
  static const struct grid_column column[] = {GRID_TEXT("Client"), GRID_TEXT("First blocker"),
                                              GRID_TEXT("Stages reached")};
  GRID_INIT(g, column, rows_max);
  for (size_t i = 0; i < r->push.n_clients; i++) {
    const struct result_client *c = &r->push.client[i];
    bool blocked = c->first_blocker >= 0;
    if (!grid_row(g)) continue;
    grid_host(g, r, &c->client);
    grid_text(g, blocked ? TONE_BAD : TONE_GOOD, blocked ? shown(r->push.stage[c->first_blocker].title) : "none");
    put_stages(g, r, c);
  }
  g->left_out += r->counts.clients_refused;
}

void section_coverage(const struct result *r, struct grid *g, size_t rows_max) {
  static const struct grid_column column[] = {GRID_TEXT("Host"),       GRID_NUMBER("Ports tried"),
                                              GRID_NUMBER("Answered"), GRID_NUMBER("Unexpected"),
                                              GRID_NUMBER("Packets"),  GRID_TEXT("Both ways")};
  GRID_INIT(g, column, rows_max);
  for (size_t i = 0; i < r->n_coverage; i++) {
    const struct result_coverage *c = &r->coverage[i];
    if (!grid_row(g)) continue;
    grid_host(g, r, &c->host);
    grid_number(g, TONE_PLAIN, c->ports_tried);
    grid_number(g, TONE_PLAIN, c->ports_answered);
    grid_number(g, c->unexpected ? TONE_BAD : TONE_PLAIN, c->unexpected);
    grid_number(g, TONE_PLAIN, c->packets);
    grid_text(g, c->both_ways ? TONE_PLAIN : TONE_WARN, c->both_ways ? "seen" : "answers not seen");
  }
  g->left_out += r->counts.coverage_refused;
}

void section_matrix(const struct result *r, struct grid *g, size_t rows_max) {
  static const struct grid_column column[] = {
      GRID_TEXT("From"),      GRID_TEXT("To"),         GRID_TEXT("Service"),      GRID_NUMBER("Passed"),
      GRID_NUMBER("Blocked"), GRID_NUMBER("Degraded"), GRID_NUMBER("Unexpected"), GRID_NUMBER("Other")};
  GRID_INIT(g, column, rows_max);
  for (size_t i = 0; i < r->n_matrix; i++) {
    const struct result_matrix_cell *c = &r->matrix[i];
    if (!grid_row(g)) continue;
    grid_text(g, TONE_PLAIN, phrase_role(r, c->from));
    grid_text(g, TONE_PLAIN, phrase_role(r, c->to));
    grid_text(g, TONE_PLAIN, c->service);
    grid_number(g, TONE_PLAIN, c->passed);
    grid_number(g, c->blocked ? TONE_BAD : TONE_PLAIN, c->blocked);
    grid_number(g, c->degraded ? TONE_WARN : TONE_PLAIN, c->degraded);
    grid_number(g, c->unexpected ? TONE_BAD : TONE_PLAIN, c->unexpected);
    grid_number(g, TONE_PLAIN, c->other);
  }
  g->left_out += r->counts.matrix_left_out;
}

void section_conversations(const struct result *r, struct grid *g, size_t rows_max) {
  static const struct grid_column column[] = {GRID_TEXT("Verdict"), GRID_TEXT("Client"),     GRID_TEXT("Server"),
                                              GRID_TEXT("Port"),    GRID_TEXT("Service"),    GRID_TEXT("Rule"),
                                              GRID_TEXT("Outcome"), GRID_NUMBER("Attempts"), GRID_TEXT("First packet")};
  GRID_INIT(g, column, rows_max);
  for (size_t i = 0; i < r->n_conversations; i++) {
    const struct result_conversation *c = &r->conversation[i];
    struct out o;
    if (!grid_row(g)) continue;
    grid_text(g, TONE_PLAIN, phrase_finding_verdict(c->verdict));
    grid_host(g, r, &c->client);
    grid_host(g, r, &c->server);
    out_init(&o, NULL);
    phrase_endpoint(&o, c->proto, c->port);
    grid_phrase(g, TONE_PLAIN, &o);
    grid_text(g, TONE_PLAIN, service_name((enum service)c->service));
    grid_text(g, TONE_PLAIN, c->rule);
    grid_text(g, TONE_PLAIN, outcome_name((enum outcome)c->outcome));
    grid_number(g, TONE_PLAIN, c->attempts);
    out_init(&o, NULL);
    phrase_packets(&o, r, c->packet_first, c->packet_first);
    grid_phrase(g, TONE_PLAIN, &o);
  }
  g->left_out += r->counts.conversations_left_out;
}
