"""Write the seeds that are made, not cut from captures: make_seeds.py FOLDER, which is the corpus.

Small files that hold one of everything the readers know, so that a fuzzer need not guess magic numbers; and seeds of one
target made of another's.
"""
import gzip
import os
import struct
import sys

SYN = bytes.fromhex('020000000002020000000001080045000028000140004006000a0a000001'
                    '0a000002c000008700000001000000005002200000000000')


def pcap(magic, order='<', link=1, extra=b'', version=(2, 4)):
    record = struct.pack(order + 'IIII', 1600000000, 5, len(SYN), len(SYN)) + extra + SYN
    return struct.pack(order + 'IHHIIII', magic, *version, 0, 0, 65535, link) + 2 * record


def snoop():
    record = struct.pack('>IIIIII', len(SYN), len(SYN), 24 + len(SYN) + 2, 3, 1600000000, 5) + SYN + b'\0\0'
    return b'snoop\0\0\0' + struct.pack('>II', 2, 4) + 2 * record


def pad(data):
    return data + b'\0' * (-len(data) % 4)


def block(order, kind, body):
    length = struct.pack(order + 'I', 12 + len(pad(body)))
    return struct.pack(order + 'I', kind) + length + pad(body) + length


def options(order, *pairs):
    return b''.join(struct.pack(order + 'HH', code, len(value)) + pad(value) for code, value in pairs) + bytes(4)


def pcapng(order):
    time = struct.pack(order + 'II', 1600000000 >> 12, 77)
    wide = order + 'Q'
    frame = struct.pack(order + 'I', 0) + time + struct.pack(order + 'II', len(SYN), len(SYN)) + pad(SYN)
    return b''.join((
        block(order, 0x0a0d0d0a, struct.pack(order + 'IHHq', 0x1a2b3c4d, 1, 0, -1) + options(order, (1, b'comment'))),
        block(order, 1, struct.pack(order + 'HHI', 1, 0, 65535)
              + options(order, (2, b'eth0'), (3, b'uplink'), (9, b'\x09'), (14, struct.pack(wide, 3600)))),
        block(order, 1, struct.pack(order + 'HHI', 101, 0, 96) + options(order, (9, b'\x8a'))),
        block(order, 4, options(order, (1, bytes([10, 0, 0, 1]) + b'srv1\0srv1.example\0'), (2, bytes(16) + b'six\0'))),
        block(order, 10, struct.pack(order + 'II', 0x544c534b, 4) + b'none'),
        block(order, 6, frame + options(order, (1, b'why'), (2, struct.pack(order + 'I', 2)), (4, struct.pack(wide, 1)))),
        block(order, 2, struct.pack(order + 'HH', 0, 2) + frame[4:]),
        block(order, 3, struct.pack(order + 'I', len(SYN)) + pad(SYN)),
        block(order, 5, struct.pack(order + 'I', 0) + time
              + options(order, (2, time), (4, struct.pack(wide, 9)), (5, struct.pack(wide, 2)))),
    ))


def content(*path):
    with open(os.path.join(*path), 'rb') as seed:
        return seed.read()


def packets(capture, most, hosts=()):
    """A little-endian pcap file of Ethernet, without what is not between these hosts, and no longer than that."""
    kept, at = capture[:24], 24
    while at + 16 <= len(capture):
        after = at + 16 + struct.unpack_from('<I', capture, at + 8)[0]
        ends = {capture[at + 42:at + 46], capture[at + 46:at + 50]}
        if not hosts or ends == {bytes(map(int, host.split('.'))) for host in hosts}:
            if len(kept) + after - at > most:
                break
            kept += capture[at:after]
        at = after
    return kept


def ip(source, destination, proto, body):
    ends = b''.join(bytes(map(int, host.split('.'))) for host in (source, destination))
    return struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(body), 7, 0, 64, proto, 0) + ends + body


def tcp(ports, sequence, flags, data=b''):
    return struct.pack('>HHIIBBHHH', *ports, sequence, 1, 0x50, flags, 1024, 0, 0) + data


