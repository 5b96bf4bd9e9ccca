/* The expression is cut into words as libpcap's scanner does it. A word is harmless when it is a keyword of the
 * language (pcap-filter(7)), a number or an address, or stands where no host can stand: after "port", "proto", "type"
 * and the like, which hold until another qualifier comes ("port http or https"). */
#include "capture/filter_names.h"

#include <ctype.h>
#include <string.h>

/* After these a word names a host, net or station again. */
static const char *const host_words[] = {
    "host", "net",   "src",   "dst",   "gateway", "mask",     "ether",    "link",     "fddi",     "tr",  "wlan", "ra",
    "ta",   "addr1", "addr2", "addr3", "addr4",   "address1", "address2", "address3", "address4", "ppp", "slip",
};
/* After these a word is something with a fixed set of names. */
static const char *const other_words[] = {
    "port",   "portrange", "proto",  "protochain", "type",    "subtype", "dir", "direction",
    "ifname", "on",        "reason", "rset",       "ruleset", "action",  "llc",
};
/* The other keywords and the named offsets and values. */
static const char *const plain_words[] = {
    "and",
    "or",
    "not",
    "arp",
    "rarp",
    "ip",
    "ip6",
    "sctp",
    "tcp",
    "udp",
    "icmp",
    "icmp6",
    "igmp",
    "igrp",
    "pim",
    "vrrp",
    "carp",
    "radio",
    "ah",
    "esp",
    "atalk",
    "aarp",
    "decnet",
    "lat",
    "sca",
    "moprc",
    "mopdl",
    "iso",
    "esis",
    "es-is",
    "isis",
    "is-is",
    "clnp",
    "l1",
    "l2",
    "iih",
    "lsp",
    "snp",
    "csnp",
    "psnp",
    "stp",
    "ipx",
    "netbeui",
    "less",
    "greater",
    "byte",
    "broadcast",
    "multicast",
    "len",
    "length",
    "inbound",
    "outbound",
    "ifindex",
    "vlan",
    "mpls",
    "pppoed",
    "pppoes",
    "geneve",
    "lane",
    "metac",
    "bcc",
    "oam",
    "oamf4",
    "oamf4ec",
    "oamf4sc",
    "sc",
    "ilmic",
    "vpi",
    "vci",
    "connectmsg",
    "metaconnect",
    "rnr",
    "rulenum",
    "srnr",
    "subrulenum",
    "fisu",
    "lssu",
    "lsu",
    "msu",
    "hfisu",
    "hlssu",
    "hmsu",
    "sio",
    "opc",
    "dpc",
    "sls",
    "hsio",
    "hopc",
    "hdpc",
    "hsls",
    "icmptype",
    "icmpcode",
    "icmp6type",
    "icmp6code",
    "tcpflags",
    "tcp-fin",
    "tcp-syn",
    "tcp-rst",
    "tcp-push",
    "tcp-ack",
    "tcp-urg",
    "tcp-ece",
    "tcp-cwr",
    "icmp-echoreply",
    "icmp-unreach",
    "icmp-sourcequench",
    "icmp-redirect",
    "icmp-echo",
    "icmp-routeradvert",
    "icmp-routersolicit",
    "icmp-timxceed",
    "icmp-paramprob",
    "icmp-tstamp",
    "icmp-tstampreply",
    "icmp-ireq",
    "icmp-ireqreply",
    "icmp-maskreq",
    "icmp-maskreply",
};
#define COUNT(table) (sizeof(table) / sizeof *(table))

struct word {
  const char *at;
  size_t len;
};

static bool is_one_of(struct word w, const char *const *table, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (strlen(table[i]) == w.len && memcmp(table[i], w.at, w.len) == 0) return true;
  return false;
}

static bool has_prefix(struct word w, const char *prefix) {
  size_t n = strlen(prefix);
  return w.len >= n && memcmp(w.at, prefix, n) == 0;
}

/* Whether only hexadecimal digits and separators: 0x1f, 02-00-00-00-00-01, 0200.0000.0001; "cafe.de" is none. */
static bool is_number(struct word w) {
  size_t letters = 0, separators = 0;
  if (has_prefix(w, "0x"))
    w.at += 2, w.len -= 2;
  else
    for (size_t i = 0; i < w.len; i++) {
      letters += isalpha((unsigned char)w.at[i]) != 0;
      separators += w.at[i] == '.' || w.at[i] == '-';
    }
  for (size_t i = 0; i < w.len; i++)
    if (!isxdigit((unsigned char)w.at[i]) && w.at[i] != '.' && w.at[i] != '-') return false;
  return letters == 0 || separators == 5 || (separators == 2 && w.len == 14);
}

static bool is_word_char(char c) { return isalnum((unsigned char)c) || (c && strchr("._:-", c)); }

/* The next word at or after *at, past which it moves; what is written "\word" or "$01.." is never a name. */
static bool next_word(const char **at, struct word *word_out) {
  const char *p = *at;
  while (*p && !is_word_char(*p)) {
    bool literal = *p == '\\' || *p == '$';
    p++;
    while (literal && is_word_char(*p)) p++;
  }
  word_out->at = p;
  while (is_word_char(*p)) p++;
  word_out->len = (size_t)(p - word_out->at);
  *at = p;
  return word_out->len > 0;
}

bool filter_names_find(const char *expression, const char **word_out, size_t *len_out) {
  bool host_may_stand = true;
  for (struct word w; next_word(&expression, &w);) {
    if (is_one_of(w, host_words, COUNT(host_words)))
      host_may_stand = true;
    else if (is_one_of(w, other_words, COUNT(other_words)))
      host_may_stand = false;
    else if (host_may_stand && !memchr(w.at, ':', w.len) && !is_number(w) && !has_prefix(w, "icmp6-") &&
             !is_one_of(w, plain_words, COUNT(plain_words))) {
      *word_out = w.at;
      *len_out = w.len;
      return true;
    }
  }
  return false;
}
