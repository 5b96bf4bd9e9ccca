/* The flows list (doc of the fields: report/flows.schema.json).
 *
 * A table has one row a column; a row knows how to say itself as JSON and as text between tabs. What cannot be known is
 * null in JSON and empty between tabs. Lists between tabs are separated by commas, the parts of one entry by slashes.
 */
#include "report/flow_record.h"

#include <string.h>

#include "report/words.h"
#include "util/digits.h"
#include "util/json.h"
#include "util/text.h"

enum { PATH_TEXT_SIZE = 4096 };

struct flow_place {
  const char *path; /* NULL = not known */
  uint32_t number;  /* in that file; 0 = not known */
};

struct flow_line {
  const struct flow_view *v;
  const struct timeline_facts *facts;
  struct flow_place first, last;
};

struct flow_column {
  const char *name, *key; /* key: the name as JSON has it in front of the value */
  size_t key_len;
  void (*json)(struct json *j, const struct flow_line *l);
  void (*tsv)(struct out *to, const struct flow_line *l);
};

static struct flow_place place_of(const struct timeline_facts *facts, uint32_t packet) {
  size_t input;
  uint32_t number;
  if (!facts) return (struct flow_place){NULL, packet};
  if (!timeline_locate(facts, packet, &input, &number)) return (struct flow_place){NULL, 0};
  return (struct flow_place){facts->input[input].path, number};
}

static void json_number_or_null(struct json *j, uint32_t number) {
  if (number)
    json_u64(j, number);
  else
    json_null(j);
}

static void number_or_empty(struct out *to, uint32_t number) {
  if (number) out_u64(to, number);
}

static void json_address(struct json *j, const struct address *a) {
  char text[ADDRESS_TEXT_SIZE];
  json_text(j, address_known(a) ? address_print(text, a) : NULL);
}

static void put_address(struct out *to, const struct address *a) {
  char text[ADDRESS_TEXT_SIZE];
  if (address_known(a)) out_text(to, address_print(text, a));
}

static void json_stamp(struct json *j, stamp_t t) {
  char text[STAMP_TEXT_SIZE];
  json_text(j, stamp_known(t) ? stamp_print_seconds(text, t) : NULL);
}

static void put_stamp(struct out *to, stamp_t t) {
  char text[STAMP_TEXT_SIZE];
  if (stamp_known(t)) out_text(to, stamp_print_seconds(text, t));
}

static void json_pair(struct json *j, uint64_t to_server, uint64_t to_client) {
  char text[2 * DIGITS_MAX + 3], *end = text + sizeof text, *at = end;
  *--at = ']';
  at = digits_before(at, to_client);
  *--at = ',';
  at = digits_before(at, to_server);
  *--at = '[';
  json_ready(j, at, (size_t)(end - at));
}

static void put_pair(struct out *to, uint64_t to_server, uint64_t to_client) {
  out_u64(to, to_server);
  out_char(to, ',');
  out_u64(to, to_client);
}

/* A text of ours, or NULL; and the same for both forms. */
#define TEXT_COLUMN(id, value)                                                              \
  static void json_##id(struct json *j, const struct flow_line *l) { json_text(j, value); } \
  static void tsv_##id(struct out *to, const struct flow_line *l) {                         \
    const char *text = value;                                                               \
    if (text) out_text(to, text);                                                           \
  }
#define PAIR_COLUMN(id)                                              \
  static void json_##id(struct json *j, const struct flow_line *l) { \
    json_pair(j, l->v->id[TO_SERVER], l->v->id[TO_CLIENT]);          \
  }                                                                  \
  static void tsv_##id(struct out *to, const struct flow_line *l) {  \
    put_pair(to, l->v->id[TO_SERVER], l->v->id[TO_CLIENT]);          \
  }
#define FORM_COLUMN(id, json_form, tsv_form, value)                                         \
  static void json_##id(struct json *j, const struct flow_line *l) { json_form(j, value); } \
  static void tsv_##id(struct out *to, const struct flow_line *l) { tsv_form(to, value); }

static const char *hex_id(uint64_t id, char to[17]) {
  static const char digits[] = "0123456789abcdef";
  for (int i = 15; i >= 0; i--, id >>= 4) to[i] = digits[id & 15];
  to[16] = '\0';
  return to;
}

static void json_flow(struct json *j, const struct flow_line *l) {
  char text[17];
  json_text(j, hex_id(l->v->id, text));
}
static void tsv_flow(struct out *to, const struct flow_line *l) {
  char text[17];
  out_text(to, hex_id(l->v->id, text));
}

static void json_proto(struct json *j, const struct flow_line *l) {
  char text[PROTO_TEXT_SIZE];
  json_text(j, proto_print(text, l->v->proto));
}
static void tsv_proto(struct out *to, const struct flow_line *l) {
  char text[PROTO_TEXT_SIZE];
  out_text(to, proto_print(text, l->v->proto));
}

