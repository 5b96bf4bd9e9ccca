"""Frames of every link type and tunnel that decode_frame peels, written byte by byte from their specifications."""
import os
import struct
import sys


def checksum(data):
    data += b'\0' * (len(data) % 2)
    total = sum(struct.unpack(f'>{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def be(fmt, *values):
    return struct.pack('>' + fmt, *values)


TCP = be('HHIIBBHHH', 49152, 135, 0x11223344, 0x55667788, 0x50, 0x18, 8192, 0, 0) + b'payload of tcp'
UDP = be('HHHH', 50000, 53, 8 + 15, 0) + b'payload of udp.'
ECHO = be('BBHHH', 8, 0, 0, 0x4321, 7) + b'echo'
MACS = bytes.fromhex('005056000002 001b21000001')
A6, B6 = bytes.fromhex('fd00' + '00' * 13 + '01'), bytes.fromhex('fd00' + '00' * 13 + '02')


def ip4(proto, payload, options=b'', fragment=0, ident=0x1234, length=None):
    header = 20 + len(options)
    total = header + len(payload) if length is None else length
    head = be('BBHHHBBH4s4s', 0x40 | header // 4, 0, total, ident, fragment, 63, proto, 0,
              bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])) + options
    return head[:10] + be('H', checksum(head)) + head[12:] + payload


def ip6(proto, payload):
    return be('IHBB', 6 << 28, len(payload), proto, 61) + A6 + B6 + payload


def eth(ethertype, payload, pad=True):
    frame = MACS + be('H', ethertype) + payload
    return frame + b'\0' * (60 - len(frame)) if pad and len(frame) < 60 else frame


def udp(dport, payload, sport=50001):
    return ip4(17, be('HHHH', sport, dport, 8 + len(payload), 0) + payload)


def gre(flags, ethertype, fields, payload):
    return ip4(47, be('HH', flags, ethertype) + fields + payload)


INNER = ip4(6, TCP)
INNER6 = ip6(6, TCP)
INNER_FRAME = eth(0x0800, INNER)
VLAN = be('HH', 0xe00c, 0x0800)
SNAP = bytes.fromhex('aaaa03000000')
QUOTE = be('BBHI', 3, 3, 0, 0) + ip4(17, UDP)
RADIOTAP = struct.pack('<BBHI', 0, 0, 9, 2) + b'\0'
WLAN_MACS = bytes.fromhex('020000000010 020000000001 020000000002')
TEREDO6 = bytes.fromhex('20010000' + '00' * 11 + '01')


def mpls(*labels):
    bottom = len(labels) - 1
    return b''.join(be('I', label << 12 | (0x100 if i == bottom else 0) | 64) for i, label in enumerate(labels))


