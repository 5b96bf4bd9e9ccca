/* nDPI wants an IP packet. What it gets is made here from the decoded packet: a plain IP and transport header in front
 * of (at most SHOWN_MAX bytes of) the payload, so that tunnels, reassembled datagrams and odd link types look all the
 * same to it. It is told that the handshake was seen, because otherwise it gives up at once on connections older than
 * the capture. Only protocols that an audit names are enabled: that halves its cost and leaves no room for fancy
 * matches. Everything that depends on nDPI's version is in this file. */
#include "classifier/dpi.h"

#include <ndpi/ndpi_api.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

enum { SHOWN_MAX = 4096, HEADERS_MAX = 60, FLOWS_MAX = 4096, FLOWS_BUSY = 1024, NAMES_MAX = 255, NAME_SIZE = 48 };
enum {
  BARREN_AFTER = 256, /* flows in a row on a port, none of them known: it is spared most of the next */
  BARREN_SOON = 16,   /* the same while hardly any flow of any port is known */
  BARREN_EVERY = 16,
  BARREN_ALL = 4096, /* hardly any: this many more of nothing known than BARREN_KNOWN times those known */
  BARREN_KNOWN = 4,
  BARREN_PORTS = 10240,
  BARREN_SHARED = (UINT16_MAX + 1) / 256,
};

struct dpi_flow {
  struct ndpi_flow_struct ndpi;
  struct dpi_flow *next; /* in the pool */
};

struct dpi {
  struct ndpi_detection_module_struct *module;
  struct dpi_flow *free;
  size_t in_use;
  unsigned n_names;
  struct {
    uint16_t master, app;
    char text[NAME_SIZE];
  } name[NAMES_MAX];
  uint8_t shown[HEADERS_MAX + SHOWN_MAX];
  uint16_t barren[2][BARREN_PORTS + BARREN_SHARED]; /* [UDP][barren_of]: flows in a row of nothing it knows */
  uint32_t barren_all;                              /* flows shown, less BARREN_KNOWN for each that was known */
  uint64_t failed;                                  /* flows that memory had no room for */
};

/* What is enabled, and our word for it. nDPI's names for content carried by them (Microsoft, WindowsUpdate...) come by
 * themselves and change nothing about the protocol. */
static const struct {
  uint16_t ndpi;
  uint8_t service;
} protocols[] = {
    {NDPI_PROTOCOL_HTTP, SERVICE_HTTP},
    {NDPI_PROTOCOL_HTTP_CONNECT, SERVICE_HTTP},
    {NDPI_PROTOCOL_HTTP_PROXY, SERVICE_HTTP},
    {NDPI_PROTOCOL_TLS, SERVICE_TLS},
    {NDPI_PROTOCOL_DNS, SERVICE_DNS},
    {NDPI_PROTOCOL_MDNS, SERVICE_MDNS},
    {NDPI_PROTOCOL_LLMNR, SERVICE_LLMNR},
    {NDPI_PROTOCOL_NETBIOS, SERVICE_UNKNOWN}, /* which of the three the port says */
    {NDPI_PROTOCOL_SMBV1, SERVICE_SMB},
    {NDPI_PROTOCOL_SMBV23, SERVICE_SMB},
    {NDPI_PROTOCOL_DCERPC, SERVICE_RPC},
    {NDPI_PROTOCOL_RDP, SERVICE_RDP},
    {NDPI_PROTOCOL_KERBEROS, SERVICE_KERBEROS},
    {NDPI_PROTOCOL_LDAP, SERVICE_LDAP},
    {NDPI_PROTOCOL_DHCP, SERVICE_DHCP},
    {NDPI_PROTOCOL_DHCPV6, SERVICE_DHCP},
    {NDPI_PROTOCOL_NTP, SERVICE_NTP},
    {NDPI_PROTOCOL_SSDP, SERVICE_SSDP},
    {NDPI_PROTOCOL_WSD, SERVICE_WSD},
    {NDPI_PROTOCOL_MSSQL_TDS, SERVICE_MSSQL},
    {NDPI_PROTOCOL_MYSQL, SERVICE_MYSQL},
    {NDPI_PROTOCOL_POSTGRES, SERVICE_POSTGRESQL},
    {NDPI_PROTOCOL_ORACLE, SERVICE_ORACLE},
    {NDPI_PROTOCOL_REDIS, SERVICE_REDIS},
    {NDPI_PROTOCOL_MONGODB, SERVICE_MONGODB},
    {NDPI_PROTOCOL_SSH, SERVICE_SSH},
    {NDPI_PROTOCOL_TELNET, SERVICE_TELNET},
    {NDPI_PROTOCOL_VNC, SERVICE_VNC},
    {NDPI_PROTOCOL_FTP_CONTROL, SERVICE_FTP},
    {NDPI_PROTOCOL_TFTP, SERVICE_TFTP},
    {NDPI_PROTOCOL_MAIL_SMTP, SERVICE_SMTP},
    {NDPI_PROTOCOL_MAIL_IMAP, SERVICE_IMAP},
    {NDPI_PROTOCOL_MAIL_POP, SERVICE_POP3},
    {NDPI_PROTOCOL_SNMP, SERVICE_SNMP},
    {NDPI_PROTOCOL_SYSLOG, SERVICE_SYSLOG},
    {NDPI_PROTOCOL_BITTORRENT, SERVICE_BITTORRENT},
    {NDPI_PROTOCOL_QUIC, SERVICE_QUIC},
    {NDPI_PROTOCOL_STUN, SERVICE_STUN},
    {NDPI_PROTOCOL_SIP, SERVICE_SIP},
    {NDPI_PROTOCOL_RADIUS, SERVICE_RADIUS},
    {NDPI_PROTOCOL_NFS, SERVICE_NFS},
    {NDPI_PROTOCOL_IRC, SERVICE_IRC},
    {NDPI_PROTOCOL_RTSP, SERVICE_RTSP},
    {NDPI_PROTOCOL_IP_IPSEC, SERVICE_IKE},
    {NDPI_PROTOCOL_WIREGUARD, SERVICE_WIREGUARD},
    {NDPI_PROTOCOL_OPENVPN, SERVICE_OPENVPN},
    {NDPI_PROTOCOL_TEREDO, SERVICE_UNKNOWN},
    {NDPI_PROTOCOL_BGP, SERVICE_UNKNOWN},
};

