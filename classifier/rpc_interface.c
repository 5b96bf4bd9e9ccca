/* Interfaces by UUID. The UUIDs are Microsoft's published ones: the MS-* document that defines each stands in the last
 * column of doc/services.md. Rows are sorted by UUID, so that a look-up halves the table. */
#include "classifier/rpc_interface.h"

#include <string.h>

static const struct rpc_interface interfaces[] = {
    {"00000001-0000-0000-c000-000000000046", "IClassFactory", SERVICE_DCOM, RPC_ROLE_PLAIN},
    {"00000131-0000-0000-c000-000000000046", "IRemUnknown", SERVICE_DCOM, RPC_ROLE_PLAIN},
    {"00000132-0000-0000-c000-000000000046", "ILocalSystemActivator", SERVICE_DCOM, RPC_ROLE_PLAIN},
    {"00000136-0000-0000-c000-000000000046", "ISCMLocalActivator", SERVICE_DCOM, RPC_ROLE_PLAIN},
    {"00000143-0000-0000-c000-000000000046", "IRemUnknown2", SERVICE_DCOM, RPC_ROLE_PLAIN},
    {"000001a0-0000-0000-c000-000000000046", "IRemoteSCMActivator", SERVICE_DCOM, RPC_ROLE_ACTIVATOR},
    {"00020400-0000-0000-c000-000000000046", "IDispatch", SERVICE_DCOM, RPC_ROLE_PLAIN},
    {"00020401-0000-0000-c000-000000000046", "ITypeInfo", SERVICE_DCOM, RPC_ROLE_PLAIN},
    {"027947e1-d731-11ce-a357-000000000001", "IEnumWbemClassObject", SERVICE_WMI, RPC_ROLE_PLAIN},
    {"03837510-098b-11d8-9414-505054503030", "PLA", SERVICE_DCOM, RPC_ROLE_PLAIN},
    {"0b0a6584-9e0f-11cf-a3cf-00805f68cb1b", "localepmp", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"0d72a7d4-6148-11d1-b4aa-00c04fb66ea0", "ICertPassage", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"12345678-1234-abcd-ef00-0123456789ab", "spoolss", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"12345678-1234-abcd-ef00-01234567cffb", "netlogon", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"12345778-1234-abcd-ef00-0123456789ab", "lsarpc", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"12345778-1234-abcd-ef00-0123456789ac", "samr", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"1c1c45ee-4395-11d2-b60b-00104b703efd", "IWbemFetchSmartEnum", SERVICE_WMI, RPC_ROLE_PLAIN},
    {"1ff70682-0a51-30e8-076d-740be8cee98b", "atsvc", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"2c9273e0-1dc3-11d3-b364-00105a1f8177", "IWbemRefreshingServices", SERVICE_WMI, RPC_ROLE_PLAIN},
    {"2f5f6520-ca46-1067-b319-00dd010662da", "tapsrv", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"31a83ea0-c0e4-4a2c-8a01-353cc2a4c60a", "IUnsecuredApartment", SERVICE_WMI, RPC_ROLE_PLAIN},
    {"338cd001-2244-31f1-aaaa-900038001003", "winreg", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"342cfd40-3c6c-11ce-a893-08002b2e9c6d", "llsrpc", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"345857e7-9e0f-11ce-a3cf-00805f68cb1b", "localtowerepmp", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"367abb81-9844-35f1-ad32-98f038001003", "svcctl", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"378e52b0-c0a9-11cf-822d-00aa0051e40f", "sasec", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"3919286a-b10c-11d0-9ba8-00c04fd92ef5", "dssetup", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"423ec01e-2e35-11d2-b604-00104b703efd", "IWbemWCOSmartEnum", SERVICE_WMI, RPC_ROLE_PLAIN},
    {"44aca674-e8fc-11d0-a07c-00c04fb68820", "IWbemContext", SERVICE_WMI, RPC_ROLE_PLAIN},
    {"44aca675-e8fc-11d0-a07c-00c04fb68820", "IWbemCallResult", SERVICE_WMI, RPC_ROLE_PLAIN},
    {"45f52c28-7f9f-101a-b52b-08002b2efabe", "winspipe", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"4b324fc8-1670-01d3-1278-5a47bf6ee188", "srvsvc", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"4d9f4ab8-7d1c-11cf-861e-0020af6e7c57", "IActivation", SERVICE_DCOM, RPC_ROLE_ACTIVATION},
    {"4fc742e0-4a10-11cf-8273-00aa004ae673", "netdfs", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"50abc2a4-574d-40b3-9d66-ee4fd5fba076", "DnsServer", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"5422fd3a-d4b8-4cef-a12e-e87d4ca22e90", "ICertRequestD2", SERVICE_DCOM, RPC_ROLE_PLAIN},
    {"6b5bdd1e-528c-422c-af8c-a4079be4fe48", "RemoteFW", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"6bffd098-a112-3610-9833-012892020162", "browser", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"6bffd098-a112-3610-9833-46c3f87e345a", "wkssvc", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"76f03f96-cdfd-44fc-a22c-64950a001209", "IRemoteWinspool", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"76f226c3-ec14-4325-8a99-6a46348418af", "winlogon", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"7c857801-7381-11cf-884d-00aa004b2e24", "IWbemObjectSink", SERVICE_WMI, RPC_ROLE_PLAIN},
    {"811109bf-a4e1-11d1-ab54-00a0c91e9b45", "WinsIf", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"82273fdc-e32a-18c3-3f78-827929dc23ea", "eventlog", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"82ad4280-036b-11cf-972c-00aa006887b0", "inetinfo", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"86d35949-83c9-4044-b424-db363231fd0c", "ITaskSchedulerService", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"894de0c0-0d55-11d3-a322-00c04fa321a1", "InitShutdown", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"897e2e5f-93f3-4376-9c9c-fd2277495c27", "FrsTransport", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"8d9f4e40-a03d-11ce-8f69-08003e30051b", "pnp", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"91ae6020-9e3c-11cf-8d7c-00aa00c091be", "ICertPassage2", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"9556dc99-828c-11cf-a37e-00aa003240c7", "IWbemServices", SERVICE_WMI, RPC_ROLE_PLAIN},
    {"99fcfec4-5260-101b-bbcb-00aa0021347a", "IObjectExporter", SERVICE_DCOM, RPC_ROLE_RESOLVER},
    {"9f6c78ef-fce5-42fa-abea-3e7df91921dc", "IWbemLoginClientIDEx", SERVICE_WMI, RPC_ROLE_PLAIN},
    {"a359dec5-e813-4834-8a2a-ba7f1d777d76", "IWbemBackupRestoreEx", SERVICE_WMI, RPC_ROLE_PLAIN},
    {"afa8bd80-7d8a-11c9-bef4-08002b102989", "mgmt", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"b196b283-bab4-101a-b69c-00aa00341d07", "IProvideClassInfo", SERVICE_DCOM, RPC_ROLE_PLAIN},
    {"c386ca3e-9061-4a72-821e-498d83be188f", "AudioRpc", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"c49e32c7-bc8b-11d2-85d4-00105a1f8304", "IWbemBackupRestore", SERVICE_WMI, RPC_ROLE_PLAIN},
    {"c681d488-d850-11d0-8c52-00c04fd90f7e", "efsrpc", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"d4781cd6-e5d3-44df-ad94-930efe48a887", "IWbemLoginClientID", SERVICE_WMI, RPC_ROLE_PLAIN},
    {"d99e6e70-fc88-11d0-b498-00a0c90312f3", "ICertRequestD", SERVICE_DCOM, RPC_ROLE_PLAIN},
    {"da5a86c5-12c2-4943-ab30-7f74a813d853", "PerflibV2", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"df1941c5-fe89-4e79-bf10-463657acf44d", "efsrpc", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"e1af8308-5d1f-11c9-91a4-08002b14a0fa", "epmapper", SERVICE_EPMAP, RPC_ROLE_MAPPER},
    {"e3514235-4b06-11d1-ab04-00c04fc2dcd2", "drsuapi", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"f309ad18-d86a-11d0-a075-00c04fb68820", "IWbemLevel1Login", SERVICE_WMI, RPC_ROLE_PLAIN},
    {"f5cc59b4-4264-101a-8c59-08002b2f8426", "frsrpc", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"f5cc5a18-4264-101a-8c59-08002b2f8426", "nspi", SERVICE_RPC, RPC_ROLE_PLAIN},
    {"f6beaff7-1e19-4fbb-9f8f-b89e2018337c", "EVEN6", SERVICE_RPC, RPC_ROLE_PLAIN},
};