def extension(proto, body):
    return bytes([proto, (len(body) + 2) // 8 - 1]) + body


def fragments(proto, payload, cut):
    return [eth(0x0800, ip4(proto, payload[:cut], fragment=0x2000)),
            eth(0x0800, ip4(proto, payload[cut:], fragment=cut // 8))]


ETHERNET = [
    eth(0x0800, INNER),
    eth(0x0800, ip4(17, UDP)),
    eth(0x0800, ip4(1, ECHO)), eth(0x86dd, INNER6),
    eth(0x86dd, ip6(17, UDP)),
    eth(0x86dd, ip6(58, be('BBHHH', 128, 0, 0, 0x4321, 7) + b'echo')),
    eth(0x0800, ip4(1, QUOTE)), eth(0x86dd, ip6(58, be('BBHI', 1, 4, 0, 0) + ip6(17, UDP))),
    eth(0x0800, ip4(1, be('BBHI', 11, 0, 0, 0) + ip4(6, TCP)[:28])),
    eth(0x0800, ip4(1, be('BBHI', 3, 1, 0, 0) + ip4(1, ECHO))),
    eth(0x0800, ip4(6, TCP, options=bytes.fromhex('94040000'))),
    eth(0x86dd, ip6(0, extension(60, b'\1\4' + b'\0' * 4) + extension(43, b'\1\4' + b'\0' * 4)
                    + extension(6, b'\0' * 6) + TCP)),
    eth(0x86dd, ip6(51, bytes([6, 4]) + b'\0' * 22 + TCP)), eth(0x0800, ip4(51, bytes([6, 4]) + b'\0' * 22 + TCP)),
    eth(0x86dd, ip6(44, bytes([6, 0]) + be('HI', 0, 9) + TCP)),
    eth(0x8100, VLAN + INNER),
    eth(0x88a8, be('HH', 7, 0x8100) + VLAN + INNER),
    eth(0x9100, be('HH', 7, 0x8100) + VLAN + INNER),
    eth(len(SNAP) + 2 + len(INNER), SNAP + be('H', 0x0800) + INNER),
    eth(0x8847, mpls(16) + INNER), eth(0x8847, mpls(16, 17, 18) + INNER6), eth(0x8848, mpls(16) + INNER),
    eth(0x8847, mpls(16, 17) + b'\0' * 4 + INNER_FRAME),
    eth(0x8864, be('BBHHH', 0x11, 0, 5, 2 + len(INNER), 0x0021) + INNER),
    eth(0x8864, be('BBHHH', 0x11, 0, 5, 2 + len(INNER6), 0x0057) + INNER6),
    eth(0x88e7, be('I', 0x00abcdef) + INNER_FRAME),
    eth(0x0800, gre(0, 0x0800, b'', INNER)), eth(0x0800, gre(0x2000, 0x0800, be('I', 77), INNER)),
    eth(0x0800, gre(0xb000, 0x86dd, b'\0' * 4 + be('II', 77, 1), INNER6)),
    eth(0x0800, gre(0, 0x6558, b'', INNER_FRAME)),
    eth(0x0800, gre(0x2000, 0x6558, be('I', 5), INNER_FRAME)), eth(0x0800, gre(0, 0x8847, b'', mpls(99) + INNER)),
    eth(0x0800, gre(0x3001, 0x880b, be('HHI', 4 + len(INNER), 9, 1), bytes.fromhex('ff030021') + INNER)),
    eth(0x0800, gre(0x3081, 0x880b, be('HHII', 1 + len(INNER), 9, 1, 2), b'\x21' + INNER)),
    eth(0x0800, gre(0, 0x88be, b'', INNER_FRAME)),
    eth(0x0800, gre(0x1000, 0x88be, be('I', 1) + be('HHI', 0x1001, 0x0064, 0), INNER_FRAME)),
    eth(0x0800, gre(0x1000, 0x22eb, be('I', 1) + be('HHIHH', 0x2001, 0x0064, 0, 0, 0), INNER_FRAME)),
    eth(0x0800, gre(0x1000, 0x22eb, be('I', 1) + be('HHIHH', 0x2001, 0x0064, 0, 0, 1) + b'\0' * 8, INNER_FRAME)),
    eth(0x0800, ip4(4, INNER)), eth(0x0800, ip4(41, INNER6)), eth(0x86dd, ip6(4, INNER)), eth(0x86dd, ip6(41, INNER6)),
    eth(0x0800, ip4(97, b'\x30\0' + INNER_FRAME)), eth(0x0800, ip4(137, mpls(3000) + INNER)),
    eth(0x0800, udp(4789, be('II', 0x08000000, 4097 << 8) + INNER_FRAME)),
    eth(0x0800, udp(4789, be('II', 0x88080010, 4097 << 8) + INNER_FRAME)),
    eth(0x0800, udp(4790, be('II', 0x0c000003, 4097 << 8) + INNER_FRAME)),
    eth(0x0800, udp(6081, be('BBHI', 0, 0, 0x6558, 5 << 8) + INNER_FRAME)),
    eth(0x0800, udp(6081, be('BBHI', 2, 0, 0x0800, 5 << 8) + be('HBB', 0x0102, 1, 1) + b'\0' * 4 + INNER)),
    eth(0x0800, udp(3544, INNER6)),
    eth(0x0800, udp(3544, bytes.fromhex('0000') + be('HI', 1, 2) + INNER6)),
    eth(0x0800, udp(3544, bytes.fromhex('00010000') + b'\1' * 8 + b'\0' + INNER6)),
    eth(0x0800, udp(3544, bytes.fromhex('00010000') + b'\1' * 8 + b'\0\0\0'
                     + be('HI', 1, 2) + INNER6)),
    eth(0x0800, udp(2152, be('BBHI', 0x30, 255, len(INNER), 0xabcd) + INNER)),
    eth(0x0800, udp(2152, be('BBHI', 0x32, 255, 4 + len(INNER), 0xabcd) + be('HBB', 1, 0, 0) + INNER)),
    eth(0x0800, udp(2152, be('BBHI', 0x34, 255, 8 + len(INNER), 0xabcd) + be('HBB', 0, 0, 0x85)
                     + bytes([1, 0x10, 1, 0]) + INNER)),
    eth(0x0800, udp(1701, be('HHHH', 2, 3, 4, 0xff03) + be('H', 0x0021) + INNER, sport=1701)),
    eth(0x0800, udp(1701, be('HHHHHHH', 0x4802, 14 + len(INNER), 3, 4, 1, 2, 0x0021) + INNER, sport=1701)),
    eth(0x0800, ip4(4, ip4(4, ip4(4, INNER)))),
    eth(0x8100, VLAN + udp(4789, be('II', 0x08000000, 7 << 8) + eth(0x8100, VLAN + INNER))),
    eth(0x8926, be('IH', 0, 0x0800) + INNER), eth(0x893f, be('HIH', 0, 0, 0x0800) + INNER),
    eth(0x8909, bytes.fromhex('0101 0001 000a 0800') + INNER), eth(0x892f, be('HHH', 60, 1, 0x0800) + INNER),
    eth(0x22f3, be('HHH', 63, 1, 2) + INNER_FRAME), eth(0x22f3, be('HHHI', 0x40 | 63, 1, 2, 0) + INNER_FRAME),
    eth(0x894f, bytes.fromhex('0fc60103 00000101') + b'\0' * 16 + INNER_FRAME),
    eth(0x0800, udp(5247, bytes.fromhex('00100300 00000000 0108 0000') + WLAN_MACS + b'\0\0' + SNAP
                     + be('H', 0x0800) + INNER)),
    eth(0x0800, udp(5247, bytes.fromhex('00100200 00000000') + INNER_FRAME)),
    # Ordinary datagrams that happen to use a tunnel's port.
    eth(0x0800, udp(4789, b'not a tunnel at all')),
    eth(0x0800, udp(6081, b'\xff' * 40)),
    eth(0x0800, udp(2152, b'0' * 40)),
    eth(0x0800, udp(3544, b'\x45' * 48)), eth(0x0800, ip4(6, TCP, length=0)),
    *fragments(6, TCP, 16), *fragments(4, ip4(6, TCP), 24),
]

MADE = {
    ('ethernet', 1): ETHERNET,
    ('null_le', 0): [struct.pack('<I', 2) + INNER, struct.pack('<I', 30) + INNER6, struct.pack('<I', 24) + INNER6],
    ('null_be', 0): [be('I', 2) + INNER, be('I', 28) + INNER6],
    ('loop', 108): [be('I', 2) + INNER, be('I', 30) + INNER6],
    ('raw', 101): [INNER, INNER6],
    ('raw_ipv4', 228): [INNER],
    ('raw_ipv6', 229): [INNER6],
    ('ppp', 9): [bytes.fromhex('ff030021') + INNER, be('H', 0x0057) + INNER6, b'\x21' + INNER],
    ('ppp_hdlc', 50): [bytes.fromhex('ff030021') + INNER, bytes.fromhex('0f000800') + INNER],
    ('pppoe', 51): [be('BBHHH', 0x11, 0, 5, 2 + len(INNER), 0x0021) + INNER],
    ('chdlc', 104): [bytes.fromhex('0f000800') + INNER, bytes.fromhex('8f0086dd') + INNER6],
    ('sll', 113): [be('HHH8sH', 0, 1, 6, MACS[6:] + b'\0\0', 0x0800) + INNER,
                   be('HHH8sH', 4, 1, 6, b'\0' * 8, 0x86dd) + INNER6,
                   be('HHH8sH', 0, 1, 6, b'\0' * 8, 0x8100) + VLAN + INNER,
                   be('HHH8sH', 0, 1, 6, b'\0' * 8, 4) + SNAP + be('H', 0x0800) + INNER],
    ('sll2', 276): [be('HHIHBB8s', 0x0800, 0, 2, 1, 0, 6, b'\0' * 8) + INNER,
                    be('HHIHBB8s', 0x86dd, 0, 2, 1, 4, 6, b'\0' * 8) + INNER6],
    ('wlan', 105): [bytes.fromhex('08010000') + WLAN_MACS + b'\0\0' + SNAP + be('H', 0x0800) + INNER,
                    bytes.fromhex('88020000') + WLAN_MACS + b'\0\0' + b'\0\0' + SNAP + be('H', 0x86dd) + INNER6,
                    bytes.fromhex('08030000') + WLAN_MACS + b'\0\0' + b'\2' * 6 + SNAP + be('H', 0x0800) + INNER],
    ('radiotap', 127): [RADIOTAP + bytes.fromhex('08010000') + WLAN_MACS + b'\0\0' + SNAP + be('H', 0x0800) + INNER,
                        struct.pack('<BBHIIQB', 0, 0, 25, 0x80000003, 0, 1, 0x20)[:16] + b'\0' * 8 + b'\x20'
                        + bytes.fromhex('88010000') + WLAN_MACS + b'\0' * 6 + SNAP + be('H', 0x0800) + INNER],
    ('ppi', 192): [struct.pack('<BBHI', 0, 0, 8, 1) + eth(0x0800, INNER)],
    ('fddi', 10): [b'\x57' + MACS + SNAP + be('H', 0x0800) + INNER],
    ('token_ring', 6): [b'\x10\x40' + MACS + SNAP + be('H', 0x0800) + INNER,
                        b'\x10\x40' + MACS[:6] + b'\x80' + MACS[7:] + be('HH', 0x0430, 5) + SNAP
                        + be('H', 0x0800) + INNER],
    ('atm_rfc1483', 100): [SNAP + be('H', 0x0800) + INNER],
    ('frame_relay', 107): [bytes.fromhex('1841 03cc') + INNER, bytes.fromhex('1841 0800') + INNER,
                           bytes.fromhex('1841 03 00 80 000000 0800') + INNER],
    ('enc', 109): [struct.pack('=I', 2) + be('II', 1, 0) + INNER],
    ('ip_over_fc', 122): [b'\0\0' + MACS[:6] + b'\0\0' + MACS[6:] + SNAP + be('H', 0x0800) + INNER],
    ('firewire', 138): [b'\2' * 16 + be('H', 0x0800) + INNER],
    ('ipnet', 226): [be('BBHIIIII', 1, 2, 0, len(INNER), 1, 1, 0, 0) + INNER,
                     be('BBHIIIII', 1, 26, 0, len(INNER6), 1, 1, 0, 0) + INNER6],
    ('pktap', 258): [struct.pack('<III', 108, 1, 1) + b'\0' * 96 + eth(0x0800, INNER),
                     struct.pack('<III', 108, 1, 12) + b'\0' * 96 + INNER],
    ('pflog', 117): [bytes([61, 2]) + b'\0' * 62 + INNER, bytes([61, 24]) + b'\0' * 62 + INNER6],
    ('nflog', 239): [bytes([2, 0, 0, 0]) + struct.pack('<HH4s', 8, 1, b'\x08\0\1\0')
                      + struct.pack('<HH', 4 + len(INNER), 9) + INNER],
}


def write_pcap(path, link, frames, snap=65535):
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, snap, link))
        for i, frame in enumerate(frames):
            cut = frame[:snap]
            f.write(struct.pack('<IIII', 1600000000 + i, 0, len(cut), len(frame)) + cut)
    return path


def write(folder):
    """One pcap file per link type, and Ethernet cut at some snap lengths; their paths."""
    paths = [write_pcap(os.path.join(folder, f'{name}.pcap'), link, frames) for (name, link), frames in MADE.items()]
    for snap in (36, 38, 42, 48, 54, 56, 60, 64, 68, 80, 96, 128):
        paths.append(write_pcap(os.path.join(folder, f'ethernet_{snap}.pcap'), 1, ETHERNET, snap))
    return paths


def write_seeds(folder):
    """The same frames as seeds for tests/fuzz/fuzz_decode.c: made_frames.py tests/fuzz/corpus/decode"""
    for (name, link), frames in MADE.items():
        with open(os.path.join(folder, name), 'wb') as f:
            f.write(be('H', link) + b''.join(be('HB', len(frame), 0) + frame for frame in frames))


if __name__ == '__main__':
    write_seeds(sys.argv[1])