struct dpi *dpi_new(void) {
  struct dpi *d = array_new(1, sizeof *d);
  if (!d) return NULL;
  d->module = ndpi_init_detection_module(ndpi_dont_load_tor_hosts | ndpi_dont_init_libgcrypt);
  if (!d->module) {
    free(d);
    return NULL;
  }
  NDPI_PROTOCOL_BITMASK enabled;
  NDPI_BITMASK_RESET(enabled);
  for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) NDPI_BITMASK_ADD(enabled, protocols[i].ndpi);
  ndpi_set_protocol_detection_bitmask2(d->module, &enabled);
  ndpi_finalize_initialization(d->module);
  return d;
}

void dpi_rest(struct dpi *d) {
  if (!d || !d->module) return;
  while (d->free) {
    struct dpi_flow *f = d->free;
    d->free = f->next;
    free(f);
  }
  ndpi_exit_detection_module(d->module);
  d->module = NULL;
}

void dpi_free(struct dpi *d) {
  dpi_rest(d);
  free(d);
}

static uint8_t *put16(uint8_t *at, uint16_t v) {
  at[0] = (uint8_t)(v >> 8);
  at[1] = (uint8_t)v;
  return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t v) { return put16(put16(at, (uint16_t)(v >> 16)), (uint16_t)v); }

static uint8_t *put_ip(uint8_t *at, const struct packet *p, size_t inner) {
  size_t address = p->family == 6 ? 16 : 4;
  if (p->family == 6) {
    at = put32(at, 0x60000000);
    at = put16(at, (uint16_t)inner);
    *at++ = p->proto;
    *at++ = 64;
  } else {
    at = put16(at, 0x4500);
    at = put16(at, (uint16_t)(20 + inner));
    at = put32(at, 0);
    *at++ = 64;
    *at++ = p->proto;
    at = put16(at, 0);
  }
  memcpy(at, p->src, address);
  memcpy(at + address, p->dst, address);
  return at + 2 * address;
}

/* Writes the packet nDPI is shown to d->shown; returns its length. */
static uint16_t compose(struct dpi *d, const struct packet *p) {
  size_t len = bytes_left(&p->payload), head = p->proto == PROTO_TCP ? 20 : 8;
  if (len > SHOWN_MAX) len = SHOWN_MAX;
  uint8_t *at = put_ip(d->shown, p, head + len);
  at = put16(put16(at, p->src_port), p->dst_port);
  if (p->proto == PROTO_TCP) {
    at = put32(put32(at, p->seq), p->ack);
    *at++ = 0x50;
    *at++ = p->tcp_flags;
    at = put32(put16(at, p->window), 0);
  } else {
    at = put32(at, (uint32_t)(head + len) << 16);
  }
  memcpy(at, p->payload.at, len);
  return (uint16_t)(at + len - d->shown);
}