static const struct rpc_class classes[] = {
    {"8bc3f05e-d86b-11d0-a075-00c04fb68820", "Windows Management", SERVICE_WMI},
    {"f309ad18-d86a-11d0-a075-00c04fb68820", "Windows Management", SERVICE_WMI}, /* IWbemLevel1Login: in answers too */
    {"49b2791a-b1ae-4c90-9b8e-e860ba07f889", "MMC application", SERVICE_DCOM},
    {"9ba05972-f6a8-11cf-a442-00a0c90a8f39", "Shell windows", SERVICE_DCOM},
    {"c08afd90-f2a1-11d1-8455-00a0c91f3880", "Shell browser window", SERVICE_DCOM},
    {"00024500-0000-0000-c000-000000000046", "Excel application", SERVICE_DCOM},
    {"03837521-098b-11d8-9414-505054503030", "Performance Logs and Alerts", SERVICE_DCOM},
};

static int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool uuid_parse(const char *text, struct uuid *uuid_out) {
  struct uuid u;
  for (int i = 0; i < 16; i++) {
    if (*text == '-' && (i == 4 || i == 6 || i == 8 || i == 10)) text++;
    int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);
    if (low < 0) return false;
    u.octet[i] = (uint8_t)(high << 4 | low);
    text += 2;
  }
  if (*text) return false;
  *uuid_out = u;
  return true;
}

char *uuid_print(char to[UUID_TEXT_SIZE], const struct uuid *u) {
  static const char digits[] = "0123456789abcdef";
  char *at = to;
  for (int i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
    *at++ = digits[u->octet[i] >> 4];
    *at++ = digits[u->octet[i] & 15];
  }
  *at = 0;
  return to;
}

const struct rpc_interface *rpc_interface_find(const struct uuid *u) {
  char text[UUID_TEXT_SIZE];
  uuid_print(text, u);
  size_t low = 0, high = sizeof interfaces / sizeof *interfaces;
  while (low < high) {
    size_t middle = (low + high) / 2;
    int order = strcmp(interfaces[middle].uuid, text);
    if (order == 0) return &interfaces[middle];
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

size_t rpc_interface_count(void) { return sizeof interfaces / sizeof *interfaces; }
const struct rpc_interface *rpc_interface_at(size_t index) {
  return index < rpc_interface_count() ? &interfaces[index] : NULL;
}

size_t rpc_interface_number(const struct uuid *u) {
  const struct rpc_interface *row = rpc_interface_find(u);
  return row ? (size_t)(row - interfaces) + 1 : 0;
}

size_t rpc_class_count(void) { return sizeof classes / sizeof *classes; }
const struct rpc_class *rpc_class_at(size_t index) { return index < rpc_class_count() ? &classes[index] : NULL; }