FORM_COLUMN(client, json_address, put_address, &l->v->client)
FORM_COLUMN(server, json_address, put_address, &l->v->server)
FORM_COLUMN(client_port, json_u64, out_u64, l->v->client_port)
FORM_COLUMN(server_port, json_u64, out_u64, l->v->server_port)
FORM_COLUMN(first, json_stamp, put_stamp, l->v->first)
FORM_COLUMN(last, json_stamp, put_stamp, l->v->last)
FORM_COLUMN(packet_first, json_number_or_null, number_or_empty, l->first.number)
FORM_COLUMN(packet_last, json_number_or_null, number_or_empty, l->last.number)
PAIR_COLUMN(packets)
PAIR_COLUMN(bytes)
PAIR_COLUMN(duplicates)
PAIR_COLUMN(retransmits)
TEXT_COLUMN(client_by, client_by_name(l->v->client_by))
TEXT_COLUMN(history, l->v->history)
TEXT_COLUMN(outcome, outcome_name(l->v->outcome))
TEXT_COLUMN(outcome_confidence, confidence_name(l->v->confidence))
TEXT_COLUMN(service, service_name(l->v->app.service))
TEXT_COLUMN(service_by, service_by_name(l->v->app.service_by))
TEXT_COLUMN(ndpi, l->v->app.ndpi)
TEXT_COLUMN(detail, l->v->app.detail)

static void json_encrypted(struct json *j, const struct flow_line *l) { json_bool(j, l->v->app.encrypted); }
static void tsv_encrypted(struct out *to, const struct flow_line *l) {
  if (l->v->app.encrypted) out_text(to, "encrypted");
}

static void json_encap(struct json *j, const struct flow_line *l) {
  char text[ENCAP_TEXT_SIZE];
  json_array(j, false);
  for (size_t i = 0; i < l->v->n_encap; i++) json_text(j, encap_print(text, l->v->encap[i]));
  json_end(j);
}
static void tsv_encap(struct out *to, const struct flow_line *l) {
  char text[ENCAP_TEXT_SIZE];
  for (size_t i = 0; i < l->v->n_encap; i++) {
    if (i) out_char(to, ',');
    out_text(to, encap_print(text, l->v->encap[i]));
  }
}

static void json_reasons(struct json *j, const struct flow_line *l) {
  json_array(j, false);
  for (int r = 0; r < REASON_COUNT; r++)
    if (l->v->reasons >> r & 1) json_text(j, reason_name((enum reason)r));
  json_end(j);
}
static void tsv_reasons(struct out *to, const struct flow_line *l) {
  const char *comma = "";
  for (int r = 0; r < REASON_COUNT; r++) {
    if (!(l->v->reasons >> r & 1)) continue;
    out_text(to, comma);
    out_text(to, reason_name((enum reason)r));
    comma = ",";
  }
}

static void json_rpc(struct json *j, const struct flow_line *l) {
  json_array(j, false);
  for (size_t i = 0; i < l->v->app.n_rpc; i++) {
    const struct rpc_bind *b = &l->v->app.rpc[i];
    char uuid[UUID_TEXT_SIZE], version[12];
    json_object(j, false);
    json_key(j, "uuid"), json_text(j, uuid_print(uuid, &b->uuid));
    json_key(j, "version"), json_text(j, version_print(version, b->version_major, b->version_minor));
    json_key(j, "name"), json_text(j, b->name);
    json_key(j, "accepted"), json_bool(j, b->accepted);
    json_key(j, "packet"), json_number_or_null(j, place_of(l->facts, b->packet).number);
    json_end(j);
  }
  json_end(j);
}
static void tsv_rpc(struct out *to, const struct flow_line *l) {
  for (size_t i = 0; i < l->v->app.n_rpc; i++) {
    const struct rpc_bind *b = &l->v->app.rpc[i];
    char uuid[UUID_TEXT_SIZE], version[12];
    out_printf(to, "%s%s/%s/%s/%s/%u", i ? "," : "", uuid_print(uuid, &b->uuid),
               version_print(version, b->version_major, b->version_minor), b->name ? b->name : "",
               b->accepted ? "accepted" : "refused", place_of(l->facts, b->packet).number);
  }
}

static const char *known_uuid(char to[UUID_TEXT_SIZE], const struct uuid *u) {
  static const struct uuid none;
  return memcmp(u, &none, sizeof none) ? uuid_print(to, u) : NULL;
}

static void json_learned(struct json *j, const struct flow_line *l) {
  json_array(j, false);
  for (size_t i = 0; i < l->v->app.n_learned; i++) {
    const struct learned *e = &l->v->app.learned[i];
    char uuid[UUID_TEXT_SIZE], proto[PROTO_TEXT_SIZE];
    json_object(j, false);
    json_key(j, "uuid"), json_text(j, known_uuid(uuid, &e->uuid));
    json_key(j, "name"), json_text(j, e->name);
    json_key(j, "address"), json_address(j, &e->server);
    json_key(j, "proto"), json_text(j, proto_print(proto, e->proto));
    json_key(j, "port"), json_u64(j, e->port);
    json_key(j, "packet"), json_number_or_null(j, place_of(l->facts, e->packet).number);
    json_key(j, "by"), json_text(j, learned_by_name(e->by));
    json_end(j);
  }
  json_end(j);
}
static void tsv_learned(struct out *to, const struct flow_line *l) {
  for (size_t i = 0; i < l->v->app.n_learned; i++) {
    const struct learned *e = &l->v->app.learned[i];
    char uuid[UUID_TEXT_SIZE], address[ADDRESS_TEXT_SIZE], proto[PROTO_TEXT_SIZE];
    const char *known = known_uuid(uuid, &e->uuid);
    out_printf(to, "%s%s/%s/%s/%s/%u/%u/%s", i ? "," : "", known ? known : "", e->name ? e->name : "",
               address_print(address, &e->server), proto_print(proto, e->proto), e->port,
               place_of(l->facts, e->packet).number, learned_by_name(e->by));
  }
}