static struct dpi_flow *flow_get(struct dpi *d, const struct packet *p) {
  if (d->in_use >= FLOWS_MAX) return NULL;
  struct dpi_flow *f = d->free;
  if (f)
    d->free = f->next;
  else if (!(f = malloc(sizeof *f))) {
    d->failed++;
    return NULL;
  }
  memset(f, 0, sizeof *f);
  /* Where it knows hardly any flow, its guesses by port and address only cost: they are never answers of ours. */
  if (d->barren_all >= BARREN_ALL) f->ndpi.protocol_id_already_guessed = 1;
  if (p->proto == PROTO_TCP) f->ndpi.l4.tcp.seen_syn = f->ndpi.l4.tcp.seen_syn_ack = f->ndpi.l4.tcp.seen_ack = 1;
  d->in_use++;
  return f;
}

/* By the lower port, which is the service's. High ports, where nobody's service has its home, are counted 256
 * together. */
static uint16_t *barren_of(struct dpi *d, const struct packet *p) {
  const unsigned port = p->src_port < p->dst_port ? p->src_port : p->dst_port;
  return &d->barren[p->proto == PROTO_UDP][port < BARREN_PORTS ? port : BARREN_PORTS + port / 256];
}

bool dpi_is_worth(struct dpi *d, const struct packet *p) {
  uint16_t *barren = barren_of(d, p);
  if (++*barren == 0) *barren = BARREN_AFTER; /* counted once round */
  const unsigned after = d->barren_all < BARREN_ALL ? BARREN_AFTER : BARREN_SOON;
  const bool worth = *barren <= after || *barren % BARREN_EVERY == 0;
  if (worth && d->barren_all < 2 * BARREN_ALL) d->barren_all++;
  return worth;
}

bool dpi_is_busy(const struct dpi *d) { return d->in_use > FLOWS_BUSY; }

void dpi_release(struct dpi *d, struct dpi_flow **flow) {
  struct dpi_flow *f = *flow;
  if (!f) return;
  ndpi_free_flow_data(&f->ndpi);
  f->next = d->free;
  d->free = f;
  d->in_use--;
  *flow = NULL;
}

/* The number under which this pair's name is kept; 0 when there is no room. */
static uint8_t name_number(struct dpi *d, uint16_t master, uint16_t app) {
  for (unsigned i = 0; i < d->n_names; i++)
    if (d->name[i].master == master && d->name[i].app == app) return (uint8_t)(i + 1);
  if (d->n_names == NAMES_MAX) return 0;
  unsigned i = d->n_names++;
  ndpi_protocol both = {.master_protocol = master, .app_protocol = app};
  d->name[i].master = master;
  d->name[i].app = app;
  ndpi_protocol2name(d->module, both, d->name[i].text, NAME_SIZE);
  return (uint8_t)(i + 1);
}

static enum service service_of(uint16_t ndpi) {
  for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
    if (protocols[i].ndpi == ndpi) return (enum service)protocols[i].service;
  return SERVICE_UNKNOWN;
}

bool dpi_packet(struct dpi *d, struct dpi_flow **flow, const struct packet *p, struct dpi_answer *answer_out) {
  if (!*flow && !(*flow = flow_get(d, p))) return false;
  uint16_t len = compose(d, p);
  struct dpi_answer a = {0};
  ndpi_protocol r =
      ndpi_detection_process_packet(d->module, &(*flow)->ndpi, d->shown, len, (uint64_t)stamp_ms(p->time));
  if (r.app_protocol != NDPI_PROTOCOL_UNKNOWN && (*flow)->ndpi.confidence == NDPI_CONFIDENCE_DPI) {
    *barren_of(d, p) = 0;
    d->barren_all -= d->barren_all < BARREN_KNOWN ? d->barren_all : BARREN_KNOWN;
    a.name = name_number(d, r.master_protocol, r.app_protocol);
    a.service = service_of(r.master_protocol != NDPI_PROTOCOL_UNKNOWN ? r.master_protocol : r.app_protocol);
  }
  *answer_out = a;
  return true;
}

const char *dpi_name(const struct dpi *d, uint8_t name) {
  return d && name && name <= d->n_names ? d->name[name - 1].text : NULL;
}

uint64_t dpi_failures(const struct dpi *d) { return d ? d->failed : 0; }

size_t dpi_bytes_in_use(const struct dpi *d) { return d ? d->in_use * sizeof(struct dpi_flow) : 0; }

const char *dpi_version(void) { return ndpi_revision(); }
