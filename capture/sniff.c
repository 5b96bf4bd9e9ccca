/* Two tables of first bytes. Formats without a mark of their own (ERF, ETL) are told by structure or by the file's
 * name. */
#include "capture/sniff.h"

#include <string.h>
#include <strings.h>

struct mark {
  size_t len;
  const char *bytes;
  const char *text;
};
#define MARK(bytes, text) \
  { sizeof(bytes) - 1, bytes, text }

static const struct mark compressions[] = {
    MARK("\x1f\x8b", "gzip"),
    MARK("\x28\xb5\x2f\xfd", "zstd"),
    MARK("\xfd"
         "7zXZ\0",
         "xz"),
    MARK("\x04\x22\x4d\x18", "lz4"),
    MARK("BZh", "bzip2"),
};

#define RESAVE ": open it in Wireshark and save it as pcapng"
static const struct mark formats[] = {
    MARK("RTSS", "is a Network Monitor 1 capture" RESAVE),
    MARK("GMBU", "is a Network Monitor 2 capture" RESAVE),
    MARK("\xa1\x2b\x3c\x4d", "is a pcap variant (Navtel) that is not read" RESAVE),
    MARK("\x4d\x3c\x2b\xa1", "is a pcap variant (Navtel) that is not read" RESAVE),
    MARK("\xa1\xb2\x34\xcd", "is a pcap variant (0xa1b234cd) that is not read" RESAVE),
    MARK("\xcd\x34\xb2\xa1", "is a pcap variant (0xa1b234cd) that is not read" RESAVE),
    MARK("\x1c\x00\x01\xac", "is a pcap variant (IXIA hardware) that is not read" RESAVE),
    MARK("\xac\x01\x00\x1c", "is a pcap variant (IXIA hardware) that is not read" RESAVE),
    MARK("\x1c\x00\x01\xab", "is a pcap variant (IXIA software) that is not read" RESAVE),
    MARK("\xab\x01\x00\x1c", "is a pcap variant (IXIA software) that is not read" RESAVE),
    MARK("iptrace ", "is an AIX iptrace capture" RESAVE),
    MARK("TRSNIFF data    \x1a", "is a DOS Sniffer capture" RESAVE),
    MARK("XCP\0", "is a NetXRay or Windows Sniffer capture" RESAVE),
    MARK("\x7fver", "is an EtherPeek capture" RESAVE),
    MARK("btsnoop\0", "is a Bluetooth capture: it holds no IP traffic of a network"),
    MARK("PK\x03\x04", "is a zip archive: unpack it and name the captures in it"),
    MARK("7z\xbc\xaf\x27\x1c", "is a 7-Zip archive: unpack it and name the captures in it"),
    MARK("MSCF", "is a Windows cabinet archive: unpack it (expand) and name the captures in it"),
    MARK("Rar!", "is a RAR archive: unpack it and name the captures in it"),
    MARK("\x1f\x9d", "is compressed with compress: unpack it (uncompress) first"),
    MARK("#Version:", "is a Windows Firewall log (pfirewall.log), not a capture"),
    MARK("{", "is text that looks like JSON: a policy or site file goes with -p"),
    MARK("%PDF", "is a PDF document, not a capture"),
    MARK("MZ", "is a Windows program, not a capture"),
    MARK("\x7f"
         "ELF",
         "is a program, not a capture"),
    MARK("<", "is an HTML or XML text, not a capture (a download page saved in its place?)"),
};

static const struct {
  const char *ending, *text;
} endings[] = {
    {".etl", "is an ETL trace (pktmon or netsh): convert it with 'pktmon etl2pcap FILE' or etl2pcapng"},
    {".erf", "is an ERF capture" RESAVE},
    {".evtx", "is a Windows event log, not a capture"},
};

static const struct mark *find(const struct mark *table, size_t n, struct bytes head) {
  for (size_t i = 0; i < n; i++) {
    struct bytes b = head;
    const uint8_t *p = bytes_get(&b, table[i].len);
    if (p && memcmp(p, table[i].bytes, table[i].len) == 0) return &table[i];
  }
  return NULL;
}

const char *sniff_compression(struct bytes head) {
  const struct mark *m = find(compressions, sizeof compressions / sizeof compressions[0], head);
  return m ? m->text : NULL;
}

/* An ETL file is a row of WMI buffers: a header of 72 bytes that begins with the buffer's size, then the trace header
 * event, marked as a system header (type 1 or 2, flags 0xc0). */
static bool is_etl(struct bytes head) {
  const uint8_t *p = bytes_get(&head, 0x4c);
  if (!p) return false;
  uint32_t size = le32_at(p);
  return size >= 1024 && size <= 1u << 24 && size % 1024 == 0 && (p[0x4a] == 1 || p[0x4a] == 2) && p[0x4b] == 0xc0;
}

static bool is_text(struct bytes head) {
  for (const uint8_t *p = head.at; p < head.end; p++)
    if (*p == 0 || *p == 0x7f || (*p < 0x20 && !strchr("\t\n\r\f", *p))) return false;
  return true;
}

const char *sniff_advice(struct bytes head, const char *path) {
  const struct mark *m = find(formats, sizeof formats / sizeof formats[0], head);
  if (m) return m->text;
  if (is_etl(head)) return endings[0].text;
  size_t len = strlen(path);
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    size_t n = strlen(endings[i].ending);
    if (len > n && strcasecmp(path + len - n, endings[i].ending) == 0) return endings[i].text;
  }
  if (is_text(head)) return "is a text file, not a capture";
  return "is not a capture in a known format (pcap, pcapng, snoop)";
}