def outcomes():
    """Every way in which a firewall, a host or nobody answers, from hosts with a role."""
    server, client, point, other = '172.18.39.5', '172.18.39.6', '10.10.10.5', '172.18.40.9'
    syn, syn_ack, ack, rst, fin = 2, 18, 16, 20, 17
    sent = []

    def say(after, *packet):
        sent.append((after, ip(*packet)))

    def open_port(source, destination, ports):
        say(1, source, destination, 6, tcp(ports, 1, syn))
        say(1, destination, source, 6, tcp(ports[::-1], 1, syn_ack))
        say(1, source, destination, 6, tcp(ports, 2, ack))

    def refused_by(who, kind, code, packet):
        say(1, server, client, *packet)
        say(5, who, server, 1, struct.pack('>BBHI', kind, code, 0, 0) + ip(server, client, *packet)[:28])

    for wait in (0, 1000, 2000, 4000):
        say(wait, server, client, 6, tcp((50001, 445), 1, syn))
    say(10, server, client, 6, tcp((50002, 135), 1, syn))
    say(1, client, server, 6, tcp((135, 50002), 0, rst))
    refused_by('172.18.39.1', 3, 13, (6, tcp((50003, 2701), 1, syn)))
    refused_by(client, 3, 3, (17, struct.pack('>HHHH', 50004, 135, 12, 0) + b'abcd'))
    refused_by('172.18.39.1', 3, 1, (6, tcp((50005, 3389), 1, syn)))
    refused_by('172.18.39.1', 11, 0, (6, tcp((50006, 445), 1, syn)))
    say(1, server, client, 1, struct.pack('>BBHHH', 8, 0, 0, 1, 1) + b'abcdefgh')
    say(1, client, server, 1, struct.pack('>BBHHH', 0, 0, 0, 1, 1) + b'abcdefgh')
    say(1, server, other, 1, struct.pack('>BBHHH', 8, 0, 0, 2, 1) + b'abcdefgh')
    open_port(client, point, (50007, 80))
    say(1, client, point, 6, tcp((50007, 80), 2, 24, b'GET / HTTP/1.1\r\nHost: mp\r\n\r\n'))
    say(900, client, point, 6, tcp((50007, 80), 2, 24, b'GET / HTTP/1.1\r\nHost: mp\r\n\r\n'))
    say(1, point, client, 6, tcp((80, 50007), 2, rst))
    open_port(other, client, (50008, 3389))
    open_port(other, client, (50009, 5985))
    say(1, other, client, 6, tcp((50009, 5985), 2, fin))
    say(1, server, client, 17, struct.pack('>HHHH', 50010, 9, 110, 0) + 6 * b'\xff' + 16 * bytes.fromhex('020000000007'))
    now, records = 1596684024000, b''
    for after, packet in sent:
        now += after
        frame = bytes.fromhex('0200000000020200000000010800') + packet
        records += struct.pack('<IIII', now // 1000, now % 1000 * 1000, len(frame), len(frame)) + frame
    return pcap(0xa1b2c3d4)[:24] + records


def two(first, second):
    return struct.pack('>H', len(first)) + first + second


TCP, UDP = 1, 0

# name: transport, source port, destination port, payload
RECOGNISED = {
    'adws': (TCP, 50000, 9389, bytes.fromhex('0001000102023a') + b'net.tcp://dc/ActiveDirectoryWebServices/Windows'),
    'bittorrent': (TCP, 50000, 6881, b'\x13BitTorrent protocol' + bytes(48)),
    'dhcp': (UDP, 68, 67, bytes.fromhex('01010600') + bytes(232) + bytes.fromhex('63825363350101ff')),
    'dhcpv6': (UDP, 546, 547, bytes.fromhex('01aabbcc0001000a00030001020000000007')),
    'dns': (UDP, 50000, 53, bytes.fromhex('010201000001000000000000') + b'\2dc\4corp\0' + bytes.fromhex('00010001')),
    'dns_stream': (TCP, 50000, 53,
                   bytes.fromhex('0019010201000001000000000000') + b'\2dc\4corp\0' + bytes.fromhex('00010001')),
    'ike': (UDP, 500, 500, bytes(range(8)) + bytes(8) + bytes.fromhex('21202208000000000000001c')),
    'kerberos': (UDP, 50000, 88, bytes.fromhex('6a812030811da103020105a20302010a') + bytes(20)),
    'kerberos_stream': (TCP, 50000, 88, bytes.fromhex('000000236a8120308110a103020105a20302010a') + bytes(19)),
    'kpasswd': (UDP, 50000, 464, bytes.fromhex('001aff8000106e0e') + bytes(18)),
    'ldap': (TCP, 50000, 389, bytes.fromhex('308400000010020107608400000007020103040080') + b'\0'),
    'mssql': (TCP, 50000, 1433, bytes.fromhex('120100130000000000000b0006ff0900000000')),
    'mssql_browser': (UDP, 50000, 1434, bytes.fromhex('04') + b'SQLEXPRESS\0'),
    'netbios_datagram': (UDP, 138, 138, bytes.fromhex('11021234c0a80001008a00b50000') + b'\x20' + 32 * b'A' + b'\0'),
    'netbios_name': (UDP, 137, 137, bytes.fromhex('123401100001000000000000') + b'\x20' + 32 * b'C'
                     + bytes.fromhex('0000200001')),
    'ntp': (UDP, 123, 123, b'\x23' + bytes(47)),
    'postgresql': (TCP, 50000, 5432, bytes.fromhex('0000000804d2162f')),
    'quic': (UDP, 50000, 443, bytes.fromhex('c00000000108') + bytes(1200)),
    'radius': (UDP, 50000, 1812, bytes.fromhex('01070014') + bytes(16)),
    'rdp': (TCP, 50000, 3389, bytes.fromhex('030000130ee000000000000100080003000000')),
    'redis': (TCP, 50000, 6379, b'*1\r\n$4\r\nPING\r\n'),
    'rtsp': (TCP, 50000, 554, b'OPTIONS rtsp://a/ RTSP/1.0\r\nCSeq: 1\r\n\r\n'),
    'sip': (UDP, 5060, 5060, b'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n\r\n'),
    'snmp': (UDP, 50000, 161, bytes.fromhex('302602010104067075626c6963a01902040000000102010002010030'
                                            '0b300906052b060102010500')),
    'ssdp': (UDP, 50000, 1900, b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n'),
    'ssh': (TCP, 22, 50000, b'SSH-2.0-OpenSSH_9.2\r\n'),
    'stun': (UDP, 50000, 3478, bytes.fromhex('000100002112a442') + bytes(12)),
    'syslog': (UDP, 50000, 514, b'<13>1 2020-01-01T00:00:00Z host app - - - text'),
    'telnet': (TCP, 23, 50000, bytes.fromhex('fffd18fffd20fffb03')),
    'tftp': (UDP, 50000, 69, b'\0\1boot.n12\0octet\0'),
    'vnc': (TCP, 5900, 50000, b'RFB 003.008\n'),
    'wake_on_lan': (UDP, 50000, 9, 6 * b'\xff' + 16 * bytes.fromhex('020000000007')),
    'wsd': (UDP, 50000, 3702, b'<?xml version="1.0"?><soap:Envelope xmlns:wsd="http://schemas.xmlsoap.org/ws/2005/04'
            b'/discovery"/>'),
}


def made_of_others(folder):
    blocked, one, empty = (content(folder, *path) for path in (
        ('audit', 'blocked.pcap'), ('result', 'one.json'), ('result', 'empty.json')))
    samples = os.path.join(folder, '..', '..', '..', 'samples')
    push = ('172.18.39.5', '172.18.39.6')
    rpc_blocked = content(samples, 'push-rpc-blocked.pcap')
    seeds = {
        'anonymise/frame': b'\0' + struct.pack('>H', 1) + SYN,
        'anonymise/text': b'\1host 10.1.2.3, 2001:db8::7 and 02-00-00-00-00-07 in \\\\srv1\\C$: see /tmp/a.pcap',
        'anonymise/result': b'\2' + one,
        'diff/fixed': two(one, empty),
        'diff/same': two(one, one.replace(b'"blocked"', b'"open"')),
        'audit/outcomes.pcap': outcomes(),
        'audit/rpc_blocked.pcap': packets(rpc_blocked, 6000, push),
        'audit/push_works.pcap': packets(content(samples, 'push-works.pcap'), 9000, push),
        'evidence/outcomes.pcap': outcomes(),
        'evidence/rpc_blocked.pcap': packets(rpc_blocked, 6000, push),
        'timeline/one_after_the_other': b'\1\0' + two(pcap(0xa1b2c3d4), pcapng('<')),
        'timeline/filtered': b'\2\3' + two(packets(blocked, 2000), pcap(0xa1b23c4d)),
        'timeline/same': b'\0\0' + two(pcap(0xa1b2c3d4), pcap(0xa1b2c3d4)),
    }
    for name, (transport, source, destination, payload) in RECOGNISED.items():
        seeds['recognise/' + name] = struct.pack('>BHH', transport, source, destination) + payload
    return seeds


def main():
    folder = sys.argv[1]
    seeds = {
        'pcap/nanoseconds.pcap': pcap(0xa1b23c4d),
        'pcap/modified.pcap': pcap(0xa1b2cd34, '>', extra=bytes([0, 0, 0, 3, 8, 0, 4, 0])),
        'pcap/version-2-2.pcap': pcap(0xa1b2c3d4, version=(2, 2)),
        'pcap/dbus.pcap': pcap(0xa1b2c3d4, link=231),
        'pcap/packed.pcap.gz': gzip.compress(pcap(0xa1b2c3d4), mtime=0),
        'pcap/solaris.snoop': snoop(),
        'pcapng/everything-little-endian.pcapng': pcapng('<'),
        'pcapng/everything-big-endian.pcapng': pcapng('>'),
        'pcapng/two-sections.pcapng': pcapng('<') + pcapng('>'),
    }
    seeds.update(made_of_others(folder))
    for name, made in seeds.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as seed:
            seed.write(made)


main()
