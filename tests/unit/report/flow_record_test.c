/* Flow records: every field in both forms, unknown ones null or empty, packet numbers of the right file. */
#include "report/flow_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

static struct source_info info;
static const struct input_facts inputs[] = {
    {.path = "a\t\n.pcap", .readable = true, .same_as = SIZE_MAX, .packet_base = 0, .frames = 100, .info = &info},
    {.path = "b.pcap", .readable = true, .same_as = SIZE_MAX, .packet_base = 100, .frames = 50, .info = &info},
};
static const struct timeline_facts facts = {.input = inputs, .n_inputs = 2};

static const struct rpc_bind rpc[] = {
    {.uuid = {{0x36, 0x7a, 0xbb, 0x81}}, .version_major = 2, .name = "svcctl", .accepted = true, .packet = 120},
    {.uuid = {{0xff}}, .version_major = 1, .version_minor = 5, .packet = 7},
};
static const struct learned learned[] = {
    {.name = "svcctl", .port = 50115, .proto = PROTO_TCP, .by = LEARNED_BY_EPM, .packet = 101}};
static const struct encap encap[] = {{ENCAP_VLAN, 12}, {ENCAP_GRE, 0}};

static struct flow_view full(void) {
  return (struct flow_view){.id = 0x00ff,
                            .client = address_from_v4(0x0a000001),
                            .server = address_from_v4(0x0a000002),
                            .client_port = 50000,
                            .server_port = 135,
                            .proto = PROTO_TCP,
                            .client_by = CLIENT_BY_SYN,
                            .first = {1596691224595086000},
                            .last = {1596691225000000001},
                            .packets = {5, 3},
                            .bytes = {100, 18446744073709551615u},
                            .duplicates = {1, 2},
                            .retransmits = {3, 4},
                            .encap = encap,
                            .n_encap = 2,
                            .history = "ShADadFf",
                            .outcome = OUTCOME_ESTABLISHED,
                            .confidence = CONFIDENCE_HIGH,
                            .reasons = 1u << REASON_HANDSHAKE | 1u << REASON_DELAYED,
                            .app = {.service = SERVICE_EPMAP,
                                    .service_by = SERVICE_BY_DPI,
                                    .ndpi = "DCE_RPC",
                                    .detail = "DCE/RPC epmapper",
                                    .encrypted = true,
                                    .rpc = rpc,
                                    .n_rpc = 2,
                                    .learned = learned,
                                    .n_learned = 1},
                            .icmp = {.type = 3, .code = 13, .from = address_from_v4(0x0a0000fe), .packet = 102},
                            .packet_first = 99,
                            .packet_last = 103};
}

static cJSON *record(const struct flow_view *v, const struct timeline_facts *f) {
  struct out o;
  out_init(&o, NULL);
  flow_record_jsonl(v, f, &o);
  const char *text = out_str(&o);
  assert_int_equal(text[o.len - 1], '\n');
  assert_ptr_equal(strchr(text, '\n'), text + o.len - 1);
  cJSON *json = cJSON_Parse(text);
  assert_non_null(json);
  out_close(&o);
  return json;
}

static char *printed(const cJSON *json, const char *key) {
  return cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(json, key));
}

static void test_json(void **state) {
  (void)state;
  static const struct {
    const char *key, *value;
  } cases[] = {
      {"flow", "\"00000000000000ff\""},
      {"proto", "\"tcp\""},
      {"client", "\"10.0.0.1\""},
      {"client_port", "50000"},
      {"server", "\"10.0.0.2\""},
      {"server_port", "135"},
      {"client_by", "\"syn\""},
      {"first", "\"1596691224.595086000\""},
      {"last", "\"1596691225.000000001\""},
      {"packets", "[5,3]"},
      {"duplicates", "[1,2]"},
      {"retransmits", "[3,4]"},
      {"encap", "[\"vlan 12\",\"gre\"]"},
      {"history", "\"ShADadFf\""},
      {"outcome", "\"established\""},
      {"outcome_confidence", "\"high\""},
      {"service", "\"epmap\""},
      {"service_by", "\"dpi\""},
      {"ndpi", "\"DCE_RPC\""},
      {"rpc",
       "[{\"uuid\":\"367abb81-0000-0000-0000-000000000000\",\"version\":\"2.0\",\"name\":\"svcctl\",\"accepted\":true,"
       "\"packet\":20},{\"uuid\":\"ff000000-0000-0000-0000-000000000000\",\"version\":\"1.5\",\"name\":null,"
       "\"accepted\":false,\"packet\":7}]"},
      {"learned",
       "[{\"uuid\":null,\"name\":\"svcctl\",\"address\":null,\"proto\":\"tcp\",\"port\":50115,\"packet\":1,\"by\":"
       "\"epm\"}]"},
      {"icmp", "{\"type\":3,\"code\":13,\"from\":\"10.0.0.254\",\"packet\":2}"},
      {"file", "\"a\?\?.pcap\""},
      {"packet_first", "99"},
      {"packet_last", "3"},
      {"file_last", "\"b.pcap\""},
      {"detail", "\"DCE/RPC epmapper\""},
      {"encrypted", "true"},
  };
  struct flow_view v = full();
  cJSON *json = record(&v, &facts);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *value = printed(json, cases[i].key);
    if (!value || strcmp(value, cases[i].value) != 0)
      fail_msg("%s: %s, expected %s", cases[i].key, value, cases[i].value);
    free(value);
  }
  cJSON_Delete(json);
}

static void test_unknown(void **state) {
  (void)state;
  struct flow_view v = {.proto = 99, .first = STAMP_NONE, .last = STAMP_NONE};
  static const char *const nulls[] = {"client", "server", "first",        "last",        "ndpi",     "detail",
                                      "icmp",   "file",   "packet_first", "packet_last", "file_last"};
  cJSON *json = record(&v, NULL);
  for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++)
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(json, nulls[i])));
  char *proto = printed(json, "proto");
  assert_string_equal(proto, "\"ip 99\"");
  free(proto);
  cJSON_Delete(json);
}

static size_t fields(const char *line) {
  size_t n = 1;
  for (; *line && *line != '\n'; line++) n += *line == '\t';
  assert_string_equal(line, "\n");
  return n;
}

static void test_tsv(void **state) {
  (void)state;
  struct flow_view v = full(), empty = {.proto = PROTO_UDP, .first = STAMP_NONE, .last = STAMP_NONE};
  struct out head, line;
  out_init(&head, NULL);
  flow_record_tsv_head(&head);
  size_t n = fields(out_str(&head));
  cJSON *json = record(&v, &facts);
  assert_int_equal(n, cJSON_GetArraySize(json));
  cJSON_Delete(json);
  out_init(&line, NULL);
  flow_record_tsv(&v, &facts, &line);
  assert_int_equal(fields(out_str(&line)), n);
  assert_non_null(strstr(out_str(&line), "\t5,3\t"));
  assert_non_null(strstr(out_str(&line), "\tvlan 12,gre\t"));
  assert_non_null(strstr(out_str(&line), "\t3/13/10.0.0.254/2\t"));
  out_close(&line);
  out_init(&line, NULL);
  flow_record_tsv(&empty, NULL, &line);
  assert_int_equal(fields(out_str(&line)), n);
  out_close(&line);
  out_close(&head);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_json), cmocka_unit_test(test_unknown),
                                     cmocka_unit_test(test_tsv)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
