/* The tables behind the engine: interfaces by UUID, texts kept once, UUIDs as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "classifier/rpc_interface.h"
#include "classifier/text_pool.h"

/* Those that the policy and the shared truth tables name: a row out of order would hide others. */
static void interfaces_are_found(void **state) {
  (void)state;
  static const struct {
    const char *uuid, *name;
    enum service service;
    enum rpc_role role;
  } cases[] = {
      {"00000001-0000-0000-c000-000000000046", "IClassFactory", SERVICE_DCOM, RPC_ROLE_PLAIN},
      {"e1af8308-5d1f-11c9-91a4-08002b14a0fa", "epmapper", SERVICE_EPMAP, RPC_ROLE_MAPPER},
      {"000001a0-0000-0000-c000-000000000046", "IRemoteSCMActivator", SERVICE_DCOM, RPC_ROLE_ACTIVATOR},
      {"4d9f4ab8-7d1c-11cf-861e-0020af6e7c57", "IActivation", SERVICE_DCOM, RPC_ROLE_ACTIVATION},
      {"99fcfec4-5260-101b-bbcb-00aa0021347a", "IObjectExporter", SERVICE_DCOM, RPC_ROLE_RESOLVER},
      {"00000131-0000-0000-c000-000000000046", "IRemUnknown", SERVICE_DCOM, RPC_ROLE_PLAIN},
      {"00000143-0000-0000-c000-000000000046", "IRemUnknown2", SERVICE_DCOM, RPC_ROLE_PLAIN},
      {"f309ad18-d86a-11d0-a075-00c04fb68820", "IWbemLevel1Login", SERVICE_WMI, RPC_ROLE_PLAIN},
      {"d4781cd6-e5d3-44df-ad94-930efe48a887", "IWbemLoginClientID", SERVICE_WMI, RPC_ROLE_PLAIN},
      {"9556dc99-828c-11cf-a37e-00aa003240c7", "IWbemServices", SERVICE_WMI, RPC_ROLE_PLAIN},
      {"027947e1-d731-11ce-a357-000000000001", "IEnumWbemClassObject", SERVICE_WMI, RPC_ROLE_PLAIN},
      {"1c1c45ee-4395-11d2-b60b-00104b703efd", "IWbemFetchSmartEnum", SERVICE_WMI, RPC_ROLE_PLAIN},
      {"423ec01e-2e35-11d2-b604-00104b703efd", "IWbemWCOSmartEnum", SERVICE_WMI, RPC_ROLE_PLAIN},
      {"7c857801-7381-11cf-884d-00aa004b2e24", "IWbemObjectSink", SERVICE_WMI, RPC_ROLE_PLAIN},
      {"44aca675-e8fc-11d0-a07c-00c04fb68820", "IWbemCallResult", SERVICE_WMI, RPC_ROLE_PLAIN},
      {"367abb81-9844-35f1-ad32-98f038001003", "svcctl", SERVICE_RPC, RPC_ROLE_PLAIN},
      {"1ff70682-0a51-30e8-076d-740be8cee98b", "atsvc", SERVICE_RPC, RPC_ROLE_PLAIN},
      {"86d35949-83c9-4044-b424-db363231fd0c", "ITaskSchedulerService", SERVICE_RPC, RPC_ROLE_PLAIN},
      {"378e52b0-c0a9-11cf-822d-00aa0051e40f", "sasec", SERVICE_RPC, RPC_ROLE_PLAIN},
      {"4b324fc8-1670-01d3-1278-5a47bf6ee188", "srvsvc", SERVICE_RPC, RPC_ROLE_PLAIN},
      {"6bffd098-a112-3610-9833-46c3f87e345a", "wkssvc", SERVICE_RPC, RPC_ROLE_PLAIN},
      {"338cd001-2244-31f1-aaaa-900038001003", "winreg", SERVICE_RPC, RPC_ROLE_PLAIN},
      {"82273fdc-e32a-18c3-3f78-827929dc23ea", "eventlog", SERVICE_RPC, RPC_ROLE_PLAIN},
      {"f6beaff7-1e19-4fbb-9f8f-b89e2018337c", "EVEN6", SERVICE_RPC, RPC_ROLE_PLAIN},
      {"da5a86c5-12c2-4943-ab30-7f74a813d853", "PerflibV2", SERVICE_RPC, RPC_ROLE_PLAIN},
      {"03837510-098b-11d8-9414-505054503030", "PLA", SERVICE_DCOM, RPC_ROLE_PLAIN},
      {"12345678-1234-abcd-ef00-0123456789ab", "spoolss", SERVICE_RPC, RPC_ROLE_PLAIN},
      {"12345778-1234-abcd-ef00-0123456789ab", "lsarpc", SERVICE_RPC, RPC_ROLE_PLAIN},
      {"12345778-1234-abcd-ef00-0123456789ac", "samr", SERVICE_RPC, RPC_ROLE_PLAIN},
      {"12345678-1234-abcd-ef00-01234567cffb", "netlogon", SERVICE_RPC, RPC_ROLE_PLAIN},
      {"e3514235-4b06-11d1-ab04-00c04fc2dcd2", "drsuapi", SERVICE_RPC, RPC_ROLE_PLAIN},
      {"afa8bd80-7d8a-11c9-bef4-08002b102989", "mgmt", SERVICE_RPC, RPC_ROLE_PLAIN},
      {"3919286a-b10c-11d0-9ba8-00c04fd92ef5", "dssetup", SERVICE_RPC, RPC_ROLE_PLAIN},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct uuid u;
    assert_true(uuid_parse(cases[i].uuid, &u));
    const struct rpc_interface *found = rpc_interface_find(&u);
    if (!found) fail_msg("%s is not found", cases[i].name);
    assert_string_equal(found->name, cases[i].name);
    assert_int_equal(found->service, cases[i].service);
    assert_int_equal(found->role, cases[i].role);
  }
  struct uuid none = {{0}};
  assert_null(rpc_interface_find(&none));
}

