/* The design's catalogue as data: one row for each rule, and for each service of a rule that is a whole group. The rows
 * are written down here, not read from the policy: a rule that goes missing or leads elsewhere fails. */
#ifndef WW_TESTS_CATALOGUE_ROWS_H
#define WW_TESTS_CATALOGUE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "classifier/app.h"

enum { TCP = 6, UDP = 17, ECHO = 1 };

/* How the port of a row came to be known, and what is bound there, as captures of Windows hosts show it. */
struct announced {
  uint16_t port;
  enum learned_by by;
  enum service announced, bound; /* as what; and what the binding shows to run there */
  const char *interface;         /* UUID in the announcement; NULL = a DCOM answer names none */
};

struct row {
  const char *rule, *feature, *from, *to;
  uint8_t proto;
  uint16_t port;         /* as shipped */
  const char *parameter; /* that names the port; NULL = fixed */
  const char *ref;
  const struct announced *announced;
  const char *part;     /* the service of the rule's group; NULL = the rule is about one service */
  const char *filed;    /* a rule of the same feature that needs this service: findings stand under it */
  bool any_protocol;    /* nothing is known of its payload: any will do */
  bool one_way, silent; /* sent is enough; silence proves nothing */
  bool back;            /* both directions are open */
  bool optional;        /* the rule does not depend on this part */
};

/* The endpoint mapper's answer for svcctl. */
static const struct announced service_control = {2222, LEARNED_BY_EPM, SERVICE_RPC, SERVICE_RPC,
                                                 "367abb81-9844-35f1-ad32-98f038001003"};
static const struct announced spooler = {2223, LEARNED_BY_EPM, SERVICE_RPC, SERVICE_RPC,
                                         "12345678-1234-abcd-ef00-0123456789ab"};
/* RemoteCreateInstance's answer names the port; IWbemLevel1Login and IWbemServices are bound there. */
static const struct announced wmi = {2224, LEARNED_BY_OXID, SERVICE_WMI, SERVICE_WMI, NULL};
/* The client resolves the OXID of the caller's sink, so the caller's own DCOM answers; IWbemObjectSink is bound. */
static const struct announced wmi_sink = {2225, LEARNED_BY_OXID, SERVICE_DCOM, SERVICE_WMI, NULL};
static const struct announced assistance = {2226, LEARNED_BY_OXID, SERVICE_DCOM, SERVICE_DCOM, NULL};

#define ALL "ports-that-are-used-for-all-installation-methods"
#define PUSH "ports-that-are-used-with-client-push-installation"
#define WSUS "ports-that-are-used-with-software-update-point-based-installation"
#define GPO "ports-that-are-used-with-group-policy-based-installation"
#define MANUAL "ports-that-are-used-with-manual-installation-and-logon-script-based-installation"
#define DISTRIBUTION "ports-that-are-used-with-software-distribution-based-installation"
#define ASSISTANCE "remote-assistance-and-remote-desktop"

#define ROW(rule_, feature_, from_, to_, proto_, port_, parameter_, ref_, ...)                    \
  {                                                                                               \
    .rule = rule_, .feature = feature_, .from = from_, .to = to_, .proto = proto_, .port = port_, \
    .parameter = parameter_, .ref = ref_, __VA_ARGS__                                             \
  }

/* The group File and Printer Sharing, service by service. epmap_, echo_ and rpc_ name the rules of the same feature
 * that need these services by themselves. */
