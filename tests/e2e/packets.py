"""Small captures made in a test: hosts that talk, at times and distances the test chooses.

A Tape collects frames (time, bytes) in any order and writes them in order of time. A Talk is one TCP connection on a
tape; its methods send one segment each and keep the sequence numbers. Addresses are text; ones with a colon are IPv6.
"""
import ipaddress
import struct

SYN, ACK, RST, FIN, PSH = 2, 16, 4, 1, 8
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
START = 1_700_000_000


def be(fmt, *values):
    return struct.pack('>' + fmt, *values)


def checksum(data):
    data += b'\0' * (len(data) % 2)
    total = sum(struct.unpack(f'>{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packed(address):
    return ipaddress.ip_address(address).packed


def is_v6(address):
    return ':' in address


def mac(address):
    return b'\x02\0' + packed(address)[-4:]


class Tape:
    def __init__(self):
        self.frames = []
        self.ident = {}
        self.ttl = {}  # of each sender's packets as seen here; 64 unless told

    def put(self, at, frame):
        self.frames.append((at, frame))
        return frame

    def datagram(self, src, dst, proto, payload, ttl=None, ident=None):
        """One IP datagram, with a new identification unless one is given."""
        ttl = ttl or self.ttl.get(src, 64)
        if is_v6(src):
            return be('IHBB', 6 << 28, len(payload), proto, ttl) + packed(src) + packed(dst) + payload
        if ident is None:
            ident = self.ident[src] = self.ident.get(src, 100) + 1 & 0xffff
        head = be('BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), ident, 0, ttl, proto, 0, packed(src), packed(dst))
        return head[:10] + be('H', checksum(head)) + head[12:] + payload

    def send(self, at, src, dst, proto, payload, source_mac=None, **ip):
        ethertype = be('H', 0x86dd if is_v6(src) else 0x0800)
        return self.put(at, mac(dst) + (source_mac or mac(src)) + ethertype +
                        self.datagram(src, dst, proto, payload, **ip))

    def udp(self, at, src, sport, dst, dport, payload=b'x', **ip):
        return self.send(at, src, dst, UDP, be('HHHH', sport, dport, 8 + len(payload), 0) + payload, **ip)

    def echo(self, at, src, dst, reply=False, sequence=1, **ip):
        kind, proto = ((129 if reply else 128), ICMP6) if is_v6(src) else ((0 if reply else 8), ICMP)
        return self.send(at, src, dst, proto, be('BBHHH', kind, 0, 0, 7, sequence) + b'abcdefgh', **ip)

    def icmp_error(self, at, src, dst, kind, code, about, **ip):
        """An error from src to dst that quotes the frame `about`."""
        return self.send(at, src, dst, ICMP6 if is_v6(src) else ICMP, be('BBHI', kind, code, 0, 0) + about[14:14 + 48],
                         **ip)

    def alive(self, at, host, other, n=4, port=50999):
        """Harmless two-way UDP talk that shows a host alive and the way between the two visible."""
        for i in range(n):
            self.udp(at + i * 0.01, host, port, other, 53, b'\0' * 4)
            self.udp(at + i * 0.01 + 0.002, other, 53, host, port, b'\0' * 4)

    def bytes(self):
        out = struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1)
        for at, frame in sorted(self.frames, key=lambda f: f[0]):
            us = round(at * 1e6)
            frame += b'\0' * (60 - len(frame))
            out += struct.pack('<IIII', START + us // 1_000_000, us % 1_000_000, len(frame), len(frame)) + frame
        return out


class Talk:
    def __init__(self, tape, client, sport, server, dport, isn=1000):
        self.tape = tape
        self.end = {'c': (client, sport), 's': (server, dport)}
        self.seq = {'c': isn, 's': isn + 70000}
        self.ttl = {'c': None, 's': None}

    def segment(self, at, side, flags, payload=b'', seq=None, ack=None, **ip):
        other = 's' if side == 'c' else 'c'
        (src, sport), (dst, dport) = self.end[side], self.end[other]
        seq = self.seq[side] if seq is None else seq
        ack = (self.seq[other] if flags & ACK else 0) if ack is None else ack
        tcp = be('HHIIBBHHH', sport, dport, seq & 0xffffffff, ack & 0xffffffff, 0x50, flags, 8192, 0, 0) + payload
        return self.tape.send(at, src, dst, TCP, tcp, **{'ttl': self.ttl[side], **ip})

    def syn(self, at, *again):
        """A SYN at each of the times; the last frame."""
        for when in (at, *again):
            frame = self.segment(when, 'c', SYN, seq=self.seq['c'])
        return frame

    def syn_ack(self, at, **ip):
        return self.segment(at, 's', SYN | ACK, ack=self.seq['c'] + 1, **ip)

    def open(self, at, rtt=0.01):
        self.syn(at)
        self.syn_ack(at + rtt)
        self.seq['c'] += 1
        self.seq['s'] += 1
        self.segment(at + rtt + 0.001, 'c', ACK)
        return self

    def say(self, at, side, payload):
        frame = self.segment(at, side, ACK | PSH, payload)
        self.seq[side] += len(payload)
        return frame

    def ask(self, at, request, answer):
        """Request and answer, acknowledged."""
        self.say(at, 'c', request)
        self.say(at + 0.01, 's', answer)
        self.segment(at + 0.02, 'c', ACK)
        return self

    def close(self, at):
        self.segment(at, 'c', FIN | ACK)
        self.seq['c'] += 1
        self.segment(at + 0.01, 's', FIN | ACK)
        self.seq['s'] += 1
        self.segment(at + 0.02, 'c', ACK)
        return self

    def refuse(self, at, **ip):
        return self.segment(at, 's', RST | ACK, seq=0, ack=self.seq['c'] + 1, **ip)


HTTP = (b'GET /sms_mp/.sms_aut?mplist HTTP/1.1\r\nHost: mp\r\nUser-Agent: SMS CCM 5.0\r\n\r\n',
        b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: Microsoft-IIS/10.0\r\n\r\nok')
SSH = (b'SSH-2.0-OpenSSH_9.2\r\n', b'SSH-2.0-OpenSSH_8.0\r\n')
TLS = (bytes.fromhex('16030100640100006003031111111111111111111111111111111111111111111111111111111111111111'
                     '000004130113020100003300000000000a000800060017001800190000000b0002010000170000'
                     '00230000000d000a000804030503060302030005000501000000000012000000') + b'\0' * 4,
       bytes.fromhex('160303002a02000026030322222222222222222222222222222222222222222222222222222222222222220013010000'
                     '00'))
SMB = (be('I', 0x48) + b'\xfeSMB' + struct.pack('<HHIHHIIQIIQ', 64, 0, 0, 0, 1, 0, 0, 0, 0xfeff, 0, 0) + b'\0' * 16 +
       struct.pack('<HHHH', 36, 1, 1, 0),
       be('I', 0x48) + b'\xfeSMB' + struct.pack('<HHIHHIIQIIQ', 64, 0, 0, 0, 1, 1, 0, 0, 0xfeff, 0, 0) + b'\0' * 16 +
       struct.pack('<HHHH', 65, 1, 0x202, 0))