static void json_icmp(struct json *j, const struct flow_line *l) {
  const struct flow_icmp *i = &l->v->icmp;
  if (!address_known(&i->from)) {
    json_null(j);
    return;
  }
  json_object(j, false);
  json_key(j, "type"), json_u64(j, i->type);
  json_key(j, "code"), json_u64(j, i->code);
  json_key(j, "from"), json_address(j, &i->from);
  json_key(j, "packet"), json_number_or_null(j, place_of(l->facts, i->packet).number);
  json_end(j);
}
static void tsv_icmp(struct out *to, const struct flow_line *l) {
  const struct flow_icmp *i = &l->v->icmp;
  char from[ADDRESS_TEXT_SIZE];
  if (address_known(&i->from))
    out_printf(to, "%u/%u/%s/%u", i->type, i->code, address_print(from, &i->from),
               place_of(l->facts, i->packet).number);
}

/* The path as given, made safe: the name of a file is text of a stranger too. */
static void json_file(struct json *j, const struct flow_line *l) {
  char clean[PATH_TEXT_SIZE];
  if (!l->first.path) {
    json_null(j);
    return;
  }
  text_clean(clean, sizeof clean, l->first.path, strlen(l->first.path));
  json_text(j, clean);
}
static void tsv_file(struct out *to, const struct flow_line *l) {
  char clean[PATH_TEXT_SIZE];
  if (!l->first.path) return;
  text_clean(clean, sizeof clean, l->first.path, strlen(l->first.path));
  out_text(to, clean);
}

/* Only when the flow ends in a later file than it began in: that file, where packet_last counts. */
static void json_file_last(struct json *j, const struct flow_line *l) {
  if (l->last.path && l->last.path != l->first.path)
    json_file(j, &(struct flow_line){.first = l->last});
  else
    json_null(j);
}
static void tsv_file_last(struct out *to, const struct flow_line *l) {
  if (l->last.path && l->last.path != l->first.path) tsv_file(to, &(struct flow_line){.first = l->last});
}

#define COLUMN(id) \
  { #id, "\"" #id "\":", sizeof "\"" #id "\":" - 1, json_##id, tsv_##id }
static const struct flow_column columns[] = {
    COLUMN(flow),
    COLUMN(proto),
    COLUMN(client),
    COLUMN(client_port),
    COLUMN(server),
    COLUMN(server_port),
    COLUMN(client_by),
    COLUMN(first),
    COLUMN(last),
    COLUMN(packets),
    COLUMN(bytes),
    COLUMN(duplicates),
    COLUMN(retransmits),
    COLUMN(encap),
    COLUMN(history),
    COLUMN(outcome),
    COLUMN(outcome_confidence),
    COLUMN(reasons),
    COLUMN(service),
    COLUMN(service_by),
    COLUMN(ndpi),
    COLUMN(rpc),
    COLUMN(learned),
    COLUMN(icmp),
    COLUMN(file),
    COLUMN(packet_first),
    COLUMN(packet_last),
    COLUMN(file_last),
    COLUMN(detail),
    COLUMN(encrypted),
};
enum { N_COLUMNS = sizeof columns / sizeof *columns };

static struct flow_line line_of(const struct flow_view *v, const struct timeline_facts *facts) {
  return (struct flow_line){v, facts, place_of(facts, v->packet_first), place_of(facts, v->packet_last)};
}

void flow_record_jsonl(const struct flow_view *v, const struct timeline_facts *facts, struct out *to) {
  struct flow_line line = line_of(v, facts);
  struct json j;
  json_init(&j, to);
  json_object(&j, false);
  for (size_t i = 0; i < N_COLUMNS; i++) {
    json_key_ready(&j, columns[i].key, columns[i].key_len);
    columns[i].json(&j, &line);
  }
  json_end(&j);
  out_char(to, '\n');
}

void flow_record_tsv(const struct flow_view *v, const struct timeline_facts *facts, struct out *to) {
  struct flow_line line = line_of(v, facts);
  for (size_t i = 0; i < N_COLUMNS; i++) {
    if (i) out_char(to, '\t');
    columns[i].tsv(to, &line);
  }
  out_char(to, '\n');
}

void flow_record_tsv_head(struct out *to) {
  for (size_t i = 0; i < N_COLUMNS; i++) {
    if (i) out_char(to, '\t');
    out_text(to, columns[i].name);
  }
  out_char(to, '\n');
}