#define FILE_SHARING(rule_, feature_, from_, ref_, back_, epmap_, echo_, rpc_)                                         \
  ROW(rule_, feature_, from_, "client", TCP, 445, NULL, ref_, .part = "smb", .back = back_),                           \
      ROW(rule_, feature_, from_, "client", TCP, 139, NULL, ref_, .part = "netbios-ssn", .optional = true,             \
          .back = back_),                                                                                              \
      ROW(rule_, feature_, from_, "client", UDP, 137, NULL, ref_, .part = "netbios-ns", .optional = true,              \
          .back = back_, .silent = true),                                                                              \
      ROW(rule_, feature_, from_, "client", UDP, 138, NULL, ref_, .part = "netbios-dgm", .optional = true,             \
          .back = back_, .one_way = true),                                                                             \
      ROW(rule_, feature_, from_, "client", UDP, 5355, NULL, ref_, .part = "llmnr", .optional = true, .back = back_,   \
          .silent = true),                                                                                             \
      ROW(rule_, feature_, from_, "client", TCP, 135, NULL, ref_, .part = "epmap", .optional = true, .back = back_,    \
          .filed = epmap_),                                                                                            \
      ROW(rule_, feature_, from_, "client", ECHO, 0, NULL, ref_, .part = "icmp-echo", .optional = true, .back = back_, \
          .filed = echo_),                                                                                             \
      ROW(rule_, feature_, from_, "client", TCP, 0, NULL, ref_, .part = "spooler", .optional = true, .back = back_,    \
          .announced = &spooler, .filed = rpc_)

