/* A table of signatures. Order matters where two could fit: the narrower one stands first. */
#include "classifier/recognise.h"

#include "classifier/dcerpc.h"

static bool is_rpc(const struct packet *p) {
  struct dcerpc unit;
  return dcerpc_parse(p->payload, &unit);
}

static bool is_rpc_datagram(const struct packet *p) {
  struct dcerpc_datagram d;
  return dcerpc_datagram_parse(p->payload, &d);
}

static bool is_smb(const struct packet *p) { return smb_is_message(p->payload); }

static bool is_netbios_session(const struct packet *p) { return smb_is_netbios_session(p->payload); }

static const struct {
  uint8_t proto;
  bool (*fits)(const struct packet *p);
  struct recognised as;
} signatures[] = {
    {PROTO_TCP, is_smb, {.service = SERVICE_SMB, .reader = READER_SMB}},
    {PROTO_TCP, is_netbios_session, {.service = SERVICE_NETBIOS_SSN, .reader = READER_SMB}},
    {PROTO_TCP, is_rpc, {.service = SERVICE_RPC, .reader = READER_RPC}},
    {PROTO_UDP, is_rpc_datagram, {.service = SERVICE_RPC, .datagram = rpc_datagram_read, .needs_notes = true}},
};

_Static_assert(sizeof signatures / sizeof *signatures < 256, "a row's number fits an octet");

bool recognise(const struct packet *p, unsigned *row_out) {
  for (unsigned i = 0; i < sizeof signatures / sizeof *signatures; i++)
    if (signatures[i].proto == p->proto && signatures[i].fits(p)) {
      *row_out = i;
      return true;
    }
  return false;
}

const struct recognised *recognised_at(unsigned row) { return &signatures[row].as; }