static void uuids_go_both_ways(void **state) {
  (void)state;
  struct uuid u;
  char text[UUID_TEXT_SIZE];
  assert_true(uuid_parse("8bc3f05e-d86b-11d0-a075-00c04fb68820", &u));
  assert_int_equal(u.octet[0], 0x8b);
  assert_string_equal(uuid_print(text, &u), "8bc3f05e-d86b-11d0-a075-00c04fb68820");
  static const char *const bad[] = {"",
                                    "8bc3f05e",
                                    "8bc3f05e-d86b-11d0-a075-00c04fb6882",
                                    "8bc3f05e-d86b-11d0-a075-00c04fb688200",
                                    "8BC3F05E-D86B-11D0-A075-00C04FB68820",
                                    "8bc3f05e-d86b-11d0-a075-00c04fb6882g"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(uuid_parse(bad[i], &u));
  for (size_t i = 0; i < rpc_class_count(); i++) assert_true(uuid_parse(rpc_class_at(i)->uuid, &u));
}

static void texts_are_kept_once(void **state) {
  (void)state;
  struct text_pool p = {0};
  char text[16];
  assert_int_equal(text_pool_add(&p, ""), 0);
  assert_null(text_pool_at(&p, 0));
  for (uint32_t round = 0; round < 2; round++)
    for (uint32_t i = 0; i < 2000; i++) {
      snprintf(text, sizeof text, "text %u", i);
      assert_int_equal(text_pool_add(&p, text), i + 1);
    }
  assert_string_equal(text_pool_at(&p, 1234), "text 1233");
  assert_null(text_pool_at(&p, 2001));
  text_pool_fini(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(interfaces_are_found),
      cmocka_unit_test(uuids_go_both_ways),
      cmocka_unit_test(texts_are_kept_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