static const struct row rows[] = {
    ROW("fallback-status-http", "all-methods", "client", "fallback_status_point", TCP, 80, "http_port", ALL),
    ROW("push-echo", "client-push", "site_server", "client", ECHO, 0, NULL, PUSH),
    ROW("push-smb", "client-push", "site_server", "client", TCP, 445, NULL, PUSH, .back = true),
    ROW("push-epmap", "client-push", "site_server", "client", TCP, 135, NULL, PUSH, .back = true),
    ROW("push-epmap-udp", "client-push", "site_server", "client", UDP, 135, NULL, PUSH, .any_protocol = true,
        .silent = true, .back = true),
    ROW("push-rpc-dynamic", "client-push", "site_server", "client", TCP, 49152, "rpc_dynamic_ports", PUSH,
        .back = true),
    ROW("push-rpc-dynamic", "client-push", "site_server", "client", TCP, 0, NULL, PUSH, .announced = &service_control,
        .back = true),
    ROW("push-http", "client-push", "client", "management_point", TCP, 80, "http_port", PUSH),
    ROW("push-https", "client-push", "client", "management_point", TCP, 443, "https_port", PUSH),
    FILE_SHARING("push-file-sharing", "client-push", "site_server", "client-push-installation", true, "push-epmap",
                 "push-echo", "push-rpc-dynamic"),
    ROW("push-wmi", "client-push", "site_server", "client", TCP, 135, NULL, "client-push-installation",
        .part = "epmap"),
    ROW("push-wmi", "client-push", "site_server", "client", TCP, 0, NULL, "client-push-installation", .part = "wmi",
        .announced = &wmi),
    ROW("push-wmi-callback", "client-push", "client", "site_server", TCP, 0, NULL, "client-push-installation",
        .announced = &wmi_sink),
    ROW("client-requests-http", "client-requests", "client", "management_point", TCP, 80, "http_port",
        "client-requests"),
    ROW("client-requests-https", "client-requests", "client", "management_point", TCP, 443, "https_port",
        "client-requests"),
    ROW("client-notification", "client-notification", "client", "management_point", TCP, 10123, "notification_port",
        "client-notification", .any_protocol = true),
    ROW("client-notification-http", "client-notification", "client", "management_point", TCP, 80, "http_port",
        "client-notification"),
    ROW("client-notification-https", "client-notification", "client", "management_point", TCP, 443, "https_port",
        "client-notification"),
    ROW("remote-control", "remote-control", "console", "client", TCP, 2701, "remote_control_port", "remote-control",
        .any_protocol = true),
    ROW("remote-assistance-epmap", "remote-assistance", "console", "client", TCP, 135, NULL, ASSISTANCE),
    ROW("remote-assistance", "remote-assistance", "console", "client", TCP, 135, NULL, ASSISTANCE, .part = "epmap"),
    ROW("remote-assistance", "remote-assistance", "console", "client", TCP, 0, NULL, ASSISTANCE,
        .part = "remote-assistance", .announced = &assistance, .any_protocol = true, .optional = true),
    ROW("remote-assistance", "remote-assistance", "console", "client", UDP, 3540, NULL, ASSISTANCE, .part = "pnrp",
        .any_protocol = true, .optional = true, .silent = true),
    ROW("remote-assistance", "remote-assistance", "console", "client", UDP, 1900, NULL, ASSISTANCE, .part = "ssdp",
        .optional = true, .silent = true),
    ROW("remote-assistance", "remote-assistance", "console", "client", TCP, 2869, NULL, ASSISTANCE, .part = "upnp",
        .optional = true),
    ROW("remote-desktop", "remote-assistance", "console", "client", TCP, 3389, NULL, ASSISTANCE, .part = "rdp"),
    ROW("remote-desktop", "remote-assistance", "console", "client", UDP, 3389, NULL, ASSISTANCE, .part = "rdp-udp",
        .any_protocol = true, .optional = true, .silent = true),
    ROW("wake-up-proxy", "wake-up-proxy", "client", "client", UDP, 25536, "wakeup_proxy_port", "wake-up-proxy",
        .any_protocol = true, .silent = true),
    ROW("wake-on-lan", "wake-up-proxy", "client", "client", UDP, 9, "wake_on_lan_port", "wake-up-proxy",
        .any_protocol = true, .one_way = true),
    ROW("wake-up-echo", "wake-up-proxy", "client", "client", ECHO, 0, NULL, "wake-up-proxy"),
    FILE_SHARING("diagnostics-file-sharing", "diagnostics", "console",
                 "windows-event-viewer-windows-performance-monitor-and-windows-diagnostics", false, NULL, NULL, NULL),
    FILE_SHARING("group-policy-file-sharing", "group-policy", "site_server",
                 "client-installation-by-using-group-policy", true, NULL, NULL, NULL),
    ROW("group-policy-http", "group-policy", "client", "management_point", TCP, 80, "http_port", GPO),
    ROW("group-policy-https", "group-policy", "client", "management_point", TCP, 443, "https_port", GPO),
    ROW("group-policy-source-smb", "group-policy", "client", "source_server", TCP, 445, NULL, GPO, .back = true),
    ROW("update-point-http", "software-update-point", "client", "software_update_point", TCP, 8530, "wsus_http_port",
        WSUS),
    ROW("update-point-http", "software-update-point", "client", "software_update_point", TCP, 80,
        "wsus_alternate_http_port", WSUS),
    ROW("update-point-https", "software-update-point", "client", "software_update_point", TCP, 8531, "wsus_https_port",
        WSUS),
    ROW("update-point-https", "software-update-point", "client", "software_update_point", TCP, 443,
        "wsus_alternate_https_port", WSUS),
    ROW("update-point-source-smb", "software-update-point", "client", "source_server", TCP, 445, NULL, WSUS,
        .back = true),
    ROW("manual-share-smb", "manual", "client", "network_share", TCP, 445, NULL, MANUAL, .back = true),
    ROW("manual-http", "manual", "client", "management_point", TCP, 80, "http_port", MANUAL),
    ROW("manual-https", "manual", "client", "management_point", TCP, 443, "https_port", MANUAL),
    ROW("manual-source-smb", "manual", "client", "source_server", TCP, 445, NULL, MANUAL, .back = true),
    ROW("distribution-smb", "software-distribution", "client", "distribution_point", TCP, 445, NULL, DISTRIBUTION,
        .back = true),
    ROW("distribution-http", "software-distribution", "client", "distribution_point", TCP, 80, "http_port",
        DISTRIBUTION),
    ROW("distribution-https", "software-distribution", "client", "distribution_point", TCP, 443, "https_port",
        DISTRIBUTION),
};
enum { ROWS = sizeof rows / sizeof *rows };

#endif
